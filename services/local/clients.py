"""The clients of the API that a machine for development has, and their secrets."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import httpx

from services.registry.seed import NewClient
from shared.auth import SCOPES, Kind

MOBILE = "mobile-app"
MINISTRY = "ministry"
AUDITOR = "auditor"
REVIEWERS = ("reviewer-a", "reviewer-b")
"""Two people of the ministry: one proposes what the other confirms."""
FINANCING = "financing"

_READING = frozenset(scope for scope in SCOPES if scope.endswith(":read"))
_OFFICER = frozenset(
    {
        "regions:read",
        "people:read",
        "people:write",
        "cooperatives:read",
        "cooperatives:write",
        "memberships:read",
        "memberships:write",
        "evidence:write",
        "products:read",
        "decisions:write",
        "applications:read",
        "applications:write",
        "webhooks:read",
        "webhooks:write",
        "reviews:read",
    }
)
_REVIEWER = frozenset({"products:read", "applications:read", "reviews:read", "reviews:write"})
_KINDS: Mapping[str, tuple[str, Kind, frozenset[str]]] = MappingProxyType(
    {
        MOBILE: (
            "A mobile application for returned workers",
            Kind.MOBILE_BACKEND,
            _OFFICER - {"cooperatives:write"} | {"imports:write"},
        ),
        MINISTRY: (
            "A ministry's system",
            Kind.MINISTRY_ANALYST,
            frozenset(SCOPES) - {"people:nik", "facts:read"},
        ),
        **dict.fromkeys(REVIEWERS, ("A reviewer", Kind.MINISTRY_ANALYST, _REVIEWER)),
        AUDITOR: ("An auditor", Kind.AUDITOR, _READING - {"facts:read"}),
        FINANCING: (
            "The financing service",
            Kind.SERVICE,
            frozenset({"facts:read", "people:nik"}),
        ),
    }
)


def standing(known: Mapping[str, str]) -> tuple[NewClient, ...]:
    """Return the clients that are the same on every machine."""
    return tuple(
        NewClient(id=id, secret=known[id], name=name, kind=kind, scopes=scopes)
        for id, (name, kind, scopes) in _KINDS.items()
    )


def officer(id: str, secret: str, *, cooperative_id: UUID, person_id: UUID) -> NewClient:
    """Return the client with which an officer of a cooperative works."""
    return NewClient(
        id=id,
        secret=secret,
        name="An officer of a cooperative",
        kind=Kind.COOPERATIVE_OFFICER,
        scopes=_OFFICER,
        cooperative_id=cooperative_id,
        person_id=person_id,
    )


def secrets_in(folder: Path, *more: str) -> dict[str, str]:
    """Return the secret of each standing client, and of those named besides.

    They are in `folder/clients.json`, readable by its owner alone; one that is not there yet is
    made.
    """
    file = folder / "clients.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    missing = [id for id in (*_KINDS, *more) if id not in known]
    if missing:
        known |= {id: secrets.token_urlsafe(24) for id in missing}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(known, indent=2))
    return known


async def signed_in(
    registry: str, id: str, secret: str, *, service: str = ""
) -> httpx.AsyncClient:
    """Return a client of the registry, or of the service at `service`, that carries a token."""
    form = {"grant_type": "client_credentials", "client_id": id, "client_secret": secret}
    async with httpx.AsyncClient(base_url=registry, trust_env=False, timeout=30) as anonymous:
        granted = (await anonymous.post("/oauth/token", data=form)).raise_for_status().json()
    return httpx.AsyncClient(
        base_url=service or registry,
        headers={"Authorization": f"Bearer {granted['access_token']}"},
        trust_env=False,
        timeout=30,
    )
