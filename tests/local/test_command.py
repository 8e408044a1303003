"""`python -m services` says what stands in its way, and keeps the database alive."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services import __main__ as command
from shared.embedded_postgres import EmbeddedPostgres
from shared.processes import claim


def test_a_second_copy_ends_with_one_sentence(tmp_path: Path):
    with claim(tmp_path):
        second = subprocess.run(
            [sys.executable, "-m", "services", "--folder", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )

    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.strip() == (
        f"Not running: already running here, pid {os.getpid()}: "
        f"stop it or use another folder than {tmp_path}"
    )


def test_a_folder_is_free_again_once_its_owner_is_gone(tmp_path: Path):
    with claim(tmp_path):
        pass

    with claim(tmp_path):
        assert (tmp_path / "owner").read_text() == str(os.getpid())


def test_a_taken_port_is_told_before_the_database_is_started_or_forgotten(tmp_path: Path):
    (tmp_path / "keys").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        refused = subprocess.run(
            [sys.executable, "-m", "services", "--fresh", "--folder", str(tmp_path)],
            env={**os.environ, "PURNA_REGISTRY_PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert refused.returncode == 1
    assert f"port {port} is taken by another program, and registry needs it" in refused.stderr
    assert {file.name for file in tmp_path.iterdir()} == {"keys", "owner"}


def test_a_database_that_cannot_be_reached_is_told_in_two_lines(tmp_path: Path):
    with pytest.raises(command.MigrationFailed) as failure:
        command.migrate("registry", "postgresql://u:p@127.0.0.1:1/registry", logs=tmp_path)

    said, where = str(failure.value).splitlines()
    assert said.startswith("the schema of registry could not be updated: ConnectionRefusedError")
    assert where == f"The whole of it is in {tmp_path / 'schema-registry.log'}"
    assert "Traceback" in (tmp_path / "schema-registry.log").read_text()


async def test_a_killed_database_is_started_again(tmp_path: Path):
    settings = {"fsync": "off", "shared_buffers": "16MB"}
    with EmbeddedPostgres.start(tmp_path, settings=settings) as server:
        server.run("CREATE TABLE receipt AS SELECT 7 AS number")
        killed = server.pid
        keeping = asyncio.ensure_future(command.keep_alive(server))
        os.kill(killed, signal.SIGKILL)

        async with asyncio.timeout(60):
            while not (server.alive and server.pid != killed):  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.02)
        keeping.cancel()

        assert server.run("SELECT number FROM receipt") == ("7",)
