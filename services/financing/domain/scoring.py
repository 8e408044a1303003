"""
The score: whole points from named factors, each with its value, its points and its most.

Bands and weights are those of an edition of the scorecards; they are ours until outcomes exist,
and each card says so. What is missing earns nothing and is named, with the points it could still
bring. What no points can make good is named beside them, as a knock-out.
"""

from bisect import bisect_right
from datetime import date
from enum import StrEnum
from math import inf
from typing import NamedTuple

import msgspec

from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    LoanRequest,
)
from services.financing.domain.factors import (
    SHARE_MAX,
    Card,
    Counting,
    FactorName,
    Values,
    business_age,
    card_for,
    counted,
    taking_part,
)
from services.financing.domain.schedule import instalment
from services.financing.domain.scorecards.edition import Bands, Scorecard, Scorecards

NOT_PERFORMING = 3
"""Collectibility 3 and worse: more than ninety days behind (POJK 40/POJK.03/2019)."""


class Grade(StrEnum):
    """The points in five letters, from the points that the edition sets; `e` if knocked out."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"
    E = "e"


_GRADES = (Grade.E, Grade.D, Grade.C, Grade.B, Grade.A)


class Reason(StrEnum):
    """Why a factor has its points: it fell in a band, or its value was not given."""

    BANDED = "banded"
    MISSING = "missing"


class Verdict(StrEnum):
    """What all instalments do to the income: comfortable, tight but allowed, or too high."""

    COMFORTABLE = "comfortable"
    TIGHT = "tight"
    TOO_HIGH = "too_high"


class KnockOut(StrEnum):
    """What no points can make good: the grade is `e` whatever they are."""

    COLLECTIBILITY = "collectibility"
    DHN_LISTED = "dhn_listed"
    INSTALMENT_SHARE = "instalment_share"


class Factor(NamedTuple):
    """One factor of the score."""

    bands: Bands
    value: int | None

    @property
    def name(self) -> FactorName:
        """Return what is counted."""
        return self.bands.name

    @property
    def points(self) -> int:
        """Return the points of the band that the value falls in; none without a value."""
        return 0 if self.value is None else self.bands.points[self.bands.band(self.value)]

    @property
    def points_max(self) -> int:
        """Return the points of the best band."""
        return self.bands.points_max

    @property
    def points_lost(self) -> int:
        """Return the points that the best band would have brought beyond these."""
        return self.points_max - self.points

    @property
    def reason(self) -> Reason:
        """Return why the factor has its points."""
        return Reason.MISSING if self.value is None else Reason.BANDED


class Capacity(msgspec.Struct, frozen=True):
    """
    The instalment-to-income test (RPC) at the indicative rate; rupiah a month.

    Of a group it is the member's whose income is taken most. `amount` is what is asked, or that
    member's share; `others` are the instalments of all debts known. `burden_permille` is rounded
    up, so that 700 is at most 70 %; None without income.
    """

    amount: int
    instalment: int
    others: int
    income: int
    burden_permille: int | None
    verdict: Verdict


class Score(msgspec.Struct, frozen=True):
    """The sum and how it came about; `points_possible` counts the missing factors in full."""

    edition: Scorecards
    card: Card
    points: int
    points_possible: int
    grade: Grade
    values: Values
    capacity: Capacity | None
    knock_outs: tuple[KnockOut, ...]

    @property
    def scorecard(self) -> Scorecard:
        """Return the bands that were used."""
        return self.edition.cards[self.card]

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Return every factor, in the order of the card."""
        return tuple(Factor(*each) for each in self.scorecard.valued(self.values))

    @property
    def reasons(self) -> tuple[Factor, ...]:
        """Return the factors that lost points, the most first; equals in the order of the card."""
        lost = (factor for factor in self.factors if factor.points_lost)
        return tuple(sorted(lost, key=lambda factor: -factor.points_lost))

    @property
    def missing(self) -> tuple[Factor, ...]:
        """Return the factors whose value was not given."""
        return tuple(factor for factor in self.factors if factor.value is None)


