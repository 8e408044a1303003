"""Named queries on submissions that are set aside, each with its evidence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, insert, select, text, update

from services.financing.db import applications
from services.financing.db.tables import SET_ASIDE, quarantine
from services.financing.domain.quarantine import Cause, Status
from shared.db import Reader, Row, Statement, Unit
from shared.events import Event
from shared.ids import new_id
from shared.sql_json import as_object, as_text, columns, page_of


class QuarantineNotFound(Exception):
    """There is no such submission in quarantine."""


_SHOWN = (
    "id",
    "application_id",
    "submission_id",
    "channel",
    "status",
    "cause",
    "error",
    "times",
    "first_at",
    "last_at",
    "sent",
    "returned",
    "decided_by",
    "decided_at",
    "note",
    "version",
    "created_at",
    "changed_at",
)
BODY = as_object(**columns(quarantine, *_SHOWN))
_by_id = quarantine.c.id == bindparam("id")
_shown = select(quarantine, as_text(BODY).label("body"))
_GET = Statement(_shown.where(_by_id))
_LOCK = Statement(_shown.where(_by_id).with_for_update())
_pages = (
    select(quarantine.c.id, BODY.label("body"))
    .where(quarantine.c.id > bindparam("after"))
    .order_by(quarantine.c.id)
    .limit(bindparam("limit"))
)
_PAGE = Statement(page_of(_pages))
_PAGE_OF_STATUS = Statement(page_of(_pages.where(quarantine.c.status == bindparam("status"))))
_ADD = Statement(insert(quarantine))
_closing = (
    update(quarantine)
    .where(quarantine.c.application_id == bindparam("application"), text(SET_ASIDE))
    .values(
        status=bindparam("to"),
        decided_by=bindparam("actor"),
        decided_at=bindparam("now"),
        note=bindparam("said"),
        version=quarantine.c.version + 1,
        changed_at=bindparam("now"),
    )
    .returning(quarantine.c.id)
)
_CLOSE = Statement(_closing)
_CLOSE_OF = Statement(_closing.where(quarantine.c.submission_id == bindparam("submission")))


async def begin(
    unit: Unit,
    app: Row,
    sub: Row,
    cause: Cause,
    *,
    error: str,
    sent: Mapping[str, Any],
    returned: Mapping[str, Any],
    now: datetime,
) -> Row:
    """Set a submission of a locked application aside with the evidence; return the application."""
    id = new_id()
    await unit.run(
        _ADD,
        id=id,
        application_id=app["id"],
        submission_id=sub["id"],
        channel=sub["channel"],
        status=Status.SET_ASIDE,
        cause=cause,
        error=error,
        times=sub["misread"],
        first_at=sub["misread_since"],
        last_at=now,
        sent=orjson.dumps(sent).decode(),
        returned=orjson.dumps(returned).decode(),
        decided_by=None,
        decided_at=None,
        note=None,
        version=1,
        created_at=now,
        changed_at=now,
    )
    kept = await applications.change(unit, app, {"set_aside": True}, now=now)
    _tell(unit, kept, sub, "application.set_aside", id, now, cause=cause)
    return kept


async def lift(
    unit: Unit, app: Row, sub: Row, to: Status, *, actor: str, note: str | None, now: datetime
) -> Row:
    """Let a locked application go on, where this submission of it was set aside; return it."""
    values = {"application": app["id"], "submission": sub["id"], "to": to, "actor": actor}
    closed = await unit.row(_CLOSE_OF, **values, said=note, now=now)
    if closed is None:
        return app
    kept = await applications.change(unit, app, {"set_aside": False}, now=now)
    _tell(unit, kept, sub, "application.taken_up", closed["id"], now, status=to)
    return kept


async def overtake(unit: Unit, application_id: UUID, *, actor: str, now: datetime) -> None:
    """End the quarantine of a locked application that has moved on, if there is one."""
    values = {"application": application_id, "to": Status.OVERTAKEN, "actor": actor}
    await unit.run(_CLOSE, **values, said=None, now=now)


async def get(db: Reader | Unit, id: UUID) -> Row:
    """Return one, with its JSON as `body`; raises `QuarantineNotFound`."""
    return _found(await db.row(_GET, id=id))


async def lock(unit: Unit, id: UUID) -> Row:
    """Return the row, held against other writers; its application is locked before."""
    return _found(await unit.row(_LOCK, id=id))


async def page(db: Reader, *, status: Status | None, after: UUID, limit: int) -> Row | None:
    """Return a page of what is or was set aside, the oldest first."""
    if status is None:
        return await db.row(_PAGE, after=after, limit=limit)
    return await db.row(_PAGE_OF_STATUS, status=status, after=after, limit=limit)


def _tell(unit: Unit, app: Row, sub: Row, kind: str, id: UUID, now: datetime, **more: str) -> None:
    data = {"quarantine_id": str(id), "submission_id": str(sub["id"]), "channel": sub["channel"]}
    unit.record(
        Event(
            kind=kind,
            subject_id=app["id"],
            version=app["version"],
            occurred_at=now,
            data={**data, **more},
        )
    )


def _found(row: Row | None) -> Row:
    if row is None:
        raise QuarantineNotFound("There is no submission in quarantine with this id.")
    return row
