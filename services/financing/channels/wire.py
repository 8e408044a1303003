"""What every lender's words are held to, and the failures that all contracts share."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from services.financing.channels import (
    CallbackRejected,
    CallbackUnreadable,
    ChannelUnavailable,
    ChannelUnknown,
    Rejection,
)
from shared.outbound import NeverSent, NoAnswer, Outbound, Reply

TOLERANCE = timedelta(seconds=300)
RETRY_AFTER_SECONDS_MAX = 86_400
REASONS_MAX = 20
PAGE_LINES = 200
"""How many lines of a ledger we ask for at once."""
LINES_MAX = 1_000
"""How many we take at most, whatever we asked for."""

Model = TypeVar("Model", bound=BaseModel)


class Said(BaseModel):
    """A lender's JSON: what we read is held to its type, what it may add is passed over."""

    model_config = ConfigDict(frozen=True)


def read(model: type[Model], reply: Reply) -> Model:
    """Return a reply as the contract's model; `ChannelUnknown` when it is anything else."""
    try:
        return model.model_validate_json(reply.body)
    except ValidationError:
        raise ChannelUnknown("its answer cannot be read", reply) from None


def read_event(model: type[Model], body: bytes) -> Model:
    """Return a callback's body as the contract's model; `CallbackUnreadable` if it is not one."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise CallbackUnreadable(cast("list[Mapping[str, Any]]", faults)) from None


async def send(
    outbound: Outbound,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    content: bytes = b"",
    until: float,
) -> Reply:
    """
    Send a message and return the lender's answer to it: a success or a client error.

    Raises:
        ChannelUnavailable: never sent, or turned away with a Retry-After, which by every
            contract means that nothing was entered.
        ChannelUnknown: no answer, a server error without that promise, a redirect.
    """
    try:
        reply = await outbound.send(method, path, headers=headers, content=content, until=until)
    except NeverSent as error:
        raise ChannelUnavailable(_said(error)) from None
    except NoAnswer as error:
        raise ChannelUnknown(_said(error)) from None
    if reply.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        wait = retry_after(reply)
        if wait is not None:
            raise ChannelUnavailable("it takes nothing at the moment", retry_after=wait)
    if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return reply
    if HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return reply
    said = f"it answered with status {reply.status}"
    failed = reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    raise ChannelUnknown(said, None if failed else reply)


_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "ConnectError": "no connection could be made",
        "ConnectTimeout": "no connection was made in time",
        "PoolTimeout": "all our connections to it are busy",
        "ReadTimeout": "no answer came in time",
        "WriteTimeout": "it did not take the message in time",
        "ReadError": "the connection broke before the answer",
        "WriteError": "the connection broke while we spoke",
        "RemoteProtocolError": "its answer was cut off, or was no HTTP",
        "deadline": "the whole exchange took too long",
        "too large": "its answer was too large",
        "cut off": "its packed answer was cut off",
        "broken content encoding": "its packed answer is broken",
        "unknown content encoding": "its answer is packed in an unknown way",
    }
)


def _said(error: NeverSent | NoAnswer) -> str:
    """Return a failure of the line in words that an operator reads."""
    return _WORDS.get(str(error), f"the line failed ({error})")


def retry_after(reply: Reply) -> timedelta | None:
    """Return the wait that a Retry-After in seconds asks for, at most a day; None without one."""
    text = reply.headers.get("Retry-After", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    return timedelta(seconds=min(int(text), RETRY_AFTER_SECONDS_MAX))


def need(headers: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """Return the values of these headers, each of which must be there exactly once."""
    wanted = {name.lower(): name for name in names}
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        if key not in wanted:
            continue
        if key in found:
            raise CallbackRejected(Rejection.DUPLICATE_HEADER)
        found[key] = value
    if not all(found.get(key) for key in wanted):
        raise CallbackRejected(Rejection.MISSING_HEADER)
    return tuple(found[key] for key in wanted)


def fresh(sent_at: datetime, *, now: datetime) -> None:
    """Reject a callback that was signed more than five minutes ago, or ahead."""
    if abs(now - sent_at) > TOLERANCE:
        raise CallbackRejected(Rejection.STALE)


def epoch(text: str) -> int:
    """Return a time in whole seconds since 1970, written in its one canonical way."""
    if not (text.isascii() and text.isdecimal() and len(text) < 12) or str(int(text)) != text:
        raise CallbackRejected(Rejection.MALFORMED)
    return int(text)
