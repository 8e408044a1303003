"""One PostgreSQL for the whole run, migrated once; each test begins with empty tables."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from migrations.run import upgrade
from services.registry.app import create_app as create_registry
from services.registry.db import regions
from services.registry.reference.regions import code_changes
from services.registry.reference.regions import regions as all_regions
from services.registry.settings import Settings as RegistrySettings
from shared import clock
from shared.auth import SCOPES, Kind
from shared.db import Database
from shared.embedded_postgres import EmbeddedPostgres
from shared.issuer import Client, Issuer
from shared.keys import ensure_development_keys

ISSUER = "https://issuer.test"
KEPT = {"region", "region_change", "alembic_version", "event_head"}


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


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


async def emptied(url: str) -> None:
    """Empty every table but the reference data, and begin the feed again."""
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        tables = ", ".join(
            f'"{row["tablename"]}"' for row in names if row["tablename"] not in KEPT
        )
        await connection.execute(f"TRUNCATE {tables}")
        await connection.execute("UPDATE event_head SET number = 0")
    finally:
        await connection.close()


@pytest.fixture
async def registry_url(registry_template: str) -> str:
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


@pytest.fixture
async def registry(registry_url: str, keys: Path) -> AsyncIterator[Service]:
    settings = RegistrySettings(
        mode="development", database_url=registry_url, keys=keys, issuer=ISSUER
    )
    async with serving(create_registry(settings), keys) as service:
        yield service


def once() -> dict[str, str]:
    """Return a fresh Idempotency-Key header."""
    return {"Idempotency-Key": str(uuid4())}
