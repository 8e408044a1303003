"""Everything that an application passes through, in this process: registry, financing, lenders."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from services.financing.worker import Worker
from shared.auth import Kind
from tests.conftest import Service, once

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"

SHOP = {
    "business": {
        "started_on": "2023-05-01",
        "sector": "warung",
        "production": False,
        "nib": True,
        "sku": True,
        "npwp": True,
        "bpjs_tk": True,
        "turnover_year": 400_000_000,
        "net_income_month": 15_000_000,
    },
    "person": {"citizen": True, "state_employee": False},
    "credit": {
        "collectibility": 1,
        "dhn_listed": False,
        "kur_received": {},
        "kur_outstanding": 0,
        "mikro_outstanding": 0,
        "commercial_before": False,
        "programme_unpaid": False,
        "instalments_month": 0,
    },
}


LATER = """
UPDATE submission SET due_at = due_at - $1::interval, sent_at = sent_at - $1::interval
"""
REST_OVER = "UPDATE channel_health SET rest_until = rest_until - $1::interval"


@dataclass
class House:
    """The services and the acts that a test performs on them."""

    registry: Service
    financing: Service
    sandbox: FastAPI
    worker: Worker

    def app(self, id: str = "app-a") -> httpx.AsyncClient:
        return self.financing.client(Kind.MOBILE_BACKEND, id=id)

    async def person(self, **changes: Any) -> str:
        new = {
            "full_name": "Siti Rahmawati",
            "sex": "female",
            "birth_date": "1988-03-14",
            "married": True,
            "person_nik": "5203055403880001",
            "ktp_village_code": "52.03.05.2001",
            "domicile_village_code": "52.03.05.2001",
            **changes,
        }
        client = self.registry.client(Kind.MOBILE_BACKEND, id="app-a")
        reply = await client.post("/people", json=new, headers=once())
        assert reply.status_code == 201, reply.text
        return reply.json()["id"]

    async def draft(self, amount: int, **changes: Any) -> dict[str, Any]:
        borrower = changes.pop("borrower", None) or {"kind": "person", "id": await self.person()}
        new = {
            "borrower": borrower,
            "amount": amount,
            "tenor_months": 24,
            "declared": SHOP,
            **changes,
        }
        reply = await self.app().post("/applications", json=new, headers=once())
        assert reply.status_code == 201, reply.text
        return reply.json()

    async def submitted(self, amount: int, **changes: Any) -> dict[str, Any]:
        id = (await self.draft(amount, **changes))["id"]
        reply = await self.app().post(f"/applications/{id}/submission", headers=once())
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def meeting_at(
        self, rows: str, key: str, *calls: Awaitable[httpx.Response]
    ) -> list[httpx.Response]:
        """Hold rows (a SELECT by `$1`) until every call waits for a lock; return what they say."""
        async with self.financing.database.writes.pool.acquire() as holder:
            async with holder.transaction():
                await holder.execute(f"{rows} FOR UPDATE", UUID(key))
                under_way = [asyncio.ensure_future(call) for call in calls]
                async with asyncio.timeout(10):
                    while await holder.fetchval(WAITING) < len(calls):  # noqa: ASYNC110 (nobody tells)
                        await asyncio.sleep(0)
            return list(await asyncio.gather(*under_way))

    async def later(self, **length: float) -> None:
        """Let time pass for whatever waits for it; the lenders' own clocks go on as they are."""
        connection = await self.financing.database.writes.pool.acquire()
        try:
            for statement in (LATER, REST_OVER):
                await connection.execute(statement, timedelta(**length))
        finally:
            await self.financing.database.writes.pool.release(connection)

    async def step(self, times: int = 1) -> None:
        for _ in range(times):
            assert await self.worker.step()

    async def read(self, id: str, part: str = "") -> Any:
        reply = await self.app().get(f"/applications/{id}{part}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def instruct(
        self, lender: str, behaviour: str | None, submissions: int | None = None
    ) -> None:
        body = {"behaviour": behaviour, "submissions": submissions}
        reply = await self._lenders("PUT", f"/{lender}/behaviour", body)
        assert reply.status_code == 200, reply.text

    async def ledger(self, lender: str) -> dict[str, Any]:
        return (await self._lenders("GET", f"/{lender}/ledger")).json()

    async def _lenders(self, method: str, path: str, body: Any = None) -> httpx.Response:
        transport = httpx.ASGITransport(self.sandbox)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as c:
            return await c.request(method, path, json=body)

    async def until(self, id: str, *statuses: str, steps: int = 30) -> dict[str, Any]:
        """Let the worker work, with time passing where it must, until a status is reached."""
        for _ in range(steps):
            application = await self.read(id)
            if application["status"] in statuses:
                return application
            if not await self.worker.step():
                await self.later(minutes=20)
        message = f"still {application['status']} after {steps} steps"
        raise AssertionError(message)
