"""The contract of the LPDB: OAuth2 client credentials, PUT by our reference, Standard Webhooks."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import cast
from urllib.parse import parse_qs

import orjson
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from standardwebhooks import Webhook

from services.sandbox.behaviour import NoSuchBehaviour
from services.sandbox.courier import Letter
from services.sandbox.desk import (
    PAGE_MAX,
    Malformed,
    No,
    Noes,
    Terms,
    Unauthorised,
    install,
    lender_of,
    order,
    read,
)
from services.sandbox.keys import LpdbKeys
from services.sandbox.ledger import Entry, Stage, Step
from services.sandbox.lender import (
    Broken,
    Lender,
    NoSuchApplication,
    NoSuchPlace,
    NotFromHere,
    OtherContent,
    Resting,
)
from shared.clock import Now
from shared.wire import Amount, Code, Day, LongText, Months, PersonNik, Text, VillageCode

TOKEN_SECONDS = 900

NOES: Noes = MappingProxyType(
    {
        Malformed: No(400, "invalid_field", "A field is missing or wrong"),
        NoSuchBehaviour: No(400, "invalid_field", "X-Sandbox-Behaviour names no behaviour"),
        NoSuchPlace: No(400, "invalid_field", "after is no place of the ledger"),
        Unauthorised: No(401, "invalid_token", "The access token or the client is not known"),
        NoSuchApplication: No(404, "unknown_proposal", "No proposal under this reference"),
        OtherContent: No(409, "other_content", "The reference holds a proposal of other content"),
        NotFromHere: No(409, "too_late", "The proposal cannot take this step any more"),
        Broken: No(500, "server_error", "The request failed"),
        Resting: No(503, "unavailable", "Nothing was entered; come again"),
    }
)

WORDS: Mapping[Stage, str] = MappingProxyType(
    {stage: stage.value for stage in Stage} | {Stage.CANCELLED: "withdrawn"}
)
"""The LPDB's own names of the stages; its pipeline is komite, MKP, SP3, akad, pencairan."""


class Applicant(Terms):
    """The borrower."""

    kind: Code
    name: Text
    person_nik: PersonNik | None = None
    coop_registry_no: Code | None = None
    birth_date: Day | None = None
    village_code: VillageCode | None = None


class Proposal(Terms):
    """The body of PUT /proposals/{reference}."""

    product: Code
    amount: Amount
    tenor_months: Months
    purpose: LongText
    contract_kind: Code
    applicant: Applicant


class Fund:
    """The LPDB's secrets, and the tokens it has issued."""

    def __init__(self, keys: LpdbKeys) -> None:
        self.keys = keys
        self._webhook = Webhook(keys.webhook_secret)
        self._tokens: dict[str, datetime] = {}

    def issue(self, authorization: str, *, now: datetime) -> str:
        """Return a token for a client that gives its secret by HTTP Basic; else `Unauthorised`."""
        expected = f"{self.keys.client_id}:{self.keys.client_secret}"
        try:
            given = base64.b64decode(authorization.removeprefix("Basic "), validate=True)
        except (binascii.Error, ValueError):
            raise Unauthorised from None
        if not hmac.compare_digest(given, expected.encode()):
            raise Unauthorised
        self._tokens = {token: end for token, end in self._tokens.items() if end > now}
        token = secrets.token_urlsafe(24)
        self._tokens[token] = now + timedelta(seconds=TOKEN_SECONDS)
        return token

    def authenticate(self, authorization: str, *, now: datetime) -> None:
        """Raise `Unauthorised` unless the bearer token is one of ours and not yet over."""
        end = self._tokens.get(authorization.removeprefix("Bearer "))
        if end is None or end <= now:
            raise Unauthorised

    def seal(self, path: str, letter: Letter, now: datetime) -> Mapping[str, str]:
        """Return the headers of a Standard Webhook."""
        instant = now.astimezone(UTC)
        return {
            "webhook-id": letter.event_id,
            "webhook-timestamp": str(int(instant.timestamp())),
            "webhook-signature": self._webhook.sign(
                letter.event_id, instant, letter.body.decode()
            ),
        }


