"""
Quota: how much a lender may lend in a year, and who is next when there is not enough.

A quota covers a lender, and may be narrowed to a product, a province or both; a loan draws on
every quota that covers it. Money is *held* from the routing on, becomes *used* with the akad, and
goes back on refusal, withdrawal or after `HELD_DAYS`; used money only when two people have found
that there is no loan. Whoever finds nothing left waits: first
come, first served in each quota, and a smaller loan does not overtake, or large ones would starve.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.financing.domain.routing import Channel

HELD_DAYS = 90
"""How long money is held for a lender that has not reported an akad; our assumption."""

WINDOW_DAYS = 28
"""The days whose takings a forecast looks back on."""


class Holding(StrEnum):
    """What became of money held for a submission.

    `exceeded`: the akad came when nothing was left to use, so the quota does not count it.
    """

    HELD = "held"
    USED = "used"
    RELEASED = "released"
    EXPIRED = "expired"
    EXCEEDED = "exceeded"


class Quota(NamedTuple):
    """One quota of a year, in rupiah. `product` and `province` are None where it covers any."""

    id: UUID
    channel: str
    product: str | None
    province: str | None
    total: int
    held: int
    used: int

    @property
    def remaining(self) -> int:
        """Return what can still be held."""
        return self.total - self.held - self.used

    def covers(self, channel: str, product: str, province: str | None) -> bool:
        """Tell whether a loan of this channel, product and province draws on it."""
        return (
            self.channel == channel
            and self.product in {None, product}
            and self.province in {None, province}
        )


class Waiting(NamedTuple):
    """One application that waits for a lender's quota, in the order of `number`."""

    number: int
    application_id: UUID
    channel: str
    product: str
    province: str | None
    amount: int


def left_for(
    quotas: Sequence[Quota],
    waited_for: Collection[UUID],
    *,
    channel: str,
    product: str,
    province: str | None,
) -> int | None:
    """Return what a newcomer can still get, in rupiah; None where no quota covers the loan.

    Where somebody already waits for one of the quotas, a newcomer gets nothing past them.
    """
    covering = [each for each in quotas if each.covers(channel, product, province)]
    if not covering:
        return None
    if any(each.id in waited_for for each in covering):
        return 0
    return min(each.remaining for each in covering)


def limits(
    quotas: Sequence[Quota],
    waited_for: Collection[UUID],
    channel: Channel,
    *,
    province: str | None,
) -> Mapping[str, int]:
    """Return what a lender's quotas leave for a newcomer, by each product that they limit."""
    found = {
        product: left_for(
            quotas, waited_for, channel=channel.code, product=product, province=province
        )
        for product in sorted(channel.products)
    }
    return {product: left for product, left in found.items() if left is not None}


def allot(
    quotas: Sequence[Quota], waiting: Sequence[Waiting], *, out_of_reach: Collection[UUID] = ()
) -> tuple[Waiting, ...]:
    """
    Return who is served by what is left, in the order in which they came.

    Whoever cannot be served keeps the rest of the row back in each quota that they wait for; so
    does one of the applications `out_of_reach`, whom another process holds at the moment.
    """
    left = {each.id: each.remaining for each in quotas}
    blocked: set[UUID] = set()
    served: list[Waiting] = []
    for each in sorted(waiting):
        drawn = [
            quota.id for quota in quotas if quota.covers(each.channel, each.product, each.province)
        ]
        short = any(left[quota] < each.amount for quota in drawn)
        if short or each.application_id in out_of_reach or not blocked.isdisjoint(drawn):
            blocked.update(drawn)
            continue
        for quota in drawn:
            left[quota] -= each.amount
        served.append(each)
    return tuple(served)


def exhausted_on(left: int, taken: int, *, on: date) -> date | None:
    """
    Return the day on which `left` rupiah are gone, if they go as in the days before `on`.

    `taken`: what was taken in the last `WINDOW_DAYS`. None when that is not within the year of
    `on`, after which a quota lapses.
    """
    if left <= 0:
        return on
    if taken <= 0:
        return None
    days = -(-left * WINDOW_DAYS // taken)
    year_end = date(on.year, 12, 31)
    return None if days > (year_end - on).days else on + timedelta(days=days)
