"""One PostgreSQL for the whole run, migrated once; each test begins with empty tables."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import structlog
from argon2 import PasswordHasher
from fastapi import FastAPI
from pydantic import SecretStr

from migrations.run import upgrade
from services.financing.app import create_app as create_financing
from services.financing.db.invariants import LAWS as FINANCING_LAWS
from services.financing.settings import Settings as FinancingSettings
from services.registry.app import create_app as create_registry
from services.registry.db import clients, regions
from services.registry.db.invariants import LAWS as REGISTRY_LAWS
from services.registry.reference.regions import code_changes
from services.registry.reference.regions import regions as all_regions
from services.registry.settings import Settings as RegistrySettings
from services.sandbox.app import create_app as create_sandbox
from services.sandbox.settings import Settings as SandboxSettings
from shared import clock
from shared.auth import SCOPES, Kind
from shared.db import Database
from shared.embedded_postgres import EmbeddedPostgres, GivenPostgres
from shared.issuer import Client, Issuer
from shared.keys import ensure_development_keys
from tests import laws
from tests.sandbox import lenders

ISSUER = "https://issuer.test"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Log in plain text: in colours, with every local, one traceback takes seconds to set."""
    renderer = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    folder = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres.start(folder, settings={"fsync": "off"}) as server:
        yield server


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    ensure_development_keys(folder)
    return folder


async def _load_regions(url: str) -> None:
    async with Database.connect(url) as database, database.write() as unit:
        await regions.load(unit, all_regions(), region_changes())


def region_changes() -> list[tuple[str, str, str, str]]:
    return [
        (change.old_code, change.old_name, change.new_code, change.new_name)
        for change in code_changes()
    ]


@pytest.fixture(scope="session")
def registry_template(postgres: EmbeddedPostgres) -> str:
    """The registry's database, with every region of Indonesia in it."""
    url = postgres.create_database("registry")
    upgrade("registry", url)
    asyncio.run(_load_regions(url))
    return url


# Row by row, and foreign keys asleep: to truncate so many tables takes ten times as long.
EMPTY = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN
        SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> ALL
            ('{region,region_change,alembic_version,event_head}')
    LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    UPDATE event_head SET number = 0;
END $$
"""


async def empty(connection: asyncpg.Connection | asyncpg.Pool) -> None:
    """Empty every table but the reference data, and begin the feed again."""
    await connection.execute(EMPTY)


async def emptied(url: str) -> None:
    """Empty the database at an address."""
    connection = await asyncpg.connect(url)
    try:
        await empty(connection)
    finally:
        await connection.close()


@pytest.fixture
async def registry_url(registry_template: str) -> str:
    """An empty database, for tests that do without the service or start their own."""
    await emptied(registry_template)
    return registry_template


@dataclass
class Service:
    """A running application and the means to speak to it as anybody."""

    app: FastAPI
    issuer: Issuer
    transport: httpx.AsyncBaseTransport
    opened: list[httpx.AsyncClient] = field(default_factory=list)

    def client(
        self,
        kind: Kind = Kind.SERVICE,
        *,
        id: str = "tester",
        scopes: frozenset[str] = frozenset(SCOPES),
        cooperative_id: UUID | None = None,
        person_id: UUID | None = None,
        channel: str | None = None,
    ) -> httpx.AsyncClient:
        """Return a client that carries a token of this kind of caller."""
        who = Client(
            id=id,
            secret_hash="",
            kind=kind,
            scopes=scopes,
            cooperative_id=cooperative_id,
            person_id=person_id,
            channel=channel,
        )
        token = self.issuer.issue(who, scopes, now=clock.now())
        return self.anonymous(Authorization=f"Bearer {token}")

    def anonymous(self, **headers: str) -> httpx.AsyncClient:
        """Return a client without a token."""
        client = httpx.AsyncClient(
            transport=self.transport, base_url="http://purna.test", headers=headers
        )
        self.opened.append(client)
        return client

    @property
    def database(self) -> Database:
        return self.app.state.database


@asynccontextmanager
async def serving(app: FastAPI, keys: Path) -> AsyncIterator[Service]:
    """Run an application's lifespan and hand out clients."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        service = Service(app, Issuer.from_file(ISSUER, keys / "issuer.json"), transport)
        try:
            yield service
        finally:
            for client in service.opened:
                await client.aclose()


@pytest.fixture(scope="session")
def registry_app(registry_template: str, keys: Path) -> FastAPI:
    """Made once: what an application holds besides its database is the same for every test."""
    settings = RegistrySettings(
        mode="development", database_url=registry_template, keys=keys, issuer=ISSUER
    )
    return create_registry(settings)


