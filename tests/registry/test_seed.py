"""The commands that prepare a registry."""

import json
import os
import subprocess
import sys

import pytest

from services.registry.seed import NewClient, ScopeUnknown, put_clients
from shared import clock
from shared.auth import Kind
from tests.conftest import Service

CLIENT = {
    "id": "partner",
    "secret": "correct horse battery staple",
    "name": "A partner",
    "kind": "mobile_backend",
    "scopes": ["people:read"],
}


def command(url: str, name: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.registry", name],
        env={**os.environ, "REGISTRY_DATABASE_URL": url},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_client_that_was_put_gets_a_token(registry: Service, registry_url: str):
    done = command(registry_url, "put-client", json.dumps(CLIENT))
    assert (done.returncode, done.stdout) == (0, "partner may ask for tokens\n"), done.stderr
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT["id"],
        "client_secret": CLIENT["secret"],
    }
    granted = await registry.anonymous().post("/oauth/token", data=form)
    assert granted.json()["scope"] == "people:read"


async def test_the_regions_are_loaded_again_without_harm(registry_url: str):
    done = command(registry_url, "load-regions")
    assert (done.returncode, done.stdout) == (0, "91599 regions are loaded\n"), done.stderr


def test_an_unknown_command_is_told_what_there_is():
    done = command("", "load")
    assert done.returncode == 2
    assert "put-client" in done.stderr


async def test_a_client_with_an_unknown_scope_is_refused(registry: Service):
    new = NewClient(
        id="x", secret="y", name="z", kind=Kind.SERVICE, scopes=frozenset({"all:everything"})
    )
    assert "y" not in repr(new)
    with pytest.raises(ScopeUnknown):
        await put_clients(registry.database, (new,), now=clock.now())
