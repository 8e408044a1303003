"""What lenders report, over HTTP: any order, any number of times, and only from the lender."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import permutations
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.financing.channels import ChannelUnavailable, ChannelUnknown
from services.financing.domain.duration import add_months
from services.financing.domain.working_days import on_or_after
from services.sandbox import kur_bank
from services.sandbox.behaviour import Behaviour
from services.sandbox.courier import Letter
from services.sandbox.ledger import Ledger, Order, Stage, Step, written
from shared import clock
from shared.clock import WIB
from tests.conftest import once
from tests.financing.house import House
from tests.reliability.borrowers import AMOUNT, legs, routed
from tests.sandbox.lenders import lender_keys

BANK, OTHER = "kur-bank-nusantara", "kur-bank-samudra"
FORWARD = (Stage.RECEIVED, Stage.APPROVED, Stage.AKAD, Stage.DISBURSED)
Sent = tuple[dict[str, str], bytes]


@cache
def bank(code: str) -> kur_bank.Bank:
    return kur_bank.Bank(lender_keys().lenders[code])


def letter(
    submission: str,
    stage: Stage,
    *,
    amount: int = AMOUNT,
    signed_by: str = BANK,
    sent_to: str = BANK,
    at: datetime | None = None,
) -> Sent:
    """Write a new event in the bank's own hand."""
    order = Order(
        reference=submission, amount=amount, borrower_name="", borrower="", fingerprint=""
    )
    step = Step(event_id=str(uuid4()), stage=stage, at=written(clock.now().astimezone(WIB)))
    entry = Ledger().take(order, lender_reference="KBN-1", behaviour=Behaviour.APPROVE, step=step)
    composed = kur_bank.compose(entry, step)
    path = f"/callbacks/{sent_to}"
    return dict(bank(signed_by).seal(path, composed, at or clock.now())), composed.body


async def delivered(house: House, sent: Sent, code: str = BANK) -> httpx.Response:
    headers, body = sent
    client = house.financing.anonymous()
    return await client.post(f"/callbacks/{code}", content=body, headers=headers)


async def applied(house: House, sent: Sent) -> bool:
    reply = await delivered(house, sent)
    assert reply.status_code == 200, reply.text
    assert reply.json()["received"]
    return reply.json()["applied"]


async def at_the_bank(house: House) -> tuple[str, str]:
    """Return an application that the bank has taken and holds, and its submission."""
    await house.instruct(BANK, "hold", 1)
    id = (await routed(house))["id"]
    while (await house.read(id))["status"] == "routed":  # the next leg of another may come first
        await house.step()
    (leg,) = await legs(house, id)
    assert leg["status"] == "received"
    return id, leg["id"]


async def refused_by_the_bank(house: House) -> tuple[str, str]:
    """Return an application that the second lender holds, and the first one's submission."""
    id, submission = await at_the_bank(house)
    assert await applied(house, letter(submission, Stage.REFUSED))
    await house.instruct(OTHER, "hold", 1)
    await house.step()
    assert (await house.read(id))["status"] == "answered"
    return id, submission


async def told(house: House, order: Sequence[Stage], random: Random) -> tuple[Any, ...]:
    """Report stages in an order, with repeats in between; return where it ends."""
    id, submission = await at_the_bank(house)
    letters = [letter(submission, stage) for stage in order]
    for number, each in enumerate(letters):
        assert await applied(house, each)
        assert not await applied(house, random.choice(letters[: number + 1]))
    first, *rest = await legs(house, id)
    return (await house.read(id))["status"], first["status"], len(rest)


@pytest.mark.parametrize(
    ("stages", "end"),
    [
        (FORWARD, ("disbursed", "disbursed", 0)),
        ((Stage.RECEIVED, Stage.APPROVED, Stage.REFUSED), ("routed", "refused", 1)),
        ((Stage.APPROVED, Stage.AKAD, Stage.REFUSED), None),
    ],
)
async def test_every_order_of_the_same_reports_ends_in_the_same_place(
    house: House, stages: tuple[Stage, ...], end: tuple[Any, ...] | None
):
    random = Random(7)
    ends = {order: await told(house, order, random) for order in permutations(stages)}
    if end is None:
        # A refusal that comes before the akad has already opened the next leg; the money's side
        # is kept as the status of the submission all the same.
        assert {first for _, first, _ in ends.values()} == {"akad"}
        agreed = {order for order in ends if order.index(Stage.AKAD) < order.index(Stage.REFUSED)}
        assert {ends[order] for order in agreed} == {("in_review", "akad", 0)}
    else:
        assert set(ends.values()) == {end}


async def test_sampled_orders_of_five_reports_end_closed(house: House):
    random = Random(11)
    every = list(permutations((*FORWARD, Stage.REPAID)))
    for order in random.sample(every, 20):
        assert await told(house, order, random) == ("closed", "repaid", 0), order


