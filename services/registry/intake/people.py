"""How a row of a file becomes a person."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.registry.db import incoming_people
from services.registry.db.imports import Run
from services.registry.domain.cells import Fault, FaultyRow, plain
from services.registry.domain.importing import PEOPLE_COLUMNS, PersonRow, read_person
from services.registry.domain.person import (
    PROVES,
    TRANSITIONS,
    EvidenceKind,
    IdentityMatched,
    MigrationStatus,
    Placement,
    VerificationLevel,
    check_correction,
)
from services.registry.intake.records import Record
from services.registry.intake.verdicts import Accepted, Entry, Key
from shared.clock import WIB
from shared.db import Row, Unit
from shared.ids import new_id
from shared.sealing import Sealer

_LOWEST = VerificationLevel.SELF_DECLARED
_PROOF: Mapping[VerificationLevel, EvidenceKind] = {level: kind for kind, level in PROVES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleDesk:
    """Reads, compares and writes people; see `Desk`."""

    run: Run
    caller_id: str
    vouches: bool
    """Whether the caller may say how well a person is verified: a ministry's system may."""
    niks: Sealer
    rows: Sealer
    known_regions: Container[str]
    retired_regions: Mapping[str, str]
    now: datetime

    columns: tuple[str, ...] = field(default=PEOPLE_COLUMNS, init=False)
    noun: str = field(default="person", init=False)
    key_column: str = field(default="person_nik", init=False)

    def read(self, record: Record) -> Entry[PersonRow]:
        """Read one row; faults are in the entry."""
        cells = [cell.strip() for cell in record.cells or ()]
        hash, external_id = self.rows.index("\x1f".join(cells)), plain(cells[0])
        try:
            value = read_person(
                dict(zip(PEOPLE_COLUMNS, cells, strict=True)),
                on=self.now.astimezone(WIB).date(),
                known_regions=self.known_regions,
                retired_regions=self.retired_regions,
            )
            self._refuse(value)
        except FaultyRow as faulty:
            return Entry(
                number=record.number, external_id=external_id, hash=hash, faults=faulty.faults
            )
        number = value.person_nik
        return Entry(
            number=record.number,
            external_id=external_id,
            hash=hash,
            value=value,
            key=None if number is None else self.niks.index(number),
            villages=_villages(value),
        )

    async def find(
        self, unit: Unit, entries: Sequence[Entry[PersonRow]]
    ) -> tuple[dict[str, Row], dict[Key, UUID]]:
        """Return the caller's records by external_id, and whose each NIK is."""
        ids = [entry.external_id for entry in entries if entry.external_id]
        records = await incoming_people.records(unit, self.caller_id, ids)
        keys = [entry.key for entry in entries if isinstance(entry.key, bytes)]
        return records, {**await incoming_people.holders(unit, keys)}

    def objections(self, value: PersonRow, known: Row) -> tuple[Fault, ...]:
        """Return why a known person cannot become what the row says."""
        faults = list[Fault]()
        status = MigrationStatus(known["migration_status"])
        if value.migration_status not in {status, *TRANSITIONS[status].values()}:
            reason = "this status cannot follow the one that is recorded"
            fault = Fault(column="migration_status", code="illegal_transition", reason=reason)
            faults.append(fault)
        try:
            level = VerificationLevel(known["verification_level"])
            before, after = dict(known.items()), self._identity(value)
            check_correction(level, before, after, authority=self.vouches)
        except IdentityMatched:
            reason = "a state register stands behind this identity; ask the ministry to correct it"
            faults.append(Fault(column="", code="identity_matched", reason=reason))
        return tuple(faults)

    async def write(self, unit: Unit, accepted: Sequence[Accepted[PersonRow]]) -> None:
        """Write the people, their stays abroad, and what they were verified by."""
        placed = [(row, stay) for row in accepted if (stay := row.value.placement) is not None]
        await incoming_people.write(
            unit,
            people=[self._person(row) for row in accepted if row.known is None],
            corrected_people=[self._person(row) for row in accepted if row.known is not None],
            placements=[self._placement(*pair) for pair in placed if pair[0].known is None],
            told_placements=[self._placement(*pair) for pair in placed if pair[0].known],
            verifications=[
                self._verification(row) for row in accepted if _level(row) is not _known_level(row)
            ],
        )

    def _identity(self, value: PersonRow) -> dict[str, object]:
        """Return what the row says of who the person is; an empty cell says nothing."""
        number = value.person_nik
        said = {
            "nik_index": None if number is None else self.niks.index(number),
            "full_name": value.full_name,
            "birth_date": value.birth_date,
            "sex": value.sex,
        }
        return {name: one for name, one in said.items() if one is not None}

    def _refuse(self, value: PersonRow) -> None:
        """Raise `FaultyRow` for what this caller may not say, or must not."""
        if value.external_id == value.person_nik:
            reason = "a NIK is never an identifier; give the row one of your own"
            raise FaultyRow((Fault(column="external_id", code="is_nik", reason=reason),))
        if not self.vouches and value.verification_level is not _LOWEST:
            reason = "only a ministry's system says this; leave the cell empty"
            raise FaultyRow((Fault(column="verification_level", code="forbidden", reason=reason),))

    def _person(self, row: Accepted[PersonRow]) -> tuple[Any, ...]:
        value = row.value
        key_id, cipher = None, None
        if value.person_nik is not None:
            key_id, cipher = self.niks.seal(row.id, value.person_nik)
        warnings = value.nik_reading.warnings if value.nik_reading else ()
        skills = [{"name": name, "years": None} for name in value.skills]
        return (
            row.id,
            self.caller_id,
            value.external_id,
            row.key,
            cipher,
            key_id,
            _json(warnings),
            value.full_name,
            value.birth_date,
            value.sex,
            value.phone,
            value.ktp_village_code,
            value.domicile_village_code,
            value.married,
            value.education,
            value.migration_status,
            _level(row),
            _json(skills),
            _json(value.languages),
            row.hash,
            row.version,
            self.now,
            self.now,
        )

    def _placement(self, row: Accepted[PersonRow], stay: Placement) -> tuple[Any, ...]:
        return (
            new_id(),
            row.id,
            stay.country,
            stay.sector,
            stay.employer_kind,
            stay.scheme,
            stay.departed_on,
            stay.returned_on,
            stay.return_reason,
            self.now,
        )

    def _verification(self, row: Accepted[PersonRow]) -> tuple[Any, ...]:
        level = row.value.verification_level
        return (
            new_id(),
            row.id,
            level,
            _PROOF[level],
            f"import {self.run.id}, row {row.number}",
            self.run.id,
            self.now.astimezone(WIB).date(),
            self.caller_id,
            self.now,
        )


def _villages(value: PersonRow) -> tuple[tuple[str, str], ...]:
    named = (
        ("ktp_village_code", value.ktp_village_code),
        ("domicile_village_code", value.domicile_village_code),
    )
    return tuple([(column, code) for column, code in named if code is not None])


def _json(items: Sequence[Any]) -> str:
    return orjson.dumps(items).decode() if items else "[]"


def _known_level(row: Accepted[PersonRow]) -> VerificationLevel:
    return _LOWEST if row.known is None else VerificationLevel(row.known["verification_level"])


def _level(row: Accepted[PersonRow]) -> VerificationLevel:
    """Return how well the person is known after this row: a level never falls."""
    said, known = row.value.verification_level, _known_level(row)
    return said if known is _LOWEST or said.rank > known.rank else known
