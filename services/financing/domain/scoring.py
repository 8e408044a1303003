"""
The score: whole points from named factors, each with its value, its points and its most.

The weights are ours until outcomes exist (`CONFIDENCE`). What is missing earns nothing and is
named, with the points it could still bring. Neither the reason of return nor sex, religion or
region of origin is a factor.
"""

from bisect import bisect_right
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from services.financing.domain.duration import months_between
from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    Confidence,
    CooperativeFacts,
    HealthGrade,
    LoanRequest,
)
from services.financing.domain.rules import capacity
from services.financing.domain.schedule import instalment

CONFIDENCE = Confidence.ASSUMPTION
POINTS_MAX = 100
INDICATIVE_RATE_BP = 600
BEGINNER_MONTHS = 6


class Card(StrEnum):
    """Which scorecard was used."""

    BUSINESS = "business"
    BEGINNER = "beginner"
    COOPERATIVE = "cooperative"


class Grade(StrEnum):
    """The points in five letters: `a` from 80, `b` from 65, `c` from 50, `d` from 35, else `e`."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"
    E = "e"


class FactorName(StrEnum):
    """
    What earns points, and how its value is counted.

    In months: `business_age`, `trade_experience`. In permille of the amount asked: `own_equity`,
    `simpanan_balance`, `shu`, `equity`; of the net income: `instalment_share`; of what fell due:
    `savings_discipline`; of the members: `savers`. Collectibility is 1 to 5, `health_grade` 0
    (worst) to 3; `annual_meetings` and `members` are counted; all others are 0 (no) or 1 (yes).
    """

    INSTALMENT_SHARE = "instalment_share"
    COLLECTIBILITY = "collectibility"
    SAVINGS_DISCIPLINE = "savings_discipline"
    OWN_EQUITY = "own_equity"
    SIMPANAN_BALANCE = "simpanan_balance"
    BUSINESS_AGE = "business_age"
    TRAINING_OR_MENTORING = "training_or_mentoring"
    TRADE_EXPERIENCE = "trade_experience"
    OFFTAKER = "offtaker"
    COOPERATIVE_MEMBER = "cooperative_member"
    GROUP_GUARANTEE = "group_guarantee"
    TRAINING = "training"
    MENTORING = "mentoring"
    ANNUAL_MEETINGS = "annual_meetings"
    SHU = "shu"
    HEALTH_GRADE = "health_grade"
    OFFICERS_COLLECTIBILITY = "officers_collectibility"
    EQUITY = "equity"
    MEMBERS = "members"
    SAVERS = "savers"
    SAVINGS_AND_LOAN_UNIT = "savings_and_loan_unit"


class Reason(StrEnum):
    """Why a factor has its points: it fell in a band, or its value was not given."""

    BANDED = "banded"
    MISSING = "missing"


class Verdict(StrEnum):
    """What the instalments do to the income: at most 40 %, at most 70 %, or more."""

    COMFORTABLE = "comfortable"
    TIGHT = "tight"
    TOO_HIGH = "too_high"


class Factor(NamedTuple):
    """One factor of the score."""

    name: FactorName
    value: int | None
    points: int
    points_max: int
    reason: Reason


class Capacity(NamedTuple):
    """The instalment-to-income test at the indicative rate; amounts a month, in rupiah."""

    instalment: int
    others: int
    income: int
    burden_permille: int
    verdict: Verdict


class Score(NamedTuple):
    """The sum and how it came about; `points_possible` counts the missing factors in full."""

    card: Card
    points: int
    points_possible: int
    grade: Grade
    factors: tuple[Factor, ...]
    capacity: Capacity | None

    @property
    def missing(self) -> tuple[Factor, ...]:
        """Return the factors whose value was not given."""
        return tuple(factor for factor in self.factors if factor.reason is Reason.MISSING)


class Bands(NamedTuple):
    """A factor's points: `points[0]` below the first start, then one band from each start on."""

    name: FactorName
    starts: tuple[int, ...]
    points: tuple[int, ...]
    points_max: int

    def judge(self, value: int | None) -> Factor:
        """Return the points of one value."""
        if value is None:
            return Factor(self.name, None, 0, self.points_max, Reason.MISSING)
        points = self.points[bisect_right(self.starts, value)]
        return Factor(self.name, int(value), points, self.points_max, Reason.BANDED)


def _bands(name: FactorName, *rows: tuple[int, int], below: int = 0) -> Bands:
    starts = tuple(start for start, _ in rows)
    points = (below, *(points for _, points in rows))
    return Bands(name, starts, points, max(points))


def _yes(name: FactorName, points: int) -> Bands:
    return _bands(name, (1, points))