async def test_each_event_is_in_the_feed_once_however_often_it_comes(house: House):
    id, submission = await at_the_bank(house)
    approved = letter(submission, Stage.APPROVED)
    before = (await house.read(id))["version"]
    assert [await applied(house, approved) for _ in range(5)] == [True, *[False] * 4]
    assert (await house.read(id))["version"] <= before + 1
    reply = await house.financing.client().get("/events", params={"limit": 1000})
    kinds = [event["kind"] for event in reply.json()["items"] if event["subject_id"] == submission]
    assert kinds.count("submission.approved") == 1


async def test_twenty_identical_reports_at_once_are_applied_once(house: House):
    id, submission = await at_the_bank(house)
    paid = letter(submission, Stage.DISBURSED)
    assert sorted(await asyncio.gather(*(applied(house, paid) for _ in range(20)))) == [
        *[False] * 19,
        True,
    ]
    assert (await house.read(id))["status"] == "disbursed"


async def test_twenty_different_reports_at_once_are_all_kept(house: House):
    id, submission = await at_the_bank(house)
    letters = [letter(submission, stage) for stage in FORWARD for _ in range(5)]
    assert all(await asyncio.gather(*(applied(house, each) for each in letters)))
    assert (await house.read(id))["status"] == "disbursed"


@pytest.mark.parametrize("stage", [*FORWARD, Stage.REFUSED])
@pytest.mark.parametrize("outcome", ["answer", "lost", "unavailable"])
async def test_a_report_that_outruns_the_answer_to_the_sending_is_not_forgotten(
    house: House, stage: Stage, outcome: str
):
    """The lender's callback is quicker than its answer, which may even be lost on its way."""
    await house.instruct(BANK, "hold", 1)
    application = await routed(house)
    claim = await house.worker._claim()
    assert claim is not None
    answer = await house.worker._speak(claim)
    (leg,) = await legs(house, application["id"])
    assert await applied(house, letter(leg["id"], stage))
    after = (await house.read(application["id"]))["status"]
    lost = {"lost": ChannelUnknown("lost"), "unavailable": ChannelUnavailable()}
    await house.worker._record(claim, lost.get(outcome, answer))
    first, *rest = await legs(house, application["id"])
    assert first["status"] == stage
    assert len(rest) == (stage is Stage.REFUSED)
    assert (await house.read(application["id"]))["status"] == after


async def test_a_report_of_a_submission_that_is_not_this_lenders_is_not_found(house: House):
    _, submission = await at_the_bank(house)
    absent = await delivered(house, letter(str(uuid4()), Stage.APPROVED))
    foreign = letter(submission, Stage.APPROVED, signed_by=OTHER, sent_to=OTHER)
    elsewhere = await delivered(house, foreign, OTHER)
    nobody = await delivered(house, letter(submission, Stage.APPROVED), "kur-bank-nowhere")
    assert [reply.status_code for reply in (absent, elsewhere, nobody)] == [404, 404, 404]
    assert absent.json()["type"] == "/problems/submission-not-found"


def forgeries(submission: str) -> dict[str, Sent]:
    headers, body = letter(submission, Stage.DISBURSED)
    minutes = timedelta(minutes=5, seconds=1)
    now = clock.now()
    return {
        "the other lender's key": letter(submission, Stage.DISBURSED, signed_by=OTHER),
        "for another address": letter(submission, Stage.DISBURSED, sent_to=OTHER),
        "five minutes old": letter(submission, Stage.DISBURSED, at=now - minutes),
        "of the future": letter(submission, Stage.DISBURSED, at=now + minutes + minutes),
        "a byte altered": (headers, body.replace(b"DISBURSED", b"DISBURSES")),
        "another amount": (headers, body.replace(b"40000000.00", b"90000000.00")),
        "a byte more": (headers, body + b" "),
        "no body": (headers, b""),
        "no signature": ({**headers, "X-SIGNATURE": ""}, body),
        "somebody's signature": ({**headers, "X-SIGNATURE": "QUJD" * 86}, body),
        "another partner": ({**headers, "X-PARTNER-ID": "00000000"}, body),
        "another time": ({**headers, "X-TIMESTAMP": now.astimezone(WIB).isoformat()}, body),
    }


async def test_a_forged_report_is_refused_and_changes_nothing(house: House):
    id, submission = await at_the_bank(house)
    before = await house.read(id)
    for what, forged in forgeries(submission).items():
        reply = await delivered(house, forged)
        assert reply.status_code == 401, what
        assert reply.json()["type"] == "/problems/callback-rejected"
    assert await house.read(id) == before
    assert await applied(house, letter(submission, Stage.DISBURSED))


async def test_a_lender_that_signs_what_is_not_the_contracts_is_told_the_field(house: House):
    """Told to sign better, it would look for the fault where there is none."""
    id, submission = await at_the_bank(house)
    before = await house.read(id)
    written = json.loads(letter(submission, Stage.APPROVED)[1])
    body = json.dumps(written | {"eventId": "EVT-2026-1"}).encode()
    sealed = bank(BANK).seal(
        f"/callbacks/{BANK}", Letter(event_id="EVT-2026-1", body=body), clock.now()
    )
    reply = await delivered(house, (dict(sealed), body))
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/body/eventId"]
    assert (await delivered(house, ({}, body))).status_code == 401
    assert await house.read(id) == before


