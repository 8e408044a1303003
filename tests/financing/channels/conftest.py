"""One sandbox a test."""

import pytest

from tests.sandbox.lenders import a_world


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def world():
    async with a_world() as world:
        yield world
