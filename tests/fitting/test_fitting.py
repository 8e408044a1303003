"""The workshop finds a known truth, writes an edition that can be read, and never fits a group."""

import csv
import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fitting import book as books
from fitting import drawing, measures, weights
from fitting.__main__ import app
from fitting.book import Book, BookUnreadable, Case, Groups, read
from fitting.challenge import BookTooSmall, Challenge, challenged
from fitting.weights import NothingToFit, fit, pointed
from services.financing.domain.eligibility import Confidence
from services.financing.domain.factors import FACTORS, Card, FactorName
from services.financing.domain.scorecards.edition import POINTS_MAX, Scorecard, written
from services.financing.domain.scorecards.edition import read as read_edition
from tests.fitting.conftest import CHAMPION, SINCE

each_card = pytest.mark.parametrize("card", Card)


def most(scorecard: Scorecard) -> dict[FactorName, int]:
    """The points of each factor's best band."""
    return {bands.name: bands.points_max for bands in scorecard.bands}


# The truth is found


@each_card
def test_a_fit_finds_what_is_true_of_the_book(challenge: Challenge, card):
    found, true = most(challenge.edition.cards[card]), drawing.WORTH[card]
    far_apart = [(one, two) for one in true for two in true if true[one] >= true[two] + 6]
    assert far_apart
    for one, other in far_apart:
        assert found.get(one, 0) > found.get(other, 0), (one, other)
    nothing = sum(points for name, points in found.items() if name not in true)
    assert nothing <= 15


def test_the_challenger_tells_good_from_bad_better_on_cases_that_it_has_not_seen(challenge):
    for match in challenge.matches:
        assert match.challenger.power.auc > match.champion.power.auc > 0.5
        assert match.challenger.power.ks > 0.3


def test_the_truth_that_is_drawn_is_the_one_that_is_stated():
    for card, scorecard in drawing.truth(CHAMPION).items():
        assert most(scorecard) == dict(drawing.WORTH[card])


@each_card
def test_what_is_expected_is_what_happens(challenge: Challenge, card):
    match = next(each for each in challenge.matches if each.card is card)
    assert sum(each.cases for each in match.challenger.by_grade) == match.compared_on
    expected = sum(each.expected * each.cases for each in match.challenger.by_decile)
    assert expected / match.compared_on == pytest.approx(match.bad.mean(), abs=0.06)
    lowest, *_, highest = match.challenger.by_decile
    assert lowest.observed > highest.observed


# What is written


def test_the_edition_that_is_written_can_be_read_and_is_as_strict_as_any(challenge: Challenge):
    edition = read_edition(written(challenge.edition).encode())
    assert (edition.code, edition.since) == ("SCORE-TRIED", SINCE)
    for card in Card:
        scorecard = edition.cards[card]
        assert sum(most(scorecard).values()) == POINTS_MAX
        for bands in scorecard.bands:
            rising = bands.points if bands.measure.rising else bands.points[::-1]
            assert rising[0] == 0
            assert all(one < other for one, other in pairwise(rising))
            champion = next(each for each in CHAMPION.cards[card].bands if each.name is bands.name)
            assert set(bands.starts) <= set(champion.starts)


def test_the_same_file_is_fitted_to_the_same_edition(book: Book, file: Path, challenge: Challenge):
    again = challenged(
        read(file), CHAMPION, code="SCORE-TRIED", since=SINCE, cut=50, of=tuple(Card)
    )
    assert written(again.edition) == written(challenge.edition)


def test_the_same_seed_draws_the_same_book(file: Path, tmp_path: Path):
    drawing.draw(tmp_path / "again.csv", CHAMPION, people=9_000, seed=7)
    assert (tmp_path / "again.csv").read_bytes() == file.read_bytes()


def test_a_synthetic_book_never_passes_for_knowledge(book: Book, challenge: Challenge):
    for card in Card:
        source = challenge.edition.cards[card].source
        assert source.confidence is Confidence.ASSUMPTION
        assert "synthetic" in source.provision
    real = challenged(
        book._replace(synthetic=False),
        CHAMPION,
        code="SCORE-REAL",
        since=SINCE,
        cut=50,
        of=(Card.BUSINESS,),
    )
    source = real.edition.cards[Card.BUSINESS].source
    assert source.confidence is Confidence.COMPUTED
    assert book.sha256[:16] in source.provision
    assert real.edition.cards[Card.KSP] is CHAMPION.cards[Card.KSP]


