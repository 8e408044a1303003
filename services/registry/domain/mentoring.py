"""The life of a mentoring relation between a mentor and a mentee."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from services.registry.domain.transition import step


class MentoringStatus(StrEnum):
    """Where a mentoring relation stands."""

    PROPOSED = "proposed"
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"


class MentoringEvent(StrEnum):
    """What may happen to a mentoring relation."""

    START = "start"
    COMPLETE = "complete"
    STOP = "stop"


TRANSITIONS: Mapping[MentoringStatus, Mapping[MentoringEvent, MentoringStatus]] = MappingProxyType(
    {
        MentoringStatus.PROPOSED: {
            MentoringEvent.START: MentoringStatus.RUNNING,
            MentoringEvent.STOP: MentoringStatus.STOPPED,
        },
        MentoringStatus.RUNNING: {
            MentoringEvent.COMPLETE: MentoringStatus.COMPLETED,
            MentoringEvent.STOP: MentoringStatus.STOPPED,
        },
        MentoringStatus.COMPLETED: {},
        MentoringStatus.STOPPED: {},
    }
)


class OwnMentor(Exception):
    """Nobody mentors themselves."""


ATTESTED = frozenset({MentoringEvent.START, MentoringEvent.COMPLETE})
"""What somebody else than the mentee must tell: a lender's rule rests on it."""


def advance(status: MentoringStatus, event: MentoringEvent) -> MentoringStatus:
    """Return the status that `event` leads to, or raise `IllegalTransition`."""
    return step("mentoring", TRANSITIONS, status, event)


def allowed(status: MentoringStatus) -> frozenset[MentoringEvent]:
    """Return the events that may happen next; empty when the story is over."""
    return frozenset(TRANSITIONS[status])


def check_mentor(*, mentor: UUID, mentee: UUID) -> None:
    """Raise `OwnMentor` when mentor and mentee are one person."""
    if mentor == mentee:
        raise OwnMentor("a mentor and a mentee are two persons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentoring:
    """One relation as it stands: `started_on` is set from the start on, `ended_on` at its end."""

    id: UUID
    status: MentoringStatus
    started_on: date | None = None
    ended_on: date | None = None


def moved(mentoring: Mentoring, event: MentoringEvent, *, on: date) -> Mentoring:
    """Return the relation after `event` on a day, or raise `IllegalTransition`.

    The day is the one on which the step is recorded: a lender's rule counts from it, so that
    nobody may choose it.
    """
    status = advance(mentoring.status, event)
    if event is MentoringEvent.START:
        return replace(mentoring, status=status, started_on=on)
    return replace(mentoring, status=status, ended_on=on)
