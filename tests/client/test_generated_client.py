"""A client that a stranger generates from the contract works against the running service."""

import asyncio
import importlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx
import orjson
import pytest
from fastapi import FastAPI

from services.registry.db import clients
from services.registry.domain.importing import PEOPLE_COLUMNS as COLUMNS
from shared import clock
from shared.auth import Kind
from shared.issuer import Client, hash_secret
from tests.client.wire import over_http
from tests.conftest import Service, once

SECRET = "only for this test"
SETTINGS = "post_hooks: []\ncontent_type_overrides: {text/csv: application/octet-stream}\n"


def generated(app: FastAPI, name: str, folder: Path) -> ModuleType:
    """Generate the client of a service; a warning of the generator fails the test."""
    document, settings = folder / f"{name}.json", folder / "settings.yaml"
    document.write_bytes(orjson.dumps(app.openapi()))
    settings.write_text(SETTINGS)
    command = (
        *("openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"),
        *("--path", document, "--config", settings, "--output-path", folder / name),
    )
    program = Path(sys.executable).with_name(str(command[0]))
    run = subprocess.run(
        [program, *command[1:]], check=False, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return importlib.import_module(name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("purna_")]:
        del sys.modules[name]


async def a_token(registry: Service, url: str, package: ModuleType) -> str:
    """Get a token as the contract says, with the generated client itself."""
    name = package.__name__
    scopes = {"people:read", "people:write", "imports:write", "decisions:write", "products:read"}
    who = Client(
        id="stranger",
        secret_hash=hash_secret(SECRET),
        kind=Kind.MOBILE_BACKEND,
        scopes=frozenset(scopes),
        cooperative_id=None,
        person_id=None,
        channel=None,
    )
    async with registry.database.write() as unit:
        await clients.put(unit, who, name="A stranger", now=clock.now())
    issue = importlib.import_module(f"{name}.api.tokens.issue_token")
    models = importlib.import_module(f"{name}.models")
    asked = models.TokenRequest(
        grant_type="client_credentials", client_id="stranger", client_secret=SECRET
    )
    async with package.Client(base_url=url) as anybody:
        given = await issue.asyncio(client=anybody, body=asked)
        refused = await issue.asyncio(
            client=anybody,
            body=models.TokenRequest(grant_type="client_credentials", client_id="nobody"),
        )
    assert isinstance(refused, models.Problem)
    return given.access_token


def endpoint(package: ModuleType, name: str) -> ModuleType:
    return importlib.import_module(f"{package.__name__}.api.{name}")


async def test_a_generated_client_of_the_registry_works(registry, folder):
    package = generated(registry.app, "purna_registry", folder)
    models = importlib.import_module("purna_registry.models")
    async with over_http(registry.app) as url:
        token = await a_token(registry, url, package)
        async with package.AuthenticatedClient(base_url=url, token=token) as client:
            new = models.PersonNew(full_name="Siti Rahmawati", sex=models.Sex.FEMALE)
            register = endpoint(package, "people.register_person")
            key = once()["Idempotency-Key"]
            made = await register.asyncio(client=client, body=new, idempotency_key=key)
            again = await register.asyncio(client=client, body=new, idempotency_key=key)
            assert isinstance(made, models.PersonOut)
            assert again == made

            get = endpoint(package, "people.get_person")
            assert await get.asyncio(made.id, client=client) == made
            listed = await endpoint(package, "people.list_people").asyncio(client=client, limit=1)
            assert [person.id for person in listed.items] == [made.id]
            following = await endpoint(package, "people.list_people").asyncio(
                client=client, limit=1, cursor=listed.next_
            )
            assert (following.items, following.next_) == ([], None)

            correct = endpoint(package, "people.correct_person")
            edit = models.PersonEdit(married=True)
            changed = await correct.asyncio(made.id, client=client, body=edit, if_match='"1"')
            assert (changed.married, changed.version) == (True, 2)
            stale = await correct.asyncio(made.id, client=client, body=edit, if_match='"1"')
            assert isinstance(stale, models.Problem)
            assert (stale.type_, stale.status) == ("/problems/precondition-failed", 412)

            invalid = await register.asyncio(
                client=client,
                body=models.PersonNew(full_name="", sex=models.Sex.FEMALE),
                idempotency_key=once()["Idempotency-Key"],
            )
            assert [error.pointer for error in invalid.errors] == ["/body/full_name"]

            await sends_a_file(package, client, models, url=url, token=token)
        async with package.AuthenticatedClient(base_url=url, token="forged") as client:
            unknown = await get.asyncio(made.id, client=client)
            assert (unknown.type_, unknown.status) == ("/problems/unauthenticated", 401)


async def sends_a_file(
    package: ModuleType, client: object, models: ModuleType, *, url: str, token: str
) -> None:
    opened = await endpoint(package, "imports.open_import").asyncio(
        client=client,
        body=models.ImportNew(kind=models.ImportKind.PEOPLE, file_name="returnees.csv"),
        idempotency_key=once()["Idempotency-Key"],
    )
    types = importlib.import_module(f"{package.__name__}.types")
    row = dict.fromkeys(COLUMNS, "") | {"external_id": "A-1", "full_name": "Aminah"}
    row |= {"sex": "female", "migration_status": "returned"}
    text = f"{','.join(row)}\n{','.join(row.values())}\n"
    file = types.File(payload=io.BytesIO(text.encode()))
    send = endpoint(package, "imports.send_import_content")
    # The generated client sends files in its other, blocking way only.
    with package.AuthenticatedClient(base_url=url, token=token) as blocking:
        taken = await asyncio.to_thread(send.sync, opened.id, client=blocking, body=file)
    assert isinstance(taken, models.ImportOut), taken
    assert (taken.rows_read, taken.rows_accepted) == (1, 1)


async def test_a_generated_client_of_financing_works(registry, financing, folder):
    package = generated(financing.app, "purna_financing", folder)
    issuing = generated(registry.app, "purna_registry", folder)
    models = importlib.import_module("purna_financing.models")
    async with over_http(registry.app) as registry_url, over_http(financing.app) as url:
        token = await a_token(registry, registry_url, issuing)
        async with package.AuthenticatedClient(base_url=url, token=token) as client:
            asked = models.PrequalificationNew(
                borrower=models.BorrowerFactsIn(kind=models.BorrowerKind.PERSON),
                request=models.LoanRequestIn(amount=40_000_000, tenor_months=24),
            )
            decision = await endpoint(package, "decisions.prequalify").asyncio(
                client=client, body=asked
            )
            assert isinstance(decision, models.DecisionOut)
            products = await endpoint(package, "products.list_products").asyncio(client=client)
            listed = {product.code for product in products.items}
            assert {product.code for product in decision.products} == listed

            refused = await endpoint(package, "applications.list_applications").asyncio(
                client=client
            )
            assert (refused.type_, refused.status) == ("/problems/forbidden", 403)


async def test_the_running_service_bears_what_no_client_library_sends(registry):
    """Over a real socket: requests that are not even HTTP, or stop half way."""
    async with over_http(registry.app) as url:
        port = int(url.rpartition(":")[2])
        for sent in (
            b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            b"GET /people HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0",
            b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"POST /people HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), 10)
            assert not answer.startswith(b"HTTP/1.1 5"), sent
            writer.close()
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/livez")).json() == {"status": "alive"}
