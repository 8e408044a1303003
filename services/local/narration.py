"""What a reader is told of an application: plain English, the reasons also in Indonesian."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from services.local.journey import Asked
from shared.money import rupiah

FACTORS_TOLD = 4
ENCLOSED = {
    "person": "name, NIK, birth date and village",
    "cooperative": "name and registry number",
}
"""What a lender is told of the borrower."""


class Narrator:
    """Writes label and sentence, line by line, to a console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, words: str) -> None:
        """Begin a story."""
        self._console.print()
        self._console.print(Text(words, style="bold"))

    def line(self, label: str, *sentences: str, style: str = "") -> None:
        """Write one or more sentences beside a label."""
        table = Table.grid(padding=(0, 1))
        table.add_column(width=10, no_wrap=True)
        table.add_row(
            Text(f"  {label}"),
            Group(*(Text(sentence, style=style) for sentence in sentences)),
        )
        self._console.print(table)

    def decision(self, decision: Mapping[str, Any]) -> None:
        """Tell what each product says, the score, and whom to ask in which order."""
        for product in decision["products"]:
            if product["eligible"]:
                self.line("yes", _yes(product), style="green")
        for products in _alike(decision["products"]):
            self.line("no", *_no(products))
        self.line("score", *_score(decision["score"]))
        self.line("route", *_route(decision["route"]))

    def missing(self, reason: Mapping[str, Any]) -> None:
        """Tell one reason in full, with the day from which it passes by itself."""
        passes = (f"Passes from {reason['earliest']}.",) if reason["earliest"] else ()
        self.line("missing", reason["sentence_en"], reason["sentence_id"], *passes)

    def step(self, step: Mapping[str, Any]) -> None:
        """Tell one step of the way from a no to a yes."""
        day = (f"Possible from {step['not_before']}.",) if step["not_before"] else ()
        self.line(f"step {step['no']}", step["sentence_en"], step["sentence_id"], *day)

    def sent(self, submission: Mapping[str, Any], asked: Asked, stages: Sequence[str]) -> None:
        """Tell what went to a lender and what it said."""
        self.line(
            "sent",
            f"to {submission['channel']}: {submission['product']}, {rupiah(asked.amount)} over "
            f"{asked.tenor_months} months, {ENCLOSED[asked.kind]}",
            f"under our number {submission['id']}",
        )
        said = " -> ".join(stages) or "nothing yet"
        reference = submission["reference"]
        known = f", under its number {reference}" if reference else ""
        self.line("answered", f"{said}{known}", *submission["reasons"])


def percent(basis_points: int) -> str:
    """Write a yearly rate given in hundredths of a percent."""
    return f"{basis_points // 100}.{basis_points % 100:02d} % a year"


def _yes(product: Mapping[str, Any]) -> str:
    month = product["instalment_month"]
    return (
        f"{product['name_en']}: {percent(product['rate_bp'])}, "
        f"{rupiah(month)} a month{_assumed(product)}"
    )


def _alike(products: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Return the products that said no, those with the same first reason together."""
    groups = dict[str, list[Mapping[str, Any]]]()
    for product in products:
        if not product["eligible"]:
            groups.setdefault(product["reasons"][0]["sentence_id"], []).append(product)
    return list(groups.values())


def _no(products: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    first, source = products[0]["reasons"][0], products[0]["reasons"][0]["source"]
    waits = [product["earliest_date"] for product in products if product["earliest_date"]]
    return (
        f"{', '.join(_name_no(product) for product in products)}:",
        first["sentence_en"],
        first["sentence_id"],
        f"{source['regulation']}, {source['provision']} [{source['confidence']}]",
        *(f"Not before {day}." for day in waits),
    )


def _name_no(product: Mapping[str, Any]) -> str:
    others = len(product["reasons"]) - 1
    return f"{product['name_en']}{_assumed(product)}{f' (and {others} more)' if others else ''}"


def _assumed(product: Mapping[str, Any]) -> str:
    return " [assumed product]" if product["assumed"] else ""


def _score(score: Mapping[str, Any]) -> tuple[str, ...]:
    strongest = sorted(score["factors"], key=lambda factor: -factor["points"])[:FACTORS_TOLD]
    factors = ", ".join(
        f"{factor['name'].replace('_', ' ')} {factor['points']} of {factor['points_max']}"
        for factor in strongest
    )
    points = f"{score['points']} of {score['points_max']} points, grade {score['grade'].upper()}"
    return (
        f"{points}, on the card {score['card']}; the weights are our {score['confidence']}",
        f"strongest: {factors}",
    )


def _route(route: Mapping[str, Any]) -> tuple[str, ...]:
    legs = [
        f"{leg['no']}. {leg['channel']}, {percent(leg['rate_bp'])}, "
        f"about {leg['expected_days']} days: {leg['why_en']}"
        for leg in route["legs"]
    ]
    left_out = [f"not {each['channel']}: {each['why_en']}" for each in route["left_out"]]
    return (route["sentence_en"], *legs, *left_out)
