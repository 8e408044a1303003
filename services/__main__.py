"""`python -m services`: everything on one machine, until Ctrl-C.

1. A PostgreSQL: embedded, or the one that DATABASE_URL names.
2. The schema of both databases.
3. The registry, the financing service with its worker, and the sandbox lenders.
4. Reference data and sample people, then a walk: six applications, each to its end.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Never

import typer
from rich.console import Console
from rich.markup import escape

from services.local.environment import DATABASES, Ports, parts
from services.local.loading import Loaded, LoadingFailed, load
from services.local.stack import (
    ROOT,
    PartEnded,
    PartNotReady,
    PortTaken,
    Stack,
    require_free,
)
from services.local.walk import WalkFailed, walk
from shared.embedded_postgres import (
    EmbeddedPostgres,
    PostgresNotFound,
    PostgresNotStarted,
    PostgresRefusesUser,
    PostgresRunning,
    PostgresServer,
    StatementFailed,
    server_for,
)
from shared.processes import FolderTaken, bound, claim

console = Console()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the caller of the command asks for."""

    walk: bool
    fresh: bool
    once: bool


class MigrationFailed(Exception):
    """The schema of a database could not be brought up to date."""


# What can stand in the way, each with a sentence that says what to do about it.
OBSTACLES = (
    FolderTaken,
    LoadingFailed,
    MigrationFailed,
    PartEnded,
    PartNotReady,
    PortTaken,
    PostgresNotFound,
    PostgresNotStarted,
    PostgresRefusesUser,
    PostgresRunning,
    StatementFailed,
    WalkFailed,
)


def port(variable: str, process: str) -> Any:
    """Return the option that chooses the port of a process."""
    words = f"Where the {process} listens on this machine."
    return typer.Option(envvar=variable, min=1, max=65535, help=words)


def main(
    *,
    walk: Annotated[bool, typer.Option(help="Carry six applications to their end.")] = True,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget all data and keys first.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Stop after the walk; fail if it went wrong.")
    ] = False,
    folder: Annotated[Path, typer.Option(help="Where data, keys and logs live.")] = ROOT
    / ".local",
    registry_port: Annotated[int, port("PURNA_REGISTRY_PORT", "registry")] = 8001,
    financing_port: Annotated[int, port("PURNA_FINANCING_PORT", "financing service")] = 8002,
    sandbox_port: Annotated[int, port("PURNA_SANDBOX_PORT", "lender sandbox")] = 8003,
) -> None:
    """Run Purna whole on this machine, with sample data, until Ctrl-C."""
    # Even where the starter had it ignored, as a shell does for what it runs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for demand in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(demand, as_ctrl_c)
    ports = Ports(registry=registry_port, financing=financing_port, sandbox=sandbox_port)
    try:
        run(folder.resolve(), ports, Wish(walk=walk, fresh=fresh, once=once))
    except KeyboardInterrupt:
        console.print("Stopped.")
    except OBSTACLES as obstacle:
        warnings = Console(stderr=True, soft_wrap=True, highlight=False)
        warnings.print("[bold red]Not running:[/]", escape(str(obstacle)))
        raise typer.Exit(1) from None


def as_ctrl_c(*_: object) -> None:
    """Turn another request to end into the one that asyncio knows."""
    signal.raise_signal(signal.SIGINT)


def run(folder: Path, ports: Ports, wish: Wish) -> None:
    """Open the folder and the databases, and serve until the end of the process is asked for."""
    with claim(folder):
        # Looked at before the database is: nobody should wait to be told that.
        for name, door in ports.doors().items():
            require_free(name, door)
        if wish.fresh:
            for name in ("postgres", "keys", "ledger"):
                shutil.rmtree(folder / name, ignore_errors=True)
        with ExitStack() as opened:
            with progress("PostgreSQL"):
                server = opened.enter_context(
                    server_for(os.environ, folder / "postgres", databases=DATABASES)
                )
            for service in DATABASES:
                with progress(f"Schema of {service}"):
                    migrate(service, server.url(service), logs=folder / "logs")
            processes = parts(os.environ, folder=folder, server=server, ports=ports)
            asyncio.run(serve(Stack(processes, folder=folder), server, folder, wish))


