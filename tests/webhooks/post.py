"""A post office for tests: real receivers on this machine, a clock that is moved, any event."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from standardwebhooks import Webhook

from services.financing.app import webhook_sealer
from services.financing.db import webhooks
from shared import clock, keys
from shared.auth import Kind
from shared.events import Event
from shared.public_web import PublicWeb
from shared.webhooks.postman import Postman
from tests.client.wire import over_http
from tests.conftest import Service, once


@dataclass
class Clock:
    """Stands still until it is moved; a minute ahead of the API, whose acts are then past."""

    now: datetime = field(default_factory=lambda: clock.now() + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return self.now

    def later(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass(frozen=True)
class Told:
    """One call as it arrived."""

    headers: dict[str, str]
    raw: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)

    @property
    def stream(self) -> str:
        return self.body["data"]["stream_id"]

    def signed_by(self, secret: str) -> bool:
        """Tell whether one of the signatures is of this secret, whatever the time is."""
        at = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), tz=clock.now().tzinfo)
        signature = Webhook(secret).sign(self.id, at, self.raw.decode())
        return signature in self.headers["webhook-signature"].split(" ")


Answers = Callable[[Told], int]
"""Which status to answer a call with; 0 breaks the connection off without a word."""


@dataclass
class Receiver:
    """Somebody's server. It answers challenges, unless told to be silent."""

    answers: Answers = lambda told: 204
    proves: bool = True
    told: list[Told] = field(default_factory=list)
    challenges: list[Told] = field(default_factory=list)
    before: Callable[[Told], Any] | None = None
    address: str = ""

    async def __call__(self, scope, receive, send) -> None:
        raw = b""
        while True:
            message = await receive()
            raw += message.get("body", b"")
            if not message.get("more_body"):
                break
        names = {name.decode(): value.decode() for name, value in scope["headers"]}
        told = Told(names, raw)
        if told.body["type"] == "webhook.challenge":
            self.challenges.append(told)
            nonce = told.body["data"]["nonce"] if self.proves else "something else"
            await _answer(send, 200, json.dumps({"nonce": nonce}).encode())
            return
        self.told.append(told)
        if self.before is not None:
            await self.before(told)
        status = self.answers(told)
        await _answer(send, status, b"Thank you, Siti Aminah")

    @property
    def versions(self) -> dict[str, list[int]]:
        """The versions that arrived and were accepted, stream by stream."""
        found: dict[str, list[int]] = {}
        for told in self.told:
            found.setdefault(told.stream, []).append(told.body["data"]["version"])
        return found


async def _answer(send, status: int, body: bytes) -> None:
    headers = [(b"location", b"http://127.0.0.1:1/")] if status // 100 == 3 else []
    if not status:
        status, headers, body = 200, [(b"content-length", b"9")], b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if status != 204 else b""})


@dataclass
class Post:
    """Financing, a postman, and whoever receives."""

    financing: Service
    postman: Postman
    clock: Clock
    stack: AsyncExitStack

    def owner(
        self, id: str = "subscriber", kind: Kind = Kind.SERVICE, **more
    ) -> httpx.AsyncClient:
        return self.financing.client(kind, id=id, **more)

    async def receiver(self, **facts: Any) -> Receiver:
        """Open somebody's server."""
        one = Receiver(**facts)
        one.address = await self.stack.enter_async_context(over_http(one, log_config=None))
        return one

    async def endpoint(
        self, receiver: Receiver, owner: httpx.AsyncClient | None = None, **new: Any
    ) -> dict[str, Any]:
        """Subscribe for a receiver; the answer holds the secret."""
        client = owner or self.owner()
        asked = {"url": f"{receiver.address}/hook", "kinds": ["application.*"], **new}
        reply = await client.post("/webhook-endpoints", json=asked, headers=once())
        assert reply.status_code == 201, reply.text
        return reply.json()

    async def active(self, receiver: Receiver, *owner: httpx.AsyncClient, **new: Any) -> Any:
        """Subscribe and let the receiver prove that it is there."""
        endpoint = await self.endpoint(receiver, *owner, **new)
        await self.settle()
        assert receiver.challenges
        return endpoint

    async def read(self, endpoint: Any, part: str = "", owner: Any = None, **query: Any) -> Any:
        client = owner or self.owner()
        reply = await client.get(f"/webhook-endpoints/{endpoint['id']}{part}", params=query)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def act(self, endpoint: Any, what: str, body: Any = None) -> httpx.Response:
        return await self.owner().post(
            f"/webhook-endpoints/{endpoint['id']}/{what}", json=body, headers=once()
        )

    async def happens(self, *streams: UUID, kind: str = "application.changed") -> None:
        """Write an event for each; the version says how many the stream has had."""
        async with self.postman.database.write() as unit:
            for stream in streams:
                self.count[stream] = self.count.get(stream, 0) + 1
                unit.record(
                    Event(
                        kind=kind,
                        subject_id=stream,
                        version=self.count[stream],
                        occurred_at=self.clock.now,
                        data={"channel": "a secret of ours"},
                    )
                )
            await unit.begin()

    count: dict[UUID, int] = field(default_factory=dict)

    async def settle(self, *more: Postman) -> None:
        """Let the postmen work until nothing is due."""
        for _ in range(200):
            done = await asyncio.gather(*(one.step() for one in (self.postman, *more)))
            if not any(done):
                return
        raise AssertionError("still at work after 200 steps")

    def another(self) -> Postman:
        """Return the postman of another worker."""
        one = self.postman
        return Postman(one.database, one.web, one.sealer, one.sees, one.service, self.clock)


def streams(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


@asynccontextmanager
async def open_post(financing: Service, keys_folder) -> AsyncIterator[Post]:
    """Open the office; a call that takes longer than a second is none."""
    stopped = Clock()
    ring = keys.load(keys_folder / "financing.json")
    async with AsyncExitStack() as stack:
        web = await stack.enter_async_context(PublicWeb.open(development=True, seconds=1))
        postman = Postman(
            database=financing.database,
            web=web,
            sealer=webhook_sealer(ring),
            sees=webhooks.sees,
            service="financing",
            clock=stopped,
        )
        yield Post(financing, postman, stopped, stack)
