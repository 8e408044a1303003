"""
Two people look at what a machine should not decide alone: an objection, or a lender's riddle.

One proposes a ruling, another confirms or rejects it. An override of a decision never says a bare
yes: it names the one fact that was wrong, and the rules decide again with the right one.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID


class Subject(StrEnum):
    """What is looked at: an applicant's objection, a lender's contradiction, or its silence."""

    OBJECTION = "objection"
    CONTRADICTION = "contradiction"
    SILENCE = "silence"


class Status(StrEnum):
    """Where a review stands; `dropped` when its cause went away by itself."""

    OPEN = "open"
    PROPOSED = "proposed"
    DECIDED = "decided"
    DROPPED = "dropped"


class Event(StrEnum):
    """What may happen to a review."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    REJECT = "reject"
    DROP = "drop"


class Ruling(StrEnum):
    """What two people may find: of a decision the first two, of a lender's word the others."""

    UPHOLD = "uphold"
    OVERRIDE = "override"
    SIGN = "sign"
    DISBURSE = "disburse"
    CLOSE = "close"
    REFUSE = "refuse"


class IllegalTransition(Exception):
    """The review cannot take this step from where it stands."""

    def __init__(self, status: Status, event: Event) -> None:
        self.status, self.event = status, event
        super().__init__(f"cannot {event} a review that is {status}")


class AlreadyReviewed(Exception):
    """Two people have looked at this decision before; the same decision is reviewed once."""


class RulingNotPossible(Exception):
    """This ruling does not answer what is looked at, or lacks what it has to name."""


class ConflictOfInterest(Exception):
    """Whoever has a part in an application does not review it."""


class SamePerson(Exception):
    """A ruling is confirmed, or rejected, by somebody who has not proposed it."""


OPEN = frozenset({Status.OPEN, Status.PROPOSED})
"""Somebody has still to act."""

TRANSITIONS: Mapping[Status, Mapping[Event, Status]] = MappingProxyType(
    {
        Status.OPEN: {
            Event.PROPOSE: Status.PROPOSED,
            Event.DROP: Status.DROPPED,
        },
        Status.PROPOSED: {
            Event.CONFIRM: Status.DECIDED,
            Event.REJECT: Status.OPEN,
            Event.DROP: Status.DROPPED,
        },
        Status.DECIDED: {},
        Status.DROPPED: {},
    }
)

_OF_A_LENDER = frozenset({Ruling.SIGN, Ruling.DISBURSE, Ruling.CLOSE, Ruling.REFUSE})
RULINGS: Mapping[Subject, frozenset[Ruling]] = {
    Subject.OBJECTION: frozenset({Ruling.UPHOLD, Ruling.OVERRIDE}),
    Subject.CONTRADICTION: _OF_A_LENDER,
    Subject.SILENCE: _OF_A_LENDER,
}
"""What may be ruled on each subject."""


class Parties(NamedTuple):
    """Who has a part in an application, by the ids of clients and of the borrower.

    Financing knows neither kin nor who attested what in the registry: that is not checked here.
    """

    applied_by: str
    objected_by: str | None
    registered_by: str | None
    borrower_id: UUID
    cooperative_ids: tuple[UUID, ...]


class Reviewer(NamedTuple):
    """Who wants to propose or to confirm: a client, and the human and cooperative behind it."""

    id: str
    person_id: UUID | None
    cooperative_id: UUID | None


def allowed(status: Status) -> frozenset[Event]:
    """Return what may happen next."""
    return frozenset(TRANSITIONS[status])


def advance(status: Status, event: Event) -> Status:
    """Return the next status. Raises IllegalTransition."""
    try:
        return TRANSITIONS[status][event]
    except KeyError:
        raise IllegalTransition(status, event) from None


def check_impartial(parties: Parties, reviewer: Reviewer) -> None:
    """Raise `ConflictOfInterest` for a reviewer who has a part in the application."""
    if reviewer.id in {parties.applied_by, parties.objected_by}:
        raise ConflictOfInterest("You made this application or this objection yourself.")
    if reviewer.id == parties.registered_by:
        raise ConflictOfInterest("You registered the borrower, on whose data the decision rests.")
    if reviewer.person_id == parties.borrower_id:
        raise ConflictOfInterest("You are the borrower.")
    if reviewer.cooperative_id in {parties.borrower_id, *parties.cooperative_ids}:
        raise ConflictOfInterest("You act for the borrower's cooperative.")


def check_another(proposed_by: str, reviewer: Reviewer) -> None:
    """Raise `SamePerson` where the proposer would settle the own proposal."""
    if reviewer.id == proposed_by:
        raise SamePerson("You proposed this ruling; another person confirms or rejects it.")


def check_ruling(subject: Subject, ruling: Ruling, *, names_a_fact: bool) -> None:
    """Raise `RulingNotPossible` for a ruling that does not fit its subject or says too little."""
    if ruling not in RULINGS[subject]:
        fitting = ", ".join(sorted(RULINGS[subject]))
        raise RulingNotPossible(f"On this {subject} one may rule: {fitting}.")
    if ruling is Ruling.OVERRIDE and not names_a_fact:
        raise RulingNotPossible("An override names the fact that was wrong, in `correction`.")
    if names_a_fact and ruling is not Ruling.OVERRIDE:
        raise RulingNotPossible("Only an override corrects a fact; leave `correction` out.")
