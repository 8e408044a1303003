"""
The members of a group that asks for KUR khusus: each is assessed alone, by the own share.

A reason names the members by their place in the list, from 1, never by a name.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from services.financing.domain.duration import add_months
from services.financing.domain.eligibility import (
    Applicant,
    Code,
    GroupFacts,
    GroupMember,
    LoanRequest,
    Note,
    NoteCode,
    Refusal,
    Rule,
    Source,
    Term,
    Value,
)
from services.financing.domain.rules.kur_terms import Articles, Edition
from services.financing.domain.schedule import instalment

SIZE_MIN = 2
_Members = list[tuple[int, GroupMember]]


class Asked(NamedTuple):
    """What a group asks under one edition; `burden` in permille of a member's net income."""

    applicant: Applicant
    group: GroupFacts
    request: LoanRequest
    edition: Edition
    burden: Term[int]
    on: date
    waives: Callable[[Rule], bool]

    @property
    def articles(self) -> Articles:
        """Return where the rules stand."""
        return self.edition.articles


def taking_part(group: GroupFacts) -> _Members:
    """Return the members who have a share in the loan, each with the own number."""
    return [(no, each) for no, each in enumerate(group.members or (), start=1) if each.share]


def judge(said: list[Refusal], asked: Asked) -> None:
    """Refuse what stands against the group, or against any of its members."""
    group, articles = asked.group, asked.articles
    if group.members is None:
        said.append(Refusal(Code.UNKNOWN_GROUP_MEMBERS, articles.group))
        return
    members = taking_part(group)
    if len(members) < SIZE_MIN:
        numbers = {"count": len(members), "min": SIZE_MIN}
        said.append(Refusal(Code.GROUP_SIZE, articles.group, numbers))
    shares = sum(member.share for _, member in members)
    if shares != asked.request.amount:
        numbers = {"shares": shares, "amount": asked.request.amount}
        said.append(Refusal(Code.GROUP_SHARES, articles.group, numbers))
    for rule in _RULES:
        said.extend(rule(asked, members))


def notes(asked: Asked) -> Iterator[Note]:
    """Yield what a reader should know of a group."""
    members = taking_part(asked.group)
    yield Note(NoteCode.COLLECTIVE_COLLATERAL, asked.articles.group)
    silent = [no for no, each in members if _burden(each) is None]
    if silent:
        numbers = {"members": _listed(silent)}
        yield Note(NoteCode.MEMBERS_INCOME_NOT_JUDGED, asked.burden.source, numbers)
    held = _lenders(asked, members)
    if len(held) == 1 and not asked.applicant.credit.kur_outstanding:
        owed = sum(each.kur_outstanding or 0 for _, each in members)
        numbers = {"outstanding": owed, "lender": next(iter(held))}
        yield Note(NoteCode.SAME_LENDER_ONLY, asked.articles.same_lender, numbers)


def _listed(numbers: list[int]) -> str:
    return ", ".join(str(no) for no in numbers)


def _against(
    code: Code,
    source: Source,
    numbers: list[int],
    more: Mapping[str, Value] | None = None,
    earliest: date | None = None,
) -> Iterator[Refusal]:
    if numbers:
        told = {"members": _listed(numbers), "count": len(numbers), **(more or {})}
        yield Refusal(code, source, told, earliest)


def _shares(asked: Asked, members: _Members) -> Iterator[Refusal]:
    terms = asked.edition.khusus
    most, above = terms.plafon_max, terms.npwp_above
    large = [no for no, each in members if each.share > most.value]
    numbers = {"max": most.value}
    yield from _against(Code.GROUP_MEMBER_SHARE_ABOVE, most.source, large, numbers)
    if above is not None:  # E13
        without = [no for no, each in members if each.share > above.value and each.npwp is False]
        numbers = {"above": above.value}
        yield from _against(Code.GROUP_MEMBER_NPWP, above.source, without, numbers)


# fact, what it has to be, the reason when it is not, where that stands
_FLAGS: tuple[tuple[str, bool, Code, Callable[[Articles], Source]], ...] = (
    ("citizen", True, Code.GROUP_MEMBER_CITIZEN, lambda at: at.citizen),  # E01
    ("state_employee", False, Code.GROUP_MEMBER_STATE_EMPLOYEE, lambda at: at.state_employee),
    ("dhn_listed", False, Code.GROUP_MEMBER_DHN_LISTED, lambda at: at.dhn),  # E15
    (
        "programme_unpaid",
        False,
        Code.GROUP_MEMBER_PROGRAMME_CREDIT,
        lambda at: at.programme_paid,
    ),  # E10
    (
        "commercial_before",
        False,
        Code.GROUP_MEMBER_COMMERCIAL_CREDIT,
        lambda at: at.never_commercial_khusus,
    ),  # E08
    ("licence", True, Code.GROUP_MEMBER_LICENCE, lambda at: at.licence),  # E12
)


def _flags(asked: Asked, members: _Members) -> Iterator[Refusal]:
    for fact, wanted, code, source in _FLAGS:
        if fact == "commercial_before" and asked.waives(Rule.NEVER_COMMERCIAL):
            continue
        wrong = [no for no, each in members if getattr(each, fact) is (not wanted)]
        yield from _against(code, source(asked.articles), wrong)


def _credit(asked: Asked, members: _Members) -> Iterator[Refusal]:
    known = [(no, each.collectibility) for no, each in members if each.collectibility is not None]
    bad = [no for no, collectibility in known if collectibility >= 3]
    behind = [no for no, collectibility in known if collectibility == 2]
    yield from _against(Code.GROUP_MEMBER_COLLECTIBILITY, asked.articles.slik, bad)  # E15
    yield from _against(Code.GROUP_MEMBER_NOT_CURRENT, asked.articles.current, behind)  # E09


