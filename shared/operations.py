"""
What every service has besides its own endpoints: health, metrics, documentation, problems.

`new_app` makes an application with all of it; a service adds its routers. `/livez` says that the
process answers, `/readyz` that its checks pass: each a sentence, so that an operator need not
guess.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from shared import clock, tracing
from shared.contract import contract
from shared.db import SELECT_ONE, Database, DatabaseUnavailable, Reader, Statement
from shared.express import Express
from shared.observed import Observed
from shared.problems import Catalogue
from shared.signpost import Signpost

Check = Callable[[], Awaitable[str | None]]
"""Returns None when all is well, else a sentence that says what is wrong."""

Measure = Callable[[Reader, datetime], Awaitable[None]]
"""Brings gauges up to date from the database, when the metrics are read."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def new_app(
    *,
    title: str,
    version: str,
    description: str,
    lifespan: Lifespan,
    problems: Catalogue,
    tags: Mapping[str, str],
    names: Mapping[str, str],
    token_url: str | None,
) -> FastAPI:
    """Return an application with problems, metrics, request ids, health and offline docs.

    `tags` says what each group of endpoints is for; `names` renames schemas in the contract, and
    `token_url` is where callers get their tokens, if it is known.
    """
    traced = tracing.configured()
    app: FastAPI = FastAPIOffline(
        title=title,
        version=version,
        description=description,
        lifespan=lifespan,
        telemetry={
            "tracer_provider": tracing.provider(title) if traced else None,
            "tracing": traced,
            "metrics": traced,
            "logs": False,
            "operation_spans": False,
            "auto_configure": traced,
        },
        redirect_slashes=False,
        openapi_tags=[{"name": tag, "description": text} for tag, text in tags.items()],
    )
    registry = CollectorRegistry()
    app.state.metrics = registry
    app.state.edges = list[APIRoute]()
    app.state.checks = dict[str, Check]()
    app.state.measures = list[Measure]()
    app.state.signpost = None
    if not traced:  # the router tells the tracer which route it has found, but not of ours
        app.state.signpost = Signpost()
        app.router.routes.insert(0, app.state.signpost)
    # The one added last is outermost: a short answer is observed like any other.
    if not traced:
        app.add_middleware(Express, service=app)
    app.add_middleware(Observed, registry=registry)
    problems.install(app)
    _add_health(app, registry)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = contract(app, problems, names, token_url=token_url)
        return app.openapi_schema

    app.openapi = openapi
    return app


def include(app: FastAPI, *routers: APIRouter) -> None:
    """Add a service's routers; where two of their addresses fit a request, the first answers."""
    for routes in routers:
        # Not `include_router`: its nested routers are matched one by one at each request, and
        # hide the methods of an address from the 405 that lists them.
        app.router.routes.extend(routes.routes)
        edges = [route for route in routes.routes if isinstance(route, APIRoute)]
        if app.state.signpost is not None:
            app.state.signpost.add(edges)
        app.state.edges = [*app.state.edges, *edges]


def database_checks(database: Database, head: str) -> Mapping[str, Check]:
    """Return the checks of a service that stands on a database at schema revision `head`."""

    async def reachable() -> str | None:
        try:
            await database.reader.row(SELECT_ONE)
        except DatabaseUnavailable as error:
            return f"the database cannot be reached ({error})"
        return None

    async def migrated() -> str | None:
        try:
            row = await database.reader.row(_REVISION)
        except DatabaseUnavailable:
            return "unknown: the database cannot be reached"
        found = row["version_num"] if row else "none"
        return None if found == head else f"the schema is at {found}, this program needs {head}"

    return {"database": reachable, "migrations": migrated}


_REVISION = Statement("SELECT to_jsonb(a) ->> 'version_num' AS version_num FROM alembic_version a")


def _add_health(app: FastAPI, registry: CollectorRegistry) -> None:
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    async def readyz(request: Request) -> Response:
        checks: Mapping[str, Check] = request.app.state.checks
        said = {name: await check() for name, check in checks.items()}
        ready = not any(said.values())
        body = {
            "status": "ready" if ready else "not ready",
            "checks": {name: problem or "ok" for name, problem in said.items()},
        }
        return JSONResponse(body, HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def metrics(request: Request) -> Response:
        measures: list[Measure] = request.app.state.measures
        for measure in measures:
            await measure(request.app.state.database.reader, clock.now())
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (("/livez", livez), ("/readyz", readyz), ("/metrics", metrics)):
        app.add_api_route(path, endpoint, include_in_schema=False)
