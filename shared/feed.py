"""GET /events: the ordered feed of a service's changes, the same endpoint in every service."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import Table, bindparam, func, select

from shared.auth import Caller, Kind, requires
from shared.db import Statement
from shared.edge import Read, router
from shared.problems import Catalogue
from shared.sql_json import as_object, as_text, columns
from shared.wire import Instant, Out, Whole

LIMIT_MAX = 1000
READERS = (Kind.SERVICE, Kind.AUDITOR, Kind.MINISTRY_ANALYST)
EventsReader = Annotated[Caller, requires("events:read", kinds=READERS)]


class EventOut(Out):
    """One committed change. Numbers only grow; the subject is read with the caller's rights."""

    number: int
    kind: str
    subject_id: UUID
    version: int
    occurred_at: Instant
    data: dict[str, Any]


class EventsOut(Out):
    """Events after the one asked for, oldest first. `last` is where to go on."""

    items: list[EventOut]
    last: int


def feed(event: Table, problems: Catalogue) -> APIRouter:
    """Return the router of a service's feed."""
    body = as_object(
        **columns(event, "number", "kind", "subject_id", "version", "occurred_at", "data")
    )
    page = (
        select(event.c.number, body.label("body"))
        .where(event.c.number > bindparam("after"))
        .order_by(event.c.number)
        .limit(bindparam("limit"))
        .subquery()
    )
    after = Statement(
        select(
            as_text(func.json_agg(page.c.body)).label("items"),
            func.max(page.c.number).label("last"),
        )
    )
    routes = router(tags=["events"])

    async def list_events(
        caller: EventsReader,
        db: Read,
        after_number: Annotated[
            Whole, Query(alias="after", ge=0, le=2**63 - 1, description="The last number seen")
        ] = 0,
        limit: Annotated[Whole, Query(ge=1, le=LIMIT_MAX)] = 100,
    ) -> Response:
        """List committed changes in their order, each exactly once."""
        row = await db.row(after, after=after_number, limit=limit)
        items, last = (row["items"], row["last"]) if row else (None, None)
        text = f'{{"items":{items or "[]"},"last":{last or after_number}}}'
        return Response(text, media_type="application/json")

    routes.add_api_route(
        "/events",
        list_events,
        response_model=EventsOut,
        responses=problems.openapi(),
        operation_id="list_events",
    )
    return routes
