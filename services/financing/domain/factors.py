"""
What can earn points, and how each factor is counted from the facts.

A card of an edition (`scorecards/`) chooses among the factors of its borrower and gives them
bands; it can add none. Return reason, sex, religion and region of origin are not among the facts
that are read here, and neither are migration status and verification level.
"""

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import msgspec

from services.financing.domain.duration import months_between
from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    CooperativeKind,
    GroupFacts,
    GroupMember,
    HealthGrade,
    LoanRequest,
    Rat,
    Shu,
)

SHARE_MAX = 1_000
"""All of it, in permille. What takes more than all of the income counts as all of it."""

_COLLECTIBILITY_MAX = 5


class Card(StrEnum):
    """Which scorecard was used: by who borrows, and whether the business runs long enough."""

    BUSINESS = "business"
    BEGINNER = "beginner"
    GROUP = "group"
    COOPERATIVE = "cooperative"
    KSP = "ksp"


class FactorName(StrEnum):
    """What earns points; `unit` beside it says how its value is counted."""

    INSTALMENT_SHARE = "instalment_share"
    INCOME_MARGIN = "income_margin"
    COLLECTIBILITY = "collectibility"
    MEMBERS_COLLECTIBILITY = "members_collectibility"
    OFFICERS_COLLECTIBILITY = "officers_collectibility"
    SAVINGS_DISCIPLINE = "savings_discipline"
    OWN_EQUITY = "own_equity"
    SIMPANAN_BALANCE = "simpanan_balance"
    BUSINESS_AGE = "business_age"
    TRAINING_OR_MENTORING = "training_or_mentoring"
    TRAINING = "training"
    MENTORING = "mentoring"
    TRADE_EXPERIENCE = "trade_experience"
    OFFTAKER = "offtaker"
    OFFTAKER_AGREEMENT = "offtaker_agreement"
    COOPERATIVE_MEMBER = "cooperative_member"
    GROUP_GUARANTEE = "group_guarantee"
    GROUP_VALIDATED = "group_validated"
    LARGEST_SHARE = "largest_share"
    BEGINNERS = "beginners"
    ANNUAL_MEETINGS = "annual_meetings"
    SHU = "shu"
    HEALTH_GRADE = "health_grade"
    EQUITY = "equity"
    MEMBERS = "members"
    SAVERS = "savers"
    SAVINGS_AND_LOAN_UNIT = "savings_and_loan_unit"


class FactorUnit(StrEnum):
    """
    How a factor's value is counted.

    `months`, `meetings` and `people` are counted; `share` is permille of a whole, 0 to 1000;
    `of_amount` is permille of the amount asked; `collectibility` is 1 (current) to 5 (macet);
    `health_grade` is 0 (dalam pengawasan khusus) to 3 (sehat); `yes_no` is 1 or 0.
    """

    MONTHS = "months"
    MEETINGS = "meetings"
    PEOPLE = "people"
    SHARE = "share"
    OF_AMOUNT = "of_amount"
    COLLECTIBILITY = "collectibility"
    HEALTH_GRADE = "health_grade"
    YES_NO = "yes_no"


STARTS: Mapping[FactorUnit, tuple[int, int]] = {
    FactorUnit.MONTHS: (1, 600),
    FactorUnit.MEETINGS: (1, 20),
    FactorUnit.PEOPLE: (1, 100_000),
    FactorUnit.SHARE: (1, SHARE_MAX),
    FactorUnit.OF_AMOUNT: (1, 10_000),
    FactorUnit.COLLECTIBILITY: (2, _COLLECTIBILITY_MAX),
    FactorUnit.HEALTH_GRADE: (1, 3),
    FactorUnit.YES_NO: (1, 1),
}
"""Where a band of a unit may begin, first and last."""


class Dimension(StrEnum):
    """The five Cs of credit, under which the factors of a card are read."""

    CAPACITY = "capacity"
    CHARACTER = "character"
    CAPITAL = "capital"
    CONDITION = "condition"
    COLLATERAL = "collateral"


