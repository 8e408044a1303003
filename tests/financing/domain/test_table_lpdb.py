"""The LPDB line by line: regular and mock-up, and when a young Kopdes passes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.eligibility import (
    Code,
    Confidence,
    ContractKind,
    CooperativeKind,
    HealthGrade,
    NoteCode,
    Rat,
    Shu,
)
from services.financing.domain.rules import blu, lpdb, pmk49
from services.financing.domain.rules.cooperative import meetings
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    a_group,
    a_person,
    ask,
    assessed,
    codes,
    invest,
)

OF_COOPERATIVES = (lpdb.REGULAR, lpdb.MOCKUP, blu.INKUBASI, blu.LINKAGE, pmk49.CODE)
IN_PMK49 = date(2025, 9, 1)
KOPDES = CooperativeKind.KOPDES


@pytest.mark.parametrize("product", OF_COOPERATIVES)
def test_cooperatives_products_are_not_for_persons_or_groups(product):
    assert Code.BORROWER_KIND in codes(product, a_person(), ask())
    assert Code.BORROWER_KIND in codes(product, a_group(1, 2), ask())


def test_persons_products_are_not_for_cooperatives():
    for product in ("kur_super_mikro", "kur_mikro", "kur_kecil", "kur_khusus", "kur_pmi"):
        assert codes(product, a_cooperative(), ask()) == {Code.BORROWER_KIND}
    assert codes(blu.UMI, a_cooperative(), ask()) == {Code.BORROWER_KIND}


def test_a_complete_cooperative_is_refused_nothing_by_the_lpdb():
    assert codes(lpdb.REGULAR, a_cooperative(), ask(500_000_000)) == set()
    kopdes = a_cooperative(kind=KOPDES)
    assert codes(lpdb.MOCKUP, kopdes, invest(500_000_000)) == set()


# product, fact, value, the refusal
FACTS = [
    (lpdb.REGULAR, "kind", None, Code.UNKNOWN_COOPERATIVE_KIND),
    (lpdb.REGULAR, "legal_entity_no", None, Code.NO_LEGAL_ENTITY),
    (lpdb.REGULAR, "coop_registry_no", None, Code.NO_COOP_REGISTRY_NO),
    (lpdb.REGULAR, "rats", None, Code.UNKNOWN_RATS),
    (lpdb.REGULAR, "rats", (), Code.RAT_MISSING),
    (lpdb.REGULAR, "certificate_valid_until", None, Code.NO_CERTIFICATE),
    (lpdb.REGULAR, "certificate_valid_until", IN_2026, None),
    (
        lpdb.REGULAR,
        "certificate_valid_until",
        IN_2026 - timedelta(days=1),
        Code.CERTIFICATE_EXPIRED,
    ),
    (lpdb.REGULAR, "shu", None, Code.UNKNOWN_SHU),
    (lpdb.REGULAR, "shu", (Shu(2024, 5),), Code.UNKNOWN_SHU),
    (lpdb.REGULAR, "shu", (Shu(2025, 1),), None),
    (lpdb.REGULAR, "shu", (Shu(2025, 0),), Code.SHU),
    (lpdb.REGULAR, "arrears", True, Code.ARREARS),
    (lpdb.REGULAR, "arrears", None, Code.UNKNOWN_ARREARS),
    (lpdb.REGULAR, "officers_collectibility", 2, None),
    (lpdb.REGULAR, "officers_collectibility", 3, Code.OFFICERS_COLLECTIBILITY),
    (lpdb.REGULAR, "officers_collectibility", None, Code.UNKNOWN_OFFICERS_COLLECTIBILITY),
    (lpdb.REGULAR, "personal_guarantees", False, Code.PERSONAL_GUARANTEES),
    (lpdb.REGULAR, "personal_guarantees", None, Code.UNKNOWN_PERSONAL_GUARANTEES),
    (lpdb.REGULAR, "health_grade", HealthGrade.CUKUP_SEHAT, None),
    (lpdb.REGULAR, "health_grade", HealthGrade.DALAM_PENGAWASAN, Code.HEALTH_GRADE),
    (lpdb.REGULAR, "health_grade", None, Code.UNKNOWN_HEALTH_GRADE),
    (lpdb.REGULAR, "office", False, Code.NO_OFFICE),
    (lpdb.REGULAR, "office", None, Code.UNKNOWN_OFFICE),
    (lpdb.REGULAR, "business_plan", False, Code.NO_BUSINESS_PLAN),
    (lpdb.REGULAR, "business_plan", None, Code.UNKNOWN_BUSINESS_PLAN),
    (lpdb.REGULAR, "budget", False, Code.NO_BUDGET),
    (lpdb.REGULAR, "budget", None, Code.UNKNOWN_BUDGET),
    (lpdb.REGULAR, "dps", False, None),
    (lpdb.REGULAR, "member_list", False, None),
    (lpdb.MOCKUP, "kind", CooperativeKind.KELKOPDES, None),
    (lpdb.MOCKUP, "kind", CooperativeKind.KSP, Code.COOPERATIVE_KIND),
    (lpdb.MOCKUP, "mockup_selected", False, Code.NOT_SELECTED),
    (lpdb.MOCKUP, "mockup_selected", None, Code.UNKNOWN_SELECTED),
    (lpdb.MOCKUP, "officers_collectibility", 4, None),
    (lpdb.MOCKUP, "officers_collectibility", 5, Code.OFFICERS_MACET),
    (lpdb.MOCKUP, "agunan_value", 100_000_000, None),
    (lpdb.MOCKUP, "agunan_value", 99_999_999, Code.AGUNAN_VALUE),
    (lpdb.MOCKUP, "agunan_value", None, Code.UNKNOWN_AGUNAN_VALUE),
    (lpdb.MOCKUP, "usp", False, Code.NO_USP),
    (lpdb.MOCKUP, "usp", None, Code.UNKNOWN_USP),
    (lpdb.MOCKUP, "sembako", False, Code.NO_SEMBAKO),
    (lpdb.MOCKUP, "sembako", None, Code.UNKNOWN_SEMBAKO),
    (lpdb.MOCKUP, "microsite", False, Code.NO_MICROSITE),
    (lpdb.MOCKUP, "microsite", None, Code.UNKNOWN_MICROSITE),
    (lpdb.MOCKUP, "rats", (), None),
]


@pytest.mark.parametrize(("product", "fact", "value", "refusal"), FACTS)
def test_each_fact_of_a_cooperative_has_both_sides(product, fact, value, refusal):
    complete = {"kind": KOPDES, fact: value}
    said = codes(product, a_cooperative(**complete), invest(100_000_000))
    assert said == ({refusal} if refusal else set())


@pytest.mark.parametrize(
    ("amount", "refused"), [(3_000_000_000, set()), (3_000_000_001, {Code.AMOUNT_ABOVE})]
)
def test_the_mockup_window_lends_three_billion(amount, refused):
    assert codes(lpdb.MOCKUP, a_cooperative(kind=KOPDES), invest(amount)) == refused


def test_the_mockup_window_asks_three_percent_of_everybody():
    for kind in (KOPDES, CooperativeKind.KSP):
        said = assessed(lpdb.MOCKUP, a_cooperative(kind=kind), invest(100_000_000))
        assert said.rate_bp == 300


@pytest.mark.parametrize(("months", "refused"), [(120, set()), (121, {Code.TENOR_ABOVE})])
def test_the_mockup_window_lends_for_ten_years(months, refused):
    request = invest(100_000_000, tenor_months=months)
    assert codes(lpdb.MOCKUP, a_cooperative(kind=KOPDES), request) == refused


@pytest.mark.parametrize(
    ("dps", "refused"),
    [(True, set()), (False, {Code.NO_DPS}), (None, {Code.UNKNOWN_DPS})],
)
def test_a_sharia_contract_of_the_lpdb_needs_a_dps(dps, refused):
    request = ask(contract_kind=ContractKind.SHARIA)
    assert codes(lpdb.REGULAR, a_cooperative(dps=dps), request) == refused


@pytest.mark.parametrize(
    ("listed", "refused"),
    [(True, set()), (False, {Code.NO_MEMBER_LIST}), (None, {Code.UNKNOWN_MEMBER_LIST})],
)
def test_a_savings_cooperative_names_the_members_to_whom_it_lends_on(listed, refused):
    ksp = a_cooperative(kind=CooperativeKind.KSP, member_list=listed)
    assert codes(lpdb.REGULAR, ksp, ask()) == refused


def test_bad_debt_of_the_mockup_goes_to_the_state_receivables_committee():
    said = assessed(lpdb.MOCKUP, a_cooperative(kind=KOPDES), invest(100_000_000))
    assert [note.code for note in said.notes] == [NoteCode.BAD_DEBT_TO_PUPN]


def test_the_mockup_window_is_for_investment():
    said = codes(lpdb.MOCKUP, a_cooperative(kind=KOPDES), ask(100_000_000))
    assert said == {Code.INVESTMENT_ONLY}


def test_a_savings_cooperative_pays_another_rate_and_both_are_unverified():
    saving = assessed(lpdb.REGULAR, a_cooperative(kind=CooperativeKind.KSP), ask())
    other = assessed(lpdb.REGULAR, a_cooperative(), ask())
    assert (saving.rate_bp, other.rate_bp) == (600, 300)
    for said in (saving, other):
        assert said.notes[0].code is NoteCode.RATE_UNVERIFIED
        assert said.notes[0].source.confidence is Confidence.UNVERIFIED


def test_before_it_is_in_force_the_lpdb_says_since_when():
    assert codes(lpdb.REGULAR, a_cooperative(), ask(), on=date(2020, 12, 31)) == {
        Code.NOT_IN_FORCE
    }
    assert codes(lpdb.MOCKUP, a_cooperative(), ask(), on=date(2025, 6, 15)) == {Code.NOT_IN_FORCE}


# founded, book years whose RAT was held, day, what is missing, first day
MEETINGS = [
    # A Kopdes of June 2025: its first two book years are 2025 and 2026.
    (date(2025, 6, 1), (), date(2026, 11, 24), (2025, 2026), date(2027, 1, 1)),
    (date(2025, 6, 1), (2025,), date(2026, 11, 24), (2026,), date(2027, 1, 1)),
    (date(2025, 6, 1), (2025,), date(2027, 1, 1), (2026,), date(2027, 1, 1)),
    (date(2025, 6, 1), (), date(2025, 8, 1), (2025, 2026), date(2027, 1, 1)),
    (date(2025, 6, 1), (2025, 2026), date(2027, 3, 1), None, None),
    # Two meetings in a row count until the next one falls due.
    (date(2020, 1, 1), (2024, 2025), date(2026, 11, 24), None, None),
    (date(2020, 1, 1), (2024, 2025), date(2027, 6, 30), None, None),
    (date(2020, 1, 1), (2024, 2025), date(2027, 7, 1), (2026,), date(2027, 7, 1)),
    # Not in a row, or long ago: the overdue one can be held today.
    (date(2020, 1, 1), (2023, 2025), date(2026, 11, 24), (2024,), date(2026, 11, 24)),
    (date(2020, 1, 1), (2022, 2023), date(2026, 11, 24), (2024, 2025), date(2026, 11, 24)),
    (None, (2025,), date(2026, 11, 24), (2024,), date(2026, 11, 24)),
]


@pytest.mark.parametrize(("founded", "held", "on", "missing", "first_day"), MEETINGS)
def test_two_annual_meetings_in_a_row(founded, held, on, missing, first_day):
    rats = tuple(Rat(year, date(year + 1, 1, 1)) for year in held)

    said = meetings(rats, founded, on=on)

    if missing is None:
        assert said is None
    else:
        assert said == (missing, first_day)


def test_a_meeting_announced_for_later_does_not_count_yet():
    rats = (Rat(2024, date(2025, 3, 1)), Rat(2025, date(2026, 11, 25)))
    assert meetings(rats, date(2020, 1, 1), on=date(2026, 11, 24)) is not None
    assert meetings(rats, date(2020, 1, 1), on=date(2026, 11, 25)) is None


@given(
    founded=st.dates(date(2015, 1, 1), date(2026, 12, 31)),
    years=st.frozensets(st.integers(2015, 2026)),
    on=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
)
def test_once_the_missing_meetings_are_held_on_the_first_day_nothing_is_missing(
    founded, years, on
):
    held = tuple(Rat(year, date(year + 1, 1, 1)) for year in years if year >= founded.year)
    said = meetings(held, founded, on=on)
    if said is not None:
        added = tuple(Rat(year, said.first_day) for year in said.missing)
        assert all(year < said.first_day.year for year in said.missing)
        assert meetings(held + added, founded, on=said.first_day) is None


def test_a_young_kopdes_hears_what_is_missing_and_the_first_day():
    young = a_cooperative(
        kind=KOPDES,
        founded_on=date(2025, 6, 10),
        rats=(Rat(2025, date(2026, 3, 1)),),
        shu=(Shu(2025, 1_000_000),),
        certificate_valid_until=None,
    )

    said = assessed(lpdb.REGULAR, young, ask(200_000_000))

    assert {refusal.code for refusal in said.refusals} == {Code.RAT_MISSING, Code.NO_CERTIFICATE}
    assert said.earliest_date == date(2027, 1, 1)

    grown = a_cooperative(
        kind=KOPDES,
        founded_on=date(2025, 6, 10),
        rats=(Rat(2025, date(2026, 3, 1)), Rat(2026, date(2027, 1, 1))),
        shu=(Shu(2025, 1_000_000), Shu(2026, 1)),
        certificate_valid_until=date(2027, 12, 31),
    )
    assert assessed(lpdb.REGULAR, grown, ask(200_000_000), on=said.earliest_date).eligible


def test_a_cooperative_of_this_year_waits_for_its_first_figure():
    new = a_cooperative(founded_on=date(2026, 6, 1), rats=(), shu=())
    said = assessed(lpdb.REGULAR, new, ask(200_000_000))
    waits = {refusal.code: refusal.earliest for refusal in said.refusals}
    assert waits[Code.UNKNOWN_SHU] == date(2027, 1, 1)
    assert said.earliest_date == waits[Code.RAT_MISSING] == date(2028, 1, 1)


def test_a_surplus_that_only_was_not_given_waits_for_no_date():
    said = assessed(lpdb.REGULAR, a_cooperative(shu=()), ask(200_000_000))
    assert said.refusals[0].code is Code.UNKNOWN_SHU
    assert said.refusals[0].earliest is None


def test_a_loss_waits_for_the_next_book_year():
    losing = a_cooperative(shu=(Shu(2025, -1),))
    said = assessed(lpdb.REGULAR, losing, ask(200_000_000))
    assert said.earliest_date == date(2027, 1, 1)


def test_until_the_meeting_falls_due_the_surplus_of_the_year_before_counts():
    held = a_cooperative(certificate_valid_until=date(2030, 1, 1))
    assert codes(lpdb.REGULAR, held, ask(), on=date(2027, 6, 30)) == set()
    assert Code.UNKNOWN_SHU in codes(lpdb.REGULAR, held, ask(), on=date(2027, 7, 1))
    older = a_cooperative(shu=(Shu(2024, 20_000_000),))
    assert Code.UNKNOWN_SHU in codes(lpdb.REGULAR, older, ask(), on=date(2027, 3, 1))
