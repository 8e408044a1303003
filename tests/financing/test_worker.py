"""One application, one effect in the lender's own ledger, whatever the wire does."""

import asyncio

import pytest

from services.financing.channels import Answer, ChannelRefused, ChannelUnavailable, ChannelUnknown
from services.financing.domain.patience import INQUIRIES_MAX, LEASE
from services.financing.domain.submission import Stage
from shared.clock import now
from shared.money import Rupiah
from tests.conftest import once
from tests.financing.house import SHOP, House

BANK = "kur-bank-nusantara"
OTHER = "kur-bank-samudra"


async def test_an_approved_application_reaches_the_disbursement(house: House):
    application = await house.submitted(40_000_000)
    assert application["status"] == "routed"
    done = await house.until(application["id"], "disbursed")
    assert done["status"] == "disbursed"
    ledger = await house.ledger(BANK)
    assert (ledger["totals"]["effects"], ledger["totals"]["references"]) == (1, 1)
    assert ledger["entries"][0]["amount"] == 40_000_000
    assert (await house.ledger(OTHER))["totals"]["requests"] == 0


async def test_the_intent_is_written_before_anything_is_sent(house: House):
    application = await house.submitted(40_000_000)
    (intent,) = (await house.read(application["id"], "/submissions"))["items"]
    assert (intent["status"], intent["channel"], intent["sent_at"]) == ("queued", BANK, None)
    assert (await house.ledger(BANK))["totals"]["requests"] == 0


async def test_no_connection_is_held_while_a_lender_thinks(house: House):
    await house.submitted(40_000_000)
    pools = house.financing.database
    busy = []

    class Watching:
        code = BANK

        def __init__(self, channel):
            self.channel = channel

        async def submit(self, proposal, *, now):
            busy.append((pools.writes.busy, pools.reads.busy))
            return await self.channel.submit(proposal, now=now)

    house.worker.channels = {**house.worker.channels, BANK: Watching(house.worker.channels[BANK])}
    await house.step()
    assert busy == [(0, 0)]


async def test_a_refusal_goes_to_the_next_lender_of_the_route(house: House):
    await house.instruct(BANK, "refuse", 1)
    application = await house.submitted(40_000_000)
    await house.until(application["id"], "disbursed")
    first, second = (await house.read(application["id"], "/submissions"))["items"]
    assert (first["channel"], first["status"]) == (BANK, "refused")
    assert first["reasons"]
    assert (second["channel"], second["status"]) == (OTHER, "disbursed")
    assert (await house.ledger(BANK))["totals"]["disbursements"] == 0
    assert (await house.ledger(OTHER))["totals"]["disbursements"] == 1


async def test_refused_by_every_lender_is_refused(house: House):
    for lender in (BANK, OTHER):
        await house.instruct(lender, "refuse")
    application = await house.submitted(40_000_000)
    assert (await house.until(application["id"], "refused"))["status"] == "refused"


@pytest.mark.parametrize("behaviour", ["timeout_after_accept", "error_after_accept", "garbage"])
async def test_an_answer_that_was_lost_is_asked_for_and_not_sent_again(
    house: House, behaviour: str
):
    await house.instruct(BANK, behaviour, 1)
    application = await house.submitted(40_000_000)
    await house.step()
    assert (await house.read(application["id"]))["status"] == "unknown"
    await house.until(application["id"], "disbursed")
    ledger = await house.ledger(BANK)
    assert (ledger["totals"]["effects"], ledger["entries"][0]["requests"]) == (1, 1)
    assert (await house.ledger(OTHER))["totals"]["requests"] == 0


async def test_while_one_lender_is_unknown_no_other_is_tried(house: House):
    await house.instruct(BANK, "timeout_after_accept")
    application = await house.submitted(40_000_000)
    await house.step()

    async def silent(submission_id, *, now):
        raise ChannelUnknown("silent")

    house.worker.channels[BANK].inquire = silent
    for _ in range(40):
        await house.later(hours=5)
        await house.worker.step()
    assert (await house.read(application["id"]))["status"] == "in_review"
    assert (await house.ledger(OTHER))["totals"]["requests"] == 0


async def test_an_unavailable_lender_is_asked_again_later(house: House):
    await house.instruct(BANK, "unavailable", 1)
    application = await house.submitted(40_000_000)
    await house.step()
    assert not await house.worker.step()
    (waiting,) = (await house.read(application["id"], "/submissions"))["items"]
    assert waiting["status"] == "queued"
    await house.until(application["id"], "disbursed")
    assert (await house.ledger(BANK))["totals"]["effects"] == 1


async def test_a_lender_that_stays_away_is_left_for_the_next(house: House):
    await house.instruct(BANK, "unavailable")
    application = await house.submitted(40_000_000)
    await house.until(application["id"], "disbursed", steps=60)
    first, second = (await house.read(application["id"], "/submissions"))["items"]
    assert (first["status"], second["channel"]) == ("failed", OTHER)
    assert (await house.ledger(BANK))["totals"]["effects"] == 0


async def test_whoever_was_outrun_records_nothing(house: House):
    application = await house.submitted(40_000_000)
    slow = await house.worker._claim()
    await house.later(seconds=LEASE.total_seconds() + 1)
    await house.until(application["id"], "disbursed")
    before = await house.read(application["id"])
    answer = await house.worker._speak(slow)
    await house.worker._record(slow, answer)
    assert await house.read(application["id"]) == before
    assert (await house.ledger(BANK))["totals"]["effects"] == 1


