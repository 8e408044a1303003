"""
Follow the way to a yes of drawn refusals, and try all cheaper ways of small ones.

`SEED=` draws others.
"""

import os
import sys
from random import Random
from time import perf_counter

from bench.figures import figure, say
from services.financing.domain.recourse import recourse
from tests.financing.domain.applicants import decided
from tests.financing.domain.cases import a_case
from tests.financing.domain.ways import comparable, flipped, is_cheapest, ways

SIZES = {"small": (2_000, 200), "full": (100_000, 10_000)}


def main() -> int:
    """Print the figures; return 0 only if they are what they must be."""
    refusals, small = SIZES["small" if os.environ.get("PROVE") == "small" else "full"]
    random = Random(int(os.environ.get("SEED", "20261124")))
    share, milliseconds = _flips(random, refusals)
    figure("recourse_flips", share, "share")
    figure("recourse_p95_ms", milliseconds, "ms")
    minimal = _minimal(random, small)
    figure("recourse_minimal", minimal, "share")
    return int(share < 1 or minimal < 1)


def _flips(random: Random, refusals: int) -> tuple[float, float]:
    """Return the share of ways that lead to a yes, and the p95 of all ways of one decision."""
    followed = led = without = 0
    times: list[float] = []
    while followed < refusals:
        case = a_case(random)
        assessments = decided(case.applicant, case.request, on=case.on).assessments
        refused = [each for each in assessments if not each.eligible]
        began = perf_counter()
        found = [recourse(each, case.applicant, case.request, on=case.on) for each in refused]
        times.append(perf_counter() - began)
        for way in found:
            followed += way.on is not None
            led += way.on is not None and flipped(case, way)
            without += way.on is None
    say(f"{followed:,} ways followed through the engine; {without:,} refusals have none")
    return led / followed, sorted(times)[int(len(times) * 0.95)] * 1000


def _minimal(random: Random, count: int) -> float:
    """Return the share of refusals for which no cheaper way was found by trying them all."""
    tried = least = 0
    while tried < count:
        case = a_case(random, faults_max=3)
        for way in ways(case):
            if comparable(case, way):
                tried += 1
                least += is_cheapest(case, way)
    say(f"{tried:,} refusals of small cases, every cheaper set of changes tried")
    return least / tried


if __name__ == "__main__":
    sys.exit(main())
