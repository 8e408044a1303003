"""
The line to another service of ours, which is asked at every turn of a hot path.

It does what `Outbound` does, under the same deadline and caps and with the same two failures, but
writes and reads HTTP/1.1 by itself: httpx costs more than the answering service
(docs/decisions/0018). What such a service does not need takes the ordinary way: another host, or
a test's own transport.
"""

import asyncio
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httptools

from shared.outbound import NeverSent, NoAnswer, Outbound, Reply, unpack

CONNECT_SECONDS = 2.0
CONNECTIONS_MAX = 50
IDLE_SECONDS = 4.0
"""Less than the five after which uvicorn hangs up: nothing is sent into a closing door."""
HEAD_BYTES_MAX = 65_536
_INFORMATIONAL_MAX = 199


class Neighbour(Outbound):
    """The line to one service, as `Outbound`; the names of a reply's headers are lower case."""

    def __init__(self, base_url: str, **more: Any) -> None:
        super().__init__(base_url, **more)
        self._short = more.get("transport") is None
        self._address = urlsplit(base_url)
        self._idle: list[_Connection] = []
        self._room = asyncio.Semaphore(CONNECTIONS_MAX)
        self._tls = ssl.create_default_context() if self._address.scheme == "https" else None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._idle:
            self._idle.pop().close()
        await super().__aexit__(kind, error, trace)

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes
    ) -> Reply:
        if not (self._short and path.startswith("/")):
            return await super()._send(method, path, headers, content)
        request = _written(self._address, method, path, headers, content)
        async with self._room:
            connection = self._kept() or await self._connect()
            try:
                reply = await connection.exchange(request)
            except BaseException:
                connection.close()
                raise
            self._keep(connection)
        encoding = reply.headers.get("content-encoding", "identity").strip().lower()
        body = unpack(reply.body, encoding, bytes_max=self.bytes_max)
        return Reply(status=reply.status, headers=reply.headers, body=body)

    def _kept(self) -> "_Connection | None":
        """Return the connection that was used last, which is the likeliest to be alive."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and now - connection.used_at < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    def _keep(self, connection: "_Connection") -> None:
        if connection.usable:
            self._idle.append(connection)
        else:
            connection.close()

    async def _connect(self) -> "_Connection":
        host = self._address.hostname or ""
        port = self._address.port or (443 if self._tls else 80)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: _Connection(self.bytes_max), host, port, ssl=self._tls
                )
        except (OSError, TimeoutError) as error:
            raise NeverSent(type(error).__name__) from None
        return connection


def _written(
    address: SplitResult, method: str, path: str, headers: Mapping[str, str], content: bytes
) -> bytes:
    """Write a request; what comes from outside has been checked, and is checked again here.

    Raises:
        NeverSent: something in it would end a line before its time.
    """
    lines = [
        f"{method} {address.path.rstrip('/')}{path} HTTP/1.1",
        f"Host: {address.netloc.rpartition('@')[2]}",
        "User-Agent: purna",
        f"Content-Length: {len(content)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if not all(line.isascii() and line.isprintable() for line in lines):
        raise NeverSent("a header that cannot be sent")
    return "\r\n".join([*lines, "", ""]).encode() + content


class _Connection(asyncio.Protocol):
    """One connection, on which one request at a time is answered."""

    def __init__(self, bytes_max: int) -> None:
        self.used_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._bytes_max = bytes_max
        self._answer: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._alive = False
        self._begin()

    def _begin(self) -> None:
        self._headers = dict[str, str]()
        self._body = bytearray()
        self._received = 0

    @property
    def usable(self) -> bool:
        """Whether it can take another request."""
        return self._alive

    def close(self) -> None:
        """Hang up."""
        self._alive = False
        if self._transport is not None:
            self._transport.abort()

    async def exchange(self, request: bytes) -> Reply:
        """Send a request and return its answer, still packed; raises `NoAnswer`."""
        assert self._transport is not None  # noqa: S101 (it is connected before it is lent)
        self._begin()
        self._answer = self._loop.create_future()
        self._transport.write(request)
        reply = await self._answer
        self.used_at = self._loop.time()
        return reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio)."""
        self._transport, self._alive = transport, True  # pyright: ignore[reportAttributeAccessIssue]
        self._parser = httptools.HttpResponseParser(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End (asyncio)."""
        self._fail("hung up" if exc is None else type(exc).__name__)

    def data_received(self, data: bytes) -> None:
        """Read on (asyncio)."""
        self._received += len(data)
        if self._answer is None or self._received > self._bytes_max + HEAD_BYTES_MAX:
            self._fail("too large")
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("not HTTP")

    def on_message_begin(self) -> None:
        """Note what nobody asked for (httptools)."""
        if self._answer is None or self._answer.done():
            self._alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header (httptools)."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body (httptools)."""
        self._body += body
        if len(self._body) > self._bytes_max:
            self._fail("too large")

    def on_message_complete(self) -> None:
        """Hand the answer over (httptools)."""
        status = self._parser.get_status_code()
        if status <= _INFORMATIONAL_MAX:
            self._begin()
            return
        self._alive = self._alive and self._parser.should_keep_alive()
        if self._answer is not None and not self._answer.done():
            reply = Reply(status=status, headers=self._headers, body=bytes(self._body))
            self._answer.set_result(reply)

    def _fail(self, reason: str) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoAnswer(reason))
