"""One application's way over the API, from its draft to where it rests."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from uuid import UUID

import httpx

from services.local.clients import AUDITOR
from services.local.world import Unexpected, World, news, post, read

RESTING = frozenset({"disbursed", "closed", "refused", "incubating", "withdrawn", "in_review"})
"""Where an application stays until somebody acts: nothing is under way."""

PATIENCE_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 0.1


class Asked(NamedTuple):
    """Who asks for what: the body of a draft."""

    kind: str
    id: UUID
    amount: int
    tenor_months: int
    declared: Mapping[str, Any]

    def body(self) -> dict[str, Any]:
        """Return it as it is sent."""
        return {
            "borrower": {"kind": self.kind, "id": str(self.id)},
            "amount": self.amount,
            "tenor_months": self.tenor_months,
            "declared": dict(self.declared),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """An application, the line of the client that filed it, and where the feed stood before."""

    world: World
    line: httpx.AsyncClient
    asked: Asked
    id: str
    since: int

    @classmethod
    async def begin(cls, world: World, client: str, asked: Asked) -> Self:
        """Draft an application and submit it.

        A borrower has one application under way at a time: one that an earlier walk left there
        is waited for.
        """
        line = world.lines[client].financing
        earlier = await read(line, "/applications", borrower_id=str(asked.id), limit=100)
        for application in earlier["items"]:
            if application["status"] not in RESTING | {"drafted", "akad"}:
                await _at_rest(line, application["id"])
        _, since = await news(world.lines[AUDITOR].financing, after=0)
        drafted = await post(line, "/applications", asked.body())
        await post(line, f"/applications/{drafted['id']}/submission", {})
        return cls(world=world, line=line, asked=asked, id=drafted["id"], since=since)

    async def decision(self) -> dict[str, Any]:
        """Return every product with every reason, the score and the route."""
        return await read(self.line, f"/applications/{self.id}/decision")

    async def at_rest(self) -> str:
        """Wait until nothing is under way any more; return the status."""
        return await _at_rest(self.line, self.id)

    async def submissions(self) -> list[dict[str, Any]]:
        """Return the lenders reached so far, in order."""
        return (await read(self.line, f"/applications/{self.id}/submissions"))["items"]

    async def stages(self, submission_id: str) -> tuple[str, ...]:
        """Return what a lender has said of a submission, in the order in which it was heard."""
        events, _ = await news(self.world.lines[AUDITOR].financing, after=self.since)
        heard = [
            event["data"]["stage"]
            for event in events
            if event["data"].get("submission_id") == submission_id and "stage" in event["data"]
        ]
        return tuple(dict.fromkeys(heard))


async def until(question: Callable[[], Awaitable[bool]], what: str) -> None:
    """Ask until the answer is yes; raise Unexpected when it is not in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not await question():
        if time.monotonic() > end:
            raise Unexpected(f"expected within {PATIENCE_SECONDS:.0f} seconds: {what}")
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _at_rest(line: httpx.AsyncClient, id: str) -> str:
    status = ""

    async def rests() -> bool:
        nonlocal status
        status = (await read(line, f"/applications/{id}"))["status"]
        return status in RESTING

    try:
        await until(rests, f"application {id} comes to rest")
    except Unexpected as late:
        raise Unexpected(f"{late}, saw {status}") from None
    return status
