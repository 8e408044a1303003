"""What a person reads before a new edition is put in force: tables, and the plots beside them."""

from collections.abc import Iterator, Mapping, Sequence

from fitting.book import Book
from fitting.challenge import LETTERS, Challenge, Match
from fitting.measures import ADVERSE_BELOW, GROUP_CASES_MIN, Bin, Group
from services.financing.domain.factors import Card
from services.financing.domain.scorecards.edition import Scorecard, Scorecards

_ORDER = LETTERS[::-1]


def written(
    challenge: Challenge,
    champion: Scorecards,
    book: Book,
    plots: Mapping[Card, Sequence[str]],
    *,
    cut: int,
) -> str:
    """Return the report of a fit, in Markdown."""
    lines = [*_head(challenge, champion, book, cut)]
    for match in challenge.matches:
        lines += _match(match, champion, challenge.edition, plots[match.card])
    return "\n".join([*lines, ""])


def _head(challenge: Challenge, champion: Scorecards, book: Book, cut: int) -> Iterator[str]:
    yield f"# {challenge.edition.code} against {champion.code}"
    yield ""
    if book.synthetic:
        yield "**The book is synthetic: nothing here was observed.**"
        yield ""
    yield (
        f"{len(book.cases)} cases, SHA-256 `{book.sha256}`. Fitted on what was decided before "
        f"{challenge.split_on}, compared on the rest. Approved means {cut} points or more; "
        "knock-outs are left aside on both sides."
    )
    for card, why in challenge.kept.items():
        yield ""
        yield f"The card `{card}` stays as it is: {why}."


def _match(
    match: Match, champion: Scorecards, edition: Scorecards, plots: Sequence[str]
) -> Iterator[str]:
    yield from ("", f"## `{match.card}`", "")
    yield f"Fitted on {match.fitted_on} cases, compared on {match.compared_on}."
    yield from ("", "| | champion | challenger |", "|---|---|---|")
    sides = (match.champion, match.challenger)
    yield _row("AUC", *(_figure(side.power.auc) for side in sides))
    yield _row("KS", *(_figure(side.power.ks) for side in sides))
    yield from ("", "### Factors", "")
    yield from _factors(champion.cards[match.card], edition.cards[match.card])
    yield from ("", "### Calibration of the challenger", "")
    yield from _bins("grade", match.challenger.by_grade)
    yield ""
    yield from _bins("decile", match.challenger.by_decile)
    yield from ("", "### Who changes grade", "")
    yield _row("champion \\ challenger", *_ORDER)
    yield _rule(len(_ORDER) + 1)
    for old in _ORDER:
        yield _row(old, *(str(match.moves[old][new]) for new in _ORDER))
    yield from _swap(match)
    yield from _groups(match)
    yield ""
    yield from (f"![{name}]({name})" for name in plots)


def _factors(before: Scorecard, after: Scorecard) -> Iterator[str]:
    most = {bands.name: bands.points_max for bands in after.bands}
    yield from ("| factor | champion | challenger |", "|---|---|---|")
    for bands in before.bands:
        yield _row(f"`{bands.name}`", str(bands.points_max), str(most.get(bands.name, 0)))


def _bins(what: str, bins: Sequence[Bin]) -> Iterator[str]:
    yield _row(what, "cases", "bad, expected", "bad, observed")
    yield _rule(4)
    for each in bins:
        yield _row(each.name, str(each.cases), _share(each.expected), _share(each.observed))


def _swap(match: Match) -> Iterator[str]:
    said = match.swap
    yield from ("", "### Swap set", "")
    yield (
        f"At {said.approved} approvals (challenger from {said.cut} points) {said.swapped_in} come "
        f"in, of whom {_share(said.swapped_in_bad)} went bad, and {said.swapped_out} go out, of "
        f"whom {_share(said.swapped_out_bad)} did."
    )


def _groups(match: Match) -> Iterator[str]:
    yield from ("", "### Groups", "")
    yield (
        f"Groups of fewer than {GROUP_CASES_MIN} are told together and not judged. A ratio below "
        f"{ADVERSE_BELOW} of the most approved group is marked: it has to be explained by what "
        "the factors count before the edition is put in force."
    )
    for field, rows in match.challenger.groups.items():
        before = {group.name: group for group in match.champion.groups[field]}
        yield ""
        yield _row(field, "cases", "bad", "points", "AUC", "approved", "ratio", "champion's ratio")
        yield _rule(8)
        for group in rows:
            yield _row(
                group.name,
                str(group.cases),
                _share(group.bad_rate),
                f"{group.mean_points:.1f}",
                _figure(group.auc),
                _share(group.approval),
                _ratio(group),
                _ratio(before[group.name]),
            )


def _ratio(group: Group) -> str:
    if group.ratio is None:
        return "-"
    return f"{group.ratio:.2f}{' (!)' if group.ratio < ADVERSE_BELOW else ''}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(cells: int) -> str:
    return "|" + "---|" * cells


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
