"""What the sandbox takes from its environment, and what it refuses to start with."""

import json

import httpx
import pytest

from services.sandbox.app import create_app
from services.sandbox.settings import DevelopmentKeysInProduction, KeysMissing, Settings
from tests.sandbox.lenders import CODES, keys


@pytest.fixture
def environ(tmp_path):
    path = tmp_path / "lenders.json"
    path.write_text(json.dumps(keys()["lenders"]), encoding="utf-8")
    return {"SANDBOX_KEYS": str(path)}


def test_the_defaults_are_those_of_the_kit(environ):
    settings = Settings.from_env(environ)
    assert (settings.host, settings.port, settings.callback_url) == ("127.0.0.1", 8003, None)
    assert (settings.pace.stage, settings.pace.slow, settings.pace.hold) == (0.3, 3, 60)
    assert set(settings.keys.lenders) == set(CODES)


def test_every_pace_can_be_set(environ, tmp_path):
    settings = Settings.from_env(
        environ
        | {
            "SANDBOX_PORT": "9003",
            "SANDBOX_CALLBACK_URL": "http://127.0.0.1:8002",
            "SANDBOX_LEDGER_FOLDER": str(tmp_path),
            "SANDBOX_STAGE_SECONDS": "0.01",
            "SANDBOX_SLOW_SECONDS": "1",
            "SANDBOX_HOLD_SECONDS": "2",
            "SANDBOX_CALLBACK_RETRY_SECONDS": "0.5",
        }
    )
    assert settings.port == 9003
    assert settings.ledger_folder == tmp_path
    pace = settings.pace
    assert (pace.stage, pace.slow, pace.hold, pace.retry) == (0.01, 1, 2, 0.5)


def test_keys_may_come_from_the_environment_itself():
    settings = Settings.from_env({"SANDBOX_KEYS_JSON": json.dumps(keys()["lenders"])})
    assert set(settings.keys.lenders) == set(CODES)


def test_without_keys_it_does_not_start():
    with pytest.raises(KeysMissing):
        Settings.from_env({})


def test_production_refuses_generated_keys(environ):
    with pytest.raises(DevelopmentKeysInProduction):
        Settings.from_env(environ | {"PURNA_MODE": "production"})


async def test_production_has_no_console():
    own = json.dumps(keys()["lenders"] | {"development": False})
    settings = Settings.from_env({"SANDBOX_KEYS_JSON": own, "PURNA_MODE": "production"})
    wire = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(transport=wire, base_url="http://sandbox.test") as client:
        assert (await client.get("/blu/ledger")).status_code == 404
        assert (await client.put("/blu/behaviour", json={"behaviour": None})).status_code == 404
        assert (await client.get("/readyz")).status_code == 200
