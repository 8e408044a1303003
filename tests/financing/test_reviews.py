"""Objections and contradictions: two people, one named fact, a decision that is replayed."""

import asyncio
from typing import Any

import orjson
import pytest

from services.financing.api import records
from services.financing.channels import Answer, ChannelUnknown
from services.financing.domain.submission import Stage
from shared.auth import Kind
from shared.clock import now
from shared.money import Rupiah
from tests.conftest import once
from tests.financing.house import SHOP, House
from tests.financing.reviewers import (
    act,
    fact,
    objected,
    open_review,
    proposal,
    proposed,
    reviewer,
    ruled,
)

BANK, OTHER = "kur-bank-nusantara", "kur-bank-samudra"
NO_LICENCE = {**SHOP, "business": {**SHOP["business"], "nib": False, "sku": False}}


async def refused(house: House, **changes: Any) -> str:
    """An application that our own rules refuse, for want of a business licence."""
    application = await house.submitted(40_000_000, declared=NO_LICENCE, **changes)
    assert application["status"] == "refused"
    return application["id"]


async def test_an_override_names_a_fact_and_the_rules_decide_again(house: House):
    id = await refused(house)
    review = await objected(house, id)
    assert (await house.read(id))["status"] == "contested"
    assert (review["subject"], review["status"], review["objected_by"]) == (
        "objection",
        "open",
        "app-a",
    )
    assert review["due_on"]

    waiting = await proposed(house, review, fact("business.nib", new="true"))
    assert waiting["correction"] == {"path": "business.nib", "old": "false", "new": "true"}
    assert (await house.read(id))["status"] == "contested"

    reply = await act(house, waiting, "confirmation", {}, "reviewer-b")
    done = reply.json()
    assert (done["status"], done["confirmed_by"]) == ("decided", "reviewer-b")
    assert (await house.read(id))["status"] == "routed"

    record = await house.read(id, "/decision/record")
    assert records.verify(orjson.dumps(record)) == record["facts_sha256"]
    assert record["facts"]["applicant"]["business"]["nib"] is True
    (override,) = record["facts"]["said_by"]["overrides"]
    assert (
        override
        | {
            "path": "business.nib",
            "old": "false",
            "new": "true",
            "review_id": review["id"],
            "decision_id": review["decision_id"],
            "proposed_by": "reviewer-a",
            "confirmed_by": "reviewer-b",
        }
        == override
    )
    # What the applicant declared stays what they declared; the override stands beside it.
    assert record["facts"]["said_by"]["declared"]["business"]["nib"] is False
    await house.until(id, "disbursed")


async def test_an_override_that_changes_no_verdict_is_a_decision_all_the_same(house: House):
    id = await refused(house)
    done = await ruled(house, await objected(house, id), fact("business.own_equity", "5000000"))
    assert (await house.read(id))["status"] == "refused"
    assert done["new_decision_id"] not in {None, done["decision_id"]}
    # It is another decision: it may be objected to in its turn.
    assert (await objected(house, id))["decision_id"] == done["new_decision_id"]


async def test_an_upheld_decision_stays_and_is_reviewed_once(house: House):
    id = await refused(house)
    done = await ruled(house, await objected(house, id), proposal("uphold"))
    assert (done["ruling"], done["new_decision_id"]) == ("uphold", None)
    assert (await house.read(id))["status"] == "refused"
    again = await house.app().post(
        f"/applications/{id}/objection", json={"reason": "Sekali lagi."}, headers=once()
    )
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-reviewed")
    steps = (await reviewer(house).get(f"/reviews/{done['id']}/steps")).json()["items"]
    assert [(step["event"], step["actor"]) for step in steps] == [
        ("propose", "reviewer-a"),
        ("confirm", "reviewer-b"),
    ]


@pytest.mark.parametrize("what", ["confirmation", "rejection"])
async def test_nobody_settles_their_own_proposal(house: House, what: str):
    id = await refused(house)
    waiting = await proposed(house, await objected(house, id), proposal("uphold"))
    body = {"why": "Belum yakin."} if what == "rejection" else {}
    reply = await act(house, waiting, what, body, "reviewer-a")
    assert (reply.status_code, reply.json()["type"]) == (403, "/problems/another-person-needed")
    assert (await house.read(id))["status"] == "contested"


