"""Clocks over HTTP: they run from the route to the answer, and are told of once each."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from shared import clock
from shared.auth import Kind
from shared.clock import WIB
from tests.financing.house import House
from tests.reliability.borrowers import legs, routed

BANK = "kur-bank-nusantara"
BEFORE_IDUL_FITRI = "2026-03-16T10:00"


class Calendar:
    """The day that the API and the worker take for today."""

    def __init__(self, house: House) -> None:
        self.house = house

    def turn(self, text: str) -> None:
        moment = datetime.fromisoformat(text).replace(tzinfo=WIB)
        self.house.financing.app.dependency_overrides[clock.moment] = lambda: moment
        self.house.worker.clock = lambda: moment


@pytest.fixture
def calendar(house: House) -> Iterator[Calendar]:
    yield Calendar(house)
    house.financing.app.dependency_overrides.clear()


async def listed(house: House, query: str = "", **client: Any) -> list[dict[str, Any]]:
    who = house.financing.client(**client) if client else house.app()
    reply = await who.get(f"/deadlines{query}")
    assert reply.status_code == 200, reply.text
    return reply.json()["items"]


async def reminders(house: House) -> list[tuple[str, str]]:
    """What the feed has told of deadlines: the kind, and the application."""
    reply = await house.financing.client().get("/events?limit=1000")
    return [
        (event["kind"], event["subject_id"])
        for event in reply.json()["items"]
        if event["kind"] in {"application.deadline_near", "application.overdue"}
    ]


async def reminded(house: House) -> None:
    while await house.worker.remind():
        pass


async def test_a_clock_runs_over_idul_fitri_and_is_told_of_once_when_near_and_once_when_over(
    house: House, calendar: Calendar
):
    calendar.turn(BEFORE_IDUL_FITRI)
    await house.instruct(BANK, "hold")
    id = (await routed(house))["id"]
    (leg,) = (await house.read(id, "/submissions"))["items"]
    assert leg["answer_due_on"] == "2026-03-30"
    (runs,) = await listed(house)
    assert (runs["state"], runs["working_days_left"]) == ("running", 5)
    assert (runs["subject_id"], runs["channel"]) == (leg["id"], BANK)
    assert runs["source"]["confidence"] == "assumption"

    await house.step()  # the bank acknowledges, which is no answer
    calendar.turn("2026-03-26T23:00")
    await reminded(house)
    assert await reminders(house) == []

    calendar.turn("2026-03-27T08:00")
    await reminded(house)
    await reminded(house)
    assert await reminders(house) == [("application.deadline_near", id)]
    (near,) = await listed(house, "?state=near")
    assert near["working_days_left"] == 1
    assert await listed(house, "?state=overdue") == []

    calendar.turn("2026-04-01T08:00")
    await reminded(house)
    await reminded(house)
    assert [kind for kind, _ in await reminders(house)] == [
        "application.deadline_near",
        "application.overdue",
    ]
    (late,) = await listed(house, f"?state=overdue&application_id={id}")
    assert late["working_days_left"] == -2
    assert await listed(house, "?state=near") == []


async def test_an_answer_stops_the_clock_and_the_next_lender_has_its_own(
    house: House, calendar: Calendar
):
    await house.instruct(BANK, "refuse", 1)
    id = (await routed(house))["id"]
    (first,) = await legs(house, id)
    while len(await legs(house, id)) == 1:
        if not await house.worker.step():
            await house.later(minutes=20)
    (runs,) = await listed(house)
    assert runs["subject_id"] not in {first["id"], None}
    await house.until(id, "disbursed")
    assert await listed(house) == []
    calendar.turn("2030-01-02T10:00")
    await reminded(house)
    assert await reminders(house) == []


async def test_many_workers_tell_of_each_deadline_once(house: House, calendar: Calendar):
    calendar.turn("2026-11-02T10:00")
    ids = {(await routed(house))["id"] for _ in range(8)}
    for day, kind in (("2026-11-06", "deadline_near"), ("2026-11-10", "overdue")):
        calendar.turn(f"{day}T10:00")
        await asyncio.gather(*(reminded(house) for _ in range(4)))
        told = [id for told, id in await reminders(house) if told == f"application.{kind}"]
        assert (len(told), set(told)) == (8, ids)


async def test_who_comes_late_hears_only_that_it_is_over(house: House, calendar: Calendar):
    calendar.turn("2026-12-18T10:00")
    id = (await routed(house))["id"]
    calendar.turn("2026-12-30T10:00")
    await reminded(house)
    assert await reminders(house) == [("application.overdue", id)]


async def test_a_deadline_is_seen_by_whoever_sees_the_application(
    house: House, calendar: Calendar
):
    calendar.turn("2026-11-02T10:00")
    await house.instruct(BANK, "hold")
    id = (await routed(house))["id"]
    lender = {"kind": Kind.LENDER, "id": "bank", "channel": BANK}
    assert await listed(house, **lender) == []  # it has not been sent yet
    await house.step()
    for seen_by in ({"kind": Kind.AUDITOR}, lender):
        assert [one["application_id"] for one in await listed(house, **seen_by)] == [id]
    other = {**lender, "channel": "kur-bank-samudra"}
    for blind in ({"kind": Kind.MOBILE_BACKEND, "id": "app-b"}, other):
        assert await listed(house, **blind) == []


async def test_a_list_of_deadlines_goes_on_where_its_page_ended(house: House, calendar: Calendar):
    calendar.turn("2026-11-02T10:00")
    ids = [(await routed(house))["id"] for _ in range(3)]
    client, seen, cursor = house.app(), [], ""
    while True:
        page = (await client.get(f"/deadlines?limit=2&state=running{cursor}")).json()
        seen += [one["application_id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ids
