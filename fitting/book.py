"""
A book of outcomes: one line a decided loan, with what was counted then and how it was repaid.

The columns of a group (sex, province, country of work) are read apart from the factors. A fit is
given the factors alone; the groups are for the tables that ask whether it treats them alike.
"""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from services.financing.domain.factors import (
    FACTORS,
    MEASURES,
    SHARE_MAX,
    Card,
    FactorName,
    FactorUnit,
    Values,
)
from shared.timeline import FIRST_DAY, LAST_DAY

SYNTHETIC = "# synthetic"
"""How the first line of a drawn book begins; no edition fitted from it may pass for knowledge."""

HEAD = ("card", "decided_on", "outcome")
OUTCOMES = {"good": False, "bad": True}
FAULTS_SHOWN = 10

_RANGES: Mapping[FactorUnit, tuple[int, int]] = {
    FactorUnit.MONTHS: (0, 1200),
    FactorUnit.MEETINGS: (0, 200),
    FactorUnit.PEOPLE: (0, 10**7),
    FactorUnit.SHARE: (0, SHARE_MAX),
    FactorUnit.OF_AMOUNT: (-(10**9), 10**9),
    FactorUnit.COLLECTIBILITY: (1, 5),
    FactorUnit.HEALTH_GRADE: (0, 3),
    FactorUnit.YES_NO: (0, 1),
}


class BookUnreadable(ValueError):
    """This is no book of outcomes; the text names lines and columns."""


class Groups(NamedTuple):
    """Who the borrower is, for the comparison of groups only; empty where it is not known."""

    sex: str
    province: str
    country: str


class Case(NamedTuple):
    """One decided loan: `values` are counted as `FACTORS[card]` lists them."""

    card: Card
    decided_on: date
    bad: bool
    values: Values
    groups: Groups


class Book(NamedTuple):
    """Every case, in the order of the file; the file's SHA-256 names it."""

    cases: tuple[Case, ...]
    sha256: str
    synthetic: bool


def columns() -> tuple[str, ...]:
    """Return the columns of a book, in order."""
    return (*HEAD, *FactorName, *Groups._fields)


def read(path: Path) -> Book:
    """Return the book in a CSV file.

    Raises:
        BookUnreadable: a column is missing or unknown, or a line does not hold what it should.
    """
    try:
        content = path.read_bytes()
        lines = content.decode("utf-8").splitlines()
    except OSError as error:
        raise BookUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BookUnreadable(f"{path} is not UTF-8.") from error
    synthetic = bool(lines) and lines[0].startswith(SYNTHETIC)
    first = 2 if synthetic else 1
    rows = csv.DictReader(lines[first - 1 :], strict=True)
    _check_head(rows.fieldnames or ())
    cases, faults = list[Case](), list[str]()
    for number, row in enumerate(rows, start=first + 1):
        try:
            cases.append(_case(row))
        except BookUnreadable as fault:
            faults.append(f"line {number}, {fault}")
    if faults:
        more = len(faults) - FAULTS_SHOWN
        shown = [*faults[:FAULTS_SHOWN], *([f"and {more} more lines"] if more > 0 else [])]
        raise BookUnreadable("\n".join(shown))
    if not cases:
        raise BookUnreadable("The book holds no case.")
    return Book(tuple(cases), hashlib.sha256(content).hexdigest(), synthetic)


def _check_head(names: Sequence[str]) -> None:
    missing = [name for name in columns() if name not in names]
    unknown = sorted(set(names) - set(columns()))
    if missing or unknown or len(names) != len(set(names)):
        raise BookUnreadable(
            "The first line must name every column once. "
            f"Missing: {', '.join(missing) or 'none'}. Unknown: {', '.join(unknown) or 'none'}."
        )


def _case(row: Mapping[str, str | None]) -> Case:
    if None in row or None in row.values():
        raise BookUnreadable("it has another number of columns than the first line")
    said = {name: (text or "").strip() for name, text in row.items()}
    if said["card"] not in set(Card):
        raise BookUnreadable(f"card: one of {', '.join(Card)}")
    if said["outcome"] not in OUTCOMES:
        raise BookUnreadable("outcome: `good` or `bad`")
    card = Card(said["card"])
    for name in FactorName:
        if said[name] and name not in FACTORS[card]:
            raise BookUnreadable(f"{name}: is not counted on the card {card}; leave it empty")
    values = tuple(_value(name, said[name]) for name in FACTORS[card])
    groups = Groups(*(said[name] for name in Groups._fields))
    return Case(card, _day(said["decided_on"]), OUTCOMES[said["outcome"]], values, groups)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BookUnreadable("decided_on: a day as YYYY-MM-DD") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BookUnreadable(f"decided_on: from {FIRST_DAY} to {LAST_DAY}")
    return day


def _value(name: FactorName, text: str) -> int | None:
    if not text:
        return None
    least, most = _RANGES[MEASURES[name].unit]
    try:
        value = int(text)
    except ValueError:
        raise BookUnreadable(f"{name}: a whole number, or empty") from None
    if not least <= value <= most:
        raise BookUnreadable(f"{name}: from {least} to {most}")
    return value
