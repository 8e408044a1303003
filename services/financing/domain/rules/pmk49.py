"""
The loan of PMK 49/2025 to Kopdes, which existed from July to November 2025 only.

It is kept so that a decision of those months can be explained; on any other day it refuses with
the days between which it was in force. The day of its formal revocation has not been seen.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    BorrowerKind,
    Code,
    Confidence,
    CooperativeFacts,
    CooperativeKind,
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

CODE, PMK = "pmk49", "PMK 49/2025"
SINCE, UNTIL = date(2025, 7, 21), date(2025, 11, 14)


def _source(
    provision: str, confidence: Confidence = Confidence.PRESS, *, at: tuple[str, ...] = ()
) -> Source:
    url = "https://jdih.kemenkeu.go.id/dok/pmk-49-tahun-2025"
    return Source(PMK, provision, SINCE, UNTIL, confidence, url, cited(PMK, *at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The numbers of PMK 49/2025: rupiah, months, basis points."""

    code: str
    plafon_max: Term[int]
    rate_bp: Term[int]
    months_max: Term[int]
    opex_max: Term[int]
    grace_months_min: Term[int]
    grace_months_max: Term[int]
    due_day: Term[int]
    claimed_within_workdays: Term[int]
    shu_village_permille: Term[int]


_GRACE = _source("tenor with six to eight months of grace")
_OPEX = _source("running costs at most Rp 500 million")
_APPROVAL = _source(
    "approval by the bupati or walikota, or by the kades after the village meeting"
)
_PROPOSAL = _source("business proposal")
_NOTES = (
    Note(
        NoteCode.SHORTFALL_COVERED,
        _source("Art. 11(2): dana desa, DAU or DBH cover a shortfall", at=("11(2)",)),
    ),
)
PMK49: Timeline[Terms | None] = Timeline(
    (date.min, None),
    (
        SINCE,
        Terms(
            code="KDMP-PMK49",
            plafon_max=Term(
                3_000_000_000, _source("plafon per cooperative, also of merged villages")
            ),
            rate_bp=Term(600, _source("Art. 5(1)b", at=("5(1)b",))),
            months_max=Term(72, _GRACE),
            opex_max=Term(500_000_000, _OPEX),
            grace_months_min=Term(6, _GRACE),
            grace_months_max=Term(8, _GRACE),
            due_day=Term(12, _source("instalments each month, due on the 12th")),
            claimed_within_workdays=Term(
                4, _source("the bank asks for a shortfall within four working days")
            ),
            shu_village_permille=Term(200, _source("a fifth of the SHU at least to the village")),
        ),
    ),
    (UNTIL + timedelta(days=1), None),
)

_IN_FORCE = _source("in force until declared void", Confidence.UNVERIFIED)
_BORROWER = _source("Kopdes and Kelurahan Merah Putih")
_PAPERS = _source("legal entity, registry number, account, NPWP, NIB")
_KINDS = frozenset({CooperativeKind.KOPDES, CooperativeKind.KELKOPDES})


_OTHER_KIND = Refusal(Code.BORROWER_KIND, _BORROWER, {"kinds": "cooperative"})


def _absent(waits: date | None, *others: Refusal) -> Assessment:
    numbers = {"since": SINCE, "until": UNTIL}
    return concluded(
        CODE, [*others, Refusal(Code.NOT_IN_FORCE, _IN_FORCE, numbers, waits)], (), None
    )


_NOT_YET, _NEVER_YET = _absent(SINCE), _absent(SINCE, _OTHER_KIND)
_OVER, _NEVER = _absent(None), _absent(None, _OTHER_KIND)


def assess(
    applicant: Applicant, request: LoanRequest, terms: Terms | None, *, day: date
) -> Assessment:
    """Return what PMK 49/2025 says of `request`; `day` is the akad's, which chose `terms`."""
    cooperative = applicant.kind is BorrowerKind.COOPERATIVE
    if terms is None:
        if day < SINCE:
            return _NOT_YET if cooperative else _NEVER_YET
        return _OVER if cooperative else _NEVER
    if not cooperative:
        return concluded(CODE, [_OTHER_KIND], (), terms.rate_bp.value)
    said: list[Refusal] = []
    coop.of_kind(said, applicant.cooperative, _KINDS, _BORROWER)
    _papers(said, applicant.cooperative)
    _plans(said, applicant.cooperative)
    _limits(said, request, terms)
    return concluded(CODE, said, _NOTES, terms.rate_bp.value)


def _papers(said: list[Refusal], cooperative: CooperativeFacts) -> None:
    coop.registered(said, cooperative, _PAPERS)
    if cooperative.npwp is not True:
        silent = cooperative.npwp is None
        code = Code.UNKNOWN_COOPERATIVE_NPWP if silent else Code.COOPERATIVE_NPWP
        said.append(Refusal(code, _PAPERS))
    if cooperative.nib is not True:
        silent = cooperative.nib is None
        code = Code.UNKNOWN_COOPERATIVE_NIB if silent else Code.COOPERATIVE_NIB
        said.append(Refusal(code, _PAPERS))
    if cooperative.bank_account is not True:
        silent = cooperative.bank_account is None
        code = Code.UNKNOWN_COOPERATIVE_ACCOUNT if silent else Code.COOPERATIVE_ACCOUNT
        said.append(Refusal(code, _PAPERS))


def _plans(said: list[Refusal], cooperative: CooperativeFacts) -> None:
    plan, approved = cooperative.business_plan, cooperative.head_approval
    coop.shown(said, Code.NO_BUSINESS_PLAN, Code.UNKNOWN_BUSINESS_PLAN, _PROPOSAL, has=plan)
    coop.shown(said, Code.NO_HEAD_APPROVAL, Code.UNKNOWN_HEAD_APPROVAL, _APPROVAL, has=approved)


def _opex(request: LoanRequest) -> int:
    if request.opex_part is not None:
        return request.opex_part
    return request.amount if request.purpose is Purpose.WORKING_CAPITAL else 0


def _limits(said: list[Refusal], request: LoanRequest, terms: Terms) -> None:
    if request.amount > terms.plafon_max.value:
        numbers = {"amount": request.amount, "max": terms.plafon_max.value}
        said.append(Refusal(Code.AMOUNT_ABOVE, terms.plafon_max.source, numbers))
    if _opex(request) > terms.opex_max.value:
        numbers = {"opex": _opex(request), "max": terms.opex_max.value}
        said.append(Refusal(Code.OPEX_ABOVE, terms.opex_max.source, numbers))
    if request.tenor_months > terms.months_max.value:
        numbers = {"tenor": request.tenor_months, "max": terms.months_max.value}
        said.append(Refusal(Code.TENOR_ABOVE, terms.months_max.source, numbers))
