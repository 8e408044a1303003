"""
Named queries on endpoints and deliveries.

Whoever changes a delivery holds its endpoint's row first. That lock makes the order of a stream
and the number of calls at once true, and it is held for a few statements only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import MetaData, bindparam, delete, insert, select, update

from shared.auth import Caller
from shared.db import (
    DELETED_AT_ONCE,
    Contended,
    Database,
    Reader,
    Row,
    Statement,
    Unit,
    delete_in_parts,
)
from shared.events import add_event_tables
from shared.ids import new_id
from shared.sql_json import as_object, as_text, columns, page_of
from shared.webhooks.subscription import (
    ENDPOINTS_MAX,
    KEPT,
    WAITING_MAX,
    DeliveryStatus,
)
from shared.webhooks.tables import add_webhook_tables

_metadata = MetaData()
_event = add_event_tables(_metadata)
_endpoint, _delivery = add_webhook_tables(_metadata)


class EndpointNotFound(Exception):
    """There is no such endpoint, or it is another caller's: the answer is the same."""


class DeliveryNotFound(Exception):
    """This endpoint has no such delivery, or none any more."""


class TooManyEndpoints(Exception):
    """The caller has as many endpoints as a caller may have."""


_BODY = as_object(
    **columns(
        _endpoint,
        "id",
        "url",
        "kinds",
        "description",
        "status",
        "old_secret_until",
        "failing_since",
        "last_call_at",
        "last_status",
        "last_outcome",
        "accepted_at",
    ),
    challenge=as_object(
        calls=_endpoint.c.challenges,
        next_call_at=_endpoint.c.challenge_due_at,
    ),
    **columns(_endpoint, "version", "created_at", "changed_at"),
)
_own = (_endpoint.c.id == bindparam("id"), _endpoint.c.owner_id == bindparam("owner_id"))
_row = select(_endpoint, as_text(_BODY).label("body"))
_GET = Statement(_row.where(*_own))
_LOCK = Statement(_row.where(*_own).with_for_update())
_LOCK_ANY = Statement(_row.where(_endpoint.c.id == bindparam("id")).with_for_update())
_PAGE = Statement(
    page_of(
        select(_endpoint.c.id, _BODY.label("body"))
        .where(_endpoint.c.owner_id == bindparam("owner_id"), _endpoint.c.id > bindparam("after"))
        .order_by(_endpoint.c.id)
        .limit(bindparam("limit"))
    )
)
_EMPTY: Mapping[str, Any] = MappingProxyType({column.name: None for column in _endpoint.columns})
_ADD = Statement(insert(_endpoint).returning(as_text(_BODY).label("body")))
_REMOVE = Statement(delete(_endpoint).where(_endpoint.c.id == bindparam("id")))
_HEAD = Statement("SELECT number FROM event_head")
_SLOT = Statement(
    f"""
SELECT min(slot) AS slot FROM generate_series(1, {ENDPOINTS_MAX}) AS slot
WHERE NOT EXISTS (SELECT FROM webhook_endpoint e WHERE e.owner_id = $1 AND e.slot = slot.slot)
""",  # noqa: S608 (a constant of ours)
    "owner_id",
)

CHANGEABLE = (
    "owner_kind",
    "cooperative_id",
    "channel",
    "reads_feed",
    "url",
    "kinds",
    "description",
    "status",
    "position",
    "read_at",
    "secret_key",
    "secret",
    "old_secret_key",
    "old_secret",
    "old_secret_until",
    "nonce",
    "challenges",
    "challenged_at",
    "challenge_sent_at",
    "challenge_due_at",
    "served_at",
    "failures",
    "failing_since",
    "rest_until",
    "last_call_at",
    "last_status",
    "last_outcome",
    "accepted_at",
    "version",
    "changed_at",
)
_CHANGE = Statement(
    update(_endpoint)
    .where(_endpoint.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in CHANGEABLE})
    .returning(_endpoint, as_text(_BODY).label("body"))
)

