"""
How long somebody may be kept waiting: five working days for an answer, three days for a review.

For KUR Penempatan PMI the five working days are the law's. Everything else here is a promise of
our own, and says so. A clock begins when an application is put on its way to a lender, which is
the earliest moment from which the law could count; the day itself is not counted.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.financing.domain import working_days
from services.financing.domain.eligibility import Confidence, Source, Term, cited
from services.financing.domain.products import BY_CODE, Scheme
from services.financing.domain.rules import kur


class Duty(StrEnum):
    """What is waited for: a lender's answer, or two people's look at a case."""

    ANSWER = "answer"
    REVIEW = "review"


class State(StrEnum):
    """How much of the time is left: enough, no more than the last two days, or none."""

    RUNNING = "running"
    NEAR = "near"
    OVERDUE = "overdue"


class Clock(NamedTuple):
    """One promise: its last day, the moment from which it is near, the moment it has lapsed."""

    due_on: date
    near_at: datetime
    due_at: datetime


_SINCE = date(2026, 1, 1)

ANSWER_PMI = Term(
    5,
    Source(
        "Permen P2MI 18/2025",
        "Art. 14: verification within five working days, refusal by letter",
        _SINCE,
        None,
        Confidence.REGULATION,
        articles=cited("Permen P2MI 18/2025", "14"),
    ),
)
"""Working days within which a KUR Penempatan PMI is to be answered."""


_PROMISED = {Scheme.KUR: 5, Scheme.LPDB: 15, Scheme.BLU: 10, Scheme.PMK49: 15}
ANSWER: Mapping[Scheme, Term[int]] = {
    scheme: Term(
        days,
        Source(
            "Purna service promise",
            f"no text; an answer within {days} working days is our assumption",
            _SINCE,
            None,
            Confidence.ASSUMPTION,
        ),
    )
    for scheme, days in _PROMISED.items()
}
"""Working days within which the lenders of a scheme should answer, where no law says it."""

REVIEW = Term(
    72,
    Source(
        "Purna service promise",
        "no text gives a term for Art. 10 of UU 27/2022; the 3 x 24 hours of its other rights "
        "are our assumption",
        _SINCE,
        None,
        Confidence.ASSUMPTION,
    ),
)
"""Hours within which an objection, or a lender's contradiction, is decided by people."""

_LAST_DAY = timedelta(days=1)


def term(duty: Duty, product: str | None) -> Term[int]:
    """Return how long a duty may take, and where that stands."""
    if duty is Duty.REVIEW or product is None:
        return REVIEW
    return ANSWER_PMI if product == kur.PMI else ANSWER[BY_CODE[product].scheme]


def clock(duty: Duty, product: str | None, *, since: datetime) -> Clock:
    """Return the clock of a duty that begins at `since`, which is in the offices' own time."""
    length = term(duty, product).value
    if duty is Duty.REVIEW:
        due_at = since + timedelta(hours=length)
        return Clock(due_at.date(), due_at - _LAST_DAY, due_at)
    day = since.date()
    due_on, near_on = (working_days.after(day, count) for count in (length, length - 1))
    return Clock(
        due_on,
        datetime.combine(near_on, time.min, since.tzinfo),
        datetime.combine(due_on + _LAST_DAY, time.min, since.tzinfo),
    )


def state(near_at: datetime, due_at: datetime, *, now: datetime) -> State:
    """Return how a clock stands."""
    if now >= due_at:
        return State.OVERDUE
    return State.NEAR if now >= near_at else State.RUNNING
