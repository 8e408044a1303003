"""/webhook-endpoints: who wants to be told of changes, and what became of telling them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints

from shared.auth import Caller, requires
from shared.clock import Now
from shared.db import Row, Unit
from shared.edge import Once, OnceLater, Read, ShownOnce, Write, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.public_web import AddressRefused, PublicWeb
from shared.sealing import Sealer
from shared.webhooks import signing, store
from shared.webhooks.postman import WELL, change_of
from shared.webhooks.problems import PROBLEMS, DeliveryPending
from shared.webhooks.store import DeliveryNotFound, EndpointNotFound, TooManyEndpoints
from shared.webhooks.subscription import (
    OLD_SECRET_FOR,
    CallOutcome,
    DeliveryStatus,
    EndpointEvent,
    EndpointStatus,
    IllegalEndpointStep,
    advance,
    challenge_at,
)
from shared.wire import Flag, In, Instant, Out, Text, untouched

routes = router("/webhook-endpoints", tags=["webhooks"])
told = APIRouter()
"""What a receiver gets, for the contract's section `webhooks`."""

Subscriber = Annotated[Caller, requires("webhooks:read")]
Owner = Annotated[Caller, requires("webhooks:write", "applications:read")]

Url = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[!-~]{1,2000}$"),
    Field(
        description="A public https address on port 443. It is called only after it has answered "
        "a challenge.",
        examples=["https://hooks.example.org/purna"],
    ),
]
EventKind = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z_]{1,40}\.(\*|[a-z_]{1,40}))$")]
EventKinds = Annotated[
    tuple[EventKind, ...],
    Field(
        min_length=1,
        max_length=20,
        description="Kinds as they stand in events: one as it is, all that begin so "
        "(`application.*`), or every one (`*`).",
    ),
]


class WebhookEndpointNew(In):
    """Where to be told, and of what."""

    url: Url
    kinds: EventKinds = ("*",)
    description: Text | None = None


class WebhookEndpointEdit(In):
    """What to change; a field that is left out stays as it is. A new address is challenged."""

    url: Url = untouched("https://example.org")
    kinds: EventKinds = untouched(("*",))
    description: Text | None = None


class SecretRotation(In):
    """Whether the old secret goes on signing for a day, beside the new one."""

    keep_old: Flag = True


class ChallengeOut(Out):
    """How often the endpoint was challenged, and when it will be again, if it will."""

    calls: int
    next_call_at: Instant | None


class WebhookEndpointOut(Out):
    """An endpoint as it stands, with what its last call came to."""

    id: UUID
    url: str
    kinds: list[str]
    description: str | None
    status: EndpointStatus
    old_secret_until: Instant | None
    failing_since: Instant | None
    last_call_at: Instant | None
    last_status: int | None
    last_outcome: CallOutcome | None
    accepted_at: Instant | None
    challenge: ChallengeOut
    version: int
    created_at: Instant
    changed_at: Instant


class WebhookEndpointWithSecret(WebhookEndpointOut):
    """The same with its secret, shown this once: a repeat of the request has null instead."""

    secret: str | None


class FeedEventOut(Out):
    """The event that is told."""

    number: int
    kind: str
    subject_id: UUID
    version: int
    occurred_at: Instant
    stream_id: UUID


class DeliveryOut(Out):
    """One event on its way to one endpoint.

    `pending` without `next_call_at` waits for the event before it in its stream.
    """

    id: UUID
    event: FeedEventOut
    status: DeliveryStatus
    calls: int
    last_call_at: Instant | None
    last_status: int | None
    last_outcome: CallOutcome | None
    next_call_at: Instant | None
    ended_at: Instant | None
    created_at: Instant


class ToldData(Out):
    """Which row changed. Read it with your own rights; an older version than yours is no news."""

    number: Annotated[int, Field(description="The event's place in the feed")]
    subject_id: UUID
    version: int
    stream_id: Annotated[
        UUID, Field(description="The application that it concerns, else the subject itself")
    ]