_DELIVERY_BODY = as_object(
    id=_delivery.c.id,
    event=as_object(
        **columns(_event, "number", "kind", "subject_id", "version", "occurred_at"),
        stream_id=_delivery.c.stream_id,
    ),
    **columns(_delivery, "status", "calls", "last_call_at", "last_status", "last_outcome"),
    next_call_at=_delivery.c.due_at,
    **columns(_delivery, "ended_at", "created_at"),
)
_deliveries = (
    select(_delivery.c.id, _DELIVERY_BODY.label("body"))
    .join(_event, _event.c.number == _delivery.c.event_number)
    .where(_delivery.c.endpoint_id == bindparam("endpoint_id"))
)
_next = (
    _deliveries.where(_delivery.c.id > bindparam("after"))
    .order_by(_delivery.c.id)
    .limit(bindparam("limit"))
)
_DELIVERIES = Statement(page_of(_next))
_DELIVERIES_IN = Statement(page_of(_next.where(_delivery.c.status == bindparam("status"))))
_LOCK_DELIVERY = Statement(
    select(_delivery)
    .where(_delivery.c.id == bindparam("id"), _delivery.c.endpoint_id == bindparam("endpoint_id"))
    .with_for_update()
)
_DELIVERY = Statement(
    select(as_text(_DELIVERY_BODY).label("body"))
    .join(_event, _event.c.number == _delivery.c.event_number)
    .where(_delivery.c.id == bindparam("id"))
)
CHANGEABLE_DELIVERY = (
    "status",
    "due_at",
    "leased_until",
    "first_call_at",
    "last_call_at",
    "last_status",
    "last_outcome",
    "ended_at",
)
_CHANGE_DELIVERY = Statement(
    update(_delivery)
    .where(_delivery.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in CHANGEABLE_DELIVERY})
)

# Whoever was read for longest ago comes first: one that is far behind keeps nobody waiting.
_BEHIND = Statement(
    f"""
SELECT e.* FROM webhook_endpoint e, event_head h
WHERE e.status = 'active' AND e.position < h.number AND (
  SELECT count(*) FROM (
    SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.status = 'pending'
    LIMIT {WAITING_MAX}
  ) AS waiting
) < {WAITING_MAX}
ORDER BY e.read_at NULLS FIRST LIMIT 1 FOR UPDATE OF e SKIP LOCKED
"""  # noqa: S608 (a constant of ours)
)
_QUEUE = Statement(
    """
INSERT INTO webhook_delivery
       (id, endpoint_id, event_number, stream_id, status, calls, due_at, created_at)
SELECT n.id, $1, n.number, n.stream_id, 'pending', 0,
       CASE WHEN row_number() OVER (PARTITION BY n.stream_id ORDER BY n.number) = 1
             AND NOT EXISTS (
               SELECT FROM webhook_delivery d
               WHERE d.endpoint_id = $1 AND d.stream_id = n.stream_id AND d.status = 'pending'
             ) THEN $5::timestamptz END,
       $5
FROM unnest($2::uuid[], $3::bigint[], $4::uuid[]) AS n (id, number, stream_id)
""",
    *("endpoint_id", "ids", "numbers", "streams", "now"),
)
_DUE_CHALLENGE = Statement(
    """
SELECT * FROM webhook_endpoint
WHERE status = 'unverified' AND challenge_due_at <= $1
ORDER BY challenge_due_at LIMIT 1 FOR UPDATE SKIP LOCKED
""",
    "now",
)
# Whoever was served longest ago comes first: an endpoint with much to do keeps nobody waiting.
_DUE_ENDPOINT = Statement(
    """
SELECT e.* FROM webhook_endpoint e
WHERE e.status = 'active' AND (e.rest_until IS NULL OR e.rest_until <= $1)
  AND EXISTS (SELECT FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.due_at <= $1)
  AND (SELECT count(*) FROM webhook_delivery d
       WHERE d.endpoint_id = e.id AND d.due_at > $1 AND d.leased_until > $1)
      < CASE WHEN e.failures > 0 THEN 1 ELSE $2::int END
ORDER BY e.served_at NULLS FIRST LIMIT 1 FOR UPDATE OF e SKIP LOCKED
""",
    *("now", "at_once"),
)
_IN_FLIGHT = Statement(
    """
SELECT count(*) AS calls FROM webhook_delivery
WHERE endpoint_id = $1 AND due_at > $2 AND leased_until > $2
""",
    *("endpoint_id", "now"),
)
_CLAIM = Statement(
    """
WITH due AS (
  SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND due_at <= $2
  ORDER BY due_at, event_number LIMIT $4
), claimed AS (
  UPDATE webhook_delivery d
  SET calls = calls + 1, due_at = $3, leased_until = $3,
      first_call_at = coalesce(first_call_at, $2)
  FROM due WHERE d.id = due.id RETURNING d.*
)
SELECT c.*, e.kind, e.subject_id, e.version, e.occurred_at
FROM claimed c JOIN event e ON e.number = c.event_number
""",
    *("endpoint_id", "now", "until", "limit"),
)
_WAKE_NEXT = Statement(
    """
UPDATE webhook_delivery SET due_at = $3
WHERE due_at IS NULL AND id = (
  SELECT id FROM webhook_delivery
  WHERE endpoint_id = $1 AND stream_id = $2 AND status = 'pending'
  ORDER BY event_number LIMIT 1
)
""",
    *("endpoint_id", "stream_id", "now"),
)
_WAKE_ALL = Statement(
    """
UPDATE webhook_delivery SET due_at = $2
WHERE endpoint_id = $1 AND due_at > $2 AND (leased_until IS NULL OR leased_until <= $2)
""",
    *("endpoint_id", "now"),
)
_TRY_ANEW = Statement(
    """
UPDATE webhook_delivery SET due_at = $2, first_call_at = NULL
WHERE endpoint_id = $1 AND due_at IS NOT NULL
  AND (leased_until IS NULL OR leased_until <= $2)
""",
    *("endpoint_id", "now"),
)
_FORGET = Statement(
    f"""
DELETE FROM webhook_delivery WHERE id IN (
  SELECT id FROM webhook_delivery WHERE ended_at < $1 LIMIT {DELETED_AT_ONCE}
)
""",  # noqa: S608 (a constant of ours)
    "before",
)
_STANDING = Statement(
    """
SELECT (SELECT json_object_agg(status, n) FROM (
          SELECT status, count(*) AS n FROM webhook_endpoint GROUP BY status) AS e)::text
         AS endpoints,
       (SELECT json_object_agg(status, n) FROM (
          SELECT status, count(*) AS n FROM webhook_delivery GROUP BY status) AS d)::text
         AS deliveries,
       (SELECT min(created_at) FROM webhook_delivery WHERE status = 'pending') AS oldest
"""
)


