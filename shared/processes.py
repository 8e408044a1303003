"""Processes of one machine: a child that dies with its owner, a folder that has one owner."""

import fcntl
import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Asks the kernel for a signal at the owner's death, then becomes the command. The owner may have
# died before the question was asked: nobody would be told then, so the parent is looked at after.
_TRAMPOLINE = """
import ctypes, os, sys
owner, number, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
if ctypes.CDLL(None, use_errno=True).prctl(1, number, 0, 0, 0) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
if os.getppid() != owner:
    sys.exit("the owner is gone")
os.execv(command[0], command)
"""


class FolderTaken(Exception):
    """Another running program has claimed the folder."""

    def __init__(self, folder: Path, pid: str) -> None:
        super().__init__(
            f"already running here, pid {pid}: stop it or use another folder than {folder}"
        )
        self.folder = folder
        self.pid = pid


def bound(command: Sequence[str], *, death: signal.Signals) -> tuple[str, ...]:
    """Return the command line that runs `command` and sends it `death` when its starter dies.

    However the starter ends, kill -9 included. The kernel means the *thread* that starts the
    child, so start it from one that lives as long as the child should. `command[0]` is an
    absolute path. Nothing forks between: the child's pid is the pid of the command.
    """
    return (
        *(sys.executable, "-I", "-S", "-c", _TRAMPOLINE),
        *(str(os.getpid()), str(death.value)),
        *command,
    )


@contextmanager
def claim(folder: Path) -> Generator[None]:
    """Own a folder while the block runs; raise FolderTaken when another program does.

    The lock is the kernel's, so a killed owner leaves nothing that must be cleaned.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "owner").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise FolderTaken(folder, file.read().strip() or "unknown") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
