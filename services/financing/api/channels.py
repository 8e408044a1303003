"""/channels: how each lender fares, what waits for it, and an operator's pause."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import Path, Response
from prometheus_client import CollectorRegistry, Gauge
from pydantic import Field

from services.financing.api.problems import PROBLEMS
from services.financing.db import channels
from services.financing.db.channels import ChannelNotPaused, ChannelPaused
from services.financing.domain.breaker import Breaker, breaker
from services.financing.domain.routing import CHANNELS, NoSuchChannel
from shared.auth import Caller, Kind, requires
from shared.clock import Now
from shared.db import DatabaseUnavailable, Reader, Row, Unit
from shared.edge import Once, Read, router
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.operations import Measure
from shared.wire import In, Instant, LongText, Out

CODES = tuple(channel.code for channel in CHANNELS)
OPERATORS = (Kind.MINISTRY_ANALYST, Kind.SERVICE)
READERS = (*OPERATORS, Kind.AUDITOR, Kind.LENDER)

routes = router("/channels", tags=["channels"])
ChannelsReader = Annotated[Caller, requires("channels:read", kinds=READERS)]
ChannelsWriter = Annotated[Caller, requires("channels:write", kinds=OPERATORS)]
OperatorsReader = Annotated[Caller, requires("channels:read", kinds=(*OPERATORS, Kind.AUDITOR))]
ChannelCode = Annotated[
    str, Path(pattern="^[a-z0-9-]{1,64}$", description="The lender, as a route names it")
]


class PauseNew(In):
    """Why the lender is to be left alone."""

    reason: LongText


class ResumptionNew(In):
    """Why the lender is spoken to again."""

    reason: LongText


class PauseOut(Out):
    """A pause that somebody has ordered."""

    reason: str
    paused_by: str
    paused_at: Instant


class BacklogOut(Out):
    """What is to be said to the lender, now or later, by where the submissions stand."""

    queued: Annotated[int, Field(description="Not sent yet, or to be sent again")]
    sending: Annotated[int, Field(description="Being sent")]
    unknown: Annotated[int, Field(description="Sent, and nobody knows whether they arrived")]
    answered: Annotated[int, Field(description="At the lender, asked about from time to time")]
    set_aside: Annotated[int, Field(description="In quarantine; see GET /quarantine")]
    oldest_queued_at: Annotated[Instant | None, Field(description="Since when the first waits")]


class ChannelOut(Out):
    """How a lender fares. After five failures in a row it rests, then one message is tried."""

    code: str
    breaker: Annotated[
        Breaker,
        Field(description="`closed`: spoken to; `open`: rests; `half_open`: one message is tried"),
    ]
    failures: Annotated[int, Field(description="In a row, up to now")]
    failing_since: Instant | None
    last_error: Annotated[str | None, Field(description="What went wrong last, in words")]
    last_error_at: Instant | None
    next_try_at: Annotated[
        Instant | None,
        Field(description="When it is spoken to next; null while paused or with nothing to say"),
    ]
    pause: PauseOut | None
    backlog: BacklogOut


class ChannelsOut(Out):
    """Every lender that the caller may see."""

    items: list[ChannelOut]


@routes.get(
    "",
    response_model=ChannelsOut,
    responses=PROBLEMS.openapi(),
    operation_id="list_channels",
)
async def list_channels(caller: ChannelsReader, db: Read, now: Now) -> Response:
    """List how each lender fares and what waits for it. A lender sees itself."""
    codes = [code for code in CODES if _may_see(caller, code)]
    items = [_shown(row, now) for row in await channels.standing(db, codes)]
    return Response(orjson.dumps({"items": items}), media_type="application/json")


@routes.get(
    "/{code}",
    response_model=ChannelOut,
    responses=PROBLEMS.openapi(NoSuchChannel),
    operation_id="get_channel",
)
async def get_channel(caller: ChannelsReader, db: Read, now: Now, code: ChannelCode) -> Response:
    """Show how one lender fares and what waits for it."""
    check_seen(caller, code)
    return await _answer(db, code, now)


@routes.post(
    "/{code}/pause",
    response_model=ChannelOut,
    responses=PROBLEMS.openapi(
        NoSuchChannel, ChannelPaused, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="pause_channel",
)
async def pause_channel(
    caller: ChannelsWriter, unit: Once, now: Now, code: ChannelCode, pause: PauseNew
) -> Response:
    """Pause a lender: from now on nothing is said to it, and no worker begins anything.

    What is queued keeps its place and goes on after the resumption; what the lender reports is
    still heard. New applications go to other lenders first.
    """
    check_seen(caller, code)
    id = new_id()
    await channels.pause(unit, id, code, reason=pause.reason, actor=caller.id, now=now)
    data = {"channel": code, "actor": caller.id, "reason": pause.reason}
    unit.record(Event(kind="channel.paused", subject_id=id, version=1, occurred_at=now, data=data))
    return await _answer(unit, code, now)


@routes.post(
    "/{code}/resumption",
    response_model=ChannelOut,
    responses=PROBLEMS.openapi(
        NoSuchChannel, ChannelNotPaused, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="resume_channel",
)
async def resume_channel(
    caller: ChannelsWriter, unit: Once, now: Now, code: ChannelCode, resumption: ResumptionNew
) -> Response:
    """Speak to a lender again; what has waited goes on in its order."""
    check_seen(caller, code)
    reason = resumption.reason
    id = await channels.resume(unit, code, because=reason, actor=caller.id, now=now)
    data = {"channel": code, "actor": caller.id, "reason": reason}
    unit.record(
        Event(kind="channel.resumed", subject_id=id, version=2, occurred_at=now, data=data)
    )
    return await _answer(unit, code, now)


def _may_see(caller: Caller, code: str) -> bool:
    return caller.kind is not Kind.LENDER or caller.channel == code


def check_seen(caller: Caller, code: str) -> None:
    """Raise `NoSuchChannel` where there is none, or none that the caller may see."""
    if code not in CODES or not _may_see(caller, code):
        raise NoSuchChannel("There is no lender of this code that you may see.")


async def _answer(db: Reader | Unit, code: str, now: datetime) -> Response:
    (row,) = await channels.standing(db, [code])
    return Response(orjson.dumps(_shown(row, now)), media_type="application/json")


_STORED = ("failures", "failing_since", "last_error", "last_error_at")
_BACKLOG = ("queued", "sending", "unknown", "answered", "set_aside", "oldest_queued_at")


def _shown(row: Row, now: datetime) -> dict[str, Any]:
    pause = {name: row[name] for name in PauseOut.model_fields}
    return {
        "code": row["channel"],
        "breaker": breaker(row["failures"], row["rest_until"], now=now),
        **{name: row[name] for name in _STORED},
        "next_try_at": _next_try(row, now),
        "pause": pause if row["paused_at"] else None,
        "backlog": {name: row[name] for name in _BACKLOG},
    }


def _next_try(row: Row, now: datetime) -> datetime | None:
    """Return when the lender is spoken to next, as far as is known now."""
    if row["paused_at"] or row["due_at"] is None:
        return None
    return max(now, row["due_at"], row["rest_until"] or now)


_GAUGES: Mapping[str, str] = {
    "channel_failures": "Failures of a lender in a row, up to now",
    "channel_resting": "1 while a lender is left alone after too many failures",
    "channel_paused": "1 while an operator has paused a lender",
    "channel_set_aside": "Submissions to a lender that are in quarantine",
    "channel_last_error_timestamp_seconds": "When a lender last failed; 0 if it never has",
    "channel_next_try_timestamp_seconds": "When a lender is spoken to next; 0 if it is not",
}


def channel_measures(registry: CollectorRegistry) -> Measure:
    """Add the gauges of every lender to a registry and return what fills them."""
    gauges = {
        name: Gauge(name, said, ["channel"], registry=registry) for name, said in _GAUGES.items()
    }
    backlog = Gauge(
        "channel_backlog",
        "Submissions about which a lender is to be spoken to, by where they stand",
        ["channel", "status"],
        registry=registry,
    )

    async def measure(db: Reader, now: datetime) -> None:
        try:
            rows = await channels.standing(db, CODES)
        except DatabaseUnavailable:
            return  # the last known values stay; /readyz says what is wrong
        for row in rows:
            for name, value in _measured(row, now).items():
                gauges[name].labels(row["channel"]).set(value)
            for status in ("queued", "sending", "unknown", "answered"):
                backlog.labels(row["channel"], status).set(row[status])

    return measure


def _measured(row: Row, now: datetime) -> dict[str, float]:
    next_try, failed_at = _next_try(row, now), row["last_error_at"]
    return {
        "channel_failures": row["failures"],
        "channel_resting": breaker(row["failures"], row["rest_until"], now=now) is Breaker.OPEN,
        "channel_paused": row["paused_at"] is not None,
        "channel_set_aside": row["set_aside"],
        "channel_last_error_timestamp_seconds": failed_at.timestamp() if failed_at else 0,
        "channel_next_try_timestamp_seconds": next_try.timestamp() if next_try else 0,
    }
