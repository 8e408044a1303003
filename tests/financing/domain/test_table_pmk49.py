"""The loan of PMK 49/2025 line by line, on the days on which it existed."""

from datetime import date
from typing import Any

import pytest

from services.financing.domain.eligibility import (
    Code,
    CooperativeKind,
    LoanRequest,
    NoteCode,
)
from services.financing.domain.rules import pmk49
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    a_group,
    a_person,
    ask,
    assessed,
    invest,
)
from tests.financing.domain.table import Row, Said, anew, check, hold, situation

IN_PMK49 = date(2025, 9, 1)
SINCE, UNTIL = date(2025, 7, 21), date(2025, 11, 14)
KOPDES = CooperativeKind.KOPDES
BORROWER = "PMK 49/2025, Kopdes and Kelurahan Merah Putih"
PAPERS = "PMK 49/2025, legal entity, registry number, account, NPWP, NIB"
PROPOSAL = "PMK 49/2025, business proposal"
APPROVAL = "PMK 49/2025, approval by the bupati or walikota, or by the kades"
PLAFON = "PMK 49/2025, plafon per cooperative, also of merged villages"
OPEX = "PMK 49/2025, running costs at most Rp 500 million"
TENOR = "PMK 49/2025, tenor with six to eight months of grace"
VOID = "PMK 49/2025, in force until declared void (unverified)"


def kopdes(
    words: str,
    *reasons: Said,
    request: LoanRequest | None = None,
    on: date = IN_PMK49,
    **facts: Any,
) -> Row:
    """A row of a Kopdes that has everything but what `facts` change."""
    applicant = a_cooperative(**{"kind": KOPDES, **facts})
    return Row(words, pmk49.CODE, applicant, request or ask(100_000_000), on, reasons)


def absent(earliest: date | None = None) -> Said:
    """That it is not in force, and between which days it was."""
    return Said(Code.NOT_IN_FORCE, VOID, {"since": SINCE, "until": UNTIL}, earliest)


FOR_COOPERATIVES = Said(Code.BORROWER_KIND, BORROWER, {"kinds": "cooperative"})

DAYS = [
    kopdes("the day before", absent(SINCE), on=date(2025, 7, 20)),
    kopdes("its first day", on=date(2025, 7, 21)),
    kopdes("its last day", on=date(2025, 11, 14)),
    kopdes("the day after", absent(), on=date(2025, 11, 15)),
    kopdes("a year later", absent(), on=IN_2026),
]
OTHERS = [
    Row(
        f"{words} {when}",
        pmk49.CODE,
        applicant,
        ask(),
        on,
        (FOR_COOPERATIVES, *([] if on == IN_PMK49 else [absent(earliest)])),
    )
    for words, applicant in (("a person", a_person()), ("a group", a_group(1, 2)))
    for when, on, earliest in (
        ("before", date(2025, 7, 20), SINCE),
        ("while it existed", IN_PMK49, None),
        ("after", date(2025, 11, 15), None),
    )
]
FACTS = [
    kopdes("a Kelurahan Merah Putih", kind=CooperativeKind.KELKOPDES),
    kopdes("kind not told", Said(Code.UNKNOWN_COOPERATIVE_KIND, BORROWER), kind=None),
    kopdes(
        "a savings and loan cooperative",
        Said(
            Code.COOPERATIVE_KIND,
            BORROWER,
            {"kind": CooperativeKind.KSP, "kinds": "kelkopdes, kopdes"},
        ),
        kind=CooperativeKind.KSP,
    ),
    kopdes("no legal entity", Said(Code.NO_LEGAL_ENTITY, PAPERS), legal_entity_no=""),
    kopdes("no NIK koperasi", Said(Code.NO_COOP_REGISTRY_NO, PAPERS), coop_registry_no=None),
    kopdes("no NPWP", Said(Code.COOPERATIVE_NPWP, PAPERS), npwp=False),
    kopdes("NPWP not told", Said(Code.UNKNOWN_COOPERATIVE_NPWP, PAPERS), npwp=None),
    kopdes("no NIB", Said(Code.COOPERATIVE_NIB, PAPERS), nib=False),
    kopdes("NIB not told", Said(Code.UNKNOWN_COOPERATIVE_NIB, PAPERS), nib=None),
    kopdes("no account", Said(Code.COOPERATIVE_ACCOUNT, PAPERS), bank_account=False),
    kopdes("account not told", Said(Code.UNKNOWN_COOPERATIVE_ACCOUNT, PAPERS), bank_account=None),
    kopdes("no proposal", Said(Code.NO_BUSINESS_PLAN, PROPOSAL), business_plan=False),
    kopdes("proposal not told", Said(Code.UNKNOWN_BUSINESS_PLAN, PROPOSAL), business_plan=None),
    kopdes("no approval", Said(Code.NO_HEAD_APPROVAL, APPROVAL), head_approval=False),
    kopdes("approval not told", Said(Code.UNKNOWN_HEAD_APPROVAL, APPROVAL), head_approval=None),
]
LIMITS = [
    kopdes("the most, for the longest", request=invest(3_000_000_000, tenor_months=72)),
    kopdes(
        "a rupiah more",
        Said(Code.AMOUNT_ABOVE, PLAFON, {"amount": 3_000_000_001, "max": 3_000_000_000}),
        request=invest(3_000_000_001, tenor_months=72),
    ),
    kopdes(
        "a month longer",
        Said(Code.TENOR_ABOVE, TENOR, {"tenor": 73, "max": 72}),
        request=invest(3_000_000_000, tenor_months=73),
    ),
    kopdes("all for running costs, the most", request=ask(500_000_000)),
    kopdes(
        "all for running costs, a rupiah more",
        Said(Code.OPEX_ABOVE, OPEX, {"opex": 500_000_001, "max": 500_000_000}),
        request=ask(500_000_001),
    ),
    kopdes("part for running costs, the most", request=ask(3_000_000_000, opex_part=500_000_000)),
    kopdes(
        "part for running costs, a rupiah more",
        Said(Code.OPEX_ABOVE, OPEX, {"opex": 500_000_001, "max": 500_000_000}),
        request=ask(3_000_000_000, opex_part=500_000_001),
    ),
]


ROWS = [*DAYS, *OTHERS, *FACTS, *LIMITS]


@pytest.mark.parametrize("row", ROWS, ids=situation)
def test_pmk_49_line_by_line(row):
    check(row)


def test_pmk_49_says_the_same_when_it_is_loaded_anew():
    again = anew(pmk49)
    for row in ROWS:
        terms = again.PMK49.on(row.day)
        hold(again.assess(row.applicant, row.request, terms, day=row.day), row)


def test_the_loan_cost_six_percent_and_has_no_rate_when_it_is_not_in_force():
    for on, rate_bp in ((IN_PMK49, 600), (IN_2026, None), (date(2025, 7, 20), None)):
        for applicant in (a_cooperative(kind=KOPDES), a_person()):
            said = assessed(pmk49.CODE, applicant, invest(10**9), on=on)
            assert (said.product, said.rate_bp) == (pmk49.CODE, rate_bp)


def test_a_shortfall_under_pmk_49_was_covered_by_the_village_fund():
    said = assessed(pmk49.CODE, a_cooperative(kind=KOPDES), invest(10**9), on=IN_PMK49)
    (note,) = said.notes
    assert (note.code, note.source.articles[0][1:]) == (
        NoteCode.SHORTFALL_COVERED,
        ("11", "2", None),
    )
