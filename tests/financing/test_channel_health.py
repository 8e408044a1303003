"""A lender that keeps failing is rested, probed by one, and harms no other."""

import pytest

from services.financing.channels import ChannelUnavailable
from services.financing.domain.breaker import FAILURES_MAX
from tests.conftest import once
from tests.financing.house import SHOP, House

BANK = "kur-bank-nusantara"


async def many(house: House, count: int) -> list[str]:
    ids: list[str] = []
    for number in range(count):
        person = await house.person(person_nik=f"52030554038800{number + 10}")
        new = {
            "borrower": {"kind": "person", "id": person},
            "amount": 40_000_000,
            "tenor_months": 24,
            "declared": SHOP,
        }
        draft = await house.app().post("/applications", json=new, headers=once())
        id = draft.json()["id"]
        await house.app().post(f"/applications/{id}/submission", headers=once())
        ids.append(id)
    return ids


@pytest.fixture
def failing(house: House):
    """A bank that certainly takes nothing, and counts how often it is asked."""
    asked: list[str] = []

    class Failing:
        code = BANK

        async def submit(self, proposal, *, now):
            asked.append(str(proposal.submission_id))
            raise ChannelUnavailable

    house.worker.channels = {**house.worker.channels, BANK: Failing()}
    return asked


async def drained(house: House) -> None:
    while await house.worker.step():
        pass


async def test_after_so_many_failures_a_lender_is_left_in_peace(house: House, failing):
    await many(house, FAILURES_MAX + 3)
    await drained(house)
    assert len(failing) == FAILURES_MAX


async def test_after_its_rest_one_submission_asks_for_all(house: House, failing):
    await many(house, FAILURES_MAX + 3)
    await drained(house)
    await house.later(minutes=1)
    await drained(house)
    assert len(failing) == FAILURES_MAX + 1


async def test_a_lender_that_answers_again_is_well(house: House, failing):
    well = dict(house.worker.channels)
    ids = await many(house, FAILURES_MAX + 1)
    await drained(house)
    house.worker.channels = well | {BANK: house.financing.app.state.channels[BANK]}
    for id in ids:
        await house.until(id, "disbursed", steps=60)
    row = await house.financing.database.writes.pool.fetchrow("SELECT * FROM channel_health")
    assert (row["failures"], row["rest_until"]) == (0, None)
    assert (await house.ledger(BANK))["totals"]["effects"] == len(ids)
