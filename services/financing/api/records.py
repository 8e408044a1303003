"""
What a decision was made of, kept so that anybody can make it again.

The facts are canonical JSON (RFC 8785): the same facts are the same bytes under the same SHA-256,
in whatever order, place or year they are written. They name the editions of the law that were
enacted on that day, so that a later one changes nothing, and the engine, which replays its own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, cast

import orjson
from pydantic import TypeAdapter, ValidationError

from services.financing.api.decisions import DecisionOut, render
from services.financing.domain.decision import (
    ENGINE_VERSION,
    IN_FORCE,
    Decision,
    EditionUnknown,
    decide,
)
from services.financing.domain.eligibility import Applicant, LoanRequest
from services.financing.domain.routing import Channel
from shared.canonical_json import canonical_json
from shared.wire import Out


class RecordUnreadable(Exception):
    """This is no record of a decision, or one of an engine or law that this package has not."""


class OtherFacts(Exception):
    """The facts are not those of which the SHA-256 was made."""


class OtherOutcome(Exception):
    """The facts lead to another outcome than the one that was kept."""


class RecordOut(Out):
    """A decision with everything that it was made of; whoever has the package can replay it."""

    facts: dict[str, Any]
    facts_sha256: str
    outcome: DecisionOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a decision depends on. `editions`: the first day of each, by scheme."""

    applicant: Applicant
    request: LoanRequest
    on: date
    preference: tuple[str, ...]
    channels: tuple[Channel, ...]
    editions: Mapping[str, tuple[date, ...]]
    engine_version: str

    @classmethod
    def of_today(
        cls,
        applicant: Applicant,
        request: LoanRequest,
        *,
        on: date,
        channels: Sequence[Channel],
        preference: Sequence[str],
    ) -> "Facts":
        """Return the facts of a decision under the law and the engine of this package."""
        return cls(
            applicant=applicant,
            request=request,
            on=on,
            preference=tuple(preference),
            channels=tuple(channels),
            editions=IN_FORCE.enacted(),
            engine_version=ENGINE_VERSION,
        )


class Made(NamedTuple):
    """A decision, and the JSON that its readers see."""

    decision: Decision
    outcome: bytes


def made(facts: Facts) -> Made:
    """Decide; raises EditionUnknown where this package lacks an edition that was in force."""
    rulebook = IN_FORCE.only(facts.editions)
    decision = decide(
        facts.applicant,
        facts.request,
        on=facts.on,
        channels=facts.channels,
        preference=facts.preference,
        rulebook=rulebook,
    )
    return Made(decision, render(decision, facts.applicant, facts.request, rulebook=rulebook))


def canonical(facts: Facts, **said_by: Any) -> bytes:
    """Return facts as canonical JSON.

    `said_by` says where they came from: it is kept with them and takes no part in a replay.
    """
    written = _FACTS.dump_python(facts, mode="json")
    for channel in written["channels"]:
        channel["products"].sort()
    return canonical_json({**written, "said_by": said_by})


class Kept(NamedTuple):
    """Stored facts: as the engine takes them, and who said them."""

    facts: Facts
    said_by: dict[str, Any]


def kept(facts: str) -> Kept:
    """Read stored facts again.

    Raises:
        RecordUnreadable: they were written by a package whose facts are of another shape.
    """
    document = orjson.loads(facts)
    try:
        read = _FACTS.validate_python(_replayed(document))
    except ValidationError as error:
        raise RecordUnreadable("The facts were written by another version.") from error
    return Kept(read, document["said_by"])


def verify(record: bytes) -> str:
    """Make a decision again from its record (`RecordOut`); return the SHA-256 of its facts.

    Raises:
        RecordUnreadable, OtherFacts, OtherOutcome
    """
    try:
        document = orjson.loads(record)
        facts, named, outcome = (document[name] for name in RecordOut.model_fields)
        sha256 = hashlib.sha256(canonical_json(facts)).hexdigest()
        read = _FACTS.validate_python(_replayed(facts))
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise RecordUnreadable("This file is no record of a decision.") from error
    if sha256 != named:
        raise OtherFacts("The facts have been changed: they have another SHA-256.")
    if read.engine_version != ENGINE_VERSION:
        said = f"Engine {read.engine_version} decided; this package has engine {ENGINE_VERSION}."
        raise RecordUnreadable(said)
    try:
        again = made(read).outcome
    except EditionUnknown as unknown:
        raise RecordUnreadable(str(unknown)) from unknown
    if _sorted(orjson.loads(again)) != _sorted(outcome):
        raise OtherOutcome("The outcome has been changed: these facts lead to another one.")
    return sha256


_FACTS = TypeAdapter(Facts)


def _sorted(outcome: Any) -> bytes:
    """Write an outcome to be compared: of two that differ in anything, the bytes differ."""
    return orjson.dumps(outcome, option=orjson.OPT_SORT_KEYS)


def _replayed(facts: Any) -> dict[str, Any]:
    return {
        name: value for name, value in cast("dict[str, Any]", facts).items() if name != "said_by"
    }
