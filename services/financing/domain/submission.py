"""
One application on its way to one lender: our own acts, and what a lender's reports add up to.

Our acts are advanced through `TRANSITIONS`. A lender's reports come late, twice and out of
order, so they are kept as a set and settled: the set decides, never the order.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Stage(StrEnum):
    """What a lender says of a submission. The LPDB names its own stages; the others use fewer."""

    RECEIVED = "received"
    KOMITE = "komite"
    MKP = "mkp"
    SP3 = "sp3"
    APPROVED = "approved"
    AKAD = "akad"
    DISBURSED = "disbursed"
    REPAID = "repaid"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Status(StrEnum):
    """Where a submission stands."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    RECEIVED = "received"
    APPROVED = "approved"
    AKAD = "akad"
    DISBURSED = "disbursed"
    REPAID = "repaid"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Event(StrEnum):
    """What may happen to a submission: claimed, put back, lost sight of, or answered."""

    CLAIM = "claim"
    PUT_BACK = "put_back"
    LOSE = "lose"
    RECEIVE = "receive"
    APPROVE = "approve"
    SIGN = "sign"
    DISBURSE = "disburse"
    REPAY = "repay"
    REFUSE = "refuse"
    CANCEL = "cancel"
    FAIL = "fail"


class IllegalTransition(Exception):
    """The submission cannot take this step from where it stands."""

    def __init__(self, status: Status, event: Event) -> None:
        self.status, self.event = status, event
        super().__init__(f"cannot {event} a submission that is {status}")


# What a lender may report of a submission that it has; a stage may be skipped.
_REPORTS: Mapping[Event, Status] = {
    Event.RECEIVE: Status.RECEIVED,
    Event.APPROVE: Status.APPROVED,
    Event.SIGN: Status.AKAD,
    Event.DISBURSE: Status.DISBURSED,
    Event.REPAY: Status.REPAID,
    Event.REFUSE: Status.REFUSED,
    Event.CANCEL: Status.CANCELLED,
}

TRANSITIONS: Mapping[Status, Mapping[Event, Status]] = MappingProxyType(
    {
        Status.QUEUED: {
            Event.CLAIM: Status.SENDING,
            Event.CANCEL: Status.CANCELLED,
            Event.FAIL: Status.FAILED,
        },
        Status.SENDING: {
            **_REPORTS,
            Event.PUT_BACK: Status.QUEUED,
            Event.LOSE: Status.UNKNOWN,
            Event.FAIL: Status.FAILED,
        },
        # Only the lender's word that it has never seen the submission puts it back or fails it.
        Status.UNKNOWN: {
            **_REPORTS,
            Event.PUT_BACK: Status.QUEUED,
            Event.FAIL: Status.FAILED,
        },
        Status.RECEIVED: {
            Event.APPROVE: Status.APPROVED,
            Event.SIGN: Status.AKAD,
            Event.DISBURSE: Status.DISBURSED,
            Event.REPAY: Status.REPAID,
            Event.REFUSE: Status.REFUSED,
            Event.CANCEL: Status.CANCELLED,
        },
        Status.APPROVED: {
            Event.SIGN: Status.AKAD,
            Event.DISBURSE: Status.DISBURSED,
            Event.REPAY: Status.REPAID,
            Event.REFUSE: Status.REFUSED,
            Event.CANCEL: Status.CANCELLED,
        },
        Status.AKAD: {
            Event.DISBURSE: Status.DISBURSED,
            Event.REPAY: Status.REPAID,
        },
        Status.DISBURSED: {Event.REPAY: Status.REPAID},
        Status.REPAID: {},
        Status.REFUSED: {},
        Status.CANCELLED: {},
        Status.FAILED: {},
    }
)


def allowed(status: Status) -> frozenset[Event]:
    """Return what may happen next."""
    return frozenset(TRANSITIONS[status])


def advance(status: Status, event: Event) -> Status:
    """Return the next status. Raises IllegalTransition."""
    try:
        return TRANSITIONS[status][event]
    except KeyError:
        raise IllegalTransition(status, event) from None


AWAITING = frozenset({Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.RECEIVED})
"""The lender has not answered: that it has received a submission is no answer."""


class Settlement(NamedTuple):
    """What a lender's reports amount to; a conflict is for a person to look at."""

    status: Status | None
    conflict: bool


# SP3 is the LPDB's approval in principle; what its committee does before is still "received".
_PROGRESS: tuple[tuple[Stage, Status], ...] = (
    (Stage.REPAID, Status.REPAID),
    (Stage.DISBURSED, Status.DISBURSED),
    (Stage.AKAD, Status.AKAD),
    (Stage.APPROVED, Status.APPROVED),
    (Stage.SP3, Status.APPROVED),
    (Stage.MKP, Status.RECEIVED),
    (Stage.KOMITE, Status.RECEIVED),
    (Stage.RECEIVED, Status.RECEIVED),
)
_BINDING = frozenset({Stage.AKAD, Stage.DISBURSED, Stage.REPAID})
_ENDINGS = frozenset({Stage.REFUSED, Stage.CANCELLED})


def settle(stages: frozenset[Stage]) -> Settlement:
    """
    Return what the set of stages that a lender has ever reported amounts to.

    The furthest stage counts. A refusal or cancellation ends what was not yet bound by an akad;
    together with an akad or later it is a conflict, and the money's side is kept as the status.
    Nothing reported settles nothing: the status is None.
    """
    bound = bool(stages & _BINDING)
    if stages & _ENDINGS and not bound:
        refused = Stage.REFUSED in stages
        return Settlement(Status.REFUSED if refused else Status.CANCELLED, conflict=False)
    for stage, status in _PROGRESS:
        if stage in stages:
            return Settlement(status, conflict=bound and bool(stages & _ENDINGS))
    return Settlement(None, conflict=False)
