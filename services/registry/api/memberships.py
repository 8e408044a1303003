"""/memberships: who applied to which cooperative, and how its officers decided."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from services.registry.api.problems import PROBLEMS
from services.registry.db import cooperatives, kinship, memberships, officers, people
from services.registry.db.cooperatives import CooperativeNotFound
from services.registry.db.memberships import MembershipLives, MembershipNotFound
from services.registry.db.people import PersonNotFound
from services.registry.domain import membership
from services.registry.domain.cooperative import CooperativeKind, CooperativeStatus
from services.registry.domain.membership import (
    ApplicantDeceased,
    CloseRelative,
    Event,
    NotAdmissible,
    NotAdmitting,
    NotAnOfficer,
    NotTheirs,
    OwnMembership,
    Party,
    Status,
)
from services.registry.domain.person import MigrationStatus
from services.registry.domain.transition import IllegalTransition
from shared.auth import Caller, Forbidden, Kind, requires
from shared.clock import WIB, Now
from shared.db import Row, Unit
from shared.edge import Once, Read, router
from shared.etag import etag
from shared.events import Event as Change
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import In, Instant, LongText, Out

routes = router("/memberships", tags=["memberships"])
MembershipsReader = Annotated[Caller, requires("memberships:read")]
Applicant = Annotated[
    Caller,
    requires(
        "memberships:write", kinds=(Kind.MOBILE_BACKEND, Kind.COOPERATIVE_OFFICER, Kind.SERVICE)
    ),
]
Mover = Annotated[
    Caller,
    requires("memberships:write", kinds=(Kind.MOBILE_BACKEND, Kind.COOPERATIVE_OFFICER)),
]
APPLY = "apply"


class MembershipNew(In):
    """Who applies, and where."""

    person_id: UUID
    cooperative_id: UUID


class MembershipStep(In):
    """One step of a membership. The reason is told to the member."""

    event: Event
    reason: LongText | None = None


class MembershipOut(Out):
    """A membership as it stands."""

    id: UUID
    person_id: UUID
    cooperative_id: UUID
    status: Status
    version: int
    created_at: Instant
    changed_at: Instant


class StepOut(Out):
    """One step: `apply` or an event, where it led, and the officer who decided, if one did."""

    event: str
    status: Status
    officer_id: UUID | None
    reason: str | None
    at: Instant


class MembershipStory(MembershipOut):
    """A membership and every step that led to where it stands."""

    steps: list[StepOut]


def _step(
    id: UUID,
    event: str,
    status: Status,
    *,
    caller: Caller,
    now: datetime,
    officer_id: UUID | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "membership_id": id,
        "event": event,
        "status": status,
        "caller_id": caller.id,
        "officer_id": officer_id,
        "reason": reason,
        "at": now,
    }


@routes.post(
    "",
    status_code=201,
    response_model=MembershipOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        PersonNotFound,
        CooperativeNotFound,
        NotAdmitting,
        ApplicantDeceased,
        NotAdmissible,
        MembershipLives,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="apply_for_membership",
)
async def apply_for_membership(
    caller: Applicant, unit: Once, now: Now, new: MembershipNew
) -> Response:
    """Apply for membership. A refusal names every reason, its source and how sure we are."""
    await _check_admission(unit, caller, new.person_id, new.cooperative_id)
    id = new_id()
    values = {
        "id": id,
        **dict(new),
        "status": Status.APPLIED,
        "version": 1,
        "created_at": now,
        "changed_at": now,
    }
    body = await memberships.add(unit, values)
    await memberships.add_step(unit, _step(id, APPLY, Status.APPLIED, caller=caller, now=now))
    unit.record(Change(kind="membership.applied", subject_id=id, version=1, occurred_at=now))
    headers = {"etag": etag(1), "location": f"/memberships/{id}"}
    return Response(body, 201, headers, media_type="application/json")


@routes.get(
    "",
    response_model=page_model(MembershipOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_memberships",
)
async def list_memberships(
    caller: MembershipsReader,
    db: Read,
    paging: Page,
    person_id: Annotated[UUID | None, Query(description="Only this person's")] = None,
    cooperative_id: Annotated[UUID | None, Query(description="Only this cooperative's")] = None,
) -> Response:
    """List the memberships that the caller may see, in the order of application."""
    page = await memberships.page(
        db, caller, paging, person_id=person_id, cooperative_id=cooperative_id
    )
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=MembershipStory,
    responses=PROBLEMS.openapi(MembershipNotFound),
    operation_id="get_membership",
)
async def get_membership(caller: MembershipsReader, db: Read, id: UUID) -> Response:
    """Show one membership with every step."""
    row = await memberships.get(db, caller, id)
    return Response(
        row["body"], headers={"etag": etag(row["version"])}, media_type="application/json"
    )


@routes.post(
    "/{id}/steps",
    response_model=MembershipOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        MembershipNotFound,
        NotTheirs,
        NotAnOfficer,
        OwnMembership,
        CloseRelative,
        IllegalTransition,
        NotAdmitting,
        ApplicantDeceased,
        NotAdmissible,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="move_membership",
)
async def move_membership(
    caller: Mover, unit: Once, now: Now, id: UUID, step: MembershipStep
) -> Response:
    """Take one step: the cooperative's officers decide, the member's app resigns.

    The officer is the person behind the calling client, must hold a seat today, and decides
    neither on themselves nor on a first-degree relative. What the rules of admission asked at the
    application they ask again at the approval, because much may have changed in between.
    """
    row = await memberships.lock(unit, caller, id)
    officer_id = await _mover(unit, caller, row, step.event, now)
    status = membership.advance(Status(row["status"]), step.event)
    if step.event is Event.APPROVE:
        await _check_admission(unit, caller, row["person_id"], row["cooperative_id"])
    kept = await memberships.move(unit, id, status, now=now)
    taken = _step(
        id,
        step.event,
        status,
        caller=caller,
        now=now,
        officer_id=officer_id,
        reason=step.reason,
    )
    await memberships.add_step(unit, taken)
    unit.record(
        Change(
            kind=f"membership.{step.event}",
            subject_id=id,
            version=kept["version"],
            occurred_at=now,
        )
    )
    return Response(
        kept["body"], headers={"etag": etag(kept["version"])}, media_type="application/json"
    )


async def _check_admission(
    unit: Unit, caller: Caller, person_id: UUID, cooperative_id: UUID
) -> None:
    """Hold both as they are and ask the rules of admission."""
    who = await people.hold(unit, caller, person_id)
    where = await cooperatives.hold(unit, cooperative_id)
    membership.check_admission(
        CooperativeKind(where["kind"]),
        CooperativeStatus(where["status"]),
        applicant=MigrationStatus(who["migration_status"]),
        ktp_village_code=who["ktp_village_code"],
        village_codes=await cooperatives.village_codes(unit, cooperative_id),
    )


async def _mover(unit: Unit, caller: Caller, row: Row, event: Event, now: datetime) -> UUID | None:
    """Return the officer who decides, None where the member does; refuse everybody else."""
    if caller.kind is Kind.MOBILE_BACKEND:
        membership.check_party(event, Party.MEMBER)
        return None
    membership.check_party(event, Party.OFFICER)
    if caller.cooperative_id != row["cooperative_id"]:
        raise NotAnOfficer("the client stands for another cooperative")
    seats = await officers.of_cooperative(unit, row["cooperative_id"])
    officer = membership.serving_officer(caller.person_id, seats, on=now.astimezone(WIB).date())
    membership.check_officer(
        officer=officer,
        member=row["person_id"],
        officer_kin=await kinship.kin(unit, officer),
    )
    return officer
