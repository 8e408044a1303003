"""
Run the orders in which the statements of two operations can meet, and count those that do harm.

The pairs and the bench are tests (`tests/bench`); here their orders are many more, or all. Of a
pair with more orders than `SIZES` allows, that many are drawn by `SEED`: how many pairs were run
to the last order is a figure of its own.
"""

import os
import re
import subprocess
import sys
from collections import Counter

from bench.figures import figure, say

SIZES = {"small": "15", "full": "300"}
LINE = re.compile(r"^interleavings (.+?): (.*)$", re.MULTILINE)
COUNT = re.compile(r"(\w+)=(\d+)")


def main() -> int:
    """Print the figures; return 0 only if no order has done harm."""
    size = SIZES["small" if os.environ.get("PROVE") == "small" else "full"]
    tried = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "tests/bench/test_interleavings.py"],
        env={**os.environ, "INTERLEAVINGS_MAX": size},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    sums = Counter[str]()
    pairs = LINE.findall(tried.stdout)
    for name, counts in pairs:
        say(f"{name}: {counts}")
        sums.update({key: int(number) for key, number in COUNT.findall(counts)})
    figure("interleavings_pairs", len(pairs), "pairs")
    figure("interleavings_pairs_exhausted", sums["exhausted"], "pairs")
    figure("interleavings_orders", sums["orders"], "orders")
    figure("interleavings_violations", sums["violations"], "orders")
    if tried.returncode:
        say(tried.stdout[-4_000:].replace("\n", "\n# "))
    return tried.returncode


if __name__ == "__main__":
    sys.exit(main())
