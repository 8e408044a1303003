"""
The editions of the scorecards, one JSON file each, chosen by the day of the decision.

A new edition is a new file with a later `since`; one that has been in force is never edited
(docs/decisions/0015). The files are part of the package and are read once, with it.
"""

from importlib.resources import files
from operator import attrgetter

from services.financing.domain.scorecards.edition import read
from shared.timeline import Timeline

_ENACTED = sorted(
    (read(file.read_bytes()) for file in files(__name__).iterdir() if file.name.endswith(".json")),
    key=attrgetter("since"),
)
SCORECARDS = Timeline(*((each.since, each) for each in _ENACTED))
"""Every edition of the scorecards."""