@pytest.mark.parametrize(("amount", "status"), [(AMOUNT, "disbursed"), (AMOUNT + 1, "in_review")])
async def test_a_disbursement_over_the_amount_is_looked_at_by_a_person(
    house: House, amount: int, status: str
):
    id, submission = await at_the_bank(house)
    assert await applied(house, letter(submission, Stage.DISBURSED, amount=amount))
    assert (await house.read(id))["status"] == status
    await applied(house, letter(submission, Stage.AKAD))
    assert (await house.read(id))["status"] == status


async def test_a_lender_that_refuses_and_then_signs_is_looked_at_by_a_person(house: House):
    id, submission = await refused_by_the_bank(house)
    assert await applied(house, letter(submission, Stage.AKAD))
    assert (await house.read(id))["status"] == "in_review"


@pytest.mark.parametrize("stage", [*FORWARD, Stage.REFUSED])
async def test_a_lender_that_speaks_of_what_was_not_sent_is_looked_at_by_a_person(
    house: House, stage: Stage
):
    """Nothing else would move the application: before its sending no answer leads anywhere."""
    id = (await routed(house))["id"]
    (leg,) = await legs(house, id)
    assert await applied(house, letter(leg["id"], stage))
    assert (await house.read(id))["status"] == "in_review"
    for _ in range(3):
        await house.worker.step()
        await house.later(hours=5)
    assert (await house.ledger(BANK))["totals"]["effects"] == 0


async def test_a_report_does_not_put_a_requested_withdrawal_off(house: House):
    id, submission = await at_the_bank(house)
    reply = await house.app().post(f"/applications/{id}/withdrawal", json={}, headers=once())
    assert reply.json()["withdrawal_requested"]
    assert await applied(house, letter(submission, Stage.APPROVED))
    await house.step()
    assert (await house.read(id))["status"] == "withdrawn"


async def test_no_second_lender_is_asked_once_the_first_has_signed_after_all(house: House):
    """The refusal has opened the next leg, which waits; with the akad there would be two loans."""
    id, submission = await at_the_bank(house)
    assert await applied(house, letter(submission, Stage.REFUSED))
    assert await applied(house, letter(submission, Stage.AKAD))
    for _ in range(3):
        await house.worker.step()
        await house.later(hours=5)
    assert (await house.ledger(OTHER))["totals"]["requests"] == 0
    first, second = await legs(house, id)
    assert (first["status"], second["status"], second["sent_at"]) == ("akad", "queued", None)
    assert (await house.read(id))["status"] == "in_review"


@pytest.mark.parametrize("stage", FORWARD)
async def test_a_lender_that_was_given_up_and_has_it_after_all_is_looked_at_by_a_person(
    house: House, stage: Stage
):
    """It said that it took nothing, for an hour; then it reports what it took."""
    await house.instruct(BANK, "unavailable")
    await house.instruct(OTHER, "hold", 1)
    id = (await routed(house))["id"]
    await house.until(id, "answered", steps=60)
    first, second = await legs(house, id)
    assert (first["status"], second["status"]) == ("failed", "received")
    assert await applied(house, letter(first["id"], stage))
    assert (await house.read(id))["status"] == "in_review"
    first, second = await legs(house, id)
    kept = stage if stage in {Stage.AKAD, Stage.DISBURSED} else "failed"
    assert (first["status"], second["status"]) == (kept, "received")


@pytest.mark.parametrize("late", [Stage.RECEIVED, Stage.APPROVED])
async def test_a_lender_that_was_left_has_nothing_more_to_say(house: House, late: Stage):
    id, submission = await refused_by_the_bank(house)
    before = await house.read(id)
    assert await applied(house, letter(submission, late))
    assert await house.read(id) == before
    first, second = await legs(house, id)
    assert (first["status"], second["status"]) == ("refused", "received")


@pytest.mark.parametrize(("granted", "in_review"), [(25_000_000, False), (90_000_000, True)])
async def test_a_schedule_follows_what_the_lender_grants_and_more_than_asked_is_looked_at(
    house: House, granted: int, in_review: bool
):
    id, submission = await at_the_bank(house)
    assert await applied(house, letter(submission, Stage.AKAD, amount=granted))
    assert (await house.read(id))["status"] == ("in_review" if in_review else "akad")
    schedule = await house.read(id, "/schedule")
    assert sum(line["principal"] for line in schedule["lines"]) == granted
    akad_on, first = date.fromisoformat(schedule["akad_on"]), schedule["lines"][0]
    assert date.fromisoformat(first["nominal_on"]) == add_months(akad_on, 1)
    assert date.fromisoformat(first["due_on"]) == on_or_after(add_months(akad_on, 1))
