"""
What the disaster of late 2025 changes for debtors in Aceh, Sumatera Utara and Sumatera Barat.

The rate depends on the month in which an instalment falls due, and four months pay nothing
(`RELIEF_2026` and `PAUSE_SOURCE`: press). What no text says is assumed: the tenor stays as it
was agreed, and the interest of December 2025 is due with the first instalment after the pause.
"""

from collections.abc import Sequence
from datetime import date

from services.financing.domain.eligibility import Relief, Source
from services.financing.domain.rules.kur_terms import RELIEF_2026
from services.financing.domain.schedule.conventional import Month, Pays

PAUSE_SOURCE: Source = RELIEF_2026.source._replace(
    provision="no instalments from December 2025 to March 2026",
    since=RELIEF_2026.paused[0],
    until=RELIEF_2026.paused[1],
)
SOURCES = (RELIEF_2026.source, PAUSE_SOURCE)
"""The texts that a relieved schedule rests on."""


def relieved(
    nominal: Sequence[date], *, rate_bp: int, relief: Relief = RELIEF_2026, grace: int = 0
) -> tuple[Month, ...]:
    """Return the months of an affected debtor's KUR, which fall due on these days.

    `rate_bp` is the ordinary rate, never passed; the first `grace` months pay interest only.
    """
    return tuple(
        Month(relief.rate_bp(day, rate_bp), _pays(day, relief, grace=no <= grace))
        for no, day in enumerate(nominal, start=1)
    )


def _pays(day: date, relief: Relief, *, grace: bool) -> Pays:
    since, until = relief.paused
    if since <= day <= until:
        return Pays.PAUSED
    return Pays.INTEREST if grace else Pays.ALL
