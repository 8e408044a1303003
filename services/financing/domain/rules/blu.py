"""
The products assumed of the ministry's public service agency (BLU).

No such product has been found in any text; the only lending BLU of the ministry known is the LPDB
itself. Every number here is our assumption, says so, and carries a note that says so to readers.
"""

from dataclasses import dataclass
from datetime import date

from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    BorrowerKind,
    Code,
    Confidence,
    CooperativeFacts,
    CooperativeKind,
    LoanRequest,
    MembershipFacts,
    Note,
    NoteCode,
    Refusal,
    Source,
    Term,
    concluded,
)
from services.financing.domain.rules import capacity
from services.financing.domain.rules import cooperative as coop
from shared.timeline import FIRST_DAY, Timeline

INKUBASI, LINKAGE, UMI = "blu_inkubasi", "blu_linkage", "blu_umi"
CODES = (INKUBASI, LINKAGE, UMI)
SINCE = date(2026, 1, 1)


def _assumed(provision: str) -> Source:
    return Source("BLU, assumed terms", provision, SINCE, None, Confidence.ASSUMPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms:
    """The assumed numbers of one product: rupiah, basis points, months."""

    plafon_max: int
    rate_bp: int
    months_max: int
    grace_months_max: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The assumed products between two days; `umi_burden` in permille of net income."""

    code: str
    inkubasi: ProductTerms
    linkage: ProductTerms
    umi: ProductTerms
    umi_burden: Term[int]


# The banks' practice is reported of banks; that this product would follow it is assumed.
_BURDEN = Term(
    capacity.BURDEN_PERMILLE_MAX, _assumed("instalments at most 70 % of net income, as at banks")
)

BLU: Timeline[Terms | None] = Timeline(
    (date.min, None),
    (
        SINCE,
        Terms(
            code="BLU-ASSUMED-2026",
            inkubasi=ProductTerms(
                plafon_max=500_000_000,
                rate_bp=300,
                months_max=36,
                grace_months_max=6,
                source=_assumed("seed line after incubation"),
            ),
            linkage=ProductTerms(
                plafon_max=1_000_000_000,
                rate_bp=600,
                months_max=36,
                grace_months_max=0,
                source=_assumed("on-lending to members through the savings and loan unit"),
            ),
            umi=ProductTerms(
                plafon_max=20_000_000,
                rate_bp=600,
                months_max=24,
                grace_months_max=0,
                source=_assumed("ultra-micro line through a cooperative"),
            ),
            umi_burden=_BURDEN,
        ),
    ),
)

_NOTES = (
    Note(
        NoteCode.PRODUCT_ASSUMED,
        _assumed("no such product found in a text")._replace(since=FIRST_DAY),  # of whatever day
    ),
)
_NOTES_PLANNED = (*_NOTES, Note(NoteCode.INCOME_NOT_JUDGED, _BURDEN.source))
_INKUBASI_KINDS = frozenset({CooperativeKind.MIGRANT_WORKER})
_LINKAGE_KINDS = frozenset(CooperativeKind) - {CooperativeKind.SECONDARY}
_COOPERATIVES = _assumed("for cooperatives")
_PERSONS = _assumed("for persons")


def _other_kind(product: str, source: Source, kinds: str) -> Assessment:
    refusal = Refusal(Code.BORROWER_KIND, source, {"kinds": kinds})
    return concluded(product, [refusal], _NOTES, None)


_INKUBASI_FOR_OTHERS = _other_kind(INKUBASI, _COOPERATIVES, "cooperative")
_LINKAGE_FOR_OTHERS = _other_kind(LINKAGE, _COOPERATIVES, "cooperative")
_UMI_FOR_OTHERS = _other_kind(UMI, _PERSONS, "person")


def _not_yet(product: str, others: tuple[Refusal, ...]) -> Assessment:
    refusal = Refusal(Code.NOT_IN_FORCE, _PERSONS, {"since": SINCE}, SINCE)
    return concluded(product, [*others, refusal], _NOTES, None)


_FOR_OTHERS = (_INKUBASI_FOR_OTHERS, _LINKAGE_FOR_OTHERS, _UMI_FOR_OTHERS)
_NOT_YET = tuple(_not_yet(code, ()) for code in CODES)
_NEVER = tuple(_not_yet(said.product, said.refusals) for said in _FOR_OTHERS)


def assess(
    applicant: Applicant, request: LoanRequest, terms: Terms | None, *, on: date
) -> tuple[Assessment, ...]:
    """Return what each assumed product says of `request`, in the order of `CODES`."""
    if terms is None:
        return _before(applicant.kind)
    if applicant.kind is BorrowerKind.COOPERATIVE:
        return (
            _inkubasi(applicant.cooperative, request, terms.inkubasi, on),
            _linkage(applicant.cooperative, request, terms.linkage),
            _UMI_FOR_OTHERS,
        )
    if applicant.kind is BorrowerKind.PERSON:
        return (_INKUBASI_FOR_OTHERS, _LINKAGE_FOR_OTHERS, _umi(applicant, request, terms))
    return _FOR_OTHERS


def _before(kind: BorrowerKind) -> tuple[Assessment, ...]:
    """Say of each product that it does not exist yet, and whom it will not be for."""
    inkubasi, linkage, umi = _NOT_YET
    inkubasi_never, linkage_never, umi_never = _NEVER
    match kind:
        case BorrowerKind.COOPERATIVE:
            return (inkubasi, linkage, umi_never)
        case BorrowerKind.PERSON:
            return (inkubasi_never, linkage_never, umi)
        case BorrowerKind.GROUP:
            return _NEVER


def _inkubasi(
    cooperative: CooperativeFacts, request: LoanRequest, terms: ProductTerms, on: date
) -> Assessment:
    said: list[Refusal] = []
    source = terms.source
    coop.of_kind(said, cooperative, _INKUBASI_KINDS, source)
    if not cooperative.legal_entity_no:
        said.append(Refusal(Code.NO_LEGAL_ENTITY, source))
    if cooperative.rats is None:
        said.append(Refusal(Code.UNKNOWN_RATS, source))
    elif coop.meetings(cooperative.rats, cooperative.founded_on, on=on) is None:
        said.append(Refusal(Code.RAT_ENOUGH, source))
    if cooperative.incubated is not True:
        code = Code.UNKNOWN_INCUBATED if cooperative.incubated is None else Code.NOT_INCUBATED
        said.append(Refusal(code, source))
    _limits(said, request, terms)
    return concluded(INKUBASI, said, _NOTES, terms.rate_bp)


def _linkage(
    cooperative: CooperativeFacts, request: LoanRequest, terms: ProductTerms
) -> Assessment:
    said: list[Refusal] = []
    source = terms.source
    coop.of_kind(said, cooperative, _LINKAGE_KINDS, source)
    coop.registered(said, cooperative, source)
    if cooperative.usp is not True:
        said.append(Refusal(Code.UNKNOWN_USP if cooperative.usp is None else Code.NO_USP, source))
    if cooperative.member_list is not True:
        silent = cooperative.member_list is None
        code = Code.UNKNOWN_MEMBER_LIST if silent else Code.NO_MEMBER_LIST
        said.append(Refusal(code, source))
    if cooperative.arrears is not False:
        code = Code.UNKNOWN_ARREARS if cooperative.arrears is None else Code.ARREARS
        said.append(Refusal(code, source))
    _limits(said, request, terms)
    return concluded(LINKAGE, said, _NOTES, terms.rate_bp)


def _umi(applicant: Applicant, request: LoanRequest, edition: Terms) -> Assessment:
    terms = edition.umi
    said: list[Refusal] = []
    credit, business = applicant.credit, applicant.business
    _member(said, applicant.membership, terms.source)
    if credit.collectibility is None:
        said.append(Refusal(Code.UNKNOWN_COLLECTIBILITY, terms.source))
    elif credit.collectibility >= 3:
        numbers = {"collectibility": credit.collectibility}
        said.append(Refusal(Code.COLLECTIBILITY, terms.source, numbers))
    _limits(said, request, terms)
    said += capacity.judged(
        business,
        credit,
        most=edition.umi_burden,
        amount=request.amount,
        rate_bp=terms.rate_bp,
        months=request.tenor_months,
    )
    notes = _NOTES_PLANNED if business.planned else _NOTES
    return concluded(UMI, said, notes, terms.rate_bp)


def _member(said: list[Refusal], membership: MembershipFacts, source: Source) -> None:
    if membership.active is not True:
        silent = membership.active is None
        said.append(Refusal(Code.UNKNOWN_MEMBERSHIP if silent else Code.MEMBERSHIP, source))
        return
    if membership.usp is not True:
        silent = membership.usp is None
        said.append(
            Refusal(Code.UNKNOWN_MEMBERSHIP_USP if silent else Code.MEMBERSHIP_NO_USP, source)
        )
    if membership.simpanan_pokok_paid is not True:
        silent = membership.simpanan_pokok_paid is None
        said.append(
            Refusal(Code.UNKNOWN_SIMPANAN_POKOK if silent else Code.SIMPANAN_POKOK, source)
        )


def _limits(said: list[Refusal], request: LoanRequest, terms: ProductTerms) -> None:
    if request.amount > terms.plafon_max:
        numbers = {"amount": request.amount, "max": terms.plafon_max}
        said.append(Refusal(Code.AMOUNT_ABOVE, terms.source, numbers))
    if request.tenor_months > terms.months_max:
        numbers = {"tenor": request.tenor_months, "max": terms.months_max}
        said.append(Refusal(Code.TENOR_ABOVE, terms.source, numbers))
