"""A client that costs little: raw HTTP/1.1 on kept-alive connections, requests written by hand."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True)
class Load:
    """How a server fared: how many answers in how many seconds, and each one's seconds, sorted."""

    seconds: float
    taken: list[float]

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.taken) / self.seconds

    def milliseconds(self, permille: int) -> float:
        """Return the time within which so many of a thousand requests were answered."""
        place = min(len(self.taken) * permille // 1000, len(self.taken) - 1)
        return self.taken[place] * 1000


class UnexpectedStatus(Exception):
    """The server answered something else than it should under load."""


def written(method: str, path: str, token: str, body: bytes = b"", **headers: str) -> bytes:
    """Write a request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def send(port: int, make: Callable[[], bytes], *, status: int, times: int) -> list[float]:
    """Send requests one after another on one connection; return each one's seconds."""
    taken: list[float] = []
    async with _connected(port) as exchange:
        for _ in range(times):
            began = perf_counter()
            await exchange(make(), status)
            taken.append(perf_counter() - began)
    return taken


async def press(
    port: int, make: Callable[[], bytes], *, status: int, clients: int, seconds: float
) -> Load:
    """Send as fast as the server answers, from so many connections at once."""
    taken: list[float] = []
    began = perf_counter()
    end = began + seconds

    async def one_after_another() -> None:
        async with _connected(port) as exchange:
            while (sent := perf_counter()) < end:
                await exchange(make(), status)
                taken.append(perf_counter() - sent)

    await asyncio.gather(*(one_after_another() for _ in range(clients)))
    return Load(perf_counter() - began, sorted(taken))


Exchange = Callable[[bytes, int], Awaitable[None]]


@asynccontextmanager
async def _connected(port: int) -> AsyncGenerator[Exchange]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def exchange(request: bytes, status: int) -> None:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if not head.startswith(f"HTTP/1.1 {status}".encode()):
            raise UnexpectedStatus(head.decode() + body.decode())

    try:
        yield exchange
    finally:
        writer.close()
