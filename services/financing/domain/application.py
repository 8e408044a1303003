"""
The life of an application.

Everything that may happen is a row of `TRANSITIONS`; what is not a row is illegal. A lender's
report may come before the one it follows, so `sent` may become `disbursed` at once. Withdrawal
is possible until the akad. Two people look at two things (`review.py`): a decision that the
applicant contests (`contested`), and a lender that contradicts itself or is silent (`in_review`).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.financing.domain import submission


class Status(StrEnum):
    """Where an application stands."""

    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    ASSESSED = "assessed"
    CONTESTED = "contested"
    WAITING = "waiting"
    ROUTED = "routed"
    SENT = "sent"
    UNKNOWN = "unknown"
    ANSWERED = "answered"
    AKAD = "akad"
    DISBURSED = "disbursed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    INCUBATING = "incubating"
    IN_REVIEW = "in_review"


class Event(StrEnum):
    """What may happen to an application."""

    SUBMIT = "submit"
    ASSESS = "assess"
    CONTEST = "contest"
    WAIT = "wait"
    ROUTE = "route"
    INCUBATE = "incubate"
    SEND = "send"
    LOSE = "lose"
    ANSWER = "answer"
    SIGN = "sign"
    DISBURSE = "disburse"
    CLOSE = "close"
    FALL_BACK = "fall_back"
    REFUSE = "refuse"
    REVIEW = "review"
    WITHDRAW = "withdraw"


class IllegalTransition(Exception):
    """The application cannot take this step from where it stands."""

    def __init__(self, status: Status, event: Event) -> None:
        self.status, self.event = status, event
        super().__init__(f"cannot {event} an application that is {status}")


class NotADraft(Exception):
    """What has been submitted is not changed any more."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"an application that is {status} cannot be changed")


_LENDER_SAYS: Mapping[Event, Status] = {
    Event.SIGN: Status.AKAD,
    Event.DISBURSE: Status.DISBURSED,
    Event.CLOSE: Status.CLOSED,
    Event.REFUSE: Status.REFUSED,
    Event.FALL_BACK: Status.ROUTED,
    Event.WAIT: Status.WAITING,
    Event.REVIEW: Status.IN_REVIEW,
    Event.WITHDRAW: Status.WITHDRAWN,
}

TRANSITIONS: Mapping[Status, Mapping[Event, Status]] = MappingProxyType(
    {
        Status.DRAFTED: {
            Event.SUBMIT: Status.SUBMITTED,
            Event.WITHDRAW: Status.WITHDRAWN,
        },
        Status.SUBMITTED: {
            Event.ASSESS: Status.ASSESSED,
            Event.WITHDRAW: Status.WITHDRAWN,
        },
        Status.ASSESSED: {
            Event.ASSESS: Status.ASSESSED,
            Event.CONTEST: Status.CONTESTED,
            Event.WAIT: Status.WAITING,
            Event.ROUTE: Status.ROUTED,
            Event.INCUBATE: Status.INCUBATING,
            Event.REFUSE: Status.REFUSED,
            Event.WITHDRAW: Status.WITHDRAWN,
        },
        # Overridden, it is assessed again; upheld, it is again what it was.
        Status.CONTESTED: {
            Event.ASSESS: Status.ASSESSED,
            Event.INCUBATE: Status.INCUBATING,
            Event.REFUSE: Status.REFUSED,
            Event.WITHDRAW: Status.WITHDRAWN,
        },
        # For a lender's quota; the lender before it may still say that it has made the loan.
        Status.WAITING: {
            Event.ASSESS: Status.ASSESSED,
            Event.ROUTE: Status.ROUTED,
            Event.REFUSE: Status.REFUSED,
            Event.REVIEW: Status.IN_REVIEW,
            Event.WITHDRAW: Status.WITHDRAWN,
        },
        # The law may change between routing and sending: then it is assessed again. While it
        # waits for the next lender, the one before may say that it has made the loan after all.
        Status.ROUTED: {
            Event.ASSESS: Status.ASSESSED,
            Event.SEND: Status.SENT,
            Event.REFUSE: Status.REFUSED,
            Event.REVIEW: Status.IN_REVIEW,
            Event.WITHDRAW: Status.WITHDRAWN,
        },
        Status.SENT: {
            **_LENDER_SAYS,
            Event.LOSE: Status.UNKNOWN,
            Event.ANSWER: Status.ANSWERED,
        },
        # Another lender is tried only once this one has said that it refuses or never saw it.
        Status.UNKNOWN: {
            **_LENDER_SAYS,
            Event.SEND: Status.SENT,
            Event.ANSWER: Status.ANSWERED,
        },
        Status.ANSWERED: _LENDER_SAYS,
        Status.AKAD: {
            Event.DISBURSE: Status.DISBURSED,
            Event.CLOSE: Status.CLOSED,
            Event.REVIEW: Status.IN_REVIEW,
        },
        Status.DISBURSED: {
            Event.CLOSE: Status.CLOSED,
            Event.REVIEW: Status.IN_REVIEW,
        },
        Status.INCUBATING: {
            Event.ASSESS: Status.ASSESSED,
            Event.CONTEST: Status.CONTESTED,
            Event.REFUSE: Status.REFUSED,
            Event.WITHDRAW: Status.WITHDRAWN,
        },
        Status.IN_REVIEW: {
            Event.SIGN: Status.AKAD,
            Event.DISBURSE: Status.DISBURSED,
            Event.CLOSE: Status.CLOSED,
            Event.REFUSE: Status.REFUSED,
        },
        Status.CLOSED: {},
        Status.WITHDRAWN: {},
        Status.REFUSED: {Event.CONTEST: Status.CONTESTED},
    }
)

REPORTED: Mapping[submission.Status, Event] = MappingProxyType(
    {
        submission.Status.UNKNOWN: Event.LOSE,
        submission.Status.RECEIVED: Event.ANSWER,
        submission.Status.APPROVED: Event.ANSWER,
        submission.Status.AKAD: Event.SIGN,
        submission.Status.DISBURSED: Event.DISBURSE,
        submission.Status.REPAID: Event.CLOSE,
        submission.Status.REFUSED: Event.REFUSE,
        submission.Status.CANCELLED: Event.REFUSE,
        submission.Status.FAILED: Event.REFUSE,
    }
)
"""What a submission's status means to its application; where another leg is left, `FALL_BACK`
takes the place of `REFUSE`, or `WAIT` where its quota is used up; a conflict is always a
`REVIEW`."""


def allowed(status: Status) -> frozenset[Event]:
    """Return what may happen next."""
    return frozenset(TRANSITIONS[status])


def advance(status: Status, event: Event) -> Status:
    """Return the next status. Raises IllegalTransition."""
    try:
        return TRANSITIONS[status][event]
    except KeyError:
        raise IllegalTransition(status, event) from None
