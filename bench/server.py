"""A server process under measurement: its CPU time, and its instructions where valgrind is."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

VALGRIND = shutil.which("valgrind")
READY_SECONDS = 90
_SUMMARY = re.compile(rb"^(?:summary|totals): (\d+)", re.MULTILINE)


def free_port() -> int:
    """Return a port that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int, name: str) -> float:
    """Return a process's `VmRSS` (now) or `VmHWM` (the most it has had), in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (kib,) = re.findall(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kib) / 1024


def children_cpu_seconds(parent: int) -> float:
    """Return the CPU time of the processes that a process has started and that still run."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended in the meantime
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                total += cpu_seconds(int(stat.parent.name))
    return total


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Base address of the server."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """Return the CPU time that the process has used, user and system."""
        return cpu_seconds(self.process.pid)

    def instructions_on(self, *, on: bool) -> None:
        """Begin or end counting instructions (callgrind only)."""
        self._control("-i", "on" if on else "off")

    def instructions(self) -> int:
        """Return the instructions counted since the last call (callgrind only)."""
        before = set(self.folder.glob("callgrind.out*"))
        self._control("-d")
        deadline = time.monotonic() + 60
        while not (new := set(self.folder.glob("callgrind.out*")) - before):
            if time.monotonic() > deadline:
                raise TimeoutError("callgrind wrote nothing")
            time.sleep(0.05)
        time.sleep(0.3)
        found = _SUMMARY.search(new.pop().read_bytes())
        return int(found[1]) if found else 0

    def _control(self, *arguments: str) -> None:
        pid = str(self.process.pid)
        subprocess.run(
            ["callgrind_control", *arguments, pid], check=True, capture_output=True, timeout=60
        )


@contextmanager
def serving(
    module: str, environment: Mapping[str, str], port: int, *, counted: bool, probe: str
) -> Iterator[Server]:
    """Run `python -m module` until the block ends, under callgrind if `counted`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", module]
        if counted:
            out = f"--callgrind-out-file={folder}/callgrind.out"
            command = [
                str(VALGRIND), "--tool=callgrind", "--instr-atstart=no", out, *command,
            ]  # fmt: skip
        env = {**os.environ, **environment, "PYTHONHASHSEED": "0"}
        log = Path(folder, "server.log").open("wb")
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            server = Server(process, port, Path(folder))
            _wait_until_ready(server, probe)
            yield server
        except BaseException:
            sys.stderr.write(Path(folder, "server.log").read_text()[-3000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()


def _wait_until_ready(server: Server, probe: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    said = "nothing"
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            answer = httpx.get(server.url + probe, timeout=30)
        except httpx.TransportError as error:
            said = type(error).__name__
        else:
            if answer.is_success:
                return
            said = str(answer.status_code)
        time.sleep(0.2)
    raise TimeoutError(f"the server did not get ready; {probe} last said {said}")
