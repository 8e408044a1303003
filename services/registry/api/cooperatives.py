"""
/cooperatives: village cooperatives and their kin, as legal entities that everybody may read.

Who may write: a service and a ministry's analyst write everything. A cooperative's own officers
write what the cooperative itself keeps (its name, sites and numbers, its seats, annual meetings
and figures), never what an authority grants: kind, status, legal entity, registry number,
certificate, health grade, founding and villages.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from services.registry.api.problems import PROBLEMS
from services.registry.db import cooperatives
from services.registry.db.cooperatives import (
    BookYearNotFound,
    CooperativeNotFound,
    CoopRegistryNoTaken,
)
from services.registry.db.people import ExternalIdTaken
from services.registry.db.regions import RegionUnknown
from services.registry.domain import cooperative
from services.registry.domain.cooperative import (
    CooperativeEvent,
    CooperativeKind,
    CooperativeStatus,
    Figures,
    HealthGrade,
    Rat,
)
from services.registry.domain.source import Contradictory, must_agree
from services.registry.domain.transition import IllegalTransition
from shared.auth import Caller, Forbidden, Kind, requires
from shared.clock import WIB, Now
from shared.db import Row, Unit
from shared.edge import Once, Read, Write, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import (
    FIRST_DAY,
    Balance,
    Code,
    Day,
    Flag,
    In,
    Instant,
    Out,
    Sum,
    Text,
    VillageCode,
    Whole,
    Year,
    untouched,
)

routes = router("/cooperatives", tags=["cooperatives"])
AUTHORITIES = (Kind.SERVICE, Kind.MINISTRY_ANALYST)
CooperativesReader = Annotated[Caller, requires("cooperatives:read")]
CooperativesWriter = Annotated[
    Caller, requires("cooperatives:write", kinds=(*AUTHORITIES, Kind.COOPERATIVE_OFFICER))
]
Authority = Annotated[Caller, requires("cooperatives:write", kinds=AUTHORITIES)]
BookYear = Annotated[
    Whole,
    Field(ge=1900, le=2200),
    # The bounds of a `Whole` would stand in the contract under names that JSON Schema lacks.
    WithJsonSchema({"type": "integer", "minimum": 1900, "maximum": 2200}),
    Path(description="A book year that is recorded"),
]
KEPT_BY_ITSELF = frozenset({"name", "has_usp", "microsite_url", "npwp", "nib"})


def _each_once(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(codes)) < len(codes):
        raise ValueError("a village is listed twice")
    return codes


Villages = Annotated[tuple[VillageCode, ...], Field(max_length=40), AfterValidator(_each_once)]
Npwp = Annotated[str, StringConstraints(pattern="^[0-9]{15,16}$")]
Nib = Annotated[str, StringConstraints(pattern="^[0-9]{1,20}$")]
WebAddress = Annotated[str, StringConstraints(pattern="^https?://[!-~]{1,190}$")]


class CooperativeNew(In):
    """A cooperative to be registered. `coop_registry_no` is its Nomor Induk Koperasi."""

    external_id: Code | None = None
    kind: CooperativeKind
    name: Text
    status: CooperativeStatus = CooperativeStatus.FORMING
    legal_entity_no: Text | None = None
    legal_entity_on: Day | None = None
    coop_registry_no: Code | None = None
    certificate_valid_until: Day | None = None
    founded_on: Day
    village_codes: Villages = ()
    has_usp: Flag = False
    microsite_url: WebAddress | None = None
    npwp: Npwp | None = None
    nib: Nib | None = None
    health_grade: HealthGrade | None = None


class CooperativeEdit(In):
    """What to correct. A field that is left out stays as it is; null removes what is known.

    `status` mends a step that was recorded by mistake; what happens to a cooperative is a step.
    """

    kind: CooperativeKind = untouched(CooperativeKind.KOPDES)
    name: Text = untouched("")
    status: CooperativeStatus = untouched(CooperativeStatus.FORMING)
    legal_entity_no: Text | None = None
    legal_entity_on: Day | None = None
    coop_registry_no: Code | None = None
    certificate_valid_until: Day | None = None
    founded_on: Day = untouched(FIRST_DAY)
    village_codes: Villages = untouched(())
    has_usp: Flag = untouched(False)  # noqa: FBT003
    microsite_url: WebAddress | None = None
    npwp: Npwp | None = None
    nib: Nib | None = None
    health_grade: HealthGrade | None = None


class RatNew(In):
    """One annual members' meeting (Rapat Anggota Tahunan): the book year it closed, and when."""

    book_year: Year
    held_on: Day