# Shares of income: the points of a band hold below its next start, so 30 % itself is in the first.
_SHARE = _bands(FactorName.INSTALMENT_SHARE, (301, 20), (401, 12), (501, 5), (701, 0), below=25)
_COLLECTIBILITY = _bands(FactorName.COLLECTIBILITY, (2, 5), (3, 0), below=15)
_SAVINGS = _bands(FactorName.SAVINGS_DISCIPLINE, (500, 4), (800, 7), (950, 10))
_EQUITY = _bands(FactorName.OWN_EQUITY, (50, 3), (100, 6), (200, 10))
_BALANCE = _bands(FactorName.SIMPANAN_BALANCE, (10, 2), (50, 5))
_BUSINESS_AGE = _bands(FactorName.BUSINESS_AGE, (6, 4), (12, 6), (24, 8), (36, 10))
_TRAINED = _yes(FactorName.TRAINING_OR_MENTORING, 5)
_EXPERIENCE = _bands(FactorName.TRADE_EXPERIENCE, (6, 2), (24, 5))
_OFFTAKER = _yes(FactorName.OFFTAKER, 5)
_MEMBER = _yes(FactorName.COOPERATIVE_MEMBER, 5)
_GUARANTEE = _yes(FactorName.GROUP_GUARANTEE, 5)

_B_TRAINED = _yes(FactorName.TRAINING, 20)
_B_MENTORED = _yes(FactorName.MENTORING, 15)
_B_COLLECTIBILITY = _bands(FactorName.COLLECTIBILITY, (2, 5), (3, 0), below=20)
_B_EXPERIENCE = _bands(FactorName.TRADE_EXPERIENCE, (6, 4), (24, 10))

_C_RATS = _bands(FactorName.ANNUAL_MEETINGS, (1, 8), (2, 15), (3, 20))
_C_SHU = _bands(FactorName.SHU, (1, 8), (50, 15))
_C_HEALTH = _bands(FactorName.HEALTH_GRADE, (1, 4), (2, 10), (3, 15))
_C_OFFICERS = _bands(FactorName.OFFICERS_COLLECTIBILITY, (2, 5), (3, 0), below=15)
_C_EQUITY = _bands(FactorName.EQUITY, (50, 5), (100, 10), (200, 15))
_C_MEMBERS = _bands(FactorName.MEMBERS, (20, 2), (100, 5))
_C_SAVERS = _bands(FactorName.SAVERS, (500, 4), (800, 7), (950, 10))
_C_UNIT = _yes(FactorName.SAVINGS_AND_LOAN_UNIT, 5)

CARDS: dict[Card, tuple[Bands, ...]] = {
    Card.BUSINESS: (
        _SHARE,
        _COLLECTIBILITY,
        _BUSINESS_AGE,
        _SAVINGS,
        _EQUITY,
        _BALANCE,
        _TRAINED,
        _EXPERIENCE,
        _OFFTAKER,
        _MEMBER,
        _GUARANTEE,
    ),
    Card.BEGINNER: (
        _B_TRAINED,
        _B_MENTORED,
        _B_COLLECTIBILITY,
        _SAVINGS,
        _EQUITY,
        _BALANCE,
        _B_EXPERIENCE,
        _MEMBER,
        _GUARANTEE,
    ),
    Card.COOPERATIVE: (
        _C_RATS,
        _C_SHU,
        _C_HEALTH,
        _C_OFFICERS,
        _C_EQUITY,
        _C_MEMBERS,
        _C_SAVERS,
        _C_UNIT,
    ),
}
"""The factors of each card; the most of a card's factors add up to `POINTS_MAX`."""

_GRADE_STARTS = (35, 50, 65, 80)
_GRADES = (Grade.E, Grade.D, Grade.C, Grade.B, Grade.A)
_HEALTH_RANK = {
    HealthGrade.DALAM_PENGAWASAN_KHUSUS: 0,
    HealthGrade.DALAM_PENGAWASAN: 1,
    HealthGrade.CUKUP_SEHAT: 2,
    HealthGrade.SEHAT: 3,
}


def score(applicant: Applicant, request: LoanRequest, *, on: date) -> Score:
    """Return the score of `applicant` for `request` on a day."""
    if applicant.kind is BorrowerKind.COOPERATIVE:
        factors = _cooperative(applicant.cooperative, request, on)
        return _summed(Card.COOPERATIVE, factors, None)
    carries = _capacity(applicant, request)
    started_on = applicant.business.started_on
    age = None if started_on is None else months_between(started_on, on)
    if applicant.business.planned or (age is not None and age < BEGINNER_MONTHS):
        return _summed(Card.BEGINNER, _beginner(applicant, request), carries)
    return _summed(Card.BUSINESS, _business(applicant, request, carries, age), carries)


