"""/quotas: what each lender may lend in a year, how far that goes, and who waits for it."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Response
from pydantic import Field

from services.financing.api.applications import ApplicationsReader
from services.financing.api.problems import PROBLEMS
from services.financing.db import applications, quotas
from services.financing.db.applications import ApplicationNotFound
from services.financing.db.quotas import QuotaCommitted, QuotaExists, QuotaNotFound
from services.financing.domain import route_texts
from services.financing.domain.quota import exhausted_on
from services.financing.domain.routing import ChannelNotFound, check_channel
from shared.auth import Caller, Kind, requires
from shared.clock import WIB, Now
from shared.db import Row
from shared.edge import Once, Read, Write, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, Paging, page_model
from shared.wire import Code, In, Instant, Out, Sum, Whole

routes = router("/quotas", tags=["quotas"])
waiting_routes = router("/applications", tags=["quotas"])
QuotasReader = Annotated[Caller, requires("quotas:read")]
QuotasWriter = Annotated[
    Caller, requires("quotas:write", kinds=(Kind.MINISTRY_ANALYST, Kind.SERVICE))
]
QuotaYear = Annotated[Whole, Field(ge=2023, le=2100)]
Total = Annotated[Sum, Field(description="What may be lent in the year, in rupiah")]


class QuotaNew(In):
    """What a lender may lend in a year; without product or province it covers any."""

    channel: Annotated[Code, Field(description="Code of the lender")]
    product: Annotated[Code | None, Field(description="Only this product; any when left out")] = (
        None
    )
    province_code: Annotated[
        Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None,
        Field(description="Only borrowers who live in this province; any when left out"),
    ] = None
    year: Annotated[int, Field(strict=True, ge=2023, le=2100)]
    total: Total


class QuotaEdit(In):
    """Another total."""

    total: Total


class WaitingOut(Out):
    """Who waits for a quota: how many applications, and for how much, in rupiah."""

    applications: int
    amount: int


class ForecastOut(Out):
    """
    When nothing is left, if it goes as in the 28 days before: arithmetic, not a promise.

    `exhausted_on` is null where the quota is expected to last until the end of its year.
    """

    taken_28_days: Annotated[int, Field(description="Held or used in the last 28 days, in rupiah")]
    exhausted_on: date | None


class QuotaOut(Out):
    """One quota, in rupiah: `remaining` is what is neither held for an application nor used."""

    id: UUID
    channel: str
    product: str | None
    province_code: str | None
    year: int
    total: int
    held: int
    used: int
    remaining: int
    waiting: WaitingOut
    forecast: ForecastOut
    version: int
    created_at: Instant
    changed_at: Instant


class PlaceOut(Out):
    """Where an application stands in the row for one lender's quota."""

    channel: str
    product: str
    amount: int
    place: Annotated[int, Field(description="1 is served next")]
    amount_ahead: Annotated[int, Field(description="Asked for by those before it, in rupiah")]
    remaining: Annotated[int, Field(description="What the quota has left, in rupiah")]
    since: Instant
    sentence_id: Annotated[str, Field(description="For the applicant, in Indonesian")]
    sentence_en: Annotated[str, Field(description="The same, in English")]


class PlacesOut(Out):
    """Every row in which an application waits; it leaves all of them when one serves it."""

    items: list[PlaceOut]


