"""Financing without its database: what is only computed has to work without one."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from services.financing.app import create_app
from services.financing.settings import Settings
from shared.issuer import Issuer
from tests.conftest import ISSUER, Service


@pytest.fixture
async def calculator(keys: Path, channels_file: Path) -> AsyncIterator[Service]:
    """The real application, never started: no database, no registry, no lender."""
    settings = Settings(
        mode="development",
        database_url="postgresql://nobody@nowhere.invalid/none",
        keys=keys,
        issuer=ISSUER,
        jwks=str(keys / "jwks.json"),
        channels=channels_file,
        registry_url="http://registry.invalid",
        client_id="financing",
        client_secret=SecretStr("unused"),
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    service = Service(app, Issuer.from_file(ISSUER, keys / "issuer.json"), transport)
    yield service
    for client in service.opened:
        await client.aclose()
