"""What a lender and we do not understand is set aside with its evidence, and never lost."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.financing.channels.keys import open_channels
from services.financing.domain.quarantine import REJECTED_MAX, UNREADABLE_MAX
from services.sandbox.ledger import Stage
from shared.auth import Kind
from tests.conftest import once
from tests.financing.house import House
from tests.reliability.test_callbacks import BANK, OTHER, delivered, letter
from tests.sandbox.lenders import channel_keys

NIK = "5203055403880001"
SUBMIT, STATUS = "/v1.0/kur/applications", "/v1.0/kur/applications/status"
REJECTION = httpx.Response(
    400, json={"responseCode": "4008101", "responseMessage": f"Invalid field personNik {NIK}"}
)
PAGE = httpx.Response(200, text=f"<html>Session of {NIK} has ended</html>")


class Gateway(httpx.AsyncBaseTransport):
    """The first bank's gateway: it answers by itself what it was told to, and else passes on."""

    def __init__(self, beyond: httpx.AsyncBaseTransport) -> None:
        self.beyond = beyond
        self.answers: dict[str, httpx.Response] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        lender, _, path = request.url.path.removeprefix("/").partition("/")
        told = self.answers.get(f"/{path}") if lender == BANK else None
        if told is None:
            return await self.beyond.handle_async_request(request)
        return httpx.Response(told.status_code, headers=told.headers, content=told.content)


@pytest.fixture
async def gateway(house: House) -> AsyncIterator[Gateway]:
    wire = Gateway(httpx.ASGITransport(house.sandbox))
    async with open_channels(channel_keys(), transport=wire, seconds=2) as channels:
        house.worker.channels = channels
        yield wire


def operator(house: House):
    return house.financing.client(Kind.MINISTRY_ANALYST, id="operator")


async def quarantined(house: House) -> list[dict[str, Any]]:
    reply = await operator(house).get("/quarantine", params={"status": "set_aside"})
    assert reply.status_code == 200, reply.text
    return reply.json()["items"]


async def worked(house: House, times: int) -> None:
    for _ in range(times):
        await house.worker.step()
        await house.later(hours=5)


async def rejected(house: House, gateway: Gateway, **changes: Any) -> str:
    """Return an application whose message the bank has rejected until it was set aside."""
    gateway.answers = {SUBMIT: REJECTION}
    id = (await house.submitted(40_000_000, **changes))["id"]
    await worked(house, REJECTED_MAX)
    return id


async def unreadable(house: House, gateway: Gateway) -> str:
    """Return an application that the bank has taken, and says nothing readable about."""
    gateway.answers = {STATUS: PAGE}
    await house.instruct(BANK, "garbage", 1)
    id = (await house.submitted(40_000_000))["id"]
    await worked(house, UNREADABLE_MAX)
    return id


async def decide(house: House, what: str, item: dict[str, Any], **more: str) -> httpx.Response:
    body = {"release": {"note": "The field was mended."}, "abandonment": {"reason": "No use."}}
    return await operator(house).post(
        f"/quarantine/{item['id']}/{what}",
        json=body[what],
        headers={"If-Match": f'"{item["version"]}"', **once(), **more},
    )


async def kinds_of(house: House, id: str) -> list[str]:
    events = (await house.financing.client().get("/events?limit=1000")).json()["items"]
    versions = [event["version"] for event in events if event["subject_id"] == id]
    assert versions == list(range(1, len(versions) + 1))
    return [event["kind"] for event in events if event["subject_id"] == id]


async def test_a_message_that_is_rejected_again_and_again_is_set_aside_and_not_refused(
    house: House, gateway: Gateway
):
    id = await rejected(house, gateway)
    application = await house.read(id)
    assert application["set_aside"]
    assert "tidak hilang" in application["notice"]["sentence_id"]
    assert application["status"] == "sent"
    (item,) = await quarantined(house)
    assert (item["cause"], item["error"], item["times"]) == ("rejected", "40001", REJECTED_MAX)
    assert item["first_at"] <= item["last_at"]
    assert (item["sent"]["errand"], item["sent"]["amount"]) == ("send", 40_000_000)
    assert item["returned"]["status"] == 400
    assert "Invalid field personNik [number]" in item["returned"]["excerpt"]
    assert "application.set_aside" in await kinds_of(house, id)
    assert not await house.worker.step()  # nobody tries it any more
    assert (await house.ledger(OTHER))["totals"]["requests"] == 0


async def test_no_evidence_holds_a_nik_in_any_table(house: House, gateway: Gateway):
    await rejected(house, gateway)
    pool = house.financing.database.writes.pool
    for table in ("quarantine", "submission", "event"):
        rows = await pool.fetch(f"SELECT t::text AS row FROM {table} t")  # noqa: S608
        assert rows, table
        assert not any(NIK in row["row"] for row in rows), table


async def test_one_rejection_is_no_pattern(house: House, gateway: Gateway):
    gateway.answers = {SUBMIT: REJECTION}
    id = (await house.submitted(40_000_000))["id"]
    await worked(house, REJECTED_MAX - 1)
    gateway.answers = {}
    await house.until(id, "disbursed")
    assert await quarantined(house) == []


