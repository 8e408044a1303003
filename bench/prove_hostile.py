"""
Attack both services: the corpus on every operation, then requests derived from the contracts.

The attacks themselves are tests (tests/hostile); here they run at full size and are counted.
"""

import os
import re
import subprocess
import sys
from collections import Counter

from bench.figures import figure, say

EXAMPLES = {"small": "10", "full": "200"}
LINE = re.compile(r"^(?:hostile|schemathesis) .*cases=.*$", re.MULTILINE)
COUNT = re.compile(r"(\w+)=(\d+)")


def main() -> int:
    """Print the figures of all attacks; return 0 only if every one was withstood."""
    examples = EXAMPLES["small" if os.environ.get("PROVE") == "small" else "full"]
    attacked = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "tests/hostile"],
        env={**os.environ, "SCHEMATHESIS_EXAMPLES": examples},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    counts = counted(attacked.stdout)
    figure("hostile_cases", counts["hostile cases"], "requests")
    figure("hostile_5xx", counts["hostile server_errors"], "answers")
    figure("hostile_wrongly_accepted", counts["hostile wrongly_accepted"], "answers")
    figure("schemathesis_cases", counts["schemathesis cases"], "requests")
    figure("schemathesis_failures", counts["schemathesis failures"], "cases")
    if attacked.returncode:
        say(attacked.stdout[-4_000:].replace("\n", "\n# "))
    return attacked.returncode


def counted(said: str) -> Counter[str]:
    """Add up what the attacks print of themselves: `hostile NAME cases=1 server_errors=0 ...`."""
    counts: Counter[str] = Counter()
    for line in LINE.findall(said):
        tool = line.partition(" ")[0]
        for name, number in COUNT.findall(line):
            counts[f"{tool} {name}"] += int(number)
    return counts


if __name__ == "__main__":
    sys.exit(main())
