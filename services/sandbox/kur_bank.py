"""The contract of a KUR bank: SNAP-style headers, signatures and response codes."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Literal, cast

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from pydantic import Field, StringConstraints

from services.sandbox.behaviour import NoSuchBehaviour
from services.sandbox.courier import Letter
from services.sandbox.desk import (
    PAGE_MAX,
    TOLERANCE_SECONDS,
    Malformed,
    No,
    Noes,
    Terms,
    Unauthorised,
    install,
    lender_of,
    order,
    path_of,
    read,
)
from services.sandbox.keys import KurBankKeys
from services.sandbox.ledger import Entry, Step
from services.sandbox.lender import (
    Broken,
    Lender,
    NoSuchApplication,
    NoSuchPlace,
    NotFromHere,
    OtherContent,
    Resting,
)
from shared.clock import WIB, Now
from shared.rsa_keys import private_key
from shared.wire import Code, Day, LongText, Months, PersonNik, Text, VillageCode

TOKEN_SECONDS = 900
EXTERNAL_ID_DIGITS_MAX = 36

SERVICE_CODES: Mapping[str, str] = MappingProxyType(
    {
        "/v1.0/access-token/b2b": "73",
        "/v1.0/kur/applications": "81",
        "/v1.0/kur/applications/status": "82",
        "/v1.0/kur/applications/cancel": "83",
        "/v1.0/kur/applications/list": "84",
    }
)
"""73 is SNAP's own; it has none for loan applications, so 81 to 84 are this contract's."""

NOES: Noes = MappingProxyType(
    {
        Malformed: No(400, "01", "Invalid field format"),
        NoSuchBehaviour: No(400, "01", "Invalid field format X-Sandbox-Behaviour"),
        NoSuchPlace: No(400, "01", "Invalid field format after"),
        Unauthorised: No(401, "00", "Unauthorized"),
        NoSuchApplication: No(404, "01", "Transaction not found"),
        OtherContent: No(409, "02", "partnerReferenceNo with another content"),
        NotFromHere: No(403, "15", "Transaction not permitted"),
        Broken: No(500, "00", "General error"),
        Resting: No(503, "00", "Service unavailable, nothing was entered"),
    }
)


class Money(Terms):
    """An amount as SNAP writes it: a decimal string and a currency."""

    value: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,12}\.00$")]
    currency: Literal["IDR"]

    def rupiah(self) -> int:
        """Return the amount in whole rupiah."""
        return int(self.value.removesuffix(".00"))


class Customer(Terms):
    """The borrower, with one number that identifies it."""

    kind: Code
    name: Text
    person_nik: PersonNik | None = Field(None, alias="personNik")
    coop_registry_no: Code | None = Field(None, alias="coopRegistryNo")
    birth_date: Day | None = Field(None, alias="birthDate")
    village_code: VillageCode | None = Field(None, alias="villageCode")


class Application(Terms):
    """The body of POST /v1.0/kur/applications."""

    reference: Code = Field(alias="partnerReferenceNo")
    product: Code = Field(alias="productCode")
    amount: Money
    tenor_months: Months = Field(alias="tenorMonths")
    purpose: LongText
    contract_kind: Code = Field(alias="contractKind")
    customer: Customer


class Inquiry(Terms):
    """The body of a status inquiry and of a cancellation."""

    reference: Code = Field(alias="partnerReferenceNo")


class Listing(Terms):
    """The body of POST /v1.0/kur/applications/list."""

    after: Text | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=PAGE_MAX)] = PAGE_MAX


class TokenRequest(Terms):
    """The body of POST /v1.0/access-token/b2b."""

    grant: Literal["client_credentials"] = Field(alias="grantType")


class InvalidToken(Unauthorised):
    """The access token is unknown or past its 900 seconds."""


class SameExternalId(Exception):
    """The X-EXTERNAL-ID was used before on this day."""


class Bank:
    """One bank's secrets, the tokens it has issued and the external ids of the day."""

    def __init__(self, keys: KurBankKeys) -> None:
        self.keys = keys
        public = serialization.load_pem_public_key(keys.client_public_key.encode())
        self._client = cast("rsa.RSAPublicKey", public)
        self._own = private_key(keys.bank_private_key)
        self._tokens: dict[str, datetime] = {}
        self._day = ""
        self._external_ids: set[str] = set()

    def issue(self, headers: Mapping[str, str], *, now: datetime) -> str:
        """Return a token for a caller that signs `clientId|timestamp`; else `Unauthorised`."""
        client, timestamp, signature = _need(headers, "X-CLIENT-KEY", "X-TIMESTAMP", "X-SIGNATURE")
        _fresh(timestamp, now)
        if client != self.keys.client_id:
            raise Unauthorised("unknown client")
        try:
            self._client.verify(
                base64.b64decode(signature),
                f"{client}|{timestamp}".encode(),
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except (ValueError, InvalidSignature):
            raise Unauthorised("signature") from None
        self._tokens = {token: end for token, end in self._tokens.items() if end > now}
        token = secrets.token_urlsafe(24)
        self._tokens[token] = now + timedelta(seconds=TOKEN_SECONDS)
        return token

    def authenticate(
        self, target: str, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> None:
        """
        Check a transaction's headers; `target` is `METHOD:path`.

        Raises:
            Unauthorised, InvalidToken: token, partner, timestamp or signature do not hold.
            Malformed: the external id is not numeric.
            SameExternalId: it was used before today.
        """
        bearer, timestamp, signature, partner, external_id, _ = _need(
            headers,
            "Authorization",
            "X-TIMESTAMP",
            "X-SIGNATURE",
            "X-PARTNER-ID",
            "X-EXTERNAL-ID",
            "CHANNEL-ID",
        )
        token = bearer.removeprefix("Bearer ")
        end = self._tokens.get(token)
        if end is None or end <= now:
            raise InvalidToken("token")
        _fresh(timestamp, now)
        if partner != self.keys.partner_id:
            raise Unauthorised("unknown partner")
        text = f"{target}:{token}:{hashlib.sha256(body).hexdigest()}:{timestamp}"
        mac = hmac.digest(self.keys.client_secret.encode(), text.encode(), "sha512")
        if not hmac.compare_digest(base64.b64encode(mac), signature.encode()):
            raise Unauthorised("signature")
        self._use(external_id, day=now.astimezone(WIB).date().isoformat())

    def seal(self, path: str, letter: Letter, now: datetime) -> Mapping[str, str]:
        """Return the headers of a notification, signed with the bank's own key."""
        timestamp = now.astimezone(WIB).isoformat(timespec="seconds")
        text = f"POST:{path}:{hashlib.sha256(letter.body).hexdigest()}:{timestamp}"
        signature = self._own.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": base64.b64encode(signature).decode(),
            "X-PARTNER-ID": self.keys.partner_id,
            "X-EXTERNAL-ID": f"{secrets.randbelow(10**20):020d}",
            "CHANNEL-ID": "95001",
        }

    def _use(self, external_id: str, *, day: str) -> None:
        if not (external_id.isascii() and external_id.isdecimal()):
            raise Malformed("X-EXTERNAL-ID")
        if len(external_id) > EXTERNAL_ID_DIGITS_MAX:
            raise Malformed("X-EXTERNAL-ID")
        if day != self._day:
            self._day = day
            self._external_ids.clear()
        if external_id in self._external_ids:
            raise SameExternalId
        self._external_ids.add(external_id)


router = APIRouter()


def bank_of(request: Request) -> Bank:
    """Return the bank that this request is addressed to."""
    return cast("Bank", request.app.state.bank)


async def signed(request: Request, now: Now) -> bytes:
    """Return the raw body of a request whose headers hold."""
    body = await request.body()
    target = f"{request.method}:{path_of(request)}"
    bank_of(request).authenticate(target, request.headers, body, now=now)
    return body


Signed = Annotated[bytes, Depends(signed)]


@router.post("/v1.0/access-token/b2b")
async def access_token(request: Request, now: Now) -> Response:
    """Issue a B2B token."""
    read(TokenRequest, await request.body())
    token = bank_of(request).issue(request.headers, now=now)
    return _say(
        request, 200, "00", "Successful", accessToken=token, tokenType="Bearer", expiresIn="900"
    )


@router.post("/v1.0/kur/applications")
async def apply(request: Request, body: Signed) -> Response:
    """Take an application; the same again is answered 409xx01 with the one that exists."""
    terms = read(Application, body)
    customer = terms.customer
    number = customer.person_nik or customer.coop_registry_no or customer.name
    taking = await lender_of(request).take(
        order(
            terms,
            reference=terms.reference,
            amount=terms.amount.rupiah(),
            borrower=(customer.name, number),
            secret=bank_of(request).keys.client_secret,
        ),
        asked=request.headers.get("X-Sandbox-Behaviour"),
    )
    content = view(taking.entry) | {"partnerReferenceNo": taking.reference}
    if taking.repeated:
        return _say(request, 409, "01", "Duplicate partnerReferenceNo", **content)
    return _say(request, 200, "00", "Successful", **content)


@router.post("/v1.0/kur/applications/status")
async def status(request: Request, body: Signed) -> Response:
    """Tell what became of an application."""
    entry = lender_of(request).tell(read(Inquiry, body).reference)
    return _say(request, 200, "00", "Successful", **view(entry))


@router.post("/v1.0/kur/applications/cancel")
async def cancel(request: Request, body: Signed) -> Response:
    """Withdraw an application before its pencairan."""
    entry = lender_of(request).cancel(read(Inquiry, body).reference)
    return _say(request, 200, "00", "Successful", **view(entry))


@router.post("/v1.0/kur/applications/list")
async def ledger(request: Request, body: Signed) -> Response:
    """Show a page of everything that was ever taken, for the partner to compare."""
    asked = read(Listing, body)
    entries, following = lender_of(request).export(asked.after, asked.limit)
    lines = [view(entry) | {"reasons": list[str]()} for entry in entries]
    return _say(request, 200, "00", "Successful", applications=lines, next=following)


def view(entry: Entry, step: Step | None = None) -> dict[str, object]:
    """Return an application as this contract writes it, at a step or at its last one."""
    step = step or entry.history[-1]
    assert entry.order is not None  # noqa: S101 (an entry with a history has its order)
    return {
        "partnerReferenceNo": entry.reference,
        "referenceNo": entry.lender_reference,
        "applicationStatus": step.stage.upper(),
        "amount": {"value": f"{entry.order.amount}.00", "currency": "IDR"},
        "occurredAt": step.at,
        "reasons": [_reason(reason) for reason in step.reasons],
    }


def _reason(text: str) -> dict[str, str]:
    """Write a reason with its code; one that was given at the console may have none."""
    code, colon, message = text.partition(": ")
    coded = colon and message and re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", code)
    return {"code": code, "message": message} if coded else {"code": "MANUAL", "message": text}


def compose(entry: Entry, step: Step) -> Letter:
    """Write the notification of one step."""
    body = orjson.dumps({"eventId": step.event_id, **view(entry, step)})
    return Letter(event_id=step.event_id, body=body)


def desk(lender: Lender, bank: Bank) -> FastAPI:
    """Return the application that speaks this contract for one bank."""
    app = FastAPI(title="KUR bank, SNAP-style", docs_url=None, redoc_url=None)
    app.state.lender = lender
    app.state.bank = bank
    app.include_router(router)
    install(app, NOES, _refuse)
    for kind, no in (
        (InvalidToken, No(401, "01", "Invalid token (B2B)")),
        (SameExternalId, No(409, "00", "Conflict: X-EXTERNAL-ID was used today")),
    ):
        app.add_exception_handler(kind, lambda request, error, no=no: _refuse(request, no, error))
    return app


def _refuse(request: Request, no: No, error: Exception) -> Response:
    sentence = no.sentence
    if isinstance(error, Malformed):
        sentence = f"{sentence} {error}"
    elif isinstance(error, Unauthorised):
        sentence = f"{sentence} [{error}]"
    content = view(error.entry) if isinstance(error, NotFromHere) else {}
    return _say(request, no.status, no.code, sentence, **content)


def _say(request: Request, status: int, case: str, sentence: str, **content: object) -> Response:
    service = SERVICE_CODES.get(path_of(request), "00")
    answer: dict[str, object] = {
        "responseCode": f"{status}{service}{case}",
        "responseMessage": sentence,
        **content,
    }
    return Response(orjson.dumps(answer), status, media_type="application/json")


def _need(headers: Mapping[str, str], *names: str) -> tuple[str, ...]:
    for name in names:
        if not headers.get(name):
            raise Unauthorised(f"{name} is missing")
    return tuple(headers[name] for name in names)


def _fresh(timestamp: str, now: datetime) -> None:
    try:
        sent_at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise Malformed("X-TIMESTAMP") from None
    if sent_at.tzinfo is None or not timestamp.endswith("+07:00"):
        raise Malformed("X-TIMESTAMP")
    if abs((now - sent_at).total_seconds()) > TOLERANCE_SECONDS:
        raise Unauthorised("X-TIMESTAMP is too far from now")