@pytest.fixture
async def registry(
    registry_app: FastAPI, registry_template: str, keys: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Service]:
    """The registry, empty; its tables are emptied on the connection that it writes on.

    Whatever a test does, at its end no law of the registry is broken.
    """
    async with serving(registry_app, keys) as service:
        await empty(service.database.writes.pool)
        yield service
        laws.check(request, registry_template, REGISTRY_LAWS)


@pytest.fixture(scope="session")
def financing_template(postgres: EmbeddedPostgres) -> str:
    url = postgres.create_database("financing")
    upgrade("financing", url)
    return url


@asynccontextmanager
async def copied(postgres: EmbeddedPostgres, name: str) -> AsyncIterator[GivenPostgres]:
    """Copy both databases, empty, for processes that write when they like, and drop them."""
    laws.leave()
    addresses = {
        service: postgres.create_database(f"{name}_{service}", template=service)
        for service in ("registry", "financing")
    }
    try:
        for address in addresses.values():
            await emptied(address)
        yield GivenPostgres(base=postgres.url(), addresses=addresses)
    finally:
        for service in addresses:
            postgres.drop_database(f"{name}_{service}")


@pytest.fixture(scope="session")
def channels_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("channels") / "channels.json"
    file.write_text(json.dumps(lenders.keys()["financing"]))
    return file


CLIENT_SECRET = "only for tests"
# As weak as argon2 can be: every test of financing has it checked once.
CLIENT_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(CLIENT_SECRET)


class Wire(httpx.AsyncBaseTransport):
    """A wire that a test plugs in where it likes."""

    def __init__(self) -> None:
        self.end: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert self.end is not None, f"nobody is at the other end of {request.url}"
        return await self.end.handle_async_request(request)


@pytest.fixture
async def sandbox() -> AsyncIterator[FastAPI]:
    """The lenders, silent: what they report is read by asking, or delivered by the test."""
    settings = SandboxSettings(keys=lenders.lender_keys(), pace=lenders.QUICK)
    app = create_sandbox(settings, transport=Wire())
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
def lender_wire() -> Wire:
    return Wire()


@pytest.fixture(scope="session")
def financing_settings(
    financing_template: str, keys: Path, channels_file: Path
) -> FinancingSettings:
    return FinancingSettings(
        mode="development",
        database_url=financing_template,
        keys=keys,
        issuer=ISSUER,
        jwks=str(keys / "jwks.json"),
        channels=channels_file,
        registry_url="http://registry.test",
        client_id="financing",
        client_secret=SecretStr(CLIENT_SECRET),
    )


def name_servers(host: str, port: int, *question: int) -> list[tuple[Any, ...]]:
    """Lead every name of partners to a public address, and any other nowhere."""
    if host.rpartition(".")[2] == "org":
        host = "93.184.215.14"
    return socket.getaddrinfo(host, port, 0, *question[1:3], socket.AI_NUMERICHOST)


@pytest.fixture(scope="session")
def financing_app(
    registry_app: FastAPI, financing_settings: FinancingSettings, lender_wire: Wire
) -> FastAPI:
    """Made once, wired to the real registry."""
    registry = httpx.ASGITransport(registry_app, raise_app_exceptions=False)
    return create_financing(
        financing_settings, registry=registry, lenders=lender_wire, resolver=name_servers
    )


@pytest.fixture
async def financing(
    registry: Service,
    sandbox: FastAPI,
    financing_app: FastAPI,
    financing_template: str,
    lender_wire: Wire,
    keys: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Service]:
    """Financing, wired to the real registry and to the sandbox lenders.

    Whatever a test does, at its end no law of financing is broken.
    """
    who = Client(
        id="financing",
        secret_hash=CLIENT_HASH,
        kind=Kind.SERVICE,
        scopes=frozenset({"facts:read", "people:nik"}),
        cooperative_id=None,
        person_id=None,
        channel=None,
    )
    async with registry.database.write() as unit:
        await clients.put(unit, who, name="Financing", now=clock.now())
    lender_wire.end = httpx.ASGITransport(sandbox)
    async with serving(financing_app, keys) as service:
        await empty(service.database.writes.pool)
        yield service
        laws.check(request, financing_template, FINANCING_LAWS)


def once() -> dict[str, str]:
    """Return a fresh Idempotency-Key header."""
    return {"Idempotency-Key": str(uuid4())}
