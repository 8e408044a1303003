"""The editions of the scorecards: what a file may hold, and that an old decision keeps its own."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.financing.domain import scorecards
from services.financing.domain.decision import IN_FORCE, Rulebook, decide
from services.financing.domain.eligibility import Confidence
from services.financing.domain.factors import FACTORS, MEASURES, STARTS, Card, FactorName
from services.financing.domain.scorecards.edition import (
    POINTS_MAX,
    EditionUnreadable,
    Scorecard,
    Scorecards,
    Sum,
    read,
    written,
)
from shared.timeline import FIRST_DAY, Timeline
from tests.financing.domain.applicants import CHANNELS, IN_2026, a_person, ask

FILES = sorted(Path(scorecards.__file__).parent.glob("*.json"))
FIRST = Path(scorecards.__file__).parent / "assumed-2026.json"
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_card = pytest.mark.parametrize("card", Card)


def later(since: date = date(2030, 1, 1), **changes: Any) -> Scorecards:
    """An edition of another day."""
    return replace(read(FIRST.read_bytes()), code="SCORE-LATER", since=since, **changes)


# What is in force


@each_file
def test_a_file_is_written_as_we_write_it(path):
    assert written(read(path.read_bytes())) == path.read_text()


def test_what_people_write_stays_readable_and_what_could_not_be_read_again_is_not_written():
    first = read(FIRST.read_bytes())
    told = replace(first, source=first.source._replace(provision="“taksiran” Désa"))
    assert '"source": "“taksiran” Désa"' in written(told)
    card = first.cards[Card.KSP]
    (bands, *others) = card.bands
    short = Scorecard(Card.KSP, (bands._replace(points=bands.points[:-1]), *others), card.source)
    for broken in (
        replace(first, grade_starts=first.grade_starts[1:]),
        replace(first, cards={**first.cards, Card.KSP: short}),
    ):
        with pytest.raises(ValueError, match="zip"):
            written(broken)


def test_every_file_is_in_force_from_its_day_and_there_is_one_for_every_day():
    editions = scorecards.SCORECARDS
    assert sorted(each.code for each in editions.values) == sorted(
        read(path.read_bytes()).code for path in FILES
    )
    assert editions.since == tuple(each.since for each in editions.values)
    assert editions.since[0] == FIRST_DAY


def test_no_two_editions_have_one_code():
    codes = [each.code for each in scorecards.SCORECARDS.values]
    assert len(codes) == len(set(codes))


@each_card
def test_the_first_edition_is_an_assumption_and_says_so(card):
    first = read(FIRST.read_bytes())
    assert first.source.confidence is Confidence.ASSUMPTION
    assert first.source.regulation == (
        "Scorecard SCORE-ASSUMED-2026, grades and the instalment test"
    )
    source = first.cards[card].source
    assert source.confidence is Confidence.ASSUMPTION
    assert source.since == first.since
    assert source.regulation == f"Scorecard SCORE-ASSUMED-2026, card {card}"


@each_card
def test_the_first_edition_uses_every_factor_of_a_card(card):
    first = read(FIRST.read_bytes()).cards[card]
    assert [bands.name for bands in first.bands] == list(FACTORS[card])


# The suggestion that the first card follows: capacity 35, character 25, capital 15, condition 15,
# collateral 10. No collateral may be asked for up to Rp 100 m: five of its ten are capacity's.
def test_a_business_is_weighed_by_the_five_cs():
    weights = dict[str, int]()
    for bands in read(FIRST.read_bytes()).cards[Card.BUSINESS].bands:
        dimension = bands.measure.dimension
        weights[dimension] = weights.get(dimension, 0) + bands.points_max
    assert weights == {
        "capacity": 40,
        "character": 25,
        "capital": 15,
        "condition": 15,
        "collateral": 5,
    }


def test_every_name_of_a_factor_is_measured_and_stands_on_a_card():
    assert {name for card in Card for name in FACTORS[card]} == set(FactorName) == set(MEASURES)


# What the bands of an edition pay


def alone(card: Card, scorecard: Scorecard, name: FactorName, value: int) -> int:
    """The points of one value when nothing else is known."""
    values = [value if each is name else None for each in FACTORS[card]]
    total = scorecard.total(tuple(values))
    assert total.missing == POINTS_MAX - _bands(scorecard, name).points_max
    return total.points


def _bands(scorecard: Scorecard, name: FactorName) -> Any:
    return next(bands for bands in scorecard.bands if bands.name is name)


@each_file
@each_card
def test_a_band_holds_from_its_start_to_the_next(path, card):
    scorecard = read(path.read_bytes()).cards[card]
    said = json.loads(path.read_text())["cards"][card]["factors"]
    for factor in said:
        name = FactorName(factor["factor"])
        before = factor["below"]
        for start, points in factor["bands"]:
            assert alone(card, scorecard, name, start - 1) == before
            assert alone(card, scorecard, name, start) == points
            before = points
        assert alone(card, scorecard, name, 10**15) == before


@each_file
@each_card
def test_the_next_better_band_is_reached_by_its_limit_and_by_nothing_less(path, card):
    scorecard = read(path.read_bytes()).cards[card]
    for bands in scorecard.bands:
        step = 1 if bands.measure.rising else -1
        for value in (0, *bands.starts, *(start - 1 for start in bands.starts)):
            now = alone(card, scorecard, bands.name, value)
            better = bands.better(value)
            if better is None:
                assert now == bands.points_max
                continue
            limit, points = better
            assert alone(card, scorecard, bands.name, limit) == points > now
            assert alone(card, scorecard, bands.name, limit - step) == now


@each_file
@each_card
@settings(max_examples=25)
@given(st.data())
def test_what_is_better_never_earns_less_on_any_card(path, card, data):
    scorecard = read(path.read_bytes()).cards[card]
    for bands in scorecard.bands:
        one, other = sorted(data.draw(st.integers(-2, 2000)) for _ in range(2))
        worse, better = (one, other) if bands.measure.rising else (other, one)
        earned = [alone(card, scorecard, bands.name, each) for each in (worse, better)]
        assert earned == sorted(earned)
        assert min(earned) >= 0


def test_a_card_may_leave_factors_out_and_order_them_otherwise():
    card = read(FIRST.read_bytes()).cards[Card.BUSINESS]
    few = Scorecard(Card.BUSINESS, (card.bands[4], card.bands[0]), card.source)
    values = tuple(range(len(FACTORS[Card.BUSINESS])))
    assert [(bands.name, value) for bands, value in few.valued(values)] == [
        (FactorName.COLLECTIBILITY, 4),
        (FactorName.INSTALMENT_SHARE, 0),
    ]
    assert few.total(values) == Sum(20, 0)
    assert few.total((None, *values[1:])) == Sum(0, 20)


# What a file may not hold


def broken(change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The first edition with something wrong."""
    document = json.loads(FIRST.read_text())
    change(document)
    return json.dumps(document).encode()


