"""What financing may be told, and for which purpose it asks."""

from collections.abc import Set as AbstractSet
from enum import StrEnum

NIK_SCOPE = "people:nik"


class Purpose(StrEnum):
    """Why facts are read; kept with every reading, so that its subject can ask."""

    PREQUALIFICATION = "prequalification"
    ASSESSMENT = "assessment"
    SUBMISSION = "submission"


def tells_nik(purpose: Purpose, scopes: AbstractSet[str]) -> bool:
    """Tell whether the NIK is part of the answer: only to hand an application to a lender."""
    return purpose is Purpose.SUBMISSION and NIK_SCOPE in scopes
