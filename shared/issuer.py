"""
The built-in issuer of tokens, for deployments that have no identity provider of their own.

OAuth2 client credentials (RFC 6749 section 4.4): a client trades its id and secret for a token of
fifteen minutes, signed ES256. Who the clients are is the registry's business: it hands this
module a function that finds one.
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from shared.auth import ALGORITHMS, AUDIENCE, Kind
from shared.clock import Now
from shared.edge import BodyNotForm, BodyTooLarge, router
from shared.ids import new_id
from shared.keys import DEVELOPMENT, DevelopmentKeys
from shared.problems import Catalogue
from shared.wire import Out

LIFETIME = timedelta(minutes=15)
SECRET_LENGTH_MAX = 200
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client of the API."""

    id: str
    secret_hash: str
    kind: Kind
    scopes: frozenset[str]
    cooperative_id: UUID | None
    person_id: UUID | None
    channel: str | None


FindClient = Callable[[Request, str], Awaitable[Client | None]]


class ClientUnknown(Exception):
    """The client id or its secret is wrong. `error` is the word of RFC 6749 for it."""

    members: ClassVar = {"error": "invalid_client"}


class ScopeNotGranted(Exception):
    """The client asked for a scope that it was not given."""

    members: ClassVar = {"error": "invalid_scope"}


class TokenOut(Out):
    """An access token (RFC 6749 section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class KeysOut(Out):
    """Public keys as a JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs tokens with one private key."""

    name: str
    jwk: dict[str, Any]

    @classmethod
    def from_file(cls, name: str, file: Path) -> "Issuer":
        """Read the signing key (a private JWK)."""
        return cls(name, json.loads(file.read_text()))

    def refuse_development(self) -> None:
        """Raise `DevelopmentKeys` if the signing key was made for development."""
        if self.jwk["kid"].startswith(DEVELOPMENT):
            raise DevelopmentKeys("The token signing key was made for development.")

    @property
    def jwks(self) -> dict[str, Any]:
        """Return the public half, as others read it."""
        return {"keys": [{name: value for name, value in self.jwk.items() if name != "d"}]}

    def issue(self, client: Client, scopes: frozenset[str], *, now: datetime) -> str:
        """Sign a token for a client."""
        claims = {
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": client.id,
            "jti": str(new_id()),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "kind": client.kind.value,
            "scope": " ".join(sorted(scopes)),
            "cooperative": str(client.cooperative_id) if client.cooperative_id else None,
            "person": str(client.person_id) if client.person_id else None,
            "channel": client.channel,
        }
        key = jwt.PyJWK(self.jwk)
        return jwt.encode(claims, key, algorithm=ALGORITHMS[0], headers={"kid": self.jwk["kid"]})


def hash_secret(secret: str) -> str:
    """Return what is stored of a client's secret (argon2id)."""
    return _hasher.hash(secret)


# Compared against when a client is unknown, so that both answers cost the same time.
_NOBODY = hash_secret("nobody")


def _matches(stored: str, secret: str) -> bool:
    try:
        return _hasher.verify(stored, secret)
    except (Argon2Error, InvalidHashError):
        return False


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        id, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise ClientUnknown("The Basic credentials cannot be read.") from None
    return id, secret


def endpoints(issuer: Issuer, find: FindClient, problems: Catalogue) -> APIRouter:
    """Return the two endpoints of the issuer."""
    routes = router(tags=["tokens"])
    field = Form(max_length=SECRET_LENGTH_MAX)

    @routes.post(
        "/oauth/token",
        response_model=TokenOut,
        responses=problems.openapi(ClientUnknown, ScopeNotGranted, BodyNotForm, BodyTooLarge),
        operation_id="issue_token",
    )
    async def issue_token(
        request: Request,
        now: Now,
        grant_type: Annotated[Literal["client_credentials"], Form()],
        client_id: Annotated[str | None, field] = None,
        client_secret: Annotated[str | None, field] = None,
        scope: Annotated[str | None, Form(max_length=2000)] = None,
    ) -> JSONResponse:
        """Trade a client's id and secret for a token (client credentials).

        Send them as HTTP Basic credentials or as form fields. Without `scope` the token carries
        every scope that the client was given.
        """
        id, secret = _basic(request) or (client_id or "", client_secret or "")
        client = await find(request, id) if id.isascii() and id.isprintable() else None
        stored = client.secret_hash if client else _NOBODY
        if not await run_in_threadpool(_matches, stored, secret) or client is None:
            raise ClientUnknown("The client id or its secret is wrong.")
        scopes = frozenset(scope.split()) if scope else client.scopes
        if not scopes <= client.scopes:
            raise ScopeNotGranted("The client was not given every scope that it asks for.")
        token = issuer.issue(client, scopes, now=now)
        answer = TokenOut(
            access_token=token,
            token_type="Bearer",  # noqa: S106
            expires_in=int(LIFETIME.total_seconds()),
            scope=" ".join(sorted(scopes)),
        )
        return JSONResponse(answer.model_dump(), headers={"Pragma": "no-cache"})

    @routes.get(
        "/.well-known/jwks.json",
        response_model=KeysOut,
        responses=problems.openapi(),
        operation_id="read_jwks",
    )
    async def read_jwks() -> dict[str, Any]:
        """Return the public keys that verify tokens."""
        return issuer.jwks

    return routes
