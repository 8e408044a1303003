"""
/people/{id}/financing-facts and /cooperatives/{id}/financing-facts: what financing may read.

Each reading states its purpose, and is written down and told in the feed in the transaction that
reads. It takes no Idempotency-Key: a repeat is another reading, and its answer, which may hold a
NIK, is stored nowhere.
"""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Request, Response

from services.registry.api.cooperatives import FiguresNew, RatNew
from services.registry.api.officers import SourceOut
from services.registry.api.people import NIK_COLUMN
from services.registry.api.problems import PROBLEMS
from services.registry.db import facts, people
from services.registry.db.cooperatives import CooperativeNotFound
from services.registry.db.people import PersonNotFound
from services.registry.domain import evidence
from services.registry.domain.cooperative import CooperativeKind, CooperativeStatus, HealthGrade
from services.registry.domain.evidence import ProofKind
from services.registry.domain.facts import Purpose, tells_nik
from services.registry.domain.mentoring import Mentoring, MentoringStatus
from services.registry.domain.person import MigrationStatus, VerificationLevel
from services.registry.domain.training import Training, TrainingStatus, TrainingTopic
from shared.auth import Caller, Forbidden, Kind, requires
from shared.clock import WIB, Now
from shared.db import Row
from shared.edge import Read, Write, router
from shared.events import Event
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.sealing import Sealer
from shared.wire import Day, In, Instant, Out

routes = router(tags=["facts"])
FactsReader = Annotated[Caller, requires("facts:read", kinds=(Kind.SERVICE,))]
ReadingsReader = Annotated[
    Caller, requires("people:read", kinds=(Kind.MOBILE_BACKEND, Kind.AUDITOR))
]


class FactsAsked(In):
    """Why the facts are read."""

    purpose: Purpose


class ProofOut(Out):
    """A record that counts as evidence for a beginner, and the first day on which it did."""

    kind: ProofKind
    record_id: UUID
    since: Day
    source: SourceOut


class MembershipFact(Out):
    """An active membership; `since` is the day of the approval."""

    cooperative_id: UUID
    kind: CooperativeKind
    name: str
    has_usp: bool
    since: Day | None


class PersonFactsOut(Out):
    """What financing reads of a person. The reason of the return is not among it.

    `person_nik` is told only for a submission, and only to a caller with the scope people:nik.
    `registered_by` is the client that registered the person, and so may act for them.
    """

    id: UUID
    version: int
    on: Day
    person_nik: str | None
    full_name: str
    birth_date: Day | None
    married: bool | None
    ktp_village_code: str | None
    domicile_village_code: str | None
    migration_status: MigrationStatus
    is_deceased: bool
    verification_level: VerificationLevel
    returned_on: Day | None
    proofs: list[ProofOut]
    memberships: list[MembershipFact]
    registered_by: str


class CooperativeFactsOut(Out):
    """What financing reads of a cooperative. `officers_count` are those in office `on` the day."""

    id: UUID
    kind: CooperativeKind
    name: str
    founded_on: Day
    status: CooperativeStatus
    legal_entity_no: str | None
    legal_entity_on: Day | None
    coop_registry_no: str | None
    certificate_valid_until: Day | None
    health_grade: HealthGrade | None
    has_usp: bool
    microsite_url: str | None
    npwp: str | None
    nib: str | None
    version: int
    village_codes: list[str]
    rats: list[RatNew]
    figures: list[FiguresNew]
    officers_count: int
    on: Day


class FactsReadingOut(Out):
    """Who read the facts of a person, why and when."""

    id: UUID
    purpose: Purpose
    caller_id: str
    request_id: str
    at: Instant


@routes.post(
    "/people/{id}/financing-facts",
    response_model=PersonFactsOut,
    responses=PROBLEMS.openapi(Forbidden, PersonNotFound),
    operation_id="read_person_facts",
)
async def read_person_facts(
    caller: FactsReader, unit: Write, request: Request, now: Now, id: UUID, asked: FactsAsked
) -> Response:
    """Read what financing needs of a person, for a stated purpose."""
    row = await facts.of_person(unit, id, _reading(request, caller, asked.purpose, now))
    nik = None
    if tells_nik(asked.purpose, caller.scopes) and row["nik_cipher"] is not None:
        sealer = Sealer(request.app.state.keys, NIK_COLUMN)
        nik = sealer.open(id, row["nik_key_id"], row["nik_cipher"])
    told = _person_facts(row, nik, on=now.astimezone(WIB).date())
    unit.record(_facts_read("person", id, row["version"], asked.purpose, now))
    return Response(told.model_dump_json(), media_type="application/json")


