"""What holds for every endpoint: durable answers, strict input, plain outages."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest

from services.registry.app import create_app
from services.registry.settings import Settings
from shared.auth import Kind
from shared.db import POOL_SIZE, Statement
from shared.edge import BODY_BYTES_MAX
from tests.conftest import ISSUER, once, serving
from tests.registry.api.factories import ABSENT, a_person, kinds_of_events, refused, sent

PERSON = {"full_name": "Siti Rahmawati", "sex": "female"}
PUBLIC = {"/oauth/token", "/.well-known/jwks.json"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def app(registry):
    return registry.client(Kind.MOBILE_BACKEND, id="app-a")


@asynccontextmanager
async def failing_commit(url: str) -> AsyncIterator[None]:
    """Let the COMMIT of whatever wrote to these tables fail, and nothing before it."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
    )
    for table in ("person", "placement", "facts_reading"):
        await connection.execute(
            f"CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        await connection.execute("DROP FUNCTION refuse CASCADE")
        await connection.close()


async def test_a_commit_that_fails_is_never_a_success(app, registry, registry_template):
    person, headers = await a_person(app), once()
    async with failing_commit(registry_template):
        for reply in (
            await app.post("/people", json=PERSON, headers=headers),
            await app.post("/people", json=PERSON, headers=headers),
            await app.post(f"/people/{person}/placements", json={"country": "HK"}, headers=once()),
            await app.patch(
                f"/people/{person}", json={"married": True}, headers={"If-Match": '"1"'}
            ),
            await registry.client().post(
                f"/people/{person}/financing-facts", json={"purpose": "submission"}
            ),
        ):
            refused(reply, 500, "internal-error")
            assert "disk" not in reply.text
    listed = (await app.get("/people")).json()["items"]
    assert [(one["id"], one["version"]) for one in listed] == [(person, 1)]
    assert (await app.get(f"/people/{person}/placements")).json()["items"] == []
    assert await kinds_of_events(registry) == ["person.registered"]
    made = await app.post("/people", json=PERSON, headers=headers)
    assert (made.status_code, "idempotent-replay" in made.headers) == (201, False)


async def test_a_refusal_after_a_write_undoes_the_write(app, registry):
    """A village that does not exist is found out after the cooperative was written."""
    body = {
        "kind": "kopdes",
        "name": "Koperasi",
        "founded_on": "2025-06-12",
        "village_codes": ["52.02.02.2999"],
    }
    service = registry.client()
    refused(await service.post("/cooperatives", json=body, headers=once()), 409, "region-unknown")
    assert (await service.get("/cooperatives")).json()["items"] == []
    assert await kinds_of_events(registry) == []


async def test_reading_connections_cannot_write(registry):
    for sql in ("UPDATE event_head SET number = 7", "DELETE FROM person"):
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await registry.database.reader.rows(Statement(sql))


async def test_an_unknown_path_is_a_problem(app):
    refused(await app.get("/nowhere"), 404, "no-such-path")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/people", "GET, POST"),
        (f"/people/{ABSENT}", "GET, PATCH"),
        (f"/cooperatives/{ABSENT}/officers", "GET, POST"),
        (f"/memberships/{ABSENT}/steps", "POST"),
    ],
)
async def test_a_wrong_method_names_every_method_that_is_right(app, path, allowed):
    reply = await app.put(path, json={})
    refused(reply, 405, "method-not-allowed")
    assert reply.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**PERSON, "sex": "5203055403880001"}, "/body/sex"),
        ({**PERSON, "person_nik": "5203055403880001 "}, "/body/person_nik"),
        ({**PERSON, "birth_date": 5203055403880001}, "/body/birth_date"),
        ({**PERSON, "5203055403880001": 1}, "/body"),
        ({**PERSON, "full_name": "5203055403880001\u0000"}, "/body/full_name"),
        ({**PERSON, "married": 1}, "/body/married"),
        (
            {**PERSON, "skills": [{"name": "x"}, {"name": "y", "years": "5203055403880001"}]},
            "/body/skills/1/years",
        ),
        ({"sex": "female"}, "/body/full_name"),
    ],
)
async def test_what_does_not_fit_is_pointed_at_and_never_repeated(app, body, pointer):
    reply = await app.post("/people", json=body, headers=once())
    problem = refused(reply, 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "5203055403880001" not in reply.text


@pytest.mark.parametrize(
    ("content", "headers", "status", "slug"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415, "body-not-json"),
        (b"{}", {"Content-Type": "application/json; charset=latin-1"}, 415, "body-not-json"),
        (b"{}", {**JSON, "Content-Encoding": "gzip"}, 415, "body-not-json"),
        (b" " * (BODY_BYTES_MAX + 1), JSON, 413, "body-too-large"),
        (b'{"sex": "female"', JSON, 400, "not-strict-json"),
        (b'{"sex": "female", "sex": "male"}', JSON, 400, "not-strict-json"),
        (b'{"sex": NaN}', JSON, 400, "not-strict-json"),
        (b'{"sex": "\xff"}', JSON, 400, "not-strict-json"),
        (b"[" * 5000, JSON, 400, "not-strict-json"),
        (b"", JSON, 422, "invalid-request"),
        (b"[]", JSON, 422, "invalid-request"),
    ],
)
async def test_a_body_that_is_not_strict_json_is_refused(app, content, headers, status, slug):
    reply = await app.post("/people", content=content, headers={**once(), **headers})
    refused(reply, status, slug)


