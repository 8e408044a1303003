"""
What one lender did, event by event: the truth that a test of exactly-once is judged by.

The ledger counts what a lender would rather not see: how often one reference was submitted, how
many applications were booked under it, and how many references one borrower has. It is kept in
memory and, where a folder is given, in an append-only file of one JSON event a line that is read
back at the start.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, TextIO

from services.sandbox.behaviour import Behaviour


class Stage(StrEnum):
    """What became of an application at the lender."""

    RECEIVED = "received"
    KOMITE = "komite"
    MKP = "mkp"
    SP3 = "sp3"
    APPROVED = "approved"
    AKAD = "akad"
    DISBURSED = "disbursed"
    REPAID = "repaid"
    REFUSED = "refused"
    CANCELLED = "cancelled"


FINAL = frozenset({Stage.REPAID, Stage.REFUSED, Stage.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A submission in the lender's own terms, whatever contract it came through."""

    reference: str
    """The submission id of the financing service."""
    amount: int
    """Whole rupiah."""
    borrower_name: str
    borrower: str
    """A keyed digest of the borrower's number: it finds a second loan, and reveals nobody."""
    fingerprint: str
    """A digest of the whole content; the same reference must come with the same one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage reached, and what is said about it."""

    event_id: str
    stage: Stage
    at: str
    """RFC 3339, as it will be told to the partner."""
    reasons: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Entry:
    """Everything about one reference."""

    reference: str
    requests: int = 0
    inquiries: int = 0
    effects: int = 0
    disbursements: int = 0
    order: Order | None = None
    lender_reference: str = ""
    behaviour: Behaviour = Behaviour.APPROVE
    history: list[Step] = field(default_factory=list[Step])

    @property
    def stage(self) -> Stage | None:
        """The last stage reached; None when the lender never took the application."""
        return self.history[-1].stage if self.history else None

    @property
    def reasons(self) -> tuple[str, ...]:
        """What was said with the last stage."""
        return self.history[-1].reasons if self.history else ()


Kind = Literal["requested", "inquired", "taken", "stepped", "cleared"]


class Ledger:
    """The entries of one lender; every change is one event, written before it is believed."""

    def __init__(self, path: Path | None = None) -> None:
        self._entries: dict[str, Entry] = {}
        self._file: TextIO | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._replay(path)
            self._file = path.open("a", encoding="utf-8")

    def close(self) -> None:
        """Close the file; the entries stay readable."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __iter__(self) -> Iterator[Entry]:
        """The entries in the order of their first request."""
        return iter(self._entries.values())

    def find(self, reference: str) -> Entry | None:
        """Return the entry of an application that was taken, booked or refused, or None."""
        entry = self._entries.get(reference)
        return entry if entry is not None and entry.history else None

    def requested(self, reference: str) -> None:
        """Count a submission, before anything is decided about it."""
        self._write("requested", reference)

    def inquired(self, reference: str) -> None:
        """Count a status inquiry."""
        self._write("inquired", reference)

    def take(
        self, order: Order, *, lender_reference: str, behaviour: Behaviour, step: Step
    ) -> Entry:
        """Enter an application with its first stage: received (booked) or refused."""
        content = {
            "order": asdict(order),
            "lender_reference": lender_reference,
            "behaviour": behaviour,
        }
        self._write("taken", order.reference, **content)
        self.step(order.reference, step)
        return self._entries[order.reference]

    def step(self, reference: str, step: Step) -> None:
        """Enter the next stage of an application."""
        self._write("stepped", reference, step=asdict(step))

    def clear(self) -> None:
        """Forget everything, for a test that wants an empty ledger."""
        self._write("cleared", "")

    def _write(self, kind: Kind, reference: str, **content: Any) -> None:
        event = {"kind": kind, "reference": reference, **content}
        if self._file is not None:
            self._file.write(json.dumps(event, ensure_ascii=False) + "\n")
            self._file.flush()
        self._apply(event)

    def _replay(self, path: Path) -> None:
        if not path.exists():
            return
        whole, _, torn = path.read_bytes().rpartition(b"\n")
        for line in whole.splitlines():
            self._apply(json.loads(line))
        if torn:  # the process died inside a write: nobody was told of that event
            path.write_bytes(whole + b"\n" if whole else b"")

    def _apply(self, event: dict[str, Any]) -> None:
        kind: Kind = event["kind"]
        if kind == "cleared":
            self._entries.clear()
            return
        entry = self._entries.setdefault(event["reference"], Entry(reference=event["reference"]))
        match kind:
            case "requested":
                entry.requests += 1
            case "inquired":
                entry.inquiries += 1
            case "taken":
                entry.order = Order(**event["order"])
                entry.lender_reference = event["lender_reference"]
                entry.behaviour = Behaviour(event["behaviour"])
            case "stepped":
                step = event["step"]
                stage = Stage(step["stage"])
                entry.history.append(
                    Step(**step | {"stage": stage, "reasons": tuple(step["reasons"])})
                )
                entry.effects += stage is Stage.RECEIVED
                entry.disbursements += stage is Stage.DISBURSED


def written(at: datetime) -> str:
    """Write an instant for the ledger and the wire."""
    return at.isoformat(timespec="milliseconds")
