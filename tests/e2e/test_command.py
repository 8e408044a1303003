"""`python -m services` whole: one copy a folder, and Ctrl-C leaves nothing behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.ports import free_ports

PATIENCE_SECONDS = 300


def processes_of(folder: Path) -> list[str]:
    """Return the command line of each process that works in a folder."""
    mark, found = str(folder).encode(), list[str]()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if mark in command or mark in (process / "environ").read_bytes():
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it has ended meanwhile
    return found


def test_a_second_copy_is_refused_and_ctrl_c_leaves_no_process(tmp_path: Path):
    ports, folder = free_ports(), tmp_path / "everything"
    command = [sys.executable, "-m", "services", "--no-walk", "--folder", str(folder)]
    for name in ("registry", "financing", "sandbox"):
        command += [f"--{name}-port", str(getattr(ports, name))]
    said = tmp_path / "said"
    with (
        said.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as first,
    ):
        try:
            end = time.monotonic() + PATIENCE_SECONDS
            while "Purna is running." not in said.read_text():
                assert first.poll() is None, said.read_text()
                assert time.monotonic() < end, said.read_text()
                time.sleep(0.1)
            working = " ".join(processes_of(folder))
            second = subprocess.run(command, capture_output=True, text=True, check=False)
            first.send_signal(signal.SIGINT)
            code = first.wait(PATIENCE_SECONDS)
        finally:
            first.kill()

    for name in ("registry", "financing", "financing worker", "sandbox"):
        assert f"-m services.{name}" in working
    assert "postgres" in working
    assert second.returncode == 1
    assert f"already running here, pid {first.pid}" in second.stderr
    assert code == 0
    assert said.read_text().endswith("Stopped.\n")
    assert processes_of(folder) == []
