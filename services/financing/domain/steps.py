"""What a refused applicant can do: each act, its cost in the stated order, what it changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from services.financing.domain.eligibility import (
    Applicant,
    Code,
    GroupFacts,
    LoanRequest,
    Value,
)


class Kind(StrEnum):
    """What a step asks of the applicant."""

    TELL = "tell"
    ASK = "ask"
    DO = "do"
    SETTLE = "settle"
    WAIT = "wait"


class Act(StrEnum):
    """One thing that an applicant can do."""

    TELL = "tell"
    ASK_LONGER = "ask_longer"
    ASK_SHORTER = "ask_shorter"
    ASK_LESS = "ask_less"
    ASK_INVESTMENT = "ask_investment"
    ASK_LESS_OPEX = "ask_less_opex"
    ASK_WITHOUT_MEMBERS = "ask_without_members"
    SHARE_EVENLY = "share_evenly"
    START_BUSINESS = "start_business"
    MENTORING_OR_TRAINING = "mentoring_or_training"
    GET_LICENCE = "get_licence"
    GET_NPWP = "get_npwp"
    JOIN_BPJS = "join_bpjs"
    GET_PARENTS_PERMISSION = "get_parents_permission"
    REGISTER_SISKOP2MI = "register_siskop2mi"
    JOIN_GROUP = "join_group"
    FIND_MEMBER = "find_member"
    FIND_OFFTAKER = "find_offtaker"
    SIGN_PKS = "sign_pks"
    GET_VALIDATED = "get_validated"
    REGISTER_SIKP = "register_sikp"
    RECOMMEND_BEGINNERS = "recommend_beginners"
    GET_MEMBERS_PAPERS = "get_members_papers"
    JOIN_COOPERATIVE = "join_cooperative"
    JOIN_COOPERATIVE_WITH_USP = "join_cooperative_with_usp"
    PAY_SIMPANAN_POKOK = "pay_simpanan_pokok"
    GET_LEGAL_ENTITY = "get_legal_entity"
    GET_COOP_REGISTRY_NO = "get_coop_registry_no"
    GET_CERTIFICATE = "get_certificate"
    RENEW_CERTIFICATE = "renew_certificate"
    HOLD_RAT = "hold_rat"
    CLOSE_YEAR_WITH_SHU = "close_year_with_shu"
    GIVE_GUARANTEES = "give_guarantees"
    MORE_AGUNAN = "more_agunan"
    GET_SELECTED = "get_selected"
    OPEN_USP = "open_usp"
    OPEN_SEMBAKO = "open_sembako"
    OPEN_MICROSITE = "open_microsite"
    LIST_MEMBERS = "list_members"
    FINISH_INCUBATION = "finish_incubation"
    OPEN_OFFICE = "open_office"
    WRITE_BUSINESS_PLAN = "write_business_plan"
    WRITE_BUDGET = "write_budget"
    APPOINT_DPS = "appoint_dps"
    GET_HEAD_APPROVAL = "get_head_approval"
    IMPROVE_HEALTH = "improve_health"
    COOPERATIVE_NPWP = "cooperative_npwp"
    COOPERATIVE_NIB = "cooperative_nib"
    OPEN_ACCOUNT = "open_account"
    SETTLE_CREDIT = "settle_credit"
    LEAVE_DHN = "leave_dhn"
    SETTLE_PROGRAMME = "settle_programme"
    SETTLE_MIKRO = "settle_mikro"
    SETTLE_INSTALMENTS = "settle_instalments"
    SETTLE_MEMBERS = "settle_members"
    SETTLE_ARREARS = "settle_arrears"
    SETTLE_OFFICERS = "settle_officers"
    WAIT = "wait"


KINDS: Mapping[Act, Kind] = {
    **{act: Kind(act.partition("_")[0]) for act in Act if act.partition("_")[0] in set(Kind)},
    Act.LEAVE_DHN: Kind.SETTLE,
}
"""The kind of each act that its name does not make `Kind.DO`."""

WEIGHTS: Mapping[Kind, int] = {Kind.TELL: 1, Kind.ASK: 2, Kind.DO: 3, Kind.WAIT: 5, Kind.SETTLE: 6}
"""The stated order of cost: to tell what is not known yet costs least, to pay a debt off most."""

LESS = 4
"""Asking for less costs more than asking for other months: the applicant gets less.

