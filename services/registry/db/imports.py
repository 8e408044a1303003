"""Named queries on imports and on what became of each row of their files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from services.registry.db.tables import import_, import_row, region
from services.registry.domain.cells import Fault
from services.registry.domain.importing import ImportKind, ImportStatus, RowOutcome
from shared.db import Contended, Reader, Row, Statement, Unit, unavailable
from shared.sql_json import as_object, as_text, columns, page_of

LEASE = timedelta(seconds=60)
"""After so long without a chunk, an upload that still says running is taken for dead."""


class ImportNotFound(Exception):
    """The caller has no such import."""


class ImportBusy(Exception):
    """Another upload feeds this import, or has taken over from this one."""


class Overtaken(Contended):
    """Somebody else wrote one of the chunk's records in the meantime; look again and retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One upload to an import. Every chunk is fenced with the number of its run."""

    id: UUID
    kind: ImportKind
    number: int


class Verdict(NamedTuple):
    """What became of one row. A refused one has no subject."""

    number: int
    outcome: RowOutcome
    subject_id: UUID | None = None
    faults: tuple[Fault, ...] = ()


BODY = as_object(
    **columns(
        import_,
        "id",
        "kind",
        "file_name",
        "status",
        "rows_read",
        "rows_accepted",
        "rows_unchanged",
        "rows_refused",
        "created_at",
        "changed_at",
        "finished_at",
    ),
)
_ROW_BODY = as_object(**columns(import_row, "number", "outcome", "subject_id", "faults"))

_own = import_.c.created_by == bindparam("caller_id")
_by_id = import_.c.id == bindparam("id")
_ADD = Statement(insert(import_).returning(as_text(BODY).label("body")))
_GET = Statement(select(import_.c.version, as_text(BODY).label("body")).where(_by_id, _own))
_PAGE = Statement(
    page_of(
        select(import_.c.id, BODY.label("body"))
        .where(_own, import_.c.id > bindparam("after"))
        .order_by(import_.c.id)
        .limit(bindparam("limit"))
    )
)
_ROW = ("import_id", "run", "number", "outcome", "subject_id", "faults")
_rows = (
    select(import_row.c.number, _ROW_BODY.label("body"))
    .join(import_, (import_.c.id == import_row.c.import_id) & (import_.c.run == import_row.c.run))
    .where(_by_id, _own, import_row.c.number > bindparam("after"))
    .order_by(import_row.c.number)
    .limit(bindparam("limit"))
)


def _page_of_rows(rows: Any) -> Statement:
    page = rows.subquery("page")
    return Statement(
        select(
            as_text(func.json_agg(page.c.body)).label("items"),
            cast(func.max(page.c.number), Text).label("last"),
            func.count().label("count"),
        )
    )


_ROWS = _page_of_rows(_rows)
# One statement for each outcome, written out: the index of the refused rows is a partial one.
_ROWS_OF = {
    outcome: _page_of_rows(_rows.where(import_row.c.outcome == text(f"'{outcome}'")))
    for outcome in RowOutcome
}

_changed: dict[str, Any] = {"version": import_.c.version + 1, "changed_at": bindparam("now")}
_running = import_.c.status == ImportStatus.RUNNING.value
_BEGIN = Statement(
    update(import_)
    .where(_by_id, _own, or_(~_running, import_.c.changed_at < bindparam("dead_before")))
    .values(
        status=ImportStatus.RUNNING.value,
        run=import_.c.run + 1,
        rows_read=0,
        rows_accepted=0,
        rows_unchanged=0,
        rows_refused=0,
        finished_at=None,
        **_changed,
    )
    .returning(import_.c.run, import_.c.kind)
)
_this_run = (_by_id, import_.c.run == bindparam("run"), _running)
_PROGRESS = Statement(
    update(import_)
    .where(*_this_run)
    .values(
        rows_read=import_.c.rows_read + bindparam("read"),
        rows_accepted=import_.c.rows_accepted + bindparam("accepted"),
        rows_unchanged=import_.c.rows_unchanged + bindparam("unchanged"),
        rows_refused=import_.c.rows_refused + bindparam("refused"),
        **_changed,
    )
    .returning(import_.c.run)
)
_END = Statement(
    update(import_)
    .where(*_this_run)
    .values(status=bindparam("status"), finished_at=bindparam("finished_at"), **_changed)
    .returning(as_text(BODY).label("body"))
)
_FIRST_ROWS = Statement(
    select(import_row.c.subject_id, import_row.c.number).where(
        import_row.c.import_id == bindparam("id"),
        import_row.c.run == bindparam("run"),
        import_row.c.subject_id == any_(bindparam("subjects", type_=ARRAY(Uuid))),
    )
)
_VILLAGES = Statement(
    select(region.c.code).where(
        region.c.code == any_(bindparam("codes", type_=ARRAY(Text))), region.c.level == 4
    )
)
# The tables grow by orders of magnitude during one upload: a plan that was kept from its first
# chunks would read them whole for each of the later ones.
_PLAN_ANEW = Statement("SET LOCAL plan_cache_mode = force_custom_plan")


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a new import and return its JSON."""
    row = await unit.row(
        _ADD,
        **values,
        status=ImportStatus.WAITING,
        run=0,
        rows_read=0,
        rows_accepted=0,
        rows_unchanged=0,
        rows_refused=0,
        finished_at=None,
        version=1,
    )
    return _found(row)["body"]


async def get(db: Reader, caller_id: str, id: UUID) -> Row:
    """Return version and JSON of the caller's import; raises `ImportNotFound`."""
    return _found(await db.row(_GET, id=id, caller_id=caller_id))


