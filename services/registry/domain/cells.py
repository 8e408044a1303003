"""
The cells of one table row, read one by one: a value, or a fault that names the column.

An empty cell means not known. A fault never repeats the value: it may be a NIK in the wrong
column. Every reader goes on after a fault, so that a row hears all of its faults at once.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, TypeVar

from services.registry.domain import region
from services.registry.domain.source import Contradiction
from shared.timeline import FIRST_DAY, LAST_DAY

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

TEXT_MAX = 200
LIST_MAX = 4_000
ITEMS_MAX = 40
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a row cannot be taken: which column, a stable code, a sentence without the value."""

    column: str
    code: str
    reason: str


class FaultyRow(Exception):
    """The row cannot be taken; `faults` holds every reason and is never empty."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault.column}: {fault.reason}" for fault in faults))


def plain(cell: str) -> str:
    """Return a cell in NFC without the spaces around it; empty when it cannot be printed."""
    text = cell.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text if text.isprintable() else ""


class Cells:
    """One row under reading. `finish` raises what the readers found."""

    def __init__(self, row: Mapping[str, str | None]) -> None:
        self._row = row
        self._faults: list[Fault] = []

    def fault(self, column: str, code: str, reason: str) -> None:
        """Note one fault."""
        self._faults.append(Fault(column=column, code=code, reason=reason))

    def take(self, found: Iterable[Contradiction]) -> None:
        """Note contradictions between values, at the columns they name."""
        for contradiction in found:
            self.fault(contradiction.field, contradiction.code, contradiction.detail)

    def finish(self) -> None:
        """Raise `FaultyRow` if anything was noted."""
        if self._faults:
            raise FaultyRow(tuple(self._faults))

    def needed(self, column: str, value: T | None, stand_in: T) -> T:
        """Return the value; note a fault where it is missing and go on with the stand-in."""
        if value is not None:
            return value
        if all(fault.column != column for fault in self._faults):
            self.fault(column, "missing", "this column may not be empty")
        return stand_in

    def text(self, column: str, *, length_max: int = TEXT_MAX) -> str | None:
        """Return the cell in NFC, without spaces around it; None when nothing is left."""
        cell = self._row.get(column)
        if not cell or not cell.strip():
            return None
        value = plain(cell)
        if not value:
            self.fault(column, "not_text", "there are characters that cannot be printed")
            return None
        if len(value) > length_max:
            self.fault(column, "too_long", f"more than {length_max} characters")
            return None
        return value

    def shaped(self, column: str, shape: re.Pattern[str], rule: str) -> str | None:
        """Return a text that fits `shape` as a whole; `rule` says in words what fits."""
        value = self.text(column)
        if value is None or shape.fullmatch(value):
            return value
        self.fault(column, "shape", rule)
        return None

    def choice(self, column: str, kind: type[E]) -> E | None:
        """Return the member of an enumeration that the cell names."""
        value = self.text(column)
        if value is None:
            return None
        member = _members(kind).get(value)
        if member is None:
            self.fault(column, "not_a_choice", "one of " + ", ".join(kind))
        return member

    def flag(self, column: str) -> bool | None:
        """Return `true` or `false` as a bool."""
        value = self.text(column)
        if value is None:
            return None
        if value not in _FLAGS:
            self.fault(column, "not_a_choice", "one of true, false")
        return _FLAGS.get(value)

    def day(self, column: str) -> date | None:
        """Return a date written YYYY-MM-DD."""
        value = self.text(column)
        if value is None:
            return None
        try:
            # Without the shape, other ISO forms such as 2025W011 would pass too.
            day = date.fromisoformat(value if _DAY.fullmatch(value) else "")
        except ValueError:
            self.fault(column, "not_a_date", "a date is written YYYY-MM-DD and exists")
            return None
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fault(column, "not_a_date", f"a date lies between {FIRST_DAY} and {LAST_DAY}")
            return None
        return day

    def village(self, column: str) -> str | None:
        """Return a village code; whether the village exists is left to the database."""
        value = self.text(column)
        return None if value is None else self._village(column, value)

    def villages(self, column: str) -> tuple[str, ...]:
        """Return village codes separated by `;`, each once, in their order."""
        codes = (self._village(column, item) for item in self.items(column))
        return tuple(dict.fromkeys(code for code in codes if code is not None))

    def items(self, column: str) -> tuple[str, ...]:
        """Return the parts of a cell separated by `;`, without empty ones."""
        value = self.text(column, length_max=LIST_MAX) or ""
        parts = [part for item in value.split(";") if (part := item.strip())]
        if len(parts) > ITEMS_MAX or any(len(part) > TEXT_MAX for part in parts):
            self.fault(column, "too_long", f"more than {ITEMS_MAX} parts or a part too long")
            return ()
        return tuple(parts)

    def records(self, column: str, shape: re.Pattern[str], rule: str) -> tuple[re.Match[str], ...]:
        """Return the parts of a cell that fit `shape`; note a fault where one does not."""
        matches = [shape.fullmatch(item) for item in self.items(column)]
        if None in matches:
            self.fault(column, "shape", rule)
        return tuple(match for match in matches if match is not None)

    def _village(self, column: str, code: str) -> str | None:
        if _is_village(code):
            return code
        self.fault(column, "not_a_village", "a village code is written PP.RR.DD.VVVV")
        return None


# A file names the same choices and villages in most of its rows.
@cache
def _members(kind: type[StrEnum]) -> Mapping[str, Any]:
    return {member.value: member for member in kind}


@lru_cache(maxsize=4096)
def _is_village(code: str) -> bool:
    try:
        region.village_kind(code)
    except region.MalformedRegionCode:
        return False
    return True
