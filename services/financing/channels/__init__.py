"""
How we speak to each lender: one file a contract, each of them a `Channel`.

    wire        what every lender's words are held to, and the failures all contracts share
    tokens      an access token, fetched once and used until shortly before its end
    keys        the key file; `open_channels()` opens every lender in it
    kur_bank    the KUR banks (SNAP-style)
    lpdb        the LPDB
    blu         the BLU

A lender's refusal of the borrower is an `Answer`. The exceptions say what is known of the message
itself, because a caller who must not act twice needs exactly that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from services.financing.domain.submission import Stage
from shared.money import Rupiah
from shared.outbound import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrower:
    """Who asks for the loan, as a lender must know it."""

    kind: str
    name: str
    person_nik: str | None = None
    coop_registry_no: str | None = None
    birth_date: date | None = None
    village_code: str | None = None

    def __repr__(self) -> str:
        """Name nobody: what is printed ends in a log."""
        return f"Borrower(kind={self.kind!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is submitted. The same id always carries the same content."""

    submission_id: UUID
    """Our reference at the lender, and its idempotency key."""
    product: str
    amount: Rupiah
    tenor_months: int
    purpose: str
    contract_kind: str
    borrower: Borrower


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where the application stands at the lender."""

    stage: Stage
    reference: str | None
    """The lender's own reference."""
    amount: Rupiah
    """What the lender has it for; more than was asked is a contradiction."""
    reasons: tuple[str, ...]
    at: datetime
    """When the stage was reached, by the lender's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LenderEvent:
    """A callback whose signature held: one stage reached."""

    event_id: UUID
    submission_id: UUID
    stage: Stage
    occurred_at: datetime
    reference: str
    amount: Rupiah
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One application as a lender's ledger has it; `our_reference` may be none of ours."""

    our_reference: str
    reference: str
    stage: Stage
    amount: Rupiah
    at: datetime


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """A page of a lender's ledger, and where the next one begins; None after the last."""

    lines: tuple[LedgerLine, ...]
    after: str | None


class ChannelUnavailable(Exception):
    """The lender certainly did not take the message: send it again later, or go elsewhere."""

    def __init__(
        self, why: str = "it does not let us in", *, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(why)
        self.why = why
        self.retry_after = retry_after


class ChannelUnknown(Exception):
    """The lender may have taken the message: ask before doing anything else.

    `reply` is what came back, where something came back whole that the contract does not know.
    """

    def __init__(self, why: str, reply: Reply | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.reply = reply


class ChannelRefused(Exception):
    """The lender rejected the message itself; the same again will be rejected again.

    `reply` is the rejection; None where it is ours, because there is nobody to ask for.
    """

    def __init__(self, code: str, reply: Reply | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reply = reply


class Rejection(StrEnum):
    """Why a callback is not believed."""

    MISSING_HEADER = "missing_header"
    DUPLICATE_HEADER = "duplicate_header"
    STALE = "stale"
    BAD_SIGNATURE = "bad_signature"
    MALFORMED = "malformed"


class CallbackRejected(Exception):
    """A callback that does not hold; carries the reason and nothing of its content."""

    def __init__(self, reason: Rejection) -> None:
        super().__init__(reason)
        self.reason = reason


class CallbackUnreadable(Exception):
    """A callback that the lender did sign, but not in the words of its contract.

    `faults` names each field as pydantic does (`loc`, `type`, `msg`), and no value.
    """

    def __init__(self, faults: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.faults = faults


class Channel(Protocol):
    """A lender we can speak to. Every call ends within the outbound deadline."""

    @property
    def code(self) -> str:
        """The channel's name in routes, rows and the address of its callbacks."""
        ...

    async def submit(self, proposal: Proposal, *, now: datetime) -> Answer:
        """
        Hand a proposal in; the lender takes one id once, however often it is sent.

        Raises:
            ChannelUnavailable, ChannelUnknown, ChannelRefused: see there.
        """
        ...

    async def inquire(self, submission_id: UUID, *, now: datetime) -> Answer | None:
        """
        Ask where a submission stands. None: the lender says it has never seen it.

        Raises:
            ChannelUnavailable, ChannelUnknown: there was no usable answer; ask again.
            ChannelRefused: the lender does not understand the question.
        """
        ...

    async def cancel(self, submission_id: UUID, *, now: datetime) -> Answer:
        """
        Withdraw a submission; when it is too late, the answer is the stage it has reached.

        Raises:
            ChannelUnavailable, ChannelUnknown: there was no usable answer, or a no that leaves
                the application where it is; the lender may still make a loan of it.
            ChannelRefused: the lender says that it has never seen it.
        """
        ...

    async def ledger(self, after: str | None, *, now: datetime) -> LedgerPage:
        """
        Read a page of what the lender has, from its beginning or from where a page ended.

        Raises:
            ChannelUnavailable, ChannelUnknown, ChannelRefused: there is no page to be had now.
        """
        ...

    def verify(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> LenderEvent:
        """
        Return the event that a callback tells of, once its signature over the raw body holds.

        The key is this channel's own; nothing in the message chooses it.

        Raises:
            CallbackRejected: a header is missing or double, the time is off by more than
                five minutes, or the signature is wrong.
            CallbackUnreadable: the signature holds, and the content is not the contract's.
        """
        ...
