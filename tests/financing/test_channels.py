"""How lenders fare, for operators: failures, rests, pauses, and what waits for each."""

import asyncio
from typing import Any

import pytest

from services.financing.channels import ChannelUnknown
from services.financing.domain.breaker import FAILURES_MAX
from shared.auth import Kind
from tests.conftest import once
from tests.financing.house import House
from tests.financing.test_channel_health import many

BANK, OTHER = "kur-bank-nusantara", "kur-bank-samudra"


def operator(house: House):
    return house.financing.client(Kind.MINISTRY_ANALYST, id="operator")


async def channel(house: House, code: str = BANK) -> dict[str, Any]:
    reply = await operator(house).get(f"/channels/{code}")
    assert reply.status_code == 200, reply.text
    return reply.json()


async def act(house: House, what: str, code: str = BANK) -> Any:
    body = {"reason": "The bank mends its core until noon."}
    return await operator(house).post(f"/channels/{code}/{what}", json=body, headers=once())


async def paused(house: House, *codes: str) -> None:
    for code in codes:
        reply = await act(house, "pause", code)
        assert reply.status_code == 200, reply.text


class Silent:
    """A lender from which no answer ever comes."""

    code = BANK

    async def submit(self, proposal, *, now):
        raise ChannelUnknown("no answer came in time")

    async def inquire(self, submission_id, *, now):
        raise ChannelUnknown("no answer came in time")


async def drained(house: House) -> None:
    while await house.worker.step():
        pass


async def test_a_lender_shows_what_went_wrong_since_when_and_when_it_is_tried_next(house: House):
    at_first = await channel(house)
    assert (at_first["breaker"], at_first["failures"]) == ("closed", 0)
    assert (at_first["last_error"], at_first["next_try_at"], at_first["pause"]) == (None,) * 3
    house.worker.channels = {**house.worker.channels, BANK: Silent()}
    await many(house, FAILURES_MAX + 2)
    await drained(house)
    found = await channel(house)
    assert (found["breaker"], found["failures"]) == ("open", FAILURES_MAX)
    assert found["last_error"] == "no answer came in time"
    assert found["failing_since"] <= found["last_error_at"] < found["next_try_at"]
    backlog = found["backlog"]
    assert (backlog["unknown"], backlog["queued"]) == (FAILURES_MAX, 2)
    assert backlog["oldest_queued_at"] is not None
    assert (await channel(house, OTHER))["failures"] == 0
    await house.later(seconds=31)
    assert (await channel(house))["breaker"] == "half_open"


async def test_after_its_recovery_the_last_error_is_still_to_be_read(house: House):
    well = house.worker.channels
    house.worker.channels = {**well, BANK: Silent()}
    id = (await house.submitted(40_000_000))["id"]
    await house.step()
    house.worker.channels = well
    await house.until(id, "disbursed")
    found = await channel(house)
    assert (found["failures"], found["failing_since"], found["breaker"]) == (0, None, "closed")
    assert found["last_error"] == "no answer came in time"


async def test_the_metrics_tell_the_same(house: House):
    house.worker.channels = {**house.worker.channels, BANK: Silent()}
    await many(house, FAILURES_MAX + 2)
    await drained(house)
    await paused(house, OTHER)
    lines = (await house.financing.anonymous().get("/metrics")).text.splitlines()
    said = dict(line.rsplit(" ", 1) for line in lines if line.startswith("channel_"))
    assert said[f'channel_failures{{channel="{BANK}"}}'] == f"{FAILURES_MAX}.0"
    assert said[f'channel_resting{{channel="{BANK}"}}'] == "1.0"
    assert said[f'channel_backlog{{channel="{BANK}",status="queued"}}'] == "2.0"
    assert float(said[f'channel_next_try_timestamp_seconds{{channel="{BANK}"}}']) > 0
    assert said[f'channel_paused{{channel="{OTHER}"}}'] == "1.0"
    assert said[f'channel_paused{{channel="{BANK}"}}'] == "0.0"


async def test_nothing_is_said_to_a_paused_lender_and_what_waits_keeps_its_place(house: House):
    ids = await many(house, 3)
    await paused(house, BANK)
    assert not await house.worker.step()
    assert (await house.ledger(BANK))["totals"]["requests"] == 0
    found = await channel(house)
    assert (found["pause"]["paused_by"], found["next_try_at"]) == ("operator", None)
    assert found["backlog"]["queued"] == 3
    assert (await act(house, "resumption")).json()["pause"] is None
    await house.step(3)
    asked = [entry["borrower_name"] for entry in (await house.ledger(BANK))["entries"]]
    assert len(asked) == 3
    sent = [(await house.read(id, "/submissions"))["items"][0]["sent_at"] for id in ids]
    assert sent == sorted(sent)


