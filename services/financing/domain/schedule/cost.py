"""What a loan costs: in rupiah, as an effective yearly rate, and as the flat rate equal to it."""

from collections.abc import Sequence
from typing import NamedTuple

from services.financing.domain.schedule import Lines, half_up

RATE_BP_MAX = 1_000_000
"""An effective rate beyond ten thousand percent a year is not worked out."""

_YEAR_HALVES = 240_000
"""Twelve months of twenty thousand half basis points."""


class Cost(NamedTuple):
    """
    The cost of a loan, in rupiah.

    `fees` are paid when the loan is disbursed, so the borrower has that much less in hand.
    `effective_rate_bp` is the yearly rate, in hundredths of a percent, at which everything that is
    paid is worth what was received; None where it passes `RATE_BP_MAX`. `flat_millipercent` is the
    flat yearly rate, in thousandths of a percent, that would cost as much over as many months;
    None beyond reason, too.
    """

    instalments: int
    charge: int
    fees: int
    effective_rate_bp: int | None
    flat_millipercent: int | None

    @property
    def total(self) -> int:
        """Return what is paid beyond the principal."""
        return self.charge + self.fees


def cost(lines: Lines, *, fees: int = 0) -> Cost:
    """Return what a schedule costs with the fees of its disbursement.

    Raises:
        ValueError: the fees leave nothing of what is lent.
    """
    plafon = sum(line.principal for line in lines)
    charge = sum(line.charge for line in lines)
    flat = half_up((charge + fees) * 12 * 100_000, plafon * len(lines))
    rate = effective_rate_bp(plafon - fees, [line.instalment for line in lines])
    return Cost(plafon + charge, charge, fees, rate, None if rate is None else flat)


def effective_rate_bp(received: int, paid: Sequence[int]) -> int | None:
    """
    Return the yearly rate of what is `received` against what is `paid` at the end of each month.

    In basis points, rounded half up, a month a twelfth of it; found by bisection in whole numbers,
    so the same everywhere. None where it passes `RATE_BP_MAX`.

    Raises:
        ValueError: nothing is received, or less is paid than received: there is no such rate.
    """
    if not 0 < received <= sum(paid):
        raise ValueError("a rate needs something received, and at least as much paid")
    low, high = 0, RATE_BP_MAX + 1
    if _reaches(high, received, paid):
        return None
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if _reaches(middle, received, paid) else (low, middle)
    return low


def _reaches(rate_bp: int, received: int, paid: Sequence[int]) -> bool:
    """Tell whether the rate, rounded half up, is `rate_bp` or more.

    Then what is paid is worth what was received or more, even half a basis point below it.
    """
    grown, worth, scale = _YEAR_HALVES + 2 * rate_bp - 1, 0, 1
    for amount in paid:
        scale *= _YEAR_HALVES
        worth = worth * grown + amount * scale
    return worth >= received * grown ** len(paid)
