"""The composition root: settings in, application out. Nothing is made at import."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request

from migrations.run import head
from services.registry.api import (
    cooperatives,
    facts,
    imports,
    memberships,
    mentorings,
    officers,
    people,
    placements,
    regions,
    relatives,
    trainings,
    verifications,
)
from services.registry.api.problems import PROBLEMS
from services.registry.db import clients
from services.registry.db.invariants import LAWS
from services.registry.db.tables import event
from services.registry.settings import Settings
from shared import idempotency, keys
from shared.auth import TOKEN_PATH, KeySet, Verifier
from shared.db import Database
from shared.feed import feed
from shared.invariants import invariants
from shared.issuer import Client, Issuer, endpoints
from shared.operations import database_checks, include, new_app

TAGS = {
    "people": "Returned migrant workers and their families",
    "memberships": "Who belongs to a cooperative, and the steps of belonging",
    "cooperatives": "Village and migrant-worker cooperatives, their officers and figures",
    "facts": "What financing may read of a person or a cooperative, and who has read it",
    "regions": "Regions of Indonesia, and what a NIK says",
    "evidence": "Mentoring and training that were completed",
    "imports": "Files of people and cooperatives",
    "events": "The ordered feed of changes",
    "operations": "Checking the service itself",
}
TOKENS = {"tokens": "Tokens, and the keys that verify them"}
TOKEN_NAMES = {"Body_issue_token": "TokenRequest"}
NAMES = {
    "Event": "MembershipEvent",
    "Purpose": "FactsPurpose",
    "Scheme": "PlacementScheme",
    "Status": "MembershipStatus",
}
ROUTES = (
    people.routes,
    memberships.routes,
    cooperatives.routes,
    facts.routes,
    regions.routes,
    placements.routes,
    verifications.routes,
    relatives.routes,
    officers.routes,
    mentorings.routes,
    trainings.routes,
    imports.routes,
)
"""The endpoints of the registry's own, the hottest first."""
DESCRIPTION = "Who came home, what they can do, and which cooperative took them in."


def create_app(settings: Settings) -> FastAPI:
    """Return the registry, with the built-in issuer unless the settings name an outside one.

    Raises:
        KeysMissing: a key file is absent.
        DevelopmentKeys: production mode, but a key was made for development.
    """
    ring = keys.load(settings.keys / "registry.json")
    issuer = _built_in(settings)
    if settings.mode == "production":
        ring.refuse_development()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with (
            Database.connect(settings.database_url) as database,
            idempotency.forgetting(database),
        ):
            app.state.database = database
            app.state.checks.update(database_checks(database, head("registry")))
            yield

    app = new_app(
        title="Purna registry",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        problems=PROBLEMS,
        tags=TAGS if issuer is None else TAGS | TOKENS,
        names=NAMES if issuer is None else NAMES | TOKEN_NAMES,
        token_url=None if issuer is None else TOKEN_PATH,
    )
    app.state.keys = ring
    app.state.cursor_key = ring.cursor
    app.state.verifier = Verifier(
        settings.issuer, KeySet(settings.jwks or str(settings.keys / "jwks.json"))
    )
    include(app, *ROUTES, feed(event, PROBLEMS), invariants(LAWS, PROBLEMS))
    if issuer is not None:
        include(app, endpoints(issuer, _find_client, PROBLEMS))
    return app


def _built_in(settings: Settings) -> Issuer | None:
    """Return the registry's own issuer, or None where an outside one is named."""
    if settings.jwks is not None:
        return None
    issuer = Issuer.from_file(settings.issuer, settings.keys / "issuer.json")
    if settings.mode == "production":
        issuer.refuse_development()
    return issuer


async def _find_client(request: Request, id: str) -> Client | None:
    return await clients.find(request.app.state.database.reader, id)
