"""
A person: where they stand between home and abroad, what they did there, and how well we know it.

The life is `TRANSITIONS`; what is not a row is illegal. The level of verification rises on
evidence that somebody else vouches for. What a person states about a placement is kept as stated;
`contradictions` names what cannot be true together.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from services.registry.domain.country import ABROAD
from services.registry.domain.source import Contradiction
from services.registry.domain.transition import step


class Sex(StrEnum):
    """As the civil registry writes it."""

    FEMALE = "female"
    MALE = "male"


class Education(StrEnum):
    """The highest schooling completed; the names are those on the certificates."""

    NONE = "none"
    SD = "sd"
    SMP = "smp"
    SMA = "sma"
    SMK = "smk"
    D1 = "d1"
    D2 = "d2"
    D3 = "d3"
    D4 = "d4"
    S1 = "s1"
    S2 = "s2"
    S3 = "s3"


class MigrationStatus(StrEnum):
    """Where a migrant worker is in the cycle of going and coming home."""

    ABROAD = "abroad"
    ON_LEAVE = "on_leave"
    RETURNED = "returned"
    DEPARTED_AGAIN = "departed_again"
    DECEASED = "deceased"


class MigrationEvent(StrEnum):
    """What may happen to a migrant worker."""

    TAKE_LEAVE = "take_leave"
    RESUME = "resume"
    RETURN = "return"
    DEPART_AGAIN = "depart_again"
    RECORD_DEATH = "record_death"


TRANSITIONS: Mapping[MigrationStatus, Mapping[MigrationEvent, MigrationStatus]] = MappingProxyType(
    {
        MigrationStatus.ABROAD: {
            MigrationEvent.TAKE_LEAVE: MigrationStatus.ON_LEAVE,
            MigrationEvent.RETURN: MigrationStatus.RETURNED,
            MigrationEvent.RECORD_DEATH: MigrationStatus.DECEASED,
        },
        MigrationStatus.ON_LEAVE: {
            MigrationEvent.RESUME: MigrationStatus.ABROAD,
            MigrationEvent.RETURN: MigrationStatus.RETURNED,
            MigrationEvent.RECORD_DEATH: MigrationStatus.DECEASED,
        },
        MigrationStatus.RETURNED: {
            MigrationEvent.DEPART_AGAIN: MigrationStatus.DEPARTED_AGAIN,
            MigrationEvent.RECORD_DEATH: MigrationStatus.DECEASED,
        },
        MigrationStatus.DEPARTED_AGAIN: {
            MigrationEvent.TAKE_LEAVE: MigrationStatus.ON_LEAVE,
            MigrationEvent.RETURN: MigrationStatus.RETURNED,
            MigrationEvent.RECORD_DEATH: MigrationStatus.DECEASED,
        },
        MigrationStatus.DECEASED: {},
    }
)

AWAY = frozenset({MigrationStatus.ABROAD, MigrationStatus.DEPARTED_AGAIN})
"""Who is away keeps the membership; its benefits rest until the return."""


def advance(status: MigrationStatus, event: MigrationEvent) -> MigrationStatus:
    """Return the status that `event` leads to, or raise `IllegalTransition`."""
    return step("migrant worker", TRANSITIONS, status, event)


def allowed(status: MigrationStatus) -> frozenset[MigrationEvent]:
    """Return the events that may happen next; empty after a death."""
    return frozenset(TRANSITIONS[status])


class VerificationLevel(StrEnum):
    """How well a person's record is known, the weakest first."""

    SELF_DECLARED = "self_declared"
    VILLAGE_ATTESTED = "village_attested"
    SISKOP2MI_MATCHED = "siskop2mi_matched"
    DUKCAPIL_VERIFIED = "dukcapil_verified"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for the weakest."""
        return tuple(VerificationLevel).index(self)


MATCHED = frozenset({VerificationLevel.SISKOP2MI_MATCHED, VerificationLevel.DUKCAPIL_VERIFIED})
"""Levels at which a state register stands behind who the person is."""
IDENTITY = frozenset({"nik_index", "full_name", "birth_date", "sex"})
"""What such a match compared, as the columns are named."""


class IdentityMatched(Exception):
    """A state register stands behind what is to be corrected."""


def check_correction(
    level: VerificationLevel,
    before: Mapping[str, object],
    after: Mapping[str, object],
    *,
    authority: bool,
) -> None:
    """Raise `IdentityMatched` if anybody but an authority changes a matched identity.

    Otherwise a record could be matched under one name, and then be given another.
    """
    changed = any(before[name] != after[name] for name in IDENTITY & after.keys())
    if changed and level in MATCHED and not authority:
        raise IdentityMatched(f"this identity is {level}; a ministry or service corrects it")


class EvidenceKind(StrEnum):
    """What can raise a record to the level of the same position."""

    VILLAGE_LETTER = "village_letter"
    SISKOP2MI_RECORD = "siskop2mi_record"
    DUKCAPIL_MATCH = "dukcapil_match"


PROVES: Mapping[EvidenceKind, VerificationLevel] = MappingProxyType(
    {
        EvidenceKind.VILLAGE_LETTER: VerificationLevel.VILLAGE_ATTESTED,
        EvidenceKind.SISKOP2MI_RECORD: VerificationLevel.SISKOP2MI_MATCHED,
        EvidenceKind.DUKCAPIL_MATCH: VerificationLevel.DUKCAPIL_VERIFIED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One proof of who a person is: what it is, where it is kept, who vouches, since when."""

    kind: EvidenceKind
    reference: str
    attested_by: UUID
    """The person who attests, or the system account that made the match."""
    attested_on: date


