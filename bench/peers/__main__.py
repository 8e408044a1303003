"""`python -m bench.peers`: one task, four contenders, equal answers, then who is faster."""

import gc
import os
from collections.abc import Callable, Sequence
from itertools import chain
from random import Random
from time import process_time
from typing import Any, NamedTuple

from bench.figures import figure, say
from bench.peers import openfisca, ours, plain, zen_engine
from bench.peers.task import DAY, Answer, Case, cases
from services.financing.domain.eligibility import Assessment

CASES, ALONE = 10_000, 300
"""How many are decided by those who are quick, and by those who need a millisecond for one."""
ROUNDS = 7


class Contender(NamedTuple):
    """One way to decide the task.

    `inputs` are made before the clock runs. `assess` decides one of them, which is a whole
    population for those who ask about many at once; `answers` are those of one of them.
    """

    name: str
    inputs: Sequence[Any]
    assess: Callable[[Any], Any]
    answers: Callable[[Any, int], Sequence[Answer]]
    people: int = 1


def contenders(drawn: Sequence[Case]) -> list[Contender]:
    """Return every contender with its inputs in the form that it takes best."""
    flat = [each.flat for each in drawn]
    alone = [openfisca.columns([each]) for each in flat[:ALONE]]
    batch = [zen_engine.request(each) for each in flat]
    return [
        Contender("ours", drawn, _ours, lambda said, _: [ours.answer(said)]),
        Contender("plain_python", flat, plain.assess, lambda said, _: [plain.answer(said)]),
        Contender("zen", flat, zen_engine.assess, _of_zen),
        Contender("zen_expression", flat, zen_engine.by_expression, _of_zen),
        Contender("zen_decision", flat[:ALONE], zen_engine.by_decision, _of_zen),
        Contender(
            "zen_batch",
            [batch],
            zen_engine.assess_batch,
            lambda said, _: [zen_engine.answer(each) for each in said],
            people=len(flat),
        ),
        Contender(
            "openfisca",
            alone,
            openfisca.assess,
            lambda said, place: openfisca.answers(said, [flat[place]]),
        ),
        Contender(
            "openfisca_vector",
            [openfisca.columns(flat)],
            openfisca.assess,
            lambda said, _: openfisca.answers(said, flat),
            people=len(flat),
        ),
    ]


def _ours(case: Case) -> Assessment:
    return ours.assess(case.applicant, case.request, on=DAY)


def _of_zen(said: Any, place: int) -> list[Answer]:
    return [zen_engine.answer(said)]


def agreed(race: Sequence[Contender]) -> int:
    """Return how many reasons are given; raises AssertionError where two answers differ."""
    expected: list[Answer] = []
    for each in race:
        said = (each.answers(each.assess(one), place) for place, one in enumerate(each.inputs))
        answers = list(chain.from_iterable(said))
        expected = expected or answers
        assert answers == expected[: len(answers)], each.name
    return sum(map(len, expected))


def per_second(contender: Contender) -> float:
    """Return how many people a contender decides in a second of one core."""
    assess = contender.assess
    began = process_time()
    for one in contender.inputs:
        assess(one)
    return len(contender.inputs) * contender.people / (process_time() - began)


def main() -> None:
    """Compare the answers of all, then time them in rounds, one after the other."""
    race = contenders(cases(CASES, Random(int(os.environ.get("SEED", "20261124")))))
    say(f"{CASES:,} applicants, {agreed(race):,} reasons; all contenders agree")
    best = dict.fromkeys((each.name for each in race), 0.0)
    gc.collect()
    gc.freeze()
    for _ in range(ROUNDS):
        for each in race:
            best[each.name] = max(best[each.name], per_second(each))
    for name, rate in best.items():
        figure(f"peer_{name}_per_second", rate, "1/s")
    for name, rate in best.items():
        if name != "ours":
            figure(f"peer_{name}_ratio", best["ours"] / rate, "times")


if __name__ == "__main__":
    main()