class Measure(NamedTuple):
    """What a factor counts and why; `rising`: more of it is better, so points may only rise."""

    unit: FactorUnit
    dimension: Dimension
    counted: str
    why: str
    rising: bool


_more = partial(Measure, rising=True)
_less = partial(Measure, rising=False)

MEASURES: Mapping[FactorName, Measure] = {
    FactorName.INSTALMENT_SHARE: _less(
        FactorUnit.SHARE,
        Dimension.CAPACITY,
        "the new instalment at the indicative rate and all other instalments of a month, over the "
        "net income of a month; all of it when there is no income. Of a group: of the member "
        "whose income is taken most, not known while one member's is not",
        "the banks' first question (RPC): an instalment that the income does not carry is late",
    ),
    FactorName.INCOME_MARGIN: _more(
        FactorUnit.SHARE,
        Dimension.CAPACITY,
        "twelve months of net income over the turnover of a year",
        "a thin margin turns one bad month into arrears",
    ),
    FactorName.COLLECTIBILITY: _less(
        FactorUnit.COLLECTIBILITY,
        Dimension.CHARACTER,
        "the worst collectibility in SLIK of the credits now held; of a group, the chair's",
        "how credit is being paid today says most of how it will be",
    ),
    FactorName.MEMBERS_COLLECTIBILITY: _less(
        FactorUnit.COLLECTIBILITY,
        Dimension.CHARACTER,
        "the worst collectibility in SLIK among the members; not known while one member's is not, "
        "unless another's is 5 already",
        "members answer for each other (tanggung renteng)",
    ),
    FactorName.OFFICERS_COLLECTIBILITY: _less(
        FactorUnit.COLLECTIBILITY,
        Dimension.CHARACTER,
        "the worst collectibility in SLIK of pengurus and pengawas",
        "the officers sign for the cooperative, and the LPDB looks at their credit",
    ),
    FactorName.SAVINGS_DISCIPLINE: _more(
        FactorUnit.SHARE,
        Dimension.CHARACTER,
        "simpanan wajib paid over simpanan wajib due; not known before the first falls due",
        "a record of small payments on time, open to those whom no bank has ever lent to",
    ),
    FactorName.OWN_EQUITY: _more(
        FactorUnit.OF_AMOUNT,
        Dimension.CAPITAL,
        "own money in the business over the amount asked",
        "who risks own savings stays; the Philippine returnee loan asks for a fifth",
    ),
    FactorName.SIMPANAN_BALANCE: _more(
        FactorUnit.OF_AMOUNT,
        Dimension.CAPITAL,
        "savings with the cooperative over the amount asked",
        "a reserve for the months in which little comes in",
    ),
    FactorName.BUSINESS_AGE: _more(
        FactorUnit.MONTHS,
        Dimension.CAPACITY,
        "whole months from the first day of the business to the day of the decision",
        "most young businesses that close do so in their first years",
    ),
    FactorName.TRAINING_OR_MENTORING: _more(
        FactorUnit.YES_NO,
        Dimension.CONDITION,
        "a training in entrepreneurship completed, or mentoring begun",
        "somebody who knows the trade looks at the figures too",
    ),
    FactorName.TRAINING: _more(
        FactorUnit.YES_NO,
        Dimension.CAPACITY,
        "a training in entrepreneurship completed",
        "without a business to look at, preparation is what can be seen",
    ),
    FactorName.MENTORING: _more(
        FactorUnit.YES_NO,
        Dimension.CAPACITY,
        "in a mentoring programme, or through it",
        "a mentor sees trouble before the first instalment is missed",
    ),
    FactorName.TRADE_EXPERIENCE: _more(
        FactorUnit.MONTHS,
        Dimension.CAPACITY,
        "experience in this trade, at home or abroad; of a group, the chair's",
        "what was learned abroad is what returnees bring home",
    ),
    FactorName.OFFTAKER: _more(
        FactorUnit.YES_NO,
        Dimension.CONDITION,
        "a legal entity buys what is produced, in a closed loop",
        "the harvest is sold before it is sown",
    ),
    FactorName.OFFTAKER_AGREEMENT: _more(
        FactorUnit.YES_NO,
        Dimension.CONDITION,
        "the agreement (PKS) with the offtaker is signed",
        "a promise in writing is kept more often",
    ),
    FactorName.COOPERATIVE_MEMBER: _more(
        FactorUnit.YES_NO,
        Dimension.CONDITION,
        "active member of a cooperative",
        "the cooperative buys, sells and helps when it is needed",
    ),
    FactorName.GROUP_GUARANTEE: _more(
        FactorUnit.YES_NO,
        Dimension.COLLATERAL,
        "member of a business group (kelompok usaha)",
        "the group stands in where no agunan may be asked for",
    ),
    FactorName.GROUP_VALIDATED: _more(
        FactorUnit.YES_NO,
        Dimension.COLLATERAL,
        "validated by the dinas or by the offtaker",
        "somebody outside has seen that the group exists and works",
    ),
    FactorName.LARGEST_SHARE: _less(
        FactorUnit.SHARE,
        Dimension.COLLATERAL,
        "the largest member's part of the loan over the sum of all parts, rounded up",
        "where one member owes most of it, the others cannot stand in",
    ),
    FactorName.BEGINNERS: _less(
        FactorUnit.SHARE,
        Dimension.CAPACITY,
        "members who have run a business for a short time, over all members, rounded up",
        "those who know the trade carry those who begin",
    ),
    FactorName.ANNUAL_MEETINGS: _more(
        FactorUnit.MEETINGS,
        Dimension.CHARACTER,
        "book years closed by an annual meeting (RAT) held by the day of the decision",
        "members who see the accounts each year keep them honest",
    ),
    FactorName.SHU: _more(
        FactorUnit.OF_AMOUNT,
        Dimension.CAPACITY,
        "the surplus (SHU) of the latest book year over the amount asked, rounded up",
        "instalments are paid from what is left over",
    ),
    FactorName.HEALTH_GRADE: _more(
        FactorUnit.HEALTH_GRADE,
        Dimension.CHARACTER,
        "the health grade of Permenkop UKM 9/2020",
        "the supervisor's own view of governance, risk, finances and capital",
    ),
    FactorName.EQUITY: _more(
        FactorUnit.OF_AMOUNT,
        Dimension.CAPITAL,
        "own capital over the amount asked",
        "losses are borne by own capital before they reach the lender",
    ),
    FactorName.MEMBERS: _more(
        FactorUnit.PEOPLE,
        Dimension.CONDITION,
        "members of the cooperative",
        "members are its market and its depositors",
    ),
    FactorName.SAVERS: _more(
        FactorUnit.SHARE,
        Dimension.CONDITION,
        "members who save each month, over all members",
        "who saves each month takes part",
    ),
    FactorName.SAVINGS_AND_LOAN_UNIT: _more(
        FactorUnit.YES_NO,
        Dimension.CONDITION,
        "has a savings and loan unit (USP)",
        "it can lend on to members and collect from them",
    ),
}
"""Every factor: its unit, its C, its direction, what is counted, and why it should tell."""

