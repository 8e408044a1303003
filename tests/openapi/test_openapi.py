"""The contracts: valid, complete, plainly named, and changed only on purpose.

When a change of the contract is meant, `UPDATE_CONTRACT=1` writes the two lists beside this file.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from shared.paging import LIMIT_MAX
from tests.conftest import CLIENT_SECRET

HERE = Path(__file__).parent
METHODS = ("get", "put", "post", "patch", "delete")
PUBLIC = {
    "issue_token": "who asks for a token has none",
    "read_jwks": "public keys are public",
    "receive_callback": "a lender signs the bytes instead",
}
NOT_NAMED = re.compile(r"__|^Body_|^(Status|Event|Type|Kind|Item|Model|Response|Data)$")

WITHIN_ONE = ("items", "additionalProperties", "not")
WITHIN_SOME = ("anyOf", "oneOf", "allOf", "prefixItems")
KEYWORDS = {
    *("$ref", "type", "const", "enum", "title", "description", "default", "examples"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format", "contentMediaType", "contentEncoding"),
    *("properties", "required", "propertyNames", "minProperties", "maxProperties"),
    *("minItems", "maxItems", "uniqueItems"),
    *WITHIN_ONE,
    *WITHIN_SOME,
}
"""The words of JSON Schema (2020-12) that a generator understands."""


@pytest.fixture(params=["registry", "financing"])
async def contract(request, registry_app, calculator) -> tuple[str, dict[str, Any]]:
    app = {"registry": registry_app, "financing": calculator.app}[request.param]
    return request.param, app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield method, path, operation


async def test_the_document_is_valid_openapi(contract):
    _, document = contract
    assert document["openapi"].startswith("3.1.")
    validate(document)


async def test_every_operation_is_named_described_and_grouped(contract):
    _, document = contract
    names = []
    declared = {tag["name"] for tag in document["tags"]}
    for _, path, operation in operations(document):
        names.append(operation["operationId"])
        assert re.fullmatch("[a-z]+(_[a-z]+)+|prequalify", operation["operationId"])
        assert operation["summary"]
        assert operation["description"].strip().endswith("."), path
        assert len(operation["tags"]) == 1
        assert set(operation["tags"]) <= declared, path
    assert len(names) == len(set(names))
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}
    assert declared == used


async def test_every_operation_is_secured_or_has_a_reason_not_to_be(contract):
    _, document = contract
    for _, path, operation in operations(document):
        assert bool(operation.get("security")) != (operation["operationId"] in PUBLIC), path


async def test_every_answer_has_a_shape_and_every_refusal_is_a_problem(contract):
    _, document = contract
    for _, path, operation in operations(document):
        responses = operation["responses"]
        good = [status for status in responses if status.startswith("2")]
        assert len(good) == 1, path
        assert responses[good[0]]["content"]["application/json"]["schema"], path
        for status in responses.keys() - set(good):
            content = responses[status]["content"]
            assert list(content) == ["application/problem+json"], (path, status)
            problem = content["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
            for slug, example in problem["examples"].items():
                assert example["value"]["type"] == f"/problems/{slug}"
                assert str(example["value"]["status"]) == status


async def test_every_refusal_of_the_edge_is_declared(contract):
    _, document = contract
    for _, path, operation in operations(document):
        expected = {"422", "500"}
        sent = {one["name"].lower() for one in operation.get("parameters", ())}
        if operation.get("security"):
            expected |= {"401", "403", "503"}
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                expected |= {"400", "413", "415"}
        expected |= {"400", "409", "503"} if "idempotency-key" in sent else set()
        expected |= {"412", "428"} if "if-match" in sent else set()
        assert expected <= operation["responses"].keys(), path
        slugs = {
            slug
            for response in operation["responses"].values()
            for media in response["content"].values()
            for slug in media.get("examples", ())
        }
        if "idempotency-key" in sent:
            assert {"idempotency-key-reused", "idempotent-request-in-flight"} <= slugs


async def test_where_a_contract_says_that_tokens_are_had_one_is_had(registry, financing):
    homes = {"http://registry.test": registry, "http://financing.test": financing}
    wire = {home: service.transport for home, service in homes.items()}
    for home, service in homes.items():
        scheme = service.app.openapi()["components"]["securitySchemes"]["oauth2"]
        async with httpx.AsyncClient(mounts=wire, base_url=home) as client:
            granted = await client.post(
                scheme["flows"]["clientCredentials"]["tokenUrl"],
                data={"grant_type": "client_credentials"},
                auth=httpx.BasicAuth("financing", CLIENT_SECRET),
            )
        assert granted.status_code == 200, home


def typed(schema: Any, where: str) -> None:
    """Assert that a generator can tell the type of everything in a schema."""
    if "$ref" in schema:
        return
    if "anyOf" in schema:
        some = [one for one in schema["anyOf"] if one.get("type") != "null"]
        assert len(some) == 1, f"{where}: nothing but X or null"
        typed(some[0], where)
        return
    assert isinstance(schema.get("type"), str) or "const" in schema or "enum" in schema, where
    if schema.get("type") == "array":
        typed(schema["items"], f"{where}/items")
    for name, inner in schema.get("properties", {}).items():
        typed(inner, f"{where}/{name}")


def schemas(part: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema of a document with its place, those within another too."""
    if isinstance(part, list):
        for inner in part:
            yield from schemas(inner, where)
    elif isinstance(part, dict):
        for name, inner in part.items():
            if name == "schema":
                yield from with_inner(inner, where)
            elif name == "schemas":
                for title, named in inner.items():
                    yield from with_inner(named, title)
            elif name not in {"example", "examples"}:
                yield from schemas(inner, f"{where}/{name}")