def _age(asked: Asked, members: _Members) -> Iterator[Refusal]:
    days = {no: _of_age(each) for no, each in members if each.married is False}
    young = {no: day for no, day in days.items() if day is not None and day > asked.on}
    if young:  # E02
        first = max(young.values())
        numbers = {"min": 21, "from": first}
        source = asked.articles.age
        yield from _against(Code.GROUP_MEMBER_AGE, source, [*young], numbers, first)


def _of_age(member: GroupMember) -> date | None:
    return None if member.birth_date is None else add_months(member.birth_date, 21 * 12)


def _beginners(asked: Asked, members: _Members) -> Iterator[Refusal]:
    if asked.group.chair_recommends_beginners or asked.waives(Rule.BUSINESS_AGE):
        return
    months = asked.edition.business_age_months_min
    flagged = [no for no, each in members if each.beginner]
    ripe = {
        no: add_months(each.started_on, months)
        for no, each in members
        if not each.beginner and each.started_on is not None
    }
    young = {no: day for no, day in ripe.items() if day > asked.on}  # E05
    # Who is said to be a beginner does not cease to be one on a day that we know.
    first = None if flagged or not young else max(young.values())
    found, numbers = sorted([*flagged, *young]), {"months": months}
    yield from _against(Code.GROUP_BEGINNERS, asked.articles.group, found, numbers, first)


def _turnover(asked: Asked, members: _Members) -> Iterator[Refusal]:
    most = asked.edition.turnover_max
    if most is not None:
        large = [no for no, each in members if (each.turnover_year or 0) > most.value]
        numbers = {"max": most.value}
        yield from _against(Code.GROUP_MEMBER_TURNOVER, most.source, large, numbers)


def _instalments(asked: Asked, members: _Members) -> Iterator[Refusal]:
    """Judge a member's capacity where income and other instalments are known."""
    most, months = asked.burden, asked.request.tenor_months
    rate_bp = asked.edition.khusus.rates_bp.value[0]
    heavy: list[int] = []
    for no, each in members:
        burden = _burden(each)
        if burden is not None:
            income, others = burden
            due = instalment(each.share, rate_bp=rate_bp, months=months)
            if (due + others) * 1000 > income * most.value:
                heavy.append(no)
    numbers = {"percent": most.value // 10}
    yield from _against(Code.GROUP_MEMBER_INSTALMENT, most.source, heavy, numbers)


def _burden(member: GroupMember) -> tuple[int, int] | None:
    income, others = member.net_income_month, member.instalments_month
    return None if income is None or others is None else (income, others)


def _one_lender(asked: Asked, members: _Members) -> Iterator[Refusal]:
    # E09: the next KUR comes from the lender of the one that runs.
    others = [*_lenders(asked, members).values()][1:]
    elsewhere = sorted(no for nos in others for no in nos)
    yield from _against(Code.GROUP_LENDERS, asked.articles.same_lender, elsewhere)


def _lenders(asked: Asked, members: _Members) -> dict[str, list[int]]:
    """Return the members whose KUR runs, by lender: first the one that suits the group best."""
    held: dict[str, list[int]] = {}
    shares = Counter[str]()
    for no, each in members:
        if each.kur_outstanding and each.kur_lender is not None:
            held.setdefault(each.kur_lender, []).append(no)
            shares[each.kur_lender] += each.share
    credit = asked.applicant.credit
    of_chair = credit.kur_lender if credit.kur_outstanding else None
    if of_chair is not None:
        held.setdefault(of_chair, [])
    best = sorted(held, key=lambda code: (code != of_chair, -shares[code], code))
    return {lender: held[lender] for lender in best}


def _untold(asked: Asked, members: _Members) -> Iterator[Refusal]:
    silent: dict[int, tuple[str, ...]] = {
        no: facts for no, each in members if (facts := tuple(untold_facts(asked, each)))
    }
    facts = dict.fromkeys(fact for of_one in silent.values() for fact in of_one)
    days = [_of_age(each) for no, each in members if no in silent]
    # A member who may be married comes of age in any case.
    first = max(day for day in days if day) if [*facts] == ["married"] else None
    numbers = {"facts": ", ".join(facts)}
    source = asked.articles.group
    yield from _against(Code.UNKNOWN_MEMBER_FACTS, source, [*silent], numbers, first)


def untold_facts(asked: Asked, member: GroupMember) -> Iterator[str]:
    """Yield the facts of a member that a rule needs and nobody has told."""
    for fact, *_ in _FLAGS:
        needed = fact != "commercial_before" or not asked.waives(Rule.NEVER_COMMERCIAL)
        if needed and getattr(member, fact) is None:
            yield fact
    if member.collectibility is None:
        yield "collectibility"
    if member.married is not True:
        day = _of_age(member)
        if day is None:
            yield "birth_date"
        elif day > asked.on and member.married is None:
            yield "married"
    yield from _untold_business(asked, member)
    if member.kur_outstanding is None:
        yield "kur_outstanding"
    elif member.kur_outstanding and member.kur_lender is None:
        yield "kur_lender"


def _untold_business(asked: Asked, member: GroupMember) -> Iterator[str]:
    if not member.beginner:
        if member.started_on is None and not asked.waives(Rule.BUSINESS_AGE):
            yield "started_on"
        if asked.edition.turnover_max is not None and member.turnover_year is None:
            yield "turnover_year"
    above = asked.edition.khusus.npwp_above
    if above is not None and member.share > above.value and member.npwp is None:
        yield "npwp"


_RULES: tuple[Callable[[Asked, Any], Iterator[Refusal]], ...] = (
    _shares,
    _flags,
    _credit,
    _age,
    _beginners,
    _turnover,
    _instalments,
    _one_lender,
    _untold,
)
