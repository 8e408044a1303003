"""The plots of a match, as SVG files that are the same for the same book."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from fitting.book import Groups
from fitting.challenge import Match, Side

CHAMPION, CHALLENGER = "#7f7f7f", "#0b5fa5"
GOOD, BAD = "#0b5fa5", "#b3261e"


def draw(match: Match, folder: Path) -> list[str]:
    """Write every plot of a match; return the names of the files."""
    names = list[str]()
    for name, figure in _figures(match):
        file = f"{match.card}-{name}.svg"
        with mpl.rc_context({"svg.hashsalt": "purna", "svg.fonttype": "none"}):
            figure.savefig(folder / file, metadata={"Date": None})
        names.append(file)
    return names


def _figures(match: Match) -> Iterator[tuple[str, Figure]]:
    yield "roc", _roc(match)
    yield "points", _points(match)
    yield "calibration", _calibration(match)
    yield "groups", _groups(match)


def _sides(match: Match) -> tuple[tuple[str, Side, str], ...]:
    return (
        ("champion", match.champion, CHAMPION),
        ("challenger", match.challenger, CHALLENGER),
    )


def _roc(match: Match) -> Figure:
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes: Axes = figure.subplots()
    for name, side, colour in _sides(match):
        if side.power.auc is not None:
            wrong, right, _ = roc_curve(match.bad, -side.points)
            axes.plot(wrong, right, color=colour, label=f"{name}, AUC {side.power.auc:.3f}")
    axes.plot([0, 1], [0, 1], color="#cccccc", linestyle="--")
    axes.set(title=f"{match.card}: ROC", xlabel="good loans refused", ylabel="bad loans refused")
    axes.legend(loc="lower right")
    return figure


def _points(match: Match) -> Figure:
    figure = Figure(figsize=(9, 4), layout="constrained")
    bins = np.arange(0, 105, 5)
    for axes, (name, side, _) in zip(
        figure.subplots(1, 2, sharey=True), _sides(match), strict=True
    ):
        for label, mask, colour in (("good", ~match.bad, GOOD), ("bad", match.bad, BAD)):
            axes.hist(side.points[mask], bins, density=True, color=colour, alpha=0.5, label=label)
        ks = "-" if side.power.ks is None else f"{side.power.ks:.3f}"
        axes.set(title=f"{match.card}, {name}: KS {ks}", xlabel="points")
        axes.legend()
    return figure


def _calibration(match: Match) -> Figure:
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes: Axes = figure.subplots()
    most = 0.0
    for name, side, colour in _sides(match):
        expected = [each.expected for each in side.by_decile]
        observed = [each.observed for each in side.by_decile]
        most = max(most, *expected, *observed)
        axes.plot(expected, observed, marker="o", color=colour, label=name)
    axes.plot([0, most], [0, most], color="#cccccc", linestyle="--")
    axes.set(title=f"{match.card}: by decile", xlabel="bad, expected", ylabel="bad, observed")
    axes.legend(loc="upper left")
    return figure


def _groups(match: Match) -> Figure:
    figure = Figure(figsize=(11, 4), layout="constrained")
    for axes, field in zip(figure.subplots(1, 3, sharey=True), Groups._fields, strict=True):
        names = [group.name for group in match.challenger.groups[field]]
        places = np.arange(len(names))
        for offset, (name, side, colour) in zip((-0.2, 0.2), _sides(match), strict=True):
            approvals = [group.approval for group in side.groups[field]]
            axes.bar(places + offset, approvals, 0.4, color=colour, label=name)
        axes.set_xticks(places, names)
        axes.set(title=f"{match.card}: {field}", ylim=(0, 1), ylabel="approved")
        axes.legend()
    return figure