async def test_whoever_has_a_part_in_it_does_not_review_it(house: House):
    person = await house.person(person_nik="5203055403880009")
    id = await refused(house, borrower={"kind": "person", "id": person})
    review = await objected(house, id)
    headers = {**once(), "If-Match": '"1"'}
    for part in ({"id": "app-a"}, {"person_id": person}):
        reply = await reviewer(house, **part).post(
            f"/reviews/{review['id']}/proposal", json=proposal("uphold"), headers=headers
        )
        assert (reply.status_code, reply.json()["type"]) == (403, "/problems/conflict-of-interest")


async def test_only_people_of_the_ministry_review(house: House):
    review = await objected(house, await refused(house))
    path, headers = f"/reviews/{review['id']}/proposal", {**once(), "If-Match": '"1"'}
    for kind in set(Kind) - {Kind.MINISTRY_ANALYST}:
        client = house.financing.client(kind, id="somebody", channel=BANK)
        reply = await client.post(path, json=proposal("uphold"), headers=headers)
        assert reply.status_code == 403
    assert (
        await house.financing.client(Kind.LENDER, channel=BANK).get("/reviews")
    ).status_code == 403


async def test_a_rejected_proposal_leaves_the_review_open_for_another(house: House):
    id = await refused(house)
    waiting = await proposed(house, await objected(house, id), proposal("uphold"))
    reply = await act(house, waiting, "rejection", {"why": "Ada NIB."}, "reviewer-b")
    opened = reply.json()
    assert (opened["status"], opened["ruling"], opened["proposed_by"]) == ("open", None, None)
    # Now the one who rejected proposes, and the first confirms.
    waiting = await proposed(house, opened, fact("business.nib", new="true"), by="reviewer-b")
    done = await act(house, waiting, "confirmation", {}, "reviewer-a")
    assert done.json()["status"] == "decided"
    assert (await house.read(id))["status"] == "routed"


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (proposal("override"), 409, "ruling-not-possible"),
        (proposal("sign"), 409, "ruling-not-possible"),
        (
            proposal("uphold", correction={"path": "business.nib", "new": "true"}),
            409,
            "ruling-not-possible",
        ),
        (fact("business.nib", new="false"), 409, "ruling-not-possible"),  # nothing would change
        (fact("business.nib", new="ya"), 422, "invalid-request"),
        (fact("business.started_on", new="kemarin"), 422, "invalid-request"),
        (fact("credit.collectibility", new="9"), 422, "invalid-request"),
        (fact("score.points", new="99"), 422, "invalid-request"),
        (proposal("uphold", why=" "), 422, "invalid-request"),
    ],
)
async def test_a_ruling_says_what_it_has_to(house: House, body, status: int, problem: str):
    review = await objected(house, await refused(house))
    reply = await act(house, review, "proposal", body, "reviewer-a")
    assert (reply.status_code, reply.json()["type"]) == (status, f"/problems/{problem}")


async def test_two_who_confirm_at_once_confirm_once(house: House):
    id = await refused(house)
    waiting = await proposed(house, await objected(house, id), fact("business.nib", new="true"))
    replies = await asyncio.gather(
        *(act(house, waiting, "confirmation", {}, f"reviewer-{n}") for n in "bcdef")
    )
    said = sorted(reply.status_code for reply in replies)
    assert said == [200, 412, 412, 412, 412]
    assert len((await house.read(id, "/submissions"))["items"]) == 1
    pool = house.financing.database.writes.pool
    assert await pool.fetchval("SELECT count(*) FROM decision") == 2


async def test_two_objections_at_once_open_one_review(house: House):
    id = await refused(house)
    path, body = f"/applications/{id}/objection", {"reason": "Salah."}
    replies = await asyncio.gather(
        *(house.app().post(path, json=body, headers=once()) for _ in range(4))
    )
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409]
    assert len((await reviewer(house).get("/reviews?status=open")).json()["items"]) == 1


