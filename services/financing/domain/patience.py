"""How long to wait before a lender is asked again, how long a claim holds, when to give up."""

from datetime import datetime, timedelta

ATTEMPTS_MAX = 8
WAIT_FIRST = timedelta(seconds=30)
WAIT_MAX = timedelta(hours=1)

INQUIRIES_MAX = 24
INQUIRY_FIRST = timedelta(seconds=5)
INQUIRY_MAX = timedelta(hours=4)

LEASE = timedelta(seconds=60)
"""How long a worker may hold a submission; longer than a call's total deadline."""


def wait_after(attempts: int, *, seed: int) -> timedelta | None:
    """Return the wait after so many failed sendings (1 or more); None means give up.

    `seed`, usually the submission's id, spreads the waits by a quarter so that a lender that
    comes back is not met by everybody at once; the same seed always waits the same.
    """
    return _wait(attempts, ATTEMPTS_MAX, WAIT_FIRST, WAIT_MAX, seed)


def inquire_after(inquiries: int, *, seed: int) -> timedelta | None:
    """Return the wait after so many questions about an unknown outcome; None: ask a person."""
    return _wait(inquiries, INQUIRIES_MAX, INQUIRY_FIRST, INQUIRY_MAX, seed)


def lease_until(now: datetime) -> datetime:
    """Return when a claim made `now` may be taken over by another worker."""
    return now + LEASE


def _wait(
    attempts: int, attempts_max: int, first: timedelta, longest: timedelta, seed: int
) -> timedelta | None:
    if attempts < 1:
        msg = "a wait follows at least one attempt"
        raise ValueError(msg)
    if attempts >= attempts_max:
        return None
    doubled = min(first * 2 ** (attempts - 1), longest)
    spread_permille = 750 + (seed + attempts * 2_654_435_761) % 501
    return doubled * spread_permille / 1000
