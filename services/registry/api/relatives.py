"""/people/{id}/relatives: who is related to whom to the first degree, by blood or by marriage."""

from uuid import UUID

import orjson
from fastapi import Response

from services.registry.api.people import (
    AUTHORITIES,
    PeopleReader,
    PeopleWriter,
    PersonOut,
    answer,
    event,
)
from services.registry.api.problems import PROBLEMS
from services.registry.db import kinship, people
from services.registry.db.kinship import AlreadyRelatives, NotRelatives
from services.registry.db.people import PersonNotFound
from services.registry.domain.person import OwnRelative, kin_pair
from shared.auth import Forbidden, Kind
from shared.clock import Now
from shared.edge import Once, Read, Write, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, must_match
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import In, Instant, Out

routes = router("/people/{id}/relatives", tags=["people"])


class RelativeNew(In):
    """The other person of the pair. Kinship has no direction."""

    relative_id: UUID


class RelativeOut(Out):
    """A first-degree relative."""

    relative_id: UUID
    recorded_at: Instant


@routes.post(
    "",
    status_code=201,
    response_model=RelativeOut,
    responses=PROBLEMS.openapi(
        PersonNotFound,
        OwnRelative,
        AlreadyRelatives,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="record_relative",
)
async def record_relative(
    caller: PeopleWriter, unit: Once, now: Now, id: UUID, new: RelativeNew
) -> Response:
    """Record two people as relatives. It binds officers and attestors from then on."""
    pair = kin_pair(id, new.relative_id)
    # Both rows, the smaller id first, so that two requests on one pair cannot deadlock.
    rows = {one: await people.lock(unit, caller, one) for one in pair}
    await kinship.add(unit, pair, recorded_by=caller.id, recorded_at=now)
    kept = await people.touch(unit, rows[id], now=now)
    unit.record(event("relative_recorded", id, kept["version"], now))
    body = orjson.dumps({"relative_id": new.relative_id, "recorded_at": now})
    return Response(body, 201, media_type="application/json")


@routes.delete(
    "/{relative_id}",
    response_model=PersonOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        PersonNotFound,
        OwnRelative,
        NotRelatives,
        PreconditionMissing,
        PreconditionFailed,
    ),
    operation_id="withdraw_relative",
)
async def withdraw_relative(
    caller: PeopleWriter, unit: Write, now: Now, seen: IfMatch, id: UUID, relative_id: UUID
) -> Response:
    """Withdraw a pair that was recorded by mistake. If-Match carries the ETag of the person.

    A ministry or a service may, and the application that recorded the pair. An officer may not:
    the pair is what keeps them from deciding on a relative.
    """
    pair = kin_pair(id, relative_id)
    rows = {one: await people.lock(unit, caller, one) for one in pair}
    must_match(seen, rows[id]["version"])
    recorded_by = await kinship.recorder(unit, pair)
    own = caller.kind is Kind.MOBILE_BACKEND and caller.id == recorded_by
    if not own and caller.kind not in AUTHORITIES:
        raise Forbidden("A ministry, or the application that recorded the pair, withdraws it.")
    await kinship.withdraw(unit, pair)
    kept = await people.touch(unit, rows[id], now=now)
    unit.record(event("relative_withdrawn", id, kept["version"], now))
    return answer(kept)


@routes.get(
    "",
    response_model=page_model(RelativeOut),
    responses=PROBLEMS.openapi(PersonNotFound, CursorInvalid),
    operation_id="list_relatives",
)
async def list_relatives(caller: PeopleReader, db: Read, paging: Page, id: UUID) -> Response:
    """List a person's first-degree relatives, from whichever side the pair was recorded."""
    page = await people.page_under(db, kinship.PAGES, caller, id, paging)
    return Response(page_json(page, paging), media_type="application/json")