async def test_a_body_without_a_length_is_cut_off_at_the_limit(app):
    async def endless():
        for _ in range(BODY_BYTES_MAX // 65_536 + 2):
            yield b" " * 65_536

    reply = await app.post("/people", content=endless(), headers={**once(), **JSON})
    refused(reply, 413, "body-too-large")


async def test_query_parameters_are_declared_and_sent_once(app):
    refused(await app.get("/people?surname=Siti"), 422, "invalid-request")
    refused(await app.get("/people?limit=1&limit=2"), 422, "invalid-request")
    refused(await app.get("/people?limit=0"), 422, "invalid-request")
    refused(await app.get("/people?cursor=abc"), 400, "cursor-invalid")


@pytest.mark.parametrize(
    ("headers", "slug"),
    [
        ({}, "idempotency-key-missing"),
        ({"Idempotency-Key": "x" * 256}, "idempotency-key-malformed"),
        ({"Idempotency-Key": ""}, "idempotency-key-malformed"),
    ],
)
async def test_an_act_has_a_key(app, headers, slug):
    refused(await app.post("/people", json=PERSON, headers=headers), 400, slug)


async def test_without_a_token_nothing_is_said(registry):
    for client in (registry.anonymous(), registry.anonymous(Authorization="Bearer forged")):
        for reply in (
            await client.get("/people"),
            await client.get(f"/people/{ABSENT}"),
            await client.post("/memberships", json={}),
        ):
            refused(reply, 401, "unauthenticated")
            assert reply.headers["www-authenticate"] == "Bearer"


async def test_without_the_scope_nothing_is_done(registry):
    reader = registry.client(scopes=frozenset({"people:read"}))
    reply = await reader.post("/people", json=PERSON, headers=once())
    refused(reply, 403, "forbidden")


async def test_without_a_database_the_answer_is_to_come_again(keys):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = unheard.getsockname()[1]
        settings = Settings(
            mode="development",
            database_url=f"postgresql://purna@127.0.0.1:{port}/registry",
            keys=keys,
            issuer=ISSUER,
        )
        async with serving(create_app(settings), keys) as service:
            client = service.client()
            for reply in (
                await client.get("/people"),
                await client.get(f"/cooperatives/{ABSENT}"),
                await client.post("/people", json=PERSON, headers=once()),
            ):
                refused(reply, 503, "database-unavailable")
                assert int(reply.headers["retry-after"]) > 0


@pytest.mark.parametrize("lane", ["reads", "writes"])
async def test_when_every_connection_is_busy_the_answer_is_to_come_again(app, registry, lane):
    async with AsyncExitStack() as held:
        for _ in range(POOL_SIZE):
            await held.enter_async_context(getattr(registry.database, lane).connection())
        if lane == "reads":
            reply = await app.get("/people")
        else:
            reply = await app.post("/people", json=PERSON, headers=once())
        refused(reply, 503, "database-unavailable")
        assert int(reply.headers["retry-after"]) > 0
    await sent(app, "/people", PERSON)
    assert len((await app.get("/people")).json()["items"]) == 1


async def test_every_endpoint_is_named_secured_and_says_how_it_refuses(registry):
    document = (await registry.anonymous().get("/openapi.json")).json()
    names = set()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names.add(operation["operationId"])
            if path in PUBLIC:
                continue
            assert operation["security"], path
            problems = {status for status in operation["responses"] if status >= "400"}
            assert {"422", "500"} <= problems, path
    assert {"apply_for_membership", "read_person_facts", "register_cooperative"} <= names
    assert len(names) == sum(len(operations) for operations in document["paths"].values())
