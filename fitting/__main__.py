"""
The workshop of the scorecards.

    python -m fitting draw BOOK            write a synthetic book with a known truth
    python -m fitting fit BOOK --into F    fit an edition, compare it with the one in force, report
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from fitting import drawing, plots, report
from fitting.book import BookUnreadable, read
from fitting.challenge import BookTooSmall, Challenge, challenged
from services.financing.domain.factors import Card
from services.financing.domain.scorecards import SCORECARDS
from services.financing.domain.scorecards.edition import (
    EditionUnreadable,
    written,
)
from services.financing.domain.scorecards.edition import read as read_edition

CUT = 50
PEOPLE, SEED = 12_000, 1

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
_told = Console(stderr=True)


class Unusable(typer.Exit):
    """The command cannot go on; the reason has been told."""

    def __init__(self, why: object) -> None:
        _told.print(str(why), style="red", markup=False)
        super().__init__(2)


@app.command()
def draw(
    book: Annotated[Path, typer.Argument(help="The CSV file to write")],
    people: Annotated[int, typer.Option(min=1, max=2_000_000, help="How many cases")] = PEOPLE,
    seed: Annotated[int, typer.Option(help="The same seed draws the same book")] = SEED,
) -> None:
    """Write a synthetic book with a known truth: nothing in it was observed."""
    with _told.status(f"Drawing {people} cases"):
        drawing.draw(book, SCORECARDS.values[-1], people=people, seed=seed)
    _told.print(f"{book}: {people} cases of a synthetic book", markup=False)


@app.command()
def fit(
    book: Annotated[Path, typer.Argument(help="The CSV file of outcomes (docs/fitting.md)")],
    into: Annotated[Path, typer.Option(help="The folder for edition, report and plots")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day in force")],
    code: Annotated[str | None, typer.Option(help="Such as SCORE-FITTED-2027")] = None,
    champion: Annotated[
        Path | None, typer.Option(help="The edition to beat; the newest one if left out")
    ] = None,
    card: Annotated[
        list[Card] | None,
        typer.Option(help="Fit this card only, keep the others (repeatable)"),
    ] = None,
    cut: Annotated[
        int, typer.Option(min=0, max=100, help="Approved from these points on, to compare")
    ] = CUT,
) -> None:
    """Fit an edition from outcomes, compare it with the champion, and write what was found."""
    day = since.date()
    named = code or f"SCORE-FITTED-{day:%Y%m%d}"
    try:
        held = SCORECARDS.values[-1] if champion is None else read_edition(champion.read_bytes())
        read_edition(written(replace(held, code=named, since=day)).encode())
        outcomes = read(book)
    except (BookUnreadable, EditionUnreadable, OSError) as why:
        raise Unusable(why) from why
    if day <= held.since:
        raise Unusable(f"An edition begins after the one that it follows: after {held.since}.")
    with Progress(console=_told) as progress:
        cards = progress.track(card or tuple(Card), description="Fitting")
        try:
            challenge = challenged(outcomes, held, code=named, since=day, cut=cut, of=cards)
        except BookTooSmall as why:
            raise Unusable(why) from why
        file = _edition(challenge, into)
        matches = progress.track(challenge.matches, description="Drawing")
        drawn = {match.card: plots.draw(match, into) for match in matches}
        said = report.written(challenge, held, outcomes, drawn, cut=cut)
        (into / "report.md").write_text(said, encoding="utf-8")
    _summary(challenge, file, into)


def _edition(challenge: Challenge, into: Path) -> Path:
    """Write the edition as it will be read, which refuses one that cannot be right."""
    text = written(challenge.edition)
    read_edition(text.encode())
    into.mkdir(parents=True, exist_ok=True)
    file = into / f"{challenge.edition.code.lower()}.json"
    file.write_text(text, encoding="utf-8")
    return file


def _summary(challenge: Challenge, file: Path, into: Path) -> None:
    for match in challenge.matches:
        before, after = match.champion.power.auc, match.challenger.power.auc
        told = " -> ".join("-" if each is None else f"{each:.3f}" for each in (before, after))
        _told.print(f"{match.card}: AUC {told} on {match.compared_on} later cases", markup=False)
    for card, why in challenge.kept.items():
        _told.print(f"{card}: stays as it is, {why}", markup=False)
    _told.print(f"Read {into / 'report.md'}, then {file}", markup=False)


if __name__ == "__main__":
    app()
