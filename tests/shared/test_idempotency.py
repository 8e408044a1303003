"""Answers of acts are kept for thirty days, and then nothing is left of them."""

import asyncio
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from shared import clock, idempotency
from shared.db import DELETED_AT_ONCE, SELECT_ONE, Row, Statement
from shared.idempotency import KEPT, forget
from tests.conftest import Service, once, serving

MARGIN = timedelta(minutes=5)
PERSON = {"full_name": "Siti Rahmawati", "sex": "female"}


async def answers(service: Service, count: int, *, made: datetime) -> None:
    """Store some answers that were given at a time."""
    add = (
        "INSERT INTO idempotency SELECT 'a', $1::text, n::text, '', 201, '{}', '', $2"
        " FROM generate_series(1, $3::integer) AS n"
    )
    async with service.database.write() as unit:
        await unit.run(
            Statement(add, "route", "made", "count"), route=str(made), made=made, count=count
        )


async def kept(service: Service) -> list[Row]:
    return await service.database.reader.rows(Statement("SELECT key FROM idempotency"))


async def test_a_repeat_within_its_time_gets_the_first_answer_and_later_is_a_new_act(registry):
    client, key = registry.client(), once()
    first = await client.post("/people", json=PERSON, headers=key)
    made = clock.now()

    assert await forget(registry.database, now=made + KEPT - MARGIN) == 0
    repeat = await client.post("/people", json=PERSON, headers=key)
    assert (repeat.status_code, repeat.content) == (201, first.content)

    assert await forget(registry.database, now=made + KEPT + MARGIN) == 1
    later = await client.post("/people", json=PERSON, headers=key)
    assert later.status_code == 201
    assert later.json()["id"] != first.json()["id"]


async def test_however_many_there_are_all_that_is_old_goes_and_nothing_else(registry):
    now = clock.now()
    await answers(registry, 2 * DELETED_AT_ONCE + 1, made=now - KEPT - MARGIN)
    await answers(registry, 3, made=now - KEPT + MARGIN)

    assert await forget(registry.database, now=now) == 2 * DELETED_AT_ONCE + 1
    assert len(await kept(registry)) == 3


@pytest.mark.parametrize("name", ["registry", "financing"])
async def test_a_service_forgets_by_itself(registry, financing, keys, monkeypatch, name):
    monkeypatch.setattr(idempotency, "_FIRST_SECONDS", 0)
    service = {"registry": registry, "financing": financing}[name]
    await answers(service, 1, made=clock.now() - KEPT - MARGIN)
    async with asyncio.timeout(60), serving(service.app, keys) as again:
        while await kept(again):
            pass


async def test_a_failure_that_nobody_foresaw_does_not_end_the_forgetting(
    registry, keys, monkeypatch
):
    monkeypatch.setattr(idempotency, "_FIRST_SECONDS", 0)
    monkeypatch.setattr(idempotency, "_EVERY_SECONDS", 0)
    await answers(registry, 1, made=clock.now() - KEPT - MARGIN)

    async def rename(old: str, new: str) -> None:
        async with registry.database.write() as unit:
            await unit.run(Statement(f"ALTER TABLE {old} RENAME TO {new}"))

    await rename("idempotency", "idempotency_away")
    with capture_logs() as logs:
        async with asyncio.timeout(60), serving(registry.app, keys):
            try:
                while not logs:
                    await registry.database.reader.row(SELECT_ONE)
            finally:
                await rename("idempotency_away", "idempotency")
            while await kept(registry):
                pass
    assert "UndefinedTableError" in {line["reason"] for line in logs}
