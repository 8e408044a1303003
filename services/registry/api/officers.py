"""/cooperatives/{id}/officers and /findings: who holds a seat, and what the guides object to."""

from collections.abc import Iterable
from typing import Self
from uuid import UUID

from fastapi import Response

from services.registry.api.cooperatives import (
    CooperativesReader,
    CooperativesWriter,
    event,
    may_write,
)
from services.registry.api.problems import PROBLEMS
from services.registry.db import cooperatives, kinship, officers, people
from services.registry.db.cooperatives import CooperativeNotFound
from services.registry.db.officers import OfficerNotFound
from services.registry.db.people import PersonNotFound
from services.registry.domain import cooperative
from services.registry.domain.cooperative import (
    Board,
    CooperativeKind,
    CooperativeStatus,
    Position,
    VillageOffice,
)
from services.registry.domain.source import Confidence, Contradictory, Finding, Source, must_agree
from shared.auth import Forbidden
from shared.clock import WIB, Now
from shared.edge import Once, Read, router
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import Day, In, Out

routes = router("/cooperatives/{id}", tags=["cooperatives"])


class OfficerNew(In):
    """A person takes a seat. A village office that they hold as well is stated, not refused."""

    person_id: UUID
    board: Board
    position: Position
    since: Day
    until: Day | None = None
    village_office: VillageOffice | None = None


class OfficerOut(Out):
    """One seat, from the first to the last day of office, both included."""

    id: UUID
    cooperative_id: UUID
    person_id: UUID
    board: Board
    position: Position
    since: Day
    until: Day | None
    village_office: VillageOffice | None


class OfficerEnd(In):
    """The last day of office."""

    until: Day


class SourceOut(Out):
    """The text that a rule rests on, and how sure we are of it."""

    regulation: str
    provision: str
    confidence: Confidence

    @classmethod
    def of(cls, source: Source) -> Self:
        """Show a source of the domain."""
        return cls(
            regulation=source.regulation,
            provision=source.provision,
            confidence=source.confidence,
        )


class FindingOut(Out):
    """Something a rule would object to. It is shown to people; it stops nothing by itself."""

    code: str
    detail: str
    source: SourceOut
    people: list[UUID]


class FindingsOut(Out):
    """What the rules object to on a day: in the boards, the annual meetings, the certificate."""

    on: Day
    officers: list[FindingOut]
    rats: list[FindingOut]
    certificate: list[FindingOut]


@routes.post(
    "/officers",
    status_code=201,
    response_model=OfficerOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        CooperativeNotFound,
        PersonNotFound,
        Contradictory,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="seat_officer",
)
async def seat_officer(
    caller: CooperativesWriter, unit: Once, now: Now, id: UUID, new: OfficerNew
) -> Response:
    """Record who takes a seat. What the guides would object to is found by /findings."""
    may_write(caller, id)
    must_agree(cooperative.term_contradictions(new.since, new.until))
    row = await cooperatives.lock(unit, id)
    await people.hold(unit, caller, new.person_id)
    body = await officers.add(unit, {"id": new_id(), "cooperative_id": id, **dict(new)})
    kept = await cooperatives.change(unit, row, {}, now=now)
    unit.record(event("officer_seated", id, kept["version"], now))
    return Response(body, 201, media_type="application/json")


@routes.get(
    "/officers",
    response_model=page_model(OfficerOut),
    responses=PROBLEMS.openapi(CooperativeNotFound, CursorInvalid),
    operation_id="list_officers",
)
async def list_officers(caller: CooperativesReader, db: Read, paging: Page, id: UUID) -> Response:
    """List the seats of a cooperative, past ones too, in the order in which they were recorded."""
    page = await cooperatives.page_under(db, officers.PAGE, id, paging)
    return Response(page_json(page, paging), media_type="application/json")


@routes.post(
    "/officers/{officer_id}/end",
    response_model=OfficerOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        CooperativeNotFound,
        OfficerNotFound,
        Contradictory,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="end_office",
)
async def end_office(
    caller: CooperativesWriter,
    unit: Once,
    now: Now,
    id: UUID,
    officer_id: UUID,
    end: OfficerEnd,
) -> Response:
    """Record the last day on which a seat is held; the seat itself stays in the list."""
    may_write(caller, id)
    row = await cooperatives.lock(unit, id)
    since = await officers.since(unit, id, officer_id)
    must_agree(cooperative.term_contradictions(since, end.until))
    body = await officers.end(unit, officer_id, until=end.until)
    kept = await cooperatives.change(unit, row, {}, now=now)
    unit.record(event("office_ended", id, kept["version"], now))
    return Response(body, media_type="application/json")


@routes.get(
    "/findings",
    response_model=FindingsOut,
    responses=PROBLEMS.openapi(CooperativeNotFound),
    operation_id="list_findings",
)
async def list_findings(caller: CooperativesReader, db: Read, now: Now, id: UUID) -> FindingsOut:
    """Show what the rules object to today, each with its source and how sure we are of it.

    The people concerned are named to those who see all people and to the cooperative itself: a
    finding can tell that two of them are related.
    """
    row = await cooperatives.row(db, id)
    today = now.astimezone(WIB).date()
    seats = await officers.of_cooperative(db, id)
    kin = await kinship.pairs_among(db, {seat.person_id for seat in seats})
    rats = await cooperatives.rats(db, id)
    boards = cooperative.officer_findings(CooperativeKind(row["kind"]), seats, kin=kin, on=today)
    late = cooperative.rat_findings(rats, founded_on=row["founded_on"], on=today)
    certificate = cooperative.certificate_findings(
        CooperativeStatus(row["status"]),
        rats,
        valid_until=row["certificate_valid_until"],
        on=today,
    )
    named = caller.sees_all or caller.cooperative_id == id
    return FindingsOut(
        on=today,
        officers=_shown(boards, named=named),
        rats=_shown(late, named=named),
        certificate=_shown(certificate, named=named),
    )


def _shown(findings: Iterable[Finding], *, named: bool) -> list[FindingOut]:
    return [
        FindingOut(
            code=finding.code,
            detail=finding.detail,
            source=SourceOut.of(finding.source),
            people=list(finding.people) if named else [],
        )
        for finding in findings
    ]
