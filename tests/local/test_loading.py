"""Sample data over the real API of a real process: whole the first time, nothing the second."""

import os
import socket
import stat
import sys
from pathlib import Path

import asyncpg
import pytest

from services.local import clients, loading
from services.local.stack import Door, Part, Stack


@pytest.fixture
async def stack(registry_url: str, keys: Path, tmp_path: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    part = Part(
        name="registry",
        command=(sys.executable, "-m", "services.registry"),
        environment={
            **os.environ,
            "REGISTRY_DATABASE_URL": registry_url,
            "PURNA_KEYS": str(keys),
            "PURNA_REGISTRY_PORT": str(port),
        },
        door=Door(port=port, variable="PURNA_REGISTRY_PORT"),
    )
    async with Stack((part,), folder=tmp_path) as running:
        yield running


async def counted(url: str) -> dict[str, int]:
    """Count the rows of every table."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return {
            row["tablename"]: await connection.fetchval(f'SELECT count(*) FROM "{row[0]}"')  # noqa: S608
            for row in tables
        }
    finally:
        await connection.close()


async def test_everything_is_loaded_once(stack: Stack, registry_url: str, tmp_path: Path):
    said, folder, address = list[str](), tmp_path / "keys", stack.address("registry")

    async def load() -> loading.Loaded:
        return await loading.load(address, database_url=registry_url, keys=folder, say=said.append)

    loaded = await load()
    first = await counted(registry_url)
    assert said[1:4] == [
        "people.csv: 70 rows, 70 taken in",
        "57 people verified",
        "cooperatives.csv: 13 rows, 13 taken in",
    ]
    assert (first["person"], first["cooperative"], first["officer"], first["client"]) == (
        70,
        13,
        len(loading.SEATS),
        6 + len(loading.SEATS),
    )
    assert first["verification"] == 57
    assert stat.S_IMODE((folder / "clients.json").stat().st_mode) == 0o600
    again = await load()
    assert (again, await counted(registry_url)) == (loaded, first)
    async with await clients.signed_in(
        address, "officer-maron", loaded.secrets["officer-maron"]
    ) as officer:
        seen = await officer.get(f"/cooperatives/{loaded.cooperatives['COOP-YOUNG']}")
    assert seen.json()["name"] == "Koperasi Desa Merah Putih Maron"