So does asking without a member, for each one that is left out.
"""

LOAN_MIN = 1_000_000
"""Rupiah. Nobody is told to ask for less than this: our assumption of what is worth an akad."""

BY_REASON = frozenset({Act.TELL, Act.SETTLE_MEMBERS, Act.GET_MEMBERS_PAPERS})
"""Acts that can be taken several times, each for another reason."""

Change = tuple[str, Any]
"""The path of a fact or of a part of the request, such as `business.npwp`, and its new value."""


def number(numbers: Mapping[str, Value], name: str) -> int:
    """Return a number of a sentence. Raises TypeError where it is a word or a day."""
    value = numbers[name]
    if not isinstance(value, int):
        msg = f"{name} is no number"
        raise TypeError(msg)
    return value


def first_month(carried: Callable[[int], bool], low: int, high: int) -> int | None:
    """Return the first of these months over which a loan is carried; longer ones carry it too."""
    if low > high or not carried(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if carried(middle) else (middle + 1, high)
    return low


class Remedy(NamedTuple):
    """One act that answers a reason, what it changes, and the first day on which it can be done.

    `answers` is the reason, of an act of telling it says what has to be told; a wait at the end of
    all steps answers no single one.
    """

    act: Act
    answers: Code | None
    changes: tuple[Change, ...] = ()
    numbers: Mapping[str, Value] = {}
    earliest: date | None = None

    @property
    def kind(self) -> Kind:
        """Return what the act asks of the applicant."""
        return KINDS.get(self.act, Kind.DO)

    @property
    def weight(self) -> int:
        """Return what the act costs in the stated order."""
        if self.act is Act.ASK_WITHOUT_MEMBERS:
            return LESS * number(self.numbers, "count")
        return LESS if self.act is Act.ASK_LESS else WEIGHTS[self.kind]


Way = tuple[Remedy, ...]
"""Acts that answer a reason together."""


class Situation(NamedTuple):
    """
    Who asks what of a product on which day.

    `months_max` is its longest tenor, `npwp_above` the amount above which it wants an NPWP.
    """

    product: str
    today: date
    applicant: Applicant
    request: LoanRequest
    day: date
    rate_bp: int | None
    months_max: int
    npwp_above: int | None


def changed(
    applicant: Applicant, request: LoanRequest, changes: Sequence[Change]
) -> tuple[Applicant, LoanRequest]:
    """Return applicant and request with the changes made; no path is in them twice."""
    parts: dict[str, dict[str, Any]] = {}
    for path, value in changes:
        part, field = path.split(".")
        parts.setdefault(part, {})[field] = value
    asked = parts.pop("request", None)
    each_member = parts.pop("each_member", None)
    if parts:
        made = {
            part: _with(getattr(applicant, part) or _NOTHING_TOLD[part], fields)
            for part, fields in parts.items()
        }
        applicant = replace(applicant, **made)
    if each_member:
        applicant = _with_members(applicant, each_member)
    return applicant, replace(request, **asked) if asked else request


def _with_members(applicant: Applicant, columns: Mapping[str, Sequence[Any]]) -> Applicant:
    """Return a group whose members have a fact each."""
    group = applicant.group
    if group is None or not columns:
        return applicant
    members = [*(group.members or ())]
    for name, values in columns.items():
        # Who joins later brings values of their own.
        for place, value in enumerate(values[: len(members)]):
            members[place] = members[place]._replace(**{name: value})
    return replace(applicant, group=replace(group, members=tuple(members)))


_NOTHING_TOLD: Mapping[str, Any] = {"group": GroupFacts()}


def _with(part: Any, fields: Mapping[str, Any]) -> Any:
    whole = fields.get("", part)
    rest = {name: value for name, value in fields.items() if name}
    return replace(whole, **rest)