@routes.post(
    "/cooperatives/{id}/financing-facts",
    response_model=CooperativeFactsOut,
    responses=PROBLEMS.openapi(Forbidden, CooperativeNotFound),
    operation_id="read_cooperative_facts",
)
async def read_cooperative_facts(
    caller: FactsReader, unit: Write, request: Request, now: Now, id: UUID, asked: FactsAsked
) -> Response:
    """Read what financing needs of a cooperative, for a stated purpose."""
    reading = _reading(request, caller, asked.purpose, now)
    row = await facts.of_cooperative(unit, id, reading, on=now.astimezone(WIB).date())
    unit.record(_facts_read("cooperative", id, row["version"], asked.purpose, now))
    return Response(row["body"], media_type="application/json")


@routes.get(
    "/people/{id}/facts-readings",
    response_model=page_model(FactsReadingOut),
    responses=PROBLEMS.openapi(Forbidden, PersonNotFound, CursorInvalid),
    operation_id="list_facts_readings",
)
async def list_facts_readings(
    caller: ReadingsReader, db: Read, paging: Page, id: UUID
) -> Response:
    """List who read a person's facts and why: for the person's own app, and for auditors."""
    page = await people.page_under(db, facts.READINGS, caller, id, paging)
    return Response(page_json(page, paging), media_type="application/json")


def _reading(request: Request, caller: Caller, purpose: Purpose, now: datetime) -> facts.Reading:
    return facts.Reading(new_id(), purpose, caller.id, request.scope["request_id"], now)


def _facts_read(noun: str, id: UUID, version: int, purpose: Purpose, now: datetime) -> Event:
    return Event(
        kind=f"{noun}.facts_read",
        subject_id=id,
        version=version,
        occurred_at=now,
        data={"purpose": purpose},
    )


def _person_facts(row: Row, nik: str | None, *, on: date) -> PersonFactsOut:
    status = MigrationStatus(row["migration_status"])
    return PersonFactsOut(
        id=row["id"],
        version=row["version"],
        on=on,
        person_nik=nik,
        full_name=row["full_name"],
        birth_date=row["birth_date"],
        married=row["married"],
        ktp_village_code=row["ktp_village_code"],
        domicile_village_code=row["domicile_village_code"],
        migration_status=status,
        is_deceased=status is MigrationStatus.DECEASED,
        verification_level=row["verification_level"],
        returned_on=row["returned_on"],
        proofs=_proofs(row, on),
        memberships=[_membership(one) for one in orjson.loads(row["memberships"])],
        registered_by=row["registered_by"],
    )


def _proofs(row: Row, on: date) -> list[ProofOut]:
    mentorings = (
        Mentoring(
            id=UUID(one["id"]),
            status=MentoringStatus(one["status"]),
            started_on=_day(one["started_on"]),
            ended_on=_day(one["ended_on"]),
        )
        for one in orjson.loads(row["mentorings"])
    )
    trainings = (
        Training(
            id=UUID(one["id"]),
            topic=TrainingTopic(one["topic"]),
            status=TrainingStatus(one["status"]),
            completed_on=_day(one["completed_on"]),
        )
        for one in orjson.loads(row["trainings"])
    )
    return [
        ProofOut(
            kind=proof.kind,
            record_id=proof.record_id,
            since=proof.since,
            source=SourceOut.of(proof.source),
        )
        for proof in evidence.proofs(mentorings, trainings, on=on)
    ]


def _membership(one: dict[str, Any]) -> MembershipFact:
    approved = one.pop("approved_at")
    since = None if approved is None else datetime.fromisoformat(approved).astimezone(WIB).date()
    return MembershipFact(**one, since=since)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
