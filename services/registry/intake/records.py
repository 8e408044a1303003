"""The records of a CSV file (RFC 4180, UTF-8), cut from a stream of bytes as they arrive."""

import codecs
import csv
from collections.abc import Iterator
from typing import NamedTuple

RECORD_LENGTH_MAX = 65_536
"""Characters of one record. Without a bound, one quote that is never closed eats the file."""

_PIECE_BYTES = 65_536


class FileUnreadable(Exception):
    """The stream is no CSV in UTF-8, or a record is longer than any honest one."""


class Record(NamedTuple):
    """One record. `number` is its row in a spreadsheet: the header is row 1.

    `cells` is None where the record breaks the rules of CSV.
    """

    number: int
    cells: list[str] | None


class Records:
    """Cuts bytes into records and holds no more than the one that is not complete yet."""

    def __init__(self) -> None:
        # Spreadsheets put a byte order mark in front; this codec takes it off.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._rest = ""
        self._lines: list[str] = []
        self._length = 0
        self._quoted = False
        self.number = 0

    def feed(self, piece: bytes) -> Iterator[Record]:
        """Yield the records that this piece completes; raise FileUnreadable."""
        for start in range(0, len(piece), _PIECE_BYTES):
            lines = self._decoded(piece[start : start + _PIECE_BYTES]).split("\n")
            lines[0] = self._rest + lines[0]
            self._rest = lines.pop()
            self._bound(len(self._rest))
            for line in lines:
                record = self._line(line)
                if record is not None:
                    yield record

    def close(self) -> Iterator[Record]:
        """Yield the last record, which may lack its line break; raise FileUnreadable."""
        last = self._rest + self._decoded(b"", final=True)
        self._rest = ""
        record = self._line(last) if last else None
        if record is not None:
            yield record
        if self._quoted:
            raise FileUnreadable(f"Row {self.number + 1} has a quote that is never closed.")

    def _line(self, line: str) -> Record | None:
        """Add a line: a record is complete where every quote has its partner."""
        self._lines.append(line)
        self._length += len(line)
        self._bound(0)
        self._quoted ^= bool(line.count('"') % 2)
        if self._quoted:
            return None
        record = line if len(self._lines) == 1 else "\n".join(self._lines)
        self._lines.clear()
        self._length = 0
        self.number += 1
        if not record or record.isspace():
            return None
        return Record(self.number, _cells(record))

    def _decoded(self, piece: bytes, *, final: bool = False) -> str:
        try:
            return self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            raise FileUnreadable(f"The file is not UTF-8 after row {self.number}.") from None

    def _bound(self, more: int) -> None:
        if self._length + more > RECORD_LENGTH_MAX:
            raise FileUnreadable(
                f"Row {self.number + 1} has more than {RECORD_LENGTH_MAX:,} characters; "
                "is there a quote that is never closed?"
            )


def _cells(record: str) -> list[str] | None:
    try:
        return next(csv.reader((record,), strict=True))
    except csv.Error:
        return None
