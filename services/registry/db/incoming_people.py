"""People as files bring them: found and written a chunk at a time."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Text, any_, bindparam, select

from services.registry.db.bulk import by_column, copy, correct, correction, unnest
from services.registry.db.tables import person, placement, verification
from services.registry.domain.person import IDENTITY
from shared.db import Row, Statement, Unit

PERSON = (
    "id",
    "registered_by",
    "external_id",
    "nik_index",
    "nik_cipher",
    "nik_key_id",
    "nik_warnings",
    "full_name",
    "birth_date",
    "sex",
    "phone",
    "ktp_village_code",
    "domicile_village_code",
    "married",
    "education",
    "migration_status",
    "verification_level",
    "skills",
    "languages",
    "import_hash",
    "version",
    "created_at",
    "changed_at",
)
PLACEMENT = (
    "id",
    "person_id",
    "country",
    "sector",
    "employer_kind",
    "scheme",
    "departed_on",
    "returned_on",
    "return_reason",
    "created_at",
)
VERIFICATION = (
    "id",
    "person_id",
    "level",
    "evidence_kind",
    "reference",
    "attested_by",
    "attested_on",
    "recorded_by",
    "recorded_at",
)

_RECORDS = Statement(
    select(
        *(
            person.c[name]
            for name in (
                "id",
                "external_id",
                "version",
                "import_hash",
                "migration_status",
                "verification_level",
                *sorted(IDENTITY),
            )
        )
    ).where(
        person.c.registered_by == bindparam("caller_id"),
        person.c.external_id == any_(bindparam("external_ids", type_=ARRAY(Text))),
    )
)
_HOLDERS = Statement(
    select(person.c.id, person.c.nik_index).where(
        person.c.nik_index == any_(bindparam("keys", type_=ARRAY(LargeBinary)))
    )
)
_NOT_CHANGED: Mapping[str, str] = {
    "id": "",
    "registered_by": "",
    "external_id": "",
    "created_at": "",
}
_CORRECT = correction(
    person,
    PERSON,
    {
        **_NOT_CHANGED,
        "nik_warnings": "CASE WHEN incoming.nik_index IS NULL "
        "THEN known.nik_warnings ELSE incoming.nik_warnings END",
        **{
            name: f"CASE WHEN incoming.{name} = '[]' THEN known.{name} ELSE incoming.{name} END"
            for name in ("skills", "languages")
        },
    },
)
_FILLED = ("sector", "employer_kind", "scheme", "returned_on", "return_reason")
_CORRECT_PLACEMENTS = Statement(
    "UPDATE placement AS known SET "  # noqa: S608
    + ", ".join(f"{name} = coalesce(incoming.{name}, known.{name})" for name in _FILLED)
    + f" FROM {unnest(placement, PLACEMENT)} "
    "WHERE known.person_id = incoming.person_id AND known.country = incoming.country "
    "AND known.departed_on IS NOT DISTINCT FROM incoming.departed_on "
    "RETURNING incoming.id",
    *PLACEMENT,
)


async def records(unit: Unit, caller_id: str, external_ids: Sequence[str]) -> dict[str, Row]:
    """Return the caller's people by their external_id."""
    found = await unit.rows(_RECORDS, caller_id=caller_id, external_ids=external_ids)
    return {row["external_id"]: row for row in found}


async def holders(unit: Unit, nik_indexes: Sequence[bytes]) -> dict[bytes, UUID]:
    """Return whose each NIK is, whoever registered them."""
    if not nik_indexes:
        return {}
    found = await unit.rows(_HOLDERS, keys=nik_indexes)
    return {row["nik_index"]: row["id"] for row in found}


async def write(
    unit: Unit,
    *,
    people: Sequence[Sequence[Any]],
    corrected_people: Sequence[Sequence[Any]],
    placements: Sequence[Sequence[Any]],
    told_placements: Sequence[Sequence[Any]],
    verifications: Sequence[Sequence[Any]],
) -> None:
    """Write a chunk; each row in the order of `PERSON`, `PLACEMENT` and `VERIFICATION`.

    `told_placements` are those of people who were known: a stay in the same country since the
    same day is the same stay, and is filled up; any other is added.

    Raises:
        Overtaken
    """
    await copy(unit, person, PERSON, people)
    await correct(unit, _CORRECT, PERSON, corrected_people)
    if told_placements:
        filled = await unit.rows(_CORRECT_PLACEMENTS, **by_column(PLACEMENT, told_placements))
        known = {row["id"] for row in filled}
        placements = [*placements, *(row for row in told_placements if row[0] not in known)]
    await copy(unit, placement, PLACEMENT, placements)
    await copy(unit, verification, VERIFICATION, verifications)
