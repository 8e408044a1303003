"""
The edge: where a request becomes one transaction and one answer.

`Edge` is the route class of every endpoint. Around the endpoint it does, in this order: know the
caller; read the body strictly; run the endpoint, whose `Write` begins a unit of work at its first
statement; store the answer of an idempotent act; commit. Only then does the answer leave, so a
2xx is always durable. Returning commits, raising undoes.
"""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Annotated, Any, NoReturn, cast, get_type_hints
from urllib.parse import parse_qsl, unquote_to_bytes

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import clock, idempotency, strict_json
from shared.auth import Caller, Requires, caller_of
from shared.db import Database, Reader, Unit
from shared.idempotency import (
    KEY_LENGTH_MAX,
    Act,
    Answer,
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
)
from shared.plan import MISSING, Plan

BODY_BYTES_MAX = 1_048_576
FORM = "application/x-www-form-urlencoded"
FORM_BYTES_MAX = 16_384
KEPT_HEADERS = ("content-type", "etag", "location")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class BodyTooLarge(Exception):
    """The body is larger than this endpoint reads."""


class BodyNotJson(Exception):
    """The endpoint reads application/json, in UTF-8 and not compressed."""


class BodyNotForm(Exception):
    """The endpoint reads form fields, application/x-www-form-urlencoded."""


class ShownOnce(Response):
    """An answer with a secret in it, shown once: a repeat of the act gets `kept` instead.

    The answers of acts are stored; a secret is not, but sealed.
    """

    def __init__(self, content: str, *, kept: str, **more: Any) -> None:
        super().__init__(content, **more)
        self.kept = kept.encode()


class _Repeat(Exception):
    """The act was done before; its stored answer is all there is to say."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__("repeat")


class Edge(APIRoute):
    """The route class of every endpoint; see the module."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self._plan is not None:
            # FastAPI's own wrapping closes what dependencies have opened; a plan opens nothing.
            self.app = _served(self.get_route_handler())

    def get_route_handler(self) -> Handler:
        """Return the endpoint in the order that the module describes."""
        endpoint = self._planned() or super().get_route_handler()
        secured = _secured(self.dependant)
        takes_json = self.body_field is not None and "application/json" in _media(self)
        takes_form = self.body_field is not None and FORM in _media(self)
        known = frozenset(_query_names(self.dependant))

        async def handle(request: Request) -> Response:
            if secured:
                await caller_of(request)
            _refuse_unknown(request, known)
            if takes_json:
                await _read_json(request)
            if takes_form:
                await _read_form(request)
            return await _in_one_unit(request, endpoint)

        return handle

    @cached_property
    def _plan(self) -> Plan | None:
        """The plan of an endpoint that makes its own `Response`."""
        answers = get_type_hints(self.endpoint).get("return")
        if not (isinstance(answers, type) and issubclass(answers, Response)):
            return None
        if FORM in _media(self):  # a plan reads no forms
            return None
        return Plan.of(self.dependant)

    def _planned(self) -> Handler | None:
        """Return an endpoint with a plan as a handler."""
        plan = self._plan
        if plan is None:
            return None

        async def endpoint(request: Request) -> Response:
            body = getattr(request, "_json", MISSING)
            return await self.endpoint(**await plan.arguments(request, body))

        return endpoint


def _served(handle: Handler) -> ASGIApp:
    """Return a handler as an application; what it raises is answered by the problems' handlers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def router(prefix: str = "", *, tags: list[str | Any] | None = None) -> APIRouter:
    """Return a router whose endpoints are edges."""
    return APIRouter(prefix=prefix, tags=tags, route_class=Edge)


async def _in_one_unit(request: Request, endpoint: Handler) -> Response:
    try:
        response = await endpoint(request)
        unit: Unit | None = request.scope.get("unit")
        if unit is not None:
            act: Act | None = request.scope.get("act")
            if act is not None and response.status_code < HTTPStatus.BAD_REQUEST:
                await idempotency.commit(unit, act, _answer(response), now=clock.now())
            else:
                await unit.commit()
    except _Repeat as repeat:
        await _abandon(request)
        stored = repeat.answer
        headers = {**stored.headers, "idempotent-replay": "true"}
        return Response(stored.body, stored.status, headers)
    except BaseException:
        await _abandon(request)
        raise
    return response


async def _abandon(request: Request) -> None:
    unit: Unit | None = request.scope.get("unit")
    if unit is not None:
        await unit.abandon()


def _answer(response: Response) -> Answer:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    body = response.kept if isinstance(response, ShownOnce) else bytes(response.body)
    return Answer(response.status_code, headers, body)


async def reading(request: Request) -> Reader:
    """Return the read side of the service's database."""
    database: Database = request.app.state.database
    return database.reader


async def _write(request: Request) -> Unit:
    unit: Unit | None = request.scope.get("unit")
    if unit is None:
        database: Database = request.app.state.database
        unit = request.scope["unit"] = database.unit()
    return unit