# Groups


def test_who_somebody_is_changes_no_weight(book: Book, challenge: Challenge):
    """Shuffled groups, or ones that foretell every outcome, fit the very same edition."""
    mixed = random.Random(5)
    for regrouped in (
        lambda case: Groups(mixed.choice("ab"), mixed.choice("ab"), mixed.choice("ab")),
        lambda case: Groups(*(["bad" if case.bad else "good"] * 3)),
    ):
        cases = tuple(case._replace(groups=regrouped(case)) for case in book.cases)
        other = challenged(
            book._replace(cases=cases),
            CHAMPION,
            code="SCORE-TRIED",
            since=SINCE,
            cut=50,
            of=(Card.BUSINESS, Card.KSP),
        )
        for card in (Card.BUSINESS, Card.KSP):
            assert other.edition.cards[card].bands == challenge.edition.cards[card].bands


def test_no_column_of_a_group_is_a_factor_and_no_edition_could_name_one(challenge: Challenge):
    assert not set(Groups._fields) & set(FactorName)
    for group in Groups._fields:
        file = written(challenge.edition).replace('"instalment_share"', f'"{group}"')
        with pytest.raises(ValueError, match=group):
            read_edition(file.encode())


def test_a_difference_between_groups_is_shown(book: Book):
    """Women are drawn with less own money: where that counts alone, they are approved less."""
    cases = [case for case in book.cases if case.card is Card.BUSINESS]
    bands = [each for each in CHAMPION.cards[Card.BUSINESS].bands if each.name == "own_equity"]
    only = Scorecard(Card.BUSINESS, bands, CHAMPION.cards[Card.BUSINESS].source)
    points = np.array([only.total(case.values).points for case in cases])
    bad = np.array([case.bad for case in cases])
    rows = measures.groups([case.groups for case in cases], points, bad, cut=6)["sex"]
    ratio = {row.name: row.ratio for row in rows}
    assert ratio["male"] == 1
    assert ratio["female"] < measures.ADVERSE_BELOW
    provinces = measures.groups([case.groups for case in cases], points, bad, cut=6)["province"]
    assert min(row.ratio for row in provinces) > ratio["female"] + 0.1


def test_small_groups_are_told_together_and_not_judged():
    who = [Groups("a" if number < 100 else f"b{number}", "", "") for number in range(120)]
    points, bad = np.full(120, 60), np.arange(120) % 2 == 0
    rows = measures.groups(who, points, bad, cut=50)
    assert [(row.name, row.cases, row.ratio) for row in rows["sex"]] == [
        ("a", 100, 1.0),
        ("others", 20, None),
    ]
    assert [row.name for row in rows["country"]] == ["unknown"]


# Points from weights


def test_a_step_that_the_outcomes_count_against_is_merged():
    worth = {bands.name: [0.0] * len(bands.starts) for bands in CHAMPION.cards[Card.KSP].bands}
    worth[FactorName.SHU] = [0.0, 3.0]
    worth[FactorName.OFFICERS_COLLECTIBILITY] = [1.0, 0.0]
    fitted = pointed(CHAMPION.cards[Card.KSP].bands, worth)
    assert [(each.name, each.starts, each.points) for each in fitted.bands] == [
        ("shu", (50,), (0, 75)),
        ("officers_collectibility", (3,), (25, 0)),
    ]
    assert set(fitted.dropped) == set(worth) - {"shu", "officers_collectibility"}


def test_thirds_make_a_hundred():
    bands = CHAMPION.cards[Card.BUSINESS].bands[-3:]
    fitted = pointed(bands, {each.name: [1.0] for each in bands})
    assert [each.points_max for each in fitted.bands] == [34, 33, 33]


@pytest.mark.parametrize("worth", [0.0])
def test_what_tells_nothing_is_no_card(worth):
    bands = CHAMPION.cards[Card.BUSINESS].bands[-3:]
    with pytest.raises(NothingToFit):
        pointed(bands, {each.name: [worth] for each in bands})
    values = [(None,) * len(FACTORS[Card.KSP])] * 400
    with pytest.raises(NothingToFit):
        fit(Card.KSP, CHAMPION.cards[Card.KSP], values, [number % 2 == 0 for number in range(400)])


