"""What is written quickly is what the library of the RFC writes."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared.canonical_json import canonical_json

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
PLAIN = st.none() | st.booleans() | NUMBERS | TEXTS | st.text('01e.,:[-"\\\x1f\x7f', max_size=8)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_is_written_as_the_rfc_wants_it(value: Any):
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None, "é"]}, '{"a":[true,null,"é"],"b":1}'),
        ({"n": [1.0, 1e21, 10**15]}, '{"n":[1,1e+21,1000000000000000]}'),
        # In UTF-16 the second is less than the first, in UTF-8 it is greater.
        ({"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'),
        ("\x1f\n\x7f/", '"\\u001f\\n\x7f/"'),
        (-0.0, "0"),
    ],
)
def test_the_vectors_where_writers_part(value: Any, written: str):
    assert canonical_json(value) == written.encode()


@pytest.mark.parametrize("value", [2**53, [-(2**53)], {"n": 2**60}])
def test_a_number_that_not_every_reader_can_carry_is_refused(value: Any):
    with pytest.raises(ValueError, match="safe integer domain"):
        canonical_json(value)