def with_inner(schema: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(schema, dict):
        return
    yield where, schema
    for name, inner in schema.get("properties", {}).items():
        yield from with_inner(inner, f"{where}/{name}")
    for word in WITHIN_ONE:
        yield from with_inner(schema.get(word), f"{where}/{word}")
    for word in WITHIN_SOME:
        for inner in schema.get(word, ()):
            yield from with_inner(inner, f"{where}/{word}")


async def test_no_schema_has_a_word_that_json_schema_does_not_know(contract):
    _, document = contract
    found = list(schemas(document, ""))
    unknown = [(where, word) for where, schema in found for word in schema.keys() - KEYWORDS]
    assert unknown == []
    assert len(found) > len(document["components"]["schemas"])


async def test_the_bounds_of_a_page_are_those_that_hold(contract):
    _, document = contract
    bounds = [
        (parameter["schema"]["minimum"], parameter["schema"]["maximum"])
        for _, path, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if (parameter["in"], parameter["name"]) == ("query", "limit") and path != "/events"
    ]
    assert set(bounds) == {(1, LIMIT_MAX)}


async def test_everything_has_a_type(contract):
    _, document = contract
    for name, schema in document["components"]["schemas"].items():
        typed(schema, name)
        if schema.get("type") == "object":
            assert re.fullmatch("([A-Z][a-z0-9]+)+", name), name
        assert not NOT_NAMED.search(name), f"{name}: give it a name in the service's app.py"
        assert schema["title"] == name
    for _, path, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            typed(parameter["schema"], f"{path} {parameter['name']}")


async def test_every_request_refuses_what_is_not_declared(contract):
    _, document = contract
    schemas = document["components"]["schemas"]
    for _, path, operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("schema", {})
        for kind in body.get("oneOf", [body]):
            if "$ref" in kind:
                schema = schemas[kind["$ref"].rpartition("/")[2]]
                assert schema["additionalProperties"] is False, path


async def test_the_contract_changes_only_on_purpose(contract):
    name, document = contract
    listed = [
        f"{method.upper():6} {path} {operation['operationId']}"
        for method, path, operation in operations(document)
    ]
    text = "\n".join(sorted(listed, key=lambda line: line.split()[1:])) + "\n"
    file = HERE / f"{name}.txt"
    if os.environ.get("UPDATE_CONTRACT"):
        file.write_text(text)
    assert file.read_text() == text, "if this is meant: UPDATE_CONTRACT=1 pytest tests/openapi"
