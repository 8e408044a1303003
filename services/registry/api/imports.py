"""/imports: files of people and cooperatives, taken in row by row, however large."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from services.registry.api.people import NIK_COLUMN
from services.registry.api.problems import PROBLEMS
from services.registry.api.regions import kabkota
from services.registry.api.uploading import (
    NotCsv,
    UploadInterrupted,
    UploadTooLarge,
    pieces,
    refuse_other_media,
)
from services.registry.db import imports
from services.registry.db.imports import ImportBusy, ImportNotFound, Run
from services.registry.domain.importing import ImportKind, ImportStatus, RowOutcome
from services.registry.intake.cooperatives import CooperativesDesk
from services.registry.intake.people import PeopleDesk
from services.registry.intake.records import FileUnreadable
from services.registry.intake.upload import HeaderUnknown, Upload
from shared import clock
from shared.auth import Caller, Forbidden, Kind, requires
from shared.clock import Now
from shared.db import Database
from shared.edge import Once, Read, router
from shared.etag import etag
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.sealing import Sealer
from shared.wire import In, Instant, Out, Text

routes = router("/imports", tags=["imports"])
KINDS = (Kind.MOBILE_BACKEND, Kind.SERVICE, Kind.MINISTRY_ANALYST)
Importer = Annotated[Caller, requires("imports:write", kinds=KINDS)]
PEOPLE_ROW = "import.person"
COOPERATIVE_ROW = "import.cooperative"
CSV_BODY = {
    "requestBody": {
        "required": True,
        "description": "CSV (RFC 4180) in UTF-8 with a header, at most 512 MiB",
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ImportNew(In):
    """A file that will be sent. The name is for people to find it again."""

    kind: ImportKind
    file_name: Text


class ImportOut(Out):
    """An import: where it stands, and what became of the rows so far."""

    id: UUID
    kind: ImportKind
    file_name: str
    status: ImportStatus
    rows_read: int
    rows_accepted: int
    rows_unchanged: int
    rows_refused: int
    created_at: Instant
    changed_at: Instant
    finished_at: Instant | None


class FaultOut(Out):
    """Why a row was refused. `column` is empty where the whole row is meant; no value is shown."""

    column: str
    code: str
    reason: str


class ImportRowOut(Out):
    """What became of a row. `number` is its row in a spreadsheet: the header is row 1."""

    number: int
    outcome: RowOutcome
    subject_id: UUID | None
    faults: list[FaultOut]


@routes.post(
    "",
    status_code=201,
    response_model=ImportOut,
    responses=PROBLEMS.openapi(IdempotencyKeyMissing, IdempotencyKeyReused, Forbidden),
    operation_id="open_import",
)
async def open_import(caller: Importer, unit: Once, now: Now, new: ImportNew) -> Response:
    """Announce a file. Its rows are then sent with PUT /imports/{id}/content.

    People may be imported by an application's backend, a service or a ministry; cooperatives by
    a service or a ministry.
    """
    if new.kind is ImportKind.COOPERATIVES and caller.kind is Kind.MOBILE_BACKEND:
        raise Forbidden("Cooperatives are imported by a service or a ministry.")
    id = new_id()
    body = await imports.add(
        unit,
        {
            "id": id,
            "kind": new.kind,
            "file_name": new.file_name,
            "created_by": caller.id,
            "created_at": now,
            "changed_at": now,
        },
    )
    headers = {"etag": etag(1), "location": f"/imports/{id}"}
    return Response(body, 201, headers, media_type="application/json")


@routes.put(
    "/{id}/content",
    response_model=ImportOut,
    responses=PROBLEMS.openapi(
        ImportNotFound,
        ImportBusy,
        NotCsv,
        HeaderUnknown,
        FileUnreadable,
        UploadTooLarge,
        UploadInterrupted,
    ),
    openapi_extra=CSV_BODY,
    operation_id="send_import_content",
)
async def send_import_content(
    caller: Importer, db: Read, request: Request, now: Now, id: UUID
) -> Response:
    """Send the file, as a stream. The answer comes when every row has been taken or refused.

    A row is known by its `external_id`, for each caller. A new one is registered; the same row
    again is `unchanged`; a row that says something else corrects the record, one version up,
    where an empty cell leaves what is known as it is. What has been corrected in the registry
    since stays, as long as the file says what it said before. A row is refused, with every
    reason, when a cell cannot be read, a village does not exist, another record holds its NIK or
    `coop_registry_no`, or an earlier row of the file has the same number or `external_id`; the
    other rows go on.

    Sending a file again is safe. If an upload breaks off, what was taken stays, the import says
    `stopped`, and the same file sent again goes on where it ended.
    """
    refuse_other_media(request)
    database: Database = request.app.state.database
    # A file is not one unit of work but many: each chunk of rows is kept at once, so that the
    # progress can be seen, a crash loses a chunk and not a file, and no transaction lasts for
    # minutes. The edge commits at the end of a request, so the units are opened here.
    async with database.write() as unit:
        run = await imports.begin(unit, caller.id, id, now=now)
    desk: Any = (
        await _people_desk(request, db, caller, run)
        if run.kind is ImportKind.PEOPLE
        else CooperativesDesk(
            caller_id=caller.id, rows=Sealer(request.app.state.keys, COOPERATIVE_ROW), now=now
        )
    )
    upload = Upload[Any](database=database, run=run, desk=desk, clock=clock.now)
    return Response(await upload.take(pieces(request)), media_type="application/json")


@routes.get(
    "",
    response_model=page_model(ImportOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_imports",
)
async def list_imports(caller: Importer, db: Read, paging: Page) -> Response:
    """List the caller's imports, oldest first."""
    page = await imports.page(db, caller.id, after=paging.after_id, limit=paging.limit)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=ImportOut,
    responses=PROBLEMS.openapi(ImportNotFound),
    operation_id="get_import",
)
async def get_import(caller: Importer, db: Read, id: UUID) -> Response:
    """Show an import. The counts grow while its file is being sent."""
    row = await imports.get(db, caller.id, id)
    return Response(
        row["body"], headers={"etag": etag(row["version"])}, media_type="application/json"
    )


@routes.get(
    "/{id}/rows",
    response_model=page_model(ImportRowOut),
    responses=PROBLEMS.openapi(ImportNotFound, CursorInvalid),
    operation_id="list_import_rows",
)
async def list_import_rows(
    caller: Importer,
    db: Read,
    paging: Page,
    id: UUID,
    outcome: Annotated[RowOutcome | None, Query(description="Only rows of this outcome")] = None,
) -> Response:
    """List what became of the rows of the latest upload, in the order of the file."""
    after = int(paging.after or 0)
    page = await imports.rows(db, caller.id, id, outcome=outcome, after=after, limit=paging.limit)
    return Response(page_json(page, paging), media_type="application/json")


async def _people_desk(request: Request, db: Read, caller: Caller, run: Run) -> PeopleDesk:
    known, retired = await kabkota(request, db)
    keys = request.app.state.keys
    return PeopleDesk(
        run=run,
        caller_id=caller.id,
        vouches=caller.kind is not Kind.MOBILE_BACKEND,
        niks=Sealer(keys, NIK_COLUMN),
        rows=Sealer(keys, PEOPLE_ROW),
        known_regions=known,
        retired_regions=retired,
        now=clock.now(),
    )