async def test_whoever_was_outrun_does_not_put_back_what_another_sends(house: House):
    """Else it would be sent once more, or given up, while the lender may be taking it."""
    application = await house.submitted(40_000_000)
    slow = await house.worker._claim()
    await house.later(seconds=LEASE.total_seconds() + 1)
    await house.step()  # asks; the bank has never seen it
    other = await house.worker._claim()
    await house.worker._record(slow, ChannelUnavailable())
    (leg,) = (await house.read(application["id"], "/submissions"))["items"]
    assert leg["status"] == "sending"
    await house.worker._record(other, await house.worker._speak(other))
    await house.until(application["id"], "disbursed")
    assert (await house.ledger(BANK))["totals"]["requests"] == 1


async def test_four_workers_send_each_submission_once(house: House):
    ids = []
    for number in range(8):
        nik = f"52030554038800{number + 10}"
        borrower = {"kind": "person", "id": await house.person(person_nik=nik)}
        new = {"borrower": borrower, "amount": 40_000_000, "tenor_months": 24}
        reply = await house.app().post(
            "/applications", json={**new, "declared": SHOP}, headers=once()
        )
        id = reply.json()["id"]
        await house.app().post(f"/applications/{id}/submission", headers=once())
        ids.append(id)

    async def work():
        while await house.worker.step():
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    ledger = await house.ledger(BANK)
    assert (ledger["totals"]["effects"], ledger["totals"]["requests"]) == (8, 8)


async def test_withdrawn_before_it_is_sent_never_reaches_a_lender(house: House):
    application = await house.submitted(40_000_000)
    reply = await house.app().post(
        f"/applications/{application['id']}/withdrawal", json={}, headers=once()
    )
    assert reply.json()["status"] == "withdrawn"
    assert not await house.worker.step()
    assert (await house.ledger(BANK))["totals"]["requests"] == 0


async def test_withdrawn_at_the_lender_is_cancelled_there_first(house: House):
    await house.instruct(BANK, "hold", 1)
    application = await house.submitted(40_000_000)
    await house.step()
    path = f"/applications/{application['id']}/withdrawal"
    asked = (await house.app().post(path, json={}, headers=once())).json()
    assert (asked["status"], asked["withdrawal_requested"]) == ("answered", True)
    await house.step()
    assert (await house.read(application["id"]))["status"] == "withdrawn"
    (entry,) = (await house.ledger(BANK))["entries"]
    assert (entry["stage"], entry["disbursements"]) == ("cancelled", 0)


async def test_a_borrower_has_one_application_under_way(house: House):
    application = await house.submitted(40_000_000)
    borrower = application["borrower"]
    new = {
        "borrower": borrower,
        "amount": 20_000_000,
        "tenor_months": 12,
        "declared": application["declared"],
    }
    draft = (await house.app().post("/applications", json=new, headers=once())).json()
    reply = await house.app().post(f"/applications/{draft['id']}/submission", headers=once())
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/application-pending")
    assert (await house.read(draft["id"]))["status"] == "drafted"


async def test_a_lender_that_loses_every_message_is_looked_at_by_a_person(house: House):
    """It fails, says that it has never seen it, fails again: that must come to an end."""
    await house.instruct(BANK, "error_5xx")
    id = (await house.submitted(40_000_000))["id"]
    for _ in range(4 * INQUIRIES_MAX):
        await house.later(hours=6)
        await house.worker.step()
    assert (await house.read(id))["status"] == "in_review"
    ledger = (await house.ledger(BANK))["totals"]
    assert (ledger["effects"], ledger["requests"]) == (0, INQUIRIES_MAX)
    assert (await house.ledger(OTHER))["totals"]["requests"] == 0


async def test_a_status_that_says_more_was_paid_than_asked_is_looked_at_by_a_person(house: House):
    id = await held(house)
    paid = Answer(
        stage=Stage.DISBURSED, reference="X-1", amount=Rupiah(90_000_000), reasons=(), at=now()
    )

    async def inquire(submission_id, *, now):
        return paid

    house.worker.channels[BANK].inquire = inquire
    await house.later(hours=1)
    await house.step()
    assert (await house.read(id))["status"] == "in_review"


async def test_what_a_lender_has_acknowledged_is_not_withdrawn_by_its_404(house: House):
    id = await held(house)
    await house.app().post(f"/applications/{id}/withdrawal", json={}, headers=once())

    async def cancel(submission_id, *, now):
        raise ChannelRefused("never_seen")

    house.worker.channels[BANK].cancel = cancel
    for _ in range(3):
        await house.later(hours=1)
        await house.worker.step()
    application = await house.read(id)
    assert (application["status"], application["withdrawal_requested"]) == ("answered", True)


async def test_a_withdrawal_that_is_done_is_asked_for_no_more(house: House):
    id = await held(house)
    await house.app().post(f"/applications/{id}/withdrawal", json={}, headers=once())
    await house.step()
    application = await house.read(id)
    assert (application["status"], application["withdrawal_requested"]) == ("withdrawn", False)


async def held(house: House) -> str:
    """Return an application that the bank has acknowledged and holds."""
    await house.instruct(BANK, "hold", 1)
    id = (await house.submitted(40_000_000))["id"]
    await house.step()
    return id
