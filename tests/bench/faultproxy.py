"""
A proxy between us and one lender that breaks the wire in sixteen ways.

    python -m tests.bench.faultproxy ADDRESS

forwards to the server at ADDRESS (`127.0.0.1:8003`) and prints the port at which it listens. Each
line on standard input is an order, answered by a line of JSON: the name of a `Mode` changes the
wire for requests that come from now on, `count` tells what has come since it was asked last. The
process ends with its input. While anybody listens a token is handed out, so that it is the
message that meets the fault.
"""

import asyncio
import json
import os
import struct
import sys
import zlib
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from socket import SO_LINGER, SOL_SOCKET
from time import monotonic
from typing import Any, NamedTuple

TOKENS = ("/access-token/b2b", "/token")
GIGABYTE = 1 << 30
SLOW_SECONDS = 1.0
CHUNK = 65_536


class Mode(StrEnum):
    """What the wire does to a message."""

    PASS = "pass"
    SLOW = "slow"
    """The answer comes a second late, well within the deadline."""
    LATE = "late"
    """The lender takes it; the answer never comes although the connection stays."""
    LOST = "lost"
    """The lender takes it; the connection closes without an answer."""
    REFUSED = "refused"
    """Nobody listens."""
    RESET = "reset"
    """The lender takes it; the connection is reset in the middle of the answer."""
    BLACK_HOLE = "black_hole"
    """The message is swallowed; the lender never gets it, and nothing comes back."""
    TRUNCATED = "truncated"
    """The lender takes it; half of the answer comes, then the end."""
    GARBAGE = "garbage"
    """The lender takes it; what comes back is no HTTP."""
    PAGE = "page"
    """A gateway answers 200 with a page of its own."""
    TRICKLE = "trickle"
    """The lender takes it; the answer comes one byte a time."""
    FLOOD = "flood"
    """The lender takes it; the answer has a gigabyte."""
    BOMB = "bomb"
    """The lender takes it; the answer is small and unpacks to half a gigabyte."""
    REDIRECT = "redirect"
    """A gateway sends us elsewhere."""
    BROKEN = "broken"
    """A gateway answers 502."""
    UNKNOWN = "unknown"
    """A gateway answers 404 in words of its own."""
    OTHER = "other"
    """The lender takes it; the answer is about another reference."""


FAULTS = tuple(mode for mode in Mode if mode is not Mode.PASS)


class Message(NamedTuple):
    """One HTTP request, as its bytes came, with the path."""

    method: str
    path: str
    raw: bytes

    @property
    def kind(self) -> str:
        """Tell a token's request, a sending and any other message apart."""
        if self.path.endswith(TOKENS):
            return "tokens"
        sends = (self.method, self.path.rpartition("/")[2])
        put = self.method == "PUT"
        return "sendings" if put or sends in _SENDS else "questions"


_SENDS = {("POST", "applications"), ("POST", "pengajuan")}


@dataclass(slots=True)
class FaultProxy:
    """The proxy itself; see the module."""

    host: str
    port: int
    mode: Mode = Mode.PASS
    seen: Counter[str] = field(default_factory=Counter[str])
    longest_seconds: float = 0.0
    own_port: int = 0
    _server: asyncio.Server | None = None
    _open: set[StreamWriter] = field(default_factory=set[StreamWriter])

    async def listen(self) -> None:
        """Let whoever comes in; at the same port as before, if there was one."""
        if self._server is None:
            self._server = await asyncio.start_server(self.serve, "127.0.0.1", self.own_port)
            self.own_port = self._server.sockets[0].getsockname()[1]

    def leave(self) -> None:
        """Listen no more, and reset whatever is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Carry the requests of one connection, one after the other."""
        self._open.add(writer)
        try:
            while (message := await read_message(reader)) is not None:
                began = monotonic()
                try:
                    await self._answer(message, reader, writer)
                finally:
                    self.longest_seconds = max(self.longest_seconds, monotonic() - began)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, message: Message, reader: StreamReader, writer: StreamWriter) -> None:
        self.seen[message.kind] += 1
        mode = Mode.PASS if message.kind == "tokens" else self.mode
        answer = b"" if mode in _UNTAKEN else await self._forwarded(message)
        await _ANSWERS[mode](answer, reader, writer)
        await writer.drain()
        if mode not in {Mode.PASS, Mode.SLOW, Mode.OTHER}:
            raise ConnectionResetError  # whatever happened, this connection is done

    async def _forwarded(self, message: Message) -> bytes:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(message.raw)
            head, body = await read_answer(reader)
            return head + body
        finally:
            writer.close()

    async def told(self, order: str) -> dict[str, Any]:
        """Follow an order and answer it."""
        if order == "count":
            counted = {**self.seen, "longest_seconds": round(self.longest_seconds, 3)}
            self.seen.clear()
            return counted
        self.mode = Mode(order)
        if self.mode is Mode.REFUSED:
            self.leave()
        else:
            await self.listen()
        return {"mode": self.mode}