@routes.post(
    "",
    status_code=201,
    response_model=QuotaOut,
    responses=PROBLEMS.openapi(
        ChannelNotFound, QuotaExists, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="set_quota",
)
async def set_quota(caller: QuotasWriter, unit: Once, now: Now, new: QuotaNew) -> Response:
    """Set what a lender may lend in a year. A loan draws on every quota that covers it."""
    check_channel(new.channel, new.product)
    id = new_id()
    await quotas.add(unit, id=id, created_at=now, changed_at=now, **dict(new))
    _record(unit, id, 1, now)
    answer = _answer(await quotas.get(unit, id, only=None, now=now), now)
    return Response(
        answer.body,
        201,
        {"etag": etag(1), "location": f"/quotas/{id}"},
        media_type="application/json",
    )


@routes.get(
    "",
    response_model=page_model(QuotaOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_quotas",
)
async def list_quotas(
    caller: QuotasReader,
    db: Read,
    now: Now,
    paging: Page,
    year: Annotated[QuotaYear | None, Query(description="Only of this year")] = None,
) -> Response:
    """List quotas, the oldest first. A lender sees its own."""
    page = await quotas.page(
        db, only=_only(caller), year=year, after=paging.after_id, limit=paging.limit, now=now
    )
    return Response(_page(page, paging, now), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=QuotaOut,
    responses=PROBLEMS.openapi(QuotaNotFound),
    operation_id="get_quota",
)
async def get_quota(caller: QuotasReader, db: Read, now: Now, id: UUID) -> Response:
    """Show one quota, with who waits for it and how long it is expected to last."""
    return _answer(await quotas.get(db, id, only=_only(caller), now=now), now)


@routes.patch(
    "/{id}",
    response_model=QuotaOut,
    responses=PROBLEMS.openapi(
        QuotaNotFound, QuotaCommitted, PreconditionMissing, PreconditionFailed
    ),
    operation_id="change_quota",
)
async def change_quota(
    caller: QuotasWriter, unit: Write, now: Now, seen: IfMatch, id: UUID, edit: QuotaEdit
) -> Response:
    """Change a quota's total; those who wait for it are served from what is added."""
    row = await quotas.lock(unit, id)
    must_match(seen, row["version"])
    await quotas.set_total(unit, id, total=edit.total, now=now)
    _record(unit, id, row["version"] + 1, now)
    return _answer(await quotas.get(unit, id, only=None, now=now), now)


@waiting_routes.get(
    "/{id}/waiting",
    response_model=PlacesOut,
    responses=PROBLEMS.openapi(ApplicationNotFound),
    operation_id="get_application_waiting",
)
async def get_application_waiting(
    caller: ApplicationsReader, db: Read, now: Now, id: UUID
) -> Response:
    """Show where an application stands among those who wait for quota; empty when it does not."""
    await applications.get(db, caller, id)
    on = now.astimezone(WIB).date()
    rows = await quotas.places(db, id, year=on.year, now=now)
    body = orjson.dumps({"items": [_place(row, on) for row in rows]})
    return Response(body, media_type="application/json")


def _place(row: Row, on: date) -> dict[str, Any]:
    place, left = row["applications_ahead"] + 1, row["remaining"] or 0
    numbers = {"place": place, "ahead": row["amount_ahead"], "left": left}
    said = route_texts.place(**numbers)
    return {
        "channel": row["channel"],
        "product": row["product"],
        "amount": row["amount"],
        "place": place,
        "amount_ahead": row["amount_ahead"],
        "remaining": left,
        "since": row["created_at"],
        "sentence_id": said.id,
        "sentence_en": said.en,
    }


def _only(caller: Caller) -> str | None:
    """Return the only lender whose quotas a caller sees; None for all."""
    return (caller.channel or "") if caller.kind is Kind.LENDER else None


def _record(unit: Write, id: UUID, version: int, now: Now) -> None:
    unit.record(Event(kind="quota.changed", subject_id=id, version=version, occurred_at=now))


def _answer(row: Row, now: Now) -> Response:
    shown = _with_forecast(orjson.loads(row["body"]), now)
    headers = {"etag": etag(row["version"])}
    return Response(orjson.dumps(shown), headers=headers, media_type="application/json")


def _page(page: Row | None, paging: Paging, now: Now) -> bytes:
    items: list[dict[str, Any]] = orjson.loads(page["items"]) if page and page["count"] else []
    full = page is not None and len(items) == paging.limit
    following = paging.cursor(page["last"]) if page is not None and full else None
    return orjson.dumps(
        {"items": [_with_forecast(each, now) for each in items], "next": following}
    )


def _with_forecast(shown: dict[str, Any], now: Now) -> dict[str, Any]:
    taken, on = shown.pop("taken_lately"), now.astimezone(WIB).date()
    ends = None
    if shown["year"] == on.year:
        ends = exhausted_on(shown["remaining"], taken, on=on)
    forecast = {"taken_28_days": taken, "exhausted_on": ends}
    return {**shown, "forecast": forecast}
