"""
An edition of the scorecards: bands and points for each card, read strictly and written back.

What cannot be wrong once an edition is read: every factor can be counted of the card's borrower
and stands once, bands begin in order where a value can be, points are whole, the worst band brings
none, points follow the factor's direction and the most of a card's factors add up to 100.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NamedTuple

import msgspec

from services.financing.domain.eligibility import Confidence, Source
from services.financing.domain.factors import (
    FACTORS,
    MEASURES,
    STARTS,
    Card,
    FactorName,
    Measure,
    Values,
)
from shared import strict_json

POINTS_MAX = 100
GRADES = ("a", "b", "c", "d")
"""The grades that begin at a number of points; what has fewer than a `d` is an `e`."""


class EditionUnreadable(ValueError):
    """This is no edition of the scorecards; the text says where and why."""


class Bands(NamedTuple):
    """A factor's points: `points[0]` below the first start, then one band from each start on."""

    name: FactorName
    starts: tuple[int, ...]
    points: tuple[int, ...]

    @property
    def points_max(self) -> int:
        """Return the points of the best band."""
        return max(self.points)

    @property
    def measure(self) -> Measure:
        """Return how the factor is counted."""
        return MEASURES[self.name]

    def band(self, value: int) -> int:
        """Return the number of the band that a value falls in, from 0."""
        return bisect_right(self.starts, value)

    def better(self, value: int) -> tuple[int, int] | None:
        """Return the next better band: the nearest value in it, and its points. None in the best.

        Of a falling factor that value is the most that the band allows.
        """
        band = self.band(value)
        if self.measure.rising:
            return None if band == len(self.starts) else (self.starts[band], self.points[band + 1])
        return None if band == 0 else (self.starts[band - 1] - 1, self.points[band - 1])


class Sum(msgspec.Struct, frozen=True):
    """The points of a card's factors, and the points that missing values could still bring."""

    points: int
    missing: int


class Scorecard:
    """The factors of one card with their bands, and where its weights come from."""

    __slots__ = ("_rows", "bands", "source")

    def __init__(self, card: Card, bands: Sequence[Bands], source: Source) -> None:
        self.bands = tuple(bands)
        self.source = source
        self._rows = tuple(
            (FACTORS[card].index(each.name), each.starts, each.points, each.points_max, each)
            for each in self.bands
        )

    def total(self, values: Values) -> Sum:
        """Return the sum of the points of `values`, which are counted as `FACTORS` lists them."""
        points = missing = 0
        for position, starts, earned, most, _ in self._rows:
            value = values[position]
            if value is None:
                missing += most
            else:
                points += earned[bisect_right(starts, value)]
        return Sum(points, missing)

    def valued(self, values: Values) -> Iterator[tuple[Bands, int | None]]:
        """Yield each factor's bands with its value."""
        for position, *_, bands in self._rows:
            value = values[position]
            yield bands, None if value is None else int(value)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scorecards:
    """
    One edition: the cards, and what is set beside them.

    `grade_starts` are the points from which the grades `d`, `c`, `b`, `a` begin. The instalment is
    computed at `indicative_rate_bp` a year; up to `comfortable_permille_max` of the net income all
    instalments are comfortable. Younger than `beginner_months` a business is a beginner's.
    """

    code: str
    since: date
    source: Source
    indicative_rate_bp: int
    comfortable_permille_max: int
    beginner_months: int
    grade_starts: tuple[int, ...]
    cards: Mapping[Card, Scorecard]


