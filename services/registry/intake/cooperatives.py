"""How a row of a file becomes a cooperative."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.registry.db import incoming_cooperatives
from services.registry.domain.cells import Fault, FaultyRow, plain
from services.registry.domain.cooperative import CooperativeStatus
from services.registry.domain.importing import (
    COOPERATIVE_COLUMNS,
    CooperativeRow,
    cooperative_contradictions,
    read_cooperative,
)
from services.registry.intake.records import Record
from services.registry.intake.verdicts import Accepted, Entry, Key
from shared.clock import WIB
from shared.db import Row, Unit
from shared.sealing import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class CooperativesDesk:
    """Reads, compares and writes cooperatives; see `Desk`."""

    caller_id: str
    rows: Sealer
    now: datetime

    columns: tuple[str, ...] = field(default=COOPERATIVE_COLUMNS, init=False)
    noun: str = field(default="cooperative", init=False)
    key_column: str = field(default="coop_registry_no", init=False)

    def read(self, record: Record) -> Entry[CooperativeRow]:
        """Read one row; faults are in the entry."""
        cells = [cell.strip() for cell in record.cells or ()]
        hash, external_id = self.rows.index("\x1f".join(cells)), plain(cells[0])
        try:
            value = read_cooperative(
                dict(zip(COOPERATIVE_COLUMNS, cells, strict=True)),
                on=self.now.astimezone(WIB).date(),
            )
        except FaultyRow as faulty:
            return Entry(
                number=record.number, external_id=external_id, hash=hash, faults=faulty.faults
            )
        return Entry(
            number=record.number,
            external_id=external_id,
            hash=hash,
            value=value,
            key=value.coop_registry_no,
            villages=tuple(("village_codes", code) for code in value.village_codes),
        )

    async def find(
        self, unit: Unit, entries: Sequence[Entry[CooperativeRow]]
    ) -> tuple[dict[str, Row], dict[Key, UUID]]:
        """Return the caller's records by external_id, and whose each registry number is."""
        ids = [entry.external_id for entry in entries if entry.external_id]
        records = await incoming_cooperatives.records(unit, self.caller_id, ids)
        keys = [entry.key for entry in entries if isinstance(entry.key, str)]
        return records, {**await incoming_cooperatives.holders(unit, keys)}

    def objections(self, value: CooperativeRow, known: Row) -> tuple[Fault, ...]:
        """Return what of the row cannot be true beside what is recorded already."""
        found = cooperative_contradictions(
            value,
            known_legal_entity_on=known["legal_entity_on"],
            known_rats=dict(zip(known["rat_years"], known["rats_held_on"], strict=True)),
            known_years=known["figures_years"],
            on=self.now.astimezone(WIB).date(),
        )
        return tuple([Fault(column=one.field, code=one.code, reason=one.detail) for one in found])

    async def write(self, unit: Unit, accepted: Sequence[Accepted[CooperativeRow]]) -> None:
        """Write the cooperatives, their villages, annual meetings and yearly figures."""
        await incoming_cooperatives.write(
            unit,
            cooperatives=[self._cooperative(row) for row in accepted if row.known is None],
            corrected_cooperatives=[self._cooperative(row) for row in accepted if row.known],
            villages=[(row.id, code) for row in accepted for code in row.value.village_codes],
            rats=[
                (row.id, meeting.book_year, meeting.held_on)
                for row in accepted
                for meeting in row.value.rats
            ],
            figures=[
                (row.id, year.book_year, year.shu, year.equity, year.assets)
                for row in accepted
                for year in row.value.figures
            ],
        )

    def _cooperative(self, row: Accepted[CooperativeRow]) -> tuple[Any, ...]:
        value = row.value
        return (
            row.id,
            self.caller_id,
            value.external_id,
            value.kind,
            value.name,
            _status(value, row.known),
            value.legal_entity_no,
            value.legal_entity_on,
            value.coop_registry_no,
            value.certificate_valid_until,
            value.founded_on,
            value.has_usp,
            value.microsite_url,
            value.npwp,
            value.nib,
            value.health_grade,
            row.hash,
            row.version,
            self.now,
            self.now,
        )


def _status(value: CooperativeRow, known: Row | None) -> CooperativeStatus:
    """Return the status: a cooperative is forming until it is a legal entity."""
    status = CooperativeStatus.FORMING if known is None else CooperativeStatus(known["status"])
    if status is CooperativeStatus.FORMING and value.legal_entity_no is not None:
        return CooperativeStatus.ACTIVE
    return status
