"""
How good a card is on a book, and whether it treats groups alike.

Points are compared with what happened: the higher they are, the fewer loans should go bad.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve

from fitting.book import Groups

DECILES = 10
GROUP_CASES_MIN = 30
"""A smaller group is counted and not judged: its figures would be chance."""

OTHERS = "others"
ADVERSE_BELOW = 0.8
"""The four-fifths rule of practice: a group approved less often than that is looked at."""


class Power(NamedTuple):
    """How well points tell good from bad: AUC and KS; None where one of the two is missing."""

    auc: float | None
    ks: float | None


class Bin(NamedTuple):
    """Cases of one grade or decile: how many, how many bad were expected, how many there were."""

    name: str
    cases: int
    expected: float
    observed: float


class Group(NamedTuple):
    """One group: how it is treated; `ratio` is its approval over that of the most approved."""

    name: str
    cases: int
    bad_rate: float
    mean_points: float
    approval: float
    ratio: float | None
    auc: float | None


def power(points: np.ndarray, bad: np.ndarray) -> Power:
    """Return how well points tell good from bad."""
    if bad.all() or not bad.any():
        return Power(None, None)
    wrong, right, _ = roc_curve(bad, -points)
    return Power(float(roc_auc_score(bad, -points)), float(np.max(right - wrong)))


def expecting(points: np.ndarray, bad: np.ndarray) -> LogisticRegression:
    """Return what points let one expect: the chance of going bad, fitted on other cases."""
    return LogisticRegression(C=1e6, solver="newton-cholesky").fit(points.reshape(-1, 1), bad)


def calibration(
    names: Sequence[str], expected: np.ndarray, bad: np.ndarray, order: Sequence[str]
) -> list[Bin]:
    """Return expected and observed shares of bad loans, by the name that each case has."""
    which = np.array(names)
    return [
        Bin(
            name,
            int(mask.sum()),
            float(expected[mask].mean()),
            float(bad[mask].mean()),
        )
        for name in order
        if (mask := which == name).any()
    ]


def deciles(points: np.ndarray) -> list[str]:
    """Return the decile of each case by its points, `1` the lowest; equal points share one."""
    ranks = np.searchsorted(np.sort(points), points, side="right") / len(points)
    return [str(int(min(DECILES, np.ceil(rank * DECILES)))) for rank in ranks]


def groups(
    who: Sequence[Groups], points: np.ndarray, bad: np.ndarray, *, cut: int
) -> Mapping[str, list[Group]]:
    """Return how each group is treated when loans are approved from `cut` points on."""
    return {
        field: _by(np.array([getattr(each, field) or "unknown" for each in who]), points, bad, cut)
        for field in Groups._fields
    }


def _by(names: np.ndarray, points: np.ndarray, bad: np.ndarray, cut: int) -> list[Group]:
    known, counts = np.unique(names, return_counts=True)
    large = [str(name) for name in known[counts >= GROUP_CASES_MIN]]
    grouped = np.where(np.isin(names, large), names, OTHERS)
    approvals = {name: float((points[grouped == name] >= cut).mean()) for name in large}
    most = max(approvals.values(), default=0.0)
    rows = list[Group]()
    for name in (*large, OTHERS):
        mask = grouped == name
        if not mask.any():
            continue
        approval = float((points[mask] >= cut).mean())
        ratio = approval / most if name in approvals and most else None
        auc = power(points[mask], bad[mask]).auc if name in approvals else None
        bad_rate, mean = float(bad[mask].mean()), float(points[mask].mean())
        rows.append(Group(name, int(mask.sum()), bad_rate, mean, approval, ratio, auc))
    return rows


class Swap(NamedTuple):
    """At as many approvals as the champion's: who comes in, who goes out, how they repaid."""

    approved: int
    cut: int
    swapped_in: int
    swapped_in_bad: float | None
    swapped_out: int
    swapped_out_bad: float | None


def swap(champion: np.ndarray, challenger: np.ndarray, bad: np.ndarray, *, cut: int) -> Swap:
    """Return the swap set of two cards on the same cases; the champion approves from `cut` on."""
    before = champion >= cut
    cuts = np.arange(0, 102)
    approved = [int((challenger >= each).sum()) for each in cuts]
    nearest = int(min(cuts, key=lambda each: (abs(approved[each] - int(before.sum())), -each)))
    after = challenger >= nearest
    came, went = after & ~before, before & ~after
    return Swap(
        int(after.sum()),
        nearest,
        int(came.sum()),
        float(bad[came].mean()) if came.any() else None,
        int(went.sum()),
        float(bad[went].mean()) if went.any() else None,
    )