def score(
    applicant: Applicant,
    request: LoanRequest,
    edition: Scorecards,
    *,
    on: date,
    share_max: int,
) -> Score:
    """
    Return the score of `applicant` for `request` on a day, by an edition of the scorecards.

    `share_max` is the most that all instalments may take of the net income, in permille.
    """
    age = business_age(applicant, on)
    card = card_for(applicant, age=age, beginner_months=edition.beginner_months)
    carries = _capacity(applicant, request, edition, share_max)
    values = counted(card, Counting(applicant, request, on, _share(carries), age))
    earned = edition.cards[card].total(values)
    out = _knock_outs(applicant, carries)
    grade = Grade.E if out else _GRADES[bisect_right(edition.grade_starts, earned.points)]
    possible = earned.points + earned.missing
    return Score(edition, card, earned.points, possible, grade, values, carries, out)


def _capacity(
    applicant: Applicant, request: LoanRequest, edition: Scorecards, share_max: int
) -> Capacity | None:
    """Set the instalment against the income; None where one of them is not known."""
    business = applicant.business
    if applicant.kind is BorrowerKind.GROUP:
        tested = [
            _tested(
                member.share,
                member.net_income_month,
                member.instalments_month,
                request,
                edition,
                share_max,
            )
            for member in taking_part(applicant.group)
        ]
        known = [each for each in tested if each is not None]
        return max(known, key=_weighs, default=None) if len(known) == len(tested) else None
    if business.planned:
        return None
    income, others = business.net_income_month, applicant.credit.instalments_month
    return _tested(request.amount, income, others, request, edition, share_max)


def _tested(
    amount: int,
    income: int | None,
    others: int | None,
    request: LoanRequest,
    edition: Scorecards,
    share_max: int,
) -> Capacity | None:
    if income is None or others is None:
        return None
    due = instalment(amount, rate_bp=edition.indicative_rate_bp, months=request.tenor_months)
    if income <= 0:
        return Capacity(amount, due, others, income, None, Verdict.TOO_HIGH)
    burden = -(-(due + others) * 1000 // income)
    if burden <= edition.comfortable_permille_max:
        verdict = Verdict.COMFORTABLE
    else:
        verdict = Verdict.TIGHT if burden <= share_max else Verdict.TOO_HIGH
    return Capacity(amount, due, others, income, burden, verdict)


def _weighs(carries: Capacity) -> float:
    """Return what the instalments take of the income; of no income at all it is the most."""
    return inf if carries.burden_permille is None else carries.burden_permille


def _share(carries: Capacity | None) -> int | None:
    """Return the same as it is counted: what takes more than all of the income takes all of it."""
    return None if carries is None else int(min(_weighs(carries), SHARE_MAX))


def _knock_outs(applicant: Applicant, carries: Capacity | None) -> tuple[KnockOut, ...]:
    found = ()
    worst = _worst_collectibility(applicant)
    if worst is not None and worst >= NOT_PERFORMING:
        found = (KnockOut.COLLECTIBILITY,)
    if _listed(applicant):
        found = (*found, KnockOut.DHN_LISTED)
    if carries is not None and carries.verdict is Verdict.TOO_HIGH:
        found = (*found, KnockOut.INSTALMENT_SHARE)
    return found


def _listed(applicant: Applicant) -> bool:
    if applicant.credit.dhn_listed:
        return True
    group = applicant.kind is BorrowerKind.GROUP
    return group and any(each.dhn_listed for each in taking_part(applicant.group))


def _worst_collectibility(applicant: Applicant) -> int | None:
    if applicant.kind is BorrowerKind.PERSON:
        return applicant.credit.collectibility
    if applicant.kind is BorrowerKind.COOPERATIVE:
        return applicant.cooperative.officers_collectibility
    members = taking_part(applicant.group)
    known = (applicant.credit.collectibility, *(each.collectibility for each in members))
    return max((each for each in known if each is not None), default=None)