FACTORS: Mapping[Card, tuple[FactorName, ...]] = {
    Card.BUSINESS: (
        FactorName.INSTALMENT_SHARE,
        FactorName.INCOME_MARGIN,
        FactorName.BUSINESS_AGE,
        FactorName.TRADE_EXPERIENCE,
        FactorName.COLLECTIBILITY,
        FactorName.SAVINGS_DISCIPLINE,
        FactorName.OWN_EQUITY,
        FactorName.SIMPANAN_BALANCE,
        FactorName.TRAINING_OR_MENTORING,
        FactorName.OFFTAKER,
        FactorName.COOPERATIVE_MEMBER,
        FactorName.GROUP_GUARANTEE,
    ),
    Card.BEGINNER: (
        FactorName.TRAINING,
        FactorName.MENTORING,
        FactorName.TRADE_EXPERIENCE,
        FactorName.COLLECTIBILITY,
        FactorName.SAVINGS_DISCIPLINE,
        FactorName.OWN_EQUITY,
        FactorName.SIMPANAN_BALANCE,
        FactorName.COOPERATIVE_MEMBER,
        FactorName.GROUP_GUARANTEE,
    ),
    Card.GROUP: (
        FactorName.INSTALMENT_SHARE,
        FactorName.BUSINESS_AGE,
        FactorName.TRADE_EXPERIENCE,
        FactorName.BEGINNERS,
        FactorName.MEMBERS_COLLECTIBILITY,
        FactorName.COLLECTIBILITY,
        FactorName.SAVINGS_DISCIPLINE,
        FactorName.OWN_EQUITY,
        FactorName.OFFTAKER,
        FactorName.OFFTAKER_AGREEMENT,
        FactorName.GROUP_VALIDATED,
        FactorName.LARGEST_SHARE,
    ),
    Card.COOPERATIVE: (
        FactorName.SHU,
        FactorName.ANNUAL_MEETINGS,
        FactorName.HEALTH_GRADE,
        FactorName.OFFICERS_COLLECTIBILITY,
        FactorName.EQUITY,
        FactorName.MEMBERS,
        FactorName.SAVERS,
        FactorName.SAVINGS_AND_LOAN_UNIT,
    ),
    Card.KSP: (
        FactorName.SHU,
        FactorName.ANNUAL_MEETINGS,
        FactorName.HEALTH_GRADE,
        FactorName.OFFICERS_COLLECTIBILITY,
        FactorName.EQUITY,
        FactorName.MEMBERS,
        FactorName.SAVERS,
    ),
}
"""What can be counted of each borrower, in the order in which `counted` counts it."""