def factor(document: dict[str, Any], at: int, card: str = "business") -> dict[str, Any]:
    """One factor of a file."""
    return document["cards"][card]["factors"][at]


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a field more": (lambda d: d.update(weights=1), "weights"),
    "a field less": (lambda d: d.pop("since"), "since"),
    "no code": (lambda d: d.update(code="score 1"), r"\$\.code"),
    "no day": (lambda d: d.update(since="2026-13-01"), r"\$\.since"),
    "no confidence": (lambda d: d.update(confidence="sure"), "sure"),
    "no source": (lambda d: d["cards"]["ksp"].update(source=""), r"source"),
    "a card less": (
        lambda d: d["cards"].pop("ksp"),
        "must hold exactly business, beginner, group, cooperative, ksp$",
    ),
    "a card more": (lambda d: d["cards"].update(women=d["cards"]["ksp"]), "women"),
    "a factor that is none": (lambda d: factor(d, 0).update(factor="sex"), "sex"),
    "the return reason": (lambda d: factor(d, 0).update(factor="return_reason"), "return_reason"),
    "a factor of others": (lambda d: factor(d, 0).update(factor="shu"), "cannot be counted"),
    "a factor twice": (
        lambda d: d["cards"]["business"]["factors"].append(factor(d, 0)),
        "names a factor twice",
    ),
    "half a point": (lambda d: factor(d, 2).update(below=0.5), r"factors\[2\]\.below"),
    "a true": (lambda d: factor(d, 2).update(below=False), r"factors\[2\]\.below"),
    "a number as text": (lambda d: factor(d, 2).update(below="0"), r"factors\[2\]\.below"),
    "points below nought": (lambda d: factor(d, 2).update(below=-1), r"factors\[2\]\.below"),
    "points above a hundred": (lambda d: factor(d, 2).update(below=101), r"below"),
    "no bands": (lambda d: factor(d, 2).update(bands=[]), r"factors\[2\]\.bands"),
    "not a hundred": (lambda d: factor(d, 11).update(bands=[[1, 6]]), "is 101, not 100"),
    "starts out of order": (
        lambda d: factor(d, 2).update(bands=[[12, 4], [6, 10]]),
        "begin in order",
    ),
    "a start twice": (lambda d: factor(d, 2).update(bands=[[6, 4], [6, 10]]), "begin in order"),
    "a start below all": (lambda d: factor(d, 2).update(bands=[[0, 10]]), "from 1 to 600"),
    "a start above all": (lambda d: factor(d, 2).update(bands=[[601, 10]]), "from 1 to 600"),
    "points that fall": (lambda d: factor(d, 2).update(bands=[[6, 10], [12, 4]]), "rise from 0"),
    "points that stay": (lambda d: factor(d, 2).update(bands=[[6, 10], [12, 10]]), "rise from 0"),
    "points that rise": (lambda d: factor(d, 4).update(below=0, bands=[[2, 15]]), "fall to 0"),
    "a gift": (lambda d: factor(d, 2).update(below=1), "rise from 0"),
    "a grade less": (lambda d: d["grades"].pop("a"), r"grades must hold exactly a, b, c, d$"),
    "a grade more": (lambda d: d["grades"].update(e=0), r"grades must hold exactly a, b, c, d$"),
    "grades out of order": (lambda d: d["grades"].update(a=60), r"grades .* last: a, b, c, d$"),
    "two grades as one": (lambda d: d["grades"].update(a=65), r"grades .* last: a, b, c, d$"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_file_is_named(fault):
    change, said = FAULTS[fault]
    with pytest.raises(EditionUnreadable, match=said):
        read(broken(change))


@pytest.mark.parametrize("file", [b"", b"[]", b"{", b"\xff", b'{"code": 1, "code": 2}'])
def test_what_is_no_edition_is_said(file):
    with pytest.raises(EditionUnreadable):
        read(file)


def test_a_file_may_be_changed_within_these_rules():
    assert read(broken(lambda d: None)).code == "SCORE-ASSUMED-2026"
    limits = {unit: STARTS[unit] for unit in STARTS}
    assert all(first <= last for first, last in limits.values())
    longest = read(broken(lambda d: factor(d, 2).update(bands=[[1, 1], [600, 10]])))
    assert longest.cards[Card.BUSINESS].bands[2].starts == (1, 600)


# Which edition decides


def test_the_edition_of_the_day_of_the_decision_is_used_whatever_the_akad():
    rulebook = Rulebook(
        scorecards=Timeline((FIRST_DAY, read(FIRST.read_bytes())), (date(2030, 1, 1), later()))
    )

    def used(on: date, akad_on: date) -> str:
        request = ask(akad_on=akad_on)
        made = decide(a_person(), request, on=on, channels=CHANNELS, rulebook=rulebook)
        return made.score.edition.code

    eve, day = date(2029, 12, 31), date(2030, 1, 1)
    assert used(eve, akad_on=day + timedelta(days=30)) == "SCORE-ASSUMED-2026"
    assert used(day, akad_on=day) == "SCORE-LATER"


def test_a_rulebook_as_it_was_has_the_scorecards_of_then():
    rulebook = Rulebook(
        scorecards=Timeline((FIRST_DAY, read(FIRST.read_bytes())), (IN_2026, later(IN_2026)))
    )
    assert IN_FORCE.enacted()["scorecards"] == scorecards.SCORECARDS.since
    before = rulebook.only({**rulebook.enacted(), "scorecards": (FIRST_DAY,)})
    assert before.scorecards.on(IN_2026).code == "SCORE-ASSUMED-2026"
    assert rulebook.scorecards.on(IN_2026).code == "SCORE-LATER"
