"""Records: however a file is cut into pieces, they are those of the whole file."""

import csv
import io
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.intake.records import RECORD_LENGTH_MAX, FileUnreadable, Record, Records

CELLS = st.text(st.sampled_from('ab,"\né€😀 ;'), max_size=8)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=6)


def cut(content: bytes, size: int) -> list[Record]:
    records = Records()
    found = [
        record
        for start in range(0, len(content), size)
        for record in records.feed(content[start : start + size])
    ]
    return [*found, *records.close()]


@given(rows=ROWS, size=st.integers(1, 50))
def test_the_cut_of_the_pieces_does_not_matter(rows, size):
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    found = cut(written.getvalue().encode(), size)
    assert [record.cells for record in found] == rows
    assert [record.number for record in found] == list(range(1, len(rows) + 1))


@given(content=st.binary(max_size=300), size=st.integers(1, 50))
def test_any_bytes_are_records_or_an_unreadable_file(content, size):
    try:
        found = cut(content, size)
    except FileUnreadable:
        return
    assert all(len(record.cells or ()) >= 0 for record in found)


def test_blank_lines_are_counted_as_a_spreadsheet_does_and_left_out():
    assert cut(b"a,b\n\n  \nc,d\n", 3) == [Record(1, ["a", "b"]), Record(4, ["c", "d"])]


@pytest.mark.parametrize("size", [1_000, RECORD_LENGTH_MAX * 3])
@pytest.mark.parametrize("filler", ["x", "x\n"])
def test_no_more_than_one_record_is_ever_held(size, filler):
    records, endless = Records(), ('"' + filler * RECORD_LENGTH_MAX).encode()
    pieces = (endless[start : start + size] for start in range(0, len(endless), size))
    with pytest.raises(FileUnreadable, match="Row 1 has more than"):
        list(chain.from_iterable(map(records.feed, pieces)))
    assert records._length + len(records._rest) <= 3 * RECORD_LENGTH_MAX
