"""What every sentence to a reader is like, whatever it says."""

import re

NAMES = frozenset({"KUR", "PMI", "NIB", "PDP", "UU", "LPDB", "KP2MI", "P2MI", "SLIK", "RAT"})
"""What is written in capitals."""


def faults(text: str) -> list[str]:
    """What no sentence has: a small letter first, words in capitals, or no stop at its end."""
    words = re.findall(r"[\w{}]+", text)
    shouted = [word for word in words if re.search("[A-Z]{2}", word) and word not in NAMES]
    small = re.findall(r"(?:^|\. )[“(]?([a-z].*)", text)
    return [*shouted, *small, *([] if re.search("[.”)]$", text) else [text[-3:]])]