async def test_the_database_itself_holds_four_eyes(house: House):
    waiting = await proposed(
        house, await objected(house, await refused(house)), proposal("uphold")
    )
    pool = house.financing.database.writes.pool
    for name, constraint in (("reviewer-a", "four_eyes"), ("app-a", "impartial")):
        with pytest.raises(Exception, match=constraint):
            await pool.execute(
                "UPDATE review SET status = 'decided', confirmed_by = $2, decided_at = now() "
                "WHERE id = $1",
                waiting["id"],
                name,
            )


async def test_who_has_another_application_under_way_is_told_so(house: House):
    person = {"kind": "person", "id": await house.person()}
    id = await refused(house, borrower=person)
    other = await house.submitted(40_000_000, borrower=person)
    assert other["status"] == "routed"
    reply = await house.app().post(
        f"/applications/{id}/objection", json={"reason": "Salah."}, headers=once()
    )
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/application-pending")
    assert (await house.read(id))["status"] == "refused"


async def test_an_application_on_its_way_is_not_contested(house: House):
    id = (await house.submitted(40_000_000))["id"]
    reply = await house.app().post(
        f"/applications/{id}/objection", json={"reason": "Salah."}, headers=once()
    )
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/illegal-transition")


async def test_a_contested_application_that_is_withdrawn_ends_its_review(house: House):
    id = await refused(house)
    review = await objected(house, id)
    path = f"/applications/{id}/withdrawal"
    assert (await house.app().post(path, json={}, headers=once())).json()["status"] == "withdrawn"
    shown = (await house.app().get(f"/reviews/{review['id']}")).json()
    assert shown["status"] == "dropped"
    late = await act(house, shown, "proposal", proposal("uphold"), "reviewer-a")
    assert late.json()["type"] == "/problems/review-not-from-this-status"
    assert (await house.app().get("/deadlines")).json()["items"] == []


async def test_a_review_is_seen_by_whoever_sees_the_application(house: House):
    review = await objected(house, await refused(house))
    path = f"/reviews/{review['id']}"
    assert (await house.app().get(path)).json() == review
    foreign = await house.app("app-b").get(path)
    assert (foreign.status_code, foreign.json()["type"]) == (404, "/problems/review-not-found")
    assert (await house.app("app-b").get("/reviews")).json()["items"] == []
    (runs,) = (await house.app().get("/deadlines")).json()["items"]
    assert (runs["duty"], runs["subject_id"], runs["channel"]) == ("review", review["id"], None)


async def refused_by_both(house: House) -> str:
    for lender in (BANK, OTHER):
        await house.instruct(lender, "refuse")
    id = (await house.submitted(40_000_000))["id"]
    await house.until(id, "refused")
    return id


async def test_what_lenders_refused_goes_to_them_again_once_a_fact_is_set_right(house: House):
    id = await refused_by_both(house)
    for lender in (BANK, OTHER):
        await house.instruct(lender, None)
    await ruled(house, await objected(house, id), fact("business.net_income_month", "20000000"))
    legs = (await house.read(id, "/submissions"))["items"]
    assert [(leg["channel"], leg["leg_no"]) for leg in legs] == [(BANK, 1), (OTHER, 2), (BANK, 1)]
    await house.until(id, "disbursed")
    assert (await house.ledger(BANK))["totals"]["disbursements"] == 1


async def contradicted(house: House) -> tuple[str, dict[str, Any]]:
    """A lender says that it has signed what it has refused before, while another is asked."""
    await house.instruct(BANK, "refuse", 1)
    await house.instruct(OTHER, "hold")
    id = (await house.submitted(40_000_000))["id"]
    while len((await house.read(id, "/submissions"))["items"]) == 1:
        if not await house.worker.step():
            await house.later(minutes=20)
    first, _ = (await house.read(id, "/submissions"))["items"]
    await says(house, BANK, Stage.AKAD, first["id"])
    assert (await house.read(id))["status"] == "in_review"
    return id, first


