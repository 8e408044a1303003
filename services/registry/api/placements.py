"""/people/{id}/placements: the stays abroad, as the person tells them."""

from datetime import datetime
from uuid import UUID

from fastapi import Response

from services.registry.api.people import (
    PeopleReader,
    PeopleWriter,
    PersonOut,
    answer,
    event,
)
from services.registry.api.problems import PROBLEMS
from services.registry.db import people, placements
from services.registry.db.people import PersonNotFound
from services.registry.db.placements import PlacementNotFound
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
from shared.db import Row, Unit
from shared.edge import Once, Read, Write, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
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
    _must_agree(new, row, now)
    values = {"id": new_id(), "person_id": id, "created_at": now, **dict(new)}
    body = await placements.add(unit, values)
    await _touched(unit, row, "placement_recorded", now)
    return Response(body, 201, media_type="application/json")


@routes.put(
    "/{placement_id}",
    response_model=PlacementOut,
    responses=PROBLEMS.openapi(
        PersonNotFound, PlacementNotFound, PreconditionMissing, PreconditionFailed, Contradictory
    ),
    operation_id="correct_placement",
)
async def correct_placement(
    caller: PeopleWriter,
    unit: Write,
    now: Now,
    seen: IfMatch,
    id: UUID,
    placement_id: UUID,
    told: PlacementNew,
) -> Response:
    """Tell a recorded stay anew, as a whole. If-Match carries the ETag of the person."""
    row = await people.lock(unit, caller, id)
    must_match(seen, row["version"])
    _must_agree(told, row, now)
    body = await placements.correct(unit, id, placement_id, dict(told))
    kept = await _touched(unit, row, "placement_corrected", now)
    return Response(body, headers={"etag": etag(kept["version"])}, media_type="application/json")


@routes.delete(
    "/{placement_id}",
    response_model=PersonOut,
    responses=PROBLEMS.openapi(
        PersonNotFound, PlacementNotFound, PreconditionMissing, PreconditionFailed
    ),
    operation_id="withdraw_placement",
)
async def withdraw_placement(
    caller: PeopleWriter, unit: Write, now: Now, seen: IfMatch, id: UUID, placement_id: UUID
) -> Response:
    """Withdraw a stay that was recorded by mistake. If-Match carries the ETag of the person."""
    row = await people.lock(unit, caller, id)
    must_match(seen, row["version"])
    await placements.withdraw(unit, id, placement_id)
    return answer(await _touched(unit, row, "placement_withdrawn", now))


def _must_agree(told: PlacementNew, row: Row, now: datetime) -> None:
    today = now.astimezone(WIB).date()
    stay = Placement(**dict(told))
    must_agree(contradictions(stay, on=today, birth_date=row["birth_date"]))


async def _touched(unit: Unit, row: Row, kind: str, now: datetime) -> Row:
    kept = await people.touch(unit, row, now=now)
    unit.record(event(kind, row["id"], kept["version"], now))
    return kept


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