class RatEdit(In):
    """The day on which a recorded annual meeting was really held."""

    held_on: Day


class FiguresNew(In):
    """What one book year came to, in whole rupiah. The SHU may be a loss."""

    book_year: Year
    shu: Balance
    equity: Balance
    assets: Sum


class FiguresEdit(In):
    """What a recorded book year really came to, in whole rupiah."""

    shu: Balance
    equity: Balance
    assets: Sum


class CooperativeOut(Out):
    """A cooperative with its villages, annual meetings and yearly figures."""

    id: UUID
    external_id: str | None
    kind: CooperativeKind
    name: str
    status: CooperativeStatus
    legal_entity_no: str | None
    legal_entity_on: Day | None
    coop_registry_no: str | None
    certificate_valid_until: Day | None
    founded_on: Day
    has_usp: bool
    microsite_url: str | None
    npwp: str | None
    nib: str | None
    health_grade: HealthGrade | None
    village_codes: list[str]
    rats: list[RatNew]
    figures: list[FiguresNew]
    version: int
    created_at: Instant
    changed_at: Instant


class CooperativeStep(In):
    """One step in the life of a cooperative."""

    event: CooperativeEvent


def answer(row: Row | Mapping[str, Any], status: int = 200, **headers: str) -> Response:
    """Answer with a cooperative and its ETag."""
    return Response(
        row["body"],
        status,
        {"etag": etag(row["version"]), **headers},
        media_type="application/json",
    )


def event(kind: str, id: UUID, version: int, now: datetime) -> Event:
    """Return the event of a change of a cooperative."""
    return Event(kind=f"cooperative.{kind}", subject_id=id, version=version, occurred_at=now)


def may_write(caller: Caller, id: UUID) -> None:
    """Refuse an officer's client that writes to another cooperative than its own."""
    if caller.kind not in AUTHORITIES and caller.cooperative_id != id:
        raise Forbidden("An officer's client writes to its own cooperative only.")


@routes.post(
    "",
    status_code=201,
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        Contradictory,
        CoopRegistryNoTaken,
        ExternalIdTaken,
        RegionUnknown,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="register_cooperative",
)
async def register_cooperative(
    caller: Authority, unit: Once, now: Now, new: CooperativeNew
) -> Response:
    """Register a cooperative, at whatever point of its life it is."""
    today = now.astimezone(WIB).date()
    must_agree(cooperative.founding_contradictions(new.founded_on, new.legal_entity_on, on=today))
    id = new_id()
    values = {
        "id": id,
        "registered_by": caller.id,
        **new.model_dump(exclude={"village_codes"}),
        "version": 1,
        "created_at": now,
        "changed_at": now,
    }
    kept = await cooperatives.add(unit, values, new.village_codes)
    unit.record(event("registered", id, 1, now))
    return answer(kept, 201, location=f"/cooperatives/{id}")


@routes.get(
    "",
    response_model=page_model(CooperativeOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_cooperatives",
)
async def list_cooperatives(
    caller: CooperativesReader,
    db: Read,
    paging: Page,
    village_code: Annotated[
        VillageCode | None, Query(description="Only cooperatives that cover this village")
    ] = None,
    kind: Annotated[CooperativeKind | None, Query(description="Only this kind")] = None,
) -> Response:
    """List cooperatives, in the order of registration."""
    page = await cooperatives.page(db, paging, village_code=village_code, kind=kind)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(CooperativeNotFound),
    operation_id="get_cooperative",
)
async def get_cooperative(caller: CooperativesReader, db: Read, id: UUID) -> Response:
    """Show one cooperative."""
    return answer(await cooperatives.get(db, id))


