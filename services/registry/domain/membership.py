"""
The life of a membership, and who may move it.

Everything that may happen to a membership is a row of `TRANSITIONS`; what is not a row is
illegal. The guards beside it need facts: the endpoint calls them before `advance`.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.registry.domain.cooperative import (
    ADMITTING,
    MERAH_PUTIH,
    CooperativeKind,
    CooperativeStatus,
    Officer,
)
from services.registry.domain.person import MigrationStatus
from services.registry.domain.source import Confidence, Source
from services.registry.domain.transition import step


class Status(StrEnum):
    """Where a membership stands."""

    APPLIED = "applied"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REJECTED = "rejected"
    RESIGNED = "resigned"
    EXPELLED = "expelled"


class Event(StrEnum):
    """What may happen to a membership."""

    APPROVE = "approve"
    REJECT = "reject"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    RESIGN = "resign"
    EXPEL = "expel"


TRANSITIONS: Mapping[Status, Mapping[Event, Status]] = MappingProxyType(
    {
        Status.APPLIED: {
            Event.APPROVE: Status.ACTIVE,
            Event.REJECT: Status.REJECTED,
            Event.RESIGN: Status.RESIGNED,
        },
        Status.ACTIVE: {
            Event.SUSPEND: Status.SUSPENDED,
            Event.RESIGN: Status.RESIGNED,
            Event.EXPEL: Status.EXPELLED,
        },
        Status.SUSPENDED: {
            Event.REINSTATE: Status.ACTIVE,
            Event.RESIGN: Status.RESIGNED,
            Event.EXPEL: Status.EXPELLED,
        },
        Status.REJECTED: {},
        Status.RESIGNED: {},
        Status.EXPELLED: {},
    }
)


def advance(status: Status, event: Event) -> Status:
    """Return the status that `event` leads to, or raise `IllegalTransition`."""
    return step("membership", TRANSITIONS, status, event)


def allowed(status: Status) -> frozenset[Event]:
    """Return the events that may happen next; empty when the story is over."""
    return frozenset(TRANSITIONS[status])


class Party(StrEnum):
    """On whose behalf an event is asked for."""

    MEMBER = "member"
    OFFICER = "officer"


MOVED_BY: Mapping[Event, Party] = MappingProxyType(
    {
        Event.APPROVE: Party.OFFICER,
        Event.REJECT: Party.OFFICER,
        Event.SUSPEND: Party.OFFICER,
        Event.REINSTATE: Party.OFFICER,
        Event.EXPEL: Party.OFFICER,
        # Leaving is the member's right and nobody's favour.
        Event.RESIGN: Party.MEMBER,
    }
)


class NotTheirs(Exception):
    """This event belongs to the other party."""

    def __init__(self, event: Event, party: Party) -> None:
        self.event, self.party = event, party
        super().__init__(f"to {event} is for the {MOVED_BY[event]}, not for the {party}")


class NotAnOfficer(Exception):
    """Nobody who serves on a board of the cooperative stands behind this decision."""


class OwnMembership(Exception):
    """An officer does not decide on their own membership."""


class CloseRelative(Exception):
    """An officer does not decide on the membership of a first-degree relative."""


def check_party(event: Event, party: Party) -> None:
    """Raise `NotTheirs` unless `event` belongs to `party`."""
    if MOVED_BY[event] is not party:
        raise NotTheirs(event, party)


def serving_officer(person_id: UUID | None, seats: Iterable[Officer], *, on: date) -> UUID:
    """Return the person who decides, or raise `NotAnOfficer` unless they hold a seat `on` a day.

    `seats` are those of the cooperative whose membership is decided on.
    """
    for seat in seats:
        if seat.person_id == person_id and seat.serving(on=on):
            return seat.person_id
    raise NotAnOfficer("the client stands for nobody who holds a seat on a board today")


def check_officer(*, officer: UUID, member: UUID, officer_kin: AbstractSet[UUID]) -> None:
    """Raise `OwnMembership` or `CloseRelative` unless this officer may decide on this member.

    `officer_kin` are the officer's relatives of the first degree, by blood or by marriage.
    """
    if officer == member:
        raise OwnMembership("an officer cannot decide on their own membership")
    if member in officer_kin:
        raise CloseRelative("an officer cannot decide on a first-degree relative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason why a person cannot be an ordinary member, and what can be done about it."""

    code: str
    detail: str
    remedy: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the rules of admission say of one person and one cooperative."""

    refusals: tuple[Refusal, ...] = ()

    @property
    def admissible(self) -> bool:
        """Tell whether nothing stands in the way."""
        return not self.refusals


DOMICILE = Source(
    regulation="Juklak Menkop 1/2025",
    provision="membership: domicile in the same village, shown by the KTP",
    confidence=Confidence.PRESS,
)
_MOVE = "move the KTP to a village of the cooperative, or ask to join as anggota luar biasa"


def admission(
    kind: CooperativeKind, *, ktp_village_code: str | None, village_codes: AbstractSet[str]
) -> Admission:
    """Return whether a person may join as an ordinary member, with every reason why not.

    Only the village cooperatives bind membership to the village on the KTP. A merged cooperative
    covers several villages; any of them will do. Where the person lives now does not matter.
    """
    if kind not in MERAH_PUTIH or ktp_village_code in village_codes:
        return Admission()
    if ktp_village_code is None:
        refusal = Refusal(
            code="ktp_village_unknown",
            detail="the village on the KTP is not recorded, so the rule cannot be checked",
            remedy="record the village that the KTP shows",
            source=DOMICILE,
        )
    else:
        refusal = Refusal(
            code="ktp_village_outside",
            detail=f"the KTP shows village {ktp_village_code}, not one of this cooperative",
            remedy=_MOVE,
            source=DOMICILE,
        )
    return Admission(refusals=(refusal,))


class NotAdmitting(Exception):
    """The cooperative takes in no members from where it stands."""

    def __init__(self, status: CooperativeStatus) -> None:
        self.members = {"current_status": status}
        super().__init__(f"a cooperative that is {status} takes in no members")


class ApplicantDeceased(Exception):
    """The person's death is recorded, so nobody can join in their name."""


class NotAdmissible(Exception):
    """The rules of admission refuse; `members` has every reason with its source."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        self.members: dict[str, Any] = {"reasons": [asdict(refusal) for refusal in refusals]}
        super().__init__("; ".join(refusal.detail for refusal in refusals))


def check_admission(
    kind: CooperativeKind,
    status: CooperativeStatus,
    *,
    applicant: MigrationStatus,
    ktp_village_code: str | None,
    village_codes: AbstractSet[str],
) -> None:
    """Ask whether a person may be taken in today: at the application, and at its approval.

    Raises `NotAdmitting`, `ApplicantDeceased` or `NotAdmissible`.
    """
    if status not in ADMITTING:
        raise NotAdmitting(status)
    if applicant is MigrationStatus.DECEASED:
        raise ApplicantDeceased("the death of this person is recorded")
    said = admission(kind, ktp_village_code=ktp_village_code, village_codes=village_codes)
    if not said.admissible:
        raise NotAdmissible(said.refusals)
