"""Each process is told what it needs, and no secret of another."""

import json
from pathlib import Path

import pytest

from services.local.environment import Ports, parts, write_keys
from services.local.stack import Part
from shared.embedded_postgres import GivenPostgres

SERVER = GivenPostgres(base="postgresql://u:p@127.0.0.1:5432/x", addresses={})
PORTS = Ports(registry=18001, financing=18002, sandbox=18003)
CALLER = {
    "LANG": "C.UTF-8",
    "DATABASE_URL": SERVER.base,
    "REGISTRY_DATABASE_URL": "of another day",
}


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Part]:
    return {part.name: part for part in parts(CALLER, folder=tmp_path, server=SERVER, ports=PORTS)}


@pytest.mark.parametrize(
    ("name", "database"),
    [
        ("registry", {"REGISTRY_DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/registry"}),
        ("financing", {"FINANCING_DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/financing"}),
        ("worker", {"FINANCING_DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/financing"}),
        ("sandbox", {}),
    ],
)
def test_a_process_knows_its_own_database_only(
    told: dict[str, Part], name: str, database: dict[str, str]
):
    environment = told[name].environment

    assert {k: v for k, v in environment.items() if k.endswith("DATABASE_URL")} == database
    assert environment["LANG"] == "C.UTF-8"


def test_every_door_is_where_the_others_are_told_to_find_it(told: dict[str, Part]):
    for name in ("registry", "financing", "sandbox"):
        door = told[name].door
        assert door
        assert told[name].environment[door.variable] == str(door.port)
    assert told["worker"].door is None

    for name in ("financing", "worker"):
        environment = told[name].environment
        assert environment["REGISTRY_URL"] == "http://127.0.0.1:18001"
        assert "http://127.0.0.1:18003/" in Path(environment["FINANCING_CHANNELS"]).read_text()
    assert told["sandbox"].environment["SANDBOX_CALLBACK_URL"] == "http://127.0.0.1:18002"


def test_keys_are_readable_by_their_owner_alone(told: dict[str, Part], tmp_path: Path):
    files = list((tmp_path / "keys").iterdir())

    assert Path(told["sandbox"].environment["SANDBOX_KEYS"]) in files
    assert Path(told["worker"].environment["FINANCING_CHANNELS"]) in files
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "keys", *files))


def test_keys_last_until_the_sandbox_moves(tmp_path: Path):
    lenders = tmp_path / "lenders.json"

    first = write_keys(tmp_path, lenders=lenders, sandbox="http://127.0.0.1:800").read_text()
    again = write_keys(tmp_path, lenders=lenders, sandbox="http://127.0.0.1:800").read_text()
    own = (tmp_path / "registry.json").read_text()
    moved = write_keys(tmp_path, lenders=lenders, sandbox="http://127.0.0.1:80").read_text()

    assert again == first
    assert moved != first
    assert (tmp_path / "registry.json").read_text() == own
    assert json.loads(lenders.read_text())["lenders"]
