"""
What a group can do about its members: settle, get papers, share otherwise, ask without them.

Members keep their places in the list: whoever is left out keeps a share of nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from services.financing.domain.duration import add_months
from services.financing.domain.eligibility import Code, GroupMember, Refusal
from services.financing.domain.rules.kur_group import SIZE_MIN
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

APART_MAX = 3
"""Up to so many members are left out one by one; of more, all at once."""

WaysOf = Callable[[Situation, Refusal], Iterator[Way]]


def member_ways(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    """Yield the ways to answer what stands against members, or against the group's list of them.

    Letting time pass is not among them.
    """
    find = _FIND.get(refusal.code)
    if find is not None:
        yield from find(situation, refusal)


def members_of(situation: Situation) -> tuple[GroupMember, ...]:
    """Return the members of the group, also those who are left out."""
    group = situation.applicant.group
    return () if group is None or group.members is None else group.members


def even_shares(members: Sequence[GroupMember], amount: int) -> Change:
    """Return the change that shares an amount evenly among those who take part."""
    part = [bool(each.share) for each in members]
    if not any(part):
        part = [True] * len(members)
    share, left = divmod(amount, max(1, sum(part)))
    shares: list[Rupiah] = []
    for takes in part:
        shares.append(Rupiah(share + (left > 0) if takes else 0))
        left -= takes
    return ("each_member.share", tuple(shares))


def hoped_members(situation: Situation) -> tuple[GroupMember, ...]:
    """Return two members against whom nothing stands, who share the amount."""
    half = situation.request.amount // 2
    shares = (half, situation.request.amount - half)
    return tuple(_newcomer(situation, share) for share in shares)


def _newcomer(situation: Situation, share: int) -> GroupMember:
    fitting = {name: value(situation) for name, value in _HOPED.items() if name != "kur_lender"}
    return GroupMember(Rupiah(share), **fitting)


def _lender(situation: Situation) -> str:
    held = [each.kur_lender for each in members_of(situation) if each.kur_outstanding]
    credit = situation.applicant.credit
    of_chair = credit.kur_lender if credit.kur_outstanding else None
    return of_chair or next((each for each in held if each), "to be told")


_HOPED: Mapping[str, Callable[[Situation], Any]] = {
    "citizen": lambda _: True,
    "birth_date": lambda at: add_months(at.day, -30 * 12),
    "married": lambda _: True,
    "state_employee": lambda _: False,
    "dhn_listed": lambda _: False,
    "programme_unpaid": lambda _: False,
    "commercial_before": lambda _: False,
    "collectibility": lambda _: 1,
    "licence": lambda _: True,
    "started_on": lambda at: add_months(at.day, -12),
    "turnover_year": lambda _: Rupiah(0),
    "npwp": lambda _: True,
    "kur_outstanding": lambda _: Rupiah(0),
    "kur_lender": _lender,
}
"""What one hopes to hear of a member."""


def _places(refusal: Refusal) -> frozenset[int]:
    return frozenset(int(no) - 1 for no in str(refusal.numbers["members"]).split(", "))


def _column(situation: Situation, fact: str, places: frozenset[int], *, to: Any) -> Change:
    known = [getattr(each, fact) for each in members_of(situation)]
    return (
        f"each_member.{fact}",
        tuple(to if place in places else each for place, each in enumerate(known)),
    )


def _told(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    """Tell what is not known of members; of several facts, each that one of them lacks."""
    places, changes = _places(refusal), list[Change]()
    for fact in str(refusal.numbers["facts"]).split(", "):
        unknown = frozenset(
            place for place in places if getattr(members_of(situation)[place], fact) is None
        )
        changes.append(_column(situation, fact, unknown, to=_HOPED[fact](situation)))
    yield (Remedy(Act.TELL, refusal.code, tuple(changes), refusal.numbers),)
    if refusal.numbers["facts"] == "npwp" and situation.npwp_above is not None:
        yield from _smaller(situation, refusal, situation.npwp_above)
    yield from _without(situation, refusal)


def _settled(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    act, fact, what, to = _SETTLED[refusal.code]
    changes = (_column(situation, fact, _places(refusal), to=to),)
    numbers = {"members": refusal.numbers["members"], "what": what}
    yield (Remedy(act, refusal.code, changes, numbers),)
    yield from _without(situation, refusal)


def _without(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    """Ask without the members concerned, all of them or one after the other."""
    places = _places(refusal)
    if len(places) > APART_MAX:
        yield from _left_out(situation, refusal.code, places)
    else:
        for place in sorted(places):
            yield from _left_out(situation, refusal.code, frozenset({place}))


def _left_out(situation: Situation, code: Code, places: frozenset[int]) -> Iterator[Way]:
    members = members_of(situation)
    rest = [Rupiah(0) if place in places else each.share for place, each in enumerate(members)]
    out = [str(no) for no, share in enumerate(rest, start=1) if not share]
    numbers = {"members": ", ".join(out), "count": len(out)}
    shares: Change = ("each_member.share", tuple(rest))
    staying = sum(share > 0 for share in rest)
    if staying >= SIZE_MIN:
        amount = min(sum(rest), situation.request.amount)
        if amount >= LOAN_MIN:
            changes = (shares, ("request.amount", Rupiah(amount)))
            yield (Remedy(Act.ASK_WITHOUT_MEMBERS, code, changes, numbers),)
        return
    leaving = sum(each.share for each in members) - sum(rest)
    joining = _joining(situation, SIZE_MIN - staying, leaving)
    yield (
        Remedy(Act.ASK_WITHOUT_MEMBERS, code, (shares,), numbers),
        joining._replace(answers=code),
    )


def _joining(situation: Situation, count: int, amount: int) -> Remedy:
    """Win members who take over an amount."""
    part, left = divmod(amount, count)
    more = tuple(_newcomer(situation, part + (no < left)) for no in range(count))
    changes: tuple[Change, ...] = (("group.members", (*members_of(situation), *more)),)
    return Remedy(Act.FIND_MEMBER, Code.GROUP_SIZE, changes, {"count": count})


def _size(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    missing = SIZE_MIN - sum(each.share > 0 for each in members_of(situation))
    if situation.request.amount < SIZE_MIN:
        return
    joining = _joining(situation, missing, missing)
    # Whoever joins takes a share as large as the others'.
    ((_, together),) = joining.changes
    even = even_shares(together, situation.request.amount)
    yield (joining._replace(changes=(*joining.changes, even)),)


def _evenly(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    members, amount = members_of(situation), situation.request.amount
    if amount < len(members):  # a share of nothing would leave somebody out
        return
    even = even_shares(members, amount)
    yield (Remedy(Act.SHARE_EVENLY, refusal.code, (even,)),)


def _share(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    yield from _smaller(situation, refusal, number(refusal.numbers, "max"))
    yield from _without(situation, refusal)


def _npwp(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    changes = (_column(situation, "npwp", _places(refusal), to=True),)
    numbers = {"members": refusal.numbers["members"], "what": "npwp"}
    yield (Remedy(Act.GET_MEMBERS_PAPERS, refusal.code, changes, numbers),)
    yield from _smaller(situation, refusal, number(refusal.numbers, "above"))
    yield from _without(situation, refusal)


def _smaller(situation: Situation, refusal: Refusal, most: int) -> Iterator[Way]:
    """Bring every share down to `most`: share evenly or, where that is too little, ask less."""
    members = members_of(situation)
    room = most * sum(each.share > 0 for each in members)
    if situation.request.amount <= room:
        yield from _evenly(situation, refusal)
        return
    changes = (("request.amount", Rupiah(room)), even_shares(members, room))
    yield (Remedy(Act.ASK_LESS, refusal.code, changes, {"amount": room}),)


def _instalment(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    """Pay over more months, ask for less, share evenly, or settle the other instalments."""
    percent, members = number(refusal.numbers, "percent"), members_of(situation)
    longest, now = situation.months_max, situation.request.tenor_months
    wanted: list[int] = [each.share for each in members]

    def borne(months: int) -> list[int]:
        return [_borne(each, percent, situation.rate_bp, months) for each in members]

    shortest = first_month(lambda months: borne(months) == wanted, now, longest)
    if shortest is not None:
        yield (_longer(refusal.code, shortest),)
    yield from _evenly(situation, refusal)
    for months in sorted({now, max(now, longest)}):
        shares = borne(months)
        # Nobody who wants a share is left with nothing.
        if sum(shares) >= LOAN_MIN and shares.count(0) == wanted.count(0):
            less = _less(refusal.code, shares)
            yield (less,) if months == now else (less, _longer(refusal.code, months))
    places = _places(refusal)
    if any(members[place].instalments_month for place in places):
        others = _column(situation, "instalments_month", places, to=Rupiah(0))
        numbers = {"members": refusal.numbers["members"], "what": "instalments"}
        yield (Remedy(Act.SETTLE_MEMBERS, refusal.code, (others,), numbers),)
    yield from _without(situation, refusal)


def _borne(member: GroupMember, percent: int, rate_bp: int | None, months: int) -> int:
    """Return how much of the own share a member bears over some months; all where not known."""
    income, others = member.net_income_month, member.instalments_month
    if income is None or others is None or rate_bp is None:
        return member.share
    room = income * percent // 100 - others
    return min(member.share, affordable(room, rate_bp=rate_bp, months=months)) if room > 0 else 0


def _less(code: Code, shares: Sequence[int]) -> Remedy:
    amount = sum(shares)
    changes: tuple[Change, ...] = (
        ("request.amount", Rupiah(amount)),
        ("each_member.share", tuple(Rupiah(share) for share in shares)),
    )
    return Remedy(Act.ASK_LESS, code, changes, {"amount": amount})


def _longer(code: Code, months: int) -> Remedy:
    return Remedy(Act.ASK_LONGER, code, (("request.tenor_months", months),), {"tenor": months})


def _beginners(situation: Situation, refusal: Refusal) -> Iterator[Way]:
    changes: tuple[Change, ...] = (("group.chair_recommends_beginners", True),)
    yield (Remedy(Act.RECOMMEND_BEGINNERS, refusal.code, changes, refusal.numbers),)
    yield from _without(situation, refusal)


# Against a member: the act, the fact, what it is called in the sentence, what it is then.
_SETTLED: Mapping[Code, tuple[Act, str, str, Any]] = {
    Code.GROUP_MEMBER_COLLECTIBILITY: (Act.SETTLE_MEMBERS, "collectibility", "arrears", 1),
    Code.GROUP_MEMBER_NOT_CURRENT: (Act.SETTLE_MEMBERS, "collectibility", "arrears", 1),
    Code.GROUP_MEMBER_DHN_LISTED: (Act.SETTLE_MEMBERS, "dhn_listed", "dhn", False),
    Code.GROUP_MEMBER_PROGRAMME_CREDIT: (
        Act.SETTLE_MEMBERS,
        "programme_unpaid",
        "programme",
        False,
    ),
    Code.GROUP_LENDERS: (Act.SETTLE_MEMBERS, "kur_outstanding", "kur", Rupiah(0)),
    Code.GROUP_MEMBER_LICENCE: (Act.GET_MEMBERS_PAPERS, "licence", "licence", True),
}

_FIND: Mapping[Code, WaysOf] = {
    Code.GROUP_SIZE: _size,
    Code.GROUP_SHARES: _evenly,
    Code.GROUP_MEMBER_SHARE_ABOVE: _share,
    Code.GROUP_MEMBER_NPWP: _npwp,
    Code.GROUP_MEMBER_CITIZEN: _without,
    Code.GROUP_MEMBER_AGE: _without,
    Code.GROUP_MEMBER_STATE_EMPLOYEE: _without,
    Code.GROUP_MEMBER_COMMERCIAL_CREDIT: _without,
    Code.GROUP_MEMBER_TURNOVER: _without,
    **dict.fromkeys(_SETTLED, _settled),
    Code.GROUP_MEMBER_INSTALMENT: _instalment,
    Code.GROUP_BEGINNERS: _beginners,
    Code.UNKNOWN_MEMBER_FACTS: _told,
}

ANSWERED = frozenset(_FIND)
"""Reasons against members, or against the list of them, that a group can do something about."""
