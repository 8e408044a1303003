"""The signpost finds the route that the router would have found, for every address there is."""

import re

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match

from shared.signpost import Signpost

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def linear(app: FastAPI, scope):
    """What the router finds, one route after the other."""
    for route in app.router.routes:
        if not isinstance(route, Signpost):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return found.get("route", route)
    return None


def paths(app: FastAPI) -> list[str]:
    """Each address of a service, some that are none, and some with strange parts."""
    templates = [route.path for route in app.router.routes if isinstance(route, APIRoute)]
    filled = [re.sub(r"{.*?}", part, path) for path in templates for part in ("x-1", "a b", "")]
    return [*templates, *filled, *(f"{path}/" for path in filled), "", "/", "//", "/nowhere/x"]


@pytest.mark.parametrize("name", ["registry_app", "financing_app"])
def test_it_points_where_the_router_would_go(name: str, request: pytest.FixtureRequest):
    app: FastAPI = request.getfixturevalue(name)
    signpost = app.router.routes[0]
    assert isinstance(signpost, Signpost)
    pointed = 0
    for path in paths(app):
        for method in METHODS:
            scope = {"type": "http", "method": method, "path": path, "root_path": ""}
            match, found = signpost.matches(dict(scope))
            expected = linear(app, dict(scope))
            if match is Match.FULL:
                assert found["route"] is expected
                pointed += 1
            else:
                assert not isinstance(expected, APIRoute) or expected not in app.state.edges
    assert pointed > 60
