"""Quotas over HTTP and under the worker: held, used, given back, waited for, never overdrawn."""

import asyncio
from typing import Any

import pytest

from shared.auth import Kind
from shared.clock import now
from tests.conftest import once
from tests.financing.house import House

BANK, OTHER = "kur-bank-nusantara", "kur-bank-samudra"
YEAR = now().year


def ministry(house: House):
    return house.financing.client(Kind.MINISTRY_ANALYST, id="ministry")


async def a_quota(house: House, total: int, *, channel: str = BANK, **narrowed: Any) -> str:
    new = {"channel": channel, "year": YEAR, "total": total, **narrowed}
    reply = await ministry(house).post("/quotas", json=new, headers=once())
    assert reply.status_code == 201, reply.text
    assert reply.headers["location"] == f"/quotas/{reply.json()['id']}"
    return reply.json()["id"]


async def quota(house: House, id: str) -> dict[str, Any]:
    reply = await ministry(house).get(f"/quotas/{id}")
    assert reply.status_code == 200, reply.text
    return reply.json()


async def standing(house: House, id: str) -> tuple[int, int, int]:
    found = await quota(house, id)
    return found["held"], found["used"], found["remaining"]


async def raised(house: House, id: str, total: int) -> None:
    seen = {"If-Match": (await ministry(house).get(f"/quotas/{id}")).headers["etag"]}
    reply = await ministry(house).patch(f"/quotas/{id}", json={"total": total}, headers=seen)
    assert (reply.status_code, reply.json()["total"]) == (200, total), reply.text


PEOPLE = ("5203055403880001", "5203055403880002", "5203055403880003", "5203055403880004")


async def of(house: House, nik: str, amount: int, **changes: Any) -> dict[str, Any]:
    """Submit an application of somebody else each time: a borrower has one at a time."""
    id = await house.person(person_nik=nik, full_name=f"Warga {nik[-2:]}")
    return await house.submitted(amount, borrower={"kind": "person", "id": id}, **changes)


async def test_a_loan_holds_its_quota_from_the_routing_and_uses_it_with_the_akad(house: House):
    wide = await a_quota(house, 100_000_000)
    narrow = await a_quota(house, 60_000_000, product="kur_mikro", province_code="52")
    elsewhere = await a_quota(house, 60_000_000, product="kur_mikro", province_code="53")
    application = await house.submitted(40_000_000)
    assert application["status"] == "routed"
    assert await standing(house, wide) == (40_000_000, 0, 60_000_000)
    assert await standing(house, narrow) == (40_000_000, 0, 20_000_000)
    assert await standing(house, elsewhere) == (0, 0, 60_000_000)
    await house.until(application["id"], "disbursed")
    assert await standing(house, wide) == (0, 40_000_000, 60_000_000)
    assert await standing(house, narrow) == (0, 40_000_000, 20_000_000)


async def test_a_refusal_gives_the_quota_back_and_the_next_lender_holds_its_own(house: House):
    first = await a_quota(house, 40_000_000)
    second = await a_quota(house, 40_000_000, channel=OTHER)
    await house.instruct(BANK, "refuse", 1)
    application = await house.submitted(40_000_000)
    assert await standing(house, second) == (0, 0, 40_000_000)
    await house.until(application["id"], "disbursed")
    assert await standing(house, first) == (0, 0, 40_000_000)
    assert await standing(house, second) == (0, 40_000_000, 0)


async def test_a_withdrawal_gives_the_quota_back(house: House):
    id = await a_quota(house, 40_000_000)
    application = await house.submitted(40_000_000)
    path = f"/applications/{application['id']}/withdrawal"
    reply = await house.app().post(path, json={}, headers=once())
    assert reply.json()["status"] == "withdrawn"
    assert await standing(house, id) == (0, 0, 40_000_000)


async def test_a_lender_without_quota_is_not_asked(house: House):
    await a_quota(house, 39_999_999)
    application = await house.submitted(40_000_000)
    assert application["status"] == "routed"
    route = (await house.read(application["id"], "/decision"))["route"]
    assert [leg["channel"] for leg in route["legs"]] == [OTHER]
    short = next(each for each in route["left_out"] if each["why"] == "quota")
    assert (short["channel"], short["numbers"]["quota"]) == (BANK, 39_999_999)
    assert "39.999.999" in short["why_id"]


