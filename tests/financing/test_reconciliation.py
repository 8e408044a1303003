"""A lender's ledger is altered underneath: each difference is a case, and nothing is mended."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.financing.channels import ChannelUnknown
from services.financing.domain.reconciliation import Difference, Mend
from services.financing.reconciler import FAILURES_MAX, Reconciler
from services.sandbox.ledger import Entry, Ledger, Stage, Step, written
from shared import clock
from shared.auth import Kind
from tests.conftest import once
from tests.financing.house import House
from tests.financing.test_channel_health import many
from tests.sandbox.lenders import CODES

BANK = "kur-bank-nusantara"
OLD = timedelta(hours=2)


def operator(house: House) -> httpx.AsyncClient:
    return house.financing.client(Kind.MINISTRY_ANALYST, id="operator")


def reconciler(house: House) -> Reconciler:
    return Reconciler(house.financing.database, house.worker.channels, clock.now)


def ledger(house: House, code: str = BANK) -> Ledger:
    return house.sandbox.state.lenders[code].ledger


def entries(house: House) -> dict[str, Entry]:
    return ledger(house)._entries


def aged_entries(house: House) -> Iterator[Entry]:
    for entry in ledger(house):
        step = entry.history[-1]
        entry.history[-1] = replace(step, at=written(datetime.fromisoformat(step.at) - OLD))
        yield entry


async def aged(house: House) -> None:
    """Let two hours pass over all that both sides hold."""
    pool = house.financing.database.writes.pool
    await pool.execute("UPDATE submission SET changed_at = changed_at - $1::interval", OLD)
    assert [*aged_entries(house)]


async def paid(house: House) -> tuple[str, Entry]:
    """Return an application that was paid out two hours ago, and the bank's entry of it."""
    id = (await house.submitted(40_000_000))["id"]
    await house.until(id, "disbursed")
    await aged(house)
    (entry,) = entries(house).values()
    return id, entry


async def compared(house: House, code: str = BANK) -> dict[str, Any]:
    asked = await operator(house).post(f"/channels/{code}/reconciliation", headers=once())
    assert asked.status_code == 202, asked.text
    running = reconciler(house)
    while await running.step():
        pass
    reply = await operator(house).get(asked.headers["location"])
    assert reply.status_code == 200, reply.text
    return reply.json()


async def found(house: House, **narrowed: str) -> list[dict[str, Any]]:
    reply = await operator(house).get("/cases", params=narrowed)
    assert reply.status_code == 200, reply.text
    return reply.json()["items"]


async def resolved(house: House, case: dict[str, Any], mend: Mend, **more: str) -> httpx.Response:
    return await operator(house).post(
        f"/cases/{case['id']}/resolution",
        json={"mend": mend, "note": "Spoken to the bank's desk."},
        headers={"If-Match": f'"{case["version"]}"', **once(), **more},
    )


def another(entry: Entry, **changes: Any) -> Entry:
    assert entry.order is not None
    return replace(entry, history=[*entry.history], **changes)


def forget(house: House, entry: Entry) -> None:
    entries(house).pop(entry.reference)


def invent(house: House, entry: Entry) -> None:
    reference = "9f0c2f5e-0000-4000-8000-00000000feed"
    entries(house)[reference] = another(entry, reference=reference)


def set_back(house: House, entry: Entry) -> None:
    entry.history[-1] = replace(entry.history[-1], stage=Stage.APPROVED)


def other_amount(house: House, entry: Entry) -> None:
    assert entry.order is not None
    entry.order = replace(entry.order, amount=39_000_000)


def other_reference(house: House, entry: Entry) -> None:
    entry.lender_reference = "KBN-OTHER"


def book_twice(house: House, entry: Entry) -> None:
    entries(house)["again"] = another(entry, lender_reference="KBN-AGAIN")


ALTERED = {
    Difference.ONLY_WITH_US: forget,
    Difference.ONLY_WITH_THEM: invent,
    Difference.OTHER_STAGE: set_back,
    Difference.OTHER_AMOUNT: other_amount,
    Difference.OTHER_REFERENCE: other_reference,
    Difference.TWICE: book_twice,
}


