"""The rules of KUR, article by article: at the limit, one above, one below."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.eligibility import (
    Code,
    Confidence,
    GroupFacts,
    GroupMember,
    KurReceived,
    NoteCode,
    PlacementContract,
    SpecialGroup,
)
from services.financing.domain.rules import kur
from services.financing.domain.rules.kur_terms import KUR, KUR_2023, KUR_2026, Repeats
from services.financing.domain.texts import Language, sentence
from tests.financing.domain.applicants import (
    IN_2024,
    IN_2026,
    a_group,
    a_member,
    a_person,
    ask,
    assessed,
    codes,
    decided,
    invest,
)
from tests.financing.domain.table import Row, check

SUPER_MIKRO, MIKRO, KECIL, KHUSUS, PMI = kur.CODES
OF_BUSINESSES = (SUPER_MIKRO, MIKRO, KECIL, KHUSUS)
FITTING = {
    SUPER_MIKRO: 8_000_000,
    MIKRO: 40_000_000,
    KECIL: 200_000_000,
    KHUSUS: 40_000_000,
    PMI: 40_000_000,
}
WITHIN, BELOW, ABOVE = set[Code](), {Code.AMOUNT_BELOW}, {Code.AMOUNT_ABOVE}

# amount, super mikro, mikro, kecil, khusus, PMI: the plafon of both editions
PLAFON = [
    (1, WITHIN, BELOW, BELOW, WITHIN, WITHIN),
    (10_000_000, WITHIN, BELOW, BELOW, WITHIN, WITHIN),
    (10_000_001, ABOVE, WITHIN, BELOW, WITHIN, WITHIN),
    (50_000_000, ABOVE, WITHIN, BELOW, WITHIN, WITHIN),
    (50_000_001, ABOVE, WITHIN, BELOW, WITHIN, WITHIN),
    (100_000_000, ABOVE, WITHIN, BELOW, WITHIN, WITHIN),
    (100_000_001, ABOVE, ABOVE, WITHIN, WITHIN, ABOVE),
    (500_000_000, ABOVE, ABOVE, WITHIN, WITHIN, ABOVE),
    (500_000_001, ABOVE, ABOVE, ABOVE, ABOVE, ABOVE),
]


@pytest.mark.parametrize("on", [IN_2024, IN_2026])
@pytest.mark.parametrize(("amount", *kur.CODES), PLAFON)
def test_each_product_has_its_plafon(
    amount, kur_super_mikro, kur_mikro, kur_kecil, kur_khusus, kur_pmi, on
):
    expected = (kur_super_mikro, kur_mikro, kur_kecil, kur_khusus, kur_pmi)
    asked = (Code.AMOUNT_BELOW, Code.AMOUNT_ABOVE)
    for product, refused in zip(kur.CODES, expected, strict=True):
        said = codes(product, a_person(), ask(amount), on=on)
        assert said.intersection(asked) == refused, product


# amount, the products that want an NPWP in 2026
NPWP = [
    (10_000_000, {KECIL}),
    (10_000_001, {KECIL}),
    (50_000_000, {KECIL}),
    (50_000_001, {MIKRO, KECIL, KHUSUS, PMI}),
    (100_000_000, {MIKRO, KECIL, KHUSUS, PMI}),
    (100_000_001, {MIKRO, KECIL, KHUSUS, PMI}),
    (500_000_000, {MIKRO, KECIL, KHUSUS, PMI}),
]


@pytest.mark.parametrize(("amount", "wanting"), NPWP)
def test_an_npwp_is_wanted_above_fifty_million_from_2026(amount, wanting):
    without = a_person(business__npwp=False)
    wanted = {code for code in kur.CODES if Code.NPWP in codes(code, without, ask(amount))}
    assert wanted == wanting


@pytest.mark.parametrize("amount", [50_000_001, 500_000_000])
def test_no_rule_of_2023_wants_an_npwp(amount):
    without = a_person(business__npwp=False)
    for product in kur.CODES:
        assert Code.NPWP not in codes(product, without, ask(amount), on=IN_2024)


@pytest.mark.parametrize("on", [IN_2024, IN_2026])
@pytest.mark.parametrize(
    ("amount", "breach"), [(99_999_999, True), (100_000_000, True), (100_000_001, False)]
)
def test_demanding_agunan_up_to_a_hundred_million_is_the_lenders_breach(amount, breach, on):
    request = ask(amount, collateral_demanded=True)
    for product in kur.CODES:
        with_demand = assessed(product, a_person(), request, on=on)
        without = assessed(product, a_person(), ask(amount), on=on)
        noted = NoteCode.POLICY_VIOLATION in {note.code for note in with_demand.notes}
        assert noted is breach
        above = NoteCode.COLLATERAL_BY_LENDER in {note.code for note in with_demand.notes}
        assert above is not breach
        assert with_demand.refusals == without.refusals


# product, KMK months, KI months
TENOR = [(SUPER_MIKRO, 36, 60), (MIKRO, 36, 60), (KECIL, 48, 60), (KHUSUS, 48, 60)]


@pytest.mark.parametrize("on", [IN_2024, IN_2026])
@pytest.mark.parametrize(("product", "kmk", "ki"), TENOR)
def test_the_tenor_depends_on_the_purpose(product, kmk, ki, on):
    amount = FITTING[product]
    for make, most in ((ask, kmk), (invest, ki)):
        within = codes(product, a_person(), make(amount, tenor_months=most), on=on)
        beyond = codes(product, a_person(), make(amount, tenor_months=most + 1), on=on)
        assert Code.TENOR_ABOVE not in within
        assert Code.TENOR_ABOVE in beyond


@pytest.mark.parametrize("on", [IN_2024, IN_2026])
@pytest.mark.parametrize("product", kur.CODES)
def test_who_fits_everything_is_refused_nothing(product, on):
    assert assessed(product, a_person(), ask(FITTING[product]), on=on).refusals == ()


# fact, wrong value, code when wrong, code when unknown, the products that ask it
FACTS = [
    ("person__citizen", False, Code.CITIZEN, Code.UNKNOWN_CITIZEN, kur.CODES),
    (
        "person__state_employee",
        True,
        Code.STATE_EMPLOYEE,
        Code.UNKNOWN_STATE_EMPLOYEE,
        kur.CODES,
    ),
    ("credit__collectibility", 3, Code.COLLECTIBILITY, Code.UNKNOWN_COLLECTIBILITY, kur.CODES),
    ("credit__collectibility", 5, Code.COLLECTIBILITY, Code.UNKNOWN_COLLECTIBILITY, kur.CODES),
    (
        "credit__collectibility",
        2,
        Code.CREDIT_NOT_CURRENT,
        Code.UNKNOWN_COLLECTIBILITY,
        kur.CODES,
    ),
    ("credit__dhn_listed", True, Code.DHN_LISTED, Code.UNKNOWN_DHN, kur.CODES),
    (
        "credit__programme_unpaid",
        True,
        Code.PROGRAMME_CREDIT_UNPAID,
        Code.UNKNOWN_PROGRAMME_CREDIT,
        kur.CODES,
    ),
    (
        "credit__commercial_before",
        True,
        Code.COMMERCIAL_CREDIT,
        Code.UNKNOWN_COMMERCIAL_CREDIT,
        OF_BUSINESSES,
    ),
    (
        "credit__kur_received",
        KurReceived(mikro=1),
        Code.KUR_BEFORE,
        Code.UNKNOWN_KUR_RECEIVED,
        (SUPER_MIKRO,),
    ),
    (
        "credit__mikro_outstanding",
        60_000_001,
        Code.MIKRO_OUTSTANDING,
        Code.UNKNOWN_MIKRO_OUTSTANDING,
        (MIKRO,),
    ),
    ("business__bpjs_tk", False, Code.BPJS_TK, Code.UNKNOWN_BPJS_TK, (KECIL,)),
    (
        "business__net_income_month",
        1_000_000,
        Code.INSTALMENT_ABOVE_INCOME,
        Code.UNKNOWN_NET_INCOME,
        (MIKRO, KECIL, KHUSUS),
    ),
    (
        "credit__instalments_month",
        41_900_000,
        Code.INSTALMENT_ABOVE_INCOME,
        Code.UNKNOWN_INSTALMENTS,
        OF_BUSINESSES,
    ),
]


@pytest.mark.parametrize(("fact", "wrong", "refusal", "unknown", "products"), FACTS)
def test_each_fact_refuses_when_wrong_and_asks_when_unknown(
    fact, wrong, refusal, unknown, products
):
    for product in kur.CODES:
        request = ask(FITTING[product])
        said = codes(product, a_person(**{fact: wrong}), request)
        silent = codes(product, a_person(**{fact: None}), request)
        assert (refusal in said) is (product in products), product
        if product in products:
            assert said == {refusal}
            assert silent == {unknown}


def test_a_blank_applicant_is_asked_everything_and_passes_nothing():
    blank = replace(
        a_person(),
        person=type(a_person().person)(),
        business=type(a_person().business)(),
        credit=type(a_person().credit)(),
        group=None,
        placement=None,
    )
    for product in kur.CODES:
        said = codes(product, blank, ask(FITTING[product]))
        assert Code.UNKNOWN_CITIZEN in said
        assert len(said) >= 6


# birth date, married, the refusal on 24 November 2026
AGES = [
    (date(2005, 11, 24), False, None),
    (date(2005, 11, 25), False, Code.AGE),
    (date(2005, 11, 25), True, None),
    (date(2005, 11, 25), None, Code.UNKNOWN_MARRIED),
    (None, False, Code.UNKNOWN_BIRTH_DATE),
    (None, True, None),
]


@pytest.mark.parametrize(("born", "married", "refusal"), AGES)
def test_a_borrower_is_twenty_one_or_married(born, married, refusal):
    applicant = a_person(person__birth_date=born, person__married=married)
    for product in OF_BUSINESSES:
        said = codes(product, applicant, ask(FITTING[product]))
        assert said == ({refusal} if refusal else set())


def test_who_is_too_young_hears_the_birthday():
    young = a_person(person__birth_date=date(2006, 2, 1), person__married=False)
    assert assessed(MIKRO, young, ask()).earliest_date == date(2027, 2, 1)


# started, refused on 24 November 2026
BUSINESS_AGE = [
    (date(2026, 5, 24), False),
    (date(2026, 5, 25), True),
    (date(2026, 11, 24), True),
    (date(2026, 12, 1), True),
]


@pytest.mark.parametrize(("started", "young"), BUSINESS_AGE)
def test_a_business_has_run_six_months_to_the_day(started, young):
    applicant = a_person(business__started_on=started)
    for product in (MIKRO, KECIL, KHUSUS):
        said = codes(product, applicant, ask(FITTING[product]))
        assert said == ({Code.BUSINESS_AGE} if young else set())
    said = codes(SUPER_MIKRO, applicant, ask(8_000_000))
    assert said == ({Code.BUSINESS_AGE_OR_EVIDENCE} if young else set())


def test_a_young_business_hears_the_first_day_and_it_is_true():
    young = a_person(business__started_on=date(2026, 8, 31))
    first_day = assessed(MIKRO, young, ask()).earliest_date

    assert first_day == date(2027, 2, 28)
    assert assessed(MIKRO, young, ask(), on=first_day).eligible
    assert not assessed(MIKRO, young, ask(), on=first_day - timedelta(days=1)).eligible


@pytest.mark.parametrize("evidence", ["mentored", "trained", "group_member", "family_business"])
@pytest.mark.parametrize("planned", [True, False])
def test_one_piece_of_evidence_opens_super_mikro_to_a_beginner(evidence, planned):
    young = a_person(business__planned=planned, business__started_on=date(2026, 11, 1))
    with_evidence = replace(young, person=replace(young.person, **{evidence: True}))

    assert codes(SUPER_MIKRO, young, ask(8_000_000)) == {
        Code.BUSINESS_PLANNED if planned else Code.BUSINESS_AGE_OR_EVIDENCE
    }
    assert codes(SUPER_MIKRO, with_evidence, ask(8_000_000)) == set()
    assert codes(MIKRO, with_evidence, ask()) == {
        Code.BUSINESS_PLANNED if planned else Code.BUSINESS_AGE
    }


def test_a_start_that_nobody_gave_is_asked_for_and_not_called_too_young():
    silent = a_person(business__started_on=None)
    for product in OF_BUSINESSES:
        assert codes(product, silent, ask(FITTING[product])) == {Code.UNKNOWN_BUSINESS_START}
    mentored = replace(silent, person=replace(silent.person, mentored=True))
    assert codes(SUPER_MIKRO, mentored, ask(8_000_000)) == set()


def test_a_planned_business_is_not_judged_by_an_income_it_does_not_have():
    planned = a_person(
        business__planned=True, business__net_income_month=None, person__mentored=True
    )
    said = assessed(SUPER_MIKRO, planned, ask(8_000_000))

    assert said.eligible
    assert NoteCode.INCOME_NOT_JUDGED in {note.code for note in said.notes}


@pytest.mark.parametrize(
    ("nib", "sku", "refusal"),
    [
        (True, False, None),
        (False, True, None),
        (None, True, None),
        (False, False, Code.BUSINESS_LICENCE),
        (None, False, Code.UNKNOWN_BUSINESS_LICENCE),
        (None, None, Code.UNKNOWN_BUSINESS_LICENCE),
    ],
)
def test_a_business_shows_a_nib_or_an_sku(nib, sku, refusal):
    said = codes(MIKRO, a_person(business__nib=nib, business__sku=sku), ask())
    assert said == ({refusal} if refusal else set())


@pytest.mark.parametrize(
    ("turnover", "refusal"),
    [(4_800_000_000, None), (4_800_000_001, Code.TURNOVER), (None, Code.UNKNOWN_TURNOVER)],
)
def test_turnover_counts_from_2026(turnover, refusal):
    applicant = a_person(business__turnover_year=turnover)
    assert codes(MIKRO, applicant, ask()) == ({refusal} if refusal else set())
    assert codes(MIKRO, applicant, ask(), on=IN_2024) == set()


@pytest.mark.parametrize("outstanding", [60_000_000, 60_000_001])
def test_mikro_outstanding_is_judged_after_the_new_loan(outstanding):
    said = codes(MIKRO, a_person(credit__mikro_outstanding=outstanding), ask(40_000_000))
    assert (Code.MIKRO_OUTSTANDING in said) is (outstanding > 60_000_000)


# production, times received, refused in 2023-2025
REPEATS = [
    (True, 3, None),
    (True, 4, Code.KUR_REPEATS),
    (False, 1, None),
    (False, 2, Code.KUR_REPEATS),
    (None, 1, None),
    (None, 2, Code.UNKNOWN_PRODUCTION),
]


@pytest.mark.parametrize(("production", "received", "refusal"), REPEATS)
def test_repeats_are_limited_by_sector_until_2025_and_free_from_2026(
    production, received, refusal
):
    history = KurReceived(mikro=received, kecil=received)
    applicant = a_person(business__production=production, credit__kur_received=history)
    for product in (MIKRO, KECIL):
        request = ask(FITTING[product])
        assert codes(product, applicant, request, on=IN_2024) == ({refusal} if refusal else set())
        assert codes(product, applicant, request) == set()


@pytest.mark.parametrize(
    ("received", "rate_bp"), [(0, 600), (1, 700), (2, 800), (3, 900), (7, 900)]
)
def test_the_rate_rises_with_each_kur_until_2025_and_is_one_from_2026(received, rate_bp):
    applicant = a_person(
        business__production=True, credit__kur_received=KurReceived(mikro=received)
    )
    assert assessed(MIKRO, applicant, ask(), on=IN_2024).rate_bp == rate_bp
    assert assessed(MIKRO, applicant, ask()).rate_bp == 600


def test_an_unknown_history_is_shown_the_first_rate():
    unknown = a_person(credit__kur_received=None)
    for product in (MIKRO, KECIL):
        said = assessed(product, unknown, ask(FITTING[product]), on=IN_2024)
        assert said.rate_bp == 600


@pytest.mark.parametrize(
    ("amount", "months"), [(0, 12), (10**13 + 1, 12), (1_000_000, 0), (1_000_000, 601)]
)
def test_an_impossible_request_is_not_even_made(amount, months):
    with pytest.raises(ValueError, match="must lie between"):
        ask(amount, tenor_months=months)


@pytest.mark.parametrize(("amount", "months"), [(1, 1), (10**13, 600)])
def test_the_smallest_and_the_largest_request_are_answered(amount, months):
    assert len(decided(a_person(), ask(amount, tenor_months=months)).assessments) == 11


def test_the_rate_of_super_mikro_in_2026_is_said_to_be_unverified():
    said = assessed(SUPER_MIKRO, a_person(), ask(8_000_000))
    assert said.rate_bp == 300
    assert NoteCode.RATE_UNVERIFIED in {note.code for note in said.notes}
    assert KUR_2026.super_mikro.rates_bp.source.confidence is Confidence.UNVERIFIED


@pytest.mark.parametrize(("income", "refused"), [(2_532_606, False), (2_532_605, True)])
def test_instalments_take_at_most_seventy_percent_of_the_income(income, refused):
    # 40 million at 6 % over 24 months is 1,772,824 a month; seven tenths of 2,532,606 carry it.
    said = codes(MIKRO, a_person(business__net_income_month=income), ask(40_000_000))
    assert (Code.INSTALMENT_ABOVE_INCOME in said) is refused


@pytest.mark.parametrize(
    ("income", "others", "affordable"),
    [
        (1_000_000, 400_000, 300_000),
        (1_000_000, 699_999, 1),
        (1_000_000, 700_000, None),
        (1_000_000, 900_000, None),
        (0, 0, None),
        (-5, 0, None),
    ],
)
def test_who_asks_too_much_hears_the_instalment_that_fits_if_any_does(income, others, affordable):
    applicant = a_person(business__net_income_month=income, credit__instalments_month=others)
    (refusal,) = assessed(MIKRO, applicant, ask(40_000_000)).refusals
    told = {"instalment": 1_772_824, "others": others, "income": income, "percent": 70}
    if affordable is None:
        assert (refusal.code, refusal.numbers) == (Code.NO_ROOM_FOR_INSTALMENT, told)
    else:
        assert refusal.code is Code.INSTALMENT_ABOVE_INCOME
        assert refusal.numbers == {**told, "affordable": affordable}


def test_income_and_instalments_are_asked_for_together():
    silent = a_person(business__net_income_month=None, credit__instalments_month=None)
    expected = {Code.UNKNOWN_NET_INCOME, Code.UNKNOWN_INSTALMENTS}
    for product in OF_BUSINESSES:
        assert codes(product, silent, ask(FITTING[product])) == expected


def test_who_owes_no_mikro_is_not_told_to_repay_some():
    over = ask(100_000_001)
    assert codes(MIKRO, a_person(), over) == {Code.AMOUNT_ABOVE}
    owing = a_person(credit__mikro_outstanding=1)
    assert codes(MIKRO, owing, over) == {Code.AMOUNT_ABOVE, Code.MIKRO_OUTSTANDING}
    assert codes(MIKRO, owing, ask(100_000_000)) == {Code.MIKRO_OUTSTANDING}


# received, outstanding, lender, what is asked
RUNNING = [
    (KurReceived(), None, None, None),
    (KurReceived(), 0, None, None),
    (KurReceived(khusus=1), 0, None, None),
    (KurReceived(khusus=1), None, None, Code.UNKNOWN_KUR_OUTSTANDING),
    (KurReceived(khusus=1), 1, None, Code.UNKNOWN_KUR_LENDER),
    (KurReceived(khusus=1), 1, "kur-bank-samudra", None),
]


@pytest.mark.parametrize(("received", "owed", "lender", "asked"), RUNNING)
def test_a_kur_that_may_still_run_is_asked_for_with_its_lender(received, owed, lender, asked):
    applicant = a_person(
        credit__kur_received=received, credit__kur_outstanding=owed, credit__kur_lender=lender
    )
    for product in (MIKRO, KECIL, KHUSUS, PMI):
        assert codes(product, applicant, ask(FITTING[product])) == ({asked} if asked else set())


def test_an_unknown_history_does_not_say_that_no_kur_runs():
    silent = a_person(credit__kur_received=None, credit__kur_outstanding=None)
    assert codes(MIKRO, silent, ask()) == {Code.UNKNOWN_KUR_OUTSTANDING}


def test_a_group_of_which_nothing_is_told_is_asked_and_not_sent_to_join_one():
    silent = a_group(40_000_000, group=None)
    assert codes(KHUSUS, silent, ask()) == {
        Code.UNKNOWN_GROUP_MEMBERS,
        Code.UNKNOWN_GROUP_OFFTAKER,
        Code.UNKNOWN_GROUP_PKS,
        Code.UNKNOWN_GROUP_VALIDATION,
        Code.UNKNOWN_GROUP_SIKP,
    }
    assert codes(KHUSUS, a_person(group=None), ask()) == {Code.NO_GROUP}


@pytest.mark.parametrize(("days", "waits"), [(0, True), (2, True), (3, False)])
def test_a_pay_off_is_seen_after_three_days_and_is_no_refusal(days, waits):
    paid = IN_2026 - timedelta(days=days)
    said = assessed(MIKRO, a_person(credit__paid_off_on=paid), ask())

    assert said.eligible
    assert (NoteCode.RETRY_AFTER in {note.code for note in said.notes}) is waits
    assert said.earliest_date == (paid + timedelta(days=3) if waits else None)


def test_another_kur_comes_from_the_same_lender():
    said = assessed(MIKRO, a_person(credit__kur_outstanding=5_000_000), ask(40_000_000))
    assert [note.code for note in said.notes] == [NoteCode.SAME_LENDER_ONLY]


def test_kur_pmi_is_for_those_who_leave():
    assert codes(PMI, a_person(placement=None), ask()) == {Code.NO_PLACEMENT_CONTRACT}


def test_kur_pmi_asks_nothing_about_a_business():
    leaving = a_person(business__started_on=None, business__nib=False, business__sku=False)
    assert codes(PMI, leaving, ask()) == set()


@pytest.mark.parametrize(
    ("siskop2mi", "e_kpmi", "refusal"),
    [
        (True, False, None),
        (False, True, None),
        (False, False, Code.NOT_IN_SISKOP2MI),
        (None, False, Code.UNKNOWN_SISKOP2MI),
    ],
)
def test_kur_pmi_wants_siskop2mi_or_an_e_kpmi(siskop2mi, e_kpmi, refusal):
    placement = PlacementContract(contract_months=24, siskop2mi=siskop2mi, e_kpmi=e_kpmi)
    said = codes(PMI, a_person(placement=placement), ask())
    assert said == ({refusal} if refusal else set())


@pytest.mark.parametrize(
    ("months", "refusal"),
    [(24, None), (23, Code.TENOR_BEYOND_CONTRACT), (None, Code.UNKNOWN_CONTRACT_MONTHS)],
)
def test_kur_pmi_is_repaid_before_the_contract_ends(months, refusal):
    placement = PlacementContract(contract_months=months, siskop2mi=True)
    said = codes(PMI, a_person(placement=placement), ask(tenor_months=24))
    assert said == ({refusal} if refusal else set())


# born, married, parents' permission, refusals on 24 November 2026
LEAVERS = [
    (date(2008, 11, 24), False, True, set()),
    (date(2008, 11, 25), False, True, {Code.AGE_PMI}),
    (date(2008, 11, 24), False, False, {Code.PARENTS_PERMISSION}),
    (date(2008, 11, 24), False, None, {Code.UNKNOWN_PARENTS_PERMISSION}),
    (date(2008, 11, 24), True, False, set()),
    (date(2005, 11, 24), False, False, set()),
    (None, True, True, {Code.UNKNOWN_BIRTH_DATE}),
]


@pytest.mark.parametrize(("born", "married", "permission", "refused"), LEAVERS)
def test_who_leaves_is_eighteen_with_the_parents_permission(born, married, permission, refused):
    placement = PlacementContract(
        contract_months=36, siskop2mi=True, parents_permission=permission
    )
    leaving = a_person(person__birth_date=born, person__married=married, placement=placement)
    assert codes(PMI, leaving, ask()) == refused


# fact of the group, wrong value, code when wrong, code when unknown
GROUP_FACTS = [
    ("offtaker", Code.GROUP_OFFTAKER, Code.UNKNOWN_GROUP_OFFTAKER),
    ("pks", Code.GROUP_PKS, Code.UNKNOWN_GROUP_PKS),
    ("validated", Code.GROUP_VALIDATION, Code.UNKNOWN_GROUP_VALIDATION),
    ("in_sikp", Code.GROUP_SIKP, Code.UNKNOWN_GROUP_SIKP),
]


@pytest.mark.parametrize(("fact", "refusal", "unknown"), GROUP_FACTS)
def test_a_group_has_its_arrangement(fact, refusal, unknown):
    request = ask(60_000_000)
    for value, code in ((False, refusal), (None, unknown)):
        group = a_group(30_000_000, 30_000_000, **{f"group__{fact}": value})
        member = a_person(**{f"group__{fact}": value})
        assert codes(KHUSUS, group, request) == {code}
        assert codes(KHUSUS, member, request) == {code}


SUGAR_CANE = {"business__special_group": SpecialGroup.SUGAR_CANE_WITH_AVALIST}
YOUNG = {"business__started_on": date(2026, 11, 1)}
PLANNED = {"business__planned": True}
BORROWED = {"credit__commercial_before": True}
OFTEN = {"credit__kur_received": KurReceived(mikro=2, kecil=2)}

# What Art. 38A switches off for sugar-cane farmers whose offtaker stands surety (E19).
# situation, product, facts, day, reasons without and with the relaxation
RELAXED = [
    ("commercial credit", MIKRO, BORROWED, IN_2026, {Code.COMMERCIAL_CREDIT}, set()),
    ("commercial credit", SUPER_MIKRO, BORROWED, IN_2026, {Code.COMMERCIAL_CREDIT}, set()),
    ("commercial credit", KHUSUS, BORROWED, IN_2024, {Code.COMMERCIAL_CREDIT}, set()),
    ("young business", MIKRO, YOUNG, IN_2026, {Code.BUSINESS_AGE}, set()),
    ("young business", KECIL, YOUNG, IN_2026, {Code.BUSINESS_AGE}, set()),
    (
        "young business, of super mikro no article is switched off",
        SUPER_MIKRO,
        YOUNG,
        IN_2026,
        {Code.BUSINESS_AGE_OR_EVIDENCE},
        {Code.BUSINESS_AGE_OR_EVIDENCE},
    ),
    (
        "no business at all",
        MIKRO,
        PLANNED,
        IN_2026,
        {Code.BUSINESS_PLANNED},
        {Code.BUSINESS_PLANNED},
    ),
    ("received twice", KECIL, OFTEN, IN_2024, {Code.KUR_REPEATS}, set()),
]


@pytest.mark.parametrize(("words", "product", "facts", "on", "without", "relaxed"), RELAXED)
def test_what_is_switched_off_for_a_special_group(words, product, facts, on, without, relaxed):
    request = ask(FITTING[product])
    check(Row(words, product, a_person(**facts), request, on, without))
    farmer = a_person(**SUGAR_CANE, **facts)
    check(Row(words, product, farmer, request, on, relaxed))
    (note,) = [
        each
        for each in assessed(product, farmer, request, on=on).notes
        if each.code is NoteCode.RELAXED
    ]
    assert (note.source.confidence, note.source.articles[0].pasal) == ("unverified", "38A")


def test_members_of_a_special_group_are_relaxed_as_a_person_is():
    facts = {"commercial_before": True, "started_on": date(2026, 11, 1)}
    group = with_member(**facts)
    farmers = replace(
        group, business=replace(group.business, special_group="sugar_cane_with_avalist")
    )
    assert codes(KHUSUS, group, BOTH) == {
        Code.GROUP_MEMBER_COMMERCIAL_CREDIT,
        Code.GROUP_BEGINNERS,
    }
    assert codes(KHUSUS, farmers, BOTH) == set()


def test_the_rate_of_a_special_group_does_not_rise_with_each_kur():
    farmer = a_person(**SUGAR_CANE, **OFTEN)
    assert assessed(MIKRO, farmer, ask(), on=IN_2024).rate_bp == 600


@pytest.mark.parametrize(
    ("owed", "received", "production", "on", "told"),
    [
        (1, 1, True, IN_2024, {NoteCode.SECOND_MIKRO, NoteCode.SEASON_BASED}),
        (1, 1, True, IN_2026, {NoteCode.SECOND_MIKRO}),
        (1, 1, False, IN_2024, {NoteCode.SECOND_MIKRO}),
        (0, 1, True, IN_2024, {NoteCode.SEASON_BASED}),
        (0, 0, True, IN_2024, set()),
    ],
)
def test_another_mikro_may_run_beside_the_first_and_crops_go_by_season(
    owed, received, production, on, told
):
    person = a_person(
        credit__mikro_outstanding=owed,
        credit__kur_received=KurReceived(mikro=received),
        business__production=production,
    )
    said = {note.code for note in assessed(MIKRO, person, ask(), on=on).notes}
    assert said & {NoteCode.SECOND_MIKRO, NoteCode.SEASON_BASED} == told


@pytest.mark.parametrize(
    ("status", "contract", "on", "told"),
    [
        (
            "returned",
            True,
            IN_2026,
            {"leaves_again", "verified_within", "instalments_after_work"},
        ),
        ("departed_again", True, IN_2024, {"leaves_again", "instalments_after_work"}),
        (None, True, IN_2026, {"verified_within", "instalments_after_work"}),
        ("returned", False, IN_2026, set()),
    ],
)
def test_a_returned_worker_may_have_kur_pmi_to_leave_again_and_not_for_a_business(
    status, contract, on, told
):
    changes = {} if contract else {"placement": None}
    said = assessed(PMI, a_person(person__migration_status=status, **changes), ask(), on=on)
    assert {note.code for note in said.notes} == told
    refused = set() if contract else {Code.NO_PLACEMENT_CONTRACT}
    assert {each.code for each in said.refusals} == refused


def test_khusus_needs_a_group():
    assert codes(KHUSUS, a_person(group=None), ask()) == {Code.NO_GROUP}


def test_shares_add_up_to_the_loan():
    assert codes(KHUSUS, a_group(10_000_000, 20_000_000), ask(30_000_001)) == {Code.GROUP_SHARES}


def test_a_group_has_two_members_at_least():
    assert codes(KHUSUS, a_group(30_000_000), ask(30_000_000)) == {Code.GROUP_SIZE}


def with_member(*, recommended=False, amount=60_000_000, **facts):
    """A group of two who share the amount; the second one's facts are changed."""
    members = (a_member(amount // 2), a_member(amount // 2, **facts))
    return a_group(group__members=members, group__chair_recommends_beginners=recommended)


BOTH, TWICE_50 = ask(60_000_000), ask(100_000_000)
SAMUDRA, NUSANTARA = "kur-bank-samudra", "kur-bank-nusantara"
M_CITIZEN, M_AGE = Code.GROUP_MEMBER_CITIZEN, Code.GROUP_MEMBER_AGE
M_BAD, M_BEHIND = Code.GROUP_MEMBER_COLLECTIBILITY, Code.GROUP_MEMBER_NOT_CURRENT
ART_4 = "1/2022 as amended by 12/2025, Art. 4, 4A"

# What is said of the second of two members; each is assessed alone.
# situation, facts of the member, chair recommends, reasons, article
MEMBERS = [
    ("who fits", {}, False, set(), ""),
    ("not a citizen", {"citizen": False}, False, {M_CITIZEN}, "NIK, e-KTP"),
    (
        "21 today, not married",
        {"birth_date": date(2005, 11, 24), "married": False},
        False,
        set(),
        "",
    ),
    (
        "21 tomorrow, not married",
        {"birth_date": date(2005, 11, 25), "married": False},
        False,
        {M_AGE},
        "21 or married",
    ),
    (
        "21 tomorrow, married",
        {"birth_date": date(2005, 11, 25), "married": True},
        False,
        set(),
        "",
    ),
    (
        "serves the state",
        {"state_employee": True},
        False,
        {Code.GROUP_MEMBER_STATE_EMPLOYEE},
        "3(1)f",
    ),
    ("collectibility 2", {"collectibility": 2}, False, {M_BEHIND}, "Art. 36"),
    ("collectibility 3", {"collectibility": 3}, False, {M_BAD}, "SLIK"),
    ("collectibility 5", {"collectibility": 5}, False, {M_BAD}, "SLIK"),
    (
        "on the blacklist",
        {"dhn_listed": True},
        False,
        {Code.GROUP_MEMBER_DHN_LISTED},
        "Daftar Hitam",
    ),
    (
        "programme credit not paid off",
        {"programme_unpaid": True},
        False,
        {Code.GROUP_MEMBER_PROGRAMME_CREDIT},
        "Art. 36",
    ),
    (
        "commercial credit before",
        {"commercial_before": True},
        False,
        {Code.GROUP_MEMBER_COMMERCIAL_CREDIT},
        "Art. 36(3)",
    ),
    ("neither NIB nor SKU", {"licence": False}, False, {Code.GROUP_MEMBER_LICENCE}, "NIB or SKU"),
    ("business of six months today", {"started_on": date(2026, 5, 24)}, False, set(), ""),
    (
        "business of six months tomorrow",
        {"started_on": date(2026, 5, 25)},
        False,
        {Code.GROUP_BEGINNERS},
        "Art. 4",
    ),
    ("the same, recommended", {"started_on": date(2026, 5, 25)}, True, set(), ""),
    (
        "a beginner",
        {"beginner": True, "started_on": None},
        False,
        {Code.GROUP_BEGINNERS},
        "Art. 4",
    ),
    ("a beginner, recommended", {"beginner": True, "started_on": None}, True, set(), ""),
    ("turnover at the limit", {"turnover_year": 4_800_000_000}, False, set(), ""),
    (
        "turnover above it",
        {"turnover_year": 4_800_000_001},
        False,
        {Code.GROUP_MEMBER_TURNOVER},
        "1/2026, Art. 3(3)",
    ),
    # Rp 30 million at 6 % over 24 months is 1,329,618 a month: 70 % of 1,899,455 carry it.
    ("income that carries the share", {"net_income_month": 1_899_455}, False, set(), ""),
    (
        "income that just does not",
        {"net_income_month": 1_899_454},
        False,
        {Code.GROUP_MEMBER_INSTALMENT},
        "70 %",
    ),
    ("an income that nobody knows", {"net_income_month": None}, False, set(), ""),
    (
        "nothing told but the share",
        dict.fromkeys(GroupMember._fields[3:]) | {"collectibility": None},
        False,
        {Code.UNKNOWN_MEMBER_FACTS},
        "Art. 4",
    ),
    ("a KUR with a lender", {"kur_outstanding": 5, "kur_lender": SAMUDRA}, False, set(), ""),
    (
        "a KUR, its lender not told",
        {"kur_outstanding": 5},
        False,
        {Code.UNKNOWN_MEMBER_FACTS},
        "Art. 4",
    ),
]


@pytest.mark.parametrize(
    ("words", "facts", "recommended", "reasons", "article"),
    MEMBERS,
    ids=[row[0] for row in MEMBERS],
)
def test_each_member_is_assessed_alone(words, facts, recommended, reasons, article):
    group = with_member(recommended=recommended, **facts)
    check(Row(words, KHUSUS, group, BOTH, IN_2026, reasons, article))
    for refusal in assessed(KHUSUS, group, BOTH).refusals:
        assert refusal.numbers["members"] == "2"
        for language in Language:
            assert "nomor 2" in sentence(refusal, language) or "no. 2" in sentence(
                refusal, language
            )


@pytest.mark.parametrize(
    ("share", "npwp", "on", "refused"),
    [
        (50_000_000, False, IN_2026, set()),
        (50_000_001, False, IN_2026, {Code.GROUP_MEMBER_NPWP}),
        (50_000_001, None, IN_2026, {Code.UNKNOWN_MEMBER_FACTS}),
        (50_000_001, False, IN_2024, set()),
        (500_000_000, True, IN_2026, set()),
        (500_000_001, True, IN_2026, {Code.GROUP_MEMBER_SHARE_ABOVE}),
    ],
)
def test_a_members_plafon_and_npwp_count_by_the_own_share_and_the_sum_has_no_ceiling(
    share, npwp, on, refused
):
    members = (a_member(400_000_000), a_member(share, npwp=npwp))
    assert (
        codes(KHUSUS, a_group(group__members=members), ask(400_000_000 + share), on=on) == refused
    )


def test_the_kur_of_all_members_runs_with_one_lender():
    one = a_member(30_000_000, kur_outstanding=5, kur_lender=SAMUDRA)
    other = one._replace(kur_lender=NUSANTARA, share=20_000_000)
    together = a_group(group__members=(one, one))
    (note,) = [
        each
        for each in assessed(KHUSUS, together, BOTH).notes
        if each.code is NoteCode.SAME_LENDER_ONLY
    ]
    assert dict(note.numbers) == {"outstanding": 10, "lender": SAMUDRA}
    (refusal,) = assessed(KHUSUS, a_group(group__members=(other, one)), ask(50_000_000)).refusals
    assert (refusal.code, refusal.numbers["members"]) == (Code.GROUP_LENDERS, "1")
    chairs = a_group(
        group__members=(other, one), credit__kur_outstanding=5, credit__kur_lender=NUSANTARA
    )
    (refusal,) = assessed(KHUSUS, chairs, ask(50_000_000)).refusals
    assert (refusal.code, refusal.numbers["members"]) == (Code.GROUP_LENDERS, "2")


def test_members_who_come_of_age_are_waited_for_until_the_last_one_has():
    young = [a_member(30_000_000, birth_date=date(2006, 2, day), married=False) for day in (1, 9)]
    said = assessed(KHUSUS, a_group(group__members=tuple(young)), BOTH)
    assert [each.numbers["members"] for each in said.refusals] == ["1, 2"]
    assert said.earliest_date == date(2027, 2, 9)


def test_a_member_without_a_share_takes_no_part():
    out = a_member(0, citizen=False, collectibility=5)
    three = a_group(group__members=(a_member(30_000_000), out, a_member(30_000_000)))
    assert codes(KHUSUS, three, BOTH) == set()
    two = a_group(group__members=(a_member(60_000_000), out))
    assert codes(KHUSUS, two, BOTH) == {Code.GROUP_SIZE}


def test_a_group_may_offer_collective_agunan_and_hears_whose_income_is_not_judged():
    group = with_member(net_income_month=None)
    notes = {each.code: dict(each.numbers) for each in assessed(KHUSUS, group, BOTH).notes}
    assert notes[NoteCode.COLLECTIVE_COLLATERAL] == {}
    assert notes[NoteCode.MEMBERS_INCOME_NOT_JUDGED] == {"members": "2"}


# shares, demand for agunan: the amount named in the lender's breach, and whether above is noted
AGUNAN = [
    ((100_000_000, 100_000_000), True, 100_000_000, False),
    ((100_000_001, 100_000_000), True, 100_000_000, True),
    ((100_000_001, 100_000_001), True, None, True),
    ((100_000_001, 100_000_001), False, None, True),
    ((100_000_000, 100_000_000), False, None, False),
]


@pytest.mark.parametrize(("shares", "demanded", "breach", "above"), AGUNAN)
def test_in_a_group_the_limit_of_agunan_is_that_of_each_share(shares, demanded, breach, above):
    request = ask(sum(shares), collateral_demanded=demanded)
    said = assessed(KHUSUS, a_group(*shares), request)
    notes = {each.code: each.numbers for each in said.notes}
    assert said.eligible
    assert notes.get(NoteCode.POLICY_VIOLATION, {}).get("amount") == breach
    assert (NoteCode.COLLATERAL_BY_LENDER in notes) is above


def test_a_group_without_a_list_of_members_is_asked_for_it():
    group = replace(
        a_group(1, 1), group=GroupFacts(offtaker=True, pks=True, validated=True, in_sikp=True)
    )
    assert codes(KHUSUS, group, ask(30_000_000)) == {Code.UNKNOWN_GROUP_MEMBERS}


def test_a_group_may_have_khusus_only():
    for product in (SUPER_MIKRO, MIKRO, KECIL, PMI):
        said = codes(product, a_group(20_000_000, 20_000_000), ask(40_000_000))
        assert said == {Code.BORROWER_KIND}


EDITIONS = [
    (date(2023, 1, 26), None),
    (date(2023, 1, 27), KUR_2023),
    (date(2026, 1, 4), KUR_2023),
    (date(2026, 1, 5), KUR_2026),
]


@pytest.mark.parametrize(("day", "edition"), EDITIONS)
def test_the_edition_is_that_of_the_day_of_the_akad(day, edition):
    assert KUR.on(day) is edition


def test_the_akad_chooses_the_edition_and_not_the_day_of_the_decision():
    twice = a_person(credit__kur_received=KurReceived(mikro=2))
    decided_late = ask(akad_on=date(2026, 1, 4))
    assert Code.KUR_REPEATS in codes(MIKRO, twice, decided_late, on=date(2026, 1, 5))
    assert codes(MIKRO, twice, ask(akad_on=date(2026, 1, 5)), on=date(2026, 1, 4)) == set()


def test_before_2023_no_product_is_in_force_and_each_says_since_when():
    for product in kur.CODES:
        said = assessed(product, a_person(), ask(), on=date(2023, 1, 26))
        assert {refusal.code for refusal in said.refusals} == {Code.NOT_IN_FORCE}
        assert said.earliest_date == date(2023, 1, 27)


def test_waiting_helps_nobody_who_is_excluded_for_good():
    young = a_person(person__state_employee=True, business__started_on=date(2026, 11, 1))
    assert assessed(MIKRO, young, ask()).earliest_date is None


def test_a_source_holds_on_the_days_of_its_edition():
    for edition, since in ((KUR_2023, date(2023, 1, 27)), (KUR_2026, date(2026, 1, 5))):
        for name in edition.articles.__slots__:
            assert getattr(edition.articles, name).since == since


def test_the_limits_of_2023_are_those_of_article_24():
    assert KUR_2023.repeats is not None
    assert KUR_2023.repeats.value == Repeats(production=4, other=2)
    assert KUR_2026.repeats is None


@given(
    two=st.tuples(st.integers(1, 10**13), st.integers(1, 10**13)).map(sorted),
    product=st.sampled_from(kur.CODES),
    on=st.sampled_from([IN_2024, IN_2026]),
)
def test_raising_an_amount_never_removes_a_refusal_of_a_ceiling(two, product, on):
    ceilings = {
        Code.AMOUNT_ABOVE,
        Code.NPWP,
        Code.MIKRO_OUTSTANDING,
        Code.INSTALMENT_ABOVE_INCOME,
    }
    applicant = a_person(business__npwp=False)
    less, more = two
    before = codes(product, applicant, ask(less), on=on) & ceilings
    after = codes(product, applicant, ask(more), on=on)
    assert before <= after
