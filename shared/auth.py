"""
Who is calling: OAuth2 client credentials, verified by a configured key set.

An endpoint's first parameter is its permission: `Annotated[Caller, requires("people:read")]` names
the scope in the signature, and so in OpenAPI. A verified token is remembered until it expires,
because checking a signature costs as much as a third of a read.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import jwt
from fastapi import Request, Security
from fastapi.openapi.models import OAuth2 as OAuth2Model
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security.base import SecurityBase

from shared import clock

ALGORITHMS = ("ES256", "EdDSA")
AUDIENCE = "purna"
TOKEN_PATH = "/oauth/token"  # noqa: S105 (an address)
CLAIMS = ("exp", "iat", "iss", "aud", "sub", "jti")
ISSUED = "Tokens come from the registry's `POST /oauth/token`, or from the configured issuer."
CACHE_MAX = 10_000
TOKEN_LENGTH_MAX = 4_096
REREAD_SECONDS = 60
RETRY_SECONDS = 15
"""How long nobody asks again for keys that could not be read: longer than one try waits."""
LEEWAY_SECONDS = 10

SCOPES: Mapping[str, str] = {
    "regions:read": "Look up regions and read what a NIK says",
    "people:read": "Read people whom the caller may see",
    "people:write": "Register people and correct their records",
    "people:nik": "Receive a person's NIK in financing facts, to hand it to a lender",
    "cooperatives:read": "Read cooperatives",
    "cooperatives:write": "Register cooperatives, their officers, RAT and yearly figures",
    "memberships:read": "Read memberships",
    "memberships:write": "Apply for membership, and decide on it as an officer",
    "evidence:write": "Record mentoring and training",
    "imports:write": "Import people and cooperatives from files",
    "facts:read": "Read the facts that financing needs, for a stated purpose",
    "events:read": "Read the feed of changes",
    "invariants:read": "Check on the stored rows what is always true",
    "webhooks:read": "See own webhook endpoints and what was delivered to them",
    "webhooks:write": "Subscribe to changes: add, change and remove own webhook endpoints",
    "products:read": "Read products and their rules",
    "decisions:write": "Ask for a decision without an application",
    "applications:read": "Read loan applications whom the caller may see",
    "applications:write": "Draft, submit and withdraw loan applications, object to decisions",
    "reviews:read": "Read the reviews of applications whom the caller may see",
    "reviews:write": "Propose and confirm what two people rule on a case",
    "quotas:read": "Read what each lender may still lend this year",
    "quotas:write": "Set what each lender may lend",
    "channels:read": "Read how lenders fare, what is set aside, and where ledgers differ",
    "channels:write": "Pause and resume lenders, decide on what is set aside and on cases",
}


class Kind(StrEnum):
    """What a caller is. What it may see follows from this and from its scopes."""

    MOBILE_BACKEND = "mobile_backend"
    COOPERATIVE_OFFICER = "cooperative_officer"
    MINISTRY_ANALYST = "ministry_analyst"
    LENDER = "lender"
    SERVICE = "service"
    AUDITOR = "auditor"


SEES_ALL = frozenset({Kind.MINISTRY_ANALYST, Kind.SERVICE, Kind.AUDITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A verified client. `person_id` is the human behind an officer's client, if any."""

    id: str
    kind: Kind
    scopes: frozenset[str]
    cooperative_id: UUID | None = None
    person_id: UUID | None = None
    channel: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether rows of every owner are visible to it."""
        return self.kind in SEES_ALL


class Unauthenticated(Exception):
    """The request carries no token that can be verified."""


class IssuerUnavailable(Exception):
    """The keys of the token issuer cannot be had at the moment."""


class KeysExposed(Exception):
    """The issuer's keys would be read from where somebody else could replace them."""


class Forbidden(Exception):
    """The caller is known but lacks a scope, or is not the kind that may do this."""


@dataclass(slots=True)
class KeySet:
    """The issuer's public keys (JWKS), from a file or an https address; never from a token.

    A key id that is not known makes the set be read again, at most once a minute, so that a
    rotation needs no restart; a try that failed is repeated after `RETRY_SECONDS`, so that an
    issuer that is down neither is flooded nor keeps callers waiting. Raises `KeysExposed` for a
    plain http address.
    """

    location: str
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict[str, jwt.PyJWK])
    _read_at: float = float("-inf")
    _failed_at: float = float("-inf")
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        if self.location.startswith("http://"):
            raise KeysExposed("Keys sent over plain http can be exchanged: use https or a file.")

    async def key(self, kid: str, *, now: datetime) -> jwt.PyJWK | None:
        """Return a key by its id, or None.

        Raises:
            IssuerUnavailable: the keys cannot be read, or could not be a moment ago.
        """
        if kid not in self._keys:
            # Whoever comes while the set is being read waits for it: at the start of a process
            # many requests come at once, and none of them may be told that its key is unknown.
            async with self._reading:
                if kid not in self._keys and now.timestamp() - self._read_at >= REREAD_SECONDS:
                    await self._read(now.timestamp())
        return self._keys.get(kid)

    async def _read(self, now: float) -> None:
        # The distance, so that a clock that was set back does not lengthen the pause.
        if abs(now - self._failed_at) < RETRY_SECONDS:
            raise IssuerUnavailable("The issuer's keys could not be read a moment ago.")
        try:
            keys = _key_set(await self._document())
        except (OSError, httpx.HTTPError, ValueError, jwt.PyJWTError) as error:
            self._failed_at = now
            raise IssuerUnavailable("The issuer's keys cannot be read.") from error
        self._keys = {key.key_id: key for key in keys if key.key_id}
        self._read_at = now

    async def _document(self) -> str:
        if not self.location.startswith("https://"):
            return await asyncio.to_thread(Path(self.location).read_text)
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            response = await http.get(self.location)
            response.raise_for_status()
            return response.text