async def says(house: House, lender: str, stage: Stage, submission_id: str) -> None:
    """Let a lender report a stage, as an answer to a question of ours."""
    from services.financing import progress  # noqa: PLC0415 (only this needs it)
    from services.financing.db import applications, submissions  # noqa: PLC0415
    from shared.ids import new_id  # noqa: PLC0415

    async with house.financing.database.write() as unit:
        row = await unit.row(submissions._LOCK, id=submission_id)
        app = await applications.lock_any(unit, row["application_id"])
        sub = await submissions.lock(unit, row["id"])
        await progress.hear(
            unit,
            app,
            sub,
            event_id=new_id(),
            stage=stage,
            occurred_at=now(),
            reference="X-1",
            amount=Rupiah(40_000_000),
            reasons=(),
            heard_by="callback",
            now=now(),
        )
    assert sub["channel"] == lender


async def test_of_two_lenders_the_one_whose_loan_is_real_is_named(house: House):
    id, first = await contradicted(house)
    review = await open_review(house, id)
    assert (review["subject"], review["submission_id"]) == ("contradiction", first["id"])
    # The other lender's turn had come, but nothing had been sent: it is taken back.
    done = await ruled(house, review, proposal("sign"))
    assert done["status"] == "decided"
    assert (await house.read(id))["status"] == "akad"
    legs = (await house.read(id, "/submissions"))["items"]
    assert [leg["status"] for leg in legs] == ["akad", "cancelled"]
    # From here on its word counts again, as of a lender that has never contradicted itself.
    await says(house, BANK, Stage.DISBURSED, first["id"])
    assert (await house.read(id))["status"] == "disbursed"


async def test_a_lender_that_contradicts_itself_moves_nothing_by_itself(house: House):
    id, first = await contradicted(house)
    await says(house, BANK, Stage.DISBURSED, first["id"])
    assert (await house.read(id))["status"] == "in_review"
    await ruled(house, await open_review(house, id), proposal("refuse"))
    assert (await house.read(id))["status"] == "refused"
    # There is no loan, as two people have found: the borrower's book does not count one.
    pool = house.financing.database.writes.pool
    booked = "SELECT count(*) FROM submission WHERE status IN ('akad', 'disbursed', 'repaid')"
    assert await pool.fetchval(booked) == 0


async def test_a_loan_that_people_find_never_was_uses_no_quota(house: House):
    client = house.financing.client(Kind.MINISTRY_ANALYST, id="ministry")
    new = {"channel": BANK, "year": now().year, "total": 100_000_000}
    path = f"/quotas/{(await client.post('/quotas', json=new, headers=once())).json()['id']}"
    id, first = await contradicted(house)
    # Its refusal had given the quota back; an akad counts against it, wherever it comes from.
    assert (await client.get(path)).json()["used"] == 40_000_000
    await says(house, BANK, Stage.DISBURSED, first["id"])
    await ruled(house, await open_review(house, id), proposal("refuse"))
    left = (await client.get(path)).json()
    assert (left["held"], left["used"], left["remaining"]) == (0, 0, 100_000_000)


async def test_while_another_lender_has_it_nothing_is_ruled(house: House):
    id, _ = await contradicted(house)
    pool = house.financing.database.writes.pool
    await pool.execute("UPDATE submission SET status = 'received' WHERE channel = $1", OTHER)
    waiting = await proposed(house, await open_review(house, id), proposal("sign"))
    reply = await act(house, waiting, "confirmation", {}, "reviewer-b")
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/lender-has-it")
    assert OTHER in reply.json()["detail"]
    assert (await house.read(id))["status"] == "in_review"


async def test_a_silent_lender_is_looked_at_and_its_late_word_ends_that(house: House):
    await house.instruct(BANK, "timeout_after_accept")
    id = (await house.submitted(40_000_000))["id"]
    await house.step()
    bank = house.worker.channels[BANK]

    async def silent(submission_id, *, now):
        raise ChannelUnknown("silent")

    async def signed(submission_id, *, now):
        return Answer(
            stage=Stage.AKAD, reference="X", amount=Rupiah(40_000_000), reasons=(), at=now
        )

    bank.inquire = silent
    for _ in range(40):
        await house.later(hours=5)
        await house.worker.step()
    review = await open_review(house, id)
    assert review["subject"] == "silence"
    bank.inquire = signed
    await house.later(hours=5)
    await house.step()
    assert (await house.read(id))["status"] == "akad"
    assert (await reviewer(house).get(f"/reviews/{review['id']}")).json()["status"] == "dropped"
