"""The short line to another service of ours: the same ends as any line, over real connections."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from shared.neighbour import Neighbour
from shared.outbound import NeverSent, NoAnswer


class Server:
    """A server that does as told with each request, and counts its connections."""

    def __init__(self, *answers: bytes, hangs_up: bool = False) -> None:
        self.answers = list(answers)
        self.hangs_up = hangs_up
        self.connections = 0
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                writer.write(answer)
                if self.hangs_up:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def line(server: Server, **limits) -> AsyncIterator[Neighbour]:
    """A line to it."""
    running = await asyncio.start_server(server, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    async with Neighbour(f"http://127.0.0.1:{port}/base/", **limits) as neighbour:
        yield neighbour
    running.close()


def whole(body: bytes = b"ok", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


async def test_a_request_goes_out_whole_and_its_answer_comes_back_whole():
    server = Server(whole(b"tea", "418 Teapot", X_B="b"))
    async with line(server) as neighbour:
        reply = await neighbour.send("POST", "/pot", headers={"X-A": "a"}, content=b"leaf")
    assert (reply.status, reply.headers["x-b"], reply.body) == (418, "b", b"tea")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert (first, body) == ("POST /base/pot HTTP/1.1", b"leaf")
    assert {"X-A: a", "Content-Length: 4"} <= set(headers)
    assert any(header.startswith("Host: 127.0.0.1:") for header in headers)


async def test_a_connection_is_used_again_and_one_for_each_call_at_a_time():
    server = Server(whole())
    async with line(server) as neighbour:
        for _ in range(5):
            await neighbour.send("POST", "/")
        assert server.connections == 1
        await asyncio.gather(*(neighbour.send("POST", "/") for _ in range(3)))
        assert server.connections == 3
        await asyncio.gather(*(neighbour.send("POST", "/") for _ in range(3)))
    assert (server.connections, len(server.requests)) == (3, 11)


@pytest.mark.parametrize(
    "answer",
    [
        whole(Connection="close"),
        whole() + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    ],
    ids=["said", "an answer nobody asked for"],
)
async def test_a_connection_that_is_over_or_out_of_step_is_not_used_again(answer):
    server = Server(answer, whole(b"second"))
    async with line(server) as neighbour:
        with_answer = await neighbour.send("POST", "/")
        assert with_answer.body == b"ok"
        assert (await neighbour.send("POST", "/")).body == b"second"
    assert server.connections == 2


def connected(neighbour: Neighbour) -> bool:
    """Whether a connection that is kept is still believed to be alive."""
    kept = neighbour._session.connector._conns.values()
    return any(protocol.is_connected() for each in kept for protocol, _ in each)


async def test_a_service_that_hangs_up_between_two_calls_is_called_anew():
    async with line(Server(whole(), hangs_up=True)) as neighbour, asyncio.timeout(5):
        for _ in range(3):
            assert (await neighbour.send("POST", "/")).body == b"ok"
            while connected(neighbour):  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0)  # until the end of the connection has arrived


async def test_pieces_chunks_and_what_is_said_in_between_make_one_answer():
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    )
    async with line(Server(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" + chunked)) as neighbour:
        for _ in range(2):
            reply = await neighbour.send("POST", "/")
            assert (reply.status, reply.body, "x" in reply.headers) == (200, b"abc", False)
    packed = whole(gzip.compress(b"hello" * 9), Content_Encoding="gzip")
    async with line(Server(packed)) as neighbour:
        assert (await neighbour.send("POST", "/")).body == b"hello" * 9


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"",
    ],
    ids=["half", "nothing"],
)
async def test_an_answer_that_is_cut_off_is_none(answer):
    async with line(Server(answer, hangs_up=True)) as neighbour:
        with pytest.raises(NoAnswer):
            await neighbour.send("POST", "/")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (whole(b"x" * 101), "too large"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * (100_000), "ClientResponseError"),
        (b"SMTP ready\r\n", "ClientResponseError"),
        (whole() + b"rubbish", "ClientResponseError"),
        (whole(gzip.compress(b"\0" * 1_000_000)[:90], Content_Encoding="gzip"), "too large"),
    ],
    ids=["a body over the cap", "an endless head", "another protocol", "rubbish", "a bomb"],
)
async def test_a_flood_or_another_protocol_ends_the_call(answer, reason):
    async with line(Server(answer), bytes_max=100) as neighbour:
        with pytest.raises(NoAnswer, match=reason):
            await neighbour.send("POST", "/")


async def test_a_service_that_stays_silent_ends_at_the_deadline_and_is_called_anew():
    server = Server(b"HTTP/1.1 200 OK\r\n", whole(b"second"))
    async with line(server, seconds=0.05) as neighbour:
        with pytest.raises(NoAnswer, match="deadline"):
            await neighbour.send("POST", "/")
        assert (await neighbour.send("POST", "/")).body == b"second"
    assert server.connections == 2


async def test_without_a_connection_nothing_was_sent():
    running = await asyncio.start_server(Server(whole()), "127.0.0.1", 0)
    address = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    running.close()
    await running.wait_closed()
    async with Neighbour(address) as neighbour:
        with pytest.raises(NeverSent):
            await neighbour.send("POST", "/")


async def test_nothing_from_outside_ends_a_line_of_the_request():
    server = Server(whole())
    async with line(server) as neighbour:
        with pytest.raises(NeverSent):
            await neighbour.send("POST", "/", headers={"X": "a\r\nY: b"})
        await neighbour.send("POST", "/a HTTP/1.1\r\nX: y")
    (request,) = server.requests
    assert request.startswith(b"POST /base/a%20HTTP/1.1X:%20y HTTP/1.1\r\nHost: ")


async def test_another_host_and_a_given_transport_take_the_ordinary_way():
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, content=b"ok")

    transport = httpx.MockTransport(handle)
    async with Neighbour("http://registry.test", transport=transport) as neighbour:
        await neighbour.send("POST", "/facts")
        await neighbour.send("POST", "http://issuer.test/token")
    assert seen == ["http://registry.test/facts", "http://issuer.test/token"]
    other = Server(whole(b"other"))
    running = await asyncio.start_server(other, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}/token"
    async with line(Server(whole())) as neighbour:
        assert (await neighbour.send("POST", address, content=b"x")).body == b"other"
    running.close()