async def serve(stack: Stack, server: PostgresServer, folder: Path, wish: Wish) -> None:
    """Start the processes, fill them, walk, say where everything is, and stay."""
    async with AsyncExitStack() as opened:
        with progress("Registry, financing, worker and sandbox"):
            await opened.enter_async_context(stack)
        with progress("Regions, clients and sample data"):
            filling = load(
                stack.address("registry"),
                database_url=server.url("registry"),
                keys=folder / "keys",
                say=remark,
            )
            loaded = await stack.guard(filling)
        if wish.walk:
            await tour(stack, loaded, wish)
        if not wish.once:
            announce(stack)
            await stack.guard(keep_alive(server))


async def tour(stack: Stack, loaded: Loaded, wish: Wish) -> None:
    """Walk; what goes wrong ends the command only where it was asked to run once."""
    try:
        with progress("The walk", "done"):
            await stack.guard(walk(stack, loaded, console))
    except WalkFailed as wrong:
        if wish.once:
            raise
        console.print("[bold red]The walk went wrong:[/]", escape(str(wrong)))


async def keep_alive(server: PostgresServer) -> Never:
    """Start the embedded server again should it ever be killed; what was committed is there."""
    while True:
        await asyncio.sleep(1)
        if isinstance(server, EmbeddedPostgres) and not server.alive:
            console.print("PostgreSQL ended by itself; starting it again.")
            server.restart()


def migrate(service: str, url: str, *, logs: Path) -> None:
    """Bring the schema of a service's database up to date; raise MigrationFailed.

    What alembic says goes to `logs/schema-NAME.log`; of a failure, its last words are told.
    """
    logs.mkdir(parents=True, exist_ok=True)
    file = logs / f"schema-{service}.log"
    with file.open("wb") as log:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            bound(
                (sys.executable, "-m", "migrations.run", "upgrade", service), death=signal.SIGKILL
            ),
            cwd=ROOT,
            env={**os.environ, f"{service.upper()}_DATABASE_URL": url},
            stdout=log,
            stderr=log,
            check=False,
        )
    if done.returncode != 0:
        raise MigrationFailed(
            f"the schema of {service} could not be updated: "
            f"{failure_in(file.read_text(errors='replace'))}\nThe whole of it is in {file}"
        )


def failure_in(log: str) -> str:
    """Return what a traceback ends with: the failure's own line, after the last of the code."""
    lines = [line for line in log.splitlines() if line and not line.startswith("(Background")]
    return next((line for line in reversed(lines) if not line.startswith(" ")), "it said nothing")


def remark(words: str) -> None:
    """Say how something goes, more quietly than what it is."""
    console.print(f"  {words}", style="dim", highlight=False, soft_wrap=True)


def announce(stack: Stack) -> None:
    """Say where everything is."""
    console.print("\n[bold]Purna is running.[/] Ctrl-C stops it.")
    places = (
        ("registry", f"{stack.address('registry')}/docs"),
        ("financing", f"{stack.address('financing')}/docs"),
        ("lenders", f"{stack.address('sandbox')}   (docs/partners-kit.md)"),
        ("logs", str(stack.logs)),
    )
    for name, place in places:
        console.print(f"  {name:<10} {place}", highlight=False, soft_wrap=True)
    console.print()


@contextmanager
def progress(words: str, done: str = "ready") -> Generator[None]:
    """Show that something goes on, and how long it took once it is over."""
    begun = time.monotonic()
    with console.status(f"{words} ..."):
        yield
    console.print(f"{words:<42} {done} in {time.monotonic() - begun:.1f} s", highlight=False)


if __name__ == "__main__":
    typer.run(main)
