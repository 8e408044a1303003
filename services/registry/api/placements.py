"""/people/{id}/placements: the stays abroad, as the person tells them."""

from uuid import UUID

from fastapi import Response

from services.registry.api.people import PeopleReader, PeopleWriter
from services.registry.api.problems import PROBLEMS
from services.registry.db import people, placements
from services.registry.db.people import PersonNotFound
from services.registry.domain.person import (
    EmployerKind,
    Placement,
    PlacementSector,
    ReturnReason,
    Scheme,
    contradictions,
)
from services.registry.domain.source import Contradictory, must_agree
from shared.clock import WIB, Now
from shared.edge import Once, Read, router
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import CountryCode, Day, In, Instant, Out, Text

routes = router("/people/{id}/placements", tags=["people"])


class PlacementNew(In):
    """One stay abroad for work. Without papers, the country alone is enough."""

    country: CountryCode
    sector: PlacementSector | None = None
    employer_kind: EmployerKind | None = None
    scheme: Scheme | None = None
    occupation: Text | None = None
    contract_from: Day | None = None
    contract_until: Day | None = None
    departed_on: Day | None = None
    returned_on: Day | None = None
    return_reason: ReturnReason | None = None


class PlacementOut(Out):
    """One stay abroad as it is recorded."""

    id: UUID
    person_id: UUID
    country: str
    sector: PlacementSector | None
    employer_kind: EmployerKind | None
    scheme: Scheme | None
    occupation: str | None
    contract_from: Day | None
    contract_until: Day | None
    departed_on: Day | None
    returned_on: Day | None
    return_reason: ReturnReason | None
    created_at: Instant


@routes.post(
    "",
    status_code=201,
    response_model=PlacementOut,
    responses=PROBLEMS.openapi(
        PersonNotFound, Contradictory, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="record_placement",
)
async def record_placement(
    caller: PeopleWriter, unit: Once, now: Now, id: UUID, new: PlacementNew
) -> Response:
    """Record a stay abroad. Dates that cannot be true together are refused, each by name."""
    row = await people.lock(unit, caller, id)
    told = Placement(**dict(new))
    today = now.astimezone(WIB).date()
    must_agree(contradictions(told, on=today, birth_date=row["birth_date"]))
    values = {"id": new_id(), "person_id": id, "created_at": now, **dict(new)}
    body = await placements.add(unit, values)
    kept = await people.touch(unit, row, now=now)
    unit.record(
        Event(
            kind="person.placement_recorded",
            subject_id=id,
            version=kept["version"],
            occurred_at=now,
        )
    )
    return Response(body, 201, media_type="application/json")


@routes.get(
    "",
    response_model=page_model(PlacementOut),
    responses=PROBLEMS.openapi(PersonNotFound, CursorInvalid),
    operation_id="list_placements",
)
async def list_placements(caller: PeopleReader, db: Read, paging: Page, id: UUID) -> Response:
    """List a person's stays abroad, in the order in which they were recorded."""
    page = await people.page_under(db, placements.PAGES, caller, id, paging)
    return Response(page_json(page, paging), media_type="application/json")