async def page(db: Reader, caller_id: str, *, after: UUID, limit: int) -> Row | None:
    """Return a page of the caller's imports, oldest first."""
    return await db.row(_PAGE, caller_id=caller_id, after=after, limit=limit)


async def rows(
    db: Reader, caller_id: str, id: UUID, *, outcome: RowOutcome | None, after: int, limit: int
) -> Row | None:
    """Return a page of the rows of the latest upload, in the order of the file.

    Raises:
        ImportNotFound
    """
    await get(db, caller_id, id)
    values: dict[str, Any] = {"id": id, "caller_id": caller_id, "after": after, "limit": limit}
    return await db.row(_ROWS if outcome is None else _ROWS_OF[outcome], **values)


async def begin(unit: Unit, caller_id: str, id: UUID, *, now: datetime) -> Run:
    """Begin an upload: counts start again from zero, under a new run.

    Raises:
        ImportNotFound
        ImportBusy: another upload is under way.
    """
    row = await unit.row(_BEGIN, id=id, caller_id=caller_id, now=now, dead_before=now - LEASE)
    if row is None:
        _found(await unit.row(_GET, id=id, caller_id=caller_id))
        raise ImportBusy("Another upload to this import is under way.")
    return Run(id=id, kind=ImportKind(row["kind"]), number=row["run"])


async def plan_anew(unit: Unit) -> None:
    """Let PostgreSQL plan each statement of this unit for the tables as they are now."""
    await unit.run(_PLAN_ANEW)


async def first_rows(unit: Unit, run: Run, subjects: Sequence[UUID]) -> dict[UUID, int]:
    """Return which rows of this upload have spoken of these subjects already."""
    if not subjects:
        return {}
    found = await unit.rows(_FIRST_ROWS, id=run.id, run=run.number, subjects=subjects)
    return {row["subject_id"]: row["number"] for row in found}


async def villages(unit: Unit, codes: Iterable[str]) -> frozenset[str]:
    """Return those of the codes that are villages."""
    return frozenset(row["code"] for row in await unit.rows(_VILLAGES, codes=list(codes)))


async def keep(unit: Unit, run: Run, verdicts: Sequence[Verdict], *, now: datetime) -> None:
    """Write what became of a chunk of rows, and add them to the counts.

    Raises:
        ImportBusy: another upload has taken over.
    """
    told = [
        (
            run.id,
            run.number,
            verdict.number,
            verdict.outcome,
            verdict.subject_id,
            orjson.dumps(verdict.faults).decode() if verdict.faults else "[]",
        )
        for verdict in verdicts
    ]
    connection = await unit.begin()
    with unavailable():
        await connection.copy_records_to_table(import_row.name, columns=_ROW, records=told)
    outcomes = [verdict.outcome for verdict in verdicts]
    kept = await unit.row(
        _PROGRESS,
        id=run.id,
        run=run.number,
        now=now,
        read=len(outcomes),
        accepted=outcomes.count(RowOutcome.ACCEPTED),
        unchanged=outcomes.count(RowOutcome.UNCHANGED),
        refused=outcomes.count(RowOutcome.REFUSED),
    )
    if kept is None:
        raise ImportBusy("Another upload has taken over this import.")


async def finish(unit: Unit, run: Run, *, now: datetime) -> str:
    """End the import and return its JSON; raises `ImportBusy` if another has taken over."""
    row = await unit.row(
        _END,
        id=run.id,
        run=run.number,
        now=now,
        status=ImportStatus.FINISHED,
        finished_at=now,
    )
    if row is None:
        raise ImportBusy("Another upload has taken over this import.")
    return row["body"]


async def stop(unit: Unit, run: Run, *, now: datetime) -> None:
    """Say that the upload ended before the file did; nothing if another has taken over."""
    await unit.row(
        _END,
        id=run.id,
        run=run.number,
        now=now,
        status=ImportStatus.STOPPED,
        finished_at=None,
    )


def _found(row: Row | None) -> Row:
    if row is None:
        raise ImportNotFound("You have no import with this id.")
    return row
