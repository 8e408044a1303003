"""The commands that prepare a registry."""

import json
import os
import subprocess
import sys

import pytest

from services.registry.__main__ import main
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


def put_client(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.registry", "put-client"],
        env={**os.environ, "REGISTRY_DATABASE_URL": url},
        input=json.dumps(CLIENT),
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_client_that_was_put_gets_a_token(registry: Service, registry_template: str):
    done = put_client(registry_template)
    assert (done.returncode, done.stdout) == (0, "partner may ask for tokens\n"), done.stderr
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT["id"],
        "client_secret": CLIENT["secret"],
    }
    granted = await registry.anonymous().post("/oauth/token", data=form)
    assert granted.json()["scope"] == "people:read"


def test_the_regions_are_loaded_again_without_harm(registry_template: str, monkeypatch, capsys):
    monkeypatch.setenv("REGISTRY_DATABASE_URL", registry_template)
    assert main(["load-regions"]) == 0
    assert capsys.readouterr().out == "91599 regions are loaded\n"


def test_an_unknown_command_is_told_what_there_is(capsys):
    assert main(["load"]) == 2
    assert "put-client" in capsys.readouterr().err


async def test_a_client_with_an_unknown_scope_is_refused(registry: Service):
    new = NewClient(
        id="x", secret="y", name="z", kind=Kind.SERVICE, scopes=frozenset({"all:everything"})
    )
    assert "y" not in repr(new)
    with pytest.raises(ScopeUnknown):
        await put_clients(registry.database, (new,), now=clock.now())
