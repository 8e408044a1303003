"""The LPDB line by line: regular and mock-up, and when a young Kopdes passes."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.eligibility import (
    Code,
    ContractKind,
    CooperativeKind,
    HealthGrade,
    LoanRequest,
    NoteCode,
    Rat,
    Shu,
)
from services.financing.domain.rules import lpdb
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
from tests.financing.domain.table import Row, Said, anew, check, hold, situation, stands

KOPDES, KSP = CooperativeKind.KOPDES, CooperativeKind.KSP
FUND, WINDOW = "Permenkop UKM 4/2020, ", "Permenkop 1/2025, "
BORROWER = FUND + "cooperatives only"
PAPERS = FUND + "legal entity, registered cooperative"
RAT = FUND + "RAT of the last two years"
SHU = FUND + "positive SHU in the last book year"
CERTIFICATE = "Permenkop KUKM 10/2016, Art. 16, 17, 18: certificate"
CURRENT = FUND + "no arrears"
OFFICERS = FUND + "clean SLIK of the pengurus (assumption)"
GUARANTEES = FUND + "personal guarantees of the pengurus (assumption)"
HEALTH = "Permenkop 9/2020, health grade (assumption)"
OFFICE = FUND + "operational office"
PLANS = FUND + "business plan, purpose and budget (RAB) (assumption)"
ON_LENT = FUND + "use of funds by the list of members (assumption)"
DPS = FUND + "Sharia contracts through KSPPS with a DPS (unverified)"
CEILING = FUND + "ceiling not seen (assumption)"
TENOR = FUND + "tenor not seen (assumption)"
FOR_KOPDES = WINDOW + "for Kopdes of the mock-up"
SELECTED = WINDOW + "selected and proposed by the bupati or walikota"
INTEGRITY = WINDOW + "pengurus and pengawas without macet credit"
AGUNAN = WINDOW + "assets worth the loan, personal guarantees"
UNITS = WINDOW + "Art. 5: savings and loan unit and sembako"
PURPOSE = WINDOW + "investment capital of the six gerai"
PLAFON = WINDOW + "plafon per cooperative"
TEN_YEARS = WINDOW + "ten years with grace"
MICROSITE = "SIMKOPDES, microsite before financing"
YESTERDAY = IN_2026 - timedelta(days=1)


def regular(words: str, *reasons: Said, request: LoanRequest | None = None, **facts: Any) -> Row:
    """A row of a Kopdes that has everything but what `facts` change, and the regular fund."""
    applicant = a_cooperative(**{"kind": KOPDES, **facts})
    return Row(words, lpdb.REGULAR, applicant, request or ask(100_000_000), IN_2026, reasons)


def mockup(words: str, *reasons: Said, request: LoanRequest | None = None, **facts: Any) -> Row:
    """The same of the mock-up window."""
    applicant = a_cooperative(**{"kind": KOPDES, **facts})
    return Row(words, lpdb.MOCKUP, applicant, request or invest(100_000_000), IN_2026, reasons)


def either(fact: str, article: str, missing: Code, unknown: Code, words: str) -> list[Row]:
    """Two rows of the regular fund: what is not there, and what nobody has told."""
    return [
        regular(f"without {words}", Said(missing, article), **{fact: False}),
        regular(f"{words} not told", Said(unknown, article), **{fact: None}),
    ]


PAPERS_AND_KIND = [
    regular("complete"),
    *(regular(f"a cooperative of the kind {kind}", kind=kind) for kind in CooperativeKind),
    regular("kind not told", Said(Code.UNKNOWN_COOPERATIVE_KIND, BORROWER), kind=None),
    regular("no legal entity", Said(Code.NO_LEGAL_ENTITY, PAPERS), legal_entity_no=None),
    regular("no NIK koperasi", Said(Code.NO_COOP_REGISTRY_NO, PAPERS), coop_registry_no=None),
    regular("annual meetings not told", Said(Code.UNKNOWN_RATS, RAT), rats=None),
    regular(
        "no annual meeting: both may be held late, today",
        Said(Code.RAT_MISSING, RAT, {"min": 2, "missing": "2024 & 2025", "from": IN_2026}),
        rats=(),
    ),
    regular(
        "the annual meeting on 2025 held, founded this year before: 2026 has still to end",
        Said(
            Code.RAT_MISSING,
            RAT,
            {"min": 2, "missing": "2026", "from": date(2027, 1, 1)},
            date(2027, 1, 1),
        ),
        rats=(Rat(2025, date(2026, 3, 1)),),
        founded_on=date(2025, 6, 1),
    ),
    regular(
        "no certificate", Said(Code.NO_CERTIFICATE, CERTIFICATE), certificate_valid_until=None
    ),
    regular("certificate valid until today", certificate_valid_until=IN_2026),
    regular(
        "certificate valid until yesterday",
        Said(Code.CERTIFICATE_EXPIRED, CERTIFICATE, {"until": YESTERDAY}),
        certificate_valid_until=YESTERDAY,
    ),
    regular("SHU not told", Said(Code.UNKNOWN_SHU, SHU, {"year": 2025}), shu=None),
    regular(
        "SHU of the year before only",
        Said(Code.UNKNOWN_SHU, SHU, {"year": 2025}),
        shu=(Shu(2024, 5),),
    ),
    regular("SHU of one rupiah", shu=(Shu(2025, 1),)),
    regular(
        "SHU of nothing",
        Said(
            Code.SHU,
            SHU,
            {"year": 2025, "amount": 0, "from": date(2027, 1, 1)},
            date(2027, 1, 1),
        ),
        shu=(Shu(2025, 0),),
    ),
]
STANDING = [
    regular("in arrears", Said(Code.ARREARS, CURRENT), arrears=True),
    regular("arrears not told", Said(Code.UNKNOWN_ARREARS, CURRENT), arrears=None),
    regular("pengurus with collectibility 2", officers_collectibility=2),
    regular(
        "pengurus with collectibility 3",
        Said(Code.OFFICERS_COLLECTIBILITY, OFFICERS, {"collectibility": 3}),
        officers_collectibility=3,
    ),
    regular(
        "collectibility of the pengurus not told",
        Said(Code.UNKNOWN_OFFICERS_COLLECTIBILITY, OFFICERS),
        officers_collectibility=None,
    ),
    *either(
        "personal_guarantees",
        GUARANTEES,
        Code.PERSONAL_GUARANTEES,
        Code.UNKNOWN_PERSONAL_GUARANTEES,
        "personal guarantees",
    ),
    regular("health: cukup sehat", health_grade=HealthGrade.CUKUP_SEHAT),
    *(
        regular(
            f"health: {grade}",
            Said(Code.HEALTH_GRADE, HEALTH, {"grade": grade}),
            health_grade=grade,
        )
        for grade in (HealthGrade.DALAM_PENGAWASAN, HealthGrade.DALAM_PENGAWASAN_KHUSUS)
    ),
    regular("health not told", Said(Code.UNKNOWN_HEALTH_GRADE, HEALTH), health_grade=None),
    *either("office", OFFICE, Code.NO_OFFICE, Code.UNKNOWN_OFFICE, "an office"),
    *either("business_plan", PLANS, Code.NO_BUSINESS_PLAN, Code.UNKNOWN_BUSINESS_PLAN, "a plan"),
    *either("budget", PLANS, Code.NO_BUDGET, Code.UNKNOWN_BUDGET, "a budget"),
]
SHARIA = ask(contract_kind=ContractKind.SHARIA)
OF_SOME_KINDS = [
    regular("a Kopdes without a DPS, a conventional contract", dps=False),
    regular("a Sharia contract with a DPS", request=SHARIA),
    regular("a Sharia contract without a DPS", Said(Code.NO_DPS, DPS), request=SHARIA, dps=False),
    regular(
        "a Sharia contract, DPS not told", Said(Code.UNKNOWN_DPS, DPS), request=SHARIA, dps=None
    ),
    regular("a Kopdes without a list of members", member_list=False),
    regular(
        "a KSP without a list of members",
        Said(Code.NO_MEMBER_LIST, ON_LENT),
        kind=KSP,
        member_list=False,
    ),
    regular(
        "a KSP, the list of members not told",
        Said(Code.UNKNOWN_MEMBER_LIST, ON_LENT),
        kind=KSP,
        member_list=None,
    ),
]
REGULAR_LIMITS = [
    regular("working capital, the most", request=ask(10_000_000_000, tenor_months=60)),
    regular("investment, the most", request=invest(10_000_000_000, tenor_months=120)),
    regular(
        "a rupiah more",
        Said(Code.AMOUNT_ABOVE, CEILING, {"amount": 10_000_000_001, "max": 10_000_000_000}),
        request=ask(10_000_000_001),
    ),
    regular(
        "working capital, a month longer",
        Said(Code.TENOR_ABOVE, TENOR, {"tenor": 61, "max": 60}),
        request=ask(tenor_months=61),
    ),
    regular(
        "investment, a month longer",
        Said(Code.TENOR_ABOVE, TENOR, {"tenor": 121, "max": 120}),
        request=invest(10**8, tenor_months=121),
    ),
]
MOCKUP = [
    mockup("complete, the most for the longest", request=invest(3_000_000_000, tenor_months=120)),
    mockup("no annual meeting yet", rats=()),
    mockup("a Kelurahan Merah Putih", kind=CooperativeKind.KELKOPDES),
    mockup(
        "a savings and loan cooperative",
        Said(Code.COOPERATIVE_KIND, SELECTED, {"kind": KSP, "kinds": "kelkopdes, kopdes"}),
        kind=KSP,
    ),
    mockup("kind not told", Said(Code.UNKNOWN_COOPERATIVE_KIND, SELECTED), kind=None),
    mockup("no legal entity", Said(Code.NO_LEGAL_ENTITY, PAPERS), legal_entity_no=None),
    mockup("no NIK koperasi", Said(Code.NO_COOP_REGISTRY_NO, PAPERS), coop_registry_no=None),
    mockup("not selected", Said(Code.NOT_SELECTED, SELECTED), mockup_selected=False),
    mockup("selection not told", Said(Code.UNKNOWN_SELECTED, SELECTED), mockup_selected=None),
    mockup("for working capital", Said(Code.INVESTMENT_ONLY, PURPOSE), request=ask(10**8)),
    mockup("officers with collectibility 4", officers_collectibility=4),
    mockup(
        "officers with collectibility 5",
        Said(Code.OFFICERS_MACET, INTEGRITY, {"collectibility": 5}),
        officers_collectibility=5,
    ),
    mockup(
        "collectibility of the officers not told",
        Said(Code.UNKNOWN_OFFICERS_COLLECTIBILITY, INTEGRITY),
        officers_collectibility=None,
    ),
    mockup(
        "no personal guarantees",
        Said(Code.PERSONAL_GUARANTEES, AGUNAN),
        personal_guarantees=False,
    ),
    mockup(
        "personal guarantees not told",
        Said(Code.UNKNOWN_PERSONAL_GUARANTEES, AGUNAN),
        personal_guarantees=None,
    ),
    mockup("agunan worth the loan", agunan_value=100_000_000),
    mockup(
        "agunan a rupiah short",
        Said(Code.AGUNAN_VALUE, AGUNAN, {"value": 99_999_999, "amount": 100_000_000}),
        agunan_value=99_999_999,
    ),
    mockup("agunan not told", Said(Code.UNKNOWN_AGUNAN_VALUE, AGUNAN), agunan_value=None),
    mockup("no savings and loan unit", Said(Code.NO_USP, UNITS), usp=False),
    mockup("the unit not told", Said(Code.UNKNOWN_USP, UNITS), usp=None),
    mockup("no sembako", Said(Code.NO_SEMBAKO, UNITS), sembako=False),
    mockup("sembako not told", Said(Code.UNKNOWN_SEMBAKO, UNITS), sembako=None),
    mockup("no microsite", Said(Code.NO_MICROSITE, MICROSITE), microsite=False),
    mockup("microsite not told", Said(Code.UNKNOWN_MICROSITE, MICROSITE), microsite=None),
    mockup(
        "a rupiah more",
        Said(Code.AMOUNT_ABOVE, PLAFON, {"amount": 3_000_000_001, "max": 3_000_000_000}),
        request=invest(3_000_000_001),
    ),
    mockup(
        "a month longer",
        Said(Code.TENOR_ABOVE, TEN_YEARS, {"tenor": 121, "max": 120}),
        request=invest(10**8, tenor_months=121),
    ),
]

# product, article of its borrowers, that of its beginning, its first day
WINDOWS = [
    (lpdb.REGULAR, BORROWER, BORROWER, date(2021, 1, 1)),
    (lpdb.MOCKUP, FOR_KOPDES, SELECTED, date(2025, 6, 16)),
]
OTHERS = [
    Row(
        f"a {who.kind} {when}",
        product,
        who,
        invest(100_000_000),
        on,
        tuple(
            said
            for asked, said in (
                (who.kind != "cooperative", never),
                (on < since, Said(Code.NOT_IN_FORCE, beginning, {"since": since}, since)),
            )
            if asked
        ),
    )
    for product, borrowers, beginning, since in WINDOWS
    for never in (Said(Code.BORROWER_KIND, borrowers, {"kinds": "cooperative"}),)
    for who in (a_person(), a_group(1, 2), a_cooperative())
    for when, on in (("the day before", since - timedelta(days=1)), ("from its first day", since))
    if who.kind != "cooperative" or on < since
]


ROWS = [*PAPERS_AND_KIND, *STANDING, *OF_SOME_KINDS, *REGULAR_LIMITS, *MOCKUP, *OTHERS]


@pytest.mark.parametrize("row", ROWS, ids=situation)
def test_the_lpdb_line_by_line(row):
    check(row)


def test_the_lpdb_says_the_same_when_it_is_loaded_anew():
    again = anew(lpdb)
    for row in ROWS:
        terms = (again.LPDB_REGULAR.on(row.day), again.LPDB_MOCKUP.on(row.day))
        said = again.assess(row.applicant, row.request, *terms, on=row.day)
        hold(said[lpdb.CODES.index(row.product)], row)


def test_persons_products_are_not_for_cooperatives():
    for product in ("kur_super_mikro", "kur_mikro", "kur_kecil", "kur_khusus", "kur_pmi"):
        assert codes(product, a_cooperative(), ask()) == {Code.BORROWER_KIND}


def test_the_mockup_window_asks_three_percent_of_everybody():
    for kind in (KOPDES, KSP):
        said = assessed(lpdb.MOCKUP, a_cooperative(kind=kind), invest(100_000_000))
        assert (said.product, said.rate_bp) == (lpdb.MOCKUP, 300)


def test_bad_debt_of_the_mockup_goes_to_the_state_receivables_committee():
    said = assessed(lpdb.MOCKUP, a_cooperative(kind=KOPDES), invest(100_000_000))
    assert [note.code for note in said.notes] == [NoteCode.BAD_DEBT_TO_PUPN]


def test_a_savings_cooperative_pays_another_rate_and_both_are_unverified():
    for kind, rate_bp, words in ((KSP, 600, "savings and loan"), (KOPDES, 300, "real sector")):
        said = assessed(lpdb.REGULAR, a_cooperative(kind=kind), ask())
        assert (said.product, said.rate_bp) == (lpdb.REGULAR, rate_bp)
        (note,) = said.notes
        assert note.code is NoteCode.RATE_UNVERIFIED
        stands(note.source, f"PMK 127/PMK.05/2021, {words} (unverified)")


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
