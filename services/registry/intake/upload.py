"""One upload: its stream cut into chunks, each chunk kept whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from services.registry.db import imports
from services.registry.db.imports import Run
from services.registry.domain.cells import Fault
from services.registry.intake.records import Record, Records
from services.registry.intake.verdicts import Accepted, Desk, Entry, Found, judge
from shared.db import Contended, Database, DatabaseUnavailable, Unit
from shared.events import Event

V = TypeVar("V")

CHUNK_ROWS_MAX = 2_000
CHUNK_LENGTH_MAX = 4_000_000
"""Characters. Two chunks are in memory at a time: one being read, one being written."""

PULSE = timedelta(seconds=10)
"""A caller that sends slowly still shows progress, and its run is not taken for dead."""

_TRIES = 5
_ROWS_A_BREATH = 25
"""Rows between two looks at what else the process has to do: other requests, and the answers of
PostgreSQL, which writes one chunk while the next is being read."""


class HeaderUnknown(Exception):
    """The first row does not name the columns of this kind of file; `members` lists them."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.members = {"columns": list(columns)}
        super().__init__(
            "The first row names each of the columns in `columns` once, separated by commas, "
            "and no other."
        )


class Header(NamedTuple):
    """Where each column stands in the file."""

    order: tuple[int, ...]
    reorders: bool


@dataclass(slots=True, kw_only=True)
class Upload(Generic[V]):
    """One run of an import. `take` reads the whole stream."""

    database: Database
    run: Run
    desk: Desk[V]
    clock: Callable[[], datetime]

    async def take(self, pieces: AsyncIterator[bytes]) -> str:
        """Read the stream, keep its rows chunk by chunk, and return the import's JSON.

        While one chunk is being written, the next is being read. Whatever ends the stream early,
        the chunks that were kept stay, and the import says that it stopped.

        Raises:
            HeaderUnknown, FileUnreadable, ImportBusy, and whatever `pieces` raises.
        """
        writing: asyncio.Task[None] | None = None
        try:
            async for chunk in self._chunks(pieces):
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._keep(chunk))
            if writing is not None:
                await writing
            async with self.database.write() as unit:
                return await imports.finish(unit, self.run, now=self.clock())
        except BaseException:
            await asyncio.shield(self._stop(writing))
            raise

    async def _chunks(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[list[Entry[V]]]:
        """Yield the entries of the stream in chunks that are bounded in rows, size and time."""
        header: Header | None = None
        chunk, length, began = list[Entry[V]](), 0, self.clock()
        async for record in _records(pieces):
            if header is None:
                header = _header(record, self.desk.columns)
                continue
            chunk.append(self._entry(record, header))
            length += sum(map(len, record.cells or ()))
            if len(chunk) % _ROWS_A_BREATH == 0:
                await asyncio.sleep(0)
            full = len(chunk) >= CHUNK_ROWS_MAX or length >= CHUNK_LENGTH_MAX
            if full or self.clock() - began >= PULSE:
                yield chunk
                chunk, length, began = list[Entry[V]](), 0, self.clock()
        if header is None:
            raise HeaderUnknown(self.desk.columns)
        yield chunk

    def _entry(self, record: Record, header: Header) -> Entry[V]:
        cells = record.cells
        if cells is None:
            return _broken(record, "not_csv", "the row breaks the rules of quoting")
        width = len(header.order)
        if len(cells) != width:
            return _broken(record, "cells", f"the row has {len(cells)} cells, not {width}")
        if header.reorders:
            record = Record(record.number, [cells[place] for place in header.order])
        return self.desk.read(record)

    async def _keep(self, entries: Sequence[Entry[V]]) -> None:
        """Keep a chunk; look again when somebody else was faster."""
        for tries_left in reversed(range(_TRIES)):
            try:
                async with self.database.write() as unit:
                    await self._judge_and_write(unit, entries)
            except Contended:  # `Overtaken` is one; a deadlock with another import too
                if not tries_left:
                    raise
            else:
                return

    async def _judge_and_write(self, unit: Unit, entries: Sequence[Entry[V]]) -> None:
        now = self.clock()
        await imports.plan_anew(unit)
        verdicts, accepted = list[imports.Verdict](), list[Accepted[V]]()
        for verdict, taken in judge(self.desk, entries, await self._find(unit, entries)):
            verdicts.append(verdict)
            if taken is not None:
                accepted.append(taken)
        await self.desk.write(unit, accepted)
        await imports.keep(unit, self.run, verdicts, now=now)
        for row in accepted:
            done = "registered" if row.known is None else "corrected"
            unit.record(
                Event(
                    kind=f"{self.desk.noun}.{done}",
                    subject_id=row.id,
                    version=row.version,
                    occurred_at=now,
                )
            )

    async def _find(self, unit: Unit, entries: Sequence[Entry[V]]) -> Found:
        records, holders = await self.desk.find(unit, entries)
        subjects = {row["id"] for row in records.values()} | set(holders.values())
        codes = {code for entry in entries for _, code in entry.villages}
        return Found(
            records=records,
            holders=holders,
            rows=await imports.first_rows(unit, self.run, list(subjects)),
            villages=await imports.villages(unit, codes),
        )

    async def _stop(self, writing: asyncio.Task[Any] | None) -> None:
        if writing is not None:
            await asyncio.gather(writing, return_exceptions=True)
        try:
            async with self.database.write() as unit:
                await imports.stop(unit, self.run, now=self.clock())
        except DatabaseUnavailable:
            return  # the run is taken for dead after a while, and the file can be sent again


async def _records(pieces: AsyncIterator[bytes]) -> AsyncIterator[Record]:
    records = Records()
    async for piece in pieces:
        for record in records.feed(piece):
            yield record
    for record in records.close():
        yield record


def _header(record: Record, columns: Sequence[str]) -> Header:
    """Read the first row, or raise `HeaderUnknown`."""
    names = [name.strip() for name in record.cells or ()]
    if sorted(names) != sorted(columns):
        raise HeaderUnknown(columns)
    order = tuple(names.index(column) for column in columns)
    return Header(order, order != tuple(range(len(order))))


def _broken(record: Record, code: str, reason: str) -> Entry[Any]:
    fault = Fault(column="", code=code, reason=reason)
    return Entry(number=record.number, external_id="", hash=b"", faults=(fault,))
