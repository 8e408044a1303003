"""
Points at which a process can be made to die, to prove that nothing is lost or done twice.

They are compiled into the real program, do nothing unless PURNA_FAULT names one of them, and are
refused in production mode. `PURNA_FAULT=worker.after_send:2` dies at the second passage.
"""

import os
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

VARIABLE = "PURNA_FAULT"


class FaultsInProduction(Exception):
    """A fault point was named in production mode."""


@dataclass(slots=True)
class Faults:
    """Which point kills this process, and at which passage."""

    point: str | None = None
    passage: int = 1
    _passed: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def from_env(cls, environ: Mapping[str, str], *, production: bool) -> "Faults":
        """Read PURNA_FAULT; raises `FaultsInProduction`."""
        named = environ.get(VARIABLE, "")
        if not named:
            return cls()
        if production:
            raise FaultsInProduction(f"{VARIABLE} is for development only.")
        point, _, passage = named.partition(":")
        return cls(point, int(passage or 1))

    def at(self, point: str) -> None:
        """Pass a point; the named one kills this process at once, like kill -9."""
        if self.point is None:
            return
        self._passed[point] += 1
        if point == self.point and self._passed[point] == self.passage:
            os.kill(os.getpid(), signal.SIGKILL)
