"""The sandbox in this process: its real app, our real channels, and a letter box for callbacks."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from starlette.routing import Mount

from services.financing.channels import Borrower, Channel, Proposal
from services.financing.channels.keys import ChannelKeys, open_channels
from services.sandbox.app import create_app
from services.sandbox.keys import LenderKeys, generate
from services.sandbox.lender import Pace
from services.sandbox.settings import Settings
from shared.money import Rupiah

CODES = ("kur-bank-nusantara", "kur-bank-samudra", "lpdb", "blu")
QUICK = Pace(stage=0, slow=0, hold=30, retry=0)
NIK = "5201014507900001"


@cache
def keys() -> dict[str, dict[str, Any]]:
    """One key set for the whole run: making RSA keys is slow."""
    return generate("http://sandbox.test")


def lender_keys() -> LenderKeys:
    return LenderKeys.model_validate(keys()["lenders"])


def channel_keys(*codes: str) -> ChannelKeys:
    """Our keys for all lenders, or for these only."""
    every = keys()["financing"]["channels"]
    some = {code: every[code] for code in codes or CODES}
    return ChannelKeys.model_validate({"development": True, "channels": some})


def a_proposal(**changes: Any) -> Proposal:
    """A valid proposal, unless told otherwise."""
    facts: dict[str, Any] = {
        "submission_id": uuid4(),
        "product": "kur-mikro",
        "amount": Rupiah(40_000_000),
        "tenor_months": 36,
        "purpose": "Warung kelontong",
        "contract_kind": "conventional",
        "borrower": Borrower(kind="person", name="Siti Aminah", person_nik=NIK),
    }
    return Proposal(**facts | changes)


@dataclass
class LetterBox:
    """Where the sandbox's callbacks arrive; `answers` are its next replies, then 204."""

    letters: list[httpx.Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, request: httpx.Request) -> httpx.Response:
        async with self.arrived:
            self.letters.append(request)
            self.arrived.notify_all()
        return httpx.Response(self.answers.pop(0) if self.answers else 204)

    async def wait(self, count: int) -> list[httpx.Request]:
        """Return the letters once there are so many; fail after five seconds."""
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(lambda: len(self.letters) >= count)
        return list(self.letters)


@dataclass(frozen=True)
class World:
    """Everything a test needs to speak to the lenders and to look behind their counters."""

    channels: Mapping[str, Channel]
    console: httpx.AsyncClient
    box: LetterBox
    counters: Mapping[str, Any]
    """Each lender's own state: its secrets and the tokens it has issued."""

    async def ledger(self, code: str) -> dict[str, Any]:
        return (await self.console.get(f"/{code}/ledger")).json()

    async def entry(self, code: str, proposal: Proposal) -> dict[str, Any]:
        return (await self.console.get(f"/{code}/ledger/{proposal.submission_id}")).json()

    async def behave(self, code: str, behaviour: str | None, submissions: int | None = None):
        instruction = {"behaviour": behaviour, "submissions": submissions}
        answer = await self.console.put(f"/{code}/behaviour", json=instruction)
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def a_world(
    *, pace: Pace = QUICK, seconds: float = 10, ledger_folder: Path | None = None
) -> AsyncGenerator[World]:
    """Start the sandbox and open the channels to it; nothing goes over the network."""
    box = LetterBox()
    settings = Settings(
        keys=lender_keys(),
        callback_url="http://purna.test",
        pace=pace,
        ledger_folder=ledger_folder,
    )
    app = create_app(settings, transport=httpx.MockTransport(box.receive))
    wire = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        open_channels(channel_keys(), transport=wire, seconds=seconds) as channels,
        httpx.AsyncClient(transport=wire, base_url="http://sandbox.test") as console,
    ):
        desks = {
            route.path[1:]: route.app.state for route in app.routes if isinstance(route, Mount)
        }
        counters = {
            code: getattr(state, {"lpdb": "fund", "blu": "agency"}.get(code, "bank"))
            for code, state in desks.items()
        }
        yield World(channels, console, box, counters)
