"""Where the line is drawn: the last document that is read, and the first that is not."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared import strict_json
from shared.problems import ERRORS_MAX
from shared.strict_json import DEPTH_MAX, DIGITS_MAX, VALUES_MAX, NotStrictJson
from shared.wire import Whole
from tests.conftest import once

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (nested(DEPTH_MAX), nested(DEPTH_MAX + 1)),
        (b'{"a":' * DEPTH_MAX + b"1" + b"}" * DEPTH_MAX, b'{"a":' * 33 + b"1" + b"}" * 33),
        (json.dumps([0] * VALUES_MAX).encode(), json.dumps([0] * (VALUES_MAX + 1)).encode()),
        (b"[" + b"9" * DIGITS_MAX + b"]", b"[" + b"9" * (DIGITS_MAX + 1) + b"]"),
        (b"1.7e308", b"1.8e308"),
        (b'{"a": 1, "b": 1}', b'{"a": 1, "a": 1}'),
        (b'"\xc3\xa9"', b'"\xe9"'),
        (b"{}", b"\xef\xbb\xbf{}"),
    ],
)
def test_the_last_document_is_read_and_the_first_beyond_is_not(last, first):
    strict_json.read(last)
    with pytest.raises(NotStrictJson):
        strict_json.read(first)


@given(JSON)
def test_what_is_plain_json_is_read_as_it_is(value):
    assert strict_json.read(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    with suppress(NotStrictJson):
        json.dumps(strict_json.read(body))


@pytest.mark.parametrize("text", ["0", "5", "100", "9223372036854775807"])
def test_a_whole_number_in_an_address_is_digits(text):
    assert TypeAdapter(Whole).validate_python(text) == int(text)


@pytest.mark.parametrize(
    "text", ["", "05", "+5", "-5", "5.0", "1_0", " 5", "5 ", "٥", "５", "1e1"]
)
def test_nothing_else_in_an_address_is_a_whole_number(text):
    with pytest.raises(ValidationError):
        TypeAdapter(Whole).validate_python(text)


async def test_a_problem_names_a_hundred_faults_and_no_more(registry):
    body = {"full_name": "Siti", "sex": "female", **{f"a{number}": 1 for number in range(500)}}
    reply = await registry.client().post("/people", json=body, headers=once())
    assert (reply.status_code, len(reply.json()["errors"])) == (422, ERRORS_MAX)


async def test_two_etags_are_not_one(registry):
    headers = [("If-Match", '"1"'), ("If-Match", '"1"')]
    id = "01938d5e-0000-7000-8000-000000000000"
    reply = await registry.client().patch(f"/people/{id}", json={}, headers=headers)
    assert reply.json()["type"] == "/problems/precondition-failed"
