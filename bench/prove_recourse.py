"""
Follow the way to a yes of drawn refusals, try all cheaper ways of small ones, and climb drawn
ladders, on every core.

A case is drawn from `SEED` and its number, which are printed where it fails: `a_case` of them is
that case again.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count
from multiprocessing import get_context
from random import Random
from time import monotonic, thread_time
from typing import NamedTuple

from bench.figures import figure, say
from services.financing.domain.ladder import ladder
from services.financing.domain.recourse import recourse
from tests.financing.domain.applicants import decided
from tests.financing.domain.cases import a_case
from tests.financing.domain.ways import (
    comparable,
    flipped,
    holds,
    is_cheapest,
    more_than_told,
    ways,
)

SIZES = {"small": (2_000, 200, 1_000), "full": (100_000, 10_000, 20_000)}
CHUNK = 5
TOLD_SECONDS = 60
SEED = os.environ.get("SEED", "20261124")


class Found(NamedTuple):
    """What some cases came to: refusals that were tried, those that failed, those without a way.

    `seconds` are what the search took of one core, for all refusals of each decision.
    """

    tried: int = 0
    without: int = 0
    failed: tuple[str, ...] = ()
    seconds: tuple[float, ...] = ()


def followed(number: int) -> Found:
    """Follow the way of every refusal of a case through the engine."""
    case = a_case(Random(f"{SEED} flips {number}"))
    assessments = decided(case.applicant, case.request, on=case.on).assessments
    refused = [each for each in assessments if not each.eligible]
    began = thread_time()
    found = [recourse(each, case.applicant, case.request, on=case.on) for each in refused]
    seconds = thread_time() - began
    led = [way for way in found if way.on is not None]
    failed = tuple(
        f"{SEED} flips {number}: {way.product}" for way in led if not flipped(case, way)
    )
    return Found(len(led), len(found) - len(led), failed, (seconds,))


def compared(number: int) -> Found:
    """Try whatever is cheaper than the way of every refusal of a small case."""
    case = a_case(Random(f"{SEED} small {number}"), faults_max=3)
    told = [way for way in ways(case) if comparable(case, way)]
    failed = tuple(
        f"{SEED} small {number}: {way.product}" for way in told if not is_cheapest(case, way)
    )
    return Found(len(told), sum(way.on is None for way in told), failed)


def climbed(number: int) -> Found:
    """Try every rung of a ladder on its day, and whatever is more than a product's rung today."""
    case = a_case(Random(f"{SEED} ladder {number}"))
    climb = ladder(case.applicant, case.request, on=case.on)
    rungs = [rung.product for rung in climb.rungs if not holds(case, rung)]
    more = more_than_told(case)
    failed = (*rungs, *(product for product, lent in more.items() if lent))
    told = tuple(f"{SEED} ladder {number}: {product}" for product in failed)
    return Found(len(climb.rungs) + len(more), len(climb.out_of_reach), told)


def of_chunk(prove: Callable[[int], Found], first: int) -> Found:
    """Prove some cases, one after the other."""
    return added(prove(number) for number in range(first, first + CHUNK))


def added(parts: Iterator[Found]) -> Found:
    """Return what all parts came to."""
    tried = without = 0
    failed: list[str] = []
    seconds: list[float] = []
    for part in parts:
        tried, without = tried + part.tried, without + part.without
        failed += part.failed
        seconds += part.seconds
    return Found(tried, without, tuple(failed), tuple(seconds))


def proven(prove: Callable[[int], Found], enough: int) -> Found:
    """Prove cases on every core until so many refusals have been tried."""
    cores = len(os.sched_getaffinity(0))
    parts: list[Found] = []
    tried, told = 0, monotonic()
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        numbers = count(step=CHUNK)
        # As many as are sure to be needed: a chunk that is under way is waited for and counted.
        under_way: set[Future[Found]] = set()
        while tried < enough or under_way:
            while tried < enough and len(under_way) < 2 * cores:
                under_way.add(pool.submit(of_chunk, prove, next(numbers)))
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            parts += (each.result() for each in done)
            tried = sum(part.tried for part in parts)
            if monotonic() > told + TOLD_SECONDS:
                told = monotonic()
                say(f"{prove.__name__}: {tried:,} of {enough:,}")
    return added(iter(parts))


def main() -> int:
    """Print the figures; return 0 only if they are what they must be."""
    refusals, small, rungs = SIZES["small" if os.environ.get("PROVE") == "small" else "full"]
    flips = proven(followed, refusals)
    p95 = sorted(flips.seconds)[int(len(flips.seconds) * 0.95)]
    say(f"{flips.tried:,} ways followed through the engine; {flips.without:,} refusals have none")
    least = proven(compared, small)
    say(f"{least.tried:,} refusals of small cases, every cheaper set of changes tried")
    climbs = proven(climbed, rungs)
    say(f"{climbs.tried:,} rungs tried on their day, or for more than they say today")
    for failed in (*flips.failed, *least.failed, *climbs.failed):
        say(f"failed: {failed}")
    figure("recourse_flips", 1 - len(flips.failed) / flips.tried, "share")
    figure("recourse_p95_ms", p95 * 1000, "ms")
    figure("recourse_minimal", 1 - len(least.failed) / least.tried, "share")
    figure("ladder_holds", 1 - len(climbs.failed) / climbs.tried, "share")
    return int(bool(flips.failed or least.failed or climbs.failed))


if __name__ == "__main__":
    sys.exit(main())