@pytest.mark.parametrize("difference", Difference)
async def test_what_is_altered_in_the_ledger_becomes_a_case_and_nothing_is_mended(
    house: House, difference: Difference
):
    id, entry = await paid(house)
    before = await house.read(id), await house.read(id, "/submissions")
    assert (await compared(house))["opened"] == 0
    ALTERED[difference](house, entry)
    run = await compared(house)
    assert (run["status"], run["opened"], run["gone"]) == ("done", 1, 0)
    (case,) = await found(house, status="open")
    assert (case["difference"], case["channel"]) == (difference, BANK)
    assert case["proposal"]["sentence_id"]
    assert (case["ours"] is None) == (difference is Difference.ONLY_WITH_THEM)
    assert len(case["theirs"]) == {"only_with_us": 0, "twice": 2}.get(difference, 1)
    assert (await house.read(id), await house.read(id, "/submissions")) == before
    assert (await compared(house))["opened"] == 0  # the same difference is the same case
    assert [each["id"] for each in await found(house)] == [case["id"]]


async def test_ledgers_that_agree_give_no_case_over_many_pages(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("services.financing.channels.kur_bank.PAGE_LINES", 2)
    monkeypatch.setattr("services.financing.reconciler.PART", 2)
    ids = await many(house, 5)
    for id in ids:
        await house.until(id, "disbursed", steps=60)
    await aged(house)
    run = await compared(house)
    assert (run["status"], run["lines"], run["opened"]) == ("done", 5, 0)
    entries(house).pop(next(iter(entries(house))))
    assert (await compared(house))["opened"] == 1


@pytest.mark.parametrize("code", CODES)
async def test_every_contract_has_its_ledger(house: House, code: str):
    run = await compared(house, code)
    assert (run["status"], run["lines"], run["error"]) == ("done", 0, None)


async def test_what_moved_within_the_hour_is_no_case(house: House):
    id = (await house.submitted(40_000_000))["id"]
    await house.until(id, "disbursed")
    (entry,) = entries(house).values()
    set_back(house, entry)
    assert (await compared(house))["opened"] == 0


async def test_asking_again_mends_a_stage_by_the_lenders_own_word(house: House):
    await house.instruct(BANK, "hold", 1)
    id = (await house.submitted(40_000_000))["id"]
    await house.step()
    (entry,) = entries(house).values()
    ledger(house).step(
        entry.reference, Step(event_id="e", stage=Stage.DISBURSED, at=entry.history[-1].at)
    )
    await aged(house)
    await compared(house)
    (case,) = await found(house)
    assert (case["difference"], case["proposal"]["mend"]) == ("other_stage", "ask")
    key = once()
    first, again = [await resolved(house, case, Mend.ASK, **key) for _ in range(2)]
    assert (first.status_code, first.content) == (200, again.content)
    assert (first.json()["status"], first.json()["resolved_by"]) == ("resolved", "operator")
    await house.step()
    assert (await house.read(id))["status"] == "disbursed"


async def test_a_review_of_a_case_is_for_two_people(house: House):
    id, entry = await paid(house)
    book_twice(house, entry)
    await compared(house)
    (case,) = await found(house)
    assert (await resolved(house, case, Mend.REVIEW)).status_code == 200
    assert (await house.read(id))["status"] == "in_review"


async def test_what_is_none_of_ours_can_only_be_mended_there(house: House):
    _, entry = await paid(house)
    invent(house, entry)
    await compared(house)
    (case,) = await found(house)
    refused = await resolved(house, case, Mend.ASK)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/mend-not-possible")
    assert (await found(house))[0]["status"] == "open"
    assert (await resolved(house, case, Mend.LENDER_MENDS)).status_code == 200
    late = await resolved(house, {**case, "version": 2}, Mend.EXPLAINED)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/case-closed")
    stale = await resolved(house, case, Mend.EXPLAINED)
    assert stale.status_code == 412


async def test_a_difference_that_is_there_after_its_resolution_is_another_case(house: House):
    _, entry = await paid(house)
    other_amount(house, entry)
    await compared(house)
    (first,) = await found(house)
    await resolved(house, first, Mend.LENDER_MENDS)
    assert (await compared(house))["opened"] == 1
    assert len(await found(house)) == 2


async def test_a_difference_that_is_mended_there_is_gone_and_says_so(house: House):
    _, entry = await paid(house)
    forget(house, entry)
    await compared(house)
    entries(house)[entry.reference] = entry
    assert (await compared(house))["gone"] == 1
    (case,) = await found(house)
    assert case["status"] == "gone"
    events = (await house.financing.client().get("/events?limit=1000")).json()["items"]
    kinds = [event["kind"] for event in events if event["subject_id"] == case["id"]]
    assert kinds == ["case.opened", "case.gone"]


async def test_the_days_comparison_is_asked_for_once(house: House):
    running = reconciler(house)
    running.clock = lambda: clock.now().astimezone(clock.WIB).replace(hour=3)
    for _ in range(3):
        await running.schedule()
    items = (await operator(house).get("/reconciliations")).json()["items"]
    assert sorted(item["channel"] for item in items) == sorted(CODES)
    assert {item["requested_by"] for item in items} == {"daily"}
    running.clock = lambda: clock.now().astimezone(clock.WIB).replace(hour=1) + timedelta(days=1)
    await running.schedule()
    assert len((await operator(house).get("/reconciliations")).json()["items"]) == len(CODES)


async def test_one_comparison_of_a_lender_at_a_time(house: House):
    path = f"/channels/{BANK}/reconciliation"
    first, second = [await operator(house).post(path, headers=once()) for _ in range(2)]
    assert (first.status_code, second.status_code) == (202, 409)
    assert second.json()["type"] == "/problems/reconciliation-running"


async def test_a_ledger_that_cannot_be_read_is_tried_again_and_says_why(house: House):
    class Gone:
        code = BANK

        async def ledger(self, after, *, now):
            raise ChannelUnknown("no answer came in time")

    house.worker.channels = {**house.worker.channels, BANK: Gone()}
    asked = await operator(house).post(f"/channels/{BANK}/reconciliation", headers=once())
    pool = house.financing.database.writes.pool
    for _ in range(FAILURES_MAX):
        assert await reconciler(house).step()
        assert not await reconciler(house).step()
        await pool.execute("UPDATE reconciliation SET due_at = due_at - interval '1 hour'")
    run = (await operator(house).get(asked.headers["location"])).json()
    assert (run["status"], run["error"]) == ("failed", "no answer came in time")


async def test_a_paused_lender_is_not_asked_for_its_ledger(house: House):
    body = {"reason": "The bank mends its core."}
    await operator(house).post(f"/channels/{BANK}/pause", json=body, headers=once())
    await operator(house).post(f"/channels/{BANK}/reconciliation", headers=once())
    assert not await reconciler(house).step()


async def test_whoever_was_outrun_records_nothing(house: House):
    """While one reads a page, its lease ends and another compares to the end."""
    await paid(house)
    bank, quick = house.worker.channels[BANK], reconciler(house)

    class Slow:
        code = BANK

        async def ledger(self, after, *, now):
            page = await bank.ledger(after, now=now)
            pool = house.financing.database.writes.pool
            await pool.execute("UPDATE reconciliation SET due_at = due_at - interval '1 hour'")
            while await quick.step():
                pass
            return page

    await operator(house).post(f"/channels/{BANK}/reconciliation", headers=once())
    slow = Reconciler(house.financing.database, {BANK: Slow()}, clock.now)
    assert await slow.step()
    assert not await slow.step()
    (run,) = (await operator(house).get("/reconciliations")).json()["items"]
    assert (run["status"], run["lines"], run["opened"]) == ("done", 1, 0)


async def test_a_list_is_narrowed_to_a_lender_that_there_is(house: House):
    for path in ("/cases", "/reconciliations"):
        assert (await operator(house).get(path, params={"channel": BANK})).status_code == 200
        reply = await operator(house).get(path, params={"channel": "kenari"})
        assert (reply.status_code, reply.json()["type"]) == (422, "/problems/channel-not-found")


@pytest.mark.parametrize("kind", [Kind.MOBILE_BACKEND, Kind.LENDER])
async def test_cases_are_for_operators_and_auditors(house: House, kind: Kind):
    client = house.financing.client(kind, id="somebody", channel=BANK)
    for path in ("/cases", "/reconciliations"):
        assert (await client.get(path)).status_code == 403
    auditor = house.financing.client(Kind.AUDITOR, id="auditor")
    assert (await auditor.get("/cases")).status_code == 200
    refused = await auditor.post(f"/channels/{BANK}/reconciliation", headers=once())
    assert refused.status_code == 403
