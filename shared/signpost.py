"""
The way to an endpoint, found at once.

A router tries one route after the other, which for an endpoint far down the list costs as much as
answering it. A `Signpost` stands before them all and tries only those whose address begins with
the same word and has as many parts. Where none of them answers, it stands aside: what is not
found, or not allowed, is said by the router as ever.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

_Key = tuple[str, str, int]


class Signpost(BaseRoute):
    """See the module. Its routes keep their order among themselves."""

    def __init__(self) -> None:
        self._routes: dict[_Key, list[APIRoute]] = defaultdict(list)

    def add(self, routes: Iterable[APIRoute]) -> None:
        """Point to more routes; one whose first word may be anything is left to the router."""
        for route in routes:
            for method in route.methods or ():
                self._routes[_key(method, route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return the match of the route that answers (Starlette)."""
        if scope["type"] == "http":
            for route in self._routes.get(_key(scope["method"], scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the route that was found (Starlette)."""
        await scope["route"].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        """Name no address: the routes behind it name their own (Starlette)."""
        raise NoMatchFound(name, path_params)


def _key(method: str, path: str) -> _Key:
    return method, path[1:].partition("/")[0], path.count("/")