class ToldEvent(Out):
    """What is sent to an endpoint: thin, without personal data."""

    type: Annotated[str, Field(examples=["application.routed"])]
    timestamp: Instant
    data: ToldData


class ChallengeData(Out):
    """What to answer with."""

    endpoint_id: UUID
    nonce: str


class ChallengeAnswer(Out):
    """What a receiver answers a challenge with."""

    nonce: str


class ToldChallenge(Out):
    """What is sent to a new address, before anything else."""

    type: Annotated[str, Field(pattern="^webhook\\.challenge$", examples=["webhook.challenge"])]
    timestamp: Instant
    data: ChallengeData


@routes.post(
    "",
    status_code=201,
    response_model=WebhookEndpointWithSecret,
    responses=PROBLEMS.openapi(
        IdempotencyKeyMissing, IdempotencyKeyReused, AddressRefused, TooManyEndpoints
    ),
    operation_id="add_webhook_endpoint",
)
async def add_webhook_endpoint(
    caller: Owner, once: OnceLater, request: Request, now: Now, new: WebhookEndpointNew
) -> Response:
    """Subscribe. The secret is in this answer and never again.

    The address is challenged at once; events from now on follow when it has answered.
    """
    await once.replay()
    await _web(request).admit(new.url)
    unit = await once.begin()
    id, secret = new_id(), signing.new_secret()
    key, sealed = _sealer(request).seal(id, secret)
    body = await store.add(
        unit,
        caller.id,
        {
            "id": id,
            **store.rights(caller),
            "url": new.url,
            "kinds": list(new.kinds),
            "description": new.description,
            "position": await store.head(unit),
            "secret_key": key,
            "secret": sealed,
            **_unverified(None, now=now),
            **WELL,
            "challenges": 0,
            "version": 1,
            "created_at": now,
            "changed_at": now,
        },
    )
    unit.record(change_of({"id": id, "version": 1}, "added", now=now))
    return _shown_once(body, secret, version=1, status=201)


@routes.get(
    "",
    response_model=page_model(WebhookEndpointOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_webhook_endpoints",
)
async def list_webhook_endpoints(caller: Subscriber, db: Read, paging: Page) -> Response:
    """List the caller's endpoints, the oldest first."""
    page = await store.page(db, caller.id, after=paging.after_id, limit=paging.limit)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=WebhookEndpointOut,
    responses=PROBLEMS.openapi(EndpointNotFound),
    operation_id="get_webhook_endpoint",
)
async def get_webhook_endpoint(caller: Subscriber, db: Read, id: UUID) -> Response:
    """Show one endpoint."""
    return _answer(await store.get(db, caller.id, id))


@routes.patch(
    "/{id}",
    response_model=WebhookEndpointOut,
    responses=PROBLEMS.openapi(
        EndpointNotFound, PreconditionMissing, PreconditionFailed, AddressRefused
    ),
    operation_id="edit_webhook_endpoint",
)
async def edit_webhook_endpoint(
    caller: Owner,
    unit: Write,
    request: Request,
    now: Now,
    seen: IfMatch,
    id: UUID,
    edit: WebhookEndpointEdit,
) -> Response:
    """Change an endpoint. At a new address nothing arrives until it has answered a challenge."""
    moved = "url" in edit.model_fields_set
    if moved:
        await _web(request).admit(edit.url)
    row = await store.lock(unit, caller.id, id)
    must_match(seen, row["version"])
    changes: dict[str, Any] = edit.model_dump(exclude_unset=True)
    if "kinds" in changes:
        changes["kinds"] = list(edit.kinds)
    if moved and edit.url != row["url"]:
        changes |= {**_step(row, EndpointEvent.MOVE), **_unverified(row, now=now), **WELL}
    return await _changed(unit, caller, row, changes, "edited", now=now)


