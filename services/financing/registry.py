"""
The client of the registry: its answers become frozen facts, its failures become three exceptions.

Each reading states its purpose, and the registry keeps who read what and why. The NIK comes only
with a reading for a submission, and never shows when such facts are printed.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from services.financing.domain.eligibility import (
    CooperativeKind,
    HealthGrade,
    MigrationStatus,
    VerificationLevel,
)
from shared import clock
from shared.outbound import NeverSent, NoAnswer, Outbound, Reply

TOKEN_PATH = "/oauth/token"  # noqa: S105 (an address)
MARGIN = timedelta(seconds=60)
"""A token this close to its end is not used any more: it might end on the way."""

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_VISIBLE = r"^[!-~]+$"
"""What a token is made of, at most: a header carries nothing else."""
_SECONDS_MAX = 31_536_000
_NOBODY = frozenset({"/problems/person-not-found", "/problems/cooperative-not-found"})
_TRY_LATER = frozenset(
    {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
"""What says nothing of us or the subject. A bare 404 comes from whatever stands in the registry's
place, such as a gateway during a deployment: nobody is gone because of it."""


class RegistryUnavailable(Exception):
    """The registry gave no answer that can be used; nothing is known of the subject."""


class RegistryRefused(Exception):
    """The registry does not let this service read; its client or its scopes are set up wrongly."""


class SubjectNotFound(Exception):
    """The registry has no such person or cooperative."""


class ReadingPurpose(StrEnum):
    """Why the registry is read; the subject can see it."""

    PREQUALIFICATION = "prequalification"
    ASSESSMENT = "assessment"
    SUBMISSION = "submission"


class ProofKind(StrEnum):
    """What a record of the registry proves of a beginner."""

    MENTORED = "mentored"
    TRAINED = "trained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One record of mentoring or training that counts, and since when."""

    kind: ProofKind
    record_id: UUID
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMembership:
    """An active membership, and the cooperative that it is of."""

    cooperative_id: UUID
    kind: CooperativeKind
    name: str
    has_usp: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """A person as the registry knows them; `person_nik` only for a submission."""

    id: UUID
    full_name: str
    birth_date: date | None
    married: bool | None
    ktp_village_code: str | None
    domicile_village_code: str | None
    migration_status: MigrationStatus
    verification_level: VerificationLevel
    returned_on: date | None
    proofs: tuple[Proof, ...]
    memberships: tuple[KnownMembership, ...]
    registered_by: str
    """The client that registered the person, and so may act for them."""
    person_nik: str | None = field(default=None, repr=False)

    @property
    def mentored(self) -> bool:
        """Tell whether a mentoring counts."""
        return any(proof.kind is ProofKind.MENTORED for proof in self.proofs)

    @property
    def trained(self) -> bool:
        """Tell whether a training in entrepreneurship counts."""
        return any(proof.kind is ProofKind.TRAINED for proof in self.proofs)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRat:
    """One annual meeting."""

    book_year: int
    held_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFigures:
    """What one book year came to, in whole rupiah."""

    book_year: int
    shu: int
    equity: int
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCooperative:
    """A cooperative as the registry knows it."""

    id: UUID
    kind: CooperativeKind
    name: str
    status: str
    founded_on: date
    legal_entity_no: str | None
    coop_registry_no: str | None
    certificate_valid_until: date | None
    rats: tuple[KnownRat, ...]
    figures: tuple[KnownFigures, ...]
    health_grade: HealthGrade | None
    has_usp: bool
    microsite_url: str | None
    npwp: str | None
    nib: str | None


Known = KnownPerson | KnownCooperative
T = TypeVar("T", KnownPerson, KnownCooperative)


@dataclass(frozen=True, slots=True)
class _Granted:
    """What the issuer answers to a client that it knows."""

    access_token: Annotated[str, msgspec.Meta(pattern=_VISIBLE)] = field(repr=False)
    expires_in: Annotated[int, msgspec.Meta(ge=0, le=_SECONDS_MAX)]


@dataclass(frozen=True, slots=True)
class _Problem:
    """The member of a problem document that tells one "no" from another."""

    type: str


class RegistryClient:
    """Reads facts from the registry with a token that it fetches once and keeps until its end.

    `outbound` is the line to the registry, which also issues the tokens unless `token_url` names
    another issuer.
    """

    def __init__(
        self,
        outbound: Outbound,
        *,
        client_id: str,
        client_secret: str,
        token_url: str = TOKEN_PATH,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._outbound = outbound
        self._token_url = token_url
        self._now = now
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._credentials = urlencode(form).encode()
        self._token: str | None = None
        self._token_end: datetime | None = None
        self._fetching = asyncio.Lock()

    async def person_facts(self, id: UUID, *, purpose: ReadingPurpose) -> KnownPerson:
        """Return what the registry knows of a person.

        Raises:
            SubjectNotFound: there is no such person.
            RegistryUnavailable: no usable answer came in time.
            RegistryRefused: this service may not read.
        """
        return await self._facts("people", id, purpose, KnownPerson)

    async def cooperative_facts(self, id: UUID, *, purpose: ReadingPurpose) -> KnownCooperative:
        """Return what the registry knows of a cooperative. Raises as `person_facts` does."""
        return await self._facts("cooperatives", id, purpose, KnownCooperative)

    async def _facts(self, nouns: str, id: UUID, purpose: ReadingPurpose, kind: type[T]) -> T:
        path = f"/{nouns}/{id}/financing-facts"
        until = self._outbound.until()
        content = msgspec.json.encode({"purpose": purpose})
        token = await self._bearer(until)
        reply = await self._post(path, content, _json(token), until)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            # The issuer may have changed its keys; a fresh token tells.
            self._forget(token)
            token = await self._bearer(until)
            reply = await self._post(path, content, _json(token), until)
        if reply.status == HTTPStatus.NOT_FOUND and _read(reply, _Problem).type in _NOBODY:
            raise SubjectNotFound("The registry has nobody under this id for whom you act.")
        _check(reply)
        known = _read(reply, kind)
        if known.id != id:
            raise RegistryUnavailable("The registry answered about somebody else.")
        return known

    async def _bearer(self, until: float) -> str:
        async with self._fetching:
            now = self._now()
            if self._token is None or self._token_end is None or self._token_end <= now:
                reply = await self._post(self._token_url, self._credentials, _FORM, until)
                _check(reply)
                granted = _read(reply, _Granted)
                self._token = granted.access_token
                self._token_end = now + timedelta(seconds=granted.expires_in) - MARGIN
            return self._token

    def _forget(self, token: str) -> None:
        # A newer token may be here already, fetched for another call.
        if self._token == token:
            self._token = None

    async def _post(
        self, path: str, content: bytes, headers: Mapping[str, str], until: float
    ) -> Reply:
        try:
            return await self._outbound.send(
                "POST", path, headers=headers, content=content, until=until
            )
        except (NeverSent, NoAnswer) as error:
            raise RegistryUnavailable("The registry did not answer in time.") from error


def _json(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _check(reply: Reply) -> None:
    if reply.status == HTTPStatus.OK:
        return
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status in _TRY_LATER:
        raise RegistryUnavailable(f"The registry answered {reply.status}.")
    raise RegistryRefused(f"The registry answered {reply.status}.")


R = TypeVar("R", KnownPerson, KnownCooperative, _Granted, _Problem)


def _read(reply: Reply, kind: type[R]) -> R:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Its text may quote what was sent, and that is somebody's data.
        raise RegistryUnavailable("The registry's answer cannot be read.") from None