async def test_a_poisoned_submission_holds_up_no_other(house: House, gateway: Gateway):
    await rejected(house, gateway)
    gateway.answers = {}
    person = await house.person(person_nik="5203055403880002", full_name="Dewi Lestari")
    other = await house.submitted(40_000_000, borrower={"kind": "person", "id": person})
    await house.until(other["id"], "disbursed")
    assert len(await quarantined(house)) == 1


async def test_released_it_goes_to_the_same_lender_once(house: House, gateway: Gateway):
    id = await rejected(house, gateway)
    (item,) = await quarantined(house)
    gateway.answers = {}
    key = once()
    first, again = [await decide(house, "release", item, **key) for _ in range(2)]
    assert (first.status_code, first.content) == (200, again.content)
    assert (first.json()["status"], first.json()["decided_by"]) == ("released", "operator")
    assert not (await house.read(id))["set_aside"]
    await house.until(id, "disbursed")
    totals = (await house.ledger(BANK))["totals"]
    assert (totals["effects"], totals["references"]) == (1, 1)
    kinds = await kinds_of(house, id)
    assert kinds.index("application.set_aside") < kinds.index("application.taken_up")


async def test_released_in_vain_it_is_set_aside_again(house: House, gateway: Gateway):
    id = await rejected(house, gateway)
    (item,) = await quarantined(house)
    await decide(house, "release", item)
    await worked(house, REJECTED_MAX)
    assert (await house.read(id))["set_aside"]
    (second,) = await quarantined(house)
    assert second["id"] != item["id"]


async def test_given_up_the_next_lender_of_the_route_is_asked(house: House, gateway: Gateway):
    id = await rejected(house, gateway)
    (item,) = await quarantined(house)
    reply = await decide(house, "abandonment", item)
    assert (reply.status_code, reply.json()["note"]) == (200, "No use.")
    await house.until(id, "disbursed")
    first, second = (await house.read(id, "/submissions"))["items"]
    assert (first["status"], first["reasons"]) == ("failed", ["given-up-by-operator"])
    assert second["channel"] == OTHER
    await kinds_of(house, id)


async def test_answers_that_nobody_can_read_are_set_aside_and_nothing_is_sent_again(
    house: House, gateway: Gateway
):
    id = await unreadable(house, gateway)
    (item,) = await quarantined(house)
    assert (item["cause"], item["times"]) == ("unreadable", UNREADABLE_MAX)
    assert item["sent"]["errand"] == "inquire"
    assert "Session of [number]" in item["returned"]["excerpt"]
    gateway.answers = {}
    await decide(house, "release", item)
    await house.until(id, "disbursed")
    (entry,) = (await house.ledger(BANK))["entries"]
    assert (entry["requests"], entry["effects"]) == (1, 1)


async def test_what_the_lender_may_have_is_given_up_by_two_people_only(
    house: House, gateway: Gateway
):
    id = await unreadable(house, gateway)
    (item,) = await quarantined(house)
    assert (await decide(house, "abandonment", item)).status_code == 200
    application = await house.read(id)
    assert (application["status"], application["set_aside"]) == ("in_review", False)
    assert (await house.ledger(OTHER))["totals"]["requests"] == 0
    await kinds_of(house, id)


async def test_the_lenders_own_report_overtakes_the_quarantine(house: House, gateway: Gateway):
    id = await unreadable(house, gateway)
    (item,) = await quarantined(house)
    reply = await delivered(house, letter(item["submission_id"], Stage.DISBURSED))
    assert reply.json()["applied"]
    application = await house.read(id)
    assert (application["status"], application["set_aside"]) == ("disbursed", False)
    found = (await operator(house).get(f"/quarantine/{item['id']}")).json()
    assert (found["status"], found["decided_by"]) == ("overtaken", f"lender:{BANK}")
    late = await decide(house, "release", found)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/not-set-aside")
    await kinds_of(house, id)


async def test_a_withdrawal_overtakes_it_too(house: House, gateway: Gateway):
    id = await rejected(house, gateway)
    path = f"/applications/{id}/withdrawal"
    done = (await house.app().post(path, json={}, headers=once())).json()
    assert (done["status"], done["set_aside"]) == ("withdrawn", False)
    assert await quarantined(house) == []
    await kinds_of(house, id)


async def test_whoever_saw_an_older_state_decides_nothing(house: House, gateway: Gateway):
    await rejected(house, gateway)
    (item,) = await quarantined(house)
    stale = await decide(house, "release", {**item, "version": item["version"] + 1})
    assert stale.status_code == 412
    assert len(await quarantined(house)) == 1


@pytest.mark.parametrize("kind", [Kind.MOBILE_BACKEND, Kind.LENDER])
async def test_the_evidence_is_for_operators_and_auditors(house: House, kind: Kind):
    client = house.financing.client(kind, id="somebody", channel=BANK)
    assert (await client.get("/quarantine")).status_code == 403
    auditor = house.financing.client(Kind.AUDITOR, id="auditor")
    assert (await auditor.get("/quarantine")).status_code == 200
