"""
A synthetic book with a known truth, to try the workshop with and to test it.

Nothing in it is an observation. What every factor is really worth stands in `WORTH`; sex, province
and country have no worth of their own. Women are drawn with less own money, which is a difference
between groups that the report has to show.
"""

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from math import exp
from pathlib import Path
from random import Random

from fitting.book import SYNTHETIC, Groups, columns
from fitting.weights import pointed
from services.financing.domain.factors import FACTORS, STARTS, Card, FactorName, FactorUnit
from services.financing.domain.scorecards.edition import Bands, Scorecard, Scorecards, Sum

FIRST_DAY, DAYS = date(2027, 1, 1), 1_096
MISSING_PERCENT = 4
SPREAD, MIDDLE = 9.0, 32.0
"""The odds of going bad are 1 at `MIDDLE` points of the truth, and fall e-fold in `SPREAD`."""

WORTH: Mapping[Card, Mapping[FactorName, int]] = {
    Card.BUSINESS: {
        FactorName.SAVINGS_DISCIPLINE: 28,
        FactorName.INSTALMENT_SHARE: 22,
        FactorName.COLLECTIBILITY: 16,
        FactorName.BUSINESS_AGE: 12,
        FactorName.OWN_EQUITY: 8,
        FactorName.TRADE_EXPERIENCE: 6,
        FactorName.INCOME_MARGIN: 5,
        FactorName.TRAINING_OR_MENTORING: 3,
    },
    Card.BEGINNER: {
        FactorName.MENTORING: 34,
        FactorName.SAVINGS_DISCIPLINE: 26,
        FactorName.COLLECTIBILITY: 18,
        FactorName.OWN_EQUITY: 12,
        FactorName.TRAINING: 10,
    },
    Card.GROUP: {
        FactorName.MEMBERS_COLLECTIBILITY: 35,
        FactorName.OFFTAKER_AGREEMENT: 25,
        FactorName.INSTALMENT_SHARE: 20,
        FactorName.LARGEST_SHARE: 12,
        FactorName.BEGINNERS: 8,
    },
    Card.COOPERATIVE: {
        FactorName.SHU: 32,
        FactorName.SAVERS: 26,
        FactorName.EQUITY: 20,
        FactorName.ANNUAL_MEETINGS: 14,
        FactorName.HEALTH_GRADE: 8,
    },
    Card.KSP: {
        FactorName.HEALTH_GRADE: 40,
        FactorName.EQUITY: 28,
        FactorName.SAVERS: 20,
        FactorName.SHU: 12,
    },
}
"""What is true of a drawn book: the points of each factor's best band; no other tells anything."""

_SEXES = ("female", "male")
_PROVINCES = ("12", "33", "35", "52", "53")
_COUNTRIES = ("HKG", "KOR", "MYS", "SAU", "SGP", "TWN")


def truth(champion: Scorecards) -> Mapping[Card, Scorecard]:
    """Return the cards that are true of a drawn book, on the champion's bands."""
    return {card: _true_card(card, champion) for card in Card}


def draw(path: Path, champion: Scorecards, *, people: int, seed: int) -> None:
    """Write a book of `people` cases, the same for the same seed."""
    random = Random(seed)
    true = truth(champion)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"{SYNTHETIC}: drawn with seed {seed}, no case of it happened\n")
        writer = csv.DictWriter(file, columns(), restval="", lineterminator="\n")
        writer.writeheader()
        for _ in range(people):
            card = random.choice(tuple(Card))
            writer.writerow(_case(random, card, champion.cards[card], true[card]))


def _true_card(card: Card, champion: Scorecards) -> Scorecard:
    every = [bands for bands in champion.cards[card].bands if bands.name in WORTH[card]]
    worth = {
        bands.name: [WORTH[card][bands.name] / len(bands.starts)] * len(bands.starts)
        for bands in every
    }
    return Scorecard(card, pointed(every, worth).bands, champion.cards[card].source)


def _case(random: Random, card: Card, champion: Scorecard, true: Scorecard) -> dict[str, object]:
    groups = Groups(random.choice(_SEXES), random.choice(_PROVINCES), random.choice(_COUNTRIES))
    values = {bands.name: _value(random, bands, groups) for bands in champion.bands}
    total: Sum = true.total(tuple(values.get(name) for name in FACTORS[card]))
    bad = random.random() < 1 / (1 + exp((total.points - MIDDLE) / SPREAD))
    return {
        "card": card,
        "decided_on": FIRST_DAY + timedelta(days=random.randrange(DAYS)),
        "outcome": "bad" if bad else "good",
        **values,
        **groups._asdict(),
    }


def _value(random: Random, bands: Bands, groups: Groups) -> int | None:
    last = len(bands.starts)
    band = random.randint(0, last)
    if bands.name is FactorName.OWN_EQUITY and groups.sex == "female":
        band = min(band, random.randint(0, last))
    if random.randrange(100) < MISSING_PERCENT:
        return None
    most = STARTS[bands.measure.unit][1]
    least = 1 if bands.measure.unit is FactorUnit.COLLECTIBILITY else 0
    first = bands.starts[band - 1] if band else least
    return random.randint(first, bands.starts[band] - 1 if band < last else min(most, 2 * first))
