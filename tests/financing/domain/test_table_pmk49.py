"""The loan of PMK 49/2025 line by line, on the days on which it existed."""

from datetime import date

import pytest

from services.financing.domain.eligibility import (
    Code,
    CooperativeKind,
    NoteCode,
)
from services.financing.domain.rules import pmk49
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    ask,
    assessed,
    codes,
    invest,
)

IN_PMK49 = date(2025, 9, 1)
KOPDES = CooperativeKind.KOPDES


# day, in force
DAYS = [
    (date(2025, 7, 20), False),
    (date(2025, 7, 21), True),
    (date(2025, 11, 14), True),
    (date(2025, 11, 15), False),
    (IN_2026, False),
]


@pytest.mark.parametrize(("day", "in_force"), DAYS)
def test_pmk_49_exists_between_its_days_only(day, in_force):
    kopdes = a_cooperative(kind=KOPDES)
    said = assessed(pmk49.CODE, kopdes, ask(100_000_000), on=day)

    assert said.eligible is in_force
    if not in_force:
        assert {refusal.code for refusal in said.refusals} == {Code.NOT_IN_FORCE}
        assert said.refusals[0].numbers == {
            "since": date(2025, 7, 21),
            "until": date(2025, 11, 14),
        }
        assert said.earliest_date == (date(2025, 7, 21) if day < date(2025, 7, 21) else None)


PMK49_FACTS = [
    ("kind", CooperativeKind.KSP, Code.COOPERATIVE_KIND),
    ("legal_entity_no", "", Code.NO_LEGAL_ENTITY),
    ("npwp", False, Code.COOPERATIVE_NPWP),
    ("npwp", None, Code.UNKNOWN_COOPERATIVE_NPWP),
    ("nib", False, Code.COOPERATIVE_NIB),
    ("nib", None, Code.UNKNOWN_COOPERATIVE_NIB),
    ("bank_account", False, Code.COOPERATIVE_ACCOUNT),
    ("bank_account", None, Code.UNKNOWN_COOPERATIVE_ACCOUNT),
    ("business_plan", False, Code.NO_BUSINESS_PLAN),
    ("business_plan", None, Code.UNKNOWN_BUSINESS_PLAN),
    ("head_approval", False, Code.NO_HEAD_APPROVAL),
    ("head_approval", None, Code.UNKNOWN_HEAD_APPROVAL),
]


@pytest.mark.parametrize(("fact", "value", "refusal"), PMK49_FACTS)
def test_pmk_49_asked_for_papers(fact, value, refusal):
    kopdes = a_cooperative(**{"kind": KOPDES, fact: value})
    assert codes(pmk49.CODE, kopdes, ask(100_000_000), on=IN_PMK49) == {refusal}


@pytest.mark.parametrize(
    ("amount", "months", "refused"),
    [
        (3_000_000_000, 72, set()),
        (3_000_000_001, 72, {Code.AMOUNT_ABOVE}),
        (3_000_000_000, 73, {Code.TENOR_ABOVE}),
    ],
)
def test_pmk_49_had_its_limits(amount, months, refused):
    request = invest(amount, tenor_months=months)
    assert codes(pmk49.CODE, a_cooperative(kind=KOPDES), request, on=IN_PMK49) == refused


# purpose, amount, what of it pays running costs
OPEX = [
    (ask(500_000_000), set()),
    (ask(500_000_001), {Code.OPEX_ABOVE}),
    (ask(3_000_000_000, opex_part=500_000_000), set()),
    (ask(3_000_000_000, opex_part=500_000_001), {Code.OPEX_ABOVE}),
    (invest(3_000_000_000), set()),
]


@pytest.mark.parametrize(("request_", "refused"), OPEX)
def test_pmk_49_lent_five_hundred_million_for_running_costs(request_, refused):
    assert codes(pmk49.CODE, a_cooperative(kind=KOPDES), request_, on=IN_PMK49) == refused


def test_a_shortfall_under_pmk_49_was_covered_by_the_village_fund():
    said = assessed(pmk49.CODE, a_cooperative(kind=KOPDES), invest(10**9), on=IN_PMK49)
    (note,) = said.notes
    assert (note.code, note.source.articles[0][1:]) == (
        NoteCode.SHORTFALL_COVERED,
        ("11", "2", None),
    )
