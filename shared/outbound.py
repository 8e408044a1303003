"""
One partner's line out: an HTTP client that always ends in time and never swallows a flood.

httpx bounds each read but not the call, and unpacks whatever it is sent. `Outbound` adds the
total deadline and the byte caps, and sorts every failure into the only two that matter to a
caller who must not act twice: `NeverSent` and `NoAnswer`. One instance a partner, so that a
slow one fills its own pool and nobody else's.
"""

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import httpx

DEADLINE_SECONDS = 10.0
BYTES_MAX = 1 << 20
TIMEOUT = httpx.Timeout(5, connect=2, pool=2)
LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=30)

WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""zlib's name for each content encoding that may be unpacked under a cap."""


class NeverSent(Exception):
    """The partner certainly did not get the request: no connection was made."""


class NoAnswer(Exception):
    """The request was sent, or may have been, and no whole answer came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the partner answered, whole and unpacked."""

    status: int
    headers: Mapping[str, str] = field(default_factory=httpx.Headers)
    body: bytes = b""


class Outbound:
    """
    The line to one partner.

    `seconds` is the whole call's deadline, connecting and reading included; `bytes_max` holds
    for the body as sent and again as unpacked. A test injects its own `transport`.
    """

    def __init__(
        self,
        base_url: str = "",
        *,
        seconds: float = DEADLINE_SECONDS,
        bytes_max: int = BYTES_MAX,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.seconds = seconds
        self.bytes_max = bytes_max
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=TIMEOUT,
            limits=LIMITS,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            headers={"Accept-Encoding": "gzip", "User-Agent": "purna"},
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    def until(self) -> float:
        """Return the deadline of a call that begins now, for several sends that share it."""
        return asyncio.get_running_loop().time() + self.seconds

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        until: float | None = None,
    ) -> Reply:
        """
        Send one request and return the whole answer, whatever its status; never follow it.

        `path` is appended to the partner's address. `until` is a deadline from `until()`.

        Raises:
            NeverSent: no connection could be had; the partner knows nothing of it.
            NoAnswer: sent or perhaps sent, but the answer was late, cut off, too large or
                packed in a way that cannot be unpacked.
        """
        try:
            async with asyncio.timeout_at(self.until() if until is None else until):
                return await self._send(method, path, headers or {}, content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NeverSent(type(error).__name__) from None
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
            raise NeverSent(type(error).__name__) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise NoAnswer(type(error).__name__) from None
        except TimeoutError:
            raise NoAnswer("deadline") from None

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes
    ) -> Reply:
        async with self._client.stream(method, path, headers=headers, content=content) as response:
            packed = bytearray()
            async for chunk in raw(response):
                packed += chunk
                if len(packed) > self.bytes_max:
                    raise NoAnswer("too large")
            encoding = response.headers.get("content-encoding", "identity").strip().lower()
            body = unpack(bytes(packed), encoding, bytes_max=self.bytes_max)
            return Reply(status=response.status_code, headers=response.headers, body=body)


def raw(response: httpx.Response) -> httpx.AsyncByteStream:
    """Return the bytes as they come from the wire, before any content encoding is undone."""
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 (what an async client returns)
    return stream


def unpack(packed: bytes, encoding: str, *, bytes_max: int) -> bytes:
    """
    Return the body behind a content encoding, without ever holding more than the cap.

    Raises:
        NoAnswer: the encoding is unknown, the data is broken or cut off, or too much came out.
    """
    if encoding == "identity" or not packed:
        return packed
    if encoding not in WINDOW_BITS:
        raise NoAnswer("unknown content encoding")
    machine = zlib.decompressobj(wbits=WINDOW_BITS[encoding])
    try:
        body = machine.decompress(packed, bytes_max + 1)
    except zlib.error:
        raise NoAnswer("broken content encoding") from None
    if len(body) > bytes_max:
        raise NoAnswer("too large")
    if not machine.eof:
        raise NoAnswer("cut off")
    return body
