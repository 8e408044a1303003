"""One drawn book and one fit of it, for every test of the workshop."""

from datetime import date
from pathlib import Path

import pytest

from fitting import drawing
from fitting.book import Book, read
from fitting.challenge import Challenge, challenged
from services.financing.domain.factors import Card
from services.financing.domain.scorecards import SCORECARDS

CHAMPION = SCORECARDS.values[0]
SINCE = date(2030, 1, 1)


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn book of nine thousand cases."""
    path = tmp_path_factory.mktemp("fitting") / "book.csv"
    drawing.draw(path, CHAMPION, people=9_000, seed=7)
    return path


@pytest.fixture(scope="session")
def book(file: Path) -> Book:
    return read(file)


@pytest.fixture(scope="session")
def challenge(book: Book) -> Challenge:
    return challenged(book, CHAMPION, code="SCORE-TRIED", since=SINCE, cut=50, of=tuple(Card))
