"""/regions and /nik-readings: the map that every record refers to, and what a NIK says of it."""

from typing import Annotated

from fastapi import Query, Request, Response

from services.registry.api.problems import PROBLEMS
from services.registry.db import regions
from services.registry.db.regions import RegionNotFound, RegionRetired
from services.registry.domain import nik
from services.registry.domain.nik import ImpossibleNik, WarningCode
from services.registry.domain.person import Sex
from shared.auth import Caller, requires
from shared.clock import WIB, Now
from shared.edge import Read, router
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import Day, In, Out, PersonNik, RegionCode, Text

routes = router(tags=["regions"])
RegionsReader = Annotated[Caller, requires("regions:read")]


class RegionOut(Out):
    """A region. Level 1 province, 2 kabupaten or kota, 3 kecamatan, 4 desa or kelurahan."""

    code: str
    name: str
    level: int
    parent_code: str | None
    postcode: str | None


class NikReadingNew(In):
    """A NIK and what the record says, to be compared. Nothing is stored."""

    person_nik: PersonNik
    declared_birth_date: Day | None = None
    declared_sex: Sex | None = None


class NikWarningOut(Out):
    """Where the number and the record disagree; lawful, and for a human to look at."""

    code: WarningCode
    detail: str


class NikReadingOut(Out):
    """What the sixteen digits claim."""

    kabkota_code: str
    kecamatan_code: str
    birth_dates: list[Day]
    sex: Sex
    warnings: list[NikWarningOut]


@routes.get(
    "/regions",
    response_model=page_model(RegionOut),
    responses=PROBLEMS.openapi(CursorInvalid, RegionNotFound, RegionRetired),
    operation_id="list_regions",
)
async def list_regions(
    caller: RegionsReader,
    db: Read,
    paging: Page,
    parent: Annotated[RegionCode | None, Query(description="Only what lies within")] = None,
    name: Annotated[
        Text | None, Query(min_length=3, description="Only names that contain this")
    ] = None,
) -> Response:
    """List regions: what lies directly within one, whatever has a name, or the provinces.

    With both `parent` and `name`, the search is for what lies within at whatever depth.
    """
    if parent is not None:
        await regions.get(db, parent)
    if name is not None:
        page = await regions.search(
            db, name, within=parent, after=paging.after, limit=paging.limit
        )
    elif parent is not None:
        page = await regions.children(db, parent, after=paging.after, limit=paging.limit)
    else:
        page = await regions.provinces(db, after=paging.after, limit=paging.limit)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/regions/{code}",
    response_model=RegionOut,
    responses=PROBLEMS.openapi(RegionNotFound, RegionRetired),
    operation_id="get_region",
)
async def get_region(caller: RegionsReader, db: Read, code: RegionCode) -> Response:
    """Show one region. A code that went out of use answers 410 and names its successor."""
    return Response(await regions.get(db, code), media_type="application/json")


@routes.post(
    "/nik-readings",
    response_model=NikReadingOut,
    responses=PROBLEMS.openapi(ImpossibleNik),
    operation_id="read_nik",
)
async def read_nik(
    caller: RegionsReader, db: Read, request: Request, now: Now, new: NikReadingNew
) -> nik.NikReading:
    """Read what a NIK claims: region, birth date, sex, and every warning."""
    known, retired = await kabkota(request, db)
    return nik.read(
        new.person_nik,
        on=now.astimezone(WIB).date(),
        known_regions=known,
        retired_regions=retired,
        declared_birth_date=new.declared_birth_date,
        declared_sex=new.declared_sex,
    )


async def kabkota(request: Request, db: Read) -> tuple[frozenset[str], dict[str, str]]:
    """Return the kabupaten and kota codes, old and new; read once, they change by decree."""
    cached = getattr(request.app.state, "kabkota", None)
    if cached is None or not cached[0]:
        cached = request.app.state.kabkota = await regions.known_kabkota(db)
    return cached
