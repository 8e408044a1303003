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


def advance(status: TrainingStatus, event: TrainingEvent) -> TrainingStatus:
    """Return the status that `event` leads to, or raise `IllegalTransition`."""
    return step("training", TRANSITIONS, status, event)


def allowed(status: TrainingStatus) -> frozenset[TrainingEvent]:
    """Return the events that may happen next; empty when the story is over."""
    return frozenset(TRANSITIONS[status])


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One person's place in one training; `completed_on` is set once it is completed."""

    id: UUID
    topic: TrainingTopic
    status: TrainingStatus
    completed_on: date | None = None
