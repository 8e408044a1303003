"""
Reading JSON without mercy.

The usual parsers take duplicate keys, NaN, `1e400`, UTF-16, a byte-order mark and nesting of any
depth. Two readers that disagree about a document are a security hole, so all of it is refused.
"""

import json
import math
from typing import Any, cast

DEPTH_MAX = 32
DIGITS_MAX = 19
VALUES_MAX = 5_000
"""Several times what the largest request holds. Each value may become a fault to describe, and a
hundred thousand of them would keep a process busy for seconds."""


class NotStrictJson(Exception):
    """The body is not the JSON that this API reads; the text says why and never quotes it."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrictJson("an object repeats one of its keys")
    return members


def _constant(_: str) -> float:
    raise NotStrictJson("NaN and Infinity are not JSON")


def _integer(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise NotStrictJson(f"an integer has more than {DIGITS_MAX} characters")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotStrictJson("a number is too large")
    return number


_decoder = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_constant,
    parse_int=_integer,
    parse_float=_number,
)


def _size(container: dict[str, Any] | list[Any], room: int) -> int:
    """Count the values inside, refusing what is nested too deep."""
    if not room:
        raise NotStrictJson(f"nested deeper than {DEPTH_MAX}")
    size = len(container)
    for child in container.values() if isinstance(container, dict) else container:
        if isinstance(child, dict | list):
            size += _size(cast("dict[str, Any] | list[Any]", child), room - 1)
    return size


def read(body: bytes) -> Any:
    """Parse a UTF-8 body.

    Raises:
        NotStrictJson: the body is anything but one strict JSON value.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotStrictJson("the body is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise NotStrictJson("the body begins with a byte-order mark")
    try:
        value: Any = _decoder.decode(text)
    except json.JSONDecodeError as error:
        raise NotStrictJson(f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise NotStrictJson(f"nested deeper than {DEPTH_MAX}") from None
    if isinstance(value, dict | list):
        size = _size(cast("dict[str, Any] | list[Any]", value), DEPTH_MAX)
        if size > VALUES_MAX:
            raise NotStrictJson(f"more than {VALUES_MAX:,} values")
    return cast("Any", value)