def _business(
    applicant: Applicant, request: LoanRequest, carries: Capacity | None, age: int | None
) -> tuple[Factor, ...]:
    person, member, group = applicant.person, applicant.membership, applicant.group
    income = applicant.business.net_income_month
    share = None if carries is None else carries.burden_permille
    if share is None and income is not None and income <= 0:
        share = 1_000
    return (
        _SHARE.judge(share),
        _COLLECTIBILITY.judge(applicant.credit.collectibility),
        _BUSINESS_AGE.judge(age),
        _SAVINGS.judge(_discipline(applicant)),
        _EQUITY.judge(_permille(applicant.business.own_equity, request.amount)),
        _BALANCE.judge(_permille(member.simpanan_balance, request.amount)),
        _TRAINED.judge(_either(person.trained, person.mentored)),
        _EXPERIENCE.judge(person.trade_experience_months),
        _OFFTAKER.judge(0 if group is None else group.offtaker),
        _MEMBER.judge(member.active),
        _GUARANTEE.judge(person.group_member),
    )


def _beginner(applicant: Applicant, request: LoanRequest) -> tuple[Factor, ...]:
    person, member = applicant.person, applicant.membership
    return (
        _B_TRAINED.judge(person.trained),
        _B_MENTORED.judge(person.mentored),
        _B_COLLECTIBILITY.judge(applicant.credit.collectibility),
        _SAVINGS.judge(_discipline(applicant)),
        _EQUITY.judge(_permille(applicant.business.own_equity, request.amount)),
        _BALANCE.judge(_permille(member.simpanan_balance, request.amount)),
        _B_EXPERIENCE.judge(person.trade_experience_months),
        _MEMBER.judge(member.active),
        _GUARANTEE.judge(person.group_member),
    )


def _cooperative(
    cooperative: CooperativeFacts, request: LoanRequest, on: date
) -> tuple[Factor, ...]:
    rats, grade = cooperative.rats, cooperative.health_grade
    held = None if rats is None else len({rat.book_year for rat in rats if rat.held_on <= on})
    latest = max(cooperative.shu, default=None) if cooperative.shu else None
    surplus = None if latest is None else _permille_up(latest.amount, request.amount)
    return (
        _C_RATS.judge(held),
        _C_SHU.judge(surplus),
        _C_HEALTH.judge(None if grade is None else _HEALTH_RANK[grade]),
        _C_OFFICERS.judge(cooperative.officers_collectibility),
        _C_EQUITY.judge(_permille(cooperative.equity, request.amount)),
        _C_MEMBERS.judge(cooperative.members),
        _C_SAVERS.judge(cooperative.savers_permille),
        _C_UNIT.judge(cooperative.usp),
    )


def _capacity(applicant: Applicant, request: LoanRequest) -> Capacity | None:
    income, others = applicant.business.net_income_month, applicant.credit.instalments_month
    if income is None or others is None or applicant.business.planned:
        return None
    due = instalment(request.amount, rate_bp=INDICATIVE_RATE_BP, months=request.tenor_months)
    burden = capacity.burden_permille(due, others, income)
    if burden is None:
        return None
    if burden <= 400:
        verdict = Verdict.COMFORTABLE
    elif burden <= capacity.BURDEN_PERMILLE_MAX:
        verdict = Verdict.TIGHT
    else:
        verdict = Verdict.TOO_HIGH
    return Capacity(due, others, income, burden, verdict)


def _discipline(applicant: Applicant) -> int | None:
    due, paid = applicant.membership.simpanan_wajib_due, applicant.membership.simpanan_wajib_paid
    if not due or paid is None:
        return None
    return min(paid * 1000 // due, 1000)


def _permille(part: int | None, amount: int) -> int | None:
    return None if part is None else part * 1000 // amount


def _permille_up(part: int, amount: int) -> int:
    # Rounded up: the smallest surplus is still a surplus.
    return -(-part * 1000 // amount)


def _either(*given: bool | None) -> bool | None:
    if any(given):
        return True
    return None if None in given else False


def _summed(card: Card, factors: tuple[Factor, ...], carries: Capacity | None) -> Score:
    points = possible = 0
    for factor in factors:
        points += factor.points
        possible += factor.points_max if factor.value is None else factor.points
    return Score(card, points, possible, grade_of(points), factors, carries)


def grade_of(points: int) -> Grade:
    """Return the grade of a sum of points."""
    return _GRADES[bisect_right(_GRADE_STARTS, points)]