async def read_message(reader: StreamReader) -> Message | None:
    """Read one request; None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head.split(b" ", 2)
    body = await reader.readexactly(_length(head))
    return Message(method.decode(), path.decode().partition("?")[0], head + body)


async def read_answer(reader: StreamReader) -> tuple[bytes, bytes]:
    """Read one answer that has a Content-Length, as the sandbox writes them."""
    head = await reader.readuntil(b"\r\n\r\n")
    return head, await reader.readexactly(_length(head))


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _http(status: str, body: bytes, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _pass(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(answer)


async def _slow(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    await asyncio.sleep(SLOW_SECONDS)
    writer.write(answer)


async def _nothing(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    """Say nothing until the other side has had enough."""
    await reader.read()


async def _close(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    """Say nothing and hang up."""


async def _reset(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(answer[: len(answer) // 2])
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _half(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(answer[: len(answer) - 40])


async def _garbage(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(b"\x16\x03\x01\x00\xff" + os.urandom(200) + b"\r\n\r\n")


async def _trickle(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    for place in range(len(answer)):
        writer.write(answer[place : place + 1])
        await writer.drain()
        await asyncio.sleep(0.1)


async def _flood(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {GIGABYTE}\r\n\r\n".encode())
    for _ in range(GIGABYTE // CHUNK):
        writer.write(b" " * CHUNK)
        await writer.drain()


async def _bomb(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    writer.write(_http("200 OK", bomb(), content_encoding="gzip"))


async def _other(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n" + _with_another_reference(body))


def _with_another_reference(body: bytes) -> bytes:
    """Turn the last digit of our reference into another one, wherever it stands."""
    said: dict[str, Any] = json.loads(body)
    for name in ("partnerReferenceNo", "proposal", "kunci"):
        if name in said:
            ours = str(said[name])
            other = ours[:-1] + ("0" if ours[-1] != "0" else "1")
            return body.replace(ours.encode(), other.encode())
    return body


@cache
def bomb() -> bytes:
    """Return half a gigabyte of blanks in half a megabyte: one block, again and again."""
    machine = zlib.compressobj(wbits=31)
    head = machine.flush(zlib.Z_FULL_FLUSH)
    block = machine.compress(b" " * (GIGABYTE // 1024)) + machine.flush(zlib.Z_FULL_FLUSH)
    return head + block * 512 + machine.flush()


def _saying(reply: bytes) -> Callable[..., Awaitable[None]]:
    async def say(answer: bytes, reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(reply)

    return say


_UNTAKEN = {Mode.REFUSED, Mode.BLACK_HOLE, Mode.PAGE, Mode.REDIRECT, Mode.BROKEN, Mode.UNKNOWN}
"""The message never comes to the lender."""

_ANSWERS: Mapping[Mode, Callable[[bytes, StreamReader, StreamWriter], Awaitable[None]]] = {
    Mode.PASS: _pass,
    Mode.SLOW: _slow,
    Mode.LATE: _nothing,
    Mode.LOST: _close,
    Mode.REFUSED: _close,
    Mode.RESET: _reset,
    Mode.BLACK_HOLE: _nothing,
    Mode.TRUNCATED: _half,
    Mode.GARBAGE: _garbage,
    Mode.PAGE: _saying(_http("200 OK", b"<html>It works!</html>", content_type="text/html")),
    Mode.TRICKLE: _trickle,
    Mode.FLOOD: _flood,
    Mode.BOMB: _bomb,
    Mode.REDIRECT: _saying(_http("302 Found", b"", location="http://127.0.0.1:9/elsewhere")),
    Mode.BROKEN: _saying(_http("502 Bad Gateway", b"<html>Bad gateway</html>")),
    Mode.UNKNOWN: _saying(_http("404 Not Found", b'{"detail":"Not Found"}')),
    Mode.OTHER: _other,
}


@dataclass(frozen=True, slots=True)
class Door:
    """A proxy that runs as a process of its own."""

    process: Process
    port: int

    async def set(self, mode: Mode) -> None:
        """Let the wire do this from now on."""
        await self._told(mode)

    async def count(self) -> dict[str, Any]:
        """Return what has come since the last count, and the longest exchange of all."""
        return await self._told("count")

    async def _told(self, order: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{order}\n".encode())
        return json.loads(await self.process.stdout.readline())


@asynccontextmanager
async def door_to(host: str, port: int) -> AsyncGenerator[Door]:
    """Run a proxy to a server while the block runs."""
    command = (sys.executable, "-m", "tests.bench.faultproxy", f"{host}:{port}")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Door(process, int(await process.stdout.readline()))
    finally:
        process.stdin.close()
        await process.wait()


async def _run(address: str) -> None:
    host, _, port = address.rpartition(":")
    proxy = FaultProxy(host, int(port))
    await proxy.listen()
    sys.stdout.write(f"{proxy.own_port}\n")
    sys.stdout.flush()
    orders = StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    while line := await orders.readline():
        sys.stdout.write(json.dumps(await proxy.told(line.decode().strip())) + "\n")
        sys.stdout.flush()
    proxy.leave()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(sys.argv[1]))
