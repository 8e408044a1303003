"""
Compare what we hold with each lender's own ledger, and make a case of every difference.

A comparison is a row that goes on in parts: the ledger is read page by page, with no connection
held; then our submissions are compared with its lines, and its lines are searched for what is
none of ours. Each part is claimed, fenced and recorded like a step of a submission, so a process
may die anywhere. Nothing is mended here.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog

from services.financing.channels import (
    Channel,
    ChannelRefused,
    ChannelUnavailable,
    ChannelUnknown,
    LedgerPage,
)
from services.financing.db import reconciliations
from services.financing.domain import patience
from services.financing.domain.reconciliation import (
    HOUR,
    Difference,
    Ours,
    RunStatus,
    Theirs,
    differences,
    too_fresh,
)
from services.financing.domain.submission import Stage, Status
from shared.clock import WIB, pause
from shared.db import Contended, Database, DatabaseUnavailable, Row, Unit
from shared.events import Event

PART = 200
"""How many references are compared in one transaction."""

FAILURES_MAX = 5
RETRY = timedelta(minutes=5)
IDLE_SECONDS = 5.0
FIRST = UUID(int=0)
log = structlog.get_logger("purna.reconciler")

Found = LedgerPage | ChannelUnavailable | ChannelUnknown | ChannelRefused


@dataclass(slots=True)
class Reconciler:
    """What a comparison needs: the database, the lenders, the time."""

    database: Database
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]

    async def run(self, stop: asyncio.Event) -> None:
        """Compare what is due until told to stop."""
        while not stop.is_set():
            try:
                await self.schedule()
                while await self.step() and not stop.is_set():
                    pass
            except (DatabaseUnavailable, Contended) as error:
                log.warning("database", reason=type(error).__name__)
            await pause(stop, IDLE_SECONDS)

    async def schedule(self) -> None:
        """Ask for the day's comparison with every lender, once its hour has come."""
        now = self.clock()
        local = now.astimezone(WIB)
        if local.hour < HOUR:
            return
        async with self.database.write() as unit:
            for channel in self.channels:
                await reconciliations.schedule(unit, channel, day=local.date(), now=now)

    async def step(self) -> bool:
        """Do one part of one comparison; False when none was due."""
        run = await self._claim()
        if run is None:
            return False
        page = await self._page(run) if run["status"] == RunStatus.READING else None
        now = self.clock()
        async with self.database.write() as unit:
            row = await reconciliations.lock_run(unit, run["id"])
            if row["attempt"] == run["attempt"]:
                await self._record(unit, row, page, now)
        return True

    async def _claim(self) -> Row | None:
        now = self.clock()
        async with self.database.write() as unit:
            found = await reconciliations.due(unit, tuple(self.channels), now=now)
            if found is None:
                return None
            begins = found["status"] == RunStatus.REQUESTED
            return await reconciliations.change(
                unit,
                found,
                now=now,
                status=RunStatus.READING if begins else found["status"],
                begun_at=found["begun_at"] or now,
                attempt=found["attempt"] + 1,
                due_at=patience.lease_until(now),
            )

    async def _page(self, run: Row) -> Found:
        try:
            return await self.channels[run["channel"]].ledger(run["place"], now=self.clock())
        except (ChannelUnavailable, ChannelUnknown, ChannelRefused) as failure:
            return failure

    async def _record(self, unit: Unit, run: Row, page: Found | None, now: datetime) -> None:
        match page:
            case None if run["status"] == RunStatus.COMPARING:
                await _compare(unit, run, now)
            case None:
                await _search(unit, run, now)
            case LedgerPage():
                await _keep(unit, run, page, now)
            case _:
                await _failed(unit, run, page, now)


async def _keep(unit: Unit, run: Row, page: LedgerPage, now: datetime) -> None:
    await reconciliations.add_lines(unit, run, page.lines)
    read = {"lines": run["lines"] + len(page.lines), "failures": 0, "due_at": now}
    if page.after is None:
        read |= {"status": RunStatus.COMPARING, "place": None}
    else:
        read["place"] = page.after
    await reconciliations.change(unit, run, now=now, **read)