_Points = Annotated[int, msgspec.Meta(ge=0, le=POINTS_MAX)]
_Said = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class _Factor(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    factor: FactorName
    below: _Points
    bands: Annotated[tuple[tuple[int, _Points], ...], msgspec.Meta(min_length=1)]


class _Card(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    confidence: Confidence
    source: _Said
    factors: Annotated[tuple[_Factor, ...], msgspec.Meta(min_length=1)]


class _Edition(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    code: Annotated[str, msgspec.Meta(pattern=r"^SCORE-[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=40)]
    since: date
    confidence: Confidence
    source: _Said
    indicative_rate_bp: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    comfortable_permille_max: Annotated[int, msgspec.Meta(ge=1, le=1_000)]
    beginner_months: Annotated[int, msgspec.Meta(ge=0, le=600)]
    grades: dict[str, _Points]
    cards: dict[Card, _Card]


def read(file: bytes) -> Scorecards:
    """Return the edition that a JSON file holds.

    Raises:
        EditionUnreadable: it is not one, or its points cannot be right.
    """
    try:
        said = msgspec.convert(strict_json.read(file), _Edition)
    except (strict_json.NotStrictJson, msgspec.ValidationError) as error:
        raise EditionUnreadable(str(error)) from error
    if set(said.cards) != set(Card):
        raise EditionUnreadable(f"$.cards must hold exactly {', '.join(Card)}")
    if set(said.grades) != set(GRADES):
        raise EditionUnreadable(f"$.grades must hold exactly {', '.join(GRADES)}")
    starts = tuple(said.grades[grade] for grade in reversed(GRADES))
    if list(starts) != sorted(set(starts)):
        raise EditionUnreadable(f"$.grades must each begin below the last: {', '.join(GRADES)}")
    return Scorecards(
        code=said.code,
        since=said.since,
        source=_source(said, "grades and the instalment test", said.source, said.confidence),
        indicative_rate_bp=said.indicative_rate_bp,
        comfortable_permille_max=said.comfortable_permille_max,
        beginner_months=said.beginner_months,
        grade_starts=starts,
        cards={card: _scorecard(card, said) for card in Card},
    )


def written(edition: Scorecards) -> str:
    """Return an edition as the file that `read` reads, one factor a line."""
    head = {
        "code": edition.code,
        "since": str(edition.since),
        **_said_by(edition.source),
        "indicative_rate_bp": edition.indicative_rate_bp,
        "comfortable_permille_max": edition.comfortable_permille_max,
        "beginner_months": edition.beginner_months,
        "grades": dict(zip(GRADES, reversed(edition.grade_starts), strict=True)),
    }
    lines = [f"  {_json(name)}: {_json(value)}," for name, value in head.items()]
    cards = ",\n".join(_written_card(card, edition.cards[card]) for card in Card)
    return "\n".join(["{", *lines, '  "cards": {', cards, "  }", "}", ""])


def _source(said: _Edition, what: str, source: str, confidence: Confidence) -> Source:
    return Source(f"Scorecard {said.code}, {what}", source, said.since, None, confidence)


def _said_by(source: Source) -> dict[str, str]:
    return {"confidence": source.confidence, "source": source.provision}


def _scorecard(card: Card, said: _Edition) -> Scorecard:
    where, file = f"$.cards.{card}", said.cards[card]
    names = [each.factor for each in file.factors]
    if len(names) != len(set(names)):
        raise EditionUnreadable(f"{where} names a factor twice")
    bands = [_bands(card, each) for each in file.factors]
    most = sum(each.points_max for each in bands)
    if most != POINTS_MAX:
        raise EditionUnreadable(f"{where}: the most of its factors is {most}, not {POINTS_MAX}")
    return Scorecard(card, bands, _source(said, f"card {card}", file.source, file.confidence))


def _bands(card: Card, file: _Factor) -> Bands:
    where, name = f"$.cards.{card}, {file.factor}", file.factor
    if name not in FACTORS[card]:
        raise EditionUnreadable(f"{where}: it cannot be counted of this borrower")
    starts = tuple(start for start, _ in file.bands)
    points = (file.below, *(points for _, points in file.bands))
    first, last = STARTS[MEASURES[name].unit]
    if list(starts) != sorted(set(starts)) or starts[0] < first or starts[-1] > last:
        raise EditionUnreadable(f"{where}: bands begin in order, from {first} to {last}")
    rising = sorted(set(points)) == list(points if MEASURES[name].rising else reversed(points))
    if not rising or min(points) != 0:
        direction = "rise from" if MEASURES[name].rising else "fall to"
        raise EditionUnreadable(f"{where}: from band to band points must {direction} 0")
    return Bands(name, starts, points)


def _written_card(card: Card, scorecard: Scorecard) -> str:
    said = [f"      {_json(key)}: {_json(it)}," for key, it in _said_by(scorecard.source).items()]
    factors = ",\n".join(
        "        "
        + _json(
            {
                "factor": bands.name,
                "below": bands.points[0],
                "bands": list(zip(bands.starts, bands.points[1:], strict=True)),
            }
        )
        for bands in scorecard.bands
    )
    lines = [f"    {_json(card)}: {{", *said, '      "factors": [', factors, "      ]", "    }"]
    return "\n".join(lines)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
