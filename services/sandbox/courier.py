"""The callbacks of one lender, signed anew for each try and carried until the partner has them."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from shared.clock import now
from shared.outbound import NeverSent, NoAnswer, Outbound

TRIES = 8
"""With the default first wait of 0.2 s, a partner may be away for about 25 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One callback: the event it tells of, and the body in the words of the contract."""

    event_id: str
    body: bytes


Seal = Callable[[str, Letter, datetime], Mapping[str, str]]
"""The headers, signature included, of a letter that leaves for this path at this moment."""


class Courier:
    """Background deliveries: those about one reference one after another, the others beside."""

    def __init__(
        self,
        url: str | None,
        seal: Seal,
        *,
        retry_seconds: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._seal = seal
        self._retry_seconds = retry_seconds
        self._outbound = Outbound(seconds=5, transport=transport)
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: dict[str, asyncio.Task[None]] = {}

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run something in the background until it is done or the courier stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """End everything under way, delivered or not; more may be started afterwards."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._last.clear()

    async def close(self) -> None:
        """Stop for good."""
        await self.stop()
        await self._outbound.__aexit__(None, None, None)

    def post(self, reference: str, letter: Letter) -> None:
        """Have a letter about this reference delivered, after those posted before it."""
        if self._url is None:
            return
        previous = self._last.get(reference)
        if previous is not None and previous.done():
            previous = None
        self._last[reference] = self.start(self._carry(self._url, letter, previous))

    async def _carry(self, url: str, letter: Letter, previous: asyncio.Task[None] | None) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        for tried in range(TRIES):
            headers = self._seal(urlsplit(url).path, letter, now())
            try:
                reply = await self._outbound.send(
                    "POST",
                    url,
                    headers={"Content-Type": "application/json", **headers},
                    content=letter.body,
                )
            except (NeverSent, NoAnswer):
                pass
            else:
                if 200 <= reply.status < 300:
                    return
            await asyncio.sleep(self._retry_seconds * 2**tried)
