"""`docs/scorecard.md` says what the scorecards say, to the last band."""

import os
from collections.abc import Iterator
from pathlib import Path

from services.financing.domain.factors import MEASURES, Card, FactorUnit
from services.financing.domain.score_texts import quantity
from services.financing.domain.scorecards import SCORECARDS
from services.financing.domain.scorecards.edition import GRADES, Bands, Scorecards
from services.financing.domain.scoring import NOT_PERFORMING
from services.financing.domain.texts import Language
from tests.test_docs import REWRITE

PAGE = Path(__file__).parents[2] / "docs" / "scorecard.md"

DRAWN = "## The edition "
"""What begins so is drawn, to the end of the page; what stands before it is written by hand."""


def drawn(edition: Scorecards) -> str:
    """What the page says of an edition."""
    cards = "\n\n".join(_card(card, edition) for card in Card)
    return f"{_edition(edition)}\n\n{cards}\n"


def _edition(edition: Scorecards) -> str:
    grades = ", ".join(
        f"`{grade}` from {start}"
        for grade, start in zip(GRADES, reversed(edition.grade_starts), strict=True)
    )
    share = quantity(FactorUnit.SHARE, edition.comfortable_permille_max, Language.EN)
    editions = ", ".join(f"`{each.code}` from {each.since}" for each in SCORECARDS.values)
    rate = f"{edition.indicative_rate_bp // 100}.{edition.indicative_rate_bp % 100:02} %"
    months = quantity(FactorUnit.MONTHS, edition.beginner_months, Language.EN)
    return "\n".join(
        (
            f"{DRAWN}`{edition.code}`",
            "",
            f"Confidence: {edition.source.confidence}. {edition.source.provision}.",
            f"Editions by the day of the decision: {editions}.",
            "",
            f"* Grades: {grades}, otherwise `e`.",
            f"* The instalment test (RPC): an annuity at {rate} a year and all other instalments",
            "  known, over the net income of a month, rounded up to a tenth of a percent.",
            f"  Up to {share} it is comfortable (our assumption); up to the highest part in force",
            "  (`services/financing/domain/rules/capacity.py`) it is tight, above that too high.",
            f"* A business younger than {months}, or only planned, is on the beginner's card.",
        )
    )


def _card(card: Card, edition: Scorecards) -> str:
    scorecard = edition.cards[card]
    who = {
        Card.BUSINESS: "a person whose business runs",
        Card.BEGINNER: "a person who begins",
        Card.GROUP: "a group (kelompok usaha); `person` and `business` are its chair's",
        Card.COOPERATIVE: "a cooperative of the real sector",
        Card.KSP: "a savings and loan cooperative (KSP)",
    }[card]
    return "\n".join(
        (
            f"## `{card}`: {who}",
            "",
            f"Confidence: {scorecard.source.confidence}. {scorecard.source.provision}.",
            "",
            "| factor | most | points by value | what is counted | why |",
            "|---|---|---|---|---|",
            *_rows(scorecard.bands),
        )
    )


def _rows(every: tuple[Bands, ...]) -> Iterator[str]:
    for bands in every:
        measure = MEASURES[bands.name]
        cells = (
            f"`{bands.name}` ({measure.dimension})",
            str(bands.points_max),
            "; ".join(_points(bands)),
            measure.counted,
            measure.why,
        )
        yield f"| {' | '.join(cells)} |"


def _points(bands: Bands) -> Iterator[str]:
    unit = bands.measure.unit
    if unit is FactorUnit.YES_NO:
        yield f"no: {bands.points[0]}"
        yield f"yes: {bands.points[1]}"
        return
    if bands.measure.rising:
        yield f"below {_in(unit, bands.starts[0])}: {bands.points[0]}"
        for start, points in zip(bands.starts, bands.points[1:], strict=True):
            yield f"from {_in(unit, start)}: {points}"
    else:
        for start, points in zip(bands.starts, bands.points, strict=False):
            yield f"up to {_in(unit, start - 1)}: {points}"
        yield f"above {_in(unit, bands.starts[-1] - 1)}: {bands.points[-1]}"


def _in(unit: FactorUnit, value: int) -> str:
    return quantity(unit, value, Language.EN)


def test_the_page_says_what_the_newest_edition_says():
    newest = SCORECARDS.values[-1]
    by_hand, _, found = PAGE.read_text().partition(DRAWN)
    if os.environ.get(REWRITE):
        PAGE.write_text(by_hand + drawn(newest))
    else:
        assert DRAWN + found == drawn(newest), f"draw it anew: {REWRITE}=1 pytest {__file__}"


def test_what_is_written_by_hand_names_what_is_never_an_input():
    by_hand = PAGE.read_text().partition(DRAWN)[0]
    for word in ("reason of return", "sex", "religion", "region", "migration status"):
        assert word in by_hand
    assert f"collectibility {NOT_PERFORMING} or worse" in by_hand
    assert "assumption" in by_hand
