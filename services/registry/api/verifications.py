"""/people/{id}/verifications: what raises a record above what the person says."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator

from services.registry.api.people import AUTHORITIES, PeopleReader, PeopleWriter
from services.registry.api.problems import PROBLEMS
from services.registry.db import kinship, people, verifications
from services.registry.db.people import PersonNotFound
from services.registry.domain import person
from services.registry.domain.person import (
    AttestationByKin,
    Evidence,
    EvidenceFromTheFuture,
    EvidenceKind,
    NotHigher,
    SelfAttestation,
    VerificationLevel,
)
from shared.auth import Caller, Forbidden
from shared.clock import WIB, Now
from shared.edge import Once, Read, router
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import Day, In, Instant, Out, Text

routes = router("/people/{id}/verifications", tags=["people"])
_LIKE_A_NIK = re.compile(r"(?<![0-9])[0-9]{16}(?![0-9])")


def _without_nik(text: str) -> str:
    if _LIKE_A_NIK.search(text):
        raise ValueError("sixteen digits together look like a NIK; name the paper otherwise")
    return text


Reference = Annotated[Text, AfterValidator(_without_nik)]


class VerificationNew(In):
    """Evidence: what it is, where it is kept, who attests it, since when.

    `attested_by` is the person who attests, or the system account that made a match. `reference`
    names the paper or record and never holds a NIK.
    """

    evidence_kind: EvidenceKind
    reference: Reference
    attested_by: UUID
    attested_on: Day


class VerificationOut(Out):
    """One step up, and the evidence that it rests on."""

    id: UUID
    person_id: UUID
    level: VerificationLevel
    evidence_kind: EvidenceKind
    reference: str
    attested_by: UUID
    attested_on: Day
    recorded_at: Instant


def _check_recorder(caller: Caller, kind: EvidenceKind) -> None:
    """Refuse a match with a state register from anybody but those who can look there."""
    if kind is not EvidenceKind.VILLAGE_LETTER and caller.kind not in AUTHORITIES:
        raise Forbidden("A match with a state register is recorded by a service or a ministry.")


@routes.post(
    "",
    status_code=201,
    response_model=VerificationOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        PersonNotFound,
        SelfAttestation,
        AttestationByKin,
        EvidenceFromTheFuture,
        NotHigher,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="verify_person",
)
async def verify_person(
    caller: PeopleWriter, unit: Once, now: Now, id: UUID, new: VerificationNew
) -> Response:
    """Raise a record's level on evidence for which somebody else vouches, never a relative."""
    _check_recorder(caller, new.evidence_kind)
    row = await people.lock(unit, caller, id)
    evidence = Evidence(
        kind=new.evidence_kind,
        reference=new.reference,
        attested_by=new.attested_by,
        attested_on=new.attested_on,
    )
    level = person.verify(
        VerificationLevel(row["verification_level"]),
        evidence,
        subject=id,
        kin=await kinship.kin(unit, id),
        on=now.astimezone(WIB).date(),
    )
    values = {
        "id": new_id(),
        "person_id": id,
        "level": level,
        **dict(new),
        "recorded_by": caller.id,
        "recorded_at": now,
    }
    body = await verifications.add(unit, values)
    kept = await people.change(unit, row, {"verification_level": level}, now=now)
    unit.record(
        Event(kind="person.verified", subject_id=id, version=kept["version"], occurred_at=now)
    )
    return Response(body, 201, media_type="application/json")


@routes.get(
    "",
    response_model=page_model(VerificationOut),
    responses=PROBLEMS.openapi(PersonNotFound, CursorInvalid),
    operation_id="list_verifications",
)
async def list_verifications(caller: PeopleReader, db: Read, paging: Page, id: UUID) -> Response:
    """List what raised a person's record, the first step first."""
    page = await people.page_under(db, verifications.PAGES, caller, id, paging)
    return Response(page_json(page, paging), media_type="application/json")
