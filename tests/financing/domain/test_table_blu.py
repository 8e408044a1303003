"""The assumed products line by line: those of the BLU, and the assumed numbers of the LPDB."""

from datetime import date

import pytest

from services.financing.domain.eligibility import (
    Code,
    Confidence,
    CooperativeKind,
    NoteCode,
    Rat,
)
from services.financing.domain.rules import blu, lpdb
from tests.financing.domain.applicants import (
    a_cooperative,
    a_person,
    ask,
    assessed,
    codes,
    invest,
)

KOPDES = CooperativeKind.KOPDES


# product, its applicant, yearly rate, longest working capital, longest investment
ASSUMED_TERMS = [
    (lpdb.REGULAR, a_cooperative(), 300, 60, 120),
    (blu.INKUBASI, a_cooperative(rats=()), 300, 36, 36),
    (blu.LINKAGE, a_cooperative(), 600, 36, 36),
    (blu.UMI, a_person(), 600, 24, 24),
]


@pytest.mark.parametrize(("product", "applicant", "rate_bp", "kmk", "ki"), ASSUMED_TERMS)
def test_each_assumed_product_has_its_rate_and_tenor(product, applicant, rate_bp, kmk, ki):
    for make, most in ((ask, kmk), (invest, ki)):
        within = assessed(product, applicant, make(15_000_000, tenor_months=most))
        assert within.rate_bp == rate_bp
        assert within.eligible
        assert codes(product, applicant, make(15_000_000, tenor_months=most + 1)) == {
            Code.TENOR_ABOVE
        }


# product, its applicant, the most it lends
ASSUMED_CEILINGS = [
    (lpdb.REGULAR, a_cooperative(), 10_000_000_000),
    (blu.INKUBASI, a_cooperative(rats=()), 500_000_000),
    (blu.LINKAGE, a_cooperative(), 1_000_000_000),
]


@pytest.mark.parametrize(("product", "applicant", "most"), ASSUMED_CEILINGS)
def test_each_assumed_product_has_its_ceiling(product, applicant, most):
    assert codes(product, applicant, ask(most)) == set()
    assert codes(product, applicant, ask(most + 1)) == {Code.AMOUNT_ABOVE}


# fact, value, the refusal
LINKAGE = [
    ("usp", False, Code.NO_USP),
    ("member_list", False, Code.NO_MEMBER_LIST),
    ("member_list", None, Code.UNKNOWN_MEMBER_LIST),
    ("arrears", True, Code.ARREARS),
    ("kind", CooperativeKind.SECONDARY, Code.COOPERATIVE_KIND),
]


@pytest.mark.parametrize(("fact", "value", "refusal"), LINKAGE)
def test_each_fact_of_on_lending_has_both_sides(fact, value, refusal):
    lender = a_cooperative(**{"kind": CooperativeKind.KOPDES, fact: value})
    said = codes(blu.LINKAGE, lender, invest(100_000_000))
    assert said == ({refusal} if refusal else set())


def test_every_blu_answer_says_that_it_is_assumed():
    for product in blu.CODES:
        for applicant in (a_person(), a_cooperative()):
            said = assessed(product, applicant, ask(10_000_000))
            assert NoteCode.PRODUCT_ASSUMED in {note.code for note in said.notes}
            for refusal in said.refusals:
                assert refusal.source.confidence is Confidence.ASSUMPTION


def test_incubation_is_for_migrant_workers_without_two_meetings():
    young = a_cooperative(rats=(Rat(2025, date(2026, 3, 1)),))
    assert codes(blu.INKUBASI, young, ask(500_000_000)) == set()
    assert codes(blu.INKUBASI, young, ask(500_000_001)) == {Code.AMOUNT_ABOVE}
    assert codes(blu.INKUBASI, a_cooperative(), ask()) == {Code.RAT_ENOUGH}
    assert codes(blu.INKUBASI, a_cooperative(rats=None), ask()) == {Code.UNKNOWN_RATS}
    kopdes = a_cooperative(rats=(), kind=KOPDES)
    assert codes(blu.INKUBASI, kopdes, ask()) == {Code.COOPERATIVE_KIND}
    for incubated, code in ((False, Code.NOT_INCUBATED), (None, Code.UNKNOWN_INCUBATED)):
        early = a_cooperative(rats=(), incubated=incubated, legal_entity_no=None)
        assert codes(blu.INKUBASI, early, ask()) == {code, Code.NO_LEGAL_ENTITY}


MEMBERS = [
    ("membership__active", False, Code.MEMBERSHIP),
    ("membership__active", None, Code.UNKNOWN_MEMBERSHIP),
    ("membership__usp", False, Code.MEMBERSHIP_NO_USP),
    ("membership__usp", None, Code.UNKNOWN_MEMBERSHIP_USP),
    ("membership__simpanan_pokok_paid", False, Code.SIMPANAN_POKOK),
    ("membership__simpanan_pokok_paid", None, Code.UNKNOWN_SIMPANAN_POKOK),
    ("credit__collectibility", 2, None),
    ("credit__collectibility", 3, Code.COLLECTIBILITY),
    ("credit__collectibility", None, Code.UNKNOWN_COLLECTIBILITY),
    ("credit__commercial_before", True, None),
    ("business__net_income_month", 100_000, Code.INSTALMENT_ABOVE_INCOME),
]


@pytest.mark.parametrize(("fact", "value", "refusal"), MEMBERS)
def test_the_ultra_micro_line_is_for_members(fact, value, refusal):
    said = codes(blu.UMI, a_person(**{fact: value}), ask(20_000_000))
    assert said == ({refusal} if refusal else set())


@pytest.mark.parametrize(
    ("amount", "months", "refused"),
    [
        (20_000_000, 24, set()),
        (20_000_001, 24, {Code.AMOUNT_ABOVE}),
        (20_000_000, 25, {Code.TENOR_ABOVE}),
    ],
)
def test_the_ultra_micro_line_has_its_limits(amount, months, refused):
    assert codes(blu.UMI, a_person(), ask(amount, tenor_months=months)) == refused


def test_before_2026_the_assumed_products_do_not_exist():
    for product in blu.CODES:
        other = set() if product == blu.UMI else {Code.BORROWER_KIND}
        said = codes(product, a_person(), ask(), on=date(2025, 12, 31))
        assert said == {Code.NOT_IN_FORCE, *other}
