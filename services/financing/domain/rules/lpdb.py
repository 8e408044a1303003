"""
The rules of the LPDB: the regular revolving fund, and the mock-up window of Permenkop 1/2025.

The LPDB lends to cooperatives only. Its ceilings, tenors and present rates have not been seen in
a text: they are marked `assumption` or `unverified`, and must not be told as law.
"""

from dataclasses import dataclass
from datetime import date

from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    BorrowerKind,
    Code,
    Confidence,
    ContractKind,
    CooperativeFacts,
    CooperativeKind,
    HealthGrade,
    LoanRequest,
    Note,
    NoteCode,
    Purpose,
    Refusal,
    Source,
    Term,
    cited,
    concluded,
)
from services.financing.domain.rules import cooperative as coop
from shared.timeline import Timeline

REGULAR, MOCKUP = "lpdb_regular", "lpdb_mockup"
CODES = (REGULAR, MOCKUP)

REGULAR_SINCE, MOCKUP_SINCE = date(2021, 1, 1), date(2025, 6, 16)
PERMENKOP_2016 = "Permenkop KUKM 10/2016"
PERMENKOP_2020 = "Permenkop UKM 4/2020"
PERMENKOP_2025 = "Permenkop 1/2025"


def _regular(provision: str, confidence: Confidence, regulation: str = PERMENKOP_2020) -> Source:
    return Source(regulation, provision, REGULAR_SINCE, None, confidence)