async def full(house: House, total: int = 40_000_000) -> str:
    """Leave both banks without enough quota for anybody; return the first one's."""
    await a_quota(house, 0, channel=OTHER)
    return await a_quota(house, total)


async def test_who_finds_no_quota_waits_in_turn_and_is_told_the_place(house: House):
    id = await full(house)
    assert (await of(house, PEOPLE[0], 30_000_000))["status"] == "routed"
    second = await of(house, PEOPLE[1], 30_000_000)
    third = await of(house, PEOPLE[2], 10_000_000)
    assert (second["status"], third["status"]) == ("waiting", "waiting")
    assert (await house.read(third["id"], "/submissions"))["items"] == []

    places = (await house.read(third["id"], "/waiting"))["items"]
    mine = next(each for each in places if each["channel"] == BANK)
    assert (mine["place"], mine["amount_ahead"], mine["remaining"]) == (2, 30_000_000, 10_000_000)
    assert "nomor 2" in mine["sentence_id"]
    assert "Rp 30.000.000" in mine["sentence_id"]
    row = (await quota(house, id))["waiting"]
    assert row == {"applications": 2, "amount": 40_000_000}


async def test_freed_quota_goes_to_whoever_came_first(house: House):
    id = await full(house)
    first = await of(house, PEOPLE[0], 40_000_000)
    second = await of(house, PEOPLE[1], 30_000_000)
    third = await of(house, PEOPLE[2], 10_000_000)
    assert not (await quota(house, id))["remaining"]
    await house.app().post(f"/applications/{first['id']}/withdrawal", json={}, headers=once())
    assert await house.worker.step()
    for each in (second, third):
        assert (await house.read(each["id"]))["status"] == "routed"
        assert (await house.read(each["id"], "/waiting"))["items"] == []
    assert await standing(house, id) == (40_000_000, 0, 0)
    assert (await house.until(second["id"], "disbursed"))["status"] == "disbursed"


async def test_a_smaller_loan_does_not_overtake_and_no_newcomer_does(house: House):
    id = await full(house)
    await of(house, PEOPLE[0], 30_000_000)
    second = await of(house, PEOPLE[1], 30_000_000)
    newcomer = await of(house, PEOPLE[2], 10_000_000)
    assert newcomer["status"] == "waiting"
    while await house.worker.step():
        pass
    await raised(house, id, 59_999_999)
    await house.worker.step()
    assert (await house.read(second["id"]))["status"] == "waiting"
    assert (await house.read(newcomer["id"]))["status"] == "waiting"
    await raised(house, id, 60_000_000)
    await house.worker.step()
    assert (await house.read(second["id"]))["status"] == "routed"
    assert (await house.read(newcomer["id"]))["status"] == "waiting"


async def test_refused_by_the_lender_that_had_quota_the_application_waits_for_the_other(
    house: House,
):
    await a_quota(house, 0)
    await house.instruct(OTHER, "refuse", 1)
    application = await house.submitted(40_000_000)
    waits = await house.until(application["id"], "waiting", "refused")
    assert waits["status"] == "waiting"
    (place,) = (await house.read(application["id"], "/waiting"))["items"]
    assert place["channel"] == BANK


async def test_who_waits_may_withdraw_and_leaves_the_row(house: House):
    id = await full(house, 0)
    application = await house.submitted(40_000_000)
    path = f"/applications/{application['id']}/withdrawal"
    assert (await house.app().post(path, json={}, headers=once())).json()["status"] == "withdrawn"
    assert (await quota(house, id))["waiting"]["applications"] == 0


async def test_money_held_for_too_long_goes_back(house: House):
    id = await a_quota(house, 40_000_000)
    await house.instruct(BANK, "hold")
    application = await house.submitted(40_000_000)
    await house.step()
    connection = await house.financing.database.writes.pool.acquire()
    try:
        await connection.execute("UPDATE quota_holding SET expires_on = expires_on - 91")
    finally:
        await house.financing.database.writes.pool.release(connection)
    assert await house.worker.step()
    assert await standing(house, id) == (0, 0, 40_000_000)
    assert (await house.read(application["id"]))["status"] != "refused"


