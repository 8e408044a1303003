"""The line to a partner: always an end, never a flood, and the truth about what was sent."""

import asyncio
import gzip
import zlib
from contextlib import asynccontextmanager

import httpx
import pytest

from shared.outbound import NeverSent, NoAnswer, Outbound


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Dripping(httpx.AsyncByteStream):
    """A body that never ends, a byte at a time."""

    def __init__(self) -> None:
        self.closed = False

    async def __aiter__(self):
        while True:
            yield b"x"
            await asyncio.sleep(0.001)

    async def aclose(self) -> None:
        self.closed = True


class Chunks(httpx.AsyncByteStream):
    """A body as it comes from the wire."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.taken = 0

    async def __aiter__(self):
        for chunk in self.chunks:
            self.taken += 1
            yield chunk


def line(answer, **limits) -> Outbound:
    """A line whose far end answers so."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    transport = httpx.MockTransport(handle)
    return Outbound("http://partner.test/base", transport=transport, **limits)


async def test_an_answer_comes_back_whole_whatever_its_status():
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, str(request.url), request.content, request.headers["X-A"]))
        return httpx.Response(418, headers={"X-B": "b"}, content=b"tea")

    async with line(handle) as outbound:
        reply = await outbound.send("PUT", "/pot", headers={"X-A": "a"}, content=b"leaf")
    assert (reply.status, reply.headers["x-b"], reply.body) == (418, "b", b"tea")
    assert seen == [("PUT", "http://partner.test/base/pot", b"leaf", "a")]


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")],
    ids=lambda failure: type(failure).__name__,
)
async def test_without_a_connection_nothing_was_sent(failure):
    async with line(failure) as outbound:
        with pytest.raises(NeverSent):
            await outbound.send("POST", "/")


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadTimeout("late"),
        httpx.WriteTimeout("late"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("cut off"),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_once_connected_a_failure_says_nothing_about_the_far_end(failure):
    async with line(failure) as outbound:
        with pytest.raises(NoAnswer):
            await outbound.send("POST", "/")


async def test_a_drip_ends_at_the_deadline_and_the_connection_is_closed():
    drip = Dripping()
    async with line(httpx.Response(200, stream=drip), seconds=0.05) as outbound:
        with pytest.raises(NoAnswer, match="deadline"):
            await outbound.send("GET", "/")
    assert drip.closed


async def test_several_sends_share_one_deadline():
    async def handle(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.04)
        return httpx.Response(200)

    async with Outbound(
        "http://partner.test", transport=httpx.MockTransport(handle), seconds=0.06
    ) as outbound:
        until = outbound.until()
        await outbound.send("GET", "/", until=until)
        with pytest.raises(NoAnswer, match="deadline"):
            await outbound.send("GET", "/", until=until)


@pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
async def test_the_cap_holds_to_the_byte(size, fits):
    async with line(httpx.Response(200, stream=Chunks(b"x" * size)), bytes_max=100) as outbound:
        if fits:
            assert len((await outbound.send("GET", "/")).body) == size
        else:
            with pytest.raises(NoAnswer, match="too large"):
                await outbound.send("GET", "/")


async def test_a_flood_is_left_unread():
    flood = Chunks(*[b"x" * 64] * 1000)
    async with line(httpx.Response(200, stream=flood), bytes_max=100) as outbound:
        with pytest.raises(NoAnswer, match="too large"):
            await outbound.send("GET", "/")
    assert flood.taken == 2


def packed(data: bytes, encoding: str) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=Chunks(data))


async def test_a_packed_answer_is_unpacked():
    for encoding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        async with line(packed(pack(b"hello" * 9), encoding)) as outbound:
            assert (await outbound.send("GET", "/")).body == b"hello" * 9


async def test_a_bomb_is_never_unpacked():
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    async with line(packed(bomb, "gzip")) as outbound:
        with pytest.raises(NoAnswer, match="too large"):
            await outbound.send("GET", "/")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (gzip.compress(b"hello")[:-4], "gzip"),
        (b"not packed at all", "gzip"),
        (gzip.compress(b"hello"), "deflate"),
        (b"\x00", "br"),
        (gzip.compress(gzip.compress(b"hello")), "gzip, gzip"),
    ],
    ids=["cut off", "no gzip", "the other one", "unknown", "twice"],
)
async def test_what_cannot_be_unpacked_is_no_answer(data, encoding):
    async with line(packed(data, encoding)) as outbound:
        with pytest.raises(NoAnswer):
            await outbound.send("GET", "/")


async def test_a_redirect_is_not_followed():
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "partner.test"
        return httpx.Response(302, headers={"Location": "http://elsewhere.test/"})

    async with line(handle) as outbound:
        assert (await outbound.send("GET", "/")).status == 302


@asynccontextmanager
async def a_server(answer: bytes):
    """A real server that answers so and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


async def test_the_environment_names_no_proxy(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    async with a_server(whole) as address, Outbound(address) as outbound:
        assert (await outbound.send("GET", "/")).body == b"ok"


async def test_a_real_connection_that_is_refused_or_cut_is_told_apart():
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
    async with a_server(half) as address, Outbound(address) as outbound:
        with pytest.raises(NoAnswer):
            await outbound.send("GET", "/")
    async with Outbound(address) as outbound:
        with pytest.raises(NeverSent):
            await outbound.send("GET", "/")
