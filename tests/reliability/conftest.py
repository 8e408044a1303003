"""One ground of real processes for a module, over databases of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.kills import Ground, Nursery, nursing, on_the_ground
from shared.embedded_postgres import EmbeddedPostgres, GivenPostgres
from tests.conftest import emptied
from tests.financing.conftest import house

__all__ = ["ground", "house", "nursery"]


@pytest.fixture(scope="module")
async def ground(
    postgres: EmbeddedPostgres,
    registry_template: str,
    financing_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Ground]:
    addresses = {
        name: postgres.create_database(f"ground_{name}", template=name)
        for name in ("registry", "financing")
    }
    for address in addresses.values():
        await emptied(address)
    server = GivenPostgres(base=postgres.url(), addresses=addresses)
    folder: Path = tmp_path_factory.mktemp("ground")
    async with on_the_ground(folder, server, callbacks=False) as ground:
        yield ground
    for name in addresses:
        postgres.drop_database(f"ground_{name}")


@pytest.fixture(scope="module")
async def nursery(ground: Ground) -> AsyncIterator[Nursery]:
    """Workers without their start, which takes seconds; `make prove` kills whole ones too."""
    async with nursing(ground) as nursery:
        yield nursery
