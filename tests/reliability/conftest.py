"""One ground of real processes for a module, over databases of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.kills import Ground, Nursery, nursing, on_the_ground
from shared.embedded_postgres import EmbeddedPostgres
from tests.conftest import copied
from tests.financing.conftest import house

__all__ = ["ground", "house", "nursery"]


@pytest.fixture(scope="module")
async def ground(
    postgres: EmbeddedPostgres,
    registry_template: str,
    financing_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Ground]:
    folder: Path = tmp_path_factory.mktemp("ground")
    async with (
        copied(postgres, "ground") as server,
        on_the_ground(folder, server, callbacks=False) as ground,
    ):
        yield ground
        assert await ground.broken_laws() == []


@pytest.fixture(scope="module")
async def nursery(ground: Ground) -> AsyncIterator[Nursery]:
    """Workers without their start, which takes seconds; `make prove` kills whole ones too."""
    async with nursing(ground) as nursery:
        yield nursery