class NotHigher(Exception):
    """The evidence proves no more than the record already has."""

    def __init__(self, level: VerificationLevel, proved: VerificationLevel) -> None:
        self.level, self.proved = level, proved
        super().__init__(f"the record is {level}; this evidence proves {proved}")


class SelfAttestation(Exception):
    """Nobody vouches for themselves."""


class AttestationByKin(Exception):
    """A first-degree relative does not vouch for a relative."""


class EvidenceFromTheFuture(Exception):
    """The evidence is dated after the day it is shown."""


def check_attestor(attestor: UUID, *, subject: UUID, kin: AbstractSet[UUID]) -> None:
    """Raise `SelfAttestation` or `AttestationByKin` unless this person may vouch for another.

    `kin` are the subject's relatives of the first degree.
    """
    if attestor == subject:
        raise SelfAttestation("the attestor and the subject are the same person")
    if attestor in kin:
        raise AttestationByKin("the attestor is a first-degree relative of the subject")


def verify(
    level: VerificationLevel,
    evidence: Evidence,
    *,
    subject: UUID,
    kin: AbstractSet[UUID],
    on: date,
) -> VerificationLevel:
    """Return the level that `evidence` raises a record to; a level never falls here.

    `kin` are the subject's relatives of the first degree. A lost proof is a correction of the
    record with its own reason, not a step of this function. Raises `SelfAttestation`,
    `AttestationByKin`, `EvidenceFromTheFuture` or `NotHigher`.
    """
    check_attestor(evidence.attested_by, subject=subject, kin=kin)
    if evidence.attested_on > on:
        raise EvidenceFromTheFuture("the evidence is dated in the future")
    proved = PROVES[evidence.kind]
    if proved.rank <= level.rank:
        raise NotHigher(level, proved)
    return proved


def birth_contradictions(
    birth_date: date | None, departures: Iterable[date], *, on: date
) -> tuple[Contradiction, ...]:
    """Return what cannot be true in a date of birth as it is told `on` a day.

    `departures` are the days on which the person is known to have left for work.
    """
    if birth_date is None:
        return ()
    found: list[Contradiction] = []
    if birth_date > on:
        detail = "the date of birth is still to come"
        found.append(Contradiction(field="birth_date", code="in_the_future", detail=detail))
    if any(departed_on <= birth_date for departed_on in departures):
        detail = "a recorded departure is before the birth"
        found.append(Contradiction(field="birth_date", code="out_of_order", detail=detail))
    return tuple(found)


class OwnRelative(Exception):
    """Nobody is their own relative."""