async def _failed(
    unit: Unit,
    run: Row,
    failure: ChannelUnavailable | ChannelUnknown | ChannelRefused,
    now: datetime,
) -> None:
    """The ledger cannot be read now: try again, a few times; what was open stays open."""
    refused = isinstance(failure, ChannelRefused)
    said = f"it refused with {failure.code}" if refused else failure.why
    failures = run["failures"] + 1
    changes: dict[str, Any] = {"failures": failures, "error": said, "due_at": now + RETRY}
    if failures >= FAILURES_MAX:
        changes |= {"status": RunStatus.FAILED, "due_at": None, "ended_at": now}
        await reconciliations.forget_lines(unit, run)
    kept = await reconciliations.change(unit, run, now=now, **changes)
    if failures >= FAILURES_MAX:
        _tell(unit, "reconciliation.failed", kept, now)


async def _compare(unit: Unit, run: Row, now: datetime) -> None:
    """Compare the next of our submissions with the lines under their references."""
    after = UUID(run["place"]) if run["place"] else FIRST
    subs = await reconciliations.ours(unit, run, after=after, limit=PART)
    opened = 0
    for sub in subs:
        lines = orjson.loads(sub["theirs"] or "[]")
        held = Ours(Status(sub["status"]), sub["amount"], sub["reference"])
        opened += await _judge(unit, run, str(sub["id"]), lines, now, sub=sub, held=held)
    whole = len(subs) == PART
    moved = (
        {"place": str(subs[-1]["id"])} if whole else {"status": RunStatus.SEARCHING, "place": None}
    )
    await reconciliations.change(
        unit, run, now=now, opened=run["opened"] + opened, due_at=now, **moved
    )


async def _search(unit: Unit, run: Row, now: datetime) -> None:
    """Look for lines that are none of ours; after the last the comparison is done."""
    rows = await reconciliations.strange(unit, run, after=int(run["place"] or 0), limit=PART)
    opened = run["opened"]
    for row in rows:
        lines = orjson.loads(row["theirs"])
        opened += await _judge(unit, run, row["our_reference"], lines, now)
    if len(rows) == PART:
        place = str(rows[-1]["no"])
        await reconciliations.change(unit, run, now=now, opened=opened, place=place, due_at=now)
        return
    gone = await reconciliations.close_gone(unit, run, now=now)
    for case in gone:
        _tell_of_case(unit, "case.gone", case["id"], case["version"], dict(case), now)
    await reconciliations.forget_lines(unit, run)
    ended: dict[str, Any] = {"status": RunStatus.DONE, "due_at": None, "ended_at": now}
    kept = await reconciliations.change(
        unit, run, now=now, opened=opened, gone=len(gone), place=None, error=None, **ended
    )
    _tell(unit, "reconciliation.done", kept, now)


async def _judge(
    unit: Unit,
    run: Row,
    reference: str,
    lines: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    sub: Row | None = None,
    held: Ours | None = None,
) -> int:
    """Make a case of each difference under one reference; return how many are new."""
    moved_at = [datetime.fromisoformat(line["at"]) for line in lines]
    if sub is not None:
        moved_at.append(sub["changed_at"])
    if too_fresh(moved_at, begun_at=run["begun_at"]):
        await reconciliations.not_looked_at(unit, run, reference)
        return 0
    theirs = [Theirs(Stage(line["stage"]), line["amount"], line["reference"]) for line in lines]
    opened = 0
    for difference in differences(held, theirs):
        id = await reconciliations.seen(
            unit,
            run,
            difference,
            our_reference=reference,
            sub=sub,
            ours=None if held is None else held._asdict(),
            theirs=lines,
            now=now,
        )
        if id is not None:
            opened += 1
            about = {"channel": run["channel"], "difference": difference}
            _tell_of_case(unit, "case.opened", id, 1, about, now)
    return opened


def _tell(unit: Unit, kind: str, run: Row, now: datetime) -> None:
    data = {name: run[name] for name in ("channel", "lines", "opened", "gone", "error")}
    unit.record(
        Event(kind=kind, subject_id=run["id"], version=run["version"], occurred_at=now, data=data)
    )


def _tell_of_case(
    unit: Unit, kind: str, id: UUID, version: int, about: Mapping[str, Any], now: datetime
) -> None:
    data = {"channel": about["channel"], "difference": Difference(about["difference"])}
    unit.record(Event(kind=kind, subject_id=id, version=version, occurred_at=now, data=data))
