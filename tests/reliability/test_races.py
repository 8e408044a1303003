"""Many at once: one execution a key, one application a borrower, one order of all events."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.financing.domain.patience import LEASE
from services.financing.worker import STRAY
from shared.auth import Kind
from tests.conftest import once
from tests.financing.house import House
from tests.reliability.borrowers import asked, drafted, legs, routed, somebody

BANK = "kur-bank-nusantara"
STORMS, CALLS = 20, 20


async def storm(call: Callable[[], Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """Make the same call many times at once."""
    return list(await asyncio.gather(*(call() for _ in range(CALLS))))


async def count_of(house: House, table: str) -> int:
    return await house.financing.database.writes.pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608


async def test_twenty_storms_of_twenty_calls_execute_twenty_times(house: House):
    body = asked(await somebody(house))
    client = house.app()
    for _ in range(STORMS):
        key = once()

        async def call(key: dict[str, str] = key) -> httpx.Response:
            return await client.post("/applications", json=body, headers=key)

        replies = await storm(call)
        said = Counter(reply.status_code for reply in replies)
        assert said[201] >= 1
        assert said.keys() <= {201, 409}
        for reply in replies:
            if reply.status_code == 409:
                assert reply.json()["type"] == "/problems/idempotent-request-in-flight"
                assert int(reply.headers["retry-after"]) >= 1
        originals = [
            reply
            for reply in replies
            if reply.status_code == 201 and "idempotent-replay" not in reply.headers
        ]
        assert len(originals) == 1
        repeat = await call()
        assert repeat.headers["idempotent-replay"] == "true"
        answers = [reply for reply in (*replies, repeat) if reply.status_code == 201]
        assert {reply.content for reply in answers} == {originals[0].content}
        assert {reply.headers["etag"] for reply in answers} == {originals[0].headers["etag"]}
    assert await count_of(house, "application") == STORMS
    assert await count_of(house, "event") == STORMS


async def test_a_storm_of_submissions_sends_one(house: House):
    id = await drafted(house, await somebody(house))
    key = once()
    client = house.app()
    replies = await storm(lambda: client.post(f"/applications/{id}/submission", headers=key))
    assert {reply.status_code for reply in replies} <= {200, 409}
    assert len({reply.content for reply in replies if reply.status_code == 200}) == 1
    assert len(await legs(house, id)) == 1
    assert [step["event"] for step in (await house.read(id, "/steps"))["items"]] == [
        "submit",
        "assess",
        "route",
    ]


async def test_a_storm_of_submissions_under_different_keys_sends_one(house: House):
    id = await drafted(house, await somebody(house))
    client = house.app()
    path = f"/applications/{id}/submission"
    replies = await storm(lambda: client.post(path, headers=once()))
    said = Counter(reply.status_code for reply in replies)
    assert said == {200: 1, 409: CALLS - 1}
    assert len(await legs(house, id)) == 1


async def test_two_submissions_that_meet_at_the_row_send_one(house: House):
    id = await drafted(house, await somebody(house))
    replies = await house.meeting_at(
        "SELECT FROM application WHERE id = $1",
        id,
        *(house.app().post(f"/applications/{id}/submission", headers=once()) for _ in range(2)),
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    assert len(await legs(house, id)) == 1


async def test_another_callers_same_key_is_another_act(house: House):
    body = asked(await somebody(house))
    key = {"Idempotency-Key": "one key of two callers"}
    first, second = await asyncio.gather(
        *(
            house.financing.client(Kind.SERVICE, id=id).post(
                "/applications", json=body, headers=key
            )
            for id in ("service-a", "service-b")
        )
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    for reply in (first, second):
        assert "idempotent-replay" not in reply.headers


async def test_the_same_key_with_another_body_never_answers_for_the_first(house: House):
    body = asked(await somebody(house))
    key = once()
    client = house.app()
    bodies = [{**body, "amount": body["amount"] + extra} for extra in range(CALLS)]
    replies = await asyncio.gather(
        *(client.post("/applications", json=each, headers=key) for each in bodies)
    )
    (kept,) = [reply.json()["amount"] for reply in replies if reply.status_code == 201]
    for each in bodies:
        reply = await client.post("/applications", json=each, headers=key)
        assert reply.status_code == (201 if each["amount"] == kept else 422)


async def test_a_borrower_who_submits_twice_at_once_has_one_application_under_way(house: House):
    for _ in range(5):
        borrower = await somebody(house)
        ids = [await drafted(house, borrower) for _ in range(2)]
        replies = await asyncio.gather(
            *(house.app().post(f"/applications/{id}/submission", headers=once()) for id in ids)
        )
        assert sorted(reply.status_code for reply in replies) == [200, 409]
        (no,) = [reply for reply in replies if reply.status_code == 409]
        assert no.json()["type"] == "/problems/application-pending"


async def withdraw(house: House, id: str) -> httpx.Response:
    return await house.app().post(f"/applications/{id}/withdrawal", json={}, headers=once())


async def booked(house: House, id: str) -> bool:
    """Tell whether the bank has an application that it does not know to be cancelled."""
    ours = {leg["id"] for leg in await legs(house, id)}
    entries = (await house.ledger(BANK))["entries"]
    return any(
        entry["effects"] and entry["stage"] != "cancelled"
        for entry in entries
        if entry["reference"] in ours
    )


async def turns(count: int) -> None:
    """Let everybody else have so many turns."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("behaviour", ["hold", "error_after_accept"])