def test_outcomes_that_run_backwards_weigh_nothing():
    """More savers, more bad loans: no weight may follow, for it would turn the card around."""
    place = FACTORS[Card.KSP].index(FactorName.SAVERS)
    rows = [tuple(990 if at == place else None for at in range(7)) for _ in range(300)]
    rows += [(None,) * 7] * 300
    with pytest.raises(NothingToFit):
        fit(Card.KSP, CHAMPION.cards[Card.KSP], rows, [True] * 250 + [False] * 300 + [True] * 50)


@pytest.mark.parametrize(
    ("cases", "bads", "enough"),
    [(300, 30, True), (299, 30, False), (300, 29, False), (300, 271, False), (300, 270, True)],
)
def test_a_card_needs_outcomes_of_both_kinds(cases, bads, enough):
    assert weights.enough([number < bads for number in range(cases)]) is enough


# Champion and challenger


def test_no_day_lies_on_both_sides_of_the_split(book: Book, challenge: Challenge):
    early = [case for case in book.cases if case.decided_on < challenge.split_on]
    assert 0.65 < len(early) / len(book.cases) < 0.75
    for match in challenge.matches:
        cases = [case for case in early if case.card is match.card]
        assert match.fitted_on == len(cases)


def test_the_swap_set_compares_as_many_approvals():
    champion = np.array([60, 60, 40, 40, 40])
    challenger = np.array([30, 70, 80, 20, 20])
    bad = np.array([True, False, False, True, True])
    said = measures.swap(champion, challenger, bad, cut=50)
    assert (said.approved, said.swapped_in, said.swapped_out) == (2, 1, 1)
    assert (said.swapped_in_bad, said.swapped_out_bad) == (0.0, 1.0)
    none = measures.swap(champion, champion, bad, cut=50)
    assert (none.swapped_in, none.swapped_out_bad) == (0, None)


def test_power_is_that_of_the_textbook():
    points, bad = np.array([10, 20, 30, 40]), np.array([True, True, False, False])
    assert measures.power(points, bad) == (1.0, 1.0)
    assert measures.power(points, ~bad) == (0.0, 0.0)
    assert measures.power(points, bad & False) == (None, None)
    assert measures.deciles(np.arange(10)) == [str(number) for number in range(1, 11)]
    assert set(measures.deciles(np.zeros(50))) == {"10"}


def test_changes_of_grade_add_up(challenge: Challenge):
    for match in challenge.matches:
        moved = sum(sum(row.values()) for row in match.moves.values())
        assert moved == match.compared_on


def test_a_card_with_few_outcomes_stays_as_it_is(book: Book):
    few = [case for case in book.cases if case.card is Card.KSP][:100]
    many = [case for case in book.cases if case.card is not Card.KSP]
    result = challenged(
        book._replace(cases=(*many, *few)),
        CHAMPION,
        code="SCORE-TRIED",
        since=SINCE,
        cut=50,
        of=(Card.KSP, Card.BEGINNER),
    )
    assert result.edition.cards[Card.KSP] is CHAMPION.cards[Card.KSP]
    assert result.kept == {Card.KSP: "only 100 outcomes, too few to fit"}
    with pytest.raises(BookTooSmall, match="ksp: only 100"):
        challenged(
            book._replace(cases=tuple(few)),
            CHAMPION,
            code="SCORE-TRIED",
            since=SINCE,
            cut=50,
            of=(Card.KSP,),
        )


# The file


def a_row(**changes: str) -> dict[str, str]:
    """A line of a book that is well, except for what a test changes."""
    return {"card": "beginner", "decided_on": "2027-01-31", "outcome": "good", **changes}


