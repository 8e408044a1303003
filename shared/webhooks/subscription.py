"""What an endpoint can be, which events it wants, and when a call is tried again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class EndpointStatus(StrEnum):
    """Where an endpoint stands; events go to an active one alone."""

    UNVERIFIED = "unverified"
    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    GONE = "gone"


class EndpointEvent(StrEnum):
    """What happens to an endpoint: by its owner, by what it answers, or by its silence."""

    VERIFY = "verify"
    MOVE = "move"
    PAUSE = "pause"
    RESUME = "resume"
    SUSPEND = "suspend"
    LEAVE = "leave"


class DeliveryStatus(StrEnum):
    """Where one event stands on its way to one endpoint."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class CallOutcome(StrEnum):
    """What came of one call. Of the answer nothing else but its status is kept."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    GONE = "gone"
    NO_CONNECTION = "no_connection"
    NO_ANSWER = "no_answer"
    ADDRESS_REFUSED = "address_refused"
    CHALLENGE_NOT_ANSWERED = "challenge_not_answered"
    SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105 (a word of the contract)


_S, _E = EndpointStatus, EndpointEvent
TRANSITIONS: Final[Mapping[EndpointStatus, Mapping[EndpointEvent, EndpointStatus]]] = {
    _S.UNVERIFIED: {_E.VERIFY: _S.ACTIVE, _E.MOVE: _S.UNVERIFIED},
    _S.ACTIVE: {
        _E.PAUSE: _S.PAUSED,
        _E.SUSPEND: _S.SUSPENDED,
        _E.LEAVE: _S.GONE,
        _E.MOVE: _S.UNVERIFIED,
    },
    _S.PAUSED: {_E.RESUME: _S.ACTIVE, _E.MOVE: _S.UNVERIFIED},
    # Who was silent for days, or said to be gone, shows first that it is there.
    _S.SUSPENDED: {_E.RESUME: _S.UNVERIFIED, _E.MOVE: _S.UNVERIFIED},
    _S.GONE: {_E.RESUME: _S.UNVERIFIED, _E.MOVE: _S.UNVERIFIED},
}

ENDPOINTS_MAX: Final = 10
"""How many endpoints a caller may have."""
AT_ONCE: Final = 4
"""How many calls an endpoint gets at the same time, whatever the number of workers."""
WAITING_MAX: Final = 1_000
"""How many deliveries may wait for an endpoint; beyond it the feed itself is the queue."""

LEASE: Final = timedelta(seconds=30)
"""How long a worker may hold a delivery; longer than a call's total deadline."""
TRY_FOR: Final = timedelta(hours=72)
"""How long a delivery is tried, from its first call on; then it has failed."""
CHALLENGE_FOR: Final = timedelta(hours=24)
"""How long a challenge is repeated."""
OLD_SECRET_FOR: Final = timedelta(hours=24)
"""How long the old secret signs beside the new one."""
KEPT: Final = timedelta(days=30)
"""How long a delivery that has ended can be seen and sent again."""

WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=18),
)
"""The waits between calls, each spread by a quarter; the last is repeated."""
RESTS_FROM: Final = 5
"""So many calls that failed in a row, and the endpoint rests as a whole."""
REST: Final = timedelta(minutes=5)


class IllegalEndpointStep(Exception):
    """The endpoint cannot take this step from where it stands."""

    def __init__(self, status: EndpointStatus, event: EndpointEvent) -> None:
        self.members = {"status": status, "allowed": sorted(TRANSITIONS[status])}
        super().__init__(f"An endpoint that is {status} cannot {event}.")


def advance(status: EndpointStatus, event: EndpointEvent) -> EndpointStatus:
    """Return the status after an event; raises `IllegalEndpointStep`."""
    after = TRANSITIONS[status].get(event)
    if after is None:
        raise IllegalEndpointStep(status, event)
    return after


def wants(kinds: Sequence[str], kind: str) -> bool:
    """Tell whether an endpoint that asked for these kinds wants this one.

    `*` is every kind, `application.*` every kind that begins so, anything else itself.
    """
    return any(
        one in {"*", kind} or (one.endswith(".*") and kind.startswith(one[:-1])) for one in kinds
    )


def next_call(
    calls: int, *, first_at: datetime, now: datetime, seed: int, within: timedelta = TRY_FOR
) -> datetime | None:
    """Return when to call again after so many calls that failed (1 or more); None: give up.

    The last call comes exactly `within` after the first. `seed` spreads the waits, so that a
    receiver that comes back is not met by everything at once.
    """
    end = first_at + within
    if now >= end:
        return None
    wait = WAITS[min(calls, len(WAITS)) - 1]
    spread_permille = 750 + (seed + calls * 2_654_435_761) % 501
    return min(now + wait * spread_permille // 1000, end)


def challenge_at(sent_at: datetime | None, *, now: datetime) -> datetime:
    """Return when an endpoint may be challenged: not while the challenge before is under way.

    However often its owner moves it, an endpoint has one challenge at a time.
    """
    return now if sent_at is None else max(now, sent_at + LEASE)


def room(*, failures: int, in_flight: int) -> int:
    """Return how many calls an endpoint may get now; one that fails gets a single probe."""
    return max(0, (1 if failures else AT_ONCE) - in_flight)


def rest_until(failures: int, *, now: datetime) -> datetime | None:
    """Return until when an endpoint rests after so many failures in a row, if it does."""
    return now + REST if failures >= RESTS_FROM else None


def silent_too_long(failing_since: datetime, *, now: datetime) -> bool:
    """Tell whether an endpoint has failed for so long that it is suspended."""
    return now - failing_since >= TRY_FOR
