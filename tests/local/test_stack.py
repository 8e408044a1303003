"""The stack runs whole or not at all, and leaves nothing behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.local import stack as stack_module
from services.local.stack import Door, Part, PartEnded, PartNotReady, PortTaken, Stack

PROMPT = """
import http.server, sys

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PROMPT
NOTES_ITS_END = """
import signal, sys, time
def end(*_):
    with open(sys.argv[2], "a") as journal:
        journal.write(sys.argv[1] + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("listening to signals", flush=True)
time.sleep(60)
"""
HAS_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
SUPERVISOR = """
import asyncio, signal, sys
from pathlib import Path
from services.local.stack import Door, Part, Stack

async def main():
    loop, me = asyncio.get_running_loop(), asyncio.current_task()
    loop.add_signal_handler(signal.SIGTERM, me.cancel)
    part = Part(
        name="one",
        command=(sys.executable, "-c", sys.argv[3], sys.argv[2]),
        environment={},
        door=Door(port=int(sys.argv[2]), variable="PURNA_ONE_PORT"),
    )
    async with Stack([part], folder=Path(sys.argv[1])) as stack:
        print(stack.pids["one"], flush=True)
        await stack.guard(asyncio.Event().wait())

asyncio.run(main())
"""


def part(name: str, program: str, *arguments: object, port: int | None = None) -> Part:
    return Part(
        name=name,
        command=(sys.executable, "-c", program, *(str(one) for one in arguments)),
        environment={},
        door=Door(port=port, variable=f"PURNA_{name.upper()}_PORT") if port else None,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def eventually_says(stack: Stack, name: str) -> bool:
    return eventually(lambda: bool(stack.last_words(name)))


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has fetched yet has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def test_every_part_answers_inside_the_block_and_none_after_it(tmp_path: Path):
    ports = free_port(), free_port()
    parts = [
        part("one", PROMPT, ports[0], port=ports[0]),
        part("two", PROMPT, ports[1], port=ports[1]),
    ]

    async with Stack(parts, folder=tmp_path) as stack:
        pids = tuple(stack.pids.values())
        assert list(stack.pids) == ["one", "two"]
        assert stack.address("two") == f"http://127.0.0.1:{ports[1]}"
        assert "GET /readyz" in stack.last_words("one")
        assert not any(gone(pid) for pid in pids)

    assert all(gone(pid) for pid in pids)


async def test_parts_stop_in_the_reverse_order_of_their_start(tmp_path: Path):
    journal = tmp_path / "journal"
    parts = [part(name, NOTES_ITS_END, name, journal) for name in ("first", "second", "third")]

    async with Stack(parts, folder=tmp_path) as stack:
        assert all(eventually_says(stack, one.name) for one in parts)

    assert journal.read_text().split() == ["third", "second", "first"]


async def test_a_part_that_ignores_the_request_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stack_module, "STOP_SECONDS", 0.2)
    port = free_port()

    async with Stack([part("deaf", STUBBORN, port, port=port)], folder=tmp_path) as stack:
        pid = stack.pids["deaf"]

    assert gone(pid)


async def test_what_a_part_started_does_not_stay_behind(tmp_path: Path):
    async with Stack([part("parent", HAS_A_CHILD)], folder=tmp_path) as stack:
        assert eventually_says(stack, "parent")
        grandchild = int(stack.last_words("parent"))

    assert eventually(lambda: gone(grandchild))


async def test_a_part_that_dies_while_starting_is_named_with_its_last_words(tmp_path: Path):
    port = free_port()
    parts = [
        part("sound", PROMPT, port, port=port),
        part("broken", "raise SystemExit('no such region')", port=free_port()),
    ]

    with pytest.raises(PartEnded, match=r"broken ended with 1.*\n.*no such region"):
        async with Stack(parts, folder=tmp_path):
            pytest.fail("a stack with a dead part was served")

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_part_that_never_gets_ready_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stack_module, "READY_SECONDS", 0.3)
    mute = "print('thinking', flush=True); import time; time.sleep(60)"

    with pytest.raises(PartNotReady, match=r"mute is not ready.*\n(thinking)?"):
        async with Stack([part("mute", mute, port=free_port())], folder=tmp_path):
            pytest.fail("a stack with a mute part was served")


async def test_the_death_of_a_part_ends_the_service_and_the_others(tmp_path: Path):
    parts = [part("one", HAS_A_CHILD), part("two", HAS_A_CHILD)]

    async with Stack(parts, folder=tmp_path) as stack:
        pids = stack.pids
        os.kill(pids["one"], signal.SIGKILL)
        with pytest.raises(PartEnded, match="one ended with -9"):
            await stack.guard(asyncio.Event().wait())

    assert all(gone(pid) for pid in pids.values())


async def test_work_under_guard_returns_its_result_or_raises_its_own_error(tmp_path: Path):
    async def answer() -> int:
        return 42

    async def fail() -> None:
        raise LookupError

    async with Stack([part("one", HAS_A_CHILD)], folder=tmp_path) as stack:
        assert await stack.guard(answer()) == 42
        with pytest.raises(LookupError):
            await stack.guard(fail())


async def test_a_taken_port_is_named_with_the_variable_that_changes_it(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]

        with pytest.raises(PortTaken, match=rf"port {port} is taken.*PURNA_REGISTRY_PORT"):
            async with Stack([part("registry", PROMPT, port, port=port)], folder=tmp_path):
                pytest.fail("a stack was served on a taken port")

    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_however_the_supervisor_ends(end: signal.Signals, tmp_path: Path):
    command = [sys.executable, "-c", textwrap.dedent(SUPERVISOR)]
    with subprocess.Popen(
        [*command, str(tmp_path), str(free_port()), PROMPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as supervisor:
        assert supervisor.stdout
        pid = int(supervisor.stdout.readline())
        assert not gone(pid)
        supervisor.send_signal(end)
        supervisor.wait(30)

    assert eventually(lambda: gone(pid))
