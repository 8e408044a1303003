"""/deadlines: who is still waiting for an answer, until which day, and on what that day rests."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Response
from pydantic import Field

from services.financing.api.applications import ApplicationsReader
from services.financing.api.problems import PROBLEMS
from services.financing.api.sources import SourceOut, source_out
from services.financing.db import deadlines
from services.financing.domain import working_days
from services.financing.domain.deadlines import Duty, State, state, term
from shared.clock import WIB, Now
from shared.db import Row
from shared.edge import Read, router
from shared.paging import CursorInvalid, Page, page_model
from shared.wire import Day, Instant, Out

routes = router("/deadlines", tags=["applications"])


class DeadlineOut(Out):
    """One clock that runs. It stops with the lender's answer, or when the review is decided."""

    id: UUID
    application_id: UUID
    duty: Duty
    subject_id: Annotated[UUID, Field(description="The submission or the review waited for")]
    channel: Annotated[str | None, Field(description="The lender; null for a review")]
    product: Annotated[str | None, Field(description="`code` of the product asked for")]
    state: Annotated[
        State, Field(description="`near`: the last day but one has begun; `overdue`: lapsed")
    ]
    since: Instant
    due_on: Annotated[Day, Field(description="The last day, by the offices' time (WIB)")]
    due_at: Annotated[Instant, Field(description="From here on it is overdue")]
    working_days_left: Annotated[
        int, Field(description="Working days until the last day; below zero when it has passed")
    ]
    holidays_estimated: Annotated[
        bool, Field(description="Some days off of that year are not decreed yet")
    ]
    source: Annotated[SourceOut, Field(description="Where the length stands, and how sure it is")]


@routes.get(
    "",
    response_model=page_model(DeadlineOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_deadlines",
)
async def list_deadlines(
    caller: ApplicationsReader,
    db: Read,
    now: Now,
    paging: Page,
    stands: Annotated[
        State | None, Query(alias="state", description="Only those that stand so")
    ] = None,
    application_id: Annotated[UUID | None, Query(description="Only of this application")] = None,
) -> Response:
    """List the clocks that run for applications that the caller may see, the oldest first.

    The feed tells of each once when it is near (`application.deadline_near`) and once when it has
    lapsed (`application.overdue`).
    """
    rows = await deadlines.page(
        db,
        caller,
        state=stands,
        application_id=application_id,
        now=now,
        after=paging.after_id,
        limit=paging.limit,
    )
    following = paging.cursor(str(rows[-1]["id"])) if len(rows) == paging.limit else None
    body = {"items": [_shown(row, now) for row in rows], "next": following}
    # The driver's ids are of a type of its own, which orjson does not write by itself.
    return Response(orjson.dumps(body, default=str), media_type="application/json")


_STORED = (
    "id",
    "application_id",
    "duty",
    "subject_id",
    "channel",
    "product",
    "since",
    "due_on",
    "due_at",
)


def _shown(row: Row, now: datetime) -> dict[str, Any]:
    due_on: date = row["due_on"]
    left = working_days.between(now.astimezone(WIB).date(), due_on)
    return {
        **{name: row[name] for name in _STORED},
        "state": state(row["near_at"], row["due_at"], now=now),
        "working_days_left": left,
        "holidays_estimated": working_days.estimated(due_on.year),
        "source": source_out(term(Duty(row["duty"]), row["product"]).source),
    }
