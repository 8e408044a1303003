"""
The editions of the scorecards, one JSON file each, chosen by the day of the decision.

A new edition is a new file with a later `since`; one that has been in force is never edited
(docs/decisions/0015). The files are part of the package and are read once, with it.
"""

from importlib.resources import files

from services.financing.domain.scorecards.edition import Scorecards, read
from shared.timeline import Timeline


def _enacted() -> Timeline[Scorecards]:
    folder = files(__name__)
    found = [read(file.read_bytes()) for file in folder.iterdir() if file.name.endswith(".json")]
    return Timeline(*sorted(((each.since, each) for each in found), key=lambda each: each[0]))


SCORECARDS = _enacted()
"""Every edition of the scorecards."""
