"""
Sharia contracts: murabahah, musyarakah, mudharabah, and qardh with ujrah.

None of them bears interest, and none is ever said to. A margin may be made equivalent to an
effective rate, because the regulation of KUR names one; it is then fixed and part of a price. That
margin and ujrah are spread evenly over the months, and that a share of profit falls with the
capital still in use, are our choices (assumption): the contract of the lender decides.
"""

from collections.abc import Sequence

from services.financing.domain.schedule import Lines, evenly, half_up, lines
from services.financing.domain.schedule.conventional import Month, annuity


def equivalent_margin(cost_price: int, months: Sequence[Month]) -> int:
    """Return the margin, in rupiah, that costs as much as an annuity over the same months."""
    return sum(line.charge for line in annuity(cost_price, months))


def murabahah(cost_price: int, *, margin: int, months: int) -> Lines:
    """Return a sale on equal instalments: a cost price and a fixed margin, both in equal parts."""
    due = half_up(cost_price + margin, months)
    principals = evenly(cost_price, months, part=due - half_up(margin, months))
    return lines(cost_price, principals, evenly(margin, months))


def profit_sharing(
    capital: int, *, nisbah_permille: int, profit_month: int, months: int, at_end: bool
) -> Lines:
    """
    Return a projection: the financier's share of a declared profit, and the capital returned.

    `nisbah_permille` is the financier's share of a month's profit while all of its capital is in
    use. The capital comes back in equal parts, and the share falls with it, or whole `at_end`.
    It is no promise: what is shared is the profit that is made.
    """
    returned = [*(0 for _ in range(months - 1)), capital] if at_end else evenly(capital, months)
    shares: list[int] = []
    in_use = capital
    for principal in returned:
        shares.append(half_up(profit_month * nisbah_permille * in_use, 1000 * capital))
        in_use -= principal
    return lines(capital, returned, shares)


def qardh(plafon: int, *, ujrah: int, months: int) -> Lines:
    """Return a loan without any yield: equal parts, and a fixed fee (ujrah) in equal parts."""
    return lines(plafon, evenly(plafon, months), evenly(ujrah, months))