async def test_a_withdrawal_that_races_the_sending_never_leaves_a_loan_behind(
    house: House, behaviour: str
):
    """From the citizen being well ahead of the worker to being well behind, turn by turn."""
    await house.instruct(BANK, behaviour)
    ends = Counter[str]()
    for lead in range(-60, 60, 4):
        id = (await routed(house))["id"]

        async def work(ahead: int = lead) -> None:
            await turns(max(0, ahead))
            await house.worker.step()

        async def change_of_mind(id: str = id, behind: int = -lead) -> None:
            await turns(max(0, behind))
            reply = await withdraw(house, id)
            assert reply.status_code == 200, reply.text

        await asyncio.gather(work(), change_of_mind())
        end = await house.until(id, "withdrawn", "disbursed")
        assert await booked(house, id) == (end["status"] == "disbursed")
        (leg,) = await legs(house, id)
        ends["never sent" if leg["sent_at"] is None else end["status"]] += 1
    # Well ahead nothing is sent, well behind it is at the lender: both sides were run.
    assert ends["never sent"]
    assert ends["withdrawn"] + ends["disbursed"]


async def test_a_withdrawal_while_a_message_may_be_under_way_waits_for_the_lender(house: House):
    """A worker that was stopped before its sending and goes on long after: the message is real."""
    await house.instruct(BANK, "hold")
    id = (await routed(house))["id"]
    slow = await house.worker._claim()
    assert slow is not None
    await house.later(seconds=LEASE.total_seconds() + 1)
    await house.step()  # asks; the bank has never seen it
    asked_for = (await withdraw(house, id)).json()
    assert (asked_for["status"], asked_for["withdrawal_requested"]) == ("sent", True)
    await house.step()  # there is nothing to cancel yet, and that is no proof
    assert (await house.read(id))["status"] == "sent"
    await house.worker._record(slow, await house.worker._speak(slow))
    await house.until(id, "withdrawn")
    assert not await booked(house, id)
    (entry,) = (await house.ledger(BANK))["entries"]
    assert (entry["effects"], entry["stage"]) == (1, "cancelled")


async def test_a_withdrawal_of_what_never_arrived_ends_once_it_cannot_arrive(house: House):
    id = (await routed(house))["id"]
    assert await house.worker._claim() is not None
    await house.later(seconds=LEASE.total_seconds() + 1)
    await house.step()
    await withdraw(house, id)
    await house.step()
    await house.later(seconds=STRAY.total_seconds())
    await house.step()
    assert (await house.read(id))["status"] == "withdrawn"
    assert not await booked(house, id)


async def follow(
    client: httpx.AsyncClient, until: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """Read the feed from its beginning, always after the last number seen."""
    seen: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        while not until(seen):
            after = seen[-1]["number"] if seen else 0
            reply = await client.get("/events", params={"after": after, "limit": 7})
            if reply.status_code == 503:  # a busy machine, or fifty who want a connection
                continue
            page = reply.json()
            assert page["last"] == (page["items"][-1]["number"] if page["items"] else after)
            seen += page["items"]
            await asyncio.sleep(0)
    return seen


async def test_the_feed_has_no_gap_and_a_reader_misses_nothing_while_fifty_write(house: House):
    body = asked(await somebody(house))
    client = house.app()
    written: set[str] = set()

    async def writer() -> None:
        for _ in range(3):
            reply = await client.post("/applications", json=body, headers=once())
            while reply.status_code == 503:  # fifty are more than there are connections
                reply = await client.post("/applications", json=body, headers=once())
            assert reply.status_code == 201, reply.text
            id = reply.json()["id"]
            tag = {"If-Match": reply.headers["etag"]}
            edit = {"tenor_months": 12}
            edited = await client.patch(f"/applications/{id}", json=edit, headers=tag)
            while edited.status_code == 503:
                edited = await client.patch(f"/applications/{id}", json=edit, headers=tag)
            assert edited.status_code == 200, edited.text
            written.add(id)

    reader = house.financing.client(id=str(uuid4()))
    _, seen = await asyncio.gather(
        asyncio.gather(*(writer() for _ in range(50))),
        follow(reader, lambda seen: len(seen) >= 300),
    )
    assert [event["number"] for event in seen] == list(range(1, 301))
    assert all(before["number"] < after["number"] for before, after in pairwise(seen))
    told = Counter((event["subject_id"], event["kind"]) for event in seen)
    assert told == Counter(
        (id, kind) for id in written for kind in ("application.drafted", "application.edited")
    )
    for id in written:
        assert [e["version"] for e in seen if e["subject_id"] == id] == [1, 2]
