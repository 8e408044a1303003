"""
RFC 9457 problem details: exceptions inside, problem documents at the edge.

A service declares its problems once, in a `Catalogue`: which exception, which address, which
status, which title and what a person can do about it. From that table come the answers, the
pages at `/problems/{slug}` and the entries in OpenAPI.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import orjson
import structlog
from fastapi import FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import Match

MEDIA_TYPE = "application/problem+json"
ERRORS_MAX = 100
"""How many faults are named: a body of a megabyte can hold a hundred thousand."""
log = structlog.get_logger("purna.problems")


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of "no": its address, HTTP status, title and what to do next."""

    slug: str
    status: int
    title: str
    remedy: str
    retry_after_seconds: int | None = None

    @property
    def uri(self) -> str:
        """Return the `type` member."""
        return f"/problems/{self.slug}"


class FieldProblem(BaseModel):
    """One field that does not fit the contract. The offending value is never repeated."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """A problem document (RFC 9457). `remedy` says what a person can do."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    instance: str
    errors: list[FieldProblem] | None = None


INVALID = ProblemType(
    "invalid-request",
    422,
    "The request does not fit the contract",
    "Correct the fields named in `errors` and send it again.",
)
INTERNAL = ProblemType(
    "internal-error",
    500,
    "Something broke on our side",
    "It has been recorded. Try again later; if it stays, tell us the `instance` of this problem.",
)
NOT_FOUND = ProblemType(
    "no-such-path", 404, "There is nothing at this address", "See /openapi.json for every path."
)
METHOD = ProblemType(
    "method-not-allowed",
    405,
    "This address does not take this method",
    "Use one of the methods in the Allow header.",
)
HTTP = ProblemType("http-error", 400, "The request cannot be handled", "See `detail`.")
GENERAL = (INVALID, INTERNAL, NOT_FOUND, METHOD, HTTP)


@dataclass(frozen=True)
class Catalogue:
    """Which exception becomes which problem. The lookup walks the exception's bases."""

    types: Mapping[type[Exception], ProblemType]

    def __or__(self, other: "Catalogue") -> "Catalogue":
        """Return both tables as one."""
        return Catalogue({**self.types, **other.types})

    def install(self, app: FastAPI) -> None:
        """Register the handlers and the pages."""
        for exception in self.types:
            app.add_exception_handler(exception, self._known)
        app.add_exception_handler(RequestValidationError, _invalid)
        app.add_exception_handler(HTTPException, _http)
        app.add_exception_handler(Exception, _internal)
        pages = {kind.slug: kind for kind in (*self.types.values(), *GENERAL)}

        async def page(slug: Annotated[str, Path(pattern="^[a-z0-9-]{1,64}$")]) -> Response:
            if slug not in pages:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            return HTMLResponse(_page(pages[slug]))

        app.add_api_route("/problems/{slug}", page, include_in_schema=False)

    def openapi(self, *exceptions: type[Exception]) -> dict[int | str, dict[str, Any]]:
        """Return the `responses=` of an endpoint that may raise these."""
        by_status: dict[int | str, list[ProblemType]] = {}
        for kind in (*(self.types[exception] for exception in exceptions), INVALID, INTERNAL):
            by_status.setdefault(kind.status, []).append(kind)
        return {
            status: {
                "description": "; ".join(dict.fromkeys(kind.title for kind in kinds)),
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {kind.slug: {"value": _example(kind)} for kind in kinds},
                    }
                },
            }
            for status, kinds in by_status.items()
        }

    async def _known(self, request: Request, exc: Exception) -> Response:
        kind = next(self.types[cls] for cls in type(exc).__mro__ if cls in self.types)
        more: Mapping[str, Any] = getattr(exc, "members", {})
        return render(request, kind, str(exc) or kind.title, **more)


def render(
    request: Request,
    kind: ProblemType,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """Build the answer. `more` are extension members that carry data."""
    body = {
        **more,
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "remedy": kind.remedy,
        "instance": f"urn:uuid:{request.scope.get('request_id', '')}",
    }
    sent = dict(headers or {})
    if kind.retry_after_seconds is not None:
        sent.setdefault("Retry-After", str(kind.retry_after_seconds))
    if kind.status == HTTPStatus.UNAUTHORIZED:
        sent.setdefault("WWW-Authenticate", "Bearer")
    return JSONResponse(body, kind.status, headers=sent, media_type=MEDIA_TYPE)


def pointer(location: tuple[str | int, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of a place that pydantic names.

    Only names that the contract declares appear: an undeclared key is the caller's text and may
    hold personal data, so callers cut it off first. The tag of a union, written `<tag>`, is no
    part of a document.
    """
    parts = (str(part) for part in location)
    return "".join(
        "/" + part.replace("~", "~0").replace("/", "~1")
        for part in parts
        if not part.startswith("<")
    )


async def _invalid(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, RequestValidationError):
        raise exc
    errors: list[dict[str, str]] = []
    for error in exc.errors()[:ERRORS_MAX]:
        undeclared = error["type"] == "extra_forbidden"
        place = error["loc"][:-1] if undeclared else error["loc"]
        detail = "a field is not part of the contract" if undeclared else error["msg"]
        errors.append({"pointer": pointer(place), "code": error["type"], "detail": detail})
    return render(request, INVALID, "Some fields do not fit; see `errors`.", errors=errors)


async def _http(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, HTTPException):
        raise exc
    if exc.status_code == HTTPStatus.NOT_FOUND:
        return render(request, NOT_FOUND, "No resource has this address.")
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted(_methods(request)))
        return render(request, METHOD, f"Allowed here: {allowed}.", headers={"Allow": allowed})
    phrase = HTTPStatus(exc.status_code).phrase
    kind = ProblemType(HTTP.slug, exc.status_code, phrase, HTTP.remedy)
    return render(request, kind, str(exc.detail), headers=exc.headers)


def _methods(request: Request) -> set[str]:
    """Return every method of this address: two endpoints on one path are two routes."""
    found: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return found


async def _internal(request: Request, exc: Exception) -> Response:
    log.error("internal-error", kind=type(exc).__name__, exc_info=exc)
    return render(request, INTERNAL, "The error has been recorded.")


def _example(kind: ProblemType) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.title,
        "remedy": kind.remedy,
        "instance": "urn:uuid:01938d5e-0000-7000-8000-000000000000",
    }
    if kind is INVALID:
        example["errors"] = [
            {"pointer": "/body/amount", "code": "int_type", "detail": "must be a whole number"}
        ]
    return example


def _page(kind: ProblemType) -> str:
    title, remedy = html.escape(kind.title), html.escape(kind.remedy)
    shape = html.escape(orjson.dumps(_example(kind), option=orjson.OPT_INDENT_2).decode())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>HTTP {kind.status}. <code>{kind.uri}</code></p>"
        f"<p>{remedy}</p><pre>{shape}</pre></html>"
    )