@routes.patch(
    "/{id}",
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        CooperativeNotFound,
        PreconditionMissing,
        PreconditionFailed,
        Contradictory,
        CoopRegistryNoTaken,
        RegionUnknown,
    ),
    operation_id="correct_cooperative",
)
async def correct_cooperative(
    caller: CooperativesWriter,
    unit: Write,
    now: Now,
    seen: IfMatch,
    id: UUID,
    edit: CooperativeEdit,
) -> Response:
    """Correct a cooperative's record. If-Match carries the ETag that was read."""
    may_write(caller, id)
    granted = sorted(edit.model_fields_set - KEPT_BY_ITSELF)
    if granted and caller.kind not in AUTHORITIES:
        raise Forbidden(f"Only an authority changes {', '.join(granted)}.")
    row = await cooperatives.lock(unit, id)
    must_match(seen, row["version"])
    changes = {name: getattr(edit, name) for name in edit.model_fields_set - {"village_codes"}}
    today = now.astimezone(WIB).date()
    founded_on = changes.get("founded_on", row["founded_on"])
    legal_entity_on = changes.get("legal_entity_on", row["legal_entity_on"])
    must_agree(cooperative.founding_contradictions(founded_on, legal_entity_on, on=today))
    if "founded_on" in changes:
        rats = await cooperatives.rats(unit, id)
        must_agree(cooperative.rat_contradictions(rats, founded_on=founded_on, on=today))
        years = await cooperatives.years_with_figures(unit, id)
        must_agree(cooperative.figures_contradictions(years, founded_on=founded_on, on=today))
    if "village_codes" in edit.model_fields_set:
        await cooperatives.cover(unit, id, edit.village_codes)
    kept = await cooperatives.change(unit, row, changes, now=now)
    unit.record(event("corrected", id, kept["version"], now))
    return answer(kept)


@routes.post(
    "/{id}/steps",
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        CooperativeNotFound,
        IllegalTransition,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="move_cooperative",
)
async def move_cooperative(
    caller: Authority, unit: Once, now: Now, id: UUID, step: CooperativeStep
) -> Response:
    """Take one step in the life of a cooperative; an authority does, not its officers."""
    row = await cooperatives.lock(unit, id)
    status = cooperative.advance(CooperativeStatus(row["status"]), step.event)
    kept = await cooperatives.change(unit, row, {"status": status}, now=now)
    unit.record(event(step.event, id, kept["version"], now))
    return answer(kept)


@routes.post(
    "/{id}/rats",
    status_code=201,
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        CooperativeNotFound,
        Contradictory,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="record_rat",
)
async def record_rat(
    caller: CooperativesWriter, unit: Once, now: Now, id: UUID, new: RatNew
) -> Response:
    """Record an annual meeting that was held; one for each book year."""
    may_write(caller, id)
    row = await cooperatives.lock(unit, id)
    rat = Rat(book_year=new.book_year, held_on=new.held_on)
    rats = (*await cooperatives.rats(unit, id), rat)
    today = now.astimezone(WIB).date()
    must_agree(cooperative.rat_contradictions(rats, founded_on=row["founded_on"], on=today))
    await cooperatives.add_rat(unit, id, rat)
    kept = await cooperatives.change(unit, row, {}, now=now)
    unit.record(event("rat_recorded", id, kept["version"], now))
    return answer(kept, 201)


@routes.post(
    "/{id}/figures",
    status_code=201,
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        CooperativeNotFound,
        Contradictory,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="record_figures",
)
async def record_figures(
    caller: CooperativesWriter, unit: Once, now: Now, id: UUID, new: FiguresNew
) -> Response:
    """Record what a book year that has ended came to; once for each year."""
    may_write(caller, id)
    row = await cooperatives.lock(unit, id)
    figures = Figures(book_year=new.book_year, shu=new.shu, equity=new.equity, assets=new.assets)
    years = [*await cooperatives.years_with_figures(unit, id), figures.book_year]
    today = now.astimezone(WIB).date()
    must_agree(cooperative.figures_contradictions(years, founded_on=row["founded_on"], on=today))
    await cooperatives.add_figures(unit, id, figures)
    kept = await cooperatives.change(unit, row, {}, now=now)
    unit.record(event("figures_recorded", id, kept["version"], now))
    return answer(kept, 201)