def rights(caller: Caller) -> dict[str, Any]:
    """Return what an endpoint keeps of its owner: how far the owner sees."""
    return {
        "owner_kind": caller.kind,
        "cooperative_id": caller.cooperative_id,
        "channel": caller.channel,
        "reads_feed": caller.sees_all and "events:read" in caller.scopes,
    }


async def head(db: Reader | Unit) -> int:
    """Return the number of the newest event."""
    row = await db.row(_HEAD)
    return row["number"] if row else 0


async def add(unit: Unit, owner_id: str, values: Mapping[str, Any]) -> str:
    """Write an endpoint and return its JSON.

    Raises:
        TooManyEndpoints: the caller has no free slot.
        Contended: the caller's other request took the same slot.
    """
    free = await unit.row(_SLOT, owner_id=owner_id)
    if free is None or free["slot"] is None:
        raise TooManyEndpoints(f"A caller has at most {ENDPOINTS_MAX} endpoints.")
    try:
        given = {**_EMPTY, **values, "owner_id": owner_id, "slot": free["slot"]}
        row = await unit.row(_ADD, **given)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "uq_webhook_endpoint_slot":
            raise
        raise Contended("another endpoint of the caller was added at the same time") from None
    return _found(row)["body"]


async def get(db: Reader, owner_id: str, id: UUID) -> Row:
    """Return an endpoint of this owner; raises `EndpointNotFound`."""
    return _found(await db.row(_GET, id=id, owner_id=owner_id))


async def page(db: Reader, owner_id: str, *, after: UUID, limit: int) -> Row | None:
    """Return a page of an owner's endpoints, the oldest first."""
    return await db.row(_PAGE, owner_id=owner_id, after=after, limit=limit)


async def lock(unit: Unit, owner_id: str, id: UUID) -> Row:
    """Return an endpoint of this owner, held; raises `EndpointNotFound`."""
    return _found(await unit.row(_LOCK, id=id, owner_id=owner_id))


async def lock_any(unit: Unit, id: UUID) -> Row | None:
    """Return an endpoint for our own processes, held; None when it was removed."""
    return await unit.row(_LOCK_ANY, id=id)


async def change(unit: Unit, row: Row, changes: Mapping[str, Any], *, now: datetime) -> Row:
    """Write changed columns of a held endpoint as a new version of it, and return it."""
    return await note(unit, row, {**changes, "version": row["version"] + 1, "changed_at": now})


async def note(unit: Unit, row: Row, changes: Mapping[str, Any]) -> Row:
    """Write what a worker keeps count of; to the owner the endpoint is the same version."""
    values = {name: changes.get(name, row[name]) for name in CHANGEABLE}
    return _found(await unit.row(_CHANGE, of=row["id"], **values))


