"""Where a rule comes from, how sure we are of it, and what a rule found."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class Confidence(StrEnum):
    """How a fact of this project is known; shown wherever the fact decides something."""

    REGULATION = "regulation"
    PRESS = "press"
    COMPUTED = "computed"
    UNVERIFIED = "unverified"
    ASSUMPTION = "assumption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The text that a rule rests on."""

    regulation: str
    provision: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a rule would object to. It is shown to people; it stops nothing by itself."""

    code: str
    detail: str
    source: Source
    people: tuple[UUID, ...] = ()
    """Ids of the persons concerned, sorted, so that the detail itself can stay impersonal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two stated facts that cannot both be true, at the field to look at first."""

    field: str
    code: str
    detail: str


class Contradictory(Exception):
    """Stated facts cannot all be true; `members` has every contradiction."""

    def __init__(self, contradictions: tuple[Contradiction, ...]) -> None:
        self.contradictions = contradictions
        self.members: dict[str, Any] = {"contradictions": [asdict(one) for one in contradictions]}
        super().__init__("; ".join(f"{one.field}: {one.detail}" for one in contradictions))


def must_agree(found: Iterable[Contradiction]) -> None:
    """Raise `Contradictory` if anything was found."""
    contradictions = tuple(found)
    if contradictions:
        raise Contradictory(contradictions)
