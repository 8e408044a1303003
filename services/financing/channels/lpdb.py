"""The LPDB, the state's revolving fund for cooperatives."""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints
from standardwebhooks import Webhook

from services.financing.channels import (
    Answer,
    CallbackRejected,
    CallbackUnreadable,
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
    epoch,
    fresh,
    need,
    read,
    read_event,
    send,
)
from services.financing.domain.submission import Stage
from shared.outbound import Outbound, Reply
from shared.wire import Amount, Code, Instant, LongText, Text

TOKEN_PATH: Final = "/token"  # noqa: S105 (an address)

_Word = Literal[
    "received", "komite", "mkp", "sp3", "akad", "disbursed", "repaid", "refused", "withdrawn"
]

STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        "received": Stage.RECEIVED,
        "komite": Stage.KOMITE,
        "mkp": Stage.MKP,
        "sp3": Stage.SP3,
        "akad": Stage.AKAD,
        "disbursed": Stage.DISBURSED,
        "repaid": Stage.REPAID,
        "refused": Stage.REFUSED,
        "withdrawn": Stage.CANCELLED,
    }
)
"""The LPDB's words for the stages."""


class _Standing(Said):
    lpdb_number: Code
    stage: _Word
    stage_at: Instant
    amount: Amount


class _Line(_Standing):
    proposal: Code


class _Ledger(Said):
    proposals: Annotated[tuple[_Line, ...], Field(max_length=LINES_MAX)]
    next: Text | None


class _Proposal(_Standing):
    proposal: UUID
    notes: Annotated[tuple[LongText, ...], Field(max_length=REASONS_MAX)]


class _Event(Said):
    id: UUID
    type: Literal["proposal.stage"]
    data: _Proposal


class _Problem(Said):
    error: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]


class _Token(Said):
    access_token: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,2048}$")]
    token_type: Literal["Bearer", "bearer"]
    expires_in: Annotated[int, Field(strict=True, ge=0)]