def _mockup(provision: str, *at: str) -> Source:
    # In force on the day of the first press report; the day of enactment has not been seen.
    articles = cited(PERMENKOP_2025, *at)
    return Source(
        PERMENKOP_2025, provision, MOCKUP_SINCE, None, Confidence.PRESS, articles=articles
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The numbers of one LPDB product: rupiah, months, basis points."""

    code: str
    plafon_max: Term[int]
    rate_bp: Term[int]
    rate_ksp_bp: Term[int]
    kmk_months_max: Term[int]
    ki_months_max: Term[int]
    analysis_days: Term[int] | None = None
    cooperatives: Term[int] | None = None


LPDB_REGULAR: Timeline[Terms | None] = Timeline(
    (date.min, None),
    (
        REGULAR_SINCE,
        Terms(
            code="LPDB-REGULAR",
            plafon_max=Term(10_000_000_000, _regular("ceiling not seen", Confidence.ASSUMPTION)),
            rate_bp=Term(
                300,
                _regular("real sector", Confidence.UNVERIFIED, "PMK 127/PMK.05/2021"),
            ),
            rate_ksp_bp=Term(
                600,
                _regular("savings and loan", Confidence.UNVERIFIED, "PMK 127/PMK.05/2021"),
            ),
            kmk_months_max=Term(60, _regular("tenor not seen", Confidence.ASSUMPTION)),
            ki_months_max=Term(120, _regular("tenor not seen", Confidence.ASSUMPTION)),
        ),
    ),
)

LPDB_MOCKUP: Timeline[Terms | None] = Timeline(
    (date.min, None),
    (
        MOCKUP_SINCE,
        Terms(
            code="LPDB-MOCKUP-2025",
            plafon_max=Term(
                3_000_000_000, _mockup("plafon per cooperative; one report says 5 billion")
            ),
            rate_bp=Term(300, _mockup("3 % a year")),
            rate_ksp_bp=Term(300, _mockup("3 % a year")),
            kmk_months_max=Term(120, _mockup("ten years with grace")),
            ki_months_max=Term(120, _mockup("ten years with grace")),
            analysis_days=Term(21, _mockup("analysis within 21 days")),
            cooperatives=Term(80, _mockup("80 mock-up cooperatives")),
        ),
    ),
)

_ALL_KINDS = frozenset(CooperativeKind)
_KOPDES = frozenset({CooperativeKind.KOPDES, CooperativeKind.KELKOPDES})
_UNHEALTHY = frozenset({HealthGrade.DALAM_PENGAWASAN, HealthGrade.DALAM_PENGAWASAN_KHUSUS})
_BORROWER = _regular("cooperatives only", Confidence.PRESS)
_MEETINGS = _regular("RAT of the last two years", Confidence.PRESS)
_SURPLUS = _regular("positive SHU in the last book year", Confidence.PRESS)
_PAPERS = _regular("legal entity, registered cooperative", Confidence.PRESS)
_CERTIFICATE = Source(
    PERMENKOP_2016,
    "Art. 16, 17, 18: certificate of active cooperatives, two consecutive RAT, one year",
    date(2016, 1, 1),
    None,
    Confidence.PRESS,
    articles=cited(PERMENKOP_2016, "16", "17", "18"),
)
_CURRENT = _regular("no arrears", Confidence.PRESS)
_OFFICERS = _regular("clean SLIK of the pengurus", Confidence.ASSUMPTION)
_GUARANTEES = _regular("personal guarantees of the pengurus", Confidence.ASSUMPTION)
_HEALTH = Source("Permenkop 9/2020", "health grade", date(2020, 1, 1), None, Confidence.ASSUMPTION)
_BORROWER_MOCKUP = _mockup("for Kopdes of the mock-up")
_SELECTED = _mockup("selected and proposed by the bupati or walikota")
_INTEGRITY = _mockup("pengurus and pengawas without macet credit")
_AGUNAN = _mockup("assets worth the loan, personal guarantees")
_UNITS = _mockup("Art. 5: savings and loan unit and sembako", "5")
_PURPOSE = _mockup("investment capital of the six gerai")
_NOTES_MOCKUP = (Note(NoteCode.BAD_DEBT_TO_PUPN, _mockup("bad debt is referred to the PUPN")),)
_OFFICE = _regular("operational office", Confidence.PRESS)
_PLANS = _regular("business plan, purpose and budget (RAB)", Confidence.ASSUMPTION)
_ON_LENT = _regular("use of funds by the list of members", Confidence.ASSUMPTION)
_DPS = _regular("Sharia contracts through KSPPS with a DPS", Confidence.UNVERIFIED)
_MICROSITE = Source(
    "SIMKOPDES", "microsite before financing", date(2025, 4, 21), None, Confidence.PRESS
)


def _for_others(product: str, source: Source) -> Assessment:
    refusal = Refusal(Code.BORROWER_KIND, source, {"kinds": "cooperative"})
    return concluded(product, [refusal], (), None)


def _not_yet(product: str, source: Source, *others: Refusal) -> Assessment:
    since = source.since
    refusal = Refusal(Code.NOT_IN_FORCE, source, {"since": since}, since)
    return concluded(product, [*others, refusal], (), None)


_REGULAR_FOR_OTHERS = _for_others(REGULAR, _BORROWER)
_MOCKUP_FOR_OTHERS = _for_others(MOCKUP, _BORROWER_MOCKUP)
_REGULAR_NOT_YET = _not_yet(REGULAR, _BORROWER)
_MOCKUP_NOT_YET = _not_yet(MOCKUP, _SELECTED)
_REGULAR_NEVER = _not_yet(REGULAR, _BORROWER, *_REGULAR_FOR_OTHERS.refusals)
_MOCKUP_NEVER = _not_yet(MOCKUP, _SELECTED, *_MOCKUP_FOR_OTHERS.refusals)


def assess(
    applicant: Applicant,
    request: LoanRequest,
    regular: Terms | None,
    mockup: Terms | None,
    *,
    on: date,
) -> tuple[Assessment, ...]:
    """Return what both LPDB products say of `request`, in the order of `CODES`."""
    if applicant.kind is not BorrowerKind.COOPERATIVE:
        return (
            _REGULAR_NEVER if regular is None else _REGULAR_FOR_OTHERS,
            _MOCKUP_NEVER if mockup is None else _MOCKUP_FOR_OTHERS,
        )
    return (
        _assess_regular(applicant.cooperative, request, regular, on),
        _assess_mockup(applicant.cooperative, request, mockup),
    )


def _assess_regular(
    cooperative: CooperativeFacts, request: LoanRequest, terms: Terms | None, on: date
) -> Assessment:
    if terms is None:
        return _REGULAR_NOT_YET
    said: list[Refusal] = []
    coop.of_kind(said, cooperative, _ALL_KINDS, _BORROWER)
    coop.registered(said, cooperative, _PAPERS)
    meetings = coop.two_meetings(cooperative, _MEETINGS, on=on)
    if meetings is not None:
        said.append(meetings)
    after = None if meetings is None else meetings.earliest
    coop.certificate(said, cooperative, _CERTIFICATE, on=on, after=after)
    coop.surplus(said, cooperative, _SURPLUS, on=on)
    _standing(said, cooperative)
    if cooperative.health_grade is None:
        said.append(Refusal(Code.UNKNOWN_HEALTH_GRADE, _HEALTH))
    elif cooperative.health_grade in _UNHEALTHY:
        said.append(Refusal(Code.HEALTH_GRADE, _HEALTH, {"grade": cooperative.health_grade}))
    _plans(said, cooperative, request)
    _limits(said, request, terms)
    rate = terms.rate_ksp_bp if cooperative.kind is CooperativeKind.KSP else terms.rate_bp
    return concluded(REGULAR, said, (Note(NoteCode.RATE_UNVERIFIED, rate.source),), rate.value)


def _assess_mockup(
    cooperative: CooperativeFacts, request: LoanRequest, terms: Terms | None
) -> Assessment:
    if terms is None:
        return _MOCKUP_NOT_YET
    said: list[Refusal] = []
    coop.of_kind(said, cooperative, _KOPDES, _SELECTED)
    coop.registered(said, cooperative, _PAPERS)
    if cooperative.mockup_selected is not True:
        silent = cooperative.mockup_selected is None
        said.append(Refusal(Code.UNKNOWN_SELECTED if silent else Code.NOT_SELECTED, _SELECTED))
    if request.purpose is not Purpose.INVESTMENT:
        said.append(Refusal(Code.INVESTMENT_ONLY, _PURPOSE))
    worst = cooperative.officers_collectibility
    if worst is None:
        said.append(Refusal(Code.UNKNOWN_OFFICERS_COLLECTIBILITY, _INTEGRITY))
    elif worst >= 5:
        said.append(Refusal(Code.OFFICERS_MACET, _INTEGRITY, {"collectibility": worst}))
    _guarantees(said, cooperative, _AGUNAN)
    value = cooperative.agunan_value
    if value is None:
        said.append(Refusal(Code.UNKNOWN_AGUNAN_VALUE, _AGUNAN))
    elif value < request.amount:
        numbers = {"value": value, "amount": request.amount}
        said.append(Refusal(Code.AGUNAN_VALUE, _AGUNAN, numbers))
    _units(said, cooperative)
    _limits(said, request, terms)
    return concluded(MOCKUP, said, _NOTES_MOCKUP, terms.rate_bp.value)


def _plans(said: list[Refusal], cooperative: CooperativeFacts, request: LoanRequest) -> None:
    """Ask for the office and the plans, and for what some kinds of cooperative need besides."""
    coop.shown(said, Code.NO_OFFICE, Code.UNKNOWN_OFFICE, _OFFICE, has=cooperative.office)
    plan, budget = cooperative.business_plan, cooperative.budget
    coop.shown(said, Code.NO_BUSINESS_PLAN, Code.UNKNOWN_BUSINESS_PLAN, _PLANS, has=plan)
    coop.shown(said, Code.NO_BUDGET, Code.UNKNOWN_BUDGET, _PLANS, has=budget)
    if cooperative.kind is CooperativeKind.KSP:
        listed = cooperative.member_list
        coop.shown(said, Code.NO_MEMBER_LIST, Code.UNKNOWN_MEMBER_LIST, _ON_LENT, has=listed)
    if request.contract_kind is ContractKind.SHARIA:
        coop.shown(said, Code.NO_DPS, Code.UNKNOWN_DPS, _DPS, has=cooperative.dps)


def _standing(said: list[Refusal], cooperative: CooperativeFacts) -> None:
    if cooperative.arrears is not False:
        code = Code.UNKNOWN_ARREARS if cooperative.arrears is None else Code.ARREARS
        said.append(Refusal(code, _CURRENT))
    worst = cooperative.officers_collectibility
    if worst is None:
        said.append(Refusal(Code.UNKNOWN_OFFICERS_COLLECTIBILITY, _OFFICERS))
    elif worst >= 3:
        said.append(Refusal(Code.OFFICERS_COLLECTIBILITY, _OFFICERS, {"collectibility": worst}))
    _guarantees(said, cooperative, _GUARANTEES)


def _guarantees(said: list[Refusal], cooperative: CooperativeFacts, source: Source) -> None:
    given = cooperative.personal_guarantees
    if given is not True:
        silent = given is None
        code = Code.UNKNOWN_PERSONAL_GUARANTEES if silent else Code.PERSONAL_GUARANTEES
        said.append(Refusal(code, source))


def _units(said: list[Refusal], cooperative: CooperativeFacts) -> None:
    if cooperative.usp is not True:
        said.append(Refusal(Code.UNKNOWN_USP if cooperative.usp is None else Code.NO_USP, _UNITS))
    if cooperative.sembako is not True:
        code = Code.UNKNOWN_SEMBAKO if cooperative.sembako is None else Code.NO_SEMBAKO
        said.append(Refusal(code, _UNITS))
    if cooperative.microsite is not True:
        code = Code.UNKNOWN_MICROSITE if cooperative.microsite is None else Code.NO_MICROSITE
        said.append(Refusal(code, _MICROSITE))


def _limits(said: list[Refusal], request: LoanRequest, terms: Terms) -> None:
    most = terms.plafon_max
    if request.amount > most.value:
        numbers = {"amount": request.amount, "max": most.value}
        said.append(Refusal(Code.AMOUNT_ABOVE, most.source, numbers))
    investment = request.purpose is Purpose.INVESTMENT
    longest = terms.ki_months_max if investment else terms.kmk_months_max
    if request.tenor_months > longest.value:
        numbers = {"tenor": request.tenor_months, "max": longest.value}
        said.append(Refusal(Code.TENOR_ABOVE, longest.source, numbers))
