"""
What was learnt here, as financing may count it.

A beginner may ask for KUR super mikro before six months of business when they are being mentored
or were trained in entrepreneurship. This module says which records prove that, and since when.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.registry.domain.mentoring import Mentoring, MentoringStatus
from services.registry.domain.source import Confidence, Source
from services.registry.domain.training import Training, TrainingStatus, TrainingTopic


class ProofKind(StrEnum):
    """What a proof shows of a person."""

    MENTORED = "mentored"
    TRAINED = "trained"


BEGINNER = Source(
    regulation="KUR super mikro",
    provision="under six months of business: in a mentoring programme, or trained in business",
    confidence=Confidence.PRESS,
)

COUNTED_TOPICS = frozenset({TrainingTopic.ENTREPRENEURSHIP})
COUNTED_MENTORING = frozenset({MentoringStatus.RUNNING, MentoringStatus.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One record that counts, and the first day on which it did."""

    kind: ProofKind
    record_id: UUID
    since: date
    source: Source = BEGINNER


def proofs(
    mentorings: Iterable[Mentoring], trainings: Iterable[Training], *, on: date
) -> tuple[Proof, ...]:
    """Return every record that counts `on` a day, the oldest first.

    Mentoring counts from its start, running or completed; a stopped one does not. A training
    counts from its completion, and only in entrepreneurship.
    """
    found = (*_mentored(mentorings, on), *_trained(trainings, on))
    return tuple(sorted(found, key=lambda proof: (proof.since, proof.kind, proof.record_id)))


def _mentored(mentorings: Iterable[Mentoring], on: date) -> Iterator[Proof]:
    for mentoring in mentorings:
        since = mentoring.started_on
        if mentoring.status in COUNTED_MENTORING and since is not None and since <= on:
            yield Proof(kind=ProofKind.MENTORED, record_id=mentoring.id, since=since)


def _trained(trainings: Iterable[Training], on: date) -> Iterator[Proof]:
    for training in trainings:
        since = training.completed_on
        if (
            training.status is TrainingStatus.COMPLETED
            and training.topic in COUNTED_TOPICS
            and since is not None
            and since <= on
        ):
            yield Proof(kind=ProofKind.TRAINED, record_id=training.id, since=since)
