"""
Loans that bear interest: annuity, declining, seasonal, and flat as a warning.

A loan is a row of months, each with its rate and with what is paid in it: everything, the
interest only (grace), or nothing (between harvests, or in a pause). So one rule makes grace,
harvest loans and rates that change with the year. What accrues while nothing is paid bears no
interest itself and is due with the next payment, whole: our reading, no text has been found.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple

from services.financing.domain.schedule import YEAR, Lines, evenly, half_up, instalment, lines


class Pays(StrEnum):
    """What is paid in a month.

    `PAUSED` is nothing, too, but was not agreed in the beginning: until the pause begins the loan
    is repaid as if there were none.
    """

    ALL = "all"
    INTEREST = "interest"
    NOTHING = "nothing"
    PAUSED = "paused"


_REPAYING = frozenset({Pays.ALL, Pays.PAUSED})


class Month(NamedTuple):
    """One month of a loan: its yearly rate in basis points, and what is paid at its end."""

    rate_bp: int
    pays: Pays = Pays.ALL


class NothingRepaid(ValueError):
    """The last month of a loan must repay principal, and this one does not."""


def level(rate_bp: int, months: int, *, grace: int = 0) -> tuple[Month, ...]:
    """Return months at one rate; the first `grace` of them pay interest only."""
    return stepped((rate_bp,) * months, grace=grace)


def stepped(rates_bp: Sequence[int], *, grace: int = 0) -> tuple[Month, ...]:
    """Return months at a rate of their own each; the first `grace` of them pay interest only."""
    return tuple(
        Month(rate_bp, Pays.INTEREST if no <= grace else Pays.ALL)
        for no, rate_bp in enumerate(rates_bp, start=1)
    )


def seasonal(
    rate_bp: int, harvests: Collection[int], *, between: Pays = Pays.INTEREST
) -> tuple[Month, ...]:
    """Return months up to the last harvest; principal is paid in the harvest months only.

    `harvests` are months counted from the akad, 1 the first; `between` is what is paid in the
    others: the interest, or nothing, so that all is due at harvest.
    """
    return tuple(
        Month(rate_bp, Pays.ALL if no in harvests else between)
        for no in range(1, max(harvests) + 1)
    )


def annuity(plafon: int, months: Sequence[Month]) -> Lines:
    """
    Return equal instalments: interest on what is left, and the rest of the instalment principal.

    Where the rate changes or a pause ends, the annuity is computed anew over what is left.

    Raises:
        NothingRepaid: the last month pays no principal, or there is none.
    """
    return _repaid(plafon, months, equal_instalments=True)


def declining(plafon: int, months: Sequence[Month]) -> Lines:
    """
    Return equal parts of principal, with interest on what is left: instalments that fall.

    Raises:
        NothingRepaid: the last month pays no principal, or there is none.
    """
    return _repaid(plafon, months, equal_instalments=False)


def flat(plafon: int, *, rate_bp: int, months: int) -> Lines:
    """
    Return what a flat rate costs: interest on the whole plafon to the end, though it is repaid.

    No product here is lent so: KUR's rate is effective, or the flat one that is equal to it
    (Permenko Perekonomian 1/2023 Art. 35(3)). It shows what an offer quoted flat amounts to.
    """
    interest = half_up(plafon * rate_bp * months, YEAR)
    return lines(plafon, evenly(plafon, months), evenly(interest, months))


def _repaid(plafon: int, months: Sequence[Month], *, equal_instalments: bool) -> Lines:
    if not months or months[-1].pays is not Pays.ALL:
        raise NothingRepaid("The last month must repay what is left of the principal.")
    left = sum(month.pays in _REPAYING for month in months)
    principals, charges = list[int](), list[int]()
    balance, owed, part = plafon, 0, 0
    before: Month | None = None
    for month in months:
        interest, principal = half_up(balance * month.rate_bp, YEAR), 0
        owed += interest
        if month.pays is Pays.ALL:
            if month != before:
                part = _part(balance, month.rate_bp, left, equal_instalments=equal_instalments)
            principal = part - interest if equal_instalments else part
            principal = balance if left == 1 else min(principal, balance)
        paid = owed if month.pays in {Pays.ALL, Pays.INTEREST} else 0
        left -= month.pays in _REPAYING
        principals.append(principal)
        charges.append(paid)
        balance, owed, before = balance - principal, owed - paid, month
    return lines(plafon, principals, charges)


def _part(balance: int, rate_bp: int, left: int, *, equal_instalments: bool) -> int:
    """Return what `left` payments have in common: the instalment, or its principal."""
    if equal_instalments:
        return instalment(balance, rate_bp=rate_bp, months=left)
    return half_up(balance, left)
