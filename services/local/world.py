"""The running stack as its users see it: who may call what, and what the lenders really did."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from services.local import clients
from services.local.loading import Loaded
from services.local.stack import Stack
from shared.ids import new_id

FEED_PAGE = 1000


class Unexpected(Exception):
    """Something did not come out as it should; says what was expected and what was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One client at both services, with a token of its own."""

    registry: httpx.AsyncClient
    financing: httpx.AsyncClient


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The lines of the clients by their id, the line to the lenders, and the sample's ids."""

    lines: Mapping[str, Line]
    lenders: httpx.AsyncClient
    people: Mapping[str, UUID]
    cooperatives: Mapping[str, UUID]


@asynccontextmanager
async def entered(stack: Stack, loaded: Loaded) -> AsyncGenerator[World]:
    """Sign every client of the sample in at both services while the block runs."""
    registry, financing = stack.address("registry"), stack.address("financing")
    async with AsyncExitStack() as opened:
        lines = dict[str, Line]()
        for id, secret in loaded.secrets.items():
            if id == clients.FINANCING:
                continue
            lines[id] = Line(
                registry=await opened.enter_async_context(
                    await clients.signed_in(registry, id, secret)
                ),
                financing=await opened.enter_async_context(
                    await clients.signed_in(registry, id, secret, service=financing)
                ),
            )
        lenders = httpx.AsyncClient(base_url=stack.address("sandbox"), trust_env=False, timeout=30)
        yield World(
            lines=lines,
            lenders=await opened.enter_async_context(lenders),
            people=loaded.people,
            cooperatives=loaded.cooperatives,
        )


async def read(line: httpx.AsyncClient, path: str, **query: str | int) -> dict[str, Any]:
    """Return what is at an address; raise Unexpected when it cannot be had."""
    return _answer(await line.get(path, params=query))


async def post(line: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Do something once, under a key of its own; raise Unexpected when it is refused."""
    key = {"Idempotency-Key": str(new_id())}
    return _answer(await line.post(path, json=body, headers=key))


async def news(line: httpx.AsyncClient, *, after: int) -> tuple[list[dict[str, Any]], int]:
    """Return the changes that a service's feed has after a number, and the number of the last."""
    found = list[dict[str, Any]]()
    while True:
        page = await read(line, "/events", after=after, limit=FEED_PAGE)
        found += page["items"]
        after = page["last"]
        if len(page["items"]) < FEED_PAGE:
            return found, after


async def entry(world: World, lender: str, reference: str) -> dict[str, Any]:
    """Return what a lender's ledger holds under a reference of ours."""
    return await read(world.lenders, f"/{lender}/ledger/{reference}")


async def effects(world: World, lenders: tuple[str, ...], borrower_name: str) -> int:
    """Return how many loans a borrower has been booked for in the ledgers of some lenders."""
    total = 0
    for lender in lenders:
        ledger = await read(world.lenders, f"/{lender}/ledger")
        total += sum(
            row["effects"] for row in ledger["borrowers"] if row["borrower_name"] == borrower_name
        )
    return total


def expect(what: str, seen: object, expected: object) -> None:
    """Raise Unexpected unless what is seen is what is expected."""
    if seen != expected:
        raise Unexpected(f"{what}: expected {expected}, saw {seen}")


def _answer(reply: httpx.Response) -> dict[str, Any]:
    if reply.is_success:
        return reply.json()
    request = reply.request
    raise Unexpected(
        f"{request.method} {request.url.path}: expected success, "
        f"saw {reply.status_code} {reply.text}"
    )