async def remove(unit: Unit, id: UUID) -> None:
    """Remove an endpoint with its deliveries."""
    await unit.run(_REMOVE, id=id)


async def deliveries(
    db: Reader, endpoint_id: UUID, *, status: DeliveryStatus | None, after: UUID, limit: int
) -> Row | None:
    """Return a page of an endpoint's deliveries, the oldest first."""
    asked = {"endpoint_id": endpoint_id, "after": after, "limit": limit}
    if status is None:
        return await db.row(_DELIVERIES, **asked)
    return await db.row(_DELIVERIES_IN, status=status, **asked)


async def lock_delivery(unit: Unit, endpoint_id: UUID, id: UUID) -> Row:
    """Return a delivery of a held endpoint; raises `DeliveryNotFound`."""
    row = await unit.row(_LOCK_DELIVERY, id=id, endpoint_id=endpoint_id)
    if row is None:
        raise DeliveryNotFound("This endpoint has no such delivery, or none any more.")
    return row


async def change_delivery(unit: Unit, row: Row, **changes: Any) -> None:
    """Write changed columns of a delivery of a held endpoint."""
    values = {name: changes.get(name, row[name]) for name in CHANGEABLE_DELIVERY}
    await unit.run(_CHANGE_DELIVERY, of=row["id"], **values)


async def delivery_json(unit: Unit, id: UUID) -> str:
    """Return a delivery as JSON."""
    row = await unit.row(_DELIVERY, id=id)
    return row["body"] if row else "null"


async def behind(unit: Unit) -> Row | None:
    """Return an active endpoint that is behind the feed, held; or None."""
    return await unit.row(_BEHIND)


async def queue(
    unit: Unit, endpoint_id: UUID, events: Sequence[tuple[int, UUID]], *, now: datetime
) -> None:
    """Write a delivery for each event (number, stream) of a held endpoint."""
    await unit.run(
        _QUEUE,
        endpoint_id=endpoint_id,
        ids=[new_id() for _ in events],
        numbers=[number for number, _ in events],
        streams=[stream_id for _, stream_id in events],
        now=now,
    )


async def due_challenge(unit: Unit, *, now: datetime) -> Row | None:
    """Return the endpoint whose challenge is longest due, held; or None."""
    return await unit.row(_DUE_CHALLENGE, now=now)


async def due_endpoint(unit: Unit, *, now: datetime, at_once: int) -> Row | None:
    """Return the endpoint with something due that was served longest ago, held; or None."""
    return await unit.row(_DUE_ENDPOINT, now=now, at_once=at_once)


async def in_flight(unit: Unit, endpoint_id: UUID, *, now: datetime) -> int:
    """Return how many calls of a held endpoint are under way."""
    row = await unit.row(_IN_FLIGHT, endpoint_id=endpoint_id, now=now)
    return row["calls"] if row else 0


async def claim(
    unit: Unit, endpoint_id: UUID, *, now: datetime, until: datetime, limit: int
) -> list[Row]:
    """Take deliveries of a held endpoint until a time; each comes with its event."""
    return await unit.rows(_CLAIM, endpoint_id=endpoint_id, now=now, until=until, limit=limit)


async def wake_next(unit: Unit, endpoint_id: UUID, stream_id: UUID, *, now: datetime) -> None:
    """Let the next delivery of a stream of a held endpoint be called."""
    await unit.run(_WAKE_NEXT, endpoint_id=endpoint_id, stream_id=stream_id, now=now)


async def wake_all(unit: Unit, endpoint_id: UUID, *, now: datetime) -> None:
    """Let all that waits for another try be tried now: the endpoint answers again."""
    await unit.run(_WAKE_ALL, endpoint_id=endpoint_id, now=now)


async def try_anew(unit: Unit, endpoint_id: UUID, *, now: datetime) -> None:
    """Give all that waits its whole time again: the endpoint was not called meanwhile."""
    await unit.run(_TRY_ANEW, endpoint_id=endpoint_id, now=now)


async def forget(database: Database, *, now: datetime) -> int:
    """Delete the deliveries that ended long enough ago; return how many those were."""
    return await delete_in_parts(database, _FORGET, before=now - KEPT)


async def standing(db: Reader) -> Row | None:
    """Return how many endpoints and deliveries there are by status, and since when one waits."""
    return await db.row(_STANDING)


def _found(row: Row | None) -> Row:
    if row is None:
        raise EndpointNotFound("There is no such endpoint among yours.")
    return row
