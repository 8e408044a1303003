"""A bound child does not outlive its owner, not even one that died before it could be bound."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.processes import FolderTaken, bound, claim


def test_the_child_has_the_process_id_that_was_started():
    command = bound((sys.executable, "-c", "import os; print(os.getpid())"), death=signal.SIGKILL)

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        said, _ = child.communicate()

    assert int(said) == child.pid


def test_a_command_whose_owner_is_gone_already_is_not_run(tmp_path: Path):
    touched = tmp_path / "touched"
    command = bound(("/usr/bin/touch", str(touched)), death=signal.SIGKILL)
    orphaned = ["1" if word == str(os.getpid()) else word for word in command]

    done = subprocess.run(orphaned, capture_output=True, text=True, check=False)

    assert done.stderr.strip() == "the owner is gone"
    assert not touched.exists()


def test_a_folder_has_one_owner_even_within_a_process(tmp_path: Path):
    with claim(tmp_path / "new"), pytest.raises(FolderTaken), claim(tmp_path / "new"):
        pytest.fail("two owners")
