"""Canonical JSON (RFC 8785): one value is the same bytes wherever and whenever it is written."""

import re
from typing import Any, cast

import orjson
import rfc8785

_PARTING = re.compile(rb"[:\[,]-?[0-9]+(?:[.e]|(?<=[0-9]{16}))")
"""Numbers that orjson may write otherwise than the RFC: fractions, and those near 2^53.

It may be found inside a string as well; then the library does what it would have done anyway.
"""


def canonical_json(value: object) -> bytes:
    """Write a value of JSON, as a parser gives it.

    orjson sorts and escapes as the RFC does and is many times as fast as the library, which writes
    whatever the two might write differently: such numbers, and names beyond ASCII, whose order in
    UTF-16 is another than in UTF-8.

    Raises:
        ValueError: a whole number is beyond 2^53, which not every reader of JSON can carry.
    """
    written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    if written.isascii() and not _PARTING.search(b":" + written):
        return written
    return rfc8785.dumps(cast("Any", value))
