"""Financing is ready only while somebody carries its submissions."""

from tests.financing.house import House


async def test_financing_is_ready_while_a_worker_lives(house: House):
    client = house.financing.anonymous()
    silent = await client.get("/readyz")
    assert (silent.status_code, "worker" in silent.json()["checks"]["worker"]) == (503, True)
    pool = house.financing.database.writes.pool
    await pool.execute("INSERT INTO heartbeat (worker, at) VALUES ('w', now())")
    assert (await client.get("/readyz")).status_code == 200
    await pool.execute("UPDATE heartbeat SET at = now() - interval '1 minute'")
    assert (await client.get("/readyz")).status_code == 503
