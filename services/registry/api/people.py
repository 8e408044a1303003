"""/people: who came home, what they can do, and how well we know them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
import phonenumbers
from fastapi import Query, Request, Response
from pydantic import AfterValidator, Field, StringConstraints

from services.registry.api.problems import PROBLEMS
from services.registry.api.regions import NikWarningOut, kabkota
from services.registry.db import people, placements
from services.registry.db.people import ExternalIdTaken, PersonAlreadyRegistered, PersonNotFound
from services.registry.db.regions import RegionUnknown
from services.registry.domain import nik, person
from services.registry.domain.nik import ImpossibleNik, NikAsIdentifier
from services.registry.domain.person import (
    Education,
    IdentityMatched,
    LanguageLevel,
    MigrationEvent,
    MigrationStatus,
    Sex,
    VerificationLevel,
)
from services.registry.domain.source import Contradictory, must_agree
from services.registry.domain.transition import IllegalTransition
from shared.auth import Caller, Forbidden, Kind, requires
from shared.clock import WIB, Now
from shared.db import Row
from shared.edge import Once, Read, Write, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.sealing import Sealer
from shared.wire import (
    Code,
    Count,
    Day,
    Flag,
    In,
    Instant,
    Out,
    PersonNik,
    Text,
    VillageCode,
    untouched,
)

routes = router("/people", tags=["people"])
PeopleReader = Annotated[Caller, requires("people:read")]
PeopleWriter = Annotated[Caller, requires("people:write")]
AUTHORITIES = frozenset({Kind.SERVICE, Kind.MINISTRY_ANALYST})
NIK_COLUMN = "person.nik"


def _phone(text: str) -> str:
    """Return an Indonesian or international number as E.164."""
    try:
        number = phonenumbers.parse(text, "ID")
    except phonenumbers.NumberParseException:
        raise ValueError("not a phone number") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("not a phone number that can exist")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()-]{6,24}$"), AfterValidator(_phone)]


class SkillIn(In):
    """Something the person can do, and for how many whole years."""

    name: Text
    years: Count | None = None


class LanguageIn(In):
    """A language (ISO 639-1) and how well it is spoken."""

    code: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
    level: LanguageLevel


class CertificateIn(In):
    """A certificate of competence."""

    scheme: Text
    issuer: Text
    number: Text
    issued_on: Day
    valid_until: Day | None = None


Skills = Annotated[tuple[SkillIn, ...], Field(max_length=40)]
Languages = Annotated[tuple[LanguageIn, ...], Field(max_length=20)]
Certificates = Annotated[tuple[CertificateIn, ...], Field(max_length=40)]


class PersonNew(In):
    """A person to be registered. Without papers, leave out what is not known."""

    external_id: Code | None = None
    person_nik: PersonNik | None = None
    full_name: Text
    birth_date: Day | None = None
    sex: Sex
    phone: Phone | None = None
    ktp_village_code: VillageCode | None = None
    domicile_village_code: VillageCode | None = None
    married: Flag | None = None
    education: Education | None = None
    migration_status: MigrationStatus = MigrationStatus.RETURNED
    skills: Skills = ()
    languages: Languages = ()
    certificates: Certificates = ()


class PersonEdit(In):
    """What to correct. A field that is left out stays as it is; null removes what is known.

    Once a state register has matched who the person is, only a ministry or a service changes the
    NIK, name, date of birth and sex. They alone send `migration_status`, which mends a step that
    was recorded by mistake; what happens to a person is a step.
    """

    person_nik: PersonNik | None = None
    full_name: Text = untouched("")
    birth_date: Day | None = None
    sex: Sex = untouched(Sex.FEMALE)
    phone: Phone | None = None
    ktp_village_code: VillageCode | None = None
    domicile_village_code: VillageCode | None = None
    married: Flag | None = None
    education: Education | None = None
    migration_status: MigrationStatus = untouched(MigrationStatus.RETURNED)
    skills: Skills = ()
    languages: Languages = ()
    certificates: Certificates = ()


class PersonOut(Out):
    """A person as the registry knows them. The NIK itself is never shown."""

    id: UUID
    external_id: str | None
    has_nik: bool
    nik_warnings: list[NikWarningOut]
    full_name: str
    birth_date: Day | None
    sex: Sex
    phone: str | None
    ktp_village_code: str | None
    domicile_village_code: str | None
    married: bool | None
    education: Education | None
    migration_status: MigrationStatus
    verification_level: VerificationLevel
    skills: list[SkillIn]
    languages: list[LanguageIn]
    certificates: list[CertificateIn]
    version: int
    created_at: Instant
    changed_at: Instant


class NikLookup(In):
    """Whose record is asked for, and why."""

    person_nik: PersonNik
    purpose: Literal["registration", "membership", "financing", "service_to_the_person"]


class MigrationStep(In):
    """One step of a life between home and abroad."""

    event: MigrationEvent


def _jsonb(items: Any) -> str:
    return orjson.dumps([item.model_dump(mode="json") for item in items]).decode()


def answer(row: Row | Mapping[str, Any], status: int = 200, **headers: str) -> Response:
    """Answer with a person and their ETag."""
    return Response(
        row["body"],
        status,
        {"etag": etag(row["version"]), **headers},
        media_type="application/json",
    )


def event(kind: str, id: UUID, version: int, now: datetime) -> Event:
    """Return the event of a change of a person."""
    return Event(kind=f"person.{kind}", subject_id=id, version=version, occurred_at=now)


async def _nik_columns(
    request: Request,
    db: Read,
    id: UUID,
    number: str | None,
    *,
    birth_date: date | None,
    sex: Sex,
    now: datetime,
) -> dict[str, Any]:
    """Return the four columns of a NIK: sealed, indexed, and what it disagrees with."""
    if number is None:
        return {"nik_index": None, "nik_cipher": None, "nik_key_id": None, "nik_warnings": "[]"}
    known, retired = await kabkota(request, db)
    reading = nik.read(
        number,
        on=now.astimezone(WIB).date(),
        known_regions=known,
        retired_regions=retired,
        declared_birth_date=birth_date,
        declared_sex=sex,
    )
    sealer = Sealer(request.app.state.keys, NIK_COLUMN)
    key_id, cipher = sealer.seal(id, number)
    warnings = [asdict(warning) for warning in reading.warnings]
    return {
        "nik_index": sealer.index(number),
        "nik_cipher": cipher,
        "nik_key_id": key_id,
        "nik_warnings": orjson.dumps(warnings).decode(),
    }


@routes.post(
    "",
    status_code=201,
    response_model=PersonOut,
    responses=PROBLEMS.openapi(
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
        ImpossibleNik,
        NikAsIdentifier,
        Contradictory,
        PersonAlreadyRegistered,
        ExternalIdTaken,
        RegionUnknown,
    ),
    operation_id="register_person",
)
async def register_person(
    caller: PeopleWriter, unit: Once, db: Read, request: Request, now: Now, new: PersonNew
) -> Response:
    """Register a person. A returnee without papers is registered with what is known."""
    nik.check_identifier(new.external_id, new.person_nik)
    today = now.astimezone(WIB).date()
    must_agree(person.birth_contradictions(new.birth_date, (), on=today))
    id = new_id()
    values = {
        "id": id,
        "registered_by": caller.id,
        **new.model_dump(exclude={"person_nik", "skills", "languages", "certificates"}),
        "skills": _jsonb(new.skills),
        "languages": _jsonb(new.languages),
        "certificates": _jsonb(new.certificates),
        "verification_level": VerificationLevel.SELF_DECLARED,
        **await _nik_columns(
            request, db, id, new.person_nik, birth_date=new.birth_date, sex=new.sex, now=now
        ),
        "version": 1,
        "created_at": now,
        "changed_at": now,
    }
    body = await people.add(unit, values)
    unit.record(event("registered", id, 1, now))
    return answer({"body": body, "version": 1}, 201, location=f"/people/{id}")


@routes.get(
    "",
    response_model=page_model(PersonOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_people",
)
async def list_people(
    caller: PeopleReader,
    db: Read,
    paging: Page,
    domicile_village_code: Annotated[
        VillageCode | None, Query(description="Only people who live in this village")
    ] = None,
) -> Response:
    """List the people whom the caller may see, in the order of registration."""
    page = await people.page(
        db, caller, village=domicile_village_code, after=paging.after_id, limit=paging.limit
    )
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=PersonOut,
    responses=PROBLEMS.openapi(PersonNotFound),
    operation_id="get_person",
)
async def get_person(caller: PeopleReader, db: Read, id: UUID) -> Response:
    """Show one person."""
    return answer(await people.get(db, caller, id))


@routes.post(
    "/lookup",
    response_model=PersonOut,
    responses=PROBLEMS.openapi(PersonNotFound),
    operation_id="lookup_person",
)
async def lookup_person(
    caller: PeopleReader, db: Read, request: Request, lookup: NikLookup
) -> Response:
    """Find a person by NIK. The number travels in the body, never in an address."""
    sealer = Sealer(request.app.state.keys, NIK_COLUMN)
    return answer(await people.get_by_nik(db, caller, sealer.index(lookup.person_nik)))


@routes.patch(
    "/{id}",
    response_model=PersonOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        PersonNotFound,
        PreconditionMissing,
        PreconditionFailed,
        IdentityMatched,
        ImpossibleNik,
        NikAsIdentifier,
        Contradictory,
        PersonAlreadyRegistered,
        RegionUnknown,
    ),
    operation_id="correct_person",
)
async def correct_person(
    caller: PeopleWriter,
    unit: Write,
    db: Read,
    request: Request,
    now: Now,
    seen: IfMatch,
    id: UUID,
    edit: PersonEdit,
) -> Response:
    """Correct a person's record. If-Match carries the ETag that was read."""
    authority = caller.kind in AUTHORITIES
    if "migration_status" in edit.model_fields_set and not authority:
        raise Forbidden("Only a ministry or a service corrects `migration_status`; take a step.")
    row = await people.lock(unit, caller, id)
    must_match(seen, row["version"])
    changes = {
        name: getattr(edit, name)
        for name in edit.model_fields_set - {"person_nik", "skills", "languages", "certificates"}
    }
    for name in ("skills", "languages", "certificates"):
        if name in edit.model_fields_set:
            changes[name] = _jsonb(getattr(edit, name))
    if "birth_date" in changes:
        departures = await placements.departures(unit, id)
        today = now.astimezone(WIB).date()
        must_agree(person.birth_contradictions(edit.birth_date, departures, on=today))
    changes |= await _corrected_nik(request, db, row, edit, now)
    level = VerificationLevel(row["verification_level"])
    person.check_correction(level, dict(row.items()), changes, authority=authority)
    kept = await people.change(unit, row, changes, now=now)
    unit.record(event("corrected", id, kept["version"], now))
    return answer(kept)