async def test_many_at_once_never_overdraw(house: House):
    id = await full(house, 100_000_000)
    drafts = []
    for number in range(8):
        person = await house.person(
            person_nik=f"52030554038800{number + 10}", full_name=f"Warga {number}"
        )
        drafts.append(await house.draft(30_000_000, borrower={"kind": "person", "id": person}))
    replies = await asyncio.gather(
        *(
            house.app().post(f"/applications/{each['id']}/submission", headers=once())
            for each in drafts
        )
    )
    statuses = sorted(reply.json()["status"] for reply in replies)
    assert statuses == ["routed"] * 3 + ["waiting"] * 5
    assert await standing(house, id) == (90_000_000, 0, 10_000_000)


async def test_two_that_meet_at_a_quota_share_what_it_has(house: House):
    id = await full(house, 100_000_000)
    drafts = []
    for number in range(2):
        person = await house.person(
            person_nik=f"52030554038800{number + 10}", full_name=f"Warga {number}"
        )
        drafts.append(await house.draft(60_000_000, borrower={"kind": "person", "id": person}))
    replies = await house.meeting_at(
        "SELECT FROM quota WHERE id = $1",
        id,
        *(
            house.app().post(f"/applications/{each['id']}/submission", headers=once())
            for each in drafts
        ),
    )
    assert {reply.json()["status"] for reply in replies} == {"routed", "waiting"}
    assert await standing(house, id) == (60_000_000, 0, 40_000_000)


async def test_a_total_is_never_less_than_what_is_promised(house: House):
    id = await a_quota(house, 100_000_000)
    await house.submitted(40_000_000)
    seen = {"If-Match": (await ministry(house).get(f"/quotas/{id}")).headers["etag"]}
    reply = await ministry(house).patch(f"/quotas/{id}", json={"total": 39_999_999}, headers=seen)
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/quota-committed")
    reply = await ministry(house).patch(f"/quotas/{id}", json={"total": 40_000_000}, headers=seen)
    assert reply.json()["remaining"] == 0


async def test_there_is_one_quota_for_the_same_loans(house: House):
    for narrowed in ({}, {"product": "kur_mikro"}, {"province_code": "52"}):
        await a_quota(house, 1, **narrowed)
        new = {"channel": BANK, "year": YEAR, "total": 1, **narrowed}
        reply = await ministry(house).post("/quotas", json=new, headers=once())
        assert (reply.status_code, reply.json()["type"]) == (409, "/problems/quota-exists")


@pytest.mark.parametrize(
    "wrong", [{"channel": "no-bank"}, {"product": "lpdb_regular"}, {"product": "nothing"}]
)
async def test_a_quota_is_of_a_lender_and_a_product_that_there_are(house: House, wrong):
    new = {"channel": BANK, "year": YEAR, "total": 1, **wrong}
    reply = await ministry(house).post("/quotas", json=new, headers=once())
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/channel-not-found")


async def test_a_lender_sees_its_own_quotas_and_an_app_sets_none(house: House):
    mine, other = await a_quota(house, 1), await a_quota(house, 1, channel=OTHER)
    bank = house.financing.client(Kind.LENDER, id="bank", channel=BANK)
    seen = [each["id"] for each in (await bank.get("/quotas")).json()["items"]]
    assert seen == [mine]
    assert (await bank.get(f"/quotas/{other}")).status_code == 404
    new = {"channel": BANK, "year": YEAR + 1, "total": 1}
    for who in (bank, house.app()):
        assert (await who.post("/quotas", json=new, headers=once())).status_code == 403
    years = await ministry(house).get(f"/quotas?year={YEAR + 1}")
    assert years.json() == {"items": [], "next": None}


async def test_the_list_goes_page_by_page(house: House):
    ids = [await a_quota(house, 1, province_code=f"{code}") for code in (51, 52, 53)]
    first = (await ministry(house).get("/quotas?limit=2")).json()
    rest = (await ministry(house).get(f"/quotas?limit=2&cursor={first['next']}")).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == ids


async def test_the_forecast_counts_what_was_taken(house: House):
    id = await a_quota(house, 4_000_000_000)
    assert (await quota(house, id))["forecast"] == {"taken_28_days": 0, "exhausted_on": None}
    await house.submitted(40_000_000)
    assert (await quota(house, id))["forecast"]["taken_28_days"] == 40_000_000
