"""Every operation of a service as its contract describes it, with a valid request for each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = "01938d5e-0000-7000-8000-000000000000"
PATTERNS = {
    "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$": "SISKO-2026.17",
    r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}$": "52.02.02.2001",
    r"^[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?$": "52.02",
    "^https?://[!-~]{1,190}$": "https://maron.example",
    "^https?://[!-~]{1,2000}$": "https://hooks.example.org/purna",
    r"^(\*|[a-z_]{1,40}\.(\*|[a-z_]{1,40}))$": "application.routed",
    "^[1-9][0-9]$": "52",
    "^[0-9]{2}$": "52",
    "^[0-9]{15,16}$": "012345678901234",
    "^[0-9]{1,20}$": "1234567890123",
    "^[a-z]{2}$": "id",
    "^[A-Z]{2}$": "MY",
    "^[0-9]{16}$": "5203055403880001",
    r"^\+?[0-9 ()-]{6,24}$": "+6281234567890",
    "^[a-z0-9-]{1,64}$": "lpdb",
    "^[a-z0-9_]{1,40}$": "kur_mikro",
    "^[A-Za-z0-9_-]+$": "AAAA",
    '^"[0-9]+"$': '"1"',
}
NAMES: Mapping[str, Any] = {
    "birth_date": "1988-03-14",
    "new": "1988-03-14",
    "until": "2026-02-01",
    "valid_until": "2029-01-01",
    "grace": 0,
    "fees": 0,
    "disaster_relief": False,
    "channel": "kur-bank-nusantara",
    "product": "kur_mikro",
}
"""Values of fields that would contradict another with the usual one, or that name a lender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place in a body: how to get there, and what it takes."""

    place: tuple[str | int, ...]
    kind: str
    schema: Mapping[str, Any]
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One declared parameter."""

    name: str
    where: str
    kind: str
    required: bool
    usual: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation and what its contract says of its request."""

    method: str
    path: str
    name: str
    secured: bool
    media: str
    body: Any
    slots: tuple[Slot, ...]
    parameters: tuple[Parameter, ...]

    def of(self, where: str) -> tuple[Parameter, ...]:
        """Return the parameters in one part of the request."""
        return tuple(one for one in self.parameters if one.where == where)

    def address(self, instead: Mapping[str, str] | None = None) -> str:
        """Return path and query as they must be, with these values in place of the usual ones."""
        values = {one.name: one.usual for one in self.parameters} | dict(instead or {})
        filled = self.path
        for one in self.of("path"):
            filled = filled.replace(f"{{{one.name}}}", values[one.name])
        sent = [one for one in self.of("query") if one.required or one.name in (instead or {})]
        query = "&".join(f"{one.name}={values[one.name]}" for one in sent)
        return f"{filled}?{query}" if query else filled


def written(document: Any, place: tuple[str | int, ...], literal: str) -> str:
    """Return a document as JSON text with this literal in one place."""
    marked = json.loads(json.dumps(document))
    inner = marked
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = "@slot@"
    return json.dumps(marked).replace('"@slot@"', literal)


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Read every operation out of an OpenAPI document."""
    return [
        _operation(document, method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _operation(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    media = next(iter(content), "")
    schema = content.get(media, {}).get("schema", {})
    body = example(document, schema) if media == "application/json" else None
    return Operation(
        method=method,
        path=path,
        name=operation["operationId"],
        secured=bool(operation.get("security")),
        media=media,
        body=body,
        slots=tuple(_slots(document, schema, ())) if isinstance(body, dict) else (),
        parameters=tuple(
            Parameter(
                name=one["name"],
                where=one["in"],
                kind=_parameter_kind(document, one),
                required=bool(one.get("required")),
                usual=str(example(document, one["schema"])),
            )
            for one in operation.get("parameters", ())
        ),
    )


def _parameter_kind(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> str:
    if parameter["name"] == "cursor":
        return "cursor"
    kind = _kind(plain(document, parameter["schema"])[0])
    return "code" if kind in {"code", "nik"} else kind


def plain(
    document: Mapping[str, Any], schema: Mapping[str, Any]
) -> tuple[Mapping[str, Any], bool]:
    """Return a schema without references and without null, and whether null may stand."""
    nullable = False
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema or "oneOf" in schema:
            every = schema.get("anyOf") or schema["oneOf"]
            some = [one for one in every if one.get("type") != "null"]
            nullable = nullable or len(some) < len(every)
            schema = some[0]
        elif isinstance(schema.get("type"), list):
            nullable = True
            schema = {**schema, "type": next(t for t in schema["type"] if t != "null")}
        else:
            return schema, nullable


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return "enum"
    if schema.get("type") != "string":
        return str(schema.get("type", "object"))
    if "format" in schema:
        return str(schema["format"])
    if schema.get("pattern") == "^[0-9]{16}$":
        return "nik"
    return "code" if "pattern" in schema else "text"


def example(  # noqa: C901, PLR0911 (one for each type)
    document: Mapping[str, Any], schema: Mapping[str, Any], name: str = ""
) -> Any:
    """Make a value that fits a schema, with every declared field in it."""
    schema, _ = plain(document, schema)
    kind = _kind(schema)
    if name in NAMES and kind != "object":
        return NAMES[name]
    match kind:
        case "enum":
            return schema["const"] if "const" in schema else schema["enum"][0]
        case "object":
            fields = schema.get("properties", {})
            return {field: example(document, inner, field) for field, inner in fields.items()}
        case "array":
            return [example(document, schema["items"], name)]
        case "integer":
            return max(int(schema.get("minimum", 0)), min(1, int(schema.get("maximum", 1))))
        case "boolean":
            return True
        case "date":
            return "2025-06-12"
        case "date-time":
            return "2026-01-24T09:30:00+07:00"
        case "uuid":
            return ABSENT
        case "nik" | "code":
            return PATTERNS[schema["pattern"]]
        case _:
            return "Siti Rahmawati"


def _slots(
    document: Mapping[str, Any], schema: Mapping[str, Any], place: tuple[str | int, ...]
) -> Iterator[Slot]:
    """Yield every place below this one, and containers as places of their own."""
    schema, nullable = plain(document, schema)
    kind = _kind(schema)
    if place:
        yield Slot(place=place, kind=kind, schema=schema, nullable=nullable)
    if kind == "object":
        for field, inner in schema.get("properties", {}).items():
            yield from _slots(document, inner, (*place, field))
    elif kind == "array":
        yield from _slots(document, schema["items"], (*place, 0))
