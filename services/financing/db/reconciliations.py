"""Named queries on comparisons with lenders' ledgers, and on the cases that come of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import (
    ARRAY,
    Text,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
    true,
    update,
)

from services.financing.db.tables import (
    CASE_OPEN,
    channel_health,
    channel_pause,
    ledger_case,
    ledger_line,
    reconciliation,
)
from services.financing.domain.reconciliation import CaseStatus, Difference, RunStatus
from shared.db import Reader, Row, Statement, Unit
from shared.ids import new_id
from shared.sql_json import as_object, as_text, columns, page_of


class ReconciliationNotFound(Exception):
    """There is no such comparison."""


class ReconciliationRunning(Exception):
    """The lender's ledger is being compared already."""


class CaseNotFound(Exception):
    """There is no such case."""


RUN_BODY = as_object(
    **columns(
        reconciliation,
        "id",
        "channel",
        "day",
        "status",
        "requested_by",
        "lines",
        "opened",
        "gone",
        "error",
        "begun_at",
        "ended_at",
        "version",
        "created_at",
        "changed_at",
    )
)
CASE_BODY = as_object(
    **columns(
        ledger_case,
        "id",
        "channel",
        "difference",
        "status",
        "our_reference",
        "submission_id",
        "application_id",
        "ours",
        "theirs",
        "first_run_id",
        "last_run_id",
        "mend",
        "note",
        "resolved_by",
        "resolved_at",
        "version",
        "created_at",
        "changed_at",
    )
)
_by_run = reconciliation.c.id == bindparam("id")
_by_case = ledger_case.c.id == bindparam("id")
_run = select(reconciliation, as_text(RUN_BODY).label("body"))
_case = select(ledger_case, as_text(CASE_BODY).label("body"))
_unspeakable = or_(
    exists().where(
        channel_health.c.channel == reconciliation.c.channel,
        channel_health.c.rest_until > bindparam("now"),
    ),
    exists().where(
        channel_pause.c.channel == reconciliation.c.channel, channel_pause.c.resumed_at.is_(None)
    ),
)
_DUE = Statement(
    select(reconciliation)
    .where(
        reconciliation.c.channel == any_(bindparam("channels", type_=ARRAY(Text))),
        reconciliation.c.due_at <= bindparam("now"),
        ~_unspeakable,
    )
    .order_by(reconciliation.c.due_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_GET_RUN = Statement(_run.where(_by_run))
_LOCK_RUN = Statement(_run.where(_by_run).with_for_update())
_ADD = Statement(insert(reconciliation))
_DAILY = Statement(
    f"""
    INSERT INTO reconciliation (id, channel, day, status, requested_by, attempt, failures, lines,
           opened, gone, due_at, version, created_at, changed_at)
    VALUES ($1, $2, $3, '{RunStatus.REQUESTED}', 'daily', 0, 0, 0, 0, 0, $4, 1, $4, $4)
    ON CONFLICT DO NOTHING
    """,  # noqa: S608 (a constant)
    *("id", "channel", "day", "now"),
)
CHANGEABLE = (
    *("status", "attempt", "failures", "place", "lines", "opened", "gone", "error"),
    *("due_at", "begun_at", "ended_at"),
)
_CHANGE = Statement(
    update(reconciliation)
    .where(_by_run)
    .values(
        {
            **{name: bindparam(name) for name in CHANGEABLE},
            "version": reconciliation.c.version + 1,
            "changed_at": bindparam("changed_at"),
        }
    )
    .returning(reconciliation)
)
_ADD_LINES = Statement(
    """
    INSERT INTO ledger_line (reconciliation_id, no, our_reference, reference, stage, amount, at)
    SELECT $1, $2 + l.ordinal, l.ours, l.theirs, l.stage, l.amount, l.at
    FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[])
         WITH ORDINALITY AS l (ours, theirs, stage, amount, at, ordinal)
    """,
    *("run", "known", "ours", "theirs", "stages", "amounts", "ats"),
)
_FORGET_LINES = Statement(
    delete(ledger_line).where(ledger_line.c.reconciliation_id == bindparam("id"))
)
_THEIR_LINES = """
  SELECT json_agg(json_build_object('stage', l.stage, 'amount', l.amount,
                  'reference', l.reference, 'at', l.at) ORDER BY l.no)::text
  FROM ledger_line l WHERE l.reconciliation_id = $1 AND l.our_reference = {reference}
"""
_OURS = Statement(
    f"""
    SELECT s.id, s.application_id, s.status, s.reference, s.changed_at,
           coalesce((SELECT r.amount FROM lender_report r
                     WHERE r.submission_id = s.id AND r.amount IS NOT NULL
                     ORDER BY r.occurred_at DESC LIMIT 1), a.amount) AS amount,
           ({_THEIR_LINES.format(reference="s.id::text")}) AS theirs
    FROM submission s JOIN application a ON a.id = s.application_id
    WHERE s.channel = $2 AND s.id > $3 ORDER BY s.id LIMIT $4
    """,  # noqa: S608 (constants)
    *("run", "channel", "after", "limit"),
)
_STRANGE = Statement(
    f"""
    SELECT f.no, f.our_reference, ({_THEIR_LINES.format(reference="f.our_reference")}) AS theirs
    FROM ledger_line f
    WHERE f.reconciliation_id = $1 AND f.no > $3
      AND NOT EXISTS (SELECT FROM submission s
                      WHERE s.id::text = f.our_reference AND s.channel = $2)
      AND NOT EXISTS (SELECT FROM ledger_line e WHERE e.reconciliation_id = $1
                      AND e.our_reference = f.our_reference AND e.no < f.no)
    ORDER BY f.no LIMIT $4
    """,  # noqa: S608 (constants)
    *("run", "channel", "after", "limit"),
)
_SEEN = Statement(
    f"""
    INSERT INTO ledger_case (id, channel, difference, status, our_reference, submission_id,
           application_id, ours, theirs, first_run_id, last_run_id, version, created_at,
           changed_at)
    VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, $9, 1, $10, $10)
    ON CONFLICT (channel, our_reference, difference) WHERE {CASE_OPEN}
    DO UPDATE SET last_run_id = excluded.last_run_id, ours = excluded.ours,
                  theirs = excluded.theirs
    RETURNING id, first_run_id
    """,  # noqa: S608 (a constant)
    *("id", "channel", "difference", "our_reference", "submission_id", "application_id"),
    *("ours", "theirs", "run", "now"),
)
_NOT_LOOKED_AT = Statement(
    update(ledger_case)
    .where(
        ledger_case.c.channel == bindparam("of"),
        ledger_case.c.our_reference == bindparam("reference"),
        text(CASE_OPEN),
    )
    .values(last_run_id=bindparam("run"))
)
_GONE = Statement(
    update(ledger_case)
    .where(
        ledger_case.c.channel == bindparam("of"),
        ledger_case.c.last_run_id != bindparam("run"),
        text(CASE_OPEN),
    )
    .values(status=CaseStatus.GONE, version=ledger_case.c.version + 1, changed_at=bindparam("now"))
    .returning(ledger_case)
)
_RESOLVE = Statement(
    update(ledger_case)
    .where(_by_case)
    .values(
        status=CaseStatus.RESOLVED,
        mend=bindparam("by_mend"),
        note=bindparam("said"),
        resolved_by=bindparam("actor"),
        resolved_at=bindparam("now"),
        version=ledger_case.c.version + 1,
        changed_at=bindparam("now"),
    )
    .returning(ledger_case, as_text(CASE_BODY).label("body"))
)
_GET_CASE = Statement(_case.where(_by_case))
_LOCK_CASE = Statement(_case.where(_by_case).with_for_update())


def _narrowed(table: Any, *names: str) -> Any:
    """Return the conditions of a list that may be narrowed: a value of null narrows nothing."""
    return and_(
        true(),
        *(
            or_(
                bindparam(f"only_{name}", type_=Text).is_(None),
                table.c[name] == bindparam(f"only_{name}", type_=Text),
            )
            for name in names
        ),
    )


def _pages(table: Any, body: Any, *names: str) -> Statement:
    rows = (
        select(table.c.id, body.label("body"))
        .where(table.c.id > bindparam("after"), _narrowed(table, *names))
        .order_by(table.c.id)
        .limit(bindparam("limit"))
    )
    return Statement(page_of(rows))


_RUNS = _pages(reconciliation, RUN_BODY, "channel")
_CASES = _pages(ledger_case, CASE_BODY, "channel", "status")


async def request(unit: Unit, id: UUID, channel: str, *, actor: str, now: datetime) -> Row:
    """Ask for a comparison; raises `ReconciliationRunning` where one is under way."""
    values = {
        **dict.fromkeys(CHANGEABLE),
        **dict.fromkeys(("attempt", "failures", "lines", "opened", "gone"), 0),
        "status": RunStatus.REQUESTED,
        "due_at": now,
    }
    try:
        await unit.run(
            _ADD,
            id=id,
            channel=channel,
            day=None,
            requested_by=actor,
            version=1,
            created_at=now,
            changed_at=now,
            **values,
        )
    except asyncpg.UniqueViolationError:
        raise ReconciliationRunning("Wait until it is done.") from None
    return await get_run(unit, id)


async def schedule(unit: Unit, channel: str, *, day: date, now: datetime) -> None:
    """Ask for the day's comparison, unless it was asked for or another is under way."""
    await unit.run(_DAILY, id=new_id(), channel=channel, day=day, now=now)


async def due(unit: Unit, channels: Collection[str], *, now: datetime) -> Row | None:
    """Return a comparison that is to go on, locked; not with a lender that rests or is paused."""
    return await unit.row(_DUE, channels=list(channels), now=now)


async def get_run(db: Reader | Unit, id: UUID) -> Row:
    """Return one comparison, with its JSON as `body`; raises `ReconciliationNotFound`."""
    return _found(await db.row(_GET_RUN, id=id), ReconciliationNotFound)


async def lock_run(unit: Unit, id: UUID) -> Row:
    """Return the row, held against other writers."""
    return _found(await unit.row(_LOCK_RUN, id=id), ReconciliationNotFound)


async def change(unit: Unit, row: Row, *, now: datetime, **changes: Any) -> Row:
    """Write changed columns of a locked comparison and return it."""
    values = {name: changes.get(name, row[name]) for name in CHANGEABLE}
    changed = await unit.row(_CHANGE, id=row["id"], changed_at=now, **values)
    return _found(changed, ReconciliationNotFound)


async def add_lines(unit: Unit, run: Row, lines: Sequence[Any]) -> None:
    """Keep a page of the lender's ledger until the comparison is done."""
    await unit.run(
        _ADD_LINES,
        run=run["id"],
        known=run["lines"],
        ours=[line.our_reference for line in lines],
        theirs=[line.reference for line in lines],
        stages=[line.stage for line in lines],
        amounts=[line.amount for line in lines],
        ats=[line.at for line in lines],
    )


async def forget_lines(unit: Unit, run: Row) -> None:
    """Forget the ledger that was read for a comparison."""
    await unit.run(_FORGET_LINES, id=run["id"])


async def ours(unit: Unit, run: Row, *, after: UUID, limit: int) -> list[Row]:
    """Return our next submissions to the lender, each with the lines of its ledger as JSON."""
    return await unit.rows(_OURS, run=run["id"], channel=run["channel"], after=after, limit=limit)


async def strange(unit: Unit, run: Row, *, after: int, limit: int) -> list[Row]:
    """Return the next references of the ledger that are none of ours, each with its lines."""
    values = {"run": run["id"], "channel": run["channel"]}
    return await unit.rows(_STRANGE, **values, after=after, limit=limit)


async def seen(
    unit: Unit,
    run: Row,
    difference: Difference,
    *,
    our_reference: str,
    sub: Row | None,
    ours: Mapping[str, Any] | None,
    theirs: Sequence[Any],
    now: datetime,
) -> UUID | None:
    """Keep a difference as a case and return its id if it is new."""
    row = await unit.row(
        _SEEN,
        id=new_id(),
        channel=run["channel"],
        difference=difference,
        our_reference=our_reference,
        submission_id=sub["id"] if sub else None,
        application_id=sub["application_id"] if sub else None,
        ours=None if ours is None else orjson.dumps(ours).decode(),
        theirs=orjson.dumps(theirs).decode(),
        run=run["id"],
        now=now,
    )
    return row["id"] if row and row["first_run_id"] == run["id"] else None


async def not_looked_at(unit: Unit, run: Row, our_reference: str) -> None:
    """Keep the open cases of a reference that this comparison leaves for the next."""
    await unit.run(_NOT_LOOKED_AT, of=run["channel"], reference=our_reference, run=run["id"])


async def close_gone(unit: Unit, run: Row, *, now: datetime) -> list[Row]:
    """Close the lender's open cases that this comparison has not found again; return them."""
    return await unit.rows(_GONE, of=run["channel"], run=run["id"], now=now)


async def get_case(db: Reader | Unit, id: UUID) -> Row:
    """Return one case, with its JSON as `body`; raises `CaseNotFound`."""
    return _found(await db.row(_GET_CASE, id=id), CaseNotFound)


async def lock_case(unit: Unit, id: UUID) -> Row:
    """Return the row, held against other writers; its application is locked before."""
    return _found(await unit.row(_LOCK_CASE, id=id), CaseNotFound)


async def resolve(unit: Unit, id: UUID, *, mend: str, note: str, actor: str, now: datetime) -> Row:
    """Write what a person does about a locked case, and return it."""
    values = {"by_mend": mend, "said": note, "actor": actor}
    return _found(await unit.row(_RESOLVE, id=id, now=now, **values), CaseNotFound)


async def runs(db: Reader, *, channel: str | None, after: UUID, limit: int) -> Row | None:
    """Return a page of comparisons, the oldest first."""
    return await db.row(_RUNS, only_channel=channel, after=after, limit=limit)


async def cases(
    db: Reader, *, channel: str | None, status: CaseStatus | None, after: UUID, limit: int
) -> Row | None:
    """Return a page of cases, the oldest first."""
    values = {"only_channel": channel, "only_status": status}
    return await db.row(_CASES, **values, after=after, limit=limit)


def _found(row: Row | None, otherwise: type[Exception]) -> Row:
    if row is None:
        raise otherwise("Nothing has this id.")
    return row
