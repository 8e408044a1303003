"""
What every service has besides its own endpoints: health, metrics, documentation, problems.

`new_app` makes an application with all of it; a service adds its routers. `/livez` says that the
process answers, `/readyz` that its checks pass: each a sentence, so that an operator need not
guess.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import TypeAdapter

from shared.auth import SCOPES
from shared.db import SELECT_ONE, Database, DatabaseUnavailable, Statement
from shared.express import Express
from shared.observed import Observed
from shared.problems import Catalogue, FieldProblem, Problem

Check = Callable[[], Awaitable[str | None]]
"""Returns None when all is well, else a sentence that says what is wrong."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def new_app(
    *, title: str, version: str, description: str, lifespan: Lifespan, problems: Catalogue
) -> FastAPI:
    """Return an application with problems, metrics, request ids, health and offline docs."""
    traced = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    app: FastAPI = FastAPIOffline(
        title=title,
        version=version,
        description=description,
        lifespan=lifespan,
        telemetry={
            "tracing": traced,
            "metrics": traced,
            "logs": False,
            "operation_spans": False,
            "auto_configure": traced,
        },
        redirect_slashes=False,
    )
    registry = CollectorRegistry()
    app.state.metrics = registry
    app.state.edges = list[APIRoute]()
    app.state.checks = dict[str, Check]()
    # The one added last is outermost: a short answer is observed like any other.
    if not traced:
        app.add_middleware(Express, service=app)
    app.add_middleware(Observed, registry=registry)
    problems.install(app)
    _add_health(app, registry)
    app.openapi = lambda: _openapi(app)
    return app


def include(app: FastAPI, *routers: APIRouter) -> None:
    """Add a service's routers, the hottest first: a request is matched against them in order."""
    for routes in routers:
        # Not `include_router`: its nested routers are matched one by one at each request, and
        # hide the methods of an address from the 405 that lists them.
        app.router.routes.extend(routes.routes)
        edges = [route for route in routes.routes if isinstance(route, APIRoute)]
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

    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (("/livez", livez), ("/readyz", readyz), ("/metrics", metrics)):
        app.add_api_route(path, endpoint, include_in_schema=False)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the problem schema and every scope in it."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            servers=[{"url": "/"}],
        )
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for model in (Problem, FieldProblem):
            schema = TypeAdapter(model).json_schema(ref_template="#/components/schemas/{model}")
            schema.pop("$defs", None)
            schemas[model.__name__] = schema
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for path in document.get("paths", {}).values():
            for operation in path.values():
                _require_headers(operation)
        for scheme in components.get("securitySchemes", {}).values():
            scheme["flows"]["clientCredentials"]["scopes"] = dict(SCOPES)
        app.openapi_schema = document
    return app.openapi_schema


REQUIRED_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "idempotency-key": {"type": "string", "minLength": 1, "maxLength": 255},
    "if-match": {"type": "string", "pattern": '^"[0-9]+"$'},
}


def _require_headers(operation: dict[str, Any]) -> None:
    """Say in the contract that these headers are required.

    In the code they are optional, so that leaving one out gets its own problem (400, 428) and
    not a 422 among others.
    """
    for parameter in operation.get("parameters", []):
        schema = REQUIRED_HEADERS.get(parameter["name"].lower())
        if parameter["in"] == "header" and schema is not None:
            parameter.update(required=True, schema=dict(schema))