async def _corrected_nik(
    request: Request, db: Read, row: Row, edit: PersonEdit, now: datetime
) -> dict[str, Any]:
    """Return the columns of the NIK, where it changes or what it was compared with does."""
    given = edit.model_fields_set
    if given.isdisjoint({"person_nik", "birth_date", "sex"}):
        return {}
    number = edit.person_nik
    if "person_nik" in given:
        nik.check_identifier(row["external_id"], number)
    elif row["nik_cipher"] is not None:
        sealer = Sealer(request.app.state.keys, NIK_COLUMN)
        number = sealer.open(row["id"], row["nik_key_id"], row["nik_cipher"])
    return await _nik_columns(
        request,
        db,
        row["id"],
        number,
        birth_date=edit.birth_date if "birth_date" in given else row["birth_date"],
        sex=edit.sex if "sex" in given else Sex(row["sex"]),
        now=now,
    )


@routes.post(
    "/{id}/migration-steps",
    response_model=PersonOut,
    responses=PROBLEMS.openapi(
        PersonNotFound, IllegalTransition, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="move_person",
)
async def move_person(
    caller: PeopleWriter, unit: Once, now: Now, id: UUID, step: MigrationStep
) -> Response:
    """Take one step between home and abroad: leave, return, depart again."""
    row = await people.lock(unit, caller, id)
    status = person.advance(MigrationStatus(row["migration_status"]), step.event)
    kept = await people.change(unit, row, {"migration_status": status}, now=now)
    unit.record(event(step.event, id, kept["version"], now))
    return answer(kept)