@routes.delete(
    "/{id}",
    response_model=WebhookEndpointOut,
    responses=PROBLEMS.openapi(EndpointNotFound, PreconditionMissing, PreconditionFailed),
    operation_id="remove_webhook_endpoint",
)
async def remove_webhook_endpoint(
    caller: Owner, unit: Write, now: Now, seen: IfMatch, id: UUID
) -> Response:
    """Remove an endpoint and all that waits for it. The answer is its last state."""
    row = await store.lock(unit, caller.id, id)
    must_match(seen, row["version"])
    await store.remove(unit, id)
    unit.record(change_of({"id": id, "version": row["version"] + 1}, "removed", now=now))
    return _answer(row)


@routes.post(
    "/{id}/secret-rotation",
    response_model=WebhookEndpointWithSecret,
    responses=PROBLEMS.openapi(EndpointNotFound, IdempotencyKeyMissing, IdempotencyKeyReused),
    operation_id="rotate_webhook_secret",
)
async def rotate_webhook_secret(
    caller: Owner, unit: Once, request: Request, now: Now, id: UUID, rotation: SecretRotation
) -> Response:
    """Make a new secret, shown in this answer only. The old one signs beside it for a day.

    A secret that is known to strangers is left at once with `keep_old` false. A secret that is
    old already ends in any case.
    """
    row = await store.lock(unit, caller.id, id)
    secret = signing.new_secret()
    key, sealed = _sealer(request).seal(id, secret)
    kept = rotation.keep_old
    changes = {
        "secret_key": key,
        "secret": sealed,
        "old_secret_key": row["secret_key"] if kept else None,
        "old_secret": row["secret"] if kept else None,
        "old_secret_until": now + OLD_SECRET_FOR if kept else None,
    }
    changed = await store.change(unit, row, {**changes, **store.rights(caller)}, now=now)
    unit.record(change_of(changed, "secret_rotated", now=now))
    return _shown_once(changed["body"], secret, version=changed["version"], status=200)


