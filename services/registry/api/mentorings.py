"""/mentorings: who is mentored by whom, and since when it counts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.api.people import PeopleReader
from services.registry.api.problems import PROBLEMS
from services.registry.db import cooperatives, kinship, mentorings, people
from services.registry.db.cooperatives import CooperativeNotFound
from services.registry.db.mentorings import MentoringNotFound
from services.registry.db.people import PersonNotFound
from services.registry.domain import mentoring, person
from services.registry.domain.mentoring import (
    Mentoring,
    MentoringEvent,
    MentoringStatus,
    OwnMentor,
)
from services.registry.domain.person import AttestationByKin, SelfAttestation
from services.registry.domain.transition import IllegalTransition
from shared.auth import Caller, Forbidden, Kind, requires
from shared.clock import WIB, Now
from shared.db import Unit
from shared.edge import Once, Read, router
from shared.etag import etag
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import Day, In, Instant, Out

routes = router("/mentorings", tags=["evidence"])
EvidenceWriter = Annotated[Caller, requires("evidence:write")]
ATTESTORS = frozenset({Kind.COOPERATIVE_OFFICER, Kind.MINISTRY_ANALYST, Kind.SERVICE})


class MentoringNew(In):
    """Who is mentored, by whom, and for which cooperative, if for one."""

    person_id: UUID
    mentor_id: UUID
    cooperative_id: UUID | None = None


class MentoringStep(In):
    """One step of a mentoring. It is dated on the day on which it is recorded."""

    event: MentoringEvent


class MentoringOut(Out):
    """A mentoring as it stands."""

    id: UUID
    person_id: UUID
    mentor_id: UUID
    cooperative_id: UUID | None
    status: MentoringStatus
    started_on: Day | None
    ended_on: Day | None
    version: int
    created_at: Instant
    changed_at: Instant


async def check_attestor(unit: Unit, caller: Caller, subject: UUID) -> None:
    """Refuse whoever may not tell what a lender's rule will rest on.

    That is the application of the person themselves, and the officer who is this person or a
    first-degree relative.
    """
    if caller.kind not in ATTESTORS:
        raise Forbidden("An officer of a cooperative, a ministry or a service records this.")
    if caller.person_id is not None:
        kin = await kinship.kin(unit, subject)
        person.check_attestor(caller.person_id, subject=subject, kin=kin)


def _event(kind: str, id: UUID, version: int, now: datetime) -> Event:
    return Event(kind=f"mentoring.{kind}", subject_id=id, version=version, occurred_at=now)


@routes.post(
    "",
    status_code=201,
    response_model=MentoringOut,
    responses=PROBLEMS.openapi(
        PersonNotFound,
        CooperativeNotFound,
        OwnMentor,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="propose_mentoring",
)
async def propose_mentoring(
    caller: EvidenceWriter, unit: Once, now: Now, new: MentoringNew
) -> Response:
    """Propose a mentor. It counts as evidence once it has started."""
    mentoring.check_mentor(mentor=new.mentor_id, mentee=new.person_id)
    # The smaller id first, as everywhere that two people are held at once.
    for one in sorted((new.person_id, new.mentor_id)):
        await people.hold(unit, caller, one)
    if new.cooperative_id is not None:
        await cooperatives.hold(unit, new.cooperative_id)
    id = new_id()
    values = {
        "id": id,
        **dict(new),
        "status": MentoringStatus.PROPOSED,
        "started_on": None,
        "ended_on": None,
        "recorded_by": caller.id,
        "version": 1,
        "created_at": now,
        "changed_at": now,
    }
    body = await mentorings.add(unit, values)
    unit.record(_event("proposed", id, 1, now))
    headers = {"etag": etag(1), "location": f"/mentorings/{id}"}
    return Response(body, 201, headers, media_type="application/json")


@routes.get(
    "",
    response_model=page_model(MentoringOut),
    responses=PROBLEMS.openapi(PersonNotFound, CursorInvalid),
    operation_id="list_mentorings",
)
async def list_mentorings(
    caller: PeopleReader,
    db: Read,
    paging: Page,
    person_id: Annotated[UUID, Query(description="Who is mentored")],
) -> Response:
    """List a person's mentorings, in the order in which they were proposed."""
    page = await people.page_under(db, mentorings.PAGES, caller, person_id, paging)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=MentoringOut,
    responses=PROBLEMS.openapi(MentoringNotFound),
    operation_id="get_mentoring",
)
async def get_mentoring(caller: PeopleReader, db: Read, id: UUID) -> Response:
    """Show one mentoring."""
    row = await mentorings.get(db, caller, id)
    return Response(
        row["body"], headers={"etag": etag(row["version"])}, media_type="application/json"
    )


@routes.post(
    "/{id}/steps",
    response_model=MentoringOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        MentoringNotFound,
        SelfAttestation,
        AttestationByKin,
        IllegalTransition,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="move_mentoring",
)
async def move_mentoring(
    caller: EvidenceWriter, unit: Once, now: Now, id: UUID, step: MentoringStep
) -> Response:
    """Start, complete or stop a mentoring.

    From its start it counts for financing. Start and end are recorded by an officer of the
    cooperative that it is for or that the person belongs to, by a ministry or a service: not by
    the application of the person, nor by an officer on themselves or a relative.
    """
    row = await mentorings.lock(unit, caller, id)
    if step.event in mentoring.ATTESTED:
        await check_attestor(unit, caller, row["person_id"])
    moved = mentoring.moved(
        Mentoring(
            id=id,
            status=MentoringStatus(row["status"]),
            started_on=row["started_on"],
            ended_on=row["ended_on"],
        ),
        step.event,
        on=now.astimezone(WIB).date(),
    )
    kept = await mentorings.move(unit, moved, now=now)
    unit.record(_event(step.event, id, kept["version"], now))
    return Response(
        kept["body"], headers={"etag": etag(kept["version"])}, media_type="application/json"
    )
