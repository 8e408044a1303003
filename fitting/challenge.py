"""
Champion against challenger on one book: fitted on what came first, compared on what came after.

The edition that is written is the one that was measured: it is not fitted again on later cases.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np

from fitting.book import Book, Case, Groups
from fitting.measures import (
    Bin,
    Group,
    Power,
    Swap,
    calibration,
    deciles,
    expecting,
    groups,
    power,
    swap,
)
from fitting.weights import NothingToFit, enough, fit
from services.financing.domain.eligibility import Confidence, Source
from services.financing.domain.factors import Card, FactorName
from services.financing.domain.scorecards.edition import GRADES, Scorecard, Scorecards

HOLDOUT_PERMILLE = 300
LETTERS = ("e", *reversed(GRADES))


class BookTooSmall(ValueError):
    """No card of the book has the outcomes that a fit needs."""


class Side(NamedTuple):
    """One card on the later cases."""

    points: np.ndarray
    power: Power
    by_grade: list[Bin]
    by_decile: list[Bin]
    groups: Mapping[str, list[Group]]


class Match(NamedTuple):
    """One card of both editions on the later cases; `moves[old][new]` counts changes of grade."""

    card: Card
    fitted_on: int
    compared_on: int
    dropped: tuple[FactorName, ...]
    bad: np.ndarray
    champion: Side
    challenger: Side
    moves: Mapping[str, Mapping[str, int]]
    swap: Swap


class Challenge(NamedTuple):
    """The new edition, what it was compared by, and the cards that stay as they are, with why."""

    edition: Scorecards
    split_on: date
    matches: tuple[Match, ...]
    kept: Mapping[Card, str]


def split_day(cases: Sequence[Case]) -> date:
    """Return the first day of the later cases: about a third of them, no day on both sides."""
    days = sorted(case.decided_on for case in cases)
    return days[len(days) * (1000 - HOLDOUT_PERMILLE) // 1000]


def challenged(
    book: Book, champion: Scorecards, *, code: str, since: date, cut: int, of: Iterable[Card]
) -> Challenge:
    """Fit each card in `of` and compare it with the champion's; `cut`: approved from there on.

    Raises:
        BookTooSmall: no card could be fitted.
    """
    day = split_day(book.cases)
    cards, matches, kept = dict(champion.cards), list[Match](), dict[Card, str]()
    for card in of:
        cases = [case for case in book.cases if case.card is card]
        early = [case for case in cases if case.decided_on < day]
        late = [case for case in cases if case.decided_on >= day]
        if not (enough([case.bad for case in early]) and late):
            kept[card] = f"only {len(cases)} outcomes, too few to fit"
            continue
        try:
            fitted = fit(
                card,
                champion.cards[card],
                [case.values for case in early],
                [case.bad for case in early],
            )
        except NothingToFit:
            kept[card] = "no factor tells good from bad in this book"
            continue
        cards[card] = Scorecard(card, fitted.bands, _source(code, since, card, early, book))
        sides = [
            _side(scorecard, champion, early, late, cut)
            for scorecard in (champion.cards[card], cards[card])
        ]
        matches.append(_match(card, early, late, fitted.dropped, champion, sides, cut))
    if not matches:
        raise BookTooSmall("; ".join(f"{card}: {why}" for card, why in kept.items()))
    head = Source(
        f"Scorecard {code}, grades and the instalment test",
        champion.source.provision,
        since,
        None,
        champion.source.confidence,
    )
    edition = replace(champion, code=code, since=since, source=head, cards=cards)
    return Challenge(edition, day, tuple(matches), kept)


def grade(edition: Scorecards, points: int) -> str:
    """Return the letter of a sum of points, knock-outs left aside."""
    return LETTERS[bisect_right(edition.grade_starts, points)]


def _source(code: str, since: date, card: Card, early: Sequence[Case], book: Book) -> Source:
    first, last = (each(case.decided_on for case in early) for each in (min, max))
    what = f"{len(early)} outcomes decided from {first} to {last} (book {book.sha256[:16]})"
    if book.synthetic:
        said, sure = f"Fitted from a synthetic book, no outcome is real: {what}", "assumption"
    else:
        said, sure = f"Fitted from {what}", "computed"
    return Source(f"Scorecard {code}, card {card}", said, since, None, Confidence(sure))


def _points(scorecard: Scorecard, cases: Sequence[Case]) -> np.ndarray:
    return np.array([scorecard.total(case.values).points for case in cases], dtype=int)


def _side(
    scorecard: Scorecard,
    edition: Scorecards,
    early: Sequence[Case],
    late: Sequence[Case],
    cut: int,
) -> Side:
    points, bad = _points(scorecard, late), np.array([case.bad for case in late])
    model = expecting(_points(scorecard, early), np.array([case.bad for case in early]))
    expected = model.predict_proba(points.reshape(-1, 1))[:, 1]
    letters = [grade(edition, int(each)) for each in points]
    tenths = deciles(points)
    who: list[Groups] = [case.groups for case in late]
    return Side(
        points,
        power(points, bad),
        calibration(letters, expected, bad, LETTERS[::-1]),
        calibration(tenths, expected, bad, [str(each) for each in range(1, 11)]),
        groups(who, points, bad, cut=cut),
    )


def _match(
    card: Card,
    early: Sequence[Case],
    late: Sequence[Case],
    dropped: tuple[FactorName, ...],
    edition: Scorecards,
    sides: Sequence[Side],
    cut: int,
) -> Match:
    before, after = sides
    bad = np.array([case.bad for case in late])
    moves = {old: dict.fromkeys(LETTERS[::-1], 0) for old in LETTERS[::-1]}
    for old, new in zip(before.points, after.points, strict=True):
        moves[grade(edition, int(old))][grade(edition, int(new))] += 1
    swapped = swap(before.points, after.points, bad, cut=cut)
    return Match(card, len(early), len(late), dropped, bad, before, after, moves, swapped)
