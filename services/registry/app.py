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
from services.registry.db.tables import event
from services.registry.settings import Settings
from shared import idempotency, keys
from shared.auth import KeySet, Verifier
from shared.db import Database
from shared.feed import feed
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
    "tokens": "Tokens, and the keys that verify them",
}
NAMES = {
    "Body_issue_token": "TokenRequest",
    "Event": "MembershipEvent",
    "Purpose": "FactsPurpose",
    "Scheme": "PlacementScheme",
    "Status": "MembershipStatus",
}
DESCRIPTION = "Who came home, what they can do, and which cooperative took them in."


def create_app(settings: Settings) -> FastAPI:
    """Return the registry.

    Raises:
        KeysMissing: a key file is absent.
        DevelopmentKeys: production mode, but a key was made for development.
    """
    ring = keys.load(settings.keys / "registry.json")
    issuer = Issuer.from_file(settings.issuer, settings.keys / "issuer.json")
    if settings.mode == "production":
        ring.refuse_development()
        issuer.refuse_development()

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
        tags=TAGS,
        names=NAMES,
    )
    app.state.keys = ring
    app.state.cursor_key = ring.cursor
    app.state.verifier = Verifier(issuer.name, KeySet(str(settings.keys / "jwks.json")))

    async def find_client(request: Request, id: str) -> Client | None:
        return await clients.find(request.app.state.database.reader, id)

    include(
        app,
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
        feed(event, PROBLEMS),
        endpoints(issuer, find_client, PROBLEMS),
    )
    return app
