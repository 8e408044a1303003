"""
The OpenAPI document of a service, completed with what follows from the edge.

An endpoint declares the refusals that are its own. Those that every endpoint of its sort has (no
token, no strict JSON, a key that was used before) are added here, so that none can be forgotten.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from shared.auth import SCOPES, Forbidden, IssuerUnavailable, Unauthenticated
from shared.db import CommitUnknown, Contended, DatabaseUnavailable
from shared.edge import BodyNotJson, BodyTooLarge
from shared.etag import PreconditionFailed, PreconditionMissing
from shared.idempotency import (
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    IdempotentRequestInFlight,
)
from shared.problems import Catalogue, FieldProblem, Problem
from shared.strict_json import NotStrictJson

Json = dict[str, Any]

SECURED = (Unauthenticated, Forbidden, IssuerUnavailable, DatabaseUnavailable)
WITH_JSON = (NotStrictJson, BodyNotJson, BodyTooLarge)
ONCE = (
    IdempotencyKeyMissing,
    IdempotencyKeyMalformed,
    IdempotencyKeyReused,
    IdempotentRequestInFlight,
    CommitUnknown,
    Contended,
)
WITH_ETAG = (PreconditionMissing, PreconditionFailed, CommitUnknown, Contended)

REQUIRED_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "idempotency-key": {"type": "string", "minLength": 1, "maxLength": 255},
    "if-match": {"type": "string", "pattern": '^"[0-9]+"$'},
}
"""Optional in the code, so that leaving one out gets its own problem (400, 428) and not a 422."""

BEARER: Mapping[str, str] = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "Tokens come from the identity provider of this deployment.",
}
"""How callers show who they are where the issuer's own addresses are not known."""

BOUNDS: Mapping[str, str] = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}
"""Pydantic's words for the bounds of a number that a validator of ours reads first (`Whole`)."""


def contract(
    app: FastAPI, problems: Catalogue, names: Mapping[str, str], *, token_url: str | None
) -> Json:
    """Return the OpenAPI document.

    `names` renames schemas that a bare name says too little of. `token_url` is where callers get
    their tokens: an address of its own, or a path of this service. None means that only the issuer
    of the tokens knows it, and the contract asks for a bearer token.
    """
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        tags=app.openapi_tags,
        servers=[{"url": "/"}],
    )
    components = document.setdefault("components", {})
    schemas: Json = components.setdefault("schemas", {})
    for model in (Problem, FieldProblem):
        schema = TypeAdapter(model).json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path in document.get("paths", {}).values():
        for operation in path.values():
            _complete(operation, problems)
    for path in document.get("webhooks", {}).values():
        for operation in path.values():
            # What FastAPI expects of a server: here the caller is us, and what we send fits.
            operation["responses"].pop("422", None)
    for scheme in components.get("securitySchemes", {}).values():
        if token_url is None:
            scheme.clear()
            scheme.update(BEARER)
        else:
            scheme["flows"]["clientCredentials"].update(tokenUrl=token_url, scopes=dict(SCOPES))
    return _renamed(document, names)


def _complete(operation: Json, problems: Catalogue) -> None:
    sent = {
        one["name"].lower() for one in operation.get("parameters", ()) if one["in"] == "header"
    }
    media = operation.get("requestBody", {}).get("content", {})
    if operation.get("security"):
        _add(operation, problems, SECURED)
        if "application/json" in media:
            _add(operation, problems, WITH_JSON)
    if "idempotency-key" in sent:
        _add(operation, problems, ONCE)
    if "if-match" in sent:
        _add(operation, problems, WITH_ETAG)
    for parameter in operation.get("parameters", ()):
        schema = REQUIRED_HEADERS.get(parameter["name"].lower())
        if parameter["in"] == "header" and schema is not None:
            parameter.update(required=True, schema=dict(schema))
        parameter["schema"] = _bounded(parameter["schema"])
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _bounded(schema: Json) -> Json:
    """Return a schema, and what it may be instead of null, with the bounds' own words."""
    named = {BOUNDS.get(word, word): value for word, value in schema.items()}
    if "anyOf" in named:
        named["anyOf"] = [_bounded(one) for one in named["anyOf"]]
    return named


def _add(operation: Json, problems: Catalogue, exceptions: Iterable[type[Exception]]) -> None:
    """Add refusals, beside those that are declared for the same status."""
    for status, response in problems.openapi(*exceptions).items():
        there = operation["responses"].setdefault(str(status), response)
        if there is response:
            continue
        media, more = (next(iter(one["content"].values())) for one in (there, response))
        examples = media["examples"] = {**media["examples"], **more["examples"]}
        titles = dict.fromkeys(one["value"]["title"] for one in examples.values())
        there["description"] = "; ".join(titles)


def _renamed(document: Json, names: Mapping[str, str]) -> Json:
    """Give schemas the names that clients will see as their types."""
    schemas: Json = document["components"]["schemas"]
    for old, new in names.items():
        if old not in schemas or new in schemas:
            raise ValueError(f"the schema {old} cannot become {new}")
        schemas[new] = {**schemas.pop(old), "title": new}
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    text = json.dumps(document)
    for old, new in names.items():
        text = text.replace(f'"#/components/schemas/{old}"', f'"#/components/schemas/{new}"')
    return cast("Json", json.loads(text))
