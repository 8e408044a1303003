"""Named queries on people. Who may see a row is part of every query, never a second step."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, exists, insert, or_, select, text, true, update
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from services.registry.db.regions import unknown_village
from services.registry.db.tables import LIVE_MEMBERSHIP, membership, person
from shared.auth import Caller, Kind
from shared.db import Reader, Row, Statement, Unit
from shared.paging import Paging
from shared.sql_json import Rows, as_object, as_text, columns, page_of


class PersonNotFound(Exception):
    """There is no such person, or the caller may not see them: the answer is the same."""


class PersonAlreadyRegistered(Exception):
    """Another record holds this NIK."""


class ExternalIdTaken(Exception):
    """The caller has already used this external_id for another record."""


BODY = as_object(
    **columns(person, "id", "external_id"),
    has_nik=person.c.nik_index.is_not(None),
    **columns(
        person,
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
        "certificates",
        "version",
        "created_at",
        "changed_at",
    ),
)

# A caller sees everybody (ministries, auditors, services), the people whom it registered, or
# those whose membership of its cooperative lives, an application included. Who was turned away or
# has left is no longer its concern; of them it keeps the membership and its story.
_own = person.c.registered_by == bindparam("caller_id")
_member = exists().where(
    membership.c.person_id == person.c.id,
    membership.c.cooperative_id == bindparam("cooperative_id"),
    # Written out, so that the partial index serves.
    text(f"membership.{LIVE_MEMBERSHIP}"),
)
Conditions = tuple[ColumnElement[bool], ...]
_VISIBLE: Mapping[str, Conditions] = {
    "all": (),
    "own": (_own,),
    "cooperative": (or_(_own, _member),),
}


def each(
    build: Callable[[Conditions], ClauseElement], *, its_own: ColumnElement[bool] | None = None
) -> dict[str, Statement]:
    """Build one statement for each way of seeing, so that each has its own simple plan.

    `its_own` tells which rows a cooperative sees besides those of the people whom it may see.
    """
    ways = dict(_VISIBLE)
    if its_own is not None:
        ways["cooperative"] = (or_(*ways["cooperative"], its_own),)
    return {reach: Statement(build(conditions)) for reach, conditions in ways.items()}


def reach(caller: Caller) -> tuple[str, dict[str, Any]]:
    """Return how far a caller sees, and the values that its queries need."""
    if caller.sees_all:
        return "all", {}
    if caller.kind is Kind.COOPERATIVE_OFFICER and caller.cooperative_id is not None:
        return "cooperative", {"caller_id": caller.id, "cooperative_id": caller.cooperative_id}
    return "own", {"caller_id": caller.id}


_by_id = person.c.id == bindparam("id")
_GET = each(
    lambda seen: select(person.c.version, as_text(BODY).label("body")).where(_by_id, *seen)
)
_FIND_BY_NIK = each(
    lambda seen: select(person.c.version, as_text(BODY).label("body")).where(
        person.c.nik_index == bindparam("nik_index"), *seen
    )
)
_LOCK = each(lambda seen: select(person).where(_by_id, *seen).with_for_update(of=person))
_page = (
    select(person.c.id, BODY.label("body"))
    .where(person.c.id > bindparam("after"))
    .order_by(person.c.id)
    .limit(bindparam("limit"))
)
_PAGE = each(lambda seen: page_of(_page.where(*seen)))
_in_village = person.c.domicile_village_code == bindparam("village")
_PAGE_OF_VILLAGE = each(lambda seen: page_of(_page.where(_in_village, *seen)))
_ADD = Statement(
    insert(person)
    # An import keeps the hash of the row it took; nobody else has one.
    .values({c.name: bindparam(c.name) for c in person.c if c.name != "import_hash"})
    .returning(as_text(BODY).label("body"))
)

_HOLD = each(lambda seen: select(person).where(_by_id, *seen).with_for_update(read=True))

EDITABLE = (
    "full_name",
    "birth_date",
    "sex",
    "phone",
    "ktp_village_code",
    "domicile_village_code",
    "married",
    "education",
    "skills",
    "languages",
    "certificates",
    "nik_index",
    "nik_cipher",
    "nik_key_id",
    "nik_warnings",
    "migration_status",
    "verification_level",
)
_CHANGE = Statement(
    update(person)
    .where(_by_id)
    .values(
        {
            **{name: bindparam(name) for name in EDITABLE},
            "version": person.c.version + 1,
            "changed_at": bindparam("changed_at"),
        }
    )
    .returning(person.c.version, as_text(BODY).label("body"))
)


async def get(db: Reader, caller: Caller, id: UUID) -> Row:
    """Return version and JSON of one person; raises `PersonNotFound`."""
    kind, values = reach(caller)
    return _found(await db.row(_GET[kind], id=id, **values))


async def get_by_nik(db: Reader, caller: Caller, nik_index: bytes) -> Row:
    """Return version and JSON of the person with this NIK; raises `PersonNotFound`."""
    kind, values = reach(caller)
    return _found(await db.row(_FIND_BY_NIK[kind], nik_index=nik_index, **values))


async def lock(unit: Unit, caller: Caller, id: UUID) -> Row:
    """Return the row, held against other writers; raises `PersonNotFound`."""
    kind, values = reach(caller)
    return _found(await unit.row(_LOCK[kind], id=id, **values))


async def hold(unit: Unit, caller: Caller, id: UUID) -> Row:
    """Return the row, kept from changing while it is relied on; raises `PersonNotFound`."""
    kind, values = reach(caller)
    return _found(await unit.row(_HOLD[kind], id=id, **values))


async def touch(unit: Unit, row: Row, *, now: datetime) -> Row:
    """Give a locked row its next version, because something that belongs to it has changed."""
    return await change(unit, row, {}, now=now)


def each_page_under(rows: Rows) -> dict[str, Statement]:
    """Build the pages of what belongs to one person: no row where the caller may not see them.

    `rows` is limited to the person `id`.
    """
    listed = page_of(rows).subquery("listed")
    return each(
        lambda seen: select(listed).select_from(person.join(listed, true())).where(_by_id, *seen)
    )


async def page_under(
    db: Reader, pages: Mapping[str, Statement], caller: Caller, id: UUID, paging: Paging
) -> Row:
    """Return a page of what belongs to one person; raises `PersonNotFound`."""
    kind, values = reach(caller)
    after, limit = paging.after_id, paging.limit
    return _found(await db.row(pages[kind], id=id, after=after, limit=limit, **values))


async def page(
    db: Reader, caller: Caller, *, village: str | None, after: UUID, limit: int
) -> Row | None:
    """Return a page of the people whom the caller may see, in the order of registration."""
    kind, values = reach(caller)
    if village is not None:
        statement = _PAGE_OF_VILLAGE[kind]
        return await db.row(statement, village=village, after=after, limit=limit, **values)
    return await db.row(_PAGE[kind], after=after, limit=limit, **values)


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a new person and return the JSON.

    Raises:
        PersonAlreadyRegistered, ExternalIdTaken, RegionUnknown
    """
    with_constraints = await _kept(unit, _ADD, values)
    return with_constraints["body"]


async def change(unit: Unit, row: Row, changes: Mapping[str, Any], *, now: datetime) -> Row:
    """Write changed columns of a locked row; return the new version and JSON.

    Raises:
        PersonAlreadyRegistered, RegionUnknown
    """
    values = {name: changes.get(name, row[name]) for name in EDITABLE}
    return await _kept(unit, _CHANGE, {"id": row["id"], "changed_at": now, **values})


async def _kept(unit: Unit, statement: Statement, values: Mapping[str, Any]) -> Row:
    try:
        return _found(await unit.row(statement, **values))
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "uq_person_nik_index":
            raise PersonAlreadyRegistered("Another record holds this NIK.") from None
        if error.constraint_name == "uq_person_registered_by_external_id":
            raise ExternalIdTaken("You have used this external_id before.") from None
        raise
    except asyncpg.ForeignKeyViolationError as error:
        raise (unknown_village(error) or error) from None


def _found(row: Row | None) -> Row:
    if row is None:
        raise PersonNotFound("There is no person with this id whom you may see.")
    return row