router = APIRouter()


def fund_of(request: Request) -> Fund:
    """Return the fund that this request is addressed to."""
    return cast("Fund", request.app.state.fund)


async def bearer(request: Request, now: Now) -> None:
    """Let a request through whose token holds."""
    fund_of(request).authenticate(request.headers.get("Authorization", ""), now=now)


Bearer = Depends(bearer)


@router.post("/token")
async def token(request: Request, now: Now) -> Response:
    """Issue a token (RFC 6749 section 4.4)."""
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    if form.get("grant_type") != ["client_credentials"]:
        raise Malformed("grant_type")
    issued = fund_of(request).issue(request.headers.get("Authorization", ""), now=now)
    answer = {"access_token": issued, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
    return _say(200, **answer)


@router.get("/proposals", dependencies=[Bearer])
async def ledger(request: Request) -> Response:
    """Show a page of everything that was ever taken, for the partner to compare."""
    asked = request.query_params
    limit = asked.get("limit", str(PAGE_MAX))
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:4]) <= PAGE_MAX):
        raise Malformed("limit")
    entries, following = lender_of(request).export(asked.get("after"), int(limit))
    lines = [view(entry) | {"notes": list[str]()} for entry in entries]
    return _say(200, proposals=lines, next=following)


@router.put("/proposals/{reference}", dependencies=[Bearer])
async def put(request: Request, reference: str) -> Response:
    """Create a proposal, or return the same one; another content is 409."""
    terms = read(Proposal, await request.body())
    applicant = terms.applicant
    number = applicant.coop_registry_no or applicant.person_nik or applicant.name
    taking = await lender_of(request).take(
        order(
            terms,
            reference=reference,
            amount=terms.amount,
            borrower=(applicant.name, number),
            secret=fund_of(request).keys.client_secret,
        ),
        asked=request.headers.get("X-Sandbox-Behaviour"),
    )
    content = view(taking.entry) | {"proposal": taking.reference}
    return _say(200 if taking.repeated else 201, **content)


@router.get("/proposals/{reference}", dependencies=[Bearer])
async def get(request: Request, reference: str) -> Response:
    """Tell where a proposal stands."""
    return _say(200, **view(lender_of(request).tell(reference)))


@router.delete("/proposals/{reference}", dependencies=[Bearer])
async def withdraw(request: Request, reference: str) -> Response:
    """Withdraw a proposal before its pencairan."""
    return _say(200, **view(lender_of(request).cancel(reference)))


def view(entry: Entry, step: Step | None = None) -> dict[str, object]:
    """Return a proposal as this contract writes it, at a step or at its last one."""
    step = step or entry.history[-1]
    assert entry.order is not None  # noqa: S101 (an entry with a history has its order)
    return {
        "proposal": entry.reference,
        "lpdb_number": entry.lender_reference,
        "stage": WORDS[step.stage],
        "stage_at": step.at,
        "amount": entry.order.amount,
        "notes": list(step.reasons),
    }


def compose(entry: Entry, step: Step) -> Letter:
    """Write the webhook of one step."""
    event = {"id": step.event_id, "type": "proposal.stage", "data": view(entry, step)}
    return Letter(event_id=step.event_id, body=orjson.dumps(event))


def desk(lender: Lender, fund: Fund) -> FastAPI:
    """Return the application that speaks this contract."""
    app = FastAPI(title="LPDB", docs_url=None, redoc_url=None)
    app.state.lender = lender
    app.state.fund = fund
    app.include_router(router)
    install(app, NOES, _refuse)
    return app


def _refuse(request: Request, no: No, error: Exception) -> Response:
    sentence = f"{no.sentence}: {error}" if isinstance(error, Malformed) else no.sentence
    content = view(error.entry) if isinstance(error, NotFromHere) else {}
    return _say(no.status, error=no.code, error_description=sentence, **content)


def _say(status: int, /, **content: object) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