@routes.post(
    "/{id}/pause",
    response_model=WebhookEndpointOut,
    responses=PROBLEMS.openapi(
        EndpointNotFound, IllegalEndpointStep, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="pause_webhook_endpoint",
)
async def pause_webhook_endpoint(caller: Owner, unit: Once, now: Now, id: UUID) -> Response:
    """Stop telling an endpoint. Nothing is lost: what happens meanwhile follows later."""
    row = await store.lock(unit, caller.id, id)
    changes = _step(row, EndpointEvent.PAUSE)
    return await _changed(unit, caller, row, changes, EndpointStatus.PAUSED, now=now)


@routes.post(
    "/{id}/resumption",
    response_model=WebhookEndpointOut,
    responses=PROBLEMS.openapi(
        EndpointNotFound, IllegalEndpointStep, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="resume_webhook_endpoint",
)
async def resume_webhook_endpoint(caller: Owner, unit: Once, now: Now, id: UUID) -> Response:
    """Go on from where it stopped. One that was suspended or gone is challenged first."""
    row = await store.lock(unit, caller.id, id)
    changes = {**_step(row, EndpointEvent.RESUME), **WELL}
    if changes["status"] == EndpointStatus.UNVERIFIED:
        changes |= _unverified(row, now=now)
    await store.try_anew(unit, id, now=now)
    return await _changed(unit, caller, row, changes, "resumed", now=now)


@routes.post(
    "/{id}/challenge",
    response_model=WebhookEndpointOut,
    responses=PROBLEMS.openapi(
        EndpointNotFound, IllegalEndpointStep, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="challenge_webhook_endpoint",
)
async def challenge_webhook_endpoint(caller: Owner, unit: Once, now: Now, id: UUID) -> Response:
    """Send the challenge to an unverified endpoint again, half a minute after the last at most."""
    row = await store.lock(unit, caller.id, id)
    _step(row, EndpointEvent.VERIFY)
    changes = _unverified(row, now=now)
    return await _changed(unit, caller, row, changes, "challenged", now=now)


@routes.get(
    "/{id}/deliveries",
    response_model=page_model(DeliveryOut),
    responses=PROBLEMS.openapi(EndpointNotFound, CursorInvalid),
    operation_id="list_webhook_deliveries",
)
async def list_webhook_deliveries(
    caller: Subscriber,
    db: Read,
    paging: Page,
    id: UUID,
    status: Annotated[DeliveryStatus | None, Query(description="Only these")] = None,
) -> Response:
    """List what was told to an endpoint or waits to be, the oldest first, for thirty days."""
    await store.get(db, caller.id, id)
    page = await store.deliveries(db, id, status=status, after=paging.after_id, limit=paging.limit)
    return Response(page_json(page, paging), media_type="application/json")


@routes.post(
    "/{id}/deliveries/{delivery_id}/resend",
    response_model=DeliveryOut,
    responses=PROBLEMS.openapi(
        EndpointNotFound,
        DeliveryNotFound,
        DeliveryPending,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="resend_webhook_delivery",
)
async def resend_webhook_delivery(
    caller: Owner, unit: Once, now: Now, id: UUID, delivery_id: UUID
) -> Response:
    """Send an event again that was delivered or has failed: the same body, the same webhook-id.

    It comes out of order, as an old event does; its version says so.
    """
    await store.lock(unit, caller.id, id)
    row = await store.lock_delivery(unit, id, delivery_id)
    if row["status"] == DeliveryStatus.PENDING:
        raise DeliveryPending("It has not ended yet; see its next_call_at.")
    await store.change_delivery(
        unit,
        row,
        status=DeliveryStatus.PENDING,
        due_at=now,
        first_call_at=None,
        ended_at=None,
    )
    body = await store.delivery_json(unit, delivery_id)
    return Response(body, media_type="application/json")


@told.post(
    "event",
    status_code=204,
    responses={410: {"description": "The endpoint is gone, and gets nothing more"}},
    tags=["webhooks"],
    operation_id="receive_event",
)
async def receive_event(told: ToldEvent) -> None:
    """Something changed. Answer 2xx within ten seconds; anything else is tried again, for 72 h.

    Check the signature as Standard Webhooks prescribes, over the raw bytes, with any library of
    it. The same `webhook-id` may come more than once: act on it once. Events of one stream come
    in their order. 410 says that the endpoint is gone: it gets nothing more.
    """


@told.post("challenge", status_code=200, tags=["webhooks"], operation_id="receive_challenge")
async def receive_challenge(told: ToldChallenge) -> ChallengeAnswer:  # pyright: ignore[reportReturnType]
    """Show that the address is yours: answer 2xx with `{"nonce": "…"}`, the nonce that came.

    It is signed like any other call; check it before you answer.
    """


def _web(request: Request) -> PublicWeb:
    return request.app.state.public_web


def _sealer(request: Request) -> Sealer:
    return request.app.state.webhook_sealer


def _unverified(row: Row | None, *, now: datetime) -> dict[str, Any]:
    return {
        "status": EndpointStatus.UNVERIFIED,
        "nonce": signing.new_nonce(),
        "challenged_at": None,
        "challenge_due_at": challenge_at(row["challenge_sent_at"] if row else None, now=now),
    }


def _step(row: Row, event: EndpointEvent) -> dict[str, Any]:
    return {"status": advance(EndpointStatus(row["status"]), event)}


async def _changed(
    unit: Unit, caller: Caller, row: Row, changes: dict[str, Any], what: str, *, now: datetime
) -> Response:
    """Write a change by the owner, whose rights are written down anew with it."""
    kept = await store.change(unit, row, {**changes, **store.rights(caller)}, now=now)
    unit.record(change_of(kept, what, now=now))
    return _answer(kept)


def _answer(row: Row) -> Response:
    headers = {"etag": etag(row["version"])}
    return Response(row["body"], headers=headers, media_type="application/json")


def _shown_once(body: str, secret: str, *, version: int, status: int) -> Response:
    def shown(text: str) -> str:
        return f'{body[:-1]}, "secret": {text}}}'

    return ShownOnce(
        shown(f'"{secret}"'),
        kept=shown("null"),
        status_code=status,
        headers={"etag": etag(version)},
        media_type="application/json",
    )
