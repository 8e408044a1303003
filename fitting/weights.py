"""
Weights from outcomes: a logistic regression on the bands of the champion, made whole points.

Each step from a band to the next better one is a variable of its own, so that its weight is what
the step is worth. A step that the outcomes count against is merged with its neighbour and the rest
is fitted again: points can only follow the direction that `factors.py` gives. A value that is
missing counts as the worst band, as it does in a score.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from services.financing.domain.factors import FACTORS, Card, FactorName, Values
from services.financing.domain.scorecards.edition import POINTS_MAX, Bands, Scorecard

CASES_MIN, OUTCOMES_MIN = 300, 30
"""Fewer cases, goods or bads than these, and a card keeps the weights that it has."""

STEP_CASES_MIN = 20
"""A step with fewer cases on one side is not judged: it is merged with its neighbour."""


class NothingToFit(Exception):
    """The outcomes do not tell good from bad by any factor of the card."""


class Step(NamedTuple):
    """From one band of a factor to the next better one: `level` 1 leaves the worst band."""

    bands: Bands
    level: int


class Fitted(NamedTuple):
    """A card's new bands, and the factors that earned no place on it."""

    bands: tuple[Bands, ...]
    dropped: tuple[FactorName, ...]


def enough(bad: Sequence[bool]) -> bool:
    """Tell whether a card has the outcomes to be fitted."""
    bads = sum(bad)
    return len(bad) >= CASES_MIN and min(bads, len(bad) - bads) >= OUTCOMES_MIN


def fit(card: Card, champion: Scorecard, values: Sequence[Values], bad: Sequence[bool]) -> Fitted:
    """Return a card fitted to outcomes, on the bands of the champion.

    Raises:
        NothingToFit: no factor tells good from bad.
    """
    steps = [
        Step(bands, level) for bands in champion.bands for level in range(1, len(bands.starts) + 1)
    ]
    worth = _worth(steps, _taken(card, steps, values), np.array(bad))
    by_factor = {
        bands.name: [worth.get(step, 0.0) for step in steps if step.bands is bands]
        for bands in champion.bands
    }
    return pointed(champion.bands, by_factor)


def pointed(every: Sequence[Bands], worth: Mapping[FactorName, Sequence[float]]) -> Fitted:
    """Return bands whose whole points follow what each step is worth, and add up to 100.

    Raises:
        NothingToFit: no step is worth anything.
    """
    sums = [sum(worth[bands.name]) for bands in every]
    if not sum(sums) > 0:
        raise NothingToFit("No factor tells good from bad.")
    most = _shared_out(sums)
    kept = [
        _banded(bands, points, worth[bands.name])
        for bands, points in zip(every, most, strict=True)
        if points
    ]
    dropped = [bands.name for bands, points in zip(every, most, strict=True) if not points]
    return Fitted(tuple(kept), tuple(dropped))


def _taken(card: Card, steps: Sequence[Step], values: Sequence[Values]) -> np.ndarray:
    """Return who has taken which step, a row a case."""
    ranks = {
        step.bands.name: np.array(
            [_rank(step.bands, row[FACTORS[card].index(step.bands.name)]) for row in values]
        )
        for step in steps
        if step.level == 1
    }
    columns = [ranks[step.bands.name] >= step.level for step in steps]
    return np.column_stack(columns).astype(float)


def _rank(bands: Bands, value: int | None) -> int:
    """Return how many bands lie below that of a value; a missing one is in the worst."""
    if value is None:
        return 0
    band = bands.band(value)
    return band if bands.measure.rising else len(bands.starts) - band


def _worth(steps: Sequence[Step], taken: np.ndarray, bad: np.ndarray) -> dict[Step, float]:
    """Fit until no step is worth less than nothing; what is left out is worth nothing."""
    cases = taken.sum(axis=0)
    left = [
        number
        for number in range(len(steps))
        if STEP_CASES_MIN <= cases[number] <= len(bad) - STEP_CASES_MIN
    ]
    while left:
        model = LogisticRegression(C=1.0, solver="newton-cholesky")
        found = model.fit(taken[:, left], ~bad).coef_[0]
        against = {number for number, weight in zip(left, found, strict=True) if weight <= 0}
        if not against:
            return {steps[number]: float(w) for number, w in zip(left, found, strict=True)}
        left = [number for number in left if number not in against]
    return {}


def _shared_out(sums: Sequence[float]) -> list[int]:
    """Share out 100 whole points by largest remainder; equals in the order of the card."""
    exact = [POINTS_MAX * each / sum(sums) for each in sums]
    points = [int(each) for each in exact]
    by_rest = sorted(range(len(sums)), key=lambda number: (points[number] - exact[number], number))
    for number in by_rest[: POINTS_MAX - sum(points)]:
        points[number] += 1
    return points


def _banded(bands: Bands, most: int, worth: Sequence[float]) -> Bands:
    """Return the bands with the points of each rank; ranks of equal points become one band."""
    reached = np.cumsum([0.0, *worth]) / sum(worth)
    ranks = [int(most * each + 0.5) for each in reached]
    rising, last = bands.measure.rising, len(bands.starts)
    points = ranks if rising else ranks[::-1]
    steps = [number for number in range(last) if points[number] != points[number + 1]]
    starts = tuple(bands.starts[number] for number in steps)
    return Bands(bands.name, starts, (points[0], *(points[number + 1] for number in steps)))