def a_file(tmp_path: Path, *rows: dict[str, str], names: Iterator[str] | None = None) -> Path:
    path = tmp_path / "book.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(names or books.columns()), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_line_is_read_as_the_factors_of_its_card(tmp_path: Path):
    known = a_row(outcome="bad", training="1", own_equity="-5", sex="female", country="HKG")
    [case] = read(a_file(tmp_path, known)).cases
    values = [None] * len(FACTORS[Card.BEGINNER])
    values[FACTORS[Card.BEGINNER].index(FactorName.TRAINING)] = 1
    values[FACTORS[Card.BEGINNER].index(FactorName.OWN_EQUITY)] = -5
    day = case.decided_on
    assert case == Case(Card.BEGINNER, day, True, tuple(values), Groups("female", "", "HKG"))
    assert (day - timedelta(days=30)).isoformat() == "2027-01-01"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"card": "women"}, "line 2, card: one of business"),
        ({"outcome": "late"}, "line 2, outcome: `good` or `bad`"),
        ({"decided_on": "31.1.2027"}, "line 2, decided_on"),
        ({"decided_on": "0001-01-01"}, "line 2, decided_on"),
        ({"training": "yes"}, "line 2, training: a whole number"),
        ({"training": "2"}, "line 2, training: from 0 to 1"),
        ({"training": "0.5"}, "line 2, training: a whole number"),
        ({"collectibility": "0"}, "line 2, collectibility: from 1 to 5"),
        ({"shu": "3"}, "line 2, shu: is not counted on the card beginner"),
    ],
)
def test_a_fault_is_named_with_its_line_and_column(tmp_path: Path, changes, said):
    with pytest.raises(BookUnreadable) as fault:
        read(a_file(tmp_path, a_row(**changes)))
    assert str(fault.value).startswith(said)


def test_many_faults_are_told_at_once_and_not_without_end(tmp_path: Path):
    with pytest.raises(BookUnreadable) as fault:
        read(a_file(tmp_path, *[a_row(outcome="late")] * 15))
    lines = str(fault.value).splitlines()
    assert (len(lines), lines[-1]) == (11, "and 5 more lines")


def test_a_column_that_is_none_is_refused(tmp_path: Path):
    names = [*books.columns(), "religion"]
    with pytest.raises(BookUnreadable, match="Unknown: religion"):
        read(a_file(tmp_path, a_row(), names=names))
    with pytest.raises(BookUnreadable, match="Missing: country"):
        read(a_file(tmp_path, names=books.columns()[:-1]))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"card\n", b"a,a\n"])
def test_what_is_no_book_is_said(tmp_path: Path, content):
    path = tmp_path / "book.csv"
    path.write_bytes(content)
    with pytest.raises(BookUnreadable):
        read(path)


def test_an_empty_book_and_a_missing_one_are_said(tmp_path: Path):
    with pytest.raises(BookUnreadable, match="no case"):
        read(a_file(tmp_path))
    with pytest.raises(BookUnreadable, match="cannot be read"):
        read(tmp_path / "none.csv")


# The command


FITTED = (Card.BEGINNER, Card.KSP)
PLOTS = ("roc", "points", "calibration", "groups")


def test_the_command_writes_edition_report_and_plots(file: Path, tmp_path: Path):
    out = tmp_path / "out"
    options = ["--into", str(out), "--since", "2030-01-01"]
    only = [f"--card={card}" for card in FITTED]
    told = CliRunner().invoke(app, ["fit", str(file), *options, *only])
    assert told.exit_code == 0, told.output
    edition = read_edition((out / "score-fitted-20300101.json").read_bytes())
    assert edition.code == "SCORE-FITTED-20300101"
    assert edition.cards[Card.GROUP].bands == CHAMPION.cards[Card.GROUP].bands
    assert edition.cards[Card.KSP].bands != CHAMPION.cards[Card.KSP].bands
    said = (out / "report.md").read_text()
    for word in ("synthetic", "AUC", "KS", "Calibration", "Swap set", *Groups._fields):
        assert word in said
    plots = {path.name for path in out.glob("*.svg")}
    assert plots == {f"{card}-{name}.svg" for card in FITTED for name in PLOTS}
    assert all(f"({name})" in said for name in plots)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.csv", "--since", "2030-01-01"], "cannot be read"),
        (["BOOK", "--since", "1900-01-01"], "after 1900-01-01"),
        (["BOOK", "--since", "2030-01-01", "--code", "fitted"], "$.code"),
        (["BOOK", "--since", "2030-01-01"], "too few to fit"),
    ],
)
def test_a_command_that_cannot_go_on_says_why(tmp_path: Path, arguments, said):
    path = tmp_path / "small.csv"
    drawing.draw(path, CHAMPION, people=900, seed=1)
    named = [str(path) if each == "BOOK" else each for each in arguments]
    told = CliRunner().invoke(app, ["fit", *named, "--into", str(tmp_path / "out")])
    assert told.exit_code == 2
    assert said in told.output
    assert "Traceback" not in told.output
    assert not (tmp_path / "out").exists()
