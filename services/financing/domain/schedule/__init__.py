"""
What is paid back, month by month, in whole rupiah.

Here is what every schedule is made of, and the arithmetic of an annuity, which decisions need
too. The ways to repay are in `conventional.py` and `sharia.py`, the days in `due.py`, and what it
all costs in `cost.py`.

Rates are effective per year in hundredths of a percent (`600` is 6 %), a month is a twelfth of
it, however many days it has. Integer arithmetic only, rounded half up; the last payment of the
principal absorbs the rounding.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from shared.money import Rupiah

YEAR = 120_000
"""Twelve months of ten thousand basis points: a month's rate is `rate_bp / YEAR`."""


class Repayment(StrEnum):
    """The ways to repay."""

    ANNUITY = "annuity"
    DECLINING = "declining"
    FLAT = "flat"
    SEASONAL = "seasonal"
    MURABAHAH = "murabahah"
    MUSYARAKAH = "musyarakah"
    MUDHARABAH = "mudharabah"
    QARDH = "qardh"


class Charge(StrEnum):
    """What is paid beyond the principal. Under a Sharia contract it is never interest."""

    INTEREST = "interest"
    MARGIN = "margin"
    PROFIT_SHARE = "profit_share"
    UJRAH = "ujrah"


CHARGES: Mapping[Repayment, Charge] = {
    Repayment.ANNUITY: Charge.INTEREST,
    Repayment.DECLINING: Charge.INTEREST,
    Repayment.FLAT: Charge.INTEREST,
    Repayment.SEASONAL: Charge.INTEREST,
    Repayment.MURABAHAH: Charge.MARGIN,
    Repayment.MUSYARAKAH: Charge.PROFIT_SHARE,
    Repayment.MUDHARABAH: Charge.PROFIT_SHARE,
    Repayment.QARDH: Charge.UJRAH,
}


class Line(NamedTuple):
    """One month: what is due, split, and the principal left after it, in rupiah."""

    no: int
    principal: int
    charge: int
    instalment: int
    balance: int


Lines = tuple[Line, ...]


def instalment(plafon: int, *, rate_bp: int, months: int) -> Rupiah:
    """Return the monthly annuity of `plafon` over `months`, in rupiah rounded half up."""
    return _instalment(plafon, rate_bp, months)


def affordable(room: int, *, rate_bp: int, months: int) -> Rupiah:
    """Return the largest plafon whose monthly annuity over `months` is at most `room` rupiah."""
    numerator, denominator = _annuity(rate_bp, months)
    # plafon * numerator / denominator, rounded half up, must not pass `room`.
    return Rupiah(max(0, (denominator * (2 * room + 1) - 1) // (2 * numerator)))


# One decision asks for the same instalment of several products in a row.
@lru_cache(maxsize=256)
def _instalment(plafon: int, rate_bp: int, months: int) -> Rupiah:
    numerator, denominator = _annuity(rate_bp, months)
    return Rupiah(half_up(plafon * numerator, denominator))


@lru_cache(maxsize=4096)
def _annuity(rate_bp: int, months: int) -> tuple[int, int]:
    """Return the exact monthly instalment of one rupiah, as numerator and denominator."""
    # r (1+r)^n / ((1+r)^n - 1) with r = rate_bp / YEAR
    if rate_bp == 0:
        return 1, months
    grown, base = (YEAR + rate_bp) ** months, YEAR**months
    numerator, denominator = rate_bp * grown, YEAR * (grown - base)
    shared = gcd(numerator, denominator)  # hundreds of digits, by which every plafon is divided
    return numerator // shared, denominator // shared


def half_up(numerator: int, denominator: int) -> int:
    """Return the whole number nearest to a fraction that is not negative; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def lines(plafon: int, principals: Sequence[int], charges: Sequence[int]) -> Lines:
    """Return the lines of principal and charge a month; the principal adds up to `plafon`.

    Raises:
        ValueError: there is not a charge for each part of the principal.
    """
    made: list[Line] = []
    balance = plafon
    months = zip(principals, charges, strict=True)
    for no, (principal, charge) in enumerate(months, start=1):
        balance -= principal
        made.append(Line(no, principal, charge, principal + charge, balance))
    return tuple(made)


def evenly(total: int, count: int, *, part: int | None = None) -> list[int]:
    """Return `count` equal parts of a sum, each rounded half up; the last absorbs the rounding.

    `part` is another size of the parts before the last one.
    """
    part, left = half_up(total, count) if part is None else part, total
    parts: list[int] = []
    for _ in range(count - 1):
        parts.append(min(part, left))
        left -= parts[-1]
    return [*parts, left]