def _key_set(text: str) -> list[jwt.PyJWK]:
    document: Any = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError("the issuer's answer is not a key set")  # noqa: TRY004 (as for any text)
    return jwt.PyJWKSet.from_dict(cast("dict[str, Any]", document)).keys


@dataclass(slots=True)
class Verifier:
    """Turns a bearer token into a `Caller`."""

    issuer: str
    keys: KeySet
    _known: dict[bytes, tuple[Caller, float]] = field(
        default_factory=dict[bytes, tuple[Caller, float]]
    )

    async def verify(self, token: str, *, now: datetime) -> Caller:
        """Return the caller behind a token.

        Raises:
            Unauthenticated: the token is missing, malformed, forged, expired or for another.
            IssuerUnavailable: the issuer's keys could not be read.
        """
        known = self.recall(token, now=now)
        if known is not None:
            return known
        claims = await self._claims(token, now)
        caller = _caller(claims)
        if len(self._known) >= CACHE_MAX:
            self._known.clear()
        self._known[_digest(token)] = (caller, float(claims["exp"]))
        return caller

    def recall(self, token: str, *, now: datetime) -> Caller | None:
        """Return the caller of a token that was verified before and has not ended."""
        known = self._known.get(_digest(token))
        return known[0] if known is not None and known[1] > now.timestamp() else None

    async def _claims(self, token: str, now: datetime) -> dict[str, Any]:
        if len(token) > TOKEN_LENGTH_MAX:
            raise Unauthenticated("The token is too long.")
        try:
            key = await self.keys.key(str(jwt.get_unverified_header(token)["kid"]), now=now)
        except (jwt.PyJWTError, KeyError) as error:
            raise Unauthenticated("The token is malformed.") from error
        if key is None or key.algorithm_name not in ALGORITHMS:
            raise Unauthenticated("The token is signed with a key that is not accepted.")
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=AUDIENCE,
                issuer=self.issuer,
                options={"require": list(CLAIMS)},
                leeway=LEEWAY_SECONDS,
            )
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise Unauthenticated("The token cannot be verified, or has expired.") from error


def _digest(token: str) -> bytes:
    """Return what a token is remembered by: the token itself is never kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _caller(claims: Mapping[str, Any]) -> Caller:
    try:
        return Caller(
            id=str(claims["sub"]),
            kind=Kind(claims["kind"]),
            scopes=frozenset(str(claims["scope"]).split()),
            cooperative_id=UUID(claims["cooperative"]) if claims.get("cooperative") else None,
            person_id=UUID(claims["person"]) if claims.get("person") else None,
            channel=claims.get("channel"),
        )
    except (KeyError, ValueError, AttributeError) as error:
        raise Unauthenticated("The token lacks a claim that this API needs.") from error


async def caller_of(request: Request) -> Caller:
    """Return the caller of a request; verified once, however often it is asked."""
    known: Caller | None = request.scope.get("caller")
    if known is not None:
        return known
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send `Authorization: Bearer` with a token of the issuer.")
    verifier: Verifier = request.app.state.verifier
    caller = await verifier.verify(token.strip(), now=clock.now())
    request.scope["caller"] = caller
    return caller


class Requires(SecurityBase):
    """A dependency that demands scopes and, where stated, a kind of caller."""

    def __init__(self, scopes: tuple[str, ...], kinds: frozenset[Kind]) -> None:
        self.scopes, self.kinds = frozenset(scopes), kinds
        self.scheme_name = "oauth2"
        self.model = OAuth2Model(
            description=ISSUED,
            flows=OAuthFlows(
                clientCredentials=OAuthFlowClientCredentials(
                    tokenUrl=TOKEN_PATH, scopes=dict(SCOPES)
                )
            ),
        )

    def admits(self, caller: Caller) -> bool:
        """Tell whether a caller has every scope and is of the right kind."""
        return self.scopes <= caller.scopes and (not self.kinds or caller.kind in self.kinds)

    async def __call__(self, request: Request) -> Caller:
        """Return the caller, or refuse."""
        caller = await caller_of(request)
        if not self.scopes <= caller.scopes:
            missing = ", ".join(sorted(self.scopes - caller.scopes))
            raise Forbidden(f"This call needs the scope {missing}.")
        if self.kinds and caller.kind not in self.kinds:
            kinds = ", ".join(sorted(self.kinds))
            raise Forbidden(f"Only these kinds of caller may do this: {kinds}.")
        return caller


def requires(*scopes: str, kinds: tuple[Kind, ...] = ()) -> Any:
    """Return the dependency for `Annotated[Caller, requires("people:read")]`."""
    if not SCOPES.keys() >= set(scopes):
        raise ValueError(f"undeclared scope among {scopes}")
    return Security(Requires(scopes, frozenset(kinds)), scopes=list(scopes))
