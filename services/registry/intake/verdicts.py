"""What becomes of each row of a chunk: accepted, unchanged or refused, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from services.registry.db.imports import Verdict
from services.registry.domain.cells import Fault
from services.registry.domain.importing import RowOutcome
from services.registry.intake.records import Record
from shared.db import Row, Unit
from shared.ids import new_id

V = TypeVar("V")
Key = bytes | str
"""What no two rows share beside the external_id: a NIK's index, a cooperative's number."""


class Entry(NamedTuple, Generic[V]):
    """One row as it was read. `value` is None where it has faults."""

    number: int
    external_id: str
    hash: bytes
    """Keyed hash of the row's cells: the same again means that there is nothing to do."""
    value: V | None = None
    faults: tuple[Fault, ...] = ()
    key: Key | None = None
    villages: tuple[tuple[str, str], ...] = ()
    """Column and code of each village that the row names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the registry holds already of the things that a chunk speaks of."""

    records: Mapping[str, Row]
    """The caller's own records by external_id: id, version, import_hash and what a desk needs."""
    holders: Mapping[Key, UUID]
    """Whose a key is, whoever registered them."""
    rows: Mapping[UUID, int]
    """Which row of the same file has spoken of a record before."""
    villages: frozenset[str]


class Accepted(NamedTuple, Generic[V]):
    """A row to be written: a new record, or a correction of the one that is known."""

    id: UUID
    number: int
    hash: bytes
    value: V
    key: Key | None
    known: Row | None

    @property
    def version(self) -> int:
        """The version that the record will have."""
        return 1 if self.known is None else self.known["version"] + 1


class Desk(Protocol[V]):
    """Where rows of one kind are read, compared and written."""

    columns: tuple[str, ...]
    noun: str
    key_column: str

    def read(self, record: Record) -> Entry[V]:
        """Read one row; faults are in the entry."""
        ...

    async def find(
        self, unit: Unit, entries: Sequence[Entry[V]]
    ) -> tuple[dict[str, Row], dict[Key, UUID]]:
        """Return `records` and `holders` of `Found`."""
        ...

    def objections(self, value: V, known: Row) -> tuple[Fault, ...]:
        """Return why a known record cannot become what the row says."""
        ...

    async def write(self, unit: Unit, accepted: Sequence[Accepted[V]]) -> None:
        """Write the rows; raises `Overtaken` if a record has changed in the meantime."""
        ...


Judged = tuple[Verdict, Accepted[V] | None]


def judge(desk: Desk[V], entries: Sequence[Entry[V]], found: Found) -> Iterator[Judged[V]]:
    """Yield what becomes of each entry, in their order.

    A row counts as the first with its external_id or key only where it was not refused.
    """
    ids: dict[str, int] = {}
    keys: dict[Key, int] = {}
    for entry in entries:
        known = found.records.get(entry.external_id)
        first = ids.get(entry.external_id) or _row_of(
            None if known is None else known["id"], found
        )
        if first:
            verdict, accepted = _refused(entry, (_twice("external_id", first),)), None
        elif known is not None and known["import_hash"] == entry.hash:
            verdict, accepted = _unchanged(entry, known), None
        else:
            verdict, accepted = _weigh(desk, entry, known, found, keys)
        if verdict.outcome is not RowOutcome.REFUSED:
            ids[entry.external_id] = entry.number
            if entry.key is not None:
                keys[entry.key] = entry.number
        yield verdict, accepted


def _weigh(
    desk: Desk[V], entry: Entry[V], known: Row | None, found: Found, keys: Mapping[Key, int]
) -> Judged[V]:
    if entry.value is None:
        return _refused(entry, entry.faults), None
    faults = _of_key(desk, entry, known, found, keys) + _of_villages(entry, found)
    if known is not None:
        faults += desk.objections(entry.value, known)
    if faults:
        return _refused(entry, faults), None
    accepted = Accepted(
        id=new_id() if known is None else known["id"],
        number=entry.number,
        hash=entry.hash,
        value=entry.value,
        key=entry.key,
        known=known,
    )
    verdict = Verdict(number=entry.number, outcome=RowOutcome.ACCEPTED, subject_id=accepted.id)
    return verdict, accepted


def _of_key(
    desk: Desk[V], entry: Entry[V], known: Row | None, found: Found, keys: Mapping[Key, int]
) -> tuple[Fault, ...]:
    """Return the fault of a number that another row or another record holds."""
    if entry.key is None:
        return ()
    holder = found.holders.get(entry.key)
    if known is not None and holder == known["id"]:
        holder = None
    first = keys.get(entry.key) or _row_of(holder, found)
    if first:
        return (_twice(desk.key_column, first),)
    if holder is None:
        return ()
    reason = "another record of the registry holds this number"
    return (Fault(column=desk.key_column, code="already_registered", reason=reason),)


def _of_villages(entry: Entry[V], found: Found) -> tuple[Fault, ...]:
    reason = "there is no village of this code"
    unknown = [column for column, code in entry.villages if code not in found.villages]
    return tuple(
        [Fault(column=column, code="village_unknown", reason=reason) for column in unknown]
    )


def _row_of(id: UUID | None, found: Found) -> int | None:
    return None if id is None else found.rows.get(id)


def _twice(column: str, first: int) -> Fault:
    return Fault(column=column, code="twice", reason=f"row {first} of this file has the same")


def _refused(entry: Entry[V], faults: tuple[Fault, ...]) -> Verdict:
    return Verdict(number=entry.number, outcome=RowOutcome.REFUSED, faults=faults)


def _unchanged(entry: Entry[V], known: Row) -> Verdict:
    return Verdict(number=entry.number, outcome=RowOutcome.UNCHANGED, subject_id=known["id"])
