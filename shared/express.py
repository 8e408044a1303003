"""
The short way for the hottest reads: one row by its id, for a caller whose token is known.

Such a request needs nothing that FastAPI resolves, so its endpoint is called at once. Which
endpoints these are follows from their own signatures: a GET of `/<nouns>/{id}` that takes a
caller, the read side and the id, and nothing else. Whatever is unusual (a token not seen before,
a missing scope, a query, an id that is none, a row that is not there, any failure) takes the
ordinary way, which gives the ordinary answer: this module never says no.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from fastapi import FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import clock
from shared.auth import Caller, Requires, Verifier
from shared.db import Database
from shared.edge import reading

ID_LENGTH = 36
_PATTERN = "/{id}"
Endpoint = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Stop:
    """One endpoint on the short way, and the names of its parameters."""

    route: APIRoute
    endpoint: Endpoint
    requires: Requires
    caller: str
    db: str


class Express:
    """See the module."""

    def __init__(self, app: ASGIApp, service: FastAPI) -> None:
        self.app = app
        self.service = service
        self._stops: dict[str, _Stop] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, or hand the request on."""
        if scope["type"] == "http" and scope["method"] == "GET" and not scope["query_string"]:
            response = await self._answer(scope)
            if response is not None:
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        prefix, _, id = scope["path"].rpartition("/")
        if len(id) != ID_LENGTH:
            return None
        if self._stops is None:
            self._stops = _stops(self.service)
        stop = self._stops.get(prefix)
        if stop is None:
            return None
        caller = self._caller(scope)
        if caller is None or not stop.requires.admits(caller):
            return None
        database: Database = self.service.state.database
        try:
            found = UUID(id)
            if str(found) != id.lower():
                return None
            given: dict[str, Any] = {stop.caller: caller, stop.db: database.reader, "id": found}
            response = await stop.endpoint(**given)
        except Exception:  # noqa: BLE001 (the ordinary way meets it again and answers)
            return None
        scope["route"], scope["caller"] = stop.route, caller
        return response

    def _caller(self, scope: Scope) -> Caller | None:
        verifier: Verifier = self.service.state.verifier
        for name, value in scope["headers"]:
            if name == b"authorization":
                scheme, _, token = value.decode("latin-1").partition(" ")
                return verifier.recall(token, now=clock.now()) if scheme == "Bearer" else None
        return None


def _stops(service: FastAPI) -> dict[str, _Stop]:
    found: dict[str, _Stop] = {}
    edges: list[APIRoute] = service.state.edges
    for route in edges:
        dependant: Dependant = route.dependant
        names = {child.name or "": child.call for child in dependant.dependencies}
        callers = [name for name, call in names.items() if isinstance(call, Requires)]
        readers = [name for name, call in names.items() if call is reading]
        plain = [field.name for field in dependant.path_params] == ["id"] and not (
            dependant.query_params
            or dependant.header_params
            or dependant.cookie_params
            or dependant.body_params
            or dependant.request_param_name
        )
        noun = route.path.removesuffix(_PATTERN)
        if (
            plain
            and route.methods == {"GET"}
            and noun != route.path
            and "{" not in noun
            and (len(callers), len(readers), len(names)) == (1, 1, 2)
        ):
            requires = cast("Requires", names[callers[0]])
            found[noun] = _Stop(route, route.endpoint, requires, callers[0], readers[0])
    return found
