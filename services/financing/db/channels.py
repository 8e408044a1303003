"""Named queries on how lenders fare: failures and rests, pauses, and what waits for each."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, case, func, insert, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.financing.db.tables import channel_health, channel_pause
from services.financing.domain.breaker import FAILURES_MAX
from shared.db import Reader, Row, Statement, Unit


class ChannelPaused(Exception):
    """The lender is paused already."""


class ChannelNotPaused(Exception):
    """The lender is not paused."""


_FAILED = upsert(channel_health).values(
    channel=bindparam("channel"),
    failures=1,
    failing_since=bindparam("now"),
    rest_until=null(),
    last_error=bindparam("error"),
    last_error_at=bindparam("now"),
)
_FAILURE = Statement(
    _FAILED.on_conflict_do_update(
        index_elements=[channel_health.c.channel],
        set_={
            "failures": channel_health.c.failures + 1,
            "failing_since": func.coalesce(
                channel_health.c.failing_since, _FAILED.excluded.failing_since
            ),
            "rest_until": case(
                (
                    channel_health.c.failures + 1 >= FAILURES_MAX,
                    bindparam("rest_until", type_=channel_health.c.rest_until.type),
                ),
                else_=null(),
            ),
            "last_error": _FAILED.excluded.last_error,
            "last_error_at": _FAILED.excluded.last_error_at,
        },
    )
)
_RECOVERY = Statement(
    update(channel_health)
    .where(channel_health.c.channel == bindparam("of"), channel_health.c.failures > 0)
    .values(failures=0, failing_since=null(), rest_until=null())
)
_PROBE = Statement(
    update(channel_health)
    .where(
        channel_health.c.channel == bindparam("of"),
        channel_health.c.failures >= FAILURES_MAX,
        or_(
            channel_health.c.rest_until.is_(None), channel_health.c.rest_until <= bindparam("now")
        ),
    )
    .values(rest_until=bindparam("rest_until"))
    .returning(channel_health.c.channel)
)
_FAILING = Statement(
    select(channel_health.c.failures).where(channel_health.c.channel == bindparam("of"))
)
_open = channel_pause.c.resumed_at.is_(None)
_PAUSED = Statement(select(channel_pause.c.channel).where(_open))
_PAUSE = Statement(insert(channel_pause))
_RESUME = Statement(
    update(channel_pause)
    .where(channel_pause.c.channel == bindparam("of"), _open)
    .values(
        resumed_because=bindparam("because"),
        resumed_by=bindparam("actor"),
        resumed_at=bindparam("now"),
    )
    .returning(channel_pause.c.id)
)
# What is due or will be; a submission in quarantine is neither, and is counted beside.
_STANDING = Statement(
    """
    SELECT code AS channel, coalesce(h.failures, 0) AS failures, h.failing_since, h.rest_until,
           h.last_error, h.last_error_at, p.reason, p.paused_by, p.paused_at,
           b.queued, b.sending, b.unknown, b.answered, b.oldest_queued_at, b.due_at,
           (SELECT count(*) FROM quarantine q
            WHERE q.channel = code AND q.status = 'set_aside') AS set_aside
    FROM unnest($1::text[]) WITH ORDINALITY AS every (code, place)
    LEFT JOIN channel_health h ON h.channel = code
    LEFT JOIN channel_pause p ON p.channel = code AND p.resumed_at IS NULL
    LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE s.status = 'queued') AS queued,
             count(*) FILTER (WHERE s.status = 'sending') AS sending,
             count(*) FILTER (WHERE s.status = 'unknown') AS unknown,
             count(*) FILTER (WHERE s.status NOT IN ('queued', 'sending', 'unknown')) AS answered,
             min(s.created_at) FILTER (WHERE s.status = 'queued') AS oldest_queued_at,
             min(s.due_at) AS due_at
      FROM submission s WHERE s.channel = code AND s.due_at IS NOT NULL
    ) AS b ON true
    ORDER BY place
    """,
    "codes",
)


async def note_failure(
    unit: Unit, channel: str, *, error: str, now: datetime, rest_until: datetime
) -> None:
    """Count a failure of a lender; from `FAILURES_MAX` on it rests until a time."""
    await unit.run(_FAILURE, channel=channel, error=error, now=now, rest_until=rest_until)


async def note_recovery(unit: Unit, channel: str) -> None:
    """Forget a lender's failures; the last error stays to be read."""
    await unit.run(_RECOVERY, of=channel)


async def may_probe(unit: Unit, channel: str, *, now: datetime, rest_until: datetime) -> bool:
    """Tell whether a lender may be called: it is well, or its rest is over and we are the probe.

    The row is the lock: of all who ask at once, one gets the probe and the rest goes on.
    """
    row = await unit.row(_FAILING, of=channel)
    if row is None or row["failures"] < FAILURES_MAX:
        return True
    return await unit.row(_PROBE, of=channel, now=now, rest_until=rest_until) is not None


async def paused(db: Reader | Unit) -> frozenset[str]:
    """Return the lenders that are not spoken to until an operator resumes them."""
    return frozenset(row["channel"] for row in await db.rows(_PAUSED))


async def pause(
    unit: Unit, id: UUID, channel: str, *, reason: str, actor: str, now: datetime
) -> None:
    """Speak to a lender no more; raises `ChannelPaused` where that is so already."""
    values = {"id": id, "channel": channel, "reason": reason, "paused_by": actor, "paused_at": now}
    try:
        await unit.run(_PAUSE, **values, resumed_because=None, resumed_by=None, resumed_at=None)
    except asyncpg.UniqueViolationError:
        raise ChannelPaused("Somebody has paused this lender before.") from None


async def resume(unit: Unit, channel: str, *, because: str, actor: str, now: datetime) -> UUID:
    """Speak to a lender again and return the pause's id; raises `ChannelNotPaused`."""
    row = await unit.row(_RESUME, of=channel, because=because, actor=actor, now=now)
    if row is None:
        raise ChannelNotPaused("There is no pause to end.")
    return row["id"]


async def standing(db: Reader | Unit, codes: Sequence[str]) -> list[Row]:
    """Return how each of these lenders fares and what waits for it, in their order."""
    return await db.rows(_STANDING, codes=list(codes))
