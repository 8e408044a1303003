"""The processes of one machine: started together, watched, and stopped together."""

import asyncio
import os
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from shared.processes import bound

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
"""The project's folder: what the processes import from."""

READY_SECONDS = 60.0
STOP_SECONDS = 15.0  # a service takes up to ten to finish the requests it has
_LAST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The port at which a process listens on the loopback."""

    port: int
    variable: str
    """The environment variable that chooses the port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process of the stack."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """The whole environment of the process."""
    door: Door | None = None
    """Absent for a process that nobody calls: it counts as ready once it runs."""


class PortTaken(Exception):
    """Another program listens where a part of the stack should."""

    def __init__(self, part: str, door: Door) -> None:
        super().__init__(
            f"port {door.port} is taken by another program, and {part} needs it: "
            f"stop that program or set {door.variable} to a free port"
        )


class PartEnded(Exception):
    """A process of the stack ended while the others needed it."""


class PartNotReady(Exception):
    """A process of the stack runs, but did not say in time that it is ready."""


class Stack:
    """The parts, running while the `async with` block runs.

    Entering starts them and waits until each is ready; leaving stops them. Logs go to
    `folder/logs/NAME.log`. Entering raises PortTaken before anything is started, PartEnded or
    PartNotReady with the last lines of the part's log. However this process ends, they end.
    """

    def __init__(self, parts: Sequence[Part], *, folder: Path) -> None:
        self._parts = tuple(parts)
        self.logs = folder / "logs"
        self._running: list[tuple[Part, Process]] = []

    async def __aenter__(self) -> Self:
        for part in self._parts:
            if part.door:
                require_free(part.name, part.door)
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            for part in self._parts:
                await self._start(part)
            await self.guard(self._all_ready())
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each part, by its name, in the order of their start."""
        return {part.name: process.pid for part, process in self._running}

    def address(self, name: str) -> str:
        """Return the base address of a part that listens; raise KeyError for any other."""
        doors = {part.name: part.door for part in self._parts if part.door}
        return f"http://127.0.0.1:{doors[name].port}"

    def last_words(self, name: str) -> str:
        """Return the end of a part's log."""
        lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])

    async def guard(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work, and give it up with PartEnded as soon as a process ends."""
        task = asyncio.ensure_future(work)
        ends = {asyncio.ensure_future(p.wait()): part for part, p in self._running}
        try:
            await asyncio.wait([task, *ends], return_when=asyncio.FIRST_COMPLETED)
            if task.done() and not task.exception():
                return task.result()
            for end, part in ends.items():
                if end.done():
                    raise PartEnded(
                        f"{part.name} ended with {end.result()}; its last words:\n"
                        f"{self.last_words(part.name)}"
                    )
            return await task
        finally:
            for pending in (task, *ends):
                pending.cancel()
            await asyncio.gather(task, *ends, return_exceptions=True)

    async def _start(self, part: Part) -> None:
        with (self.logs / f"{part.name}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *bound(part.command, death=signal.SIGKILL),
                cwd=ROOT,
                env=part.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, who stop the parts in their order
            )
        self._running.append((part, process))

    async def _all_ready(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            for part in self._parts:
                if part.door:
                    await self._ready(part, client)

    async def _ready(self, part: Part, client: httpx.AsyncClient) -> None:
        """Ask until the part says that it is ready."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                while True:
                    with suppress(httpx.TransportError):
                        answer = await client.get(f"{self.address(part.name)}/readyz")
                        if answer.is_success:
                            return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise PartNotReady(
                f"{part.name} is not ready after {READY_SECONDS:.0f} seconds; its last words:\n"
                f"{self.last_words(part.name)}"
            ) from None

    async def _stop(self) -> None:
        """Stop the processes in the reverse order of their start; kill one that hangs."""
        while self._running:
            _, process = self._running.pop()
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            # The group, and not the process alone: nothing that it started may stay behind.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def require_free(name: str, door: Door) -> None:
    """Raise PortTaken if somebody listens at the door of the part with this name."""
    with socket.socket() as probe:
        # As a server binds: a port that a stopped one left a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", door.port))
        except OSError:
            raise PortTaken(name, door) from None
