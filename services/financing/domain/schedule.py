"""
What is paid back, month by month, in whole rupiah.

Rates are effective per year in hundredths of a percent (`600` is 6 %), a month is a twelfth of
it. Integer arithmetic only, rounded half up; the last instalment absorbs the rounding.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from services.financing.domain.duration import add_months
from shared.money import Rupiah

_YEAR = 120_000
"""Twelve months of ten thousand basis points: a month's rate is `rate_bp / _YEAR`."""


class Line(NamedTuple):
    """One month: what is due, split, and the principal left after it."""

    no: int
    due_on: date | None
    principal: int
    interest: int
    instalment: int
    balance: int


def instalment(plafon: int, *, rate_bp: int, months: int) -> Rupiah:
    """Return the monthly annuity of `plafon` over `months`, in rupiah rounded half up."""
    return _instalment(plafon, rate_bp, months)


def affordable(room: int, *, rate_bp: int, months: int) -> Rupiah:
    """Return the largest plafon whose monthly annuity over `months` is at most `room` rupiah."""
    numerator, denominator = _annuity(rate_bp, months)
    # plafon * numerator / denominator, rounded half up, must not pass `room`.
    return Rupiah(max(0, (denominator * (2 * room + 1) - 1) // (2 * numerator)))


def annuity(
    plafon: Rupiah, *, rate_bp: int, months: int, grace: int = 0, first_due: date | None = None
) -> tuple[Line, ...]:
    """Return the schedule at one rate; the first `grace` of its `months` pay interest only."""
    return schedule(plafon, rates_bp=(rate_bp,) * months, grace=grace, first_due=first_due)


def schedule(
    plafon: Rupiah, *, rates_bp: Sequence[int], grace: int = 0, first_due: date | None = None
) -> tuple[Line, ...]:
    """
    Return the schedule of a loan whose rate is given for each month, one entry a month.

    Where the rate changes, the annuity is computed anew over what is left. `first_due` dates the
    lines; without it they are only numbered. Raises ValueError when there is no month that repays.
    """
    months = len(rates_bp)
    if not 0 <= grace < months:
        msg = "grace must leave at least one month that repays"
        raise ValueError(msg)
    lines: list[Line] = []
    balance = int(plafon)
    due, rate_before = 0, -1
    for index, rate_bp in enumerate(rates_bp):
        interest = _half_up(balance * rate_bp, _YEAR)
        if index >= grace and (rate_bp != rate_before or index == grace):
            due = instalment(balance, rate_bp=rate_bp, months=months - index)
        rate_before = rate_bp
        if index < grace:
            principal = 0
        elif index == months - 1:
            principal = balance
        else:
            principal = min(due - interest, balance)
        balance -= principal
        day = None if first_due is None else add_months(first_due, index)
        lines.append(Line(index + 1, day, principal, interest, principal + interest, balance))
    return tuple(lines)


# One decision asks for the same instalment of several products in a row.
@lru_cache(maxsize=256)
def _instalment(plafon: int, rate_bp: int, months: int) -> Rupiah:
    numerator, denominator = _annuity(rate_bp, months)
    return Rupiah(_half_up(plafon * numerator, denominator))


@lru_cache(maxsize=4096)
def _annuity(rate_bp: int, months: int) -> tuple[int, int]:
    # instalment / plafon = r (1+r)^n / ((1+r)^n - 1) with r = rate_bp / _YEAR, as a fraction.
    if rate_bp == 0:
        return 1, months
    grown, base = (_YEAR + rate_bp) ** months, _YEAR**months
    return rate_bp * grown, _YEAR * (grown - base)


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