Values = tuple[int | None, ...]
Members = tuple[GroupMember, ...]

_HEALTH_RANK = {
    HealthGrade.DALAM_PENGAWASAN_KHUSUS: 0,
    HealthGrade.DALAM_PENGAWASAN: 1,
    HealthGrade.CUKUP_SEHAT: 2,
    HealthGrade.SEHAT: 3,
}


class Counting(msgspec.Struct, frozen=True):
    """What is counted: the facts, the day, and what was computed of them before.

    `share` is the part of the net income that all instalments take, in permille; `age` is that of
    the business, in whole months.
    """

    applicant: Applicant
    request: LoanRequest
    on: date
    share: int | None
    age: int | None


def business_age(applicant: Applicant, on: date) -> int | None:
    """Return the whole months that the business has run; None when its first day is not known."""
    started_on = applicant.business.started_on
    return None if started_on is None else months_between(started_on, on)


def card_for(applicant: Applicant, *, age: int | None, beginner_months: int) -> Card:
    """Return a borrower's card; with a business younger than that, a person is a beginner."""
    if applicant.kind is BorrowerKind.PERSON:
        young = age is not None and age < beginner_months
        return Card.BEGINNER if young or applicant.business.planned else Card.BUSINESS
    if applicant.kind is BorrowerKind.GROUP:
        return Card.GROUP
    return Card.KSP if applicant.cooperative.kind is CooperativeKind.KSP else Card.COOPERATIVE


def taking_part(group: GroupFacts | None) -> Members:
    """Return the members who have a share in the loan; nobody else counts."""
    members = group.members if group is not None else None
    return tuple(each for each in members or () if each.share)


def counted(card: Card, counting: Counting) -> Values:
    """Return the value of every factor of `FACTORS[card]`, None where a fact is missing."""
    return _COUNTED[card](counting)


