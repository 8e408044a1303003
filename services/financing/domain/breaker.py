"""When a lender that keeps failing is left alone, and when it is tried again."""

from datetime import datetime, timedelta
from enum import StrEnum

FAILURES_MAX = 5
"""So many failures in a row, and the lender rests."""

REST = timedelta(seconds=30)


class Breaker(StrEnum):
    """Whether a lender is spoken to: `half_open` means that one message is tried."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


def breaker(failures: int, rest_until: datetime | None, *, now: datetime) -> Breaker:
    """Return where a lender stands after so many failures in a row."""
    if failures < FAILURES_MAX:
        return Breaker.CLOSED
    resting = rest_until is not None and now < rest_until
    return Breaker.OPEN if resting else Breaker.HALF_OPEN
