"""The whole house for tests of an application's life."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from services.financing.channels.keys import open_channels
from services.financing.worker import Worker
from shared import clock
from tests.conftest import Service
from tests.financing.house import House
from tests.sandbox.lenders import channel_keys


@pytest.fixture
async def house(registry: Service, financing: Service, sandbox: FastAPI) -> AsyncIterator[House]:
    """A lender that holds its answer for two seconds has not answered."""
    wire = httpx.ASGITransport(sandbox)
    async with open_channels(channel_keys(), transport=wire, seconds=2) as channels:
        worker = Worker(
            database=financing.database,
            channels=channels,
            registry=financing.app.state.registry,
            clock=clock.now,
        )
        yield House(registry, financing, sandbox, worker)
