"""
Make drawn decisions again from their records: other order of keys, and with later editions there.

`SEED=` draws others.
"""

import os
import sys
from dataclasses import replace
from datetime import date
from random import Random

import orjson

from bench.figures import figure, say
from services.financing.api import records
from services.financing.domain.decision import IN_FORCE, Rulebook
from services.financing.domain.rules.kur_terms import KUR_2026
from shared.timeline import Timeline
from tests.financing.domain.cases import a_case
from tests.financing.record import record_of, shuffled

SIZES = {"small": 1_000, "full": 100_000}


def main() -> int:
    """Print the figure; return 0 only if every replay was equal."""
    count = SIZES["small" if os.environ.get("PROVE") == "small" else "full"]
    random = Random(int(os.environ.get("SEED", "20261124")))
    later = replace(KUR_2026, code="KUR-2029", turnover_max=None)
    today = zip(IN_FORCE.kur.since, IN_FORCE.kur.values, strict=True)
    tomorrow = Rulebook(kur=Timeline(*today, (date(2029, 1, 1), later)))
    equal = 0
    for _ in range(count):
        record = record_of(a_case(random))
        file = orjson.dumps(shuffled(record, random))
        records.IN_FORCE = tomorrow
        try:
            equal += records.verify(file) == record["facts_sha256"]
        finally:
            records.IN_FORCE = IN_FORCE
    say(f"{count:,} decisions made again, keys shuffled, an edition of 2029 enacted since")
    figure("replay_equal", equal / count, "share")
    return int(equal < count)


if __name__ == "__main__":
    sys.exit(main())
