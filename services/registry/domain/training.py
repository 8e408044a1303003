"""The life of one person's place in a training, from enrolment to completion."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from services.registry.domain.transition import step


class TrainingStatus(StrEnum):
    """Where a place in a training stands."""

    ENROLLED = "enrolled"
    ATTENDING = "attending"
    COMPLETED = "completed"
    FAILED = "failed"
    DROPPED = "dropped"


class TrainingEvent(StrEnum):
    """What may happen to a place in a training."""

    START = "start"
    COMPLETE = "complete"
    FAIL = "fail"
    DROP = "drop"


TRANSITIONS: Mapping[TrainingStatus, Mapping[TrainingEvent, TrainingStatus]] = MappingProxyType(
    {
        TrainingStatus.ENROLLED: {
            TrainingEvent.START: TrainingStatus.ATTENDING,
            TrainingEvent.DROP: TrainingStatus.DROPPED,
        },
        TrainingStatus.ATTENDING: {
            TrainingEvent.COMPLETE: TrainingStatus.COMPLETED,
            TrainingEvent.FAIL: TrainingStatus.FAILED,
            TrainingEvent.DROP: TrainingStatus.DROPPED,
        },
        TrainingStatus.COMPLETED: {},
        TrainingStatus.FAILED: {},
        TrainingStatus.DROPPED: {},
    }
)


class TrainingTopic(StrEnum):
    """What a training is about. The first is what a lender's rule asks for."""

    ENTREPRENEURSHIP = "entrepreneurship"
    FINANCIAL_LITERACY = "financial_literacy"
    COOPERATIVE = "cooperative"
    VOCATIONAL = "vocational"


ATTESTED = frozenset({TrainingEvent.COMPLETE, TrainingEvent.FAIL})
"""What somebody else than the learner must tell: a lender's rule rests on it."""


def advance(status: TrainingStatus, event: TrainingEvent) -> TrainingStatus:
    """Return the status that `event` leads to, or raise `IllegalTransition`."""
    return step("training", TRANSITIONS, status, event)


def allowed(status: TrainingStatus) -> frozenset[TrainingEvent]:
    """Return the events that may happen next; empty when the story is over."""
    return frozenset(TRANSITIONS[status])


class CompletionUndated(Exception):
    """A completion carries the day on which it happened, and no other step does."""


class CompletedInTheFuture(Exception):
    """A training is completed on a day that has come."""


def completion(event: TrainingEvent, completed_on: date | None, *, on: date) -> date | None:
    """Return the day of completion that `event` gives a training; None for other events.

    Raises `CompletionUndated`, or `CompletedInTheFuture` when the day is after `on`.
    """
    if (event is TrainingEvent.COMPLETE) != (completed_on is not None):
        raise CompletionUndated("`completed_on` belongs to `complete`, and to no other step")
    if completed_on is not None and completed_on > on:
        raise CompletedInTheFuture("the day of completion is still to come")
    return completed_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One person's place in one training; `completed_on` is set once it is completed."""

    id: UUID
    topic: TrainingTopic
    status: TrainingStatus
    completed_on: date | None = None
