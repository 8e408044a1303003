"""
What can be changed about a no: for each reason, the changes that answer it.

A change sets facts or the request to another value. What a person cannot change is not here: age
backwards, the past, citizenship; nor what we do not advise: leaving a post, going abroad again,
asking for more. A reason without an entry is therefore one that nothing but time removes, if that.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from services.financing.domain.duration import add_months
from services.financing.domain.eligibility import (
    Code,
    CooperativeKind,
    GroupFacts,
    HealthGrade,
    KurReceived,
    Purpose,
    Rat,
    Refusal,
    Shu,
)
from services.financing.domain.member_remedies import ANSWERED, hoped_members, member_ways
from services.financing.domain.rules import blu, kur, lpdb, pmk49
from services.financing.domain.rules.cooperative import meetings
from services.financing.domain.schedule import affordable
from services.financing.domain.steps import (
    LOAN_MIN,
    Act,
    Change,
    Remedy,
    Situation,
    Way,
    first_month,
    number,
)
from shared.money import Rupiah

Find = Callable[[Situation, Refusal], Sequence[Remedy]]


def remedies(situation: Situation, refusal: Refusal) -> tuple[Way, ...]:
    """Return every way to answer a refusal in this situation, each of one act or of two."""
    find = _FIND.get(refusal.code)
    ways: list[Way] = [] if find is None else [(act,) for act in find(situation, refusal)]
    if refusal.code in _CAPACITY:
        ways += _less_and_longer(situation, refusal)
    ways.extend(member_ways(situation, refusal))
    if refusal.earliest is not None and refusal.code not in _WAITS_ARE_ACTS:
        ways.append((Remedy(Act.WAIT, refusal.code, earliest=refusal.earliest),))
    return tuple(ways)


# Facts that nobody has told: an answer in the applicant's favour is what the step hopes for.
_HOPED: Mapping[Code, Change] = {
    Code.UNKNOWN_CITIZEN: ("person.citizen", True),
    Code.UNKNOWN_MARRIED: ("person.married", True),
    Code.UNKNOWN_STATE_EMPLOYEE: ("person.state_employee", False),
    Code.UNKNOWN_PARENTS_PERMISSION: ("placement.parents_permission", True),
    Code.UNKNOWN_COLLECTIBILITY: ("credit.collectibility", 1),
    Code.UNKNOWN_DHN: ("credit.dhn_listed", False),
    Code.UNKNOWN_PROGRAMME_CREDIT: ("credit.programme_unpaid", False),
    Code.UNKNOWN_COMMERCIAL_CREDIT: ("credit.commercial_before", False),
    Code.UNKNOWN_KUR_RECEIVED: ("credit.kur_received", KurReceived()),
    Code.UNKNOWN_MIKRO_OUTSTANDING: ("credit.mikro_outstanding", Rupiah(0)),
    Code.UNKNOWN_KUR_OUTSTANDING: ("credit.kur_outstanding", Rupiah(0)),
    Code.UNKNOWN_KUR_LENDER: ("credit.kur_lender", "to be told"),
    Code.UNKNOWN_PRODUCTION: ("business.production", True),
    Code.UNKNOWN_BPJS_TK: ("business.bpjs_tk", True),
    Code.UNKNOWN_TURNOVER: ("business.turnover_year", Rupiah(0)),
    Code.UNKNOWN_INSTALMENTS: ("credit.instalments_month", Rupiah(0)),
    Code.UNKNOWN_GROUP_OFFTAKER: ("group.offtaker", True),
    Code.UNKNOWN_GROUP_PKS: ("group.pks", True),
    Code.UNKNOWN_GROUP_VALIDATION: ("group.validated", True),
    Code.UNKNOWN_GROUP_SIKP: ("group.in_sikp", True),
    Code.UNKNOWN_MEMBERSHIP: ("membership.active", True),
    Code.UNKNOWN_MEMBERSHIP_USP: ("membership.usp", True),
    Code.UNKNOWN_SIMPANAN_POKOK: ("membership.simpanan_pokok_paid", True),
    Code.UNKNOWN_ARREARS: ("cooperative.arrears", False),
    Code.UNKNOWN_OFFICERS_COLLECTIBILITY: ("cooperative.officers_collectibility", 1),
    Code.UNKNOWN_PERSONAL_GUARANTEES: ("cooperative.personal_guarantees", True),
    Code.UNKNOWN_SELECTED: ("cooperative.mockup_selected", True),
    Code.UNKNOWN_USP: ("cooperative.usp", True),
    Code.UNKNOWN_SEMBAKO: ("cooperative.sembako", True),
    Code.UNKNOWN_MICROSITE: ("cooperative.microsite", True),
    Code.UNKNOWN_MEMBER_LIST: ("cooperative.member_list", True),
    Code.UNKNOWN_INCUBATED: ("cooperative.incubated", True),
    Code.UNKNOWN_OFFICE: ("cooperative.office", True),
    Code.UNKNOWN_BUSINESS_PLAN: ("cooperative.business_plan", True),
    Code.UNKNOWN_BUDGET: ("cooperative.budget", True),
    Code.UNKNOWN_DPS: ("cooperative.dps", True),
    Code.UNKNOWN_HEAD_APPROVAL: ("cooperative.head_approval", True),
    Code.UNKNOWN_HEALTH_GRADE: ("cooperative.health_grade", HealthGrade.CUKUP_SEHAT),
    Code.UNKNOWN_COOPERATIVE_NPWP: ("cooperative.npwp", True),
    Code.UNKNOWN_COOPERATIVE_NIB: ("cooperative.nib", True),
    Code.UNKNOWN_COOPERATIVE_ACCOUNT: ("cooperative.bank_account", True),
}

# What one act sets right, whatever the numbers are.
_DONE: Mapping[Code, tuple[Act, Change]] = {
    Code.PARENTS_PERMISSION: (Act.GET_PARENTS_PERMISSION, ("placement.parents_permission", True)),
    Code.COLLECTIBILITY: (Act.SETTLE_CREDIT, ("credit.collectibility", 1)),
    Code.CREDIT_NOT_CURRENT: (Act.SETTLE_CREDIT, ("credit.collectibility", 1)),
    Code.DHN_LISTED: (Act.LEAVE_DHN, ("credit.dhn_listed", False)),
    Code.BUSINESS_LICENCE: (Act.GET_LICENCE, ("business.sku", True)),
    Code.BPJS_TK: (Act.JOIN_BPJS, ("business.bpjs_tk", True)),
    Code.NOT_IN_SISKOP2MI: (Act.REGISTER_SISKOP2MI, ("placement.siskop2mi", True)),
    Code.GROUP_OFFTAKER: (Act.FIND_OFFTAKER, ("group.offtaker", True)),
    Code.GROUP_PKS: (Act.SIGN_PKS, ("group.pks", True)),
    Code.GROUP_VALIDATION: (Act.GET_VALIDATED, ("group.validated", True)),
    Code.GROUP_SIKP: (Act.REGISTER_SIKP, ("group.in_sikp", True)),
    Code.MEMBERSHIP_NO_USP: (Act.JOIN_COOPERATIVE_WITH_USP, ("membership.usp", True)),
    Code.SIMPANAN_POKOK: (Act.PAY_SIMPANAN_POKOK, ("membership.simpanan_pokok_paid", True)),
    Code.NO_LEGAL_ENTITY: (Act.GET_LEGAL_ENTITY, ("cooperative.legal_entity_no", "to come")),
    Code.NO_COOP_REGISTRY_NO: (
        Act.GET_COOP_REGISTRY_NO,
        ("cooperative.coop_registry_no", "to come"),
    ),
    Code.ARREARS: (Act.SETTLE_ARREARS, ("cooperative.arrears", False)),
    Code.OFFICERS_COLLECTIBILITY: (
        Act.SETTLE_OFFICERS,
        ("cooperative.officers_collectibility", 1),
    ),
    Code.OFFICERS_MACET: (Act.SETTLE_OFFICERS, ("cooperative.officers_collectibility", 1)),
    Code.PERSONAL_GUARANTEES: (Act.GIVE_GUARANTEES, ("cooperative.personal_guarantees", True)),
    Code.INVESTMENT_ONLY: (Act.ASK_INVESTMENT, ("request.purpose", Purpose.INVESTMENT)),
    Code.NOT_SELECTED: (Act.GET_SELECTED, ("cooperative.mockup_selected", True)),
    Code.NO_USP: (Act.OPEN_USP, ("cooperative.usp", True)),
    Code.NO_SEMBAKO: (Act.OPEN_SEMBAKO, ("cooperative.sembako", True)),
    Code.NO_MICROSITE: (Act.OPEN_MICROSITE, ("cooperative.microsite", True)),
    Code.NO_MEMBER_LIST: (Act.LIST_MEMBERS, ("cooperative.member_list", True)),
    Code.NO_OFFICE: (Act.OPEN_OFFICE, ("cooperative.office", True)),
    Code.NO_BUSINESS_PLAN: (Act.WRITE_BUSINESS_PLAN, ("cooperative.business_plan", True)),
    Code.NO_BUDGET: (Act.WRITE_BUDGET, ("cooperative.budget", True)),
    Code.NO_DPS: (Act.APPOINT_DPS, ("cooperative.dps", True)),
    Code.NO_HEAD_APPROVAL: (Act.GET_HEAD_APPROVAL, ("cooperative.head_approval", True)),
    Code.NOT_INCUBATED: (Act.FINISH_INCUBATION, ("cooperative.incubated", True)),
    Code.HEALTH_GRADE: (
        Act.IMPROVE_HEALTH,
        ("cooperative.health_grade", HealthGrade.CUKUP_SEHAT),
    ),
    Code.COOPERATIVE_NPWP: (Act.COOPERATIVE_NPWP, ("cooperative.npwp", True)),
    Code.COOPERATIVE_NIB: (Act.COOPERATIVE_NIB, ("cooperative.nib", True)),
    Code.COOPERATIVE_ACCOUNT: (Act.OPEN_ACCOUNT, ("cooperative.bank_account", True)),
}
_GROUP = GroupFacts(offtaker=True, pks=True, validated=True, in_sikp=True)
_RICH = Rupiah(10**12)
_KINDS_OF: Mapping[str, CooperativeKind] = {
    lpdb.MOCKUP: CooperativeKind.KOPDES,
    pmk49.CODE: CooperativeKind.KOPDES,
    blu.INKUBASI: CooperativeKind.MIGRANT_WORKER,
}
_WAITS_ARE_ACTS = frozenset({Code.RAT_MISSING, Code.NO_CERTIFICATE, Code.SHU, Code.UNKNOWN_SHU})
"""Here the day is when the act becomes possible: letting time pass alone does not help."""


def _told(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    changes = (_HOPED[refusal.code],)
    return (Remedy(Act.TELL, refusal.code, changes, refusal.numbers),)


def _done(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    act, change = _DONE[refusal.code]
    return (Remedy(act, refusal.code, (change,), refusal.numbers),)


def _supposed(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    path, value = _SUPPOSED[refusal.code]
    changes = ((path, value(situation)),)
    return (Remedy(Act.TELL, refusal.code, changes, refusal.numbers),)


def _either(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    """One of several facts is enough: hope for the first that has not been told."""
    part, fields = _EITHER[refusal.code]
    facts = getattr(situation.applicant, part)
    untold = next(field for field in fields if getattr(facts, field) is None)
    return (Remedy(Act.TELL, refusal.code, ((f"{part}.{untold}", True),)),)


def _npwp(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    act = Act.GET_NPWP if refusal.code is Code.NPWP else Act.TELL
    have = Remedy(act, refusal.code, (("business.npwp", True),), refusal.numbers)
    return (have, *_less(situation, refusal.code, number(refusal.numbers, "above")))


def _less(situation: Situation, code: Code, amount: int) -> Sequence[Remedy]:
    """Ask for less."""
    if not LOAN_MIN <= amount < situation.request.amount:
        return ()
    changes: tuple[Change, ...] = (("request.amount", Rupiah(amount)),)
    return (Remedy(Act.ASK_LESS, code, changes, {"amount": amount}),)


def _plafon(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    return _less(situation, refusal.code, number(refusal.numbers, "max"))


def _tenor(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    months = number(refusal.numbers, "max")
    changes = (("request.tenor_months", months),)
    return (Remedy(Act.ASK_SHORTER, refusal.code, changes, {"tenor": months}),)


def _start(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    changes = (("business.planned", False), ("business.started_on", situation.day))
    start = Remedy(Act.START_BUSINESS, refusal.code, changes)
    # KUR super mikro takes evidence in the place of a business that has run for a while.
    instead = _evidence(situation, refusal) if situation.product == kur.SUPER_MIKRO else ()
    return (start, *instead)


def _evidence(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    changes = (("person.mentored", True),)
    return (Remedy(Act.MENTORING_OR_TRAINING, refusal.code, changes),)


def _programme(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    changes = (("credit.programme_unpaid", False), ("credit.paid_off_on", situation.day))
    return (Remedy(Act.SETTLE_PROGRAMME, refusal.code, changes),)


def _mikro(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    room = number(refusal.numbers, "max") - number(refusal.numbers, "outstanding")
    paid: tuple[Change, ...] = (("credit.mikro_outstanding", Rupiah(0)),)
    settle = Remedy(Act.SETTLE_MIKRO, refusal.code, paid, refusal.numbers)
    return (*_less(situation, refusal.code, room), settle)


class _Burden(NamedTuple):
    """Rupiah a month: the loan's instalment, the others, and the room for all of them."""

    due: int
    others: int
    room: int