@routes.put(
    "/{id}/rats/{book_year}",
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        CooperativeNotFound,
        BookYearNotFound,
        PreconditionMissing,
        PreconditionFailed,
        Contradictory,
    ),
    operation_id="correct_rat",
)
async def correct_rat(
    caller: CooperativesWriter,
    unit: Write,
    now: Now,
    seen: IfMatch,
    id: UUID,
    book_year: BookYear,
    edit: RatEdit,
) -> Response:
    """Correct the day of a recorded annual meeting. If-Match carries the cooperative's ETag."""
    row = await _seen(caller, unit, id, seen)
    mended = Rat(book_year=book_year, held_on=edit.held_on)
    await cooperatives.correct_rat(unit, id, mended)
    today = now.astimezone(WIB).date()
    must_agree(cooperative.rat_contradictions((mended,), founded_on=row["founded_on"], on=today))
    return await _changed(unit, row, "rat_corrected", now)


@routes.delete(
    "/{id}/rats/{book_year}",
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden, CooperativeNotFound, BookYearNotFound, PreconditionMissing, PreconditionFailed
    ),
    operation_id="withdraw_rat",
)
async def withdraw_rat(
    caller: CooperativesWriter,
    unit: Write,
    now: Now,
    seen: IfMatch,
    id: UUID,
    book_year: BookYear,
) -> Response:
    """Withdraw an annual meeting that was recorded by mistake, or under the wrong book year."""
    row = await _seen(caller, unit, id, seen)
    await cooperatives.withdraw_rat(unit, id, book_year)
    return await _changed(unit, row, "rat_withdrawn", now)


@routes.put(
    "/{id}/figures/{book_year}",
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden,
        CooperativeNotFound,
        BookYearNotFound,
        PreconditionMissing,
        PreconditionFailed,
    ),
    operation_id="correct_figures",
)
async def correct_figures(
    caller: CooperativesWriter,
    unit: Write,
    now: Now,
    seen: IfMatch,
    id: UUID,
    book_year: BookYear,
    edit: FiguresEdit,
) -> Response:
    """Correct what a recorded book year came to. If-Match carries the cooperative's ETag."""
    row = await _seen(caller, unit, id, seen)
    await cooperatives.correct_figures(unit, id, Figures(book_year=book_year, **dict(edit)))
    return await _changed(unit, row, "figures_corrected", now)


@routes.delete(
    "/{id}/figures/{book_year}",
    response_model=CooperativeOut,
    responses=PROBLEMS.openapi(
        Forbidden, CooperativeNotFound, BookYearNotFound, PreconditionMissing, PreconditionFailed
    ),
    operation_id="withdraw_figures",
)
async def withdraw_figures(
    caller: CooperativesWriter,
    unit: Write,
    now: Now,
    seen: IfMatch,
    id: UUID,
    book_year: BookYear,
) -> Response:
    """Withdraw figures that were recorded by mistake, or under the wrong book year."""
    row = await _seen(caller, unit, id, seen)
    await cooperatives.withdraw_figures(unit, id, book_year)
    return await _changed(unit, row, "figures_withdrawn", now)


async def _seen(caller: Caller, unit: Unit, id: UUID, seen: int) -> Row:
    """Return the locked cooperative, if the caller may write to it and has seen its state."""
    may_write(caller, id)
    row = await cooperatives.lock(unit, id)
    must_match(seen, row["version"])
    return row


async def _changed(unit: Unit, row: Row, kind: str, now: datetime) -> Response:
    """Give the cooperative its next version and answer with it."""
    kept = await cooperatives.change(unit, row, {}, now=now)
    unit.record(event(kind, row["id"], kept["version"], now))
    return answer(kept)