async def test_a_lender_that_has_the_application_is_left_alone_too_and_still_heard(house: House):
    await house.instruct(BANK, "hold", 1)
    id = (await house.submitted(40_000_000))["id"]
    await house.step()
    await paused(house, BANK)
    await house.later(hours=1)
    assert not await house.worker.step()
    (entry,) = (await house.ledger(BANK))["entries"]
    assert entry["inquiries"] == 0
    assert (await house.read(id))["status"] == "answered"


async def test_a_paused_lender_stands_behind_the_others_and_says_why(house: House):
    await paused(house, BANK)
    id = (await house.submitted(40_000_000))["id"]
    decided = await house.read(id, "/decision")
    legs = [(leg["channel"], leg["why"]) for leg in decided["route"]["legs"]]
    assert legs == [(OTHER, "best"), (BANK, "paused")]
    assert decided["route"]["legs"][1]["why_id"]
    await house.until(id, "disbursed")
    assert (await house.ledger(OTHER))["totals"]["effects"] == 1


async def test_where_every_lender_is_paused_nobody_is_refused(house: House):
    await paused(house, BANK, OTHER)
    application = await house.submitted(40_000_000)
    assert application["status"] == "routed"
    assert not await house.worker.step()
    await act(house, "resumption")
    await house.until(application["id"], "disbursed")


async def test_pauses_are_in_the_feed_with_who_and_why(house: House):
    await paused(house, BANK)
    await act(house, "resumption")
    events = (await house.financing.client().get("/events?limit=1000")).json()["items"]
    told = [event for event in events if event["kind"].startswith("channel.")]
    assert [(event["kind"], event["version"]) for event in told] == [
        ("channel.paused", 1),
        ("channel.resumed", 2),
    ]
    for event in told:
        assert event["data"]["channel"] == BANK
        assert event["data"]["actor"] == "operator"
        assert event["data"]["reason"].startswith("The bank mends")


async def test_what_is_so_already_is_a_conflict(house: House):
    not_paused = await act(house, "resumption")
    assert (not_paused.status_code, not_paused.json()["type"]) == (
        409,
        "/problems/channel-not-paused",
    )
    await paused(house, BANK)
    again = await act(house, "pause")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/channel-paused")
    absent = await act(house, "pause", "no-such-bank")
    assert (absent.status_code, absent.json()["type"]) == (404, "/problems/no-such-channel")


async def test_two_operators_at_once_pause_it_once(house: House):
    replies = await asyncio.gather(*(act(house, "pause") for _ in range(5)))
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409, 409]


@pytest.mark.parametrize(
    "kind", [Kind.MOBILE_BACKEND, Kind.COOPERATIVE_OFFICER, Kind.LENDER, Kind.AUDITOR]
)
async def test_only_operators_pause_a_lender(house: House, kind: Kind):
    client = house.financing.client(kind, id="somebody", channel=BANK)
    reply = await client.post(
        f"/channels/{BANK}/pause", json={"reason": "I say so."}, headers=once()
    )
    assert reply.status_code == 403
    assert (await channel(house))["pause"] is None


async def test_a_lender_sees_itself_and_an_app_none(house: House):
    lender = house.financing.client(Kind.LENDER, id="bank", channel=OTHER)
    items = (await lender.get("/channels")).json()["items"]
    assert [item["code"] for item in items] == [OTHER]
    assert (await lender.get(f"/channels/{BANK}")).status_code == 404
    assert (await house.app().get("/channels")).status_code == 403


async def test_a_lender_that_hangs_holds_up_no_other(house: House):
    """Each lender has tasks of its own: with one task each, the second is still spoken to."""
    hangs, sent, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Hanging:
        code = BANK

        async def submit(self, proposal, *, now):
            hangs.set()
            await stop.wait()
            raise ChannelUnknown("no answer came in time")

    class Watched:
        code = OTHER

        async def submit(self, proposal, *, now):
            sent.set()
            await stop.wait()
            raise ChannelUnknown("no answer came in time")

    house.worker.channels = {**house.worker.channels, BANK: Hanging(), OTHER: Watched()}
    await many(house, 2)
    running = asyncio.create_task(house.worker.run(stop, tasks=1))
    try:
        async with asyncio.timeout(20):
            await hangs.wait()
            await house.submitted(40_000_000, preference=[OTHER])
            await sent.wait()
    finally:
        stop.set()
        await running
