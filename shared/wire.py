"""
The types of the wire: what a field may hold, stated once.

Pydantic alone would take `true` for 1, `"5"` for 5, an integer for a time, a NUL or a lone
surrogate in a text and a full-width digit in a number. These types refuse all of it.
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)

from shared.money import AMOUNT_MAX, Rupiah
from shared.timeline import FIRST_DAY, LAST_DAY

COUNT_MAX: Final = 2**31 - 1

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,18}")
# Cc control, Cs surrogate, Cn unassigned, Co private; the bidi controls are in Cf.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Cn", "Co"})
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


class In(BaseModel):
    """A request body: a field that is not declared is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """A response body, for the contract's sake. Output fields have no defaults."""

    model_config = ConfigDict(frozen=True)


def untouched(stand_in: Any) -> Any:
    """Return a field of an edit that may be left out but not be null.

    What is left out stays as it is; the stand-in only satisfies the type and is never read, so
    the contract does not show it.
    """
    return Field(default=stand_in, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def plain_text(text: str) -> str:
    """Return the text in NFC, or refuse what cannot be shown or stored faithfully."""
    if text.isascii():
        if not text.isprintable():
            raise ValueError("control characters are not accepted")
    else:
        if not _BIDI.isdisjoint(text):
            raise ValueError("characters that change the direction of text are not accepted")
        if any(unicodedata.category(char) in _REFUSED_CATEGORIES for char in text):
            raise ValueError("control, private or unassigned characters are not accepted")
        text = unicodedata.normalize("NFC", text)
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _written_whole(value: Any) -> Any:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("write a whole number in digits")
    return value


def _written_day(value: Any) -> Any:
    written = isinstance(value, str) and _DAY.fullmatch(value)
    if written or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise ValueError("write a day as YYYY-MM-DD, in quotes")


def _plausible_day(value: date) -> date:
    if not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError("must be between 1900-01-01 and 2200-12-31")
    return value


def _written_instant(value: Any) -> Any:
    if not isinstance(value, str | datetime) or (isinstance(value, str) and len(value) < 17):
        raise ValueError("write a time as RFC 3339 with its offset, 2026-11-24T09:30:00+07:00")
    return value


def _plausible_instant(value: datetime) -> datetime:
    if not FIRST_DAY.year < value.year <= LAST_DAY.year:
        raise ValueError("must be between the years 1901 and 2200")
    return value


Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(plain_text)]
"""One line of text, 1 to 200 characters, kept in NFC."""

LongText = Annotated[
    str, StringConstraints(min_length=1, max_length=2000), AfterValidator(plain_text)
]
"""A longer remark, up to 2,000 characters, without line breaks."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$")]
"""An identifier that another system gave: ASCII letters, digits and . _ : / -"""

PersonNik = Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
"""A person's number (Nomor Induk Kependudukan): sixteen ASCII digits."""

RegionCode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?$"),
]
"""A region as the Ministry of Home Affairs writes it, `52.01.01.2001`; never a BPS code."""

VillageCode = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}$")
]
"""A village (desa or kelurahan)."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2."""

Amount = Annotated[Rupiah, Field(strict=True, ge=1, le=AMOUNT_MAX)]
"""Whole rupiah, 1 to 10^13."""

Sum = Annotated[Rupiah, Field(strict=True, ge=0, le=AMOUNT_MAX)]
"""Whole rupiah, zero allowed."""

Balance = Annotated[int, Field(strict=True, ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
"""Whole rupiah that may be negative, such as a yearly result (SHU)."""

Count = Annotated[int, Field(strict=True, ge=0, le=COUNT_MAX)]
"""A whole number from zero."""

Months = Annotated[int, Field(strict=True, ge=1, le=600)]
"""A length of time in months."""

Year = Annotated[int, Field(strict=True, ge=1900, le=2200)]
"""A book year."""

Whole = Annotated[int, BeforeValidator(_written_whole)]
"""A whole number in an address, where pydantic would also take `5.0`, `1_0` and ` 5`."""

Flag = StrictBool
"""true or false, nothing that merely looks like it."""

Day = Annotated[date, BeforeValidator(_written_day), AfterValidator(_plausible_day)]
"""A calendar day, YYYY-MM-DD."""

Instant = Annotated[
    AwareDatetime, BeforeValidator(_written_instant), AfterValidator(_plausible_instant)
]
"""A moment with its offset (RFC 3339)."""