def kin_pair(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """Return two relatives in the order in which their pair is kept; raises `OwnRelative`."""
    if one == other:
        raise OwnRelative("a pair of relatives is two persons")
    return min(one, other), max(one, other)


class PlacementSector(StrEnum):
    """The two sectors of placement statistics."""

    FORMAL = "formal"
    INFORMAL = "informal"


class EmployerKind(StrEnum):
    """Who employed the worker: a household or a company."""

    INDIVIDUAL = "individual"
    LEGAL_ENTITY = "legal_entity"


class Scheme(StrEnum):
    """How the worker was placed. `UNDOCUMENTED` is a placement like any other here."""

    P2P = "p2p"
    G2G = "g2g"
    G2P = "g2p"
    UKPS = "ukps"
    PERSEORANGAN = "perseorangan"
    RE_ENTRY = "re_entry"
    SSW = "ssw"
    UNDOCUMENTED = "undocumented"


class ReturnReason(StrEnum):
    """Why the worker came home. It explains a record; it never lowers a score."""

    CONTRACT_COMPLETED = "contract_completed"
    LEAVE = "leave"
    LAID_OFF = "laid_off"
    ILLNESS = "illness"
    DEATH = "death"
    DEPORTATION = "deportation"
    REPATRIATION = "repatriation"
    LEGAL_CASE = "legal_case"
    UNPAID_WAGES = "unpaid_wages"
    VIOLENCE = "violence"
    PREGNANCY = "pregnancy"
    UNFIT = "unfit"
    FAMILY = "family"
    CONFLICT_OR_DISASTER = "conflict_or_disaster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One stay abroad for work. Undocumented workers often know the country and little else."""

    country: str
    """ISO 3166-1 alpha-2."""
    sector: PlacementSector | None = None
    employer_kind: EmployerKind | None = None
    scheme: Scheme | None = None
    occupation: str | None = None
    contract_from: date | None = None
    contract_until: date | None = None
    departed_on: date | None = None
    returned_on: date | None = None
    return_reason: ReturnReason | None = None


def contradictions(
    placement: Placement, *, on: date, birth_date: date | None = None
) -> tuple[Contradiction, ...]:
    """Return what cannot be true together in a placement as it is told `on` a day."""
    return tuple(_contradictions(placement, on, birth_date))


def _contradictions(
    placement: Placement, on: date, birth_date: date | None
) -> Iterator[Contradiction]:
    departed, returned = placement.departed_on, placement.returned_on
    if placement.country not in ABROAD:
        yield Contradiction(
            field="country", code="country_unknown", detail="not an ISO 3166 country abroad"
        )
    if departed is not None and departed > on:
        yield Contradiction(
            field="departed_on", code="in_the_future", detail="the departure is still to come"
        )
    if returned is not None and returned > on:
        yield Contradiction(
            field="returned_on", code="in_the_future", detail="the return is still to come"
        )
    if departed is not None and returned is not None and returned < departed:
        yield Contradiction(
            field="returned_on", code="out_of_order", detail="the return is before the departure"
        )
    if departed is not None and birth_date is not None and departed <= birth_date:
        yield Contradiction(
            field="departed_on", code="out_of_order", detail="the departure is before the birth"
        )
    if (
        placement.contract_from is not None
        and placement.contract_until is not None
        and placement.contract_until < placement.contract_from
    ):
        yield Contradiction(
            field="contract_until",
            code="out_of_order",
            detail="the contract ends before it begins",
        )
    if placement.return_reason is not None and returned is None:
        yield Contradiction(
            field="return_reason",
            code="no_return",
            detail="a reason is given but no date of return",
        )


class LanguageLevel(StrEnum):
    """The levels of the Common European Framework, and `NATIVE`; the weakest first."""

    A1 = "a1"
    A2 = "a2"
    B1 = "b1"
    B2 = "b2"
    C1 = "c1"
    C2 = "c2"
    NATIVE = "native"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for the weakest."""
        return tuple(LanguageLevel).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language and how well it is spoken. The code is ISO 639-1, lower case."""

    code: str
    level: LanguageLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate of competence, from BNSP or from abroad."""

    scheme: str
    issuer: str
    number: str
    issued_on: date
    valid_until: date | None = None
    """The last day of validity; None where the issuer sets no end."""

    def valid(self, *, on: date) -> bool:
        """Tell whether the certificate is in force `on` a day, both ends included."""
        return self.issued_on <= on and (self.valid_until is None or on <= self.valid_until)