class Lpdb:
    """
    The LPDB's API: one resource a proposal, under our reference.

    The client's secret fetches tokens; `webhook_secret` (`whsec_…`) checks its callbacks.
    """

    def __init__(
        self,
        code: str,
        outbound: Outbound,
        *,
        client_id: str,
        client_secret: str,
        webhook_secret: str,
    ) -> None:
        self.code = code
        self._outbound = outbound
        basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._basic = f"Basic {basic}"
        self._webhook = Webhook(webhook_secret)
        self._token = Token()

    async def submit(self, proposal: Proposal, *, now: datetime) -> Answer:
        """Put the proposal under our reference: 201 the first time, 200 ever after."""
        reference = proposal.submission_id
        reply = await self._call("PUT", _path(reference), _body(proposal), now=now)
        if reply.status in (200, 201):
            return _answer(reference, reply)
        if reply.status == 409 and read(_Problem, reply).error == "other_content":
            raise ChannelUnknown(
                "it has another content under this reference"
            )  # the LPDB does have one
        raise _failure(reply)

    async def inquire(self, submission_id: UUID, *, now: datetime) -> Answer | None:
        """Read the proposal; only the LPDB's own 404 means that there is none."""
        reply = await self._call("GET", _path(submission_id), now=now)
        if reply.status == 200:
            return _answer(submission_id, reply)
        if reply.status == 404 and read(_Problem, reply).error == "unknown_proposal":
            return None
        raise _failure(reply)

    async def cancel(self, submission_id: UUID, *, now: datetime) -> Answer:
        """Withdraw; `too_late` comes with the stage that was too far for it."""
        reply = await self._call("DELETE", _path(submission_id), now=now)
        if reply.status == 200:
            return _answer(submission_id, reply)
        said = (reply.status, read(_Problem, reply).error)
        if said == (409, "too_late"):
            return _answer(submission_id, reply)
        if said == (404, "unknown_proposal"):
            raise ChannelRefused(said[1])
        raise ChannelUnknown(f"it answered a withdrawal with status {reply.status}", reply)

    async def ledger(self, after: str | None, *, now: datetime) -> LedgerPage:
        """Read a page of the LPDB's ledger."""
        query = urlencode({"limit": PAGE_LINES} | ({} if after is None else {"after": after}))
        reply = await self._call("GET", f"/proposals?{query}", now=now)
        if reply.status != 200:
            raise _failure(reply)
        said = read(_Ledger, reply)
        return LedgerPage(tuple(_line(each) for each in said.proposals), said.next)

    def verify(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> LenderEvent:
        """
        Check a Standard Webhook; see `Channel.verify`.

        The library signs, we compare: its own `verify` reads the clock itself and takes base64
        with rubbish in it. Standard Webhooks cover the body and not the address, so the address
        is held by the secret, which no other channel shares.
        """
        message_id, timestamp, signatures = need(
            headers, "webhook-id", "webhook-timestamp", "webhook-signature"
        )
        sent_at = datetime.fromtimestamp(epoch(timestamp), UTC)
        fresh(sent_at, now=now)
        try:
            expected = self._webhook.sign(message_id, sent_at, body.decode()).encode()
        except UnicodeError:
            raise CallbackRejected(Rejection.BAD_SIGNATURE) from None
        given = [text.encode("utf-8", "surrogatepass") for text in signatures.split(" ")]
        if not any(hmac.compare_digest(expected, signature) for signature in given):
            raise CallbackRejected(Rejection.BAD_SIGNATURE)
        event = read_event(_Event, body)
        if method != "POST":
            raise CallbackRejected(Rejection.MALFORMED)
        if str(event.id) != message_id:
            other = {"loc": ("id",), "type": "other_id", "msg": "must be the webhook-id"}
            raise CallbackUnreadable([other])
        return LenderEvent(
            event_id=event.id,
            submission_id=event.data.proposal,
            stage=STAGES[event.data.stage],
            occurred_at=event.data.stage_at,
            reference=event.data.lpdb_number,
            amount=event.data.amount,
            reasons=event.data.notes,
        )

    async def _call(self, method: str, path: str, body: bytes = b"", *, now: datetime) -> Reply:
        """Send a request, with a new token if the LPDB has forgotten the old one."""
        until = self._outbound.until()
        token = await self._fresh_token(now, until)
        reply = await self._send(method, path, body, token, until=until)
        if reply.status != 401:
            return reply
        read(_Problem, reply)  # a 401 of anybody else's makes no promise
        self._token.forget(token)
        token = await self._fresh_token(now, until)
        reply = await self._send(method, path, body, token, until=until)
        if reply.status == 401:
            read(_Problem, reply)
            raise ChannelUnavailable
        return reply

    async def _send(
        self, method: str, path: str, body: bytes, token: str, *, until: float
    ) -> Reply:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return await send(self._outbound, method, path, headers=headers, content=body, until=until)

    async def _fresh_token(self, now: datetime, until: float) -> str:
        async def fetch() -> tuple[str, int]:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": self._basic,
            }
            body = b"grant_type=client_credentials"
            reply = await send(
                self._outbound, "POST", TOKEN_PATH, headers=headers, content=body, until=until
            )
            issued = read(_Token, reply)
            return issued.access_token, issued.expires_in

        return await self._token.get(fetch, now=now)


def _path(submission_id: UUID) -> str:
    return f"/proposals/{submission_id}"


def _body(proposal: Proposal) -> bytes:
    borrower = proposal.borrower
    applicant = {
        "kind": borrower.kind,
        "name": borrower.name,
        "person_nik": borrower.person_nik,
        "coop_registry_no": borrower.coop_registry_no,
        "birth_date": borrower.birth_date,
        "village_code": borrower.village_code,
    }
    return orjson.dumps(
        {
            "product": proposal.product,
            "amount": proposal.amount,
            "tenor_months": proposal.tenor_months,
            "purpose": proposal.purpose,
            "contract_kind": proposal.contract_kind,
            "applicant": applicant,
        }
    )


def _answer(submission_id: UUID, reply: Reply) -> Answer:
    said = read(_Proposal, reply)
    if said.proposal != submission_id:
        raise ChannelUnknown("its answer is about another reference", reply)
    return Answer(
        stage=STAGES[said.stage],
        reference=said.lpdb_number,
        amount=said.amount,
        reasons=said.notes,
        at=said.stage_at,
    )


def _line(said: _Line) -> LedgerLine:
    return LedgerLine(
        our_reference=said.proposal,
        reference=said.lpdb_number,
        stage=STAGES[said.stage],
        amount=said.amount,
        at=said.stage_at,
    )


def _failure(reply: Reply) -> Exception:
    if reply.status < 400:
        return ChannelUnknown(f"it answered with status {reply.status}", reply)
    return ChannelRefused(read(_Problem, reply).error, reply)