def _burden(refusal: Refusal) -> _Burden:
    income, percent = number(refusal.numbers, "income"), number(refusal.numbers, "percent")
    due, others = number(refusal.numbers, "instalment"), number(refusal.numbers, "others")
    return _Burden(due, others, income * percent // 100)


def _capacity(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    """Pay over more months, ask for less, or settle some of the other instalments."""
    burden, months = _burden(refusal), situation.request.tenor_months
    carries, found = _carrying(situation, burden), list[Remedy]()
    longer = _first_month(carries, situation)
    if longer is not None:
        found.append(_longer(refusal.code, longer))
    found += _less(situation, refusal.code, carries(months))
    if burden.others > 0:
        left = Rupiah(max(0, burden.room - burden.due))
        changes = (("credit.instalments_month", left),)
        numbers = {"others": burden.others, "left": left}
        found.append(Remedy(Act.SETTLE_INSTALMENTS, refusal.code, changes, numbers))
    return found


def _less_and_longer(situation: Situation, refusal: Refusal) -> list[Way]:
    """Ask for less over the longest tenor, where that alone is not enough."""
    longest, carries = situation.months_max, _carrying(situation, _burden(refusal))
    if situation.request.tenor_months >= longest:
        return []
    longer = _longer(refusal.code, longest)
    return [(less, longer) for less in _less(situation, refusal.code, carries(longest))]


def _longer(code: Code, months: int) -> Remedy:
    return Remedy(Act.ASK_LONGER, code, (("request.tenor_months", months),), {"tenor": months})


def _carrying(situation: Situation, burden: _Burden) -> Callable[[int], int]:
    """Return the plafon that the income carries over some months; nothing at an unknown rate."""
    rate_bp, room = situation.rate_bp, burden.room - burden.others
    if rate_bp is None:
        return lambda _: 0
    return lambda months: affordable(room, rate_bp=rate_bp, months=months)


def _first_month(carries: Callable[[int], int], situation: Situation) -> int | None:
    """Return the shortest tenor over which the amount asked can be carried."""
    amount, now = situation.request.amount, situation.request.tenor_months
    return first_month(lambda months: carries(months) >= amount, now, situation.months_max)


def _join(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    changes = (("membership.active", True), ("membership.usp", True))
    return (Remedy(Act.JOIN_COOPERATIVE, refusal.code, changes),)


def _join_group(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    return (Remedy(Act.JOIN_GROUP, refusal.code, (("group.", _GROUP),)),)


def _certificate(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    day = max(situation.day, refusal.earliest or situation.day)
    act = Act.GET_CERTIFICATE if refusal.code is Code.NO_CERTIFICATE else Act.RENEW_CERTIFICATE
    changes = (("cooperative.certificate_valid_until", add_months(day, 12)),)
    return (Remedy(act, refusal.code, changes, earliest=refusal.earliest),)


def _rats(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    cooperative = situation.applicant.cooperative
    held = cooperative.rats or ()
    missing = meetings(held, cooperative.founded_on, on=situation.day)
    if missing is None:
        return ()
    more = (Rat(year, missing.first_day) for year in missing.missing)
    return (
        Remedy(
            Act.HOLD_RAT,
            refusal.code,
            (("cooperative.rats", (*held, *more)),),
            {"missing": refusal.numbers["missing"], "from": missing.first_day},
            missing.first_day if missing.first_day > situation.day else None,
        ),
    )


def _rats_told(situation: Situation) -> tuple[Rat, ...]:
    """The meetings one hopes to hear of: two, or none where incubation is for those without."""
    if situation.product == blu.INKUBASI:
        return ()
    day, last = situation.day, situation.day.year - 1
    return tuple(Rat(year, min(day, date(year + 1, 1, 1))) for year in (last - 1, last))


def _shu(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    """Close a year with a surplus, or tell the surplus of a year that is over."""
    earliest, last = refusal.earliest, situation.day.year - 1
    found: list[Remedy] = []
    if earliest is not None:
        found.append(_surplus(situation, refusal.code, earliest.year - 1, earliest))
    if number(refusal.numbers, "year") < last or earliest is None:
        # The year before stands in for the last one only as long as that is not known.
        found.append(_surplus(situation, refusal.code, last, None))
    founded = situation.applicant.cooperative.founded_on
    due = date(situation.day.year, 6, 30)
    began = founded is None or founded.year < last
    if refusal.code is Code.UNKNOWN_SHU and situation.day <= due and began:
        found.append(_surplus(situation, refusal.code, last - 1, None))
    return found


def _surplus(situation: Situation, code: Code, year: int, earliest: date | None) -> Remedy:
    known = situation.applicant.cooperative.shu or ()
    others = tuple(each for each in known if each.book_year != year)
    over = year < situation.today.year
    act, answers = (Act.TELL, Code.UNKNOWN_SHU) if over else (Act.CLOSE_YEAR_WITH_SHU, code)
    changes = (("cooperative.shu", (*others, Shu(year, 1))),)
    return Remedy(act, answers, changes, {"year": year}, earliest)


def _opex(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    most = number(refusal.numbers, "max")
    changes = (("request.opex_part", Rupiah(most)),)
    remedy = Remedy(Act.ASK_LESS_OPEX, refusal.code, changes, {"max": most})
    # What has not been told apart is all running cost: asking for less in all is another way.
    untold = situation.request.opex_part is None
    return (remedy, *(_less(situation, refusal.code, most) if untold else ()))


def _agunan(situation: Situation, refusal: Refusal) -> Sequence[Remedy]:
    enough = (("cooperative.agunan_value", situation.request.amount),)
    return (
        Remedy(Act.MORE_AGUNAN, refusal.code, enough, refusal.numbers),
        *_less(situation, refusal.code, number(refusal.numbers, "value")),
    )


_Value = Callable[[Situation], Any]

# The same where what one hopes for depends on the situation.
_SUPPOSED: Mapping[Code, tuple[str, _Value]] = {
    Code.UNKNOWN_BIRTH_DATE: ("person.birth_date", lambda at: add_months(at.day, -30 * 12)),
    Code.UNKNOWN_BUSINESS_START: ("business.started_on", lambda at: add_months(at.day, -12)),
    Code.UNKNOWN_NET_INCOME: ("business.net_income_month", lambda _: _RICH),
    Code.UNKNOWN_CONTRACT_MONTHS: (
        "placement.contract_months",
        lambda at: at.request.tenor_months,
    ),
    Code.UNKNOWN_GROUP_MEMBERS: ("group.members", hoped_members),
    Code.UNKNOWN_COOPERATIVE_KIND: (
        "cooperative.kind",
        lambda at: _KINDS_OF.get(at.product, CooperativeKind.KSP),
    ),
    Code.UNKNOWN_RATS: ("cooperative.rats", _rats_told),
    Code.UNKNOWN_AGUNAN_VALUE: ("cooperative.agunan_value", lambda at: at.request.amount),
}

# A part, and the facts of which one is enough.
_EITHER: Mapping[Code, tuple[str, tuple[str, ...]]] = {
    Code.UNKNOWN_BUSINESS_LICENCE: ("business", ("sku", "nib")),
    Code.UNKNOWN_SISKOP2MI: ("placement", ("siskop2mi", "e_kpmi")),
}

_FIND: Mapping[Code, Find] = {
    **dict.fromkeys(_HOPED, _told),
    **dict.fromkeys(_DONE, _done),
    **dict.fromkeys(_SUPPOSED, _supposed),
    **dict.fromkeys(_EITHER, _either),
    Code.UNKNOWN_SHU: _shu,
    Code.UNKNOWN_NPWP: _npwp,
    Code.NPWP: _npwp,
    Code.AMOUNT_ABOVE: _plafon,
    Code.TENOR_ABOVE: _tenor,
    Code.TENOR_BEYOND_CONTRACT: _tenor,
    Code.BUSINESS_PLANNED: _start,
    Code.BUSINESS_AGE_OR_EVIDENCE: _evidence,
    Code.PROGRAMME_CREDIT_UNPAID: _programme,
    Code.MIKRO_OUTSTANDING: _mikro,
    Code.INSTALMENT_ABOVE_INCOME: _capacity,
    Code.NO_ROOM_FOR_INSTALMENT: _capacity,
    Code.NO_GROUP: _join_group,
    Code.MEMBERSHIP: _join,
    Code.NO_CERTIFICATE: _certificate,
    Code.CERTIFICATE_EXPIRED: _certificate,
    Code.RAT_MISSING: _rats,
    Code.SHU: _shu,
    Code.AGUNAN_VALUE: _agunan,
    Code.OPEX_ABOVE: _opex,
}

_CAPACITY = frozenset({Code.INSTALMENT_ABOVE_INCOME, Code.NO_ROOM_FOR_INSTALMENT})

FIXED = frozenset(Code) - _FIND.keys() - ANSWERED
"""Reasons that no act answers: some pass with time, the others never."""
