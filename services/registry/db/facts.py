"""Named queries on what financing reads: each writes the reading down as it reads."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Table,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
)

from services.registry.db.cooperatives import FIGURES, RATS, VILLAGES, CooperativeNotFound
from services.registry.db.people import PersonNotFound, each_page_under
from services.registry.db.tables import (
    cooperative,
    facts_reading,
    membership,
    membership_step,
    mentoring,
    officer,
    person,
    placement,
    training,
)
from services.registry.domain.facts import Purpose
from services.registry.domain.membership import Event, Status
from shared.db import Row, Statement, Unit
from shared.sql_json import as_object, as_text, columns


class Reading(NamedTuple):
    """A reading as it is written down: by whom, in which request, why and when."""

    reading_id: UUID
    purpose: Purpose
    caller_id: str
    request_id: str
    at: datetime


def _written_down(facts: Select[*tuple[Any, ...]], subject: Table) -> Statement:
    """Return a query by `id` that also writes down, where it finds somebody, that it was asked."""
    column = facts_reading.c
    told = [column.purpose, column.caller_id, column.request_id, column.at]
    asked = [bindparam("reading_id", type_=column.id.type), subject.c.id]
    asked += [bindparam(each.name, type_=each.type) for each in told]
    by_id = subject.c.id == bindparam("id")
    names = [column.id, column.subject_id, *told]
    written = insert(facts_reading).from_select(names, select(*asked).where(by_id)).cte("written")
    return Statement(facts.where(by_id).add_cte(written))


def _list(item: ColumnElement[Any], source: Any, *conditions: ColumnElement[bool]) -> Any:
    """Return what belongs to the person as a JSON array in text, never null."""
    items = func.coalesce(func.json_agg(item), literal_column("'[]'::json"))
    rows = select(as_text(items)).select_from(source).where(*conditions)
    return rows.correlate(person).scalar_subquery()


_approved_at = (
    select(func.min(membership_step.c.at))
    .where(
        membership_step.c.membership_id == membership.c.id,
        membership_step.c.event == Event.APPROVE.value,
    )
    .correlate(membership)
    .scalar_subquery()
)
_memberships = _list(
    as_object(
        cooperative_id=cooperative.c.id,
        **columns(cooperative, "kind", "name", "has_usp"),
        approved_at=_approved_at,
    ),
    membership.join(cooperative, cooperative.c.id == membership.c.cooperative_id),
    membership.c.person_id == person.c.id,
    membership.c.status == Status.ACTIVE.value,
)
_PERSON = _written_down(
    select(
        *(
            person.c[name]
            for name in (
                "id",
                "version",
                "full_name",
                "birth_date",
                "married",
                "ktp_village_code",
                "domicile_village_code",
                "migration_status",
                "verification_level",
                "registered_by",
                "nik_key_id",
                "nik_cipher",
            )
        ),
        select(func.max(placement.c.returned_on))
        .where(placement.c.person_id == person.c.id)
        .correlate(person)
        .scalar_subquery()
        .label("returned_on"),
        _list(
            as_object(**columns(mentoring, "id", "status", "started_on", "ended_on")),
            mentoring,
            mentoring.c.person_id == person.c.id,
        ).label("mentorings"),
        _list(
            as_object(**columns(training, "id", "topic", "status", "completed_on")),
            training,
            training.c.person_id == person.c.id,
        ).label("trainings"),
        _memberships.label("memberships"),
    ),
    person,
)
_today = bindparam("today", type_=Date)
_officers_count = (
    select(func.count(officer.c.person_id.distinct()))
    .where(
        officer.c.cooperative_id == cooperative.c.id,
        officer.c.since <= _today,
        or_(officer.c.until.is_(None), officer.c.until >= _today),
    )
    .correlate(cooperative)
    .scalar_subquery()
)
_COOPERATIVE = _written_down(
    select(
        cooperative.c.version,
        as_text(
            as_object(
                **columns(
                    cooperative,
                    "id",
                    "kind",
                    "name",
                    "founded_on",
                    "status",
                    "legal_entity_no",
                    "legal_entity_on",
                    "coop_registry_no",
                    "certificate_valid_until",
                    "health_grade",
                    "has_usp",
                    "microsite_url",
                    "npwp",
                    "nib",
                    "version",
                ),
                village_codes=VILLAGES,
                rats=RATS,
                figures=FIGURES,
                officers_count=_officers_count,
                on=_today,
            )
        ).label("body"),
    ),
    cooperative,
)
READINGS: Mapping[str, Statement] = each_page_under(
    select(
        facts_reading.c.id,
        as_object(
            **columns(facts_reading, "id", "purpose", "caller_id", "request_id", "at")
        ).label("body"),
    )
    .where(facts_reading.c.subject_id == bindparam("id"), facts_reading.c.id > bindparam("after"))
    .order_by(facts_reading.c.id)
    .limit(bindparam("limit"))
)


async def of_person(unit: Unit, id: UUID, reading: Reading) -> Row:
    """Return a person's facts, the lists as JSON; raises `PersonNotFound`."""
    row = await unit.row(_PERSON, id=id, **reading._asdict())
    if row is None:
        raise PersonNotFound("There is no person with this id whom you may see.")
    return row


async def of_cooperative(unit: Unit, id: UUID, reading: Reading, *, on: date) -> Row:
    """Return version and JSON of a cooperative's facts; raises `CooperativeNotFound`."""
    row = await unit.row(_COOPERATIVE, id=id, today=on, **reading._asdict())
    if row is None:
        raise CooperativeNotFound("There is no cooperative with this id.")
    return row
