"""
The line to another service of ours, which is asked at every turn of a hot path.

It is an `Outbound` with the same deadline, caps and two failures, on aiohttp: a call costs a sixth
of one by httpx (docs/decisions/0018). What is not the plain case takes the ordinary way: another
host, or a test's own transport.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from shared.outbound import NeverSent, NoAnswer, Outbound, Reply, unpack

CONNECT_SECONDS = 2.0
CONNECTIONS_MAX = 50
IDLE_SECONDS = 4.0
"""Less than the five after which uvicorn hangs up: nothing is sent into a closing door."""
_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS)
_NOT_CONNECTED = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    ValueError,  # a header that would end its line before its time
)


class Neighbour(Outbound):
    """The line to one service, as `Outbound`."""

    def __init__(self, base_url: str, **more: Any) -> None:
        super().__init__(base_url, **more)
        self._short = more.get("transport") is None
        self._base = base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=IDLE_SECONDS),
            timeout=_TIMEOUT,
            headers={"Accept-Encoding": "gzip", "User-Agent": "purna"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
        await super().__aexit__(kind, error, trace)

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes
    ) -> Reply:
        if self._session is None or not (self._short and path.startswith("/")):
            return await super()._send(method, path, headers, content)
        url = URL(self._base + path)
        try:
            async with self._session.request(
                method, url, headers=headers, data=content, allow_redirects=False
            ) as response:
                packed = await _read(response, self.bytes_max)
        except _NOT_CONNECTED as error:
            raise NeverSent(type(error).__name__) from None
        except aiohttp.ClientError as error:
            raise NoAnswer(type(error).__name__) from None
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        body = unpack(packed, encoding, bytes_max=self.bytes_max)
        return Reply(status=response.status, headers=response.headers, body=body)


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    packed = bytearray()
    async for chunk in response.content.iter_any():
        packed += chunk
        if len(packed) > bytes_max:
            response.close()
            raise NoAnswer("too large")
    return bytes(packed)