@dataclass(frozen=True, slots=True)
class Pending:
    """An act that is not begun yet, for endpoints that speak to another service first.

    Nothing may be asked over HTTP while a connection is held, so such an endpoint calls `replay`,
    then asks, then calls `begin`.
    """

    request: Request
    act: Act
    unit: Unit

    async def replay(self) -> None:
        """Answer a repeat from what is stored, without beginning anything."""
        database: Database = self.request.app.state.database
        stored = await idempotency.recall(database.reader, self.act)
        if stored is not None:
            raise _Repeat(stored)

    async def begin(self) -> Unit:
        """Begin the unit of work; what the endpoint answers will be stored with it."""
        stored = await idempotency.begin(self.unit, self.act)
        if stored is not None:
            raise _Repeat(stored)
        self.request.scope["act"] = self.act
        return self.unit


async def _once_later(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Names this act; a repeat with the same key and body gets the same "
            "answer and has no second effect, for thirty days. 1 to 255 visible ASCII characters, "
            "a UUID is good.",
        ),
    ] = None,
) -> Pending:
    unit = await _write(request)
    caller: Caller = await caller_of(request)
    sent = request.headers.getlist("idempotency-key")
    if idempotency_key is None:
        raise IdempotencyKeyMissing("Send an Idempotency-Key header, for example a fresh UUID.")
    printable = idempotency_key.isascii() and idempotency_key.isprintable()
    if len(sent) > 1 or not printable or not 1 <= len(idempotency_key) <= KEY_LENGTH_MAX:
        raise IdempotencyKeyMalformed("Send one key of 1 to 255 visible ASCII characters.")
    act = Act(
        caller_id=caller.id,
        route=f"{request.method} {request.scope['path']}",
        key=idempotency_key,
        body_hash=hashlib.sha256(await request.body()).digest(),
    )
    return Pending(request, act, unit)


async def _once(pending: Annotated[Pending, Depends(_once_later)]) -> Unit:
    return await pending.begin()


Read = Annotated[Reader, Depends(reading)]
"""Reads outside any transaction, on connections that PostgreSQL keeps read-only."""

Write = Annotated[Unit, Depends(_write)]
"""The request's unit of work, for changes that If-Match makes safe to repeat."""

Once = Annotated[Unit, Depends(_once)]
"""The request's unit of work, for an act that is done once per Idempotency-Key."""

OnceLater = Annotated[Pending, Depends(_once_later)]
"""Such an act that has to ask another service before it begins."""


def _secured(dependant: Dependant) -> bool:
    return isinstance(dependant.call, Requires) or any(map(_secured, dependant.dependencies))


def _query_names(dependant: Dependant) -> list[str]:
    own = [field.alias for field in dependant.query_params]
    return own + [name for child in dependant.dependencies for name in _query_names(child)]


def _media(route: APIRoute) -> str:
    return str(getattr(getattr(route.body_field, "field_info", None), "media_type", ""))


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    if not request.scope["query_string"]:
        return
    try:
        unquote_to_bytes(request.scope["query_string"]).decode()
    except UnicodeDecodeError:
        _refuse("query", "not_utf8", "the query is not UTF-8")
    names = [name for name, _ in request.query_params.multi_items()]
    errors = [
        {"loc": ("query",), "type": "extra_forbidden", "msg": "unknown query parameter"}
        for name in names
        if name not in known
    ]
    errors += [
        {"loc": ("query", name), "type": "repeated", "msg": "sent more than once"}
        for name in known
        if names.count(name) > 1
    ]
    if errors:
        raise RequestValidationError(errors)


def _refuse(part: str, kind: str, message: str) -> NoReturn:
    raise RequestValidationError([{"loc": (part,), "type": kind, "msg": message}])


async def body_within(request: Request, bytes_max: int) -> bytes:
    """Read the body, giving up as soon as it is larger than this.

    Raises:
        BodyTooLarge: the body, or the length that it declares, is over the limit.
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > bytes_max:
        raise BodyTooLarge(f"The body may have at most {bytes_max:,} bytes.")
    chunks, size = list[bytes](), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            raise BodyTooLarge(f"The body may have at most {bytes_max:,} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


async def _read_json(request: Request) -> None:
    """Read the body and leave it where FastAPI will look for it."""
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        raise BodyNotJson("Send `Content-Type: application/json`, in UTF-8.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BodyNotJson("Send the body without Content-Encoding.")
    body = await body_within(request, BODY_BYTES_MAX)
    # Starlette keeps both under these names; FastAPI asks for them again.
    cached = cast("Any", request)
    cached._body = body  # noqa: SLF001
    if body:
        cached._json = strict_json.read(body)  # noqa: SLF001


async def _read_form(request: Request) -> None:
    """Read form fields strictly and leave them where FastAPI will look for them."""
    media = request.headers.get("content-type", "").partition(";")[0]
    coding = request.headers.get("content-encoding", "identity")
    if media.strip().lower() != FORM or coding.lower() != "identity":
        raise BodyNotForm(f"Send `Content-Type: {FORM}`, not compressed.")
    body = await body_within(request, FORM_BYTES_MAX)
    try:
        text = body.decode("ascii")
        fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        _refuse("body", "not_a_form", "the form cannot be read")
    names = [name for name, _ in fields]
    if len(set(names)) < len(names):
        _refuse("body", "repeated", "a field is sent more than once")
    cast("Any", request)._body = body  # noqa: SLF001
