"""A bank that disburses KUR, spoken to in the manner of SNAP."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal, cast
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import Field, StringConstraints

from services.financing.channels import (
    Answer,
    CallbackRejected,
    ChannelRefused,
    ChannelUnavailable,
    ChannelUnknown,
    LedgerLine,
    LedgerPage,
    LenderEvent,
    Proposal,
    Rejection,
)
from services.financing.channels.tokens import Token
from services.financing.channels.wire import (
    LINES_MAX,
    PAGE_LINES,
    REASONS_MAX,
    Said,
    fresh,
    need,
    read,
    read_event,
    send,
)
from services.financing.domain.submission import Stage
from shared.clock import WIB
from shared.money import Rupiah
from shared.outbound import Outbound, Reply
from shared.rsa_keys import private_key
from shared.wire import Code, Instant, LongText, Text

TOKEN_PATH: Final = "/v1.0/access-token/b2b"  # noqa: S105 (an address)
SUBMIT_PATH: Final = "/v1.0/kur/applications"
STATUS_PATH: Final = "/v1.0/kur/applications/status"
CANCEL_PATH: Final = "/v1.0/kur/applications/cancel"
LIST_PATH: Final = "/v1.0/kur/applications/list"
CHANNEL_ID: Final = "95001"

SERVICES: Mapping[str, str] = MappingProxyType(
    {TOKEN_PATH: "73", SUBMIT_PATH: "81", STATUS_PATH: "82", CANCEL_PATH: "83", LIST_PATH: "84"}
)
"""The service part of a response code, by address."""


class _Money(Said):
    value: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,12}\.00$")]
    currency: Literal["IDR"]

    def rupiah(self) -> Rupiah:
        return Rupiah(int(self.value.removesuffix(".00")))


class _Reason(Said):
    code: Code
    message: LongText

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class _Outcome(Said):
    response_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$")] = Field(
        alias="responseCode"
    )


_Status = Literal["RECEIVED", "APPROVED", "AKAD", "DISBURSED", "REPAID", "REFUSED", "CANCELLED"]


class _Standing(Said):
    reference: Code = Field(alias="referenceNo")
    status: _Status = Field(alias="applicationStatus")
    amount: _Money
    occurred_at: Instant = Field(alias="occurredAt")

    @property
    def stage(self) -> Stage:
        return Stage(self.status.lower())


class _Application(_Standing):
    our_reference: UUID = Field(alias="partnerReferenceNo")
    reasons: Annotated[tuple[_Reason, ...], Field(max_length=REASONS_MAX)]


class _Line(_Standing):
    our_reference: Code = Field(alias="partnerReferenceNo")


class _Ledger(Said):
    lines: Annotated[tuple[_Line, ...], Field(alias="applications", max_length=LINES_MAX)]
    after: Text | None = Field(alias="next")


class _Event(_Application):
    event_id: UUID = Field(alias="eventId")


class _Token(Said):
    access_token: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,2048}$")] = Field(
        alias="accessToken"
    )
    expires_in: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}$")] = Field(
        alias="expiresIn"
    )


class KurBank:
    """
    One KUR bank.

    `client_private_key` signs for tokens, `client_secret` signs transactions with them, and
    `bank_public_key` is the only key its notifications are checked with. Both keys are PEM.
    """

    def __init__(
        self,
        code: str,
        outbound: Outbound,
        *,
        client_id: str,
        client_secret: str,
        partner_id: str,
        client_private_key: str,
        bank_public_key: str,
    ) -> None:
        self.code = code
        self._outbound = outbound
        self._client_id = client_id
        self._client_secret = client_secret.encode()
        self._partner_id = partner_id
        theirs = serialization.load_pem_public_key(bank_public_key.encode())
        self._own = private_key(client_private_key)
        self._theirs = cast("rsa.RSAPublicKey", theirs)
        self._token = Token()

    async def submit(self, proposal: Proposal, *, now: datetime) -> Answer:
        """Hand a proposal in; 409xx01 is the bank saying that it has it already."""
        reply = await self._call(SUBMIT_PATH, _application(proposal), now=now)
        case = _case(SUBMIT_PATH, reply)
        if case in ("20000", "40901"):
            return _answer(proposal.submission_id, reply)
        if case == "40900":  # only this attempt's X-EXTERNAL-ID clashed
            raise ChannelUnavailable("the number of our message was used before")
        if case == "40902":  # so the bank does have one under our reference
            raise ChannelUnknown("it has another content under this reference")
        raise _failure(reply, case)

    async def inquire(self, submission_id: UUID, *, now: datetime) -> Answer | None:
        """Ask by our reference; 404xx01 is the bank saying that it has never seen it."""
        reply = await self._call(STATUS_PATH, _inquiry(submission_id), now=now)
        case = _case(STATUS_PATH, reply)
        if case == "40401":
            return None
        if case == "20000":
            return _answer(submission_id, reply)
        raise _failure(reply, case)

    async def cancel(self, submission_id: UUID, *, now: datetime) -> Answer:
        """Withdraw; 403xx15 comes with the stage that was too far for it."""
        reply = await self._call(CANCEL_PATH, _inquiry(submission_id), now=now)
        case = _case(CANCEL_PATH, reply)
        if case in ("20000", "40315"):
            return _answer(submission_id, reply)
        if case == "40401":
            raise ChannelRefused(case)
        raise ChannelUnknown(f"it answered a withdrawal with case {case}", reply)

    async def ledger(self, after: str | None, *, now: datetime) -> LedgerPage:
        """Read a page of the bank's ledger."""
        body = orjson.dumps({"after": after, "limit": PAGE_LINES})
        reply = await self._call(LIST_PATH, body, now=now)
        case = _case(LIST_PATH, reply)
        if case != "20000":
            raise _failure(reply, case)
        said = read(_Ledger, reply)
        return LedgerPage(tuple(_line(each) for each in said.lines), said.after)

    def verify(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> LenderEvent:
        """Check a notification with the bank's public key; see `Channel.verify`."""
        timestamp, signature, partner = need(headers, "X-TIMESTAMP", "X-SIGNATURE", "X-PARTNER-ID")
        text = f"{method}:{path}:{hashlib.sha256(body).hexdigest()}:{timestamp}"
        try:
            self._theirs.verify(
                _canonical(signature),
                text.encode("utf-8", "surrogatepass"),
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except InvalidSignature:
            raise CallbackRejected(Rejection.BAD_SIGNATURE) from None
        if partner != self._partner_id:
            raise CallbackRejected(Rejection.BAD_SIGNATURE)
        fresh(_instant(timestamp), now=now)
        event = read_event(_Event, body)
        return LenderEvent(
            event_id=event.event_id,
            submission_id=event.our_reference,
            stage=event.stage,
            occurred_at=event.occurred_at,
            reference=event.reference,
            amount=event.amount.rupiah(),
            reasons=tuple(str(reason) for reason in event.reasons),
        )

    async def _call(self, path: str, body: bytes, *, now: datetime) -> Reply:
        """Send a signed transaction, with a new token if the bank has forgotten the old one."""
        until = self._outbound.until()
        token = await self._fresh_token(now, until)
        reply = await self._transact(path, body, token, now=now, until=until)
        if reply.status != 401:
            return reply
        read(_Outcome, reply)  # a 401 of anybody else's makes no promise
        self._token.forget(token)
        token = await self._fresh_token(now, until)
        reply = await self._transact(path, body, token, now=now, until=until)
        if reply.status == 401:
            read(_Outcome, reply)
            raise ChannelUnavailable
        return reply

    async def _transact(
        self, path: str, body: bytes, token: str, *, now: datetime, until: float
    ) -> Reply:
        timestamp = _written(now)
        text = f"POST:{path}:{token}:{hashlib.sha256(body).hexdigest()}:{timestamp}"
        signature = hmac.digest(self._client_secret, text.encode(), "sha512")
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            "X-TIMESTAMP": timestamp,
            "X-SIGNATURE": base64.b64encode(signature).decode(),
            "X-PARTNER-ID": self._partner_id,
            # Unique within the day by chance of 1 in 10^20, without a counter to keep.
            "X-EXTERNAL-ID": f"{secrets.randbelow(10**20):020d}",
            "CHANNEL-ID": CHANNEL_ID,
        }
        return await send(self._outbound, "POST", path, headers=headers, content=body, until=until)

    async def _fresh_token(self, now: datetime, until: float) -> str:
        async def fetch() -> tuple[str, int]:
            timestamp = _written(now)
            signature = self._own.sign(
                f"{self._client_id}|{timestamp}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
            headers = {
                "Content-Type": "application/json",
                "X-CLIENT-KEY": self._client_id,
                "X-TIMESTAMP": timestamp,
                "X-SIGNATURE": base64.b64encode(signature).decode(),
            }
            body = b'{"grantType":"client_credentials"}'
            reply = await send(
                self._outbound, "POST", TOKEN_PATH, headers=headers, content=body, until=until
            )
            issued = read(_Token, reply)
            return issued.access_token, int(issued.expires_in)

        return await self._token.get(fetch, now=now)


def _application(proposal: Proposal) -> bytes:
    borrower = proposal.borrower
    customer = {
        "kind": borrower.kind,
        "name": borrower.name,
        "personNik": borrower.person_nik,
        "coopRegistryNo": borrower.coop_registry_no,
        "birthDate": borrower.birth_date,
        "villageCode": borrower.village_code,
    }
    return orjson.dumps(
        {
            "partnerReferenceNo": str(proposal.submission_id),
            "productCode": proposal.product,
            "amount": {"value": f"{proposal.amount}.00", "currency": "IDR"},
            "tenorMonths": proposal.tenor_months,
            "purpose": proposal.purpose,
            "contractKind": proposal.contract_kind,
            "customer": customer,
        }
    )


def _inquiry(submission_id: UUID) -> bytes:
    return orjson.dumps({"partnerReferenceNo": str(submission_id)})


def _case(path: str, reply: Reply) -> str:
    """Return status and case, `40901` of 4098101; all parts must agree with what was asked."""
    code = read(_Outcome, reply).response_code
    if code[:3] != str(reply.status) or code[3:5] != SERVICES[path]:
        raise ChannelUnknown("its response code is of something else", reply)
    return code[:3] + code[5:]


def _failure(reply: Reply, case: str) -> Exception:
    if reply.status < 400:  # 202xx00: in progress, which SNAP answers with a status inquiry
        return ChannelUnknown(f"it answered with case {case}")
    return ChannelRefused(case, reply)


def _answer(submission_id: UUID, reply: Reply) -> Answer:
    said = read(_Application, reply)
    if said.our_reference != submission_id:
        raise ChannelUnknown("its answer is about another reference", reply)
    return Answer(
        stage=said.stage,
        reference=said.reference,
        amount=said.amount.rupiah(),
        reasons=tuple(str(reason) for reason in said.reasons),
        at=said.occurred_at,
    )


def _line(said: _Line) -> LedgerLine:
    return LedgerLine(
        our_reference=said.our_reference,
        reference=said.reference,
        stage=said.stage,
        amount=said.amount.rupiah(),
        at=said.occurred_at,
    )


def _written(now: datetime) -> str:
    return now.astimezone(WIB).isoformat(timespec="seconds")


def _instant(timestamp: str) -> datetime:
    try:
        instant = datetime.fromisoformat(timestamp)
    except ValueError:
        raise CallbackRejected(Rejection.MALFORMED) from None
    if instant.tzinfo is None:
        raise CallbackRejected(Rejection.MALFORMED)
    return instant


def _canonical(signature: str) -> bytes:
    """Return the bytes of a base64 text that is their only spelling."""
    try:
        decoded = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise CallbackRejected(Rejection.BAD_SIGNATURE) from None
    if base64.b64encode(decoded).decode() != signature:
        raise CallbackRejected(Rejection.BAD_SIGNATURE)
    return decoded
