"""/trainings: what a person learnt, where, and since when it counts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.api.mentorings import EvidenceWriter, check_attestor
from services.registry.api.people import PeopleReader
from services.registry.api.problems import PROBLEMS
from services.registry.db import people, trainings
from services.registry.db.people import PersonNotFound
from services.registry.db.trainings import TrainingNotFound
from services.registry.domain import training
from services.registry.domain.person import AttestationByKin, SelfAttestation
from services.registry.domain.training import (
    CompletedInTheFuture,
    CompletionUndated,
    TrainingEvent,
    TrainingStatus,
    TrainingTopic,
)
from services.registry.domain.transition import IllegalTransition
from shared.auth import Forbidden
from shared.clock import WIB, Now
from shared.edge import Once, Read, router
from shared.etag import etag
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import Day, In, Instant, Out, Text

routes = router("/trainings", tags=["evidence"])


class TrainingNew(In):
    """Who enrols, in what, and who gives the training."""

    person_id: UUID
    topic: TrainingTopic
    title: Text
    provider: Text


class TrainingStep(In):
    """One step of a place in a training. `complete`, and only it, takes `completed_on`."""

    event: TrainingEvent
    completed_on: Day | None = None


class TrainingOut(Out):
    """A place in a training as it stands."""

    id: UUID
    person_id: UUID
    topic: TrainingTopic
    title: str
    provider: str
    status: TrainingStatus
    completed_on: Day | None
    version: int
    created_at: Instant
    changed_at: Instant


def _event(kind: str, id: UUID, version: int, now: datetime) -> Event:
    return Event(kind=f"training.{kind}", subject_id=id, version=version, occurred_at=now)


@routes.post(
    "",
    status_code=201,
    response_model=TrainingOut,
    responses=PROBLEMS.openapi(PersonNotFound, IdempotencyKeyMissing, IdempotencyKeyReused),
    operation_id="enrol_in_training",
)
async def enrol_in_training(
    caller: EvidenceWriter, unit: Once, now: Now, new: TrainingNew
) -> Response:
    """Enrol a person. It counts as evidence once it is completed."""
    await people.hold(unit, caller, new.person_id)
    id = new_id()
    values = {
        "id": id,
        **dict(new),
        "status": TrainingStatus.ENROLLED,
        "completed_on": None,
        "recorded_by": caller.id,
        "version": 1,
        "created_at": now,
        "changed_at": now,
    }
    body = await trainings.add(unit, values)
    unit.record(_event("enrolled", id, 1, now))
    headers = {"etag": etag(1), "location": f"/trainings/{id}"}
    return Response(body, 201, headers, media_type="application/json")


@routes.get(
    "",
    response_model=page_model(TrainingOut),
    responses=PROBLEMS.openapi(PersonNotFound, CursorInvalid),
    operation_id="list_trainings",
)
async def list_trainings(
    caller: PeopleReader,
    db: Read,
    paging: Page,
    person_id: Annotated[UUID, Query(description="Who learns")],
) -> Response:
    """List a person's trainings, in the order of enrolment."""
    page = await people.page_under(db, trainings.PAGES, caller, person_id, paging)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=TrainingOut,
    responses=PROBLEMS.openapi(TrainingNotFound),
    operation_id="get_training",
)
async def get_training(caller: PeopleReader, db: Read, id: UUID) -> Response:
    """Show one place in a training."""
    row = await trainings.get(db, caller, id)
    return Response(
        row["body"], headers={"etag": etag(row["version"])}, media_type="application/json"
    )


@routes.post(
    "/{id}/steps",
    response_model=TrainingOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        TrainingNotFound,
        SelfAttestation,
        AttestationByKin,
        IllegalTransition,
        CompletionUndated,
        CompletedInTheFuture,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="move_training",
)
async def move_training(
    caller: EvidenceWriter, unit: Once, now: Now, id: UUID, step: TrainingStep
) -> Response:
    """Start, complete, fail or drop a place in a training.

    How it ended counts for financing. It is recorded by an officer of a cooperative, a ministry
    or a service: not by the application of the person, nor by an officer on themselves or a
    relative.
    """
    today = now.astimezone(WIB).date()
    completed_on = training.completion(step.event, step.completed_on, on=today)
    row = await trainings.lock(unit, caller, id)
    if step.event in training.ATTESTED:
        await check_attestor(unit, caller, row["person_id"])
    status = training.advance(TrainingStatus(row["status"]), step.event)
    kept = await trainings.move(unit, id, status, completed_on=completed_on, now=now)
    unit.record(_event(step.event, id, kept["version"], now))
    return Response(
        kept["body"], headers={"etag": etag(kept["version"])}, media_type="application/json"
    )
