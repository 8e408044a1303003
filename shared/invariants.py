"""
GET /internal/invariants: what is always true of the rows, each law with those that break it.

A law is a sentence and a query that finds the ids of whatever breaks it: ids only, never personal
data. The queries read; nothing is mended here. The tests ask all of them at once (`EVERY`), an
auditor is answered law by law, each within the time of any statement and all within a budget.
"""

import asyncio
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import asyncpg
import orjson
from fastapi import APIRouter, Response
from pydantic import Field

from shared.auth import Caller, Kind, requires
from shared.clock import Now
from shared.db import DatabaseUnavailable, Reader, Row, Statement
from shared.edge import Read, router
from shared.problems import Catalogue
from shared.wire import Instant, Out

SAMPLES_MAX = 20
BUDGET_SECONDS = 30
"""A law that is reached later than this is not checked."""

InvariantsReader = Annotated[
    Caller, requires("invariants:read", kinds=(Kind.AUDITOR, Kind.SERVICE))
]


class Law(NamedTuple):
    """What is always true; `broken` selects as text the `id` of each thing that breaks it."""

    name: str
    says: str
    broken: str


class LawVerdict(StrEnum):
    """What a check of a law has found."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_CHECKED = "not_checked"


class InvariantOut(Out):
    """One law, and what breaks it."""

    name: str
    says: Annotated[str, Field(description="What is always true")]
    verdict: Annotated[
        LawVerdict, Field(description="`not_checked`: there was not time enough to read every row")
    ]
    broken: Annotated[int | None, Field(description="How many break it; null if not checked")]
    samples: Annotated[
        list[str], Field(description=f"Ids of some that do, at the most {SAMPLES_MAX}")
    ]


class InvariantsOut(Out):
    """Every law of this service, checked just now."""

    holds: Annotated[bool, Field(description="Every law was checked, and none is broken")]
    checked_at: Instant
    items: list[InvariantOut]


def feed_laws(*nouns: str) -> tuple[Law, ...]:
    """Return the laws of the feed, for these tables: their rows have versions that it tells of."""
    return (
        Law(
            "feed_without_gaps",
            "Events are numbered 1, 2, 3 and so on, and the head of the feed is the last of them.",
            "SELECT number::text AS id FROM (SELECT number, lag(number, 1, 0::bigint) "
            "OVER (ORDER BY number) AS before FROM event) AS each WHERE number <> before + 1 "
            "UNION ALL SELECT 'head' FROM event_head "
            "WHERE number <> (SELECT coalesce(max(number), 0) FROM event)",
        ),
        Law(
            "every_change_told",
            "Every version of a row, from the first to the last, is an event of the feed.",
            " UNION ALL ".join(_untold(noun) for noun in nouns),
        ),
    )


def _untold(noun: str) -> str:
    return (
        f"SELECT {noun}.id::text AS id FROM {noun} LEFT JOIN ("  # noqa: S608 (names of tables)
        "SELECT subject_id, count(DISTINCT version) AS told, min(version) AS first, "
        "max(version) AS last FROM event "
        f"WHERE kind LIKE '{noun}.%' GROUP BY subject_id) AS feed ON feed.subject_id = {noun}.id "
        f"WHERE (told, first, last) IS DISTINCT FROM ({noun}.version, 1, {noun}.version)"
    )


def path_laws(
    noun: str, first: str, transitions: Mapping[Any, Mapping[Any, Any]]
) -> tuple[Law, ...]:
    """Return the laws of a history: each row begins at `first` and takes these steps alone."""
    legal = ", ".join(
        f"('{before}', '{event}', '{after}')"
        for before, events in transitions.items()
        for event, after in events.items()
    )
    return (
        Law(
            f"{noun}_history_is_legal",
            f"Every step of the history of each {noun} is one that its life allows, so what has "
            "ended does not go on.",
            f"SELECT DISTINCT {noun}_id::text AS id FROM ("  # noqa: S608 (names and constants)
            f"SELECT {noun}_id, event, status, lag(status, 1, '{first}') "
            f"OVER (PARTITION BY {noun}_id ORDER BY id) AS before FROM {noun}_step) AS step "
            f"WHERE (before, event, status) NOT IN (VALUES {legal})",
        ),
        Law(
            f"{noun}_stands_where_its_history_ends",
            f"The status of each {noun} is that of the last step of its history.",
            f"SELECT {noun}.id::text AS id FROM {noun} LEFT JOIN ("  # noqa: S608 (names)
            f"SELECT DISTINCT ON ({noun}_id) {noun}_id, status FROM {noun}_step "
            f"ORDER BY {noun}_id, id DESC) AS last ON last.{noun}_id = {noun}.id "
            f"WHERE {noun}.status <> coalesce(last.status, '{first}')",
        ),
    )


_NIK = (
    "(?<![0-9a-f])[1-9][0-9]{5}(0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])"
    "(0[1-9]|1[0-2])[0-9]{6}(?![0-9a-f])"
)


def no_nik(**columns: str) -> Law:
    """Return the law that no number of a person stands in these columns, given by table.

    An event is named by its number, any other row by its id.
    """
    return Law(
        "no_nik_in_the_clear",
        "Nothing that looks like a NIK stands where texts, facts and events are kept.",
        " UNION ALL ".join(
            f"SELECT {'number' if table == 'event' else 'id'}::text AS id "  # noqa: S608 (names)
            f"FROM {table} WHERE concat_ws(' ', {names}) ~ '{_NIK}'"
            for table, names in columns.items()
        ),
    )


def _check(law: Law) -> Statement:
    return Statement(
        "SELECT count(*) AS broken, "  # noqa: S608 (a law is a constant)
        f"(array_agg(id ORDER BY id))[1:{SAMPLES_MAX}] AS samples FROM ({law.broken}) AS found"
    )


def every(laws: Sequence[Law]) -> Statement:
    """Return one statement that finds all that breaks any of these laws, as `law` and `id`."""
    return Statement(
        " UNION ALL ".join(
            f"SELECT '{law.name}' AS law, id FROM ({law.broken}) AS found"  # noqa: S608 (constants)
            for law in laws
        )
    )


def invariants(laws: Sequence[Law], problems: Catalogue) -> APIRouter:
    """Return the router that checks a service's laws, one caller at a time."""
    checks = [(law, _check(law)) for law in laws]
    one_at_a_time = asyncio.Lock()
    routes = router("/internal", tags=["operations"])

    async def check_invariants(caller: InvariantsReader, db: Read, now: Now) -> Response:
        """Check on the rows themselves what is always true, and show what breaks it.

        It reads whole tables: ask at quiet hours. A broken law is a fault of ours, or of whoever
        wrote to the database beside us; nothing is mended by asking.
        """
        async with one_at_a_time:
            until = asyncio.get_running_loop().time() + BUDGET_SECONDS
            items = [await _found(db, law, check, until) for law, check in checks]
        holds = all(item["verdict"] == LawVerdict.HOLDS for item in items)
        body = {"holds": holds, "checked_at": now, "items": items}
        return Response(orjson.dumps(body), media_type="application/json")

    routes.add_api_route(
        "/invariants",
        check_invariants,
        response_model=InvariantsOut,
        responses=problems.openapi(),
        operation_id="check_invariants",
    )
    return routes


async def _found(db: Reader, law: Law, check: Statement, until: float) -> dict[str, Any]:
    row = await _asked(db, check) if asyncio.get_running_loop().time() < until else None
    said = {"name": law.name, "says": law.says}
    if row is None:
        return {**said, "verdict": LawVerdict.NOT_CHECKED, "broken": None, "samples": []}
    verdict = LawVerdict.BROKEN if row["broken"] else LawVerdict.HOLDS
    return {**said, "verdict": verdict, "broken": row["broken"], "samples": row["samples"] or []}


async def _asked(db: Reader, check: Statement) -> Row | None:
    """Return what a check has found; None when it ran longer than a statement may."""
    try:
        return await db.row(check)
    except DatabaseUnavailable as error:
        if not isinstance(error.__cause__, asyncpg.QueryCanceledError):
            raise
        return None
