"""The four lenders in one process, each mounted under its own name."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from services.sandbox import blu, console, kur_bank, lpdb
from services.sandbox.courier import Courier, Seal
from services.sandbox.keys import BluKeys, ContractKeys, KurBankKeys
from services.sandbox.ledger import Ledger
from services.sandbox.lender import PROFILES, Compose, Lender
from services.sandbox.settings import Settings

ABOUT = (
    "Pretend lenders, each behind a contract of its own, for developers of applications and for "
    "lenders. The page of the project named under kit says how to speak to them."
)
KIT = "docs/partners-kit.md"
"""The page of the project that describes the contracts and the console."""


def create_app(
    settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None
) -> FastAPI:
    """
    Return the sandbox. `transport` carries the callbacks instead of the network, for tests.

    The ledgers are open once it is returned; the lifespan resumes what was under way and ends
    the background work.
    """
    lenders: dict[str, Lender] = {}
    app = FastAPI(title="Lender sandbox", docs_url=None, redoc_url=None, lifespan=_lifespan)
    app.state.lenders = lenders
    app.add_api_route("/", _welcome(settings), include_in_schema=False)
    app.add_api_route("/healthz", _alive, include_in_schema=False)
    app.add_api_route("/readyz", _alive, include_in_schema=False)
    if not settings.production:
        app.include_router(console.router)
    for code, keys in settings.keys.lenders.items():
        lenders[code], desk = _open(code, keys, settings, transport)
        app.mount(f"/{code}", desk)
    return app


def _open(
    code: str,
    keys: ContractKeys,
    settings: Settings,
    transport: httpx.AsyncBaseTransport | None,
) -> tuple[Lender, FastAPI]:
    def lender(seal: Seal, compose: Compose) -> Lender:
        folder, base = settings.ledger_folder, settings.callback_url
        courier = Courier(
            f"{base.rstrip('/')}/callbacks/{code}" if base else None,
            seal,
            retry_seconds=settings.pace.retry,
            transport=transport,
        )
        return Lender(
            PROFILES[code],
            ledger=Ledger(folder / f"{code}.jsonl" if folder else None),
            courier=courier,
            compose=compose,
            pace=settings.pace,
        )

    if isinstance(keys, KurBankKeys):
        bank = kur_bank.Bank(keys)
        opened = lender(bank.seal, kur_bank.compose)
        return opened, kur_bank.desk(opened, bank)
    if isinstance(keys, BluKeys):
        agency = blu.Agency(keys)
        opened = lender(agency.seal, blu.compose)
        return opened, blu.desk(opened, agency)
    fund = lpdb.Fund(keys)
    opened = lender(fund.seal, lpdb.compose)
    return opened, lpdb.desk(opened, fund)


def _welcome(settings: Settings) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Return the first page: who lives here, and where to read on."""
    looks = () if settings.production else ("ledger", "behaviour")
    lenders = [
        {"lender": code, "contract": PROFILES[code].contract, "address": f"/{code}"}
        | {look: f"/{code}/{look}" for look in looks}
        for code in settings.keys.lenders
    ]

    async def welcome() -> dict[str, Any]:
        return {"title": "Lender sandbox", "about": ABOUT, "kit": KIT, "lenders": lenders}

    return welcome


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    lenders: dict[str, Lender] = app.state.lenders
    for lender in lenders.values():
        lender.resume()
    try:
        yield
    finally:
        for lender in lenders.values():
            await lender.close()


async def _alive() -> dict[str, str]:
    return {"status": "ok"}
