"""What a loan costs a year, day by day: its rate, lowered where a relief holds."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from services.financing.domain.eligibility import Assessment, Relief


class RatePeriod(NamedTuple):
    """Days, both inclusive, with one yearly rate; None is open."""

    since: date | None
    until: date | None
    rate_bp: int


class NoRate(Exception):
    """The product names no rate to this applicant: it is not for them, or not in force."""


def rate_periods(assessment: Assessment) -> tuple[RatePeriod, ...]:
    """Return the days between which each rate holds, in order; neighbours differ.

    Raises:
        NoRate: the assessment has none.
    """
    return tuple(_periods(assessment.relief, _ordinary(assessment)))


def _periods(relief: Relief | None, ordinary: int) -> Iterator[RatePeriod]:
    since, rate_bp = None, ordinary
    for day in () if relief is None else relief.rates_bp.since:
        following = ordinary if relief is None else relief.rate_bp(day, ordinary)
        if following != rate_bp:
            yield RatePeriod(since, day - timedelta(days=1), rate_bp)
            since, rate_bp = day, following
    yield RatePeriod(since, None, rate_bp)


def _ordinary(assessment: Assessment) -> int:
    if assessment.rate_bp is None:
        raise NoRate(f"{assessment.product} has no rate for this applicant.")
    return assessment.rate_bp
