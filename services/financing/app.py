"""The composition root of the API: settings in, application out. Nothing is made at import."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI
from httpx import AsyncBaseTransport

from migrations.run import head
from services.financing.api import (
    applications,
    callbacks,
    channels,
    deadlines,
    ladders,
    letters,
    prequalifications,
    products,
    quarantine,
    quotas,
    reconciliations,
    reviews,
    schedules,
    submissions,
)
from services.financing.api.channels import channel_measures
from services.financing.api.letter_pdf import Press
from services.financing.api.problems import PROBLEMS
from services.financing.channels import keys as channel_keys
from services.financing.db.invariants import LAWS
from services.financing.db.submissions import last_beat
from services.financing.db.tables import event
from services.financing.domain import working_days
from services.financing.domain.routing import CHANNELS
from services.financing.registry import TOKEN_PATH, RegistryClient
from services.financing.settings import Settings
from shared import clock, idempotency, keys
from shared.auth import KeySet, Verifier
from shared.db import Database, DatabaseUnavailable
from shared.feed import feed
from shared.invariants import invariants
from shared.neighbour import Neighbour
from shared.operations import database_checks, include, new_app
from shared.outbound import Outbound
from shared.public_web import PublicWeb, Resolver, name_servers
from shared.sealing import Sealer
from shared.webhooks import endpoints
from shared.webhooks.measures import webhook_measures

TAGS = {
    "applications": "A loan from its draft to the last instalment",
    "decisions": "What could be lent, with every reason",
    "products": "What can be lent, the numbers in force, and what is paid back",
    "quotas": "What each lender may lend in a year, and who waits for it",
    "reviews": "Objections and contradictions, decided by two people",
    "callbacks": "What lenders report",
    "channels": "How each lender fares, and what is set aside for an operator",
    "reconciliations": "Our submissions beside each lender's ledger, and what differs",
    "events": "The ordered feed of changes",
    "operations": "Checking the service itself",
    "webhooks": "Being told of changes as they happen",
}
NAMES = {
    "About": "LetterAbout",
    "Act": "StepAct",
    "Card": "Scorecard",
    "Cause": "QuarantineCause",
    "Code": "ReasonCode",
    "Dimension": "FactorDimension",
    "Duty": "DeadlineDuty",
    "Reason": "FactorReason",
    "State": "DeadlineState",
    "Subject": "ReviewSubject",
    "Unit": "FigureUnit",
    "services__financing__domain__application__Event": "ApplicationEvent",
    "services__financing__domain__application__Status": "ApplicationStatus",
    "services__financing__domain__letter__Kind": "LetterKind",
    "services__financing__domain__quarantine__Status": "QuarantineStatus",
    "services__financing__domain__review__Event": "ReviewEvent",
    "services__financing__domain__review__Status": "ReviewStatus",
    "services__financing__domain__steps__Kind": "StepKind",
    "services__financing__domain__submission__Status": "SubmissionStatus",
}
ROUTES = (
    applications.routes,
    submissions.routes,
    deadlines.routes,
    letters.routes,
    reviews.objections,
    reviews.routes,
    prequalifications.routes,
    ladders.routes,
    ladders.of_applications,
    callbacks.routes,
    products.routes,
    quotas.routes,
    quotas.waiting_routes,
    channels.routes,
    quarantine.routes,
    reconciliations.of_channels,
    reconciliations.routes,
    reconciliations.cases,
    schedules.routes,
    endpoints.routes,
)
"""Every endpoint of our own, in the order of the contract."""

DESCRIPTION = "Is this loan possible, how good is it, and who should lend?"
SILENT_AFTER = timedelta(seconds=30)


def create_app(
    settings: Settings,
    *,
    registry: AsyncBaseTransport | None = None,
    lenders: AsyncBaseTransport | None = None,
    resolver: Resolver = name_servers,
) -> FastAPI:
    """Return the financing API. A transport or resolver replaces the wire in a test, no more.

    Raises:
        KeysMissing: a key file is absent.
        DevelopmentKeys, DevelopmentKeysInProduction: production mode with development keys.
    """
    production = settings.mode == "production"
    ring = keys.load(settings.keys / "financing.json")
    lender_keys = channel_keys.load(settings.channels, production=production)
    if production:
        ring.refuse_development()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        working_days.days_off(clock.now().year)  # no request is to wait for the calendar
        async with (
            Database.connect(settings.database_url) as database,
            idempotency.forgetting(database),
            Neighbour(settings.registry_url, transport=registry) as line,
            Press.open() as press,
            channel_keys.open_channels(lender_keys, transport=lenders) as channels,
            PublicWeb.open(development=not production, resolver=resolver) as public_web,
        ):
            app.state.public_web = public_web
            app.state.database = database
            app.state.channels = channels
            app.state.press = press
            app.state.registry = registry_client(settings, line)
            app.state.checks.update(database_checks(database, head("financing")))
            app.state.checks["worker"] = lambda: _worker_alive(database)
            yield

    app = new_app(
        title="Purna financing",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        problems=PROBLEMS,
        tags=TAGS,
        names=NAMES,
        # Our callers ask where we ask ourselves.
        token_url=_token_url(settings),
    )
    app.state.cursor_key = ring.cursor
    app.state.webhook_sealer = webhook_sealer(ring)
    app.state.measures.append(webhook_measures(app.state.metrics))
    app.state.measures.append(channel_measures(app.state.metrics))
    app.state.verifier = Verifier(settings.issuer, KeySet(settings.jwks))
    app.state.channels_today = CHANNELS
    app.webhooks.routes.extend(endpoints.told.routes)
    include(app, *ROUTES, feed(event, PROBLEMS), invariants(LAWS, PROBLEMS))
    return app


def registry_client(settings: Settings, line: Outbound) -> RegistryClient:
    """Return the client of the registry on an open line."""
    return RegistryClient(
        line,
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        token_url=_token_url(settings),
    )


def webhook_sealer(ring: keys.Keyring) -> Sealer:
    """Return what seals the secrets of webhooks; the API seals them, the worker opens them."""
    return Sealer(ring, "webhook_endpoint.secret")


def _token_url(settings: Settings) -> str:
    return settings.token_url or settings.registry_url.rstrip("/") + TOKEN_PATH


async def _worker_alive(database: Database) -> str | None:
    try:
        beat = await last_beat(database.reader)
    except DatabaseUnavailable:
        return "unknown: the database cannot be reached"
    if beat is None or clock.now() - beat > SILENT_AFTER:
        return (
            "no worker has been alive for 30 seconds: start `python -m services.financing worker`"
        )
    return None