def _business(counting: Counting) -> Values:
    applicant, amount = counting.applicant, counting.request.amount
    person, member, business = applicant.person, applicant.membership, applicant.business
    group = applicant.group
    return (
        counting.share,
        _margin(business.net_income_month, business.turnover_year),
        counting.age,
        person.trade_experience_months,
        applicant.credit.collectibility,
        _part(member.simpanan_wajib_paid, member.simpanan_wajib_due),
        _permille(business.own_equity, amount),
        _permille(member.simpanan_balance, amount),
        _either(person.trained, person.mentored),
        0 if group is None else group.offtaker,
        member.active,
        person.group_member,
    )


def _beginner(counting: Counting) -> Values:
    applicant, amount = counting.applicant, counting.request.amount
    person, member = applicant.person, applicant.membership
    return (
        person.trained,
        person.mentored,
        person.trade_experience_months,
        applicant.credit.collectibility,
        _part(member.simpanan_wajib_paid, member.simpanan_wajib_due),
        _permille(applicant.business.own_equity, amount),
        _permille(member.simpanan_balance, amount),
        member.active,
        person.group_member,
    )


def _group(counting: Counting) -> Values:
    applicant, group = counting.applicant, counting.applicant.group or _NO_GROUP
    members = taking_part(group)
    member, business = applicant.membership, applicant.business
    return (
        counting.share,
        counting.age,
        applicant.person.trade_experience_months,
        _beginners(members),
        _worst(members),
        applicant.credit.collectibility,
        _part(member.simpanan_wajib_paid, member.simpanan_wajib_due),
        _permille(business.own_equity, counting.request.amount),
        group.offtaker,
        group.pks,
        group.validated,
        _largest(members),
    )


def _cooperative(counting: Counting) -> Values:
    return (*_ksp(counting), counting.applicant.cooperative.usp)


def _ksp(counting: Counting) -> Values:
    facts, amount = counting.applicant.cooperative, counting.request.amount
    grade = facts.health_grade
    return (
        _surplus(facts.shu, amount),
        _held(facts.rats, counting.on),
        None if grade is None else _HEALTH_RANK[grade],
        facts.officers_collectibility,
        _permille(facts.equity, amount),
        facts.members,
        facts.savers_permille,
    )


_NO_GROUP = GroupFacts()
_COUNTED: Mapping[Card, Callable[[Counting], Values]] = {
    Card.BUSINESS: _business,
    Card.BEGINNER: _beginner,
    Card.GROUP: _group,
    Card.COOPERATIVE: _cooperative,
    Card.KSP: _ksp,
}


def _margin(income_month: int | None, turnover_year: int | None) -> int | None:
    if income_month is None or turnover_year is None:
        return None
    if turnover_year <= 0:
        return 0
    return max(0, min(income_month * 12_000 // turnover_year, SHARE_MAX))


def _part(part: int | None, whole: int | None) -> int | None:
    if part is None or not whole:
        return None
    return min(part * 1000 // whole, SHARE_MAX)


def _permille(part: int | None, amount: int) -> int | None:
    return None if part is None else part * 1000 // amount


def _held(rats: tuple[Rat, ...] | None, on: date) -> int | None:
    return None if rats is None else len({rat.book_year for rat in rats if rat.held_on <= on})


def _surplus(shu: tuple[Shu, ...] | None, amount: int) -> int | None:
    if not shu:
        return None
    # Rounded up: the smallest surplus is still a surplus.
    return -(-max(shu).amount * 1000 // amount)


def _either(*given: bool | None) -> bool | None:
    if any(given):
        return True
    return None if None in given else False


def _worst(members: Members) -> int | None:
    known = [each.collectibility for each in members if each.collectibility is not None]
    worst = max(known, default=None)
    return worst if len(known) == len(members) or worst == _COLLECTIBILITY_MAX else None


def _largest(members: Members) -> int | None:
    shares = [member.share for member in members]
    return -(-max(shares) * 1000 // sum(shares)) if shares else None


def _beginners(members: Members) -> int | None:
    beginners = sum(member.beginner for member in members)
    return -(-beginners * 1000 // len(members)) if members else None
