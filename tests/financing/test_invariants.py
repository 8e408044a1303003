"""The laws of the rows: an auditor is shown them, and each one sees what breaks it."""
# ruff: noqa: S608 (constants of this file)

from typing import Any

import asyncpg
import pytest

from services.financing.db.invariants import LAWS
from shared import invariants
from shared.auth import SCOPES, Kind
from shared.invariants import every
from tests.conftest import Service, once
from tests.financing.house import House
from tests.financing.reviewers import objected
from tests.financing.test_quotas import a_quota
from tests.financing.test_reviews import refused
from tests.reliability.borrowers import drafted, routed, somebody

NIK = "5203055403880001"


def another(status: str, whose: str) -> str:
    """Copy submissions, as another lender's, into another status."""
    return f"""
        DROP INDEX uq_submission_live;
        INSERT INTO submission SELECT (jsonb_populate_record(submission, jsonb_build_object(
          'id', gen_random_uuid(), 'leg_no', 9, 'status', '{status}', 'due_at', now()))).*
        FROM submission WHERE status = '{whose}'
    """


def without(table: str, constraint: str, change: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint}; {change}"


BREAKS = {
    "one_application_under_way": "DROP INDEX uq_application_pending; UPDATE application "
    "SET status = 'sent', borrower_id = gen_random_uuid(); UPDATE application "
    "SET borrower_id = (SELECT borrower_id FROM application LIMIT 1)",
    "one_lender_at_a_time": another("unknown", "queued"),
    "one_loan": another("akad", "disbursed"),
    "no_sending_beside_a_loan": another("queued", "disbursed"),
    "loan_said_by_its_lender": "UPDATE submission SET status = 'akad' WHERE status = 'queued'",
    "report_counted_once": without(
        "lender_report",
        "pk_lender_report",
        "INSERT INTO lender_report SELECT * FROM lender_report",
    ),
    "report_of_its_own_submission": "UPDATE lender_report SET channel = 'lpdb'",
    "under_way_means_with_a_lender": "DELETE FROM submission WHERE status = 'queued'",
    "loan_has_a_lender": "UPDATE application SET status = 'akad' WHERE status = 'routed'",
    "nobody_forgotten": "UPDATE submission SET due_at = NULL WHERE status = 'queued'",
    "set_aside_for_an_operator": "UPDATE application SET set_aside = true",
    "waiting_stands_in_a_row": "UPDATE application SET status = 'waiting'",
    "looked_at_means_open_review": "UPDATE review SET status = 'dropped'",
    "clock_runs_while_waited_for": "UPDATE deadline SET met_at = now()",
    "decision_as_it_was_made": "UPDATE decision SET facts = facts || ' '",
    "letter_as_it_was_written": "UPDATE letter SET document = document || ' '",
    "no_told_by_letter": "DELETE FROM letter; UPDATE application SET status = 'refused'",
    "ruled_by_two": without(
        "review",
        "ck_review_four_eyes",
        "UPDATE review SET status = 'decided', ruling = 'uphold', decided_at = now(), "
        "proposed_by = 'reviewer-a', confirmed_by = 'reviewer-a'",
    ),
    "amounts_within_bounds": without(
        "application", "ck_application_amount", "UPDATE application SET amount = 0"
    ),
    "more_than_asked_is_looked_at": "UPDATE lender_report SET amount = 40000001",
    "quota_not_overdrawn": without(
        "quota", "ck_quota_not_overdrawn", "UPDATE quota SET total = held + used - 1"
    ),
    "quota_adds_up": "UPDATE quota SET held = held + 1",
    "quota_given_back": "UPDATE submission SET status = 'failed'",
    "application_history_is_legal": "DELETE FROM application_step WHERE event = 'assess'",
    "application_stands_where_its_history_ends": "UPDATE application SET status = 'closed'",
    "review_history_is_legal": "INSERT INTO review_step SELECT gen_random_uuid(), id, "
    "application_id, 'confirm', 'decided', 'reviewer-a', '{}', now() FROM review",
    "review_stands_where_its_history_ends": "UPDATE review SET status = 'dropped'",
    "feed_without_gaps": "UPDATE event SET number = 1000 WHERE number = 3",
    "every_change_told": "DELETE FROM event WHERE kind = 'application.answered'",
    "no_nik_in_the_clear": f"UPDATE review SET reason = 'NIK saya {NIK}, tolong.'",
}
"""How somebody who writes to the database beside us would break each law."""


async def lived(house: House) -> None:
    """Leave an application that was paid out, one that waits, and one that is contested."""
    await a_quota(house, 100_000_000)
    await house.until((await routed(house))["id"], "disbursed")
    await routed(house)
    await objected(house, await refused(house, borrower=await somebody(house)))


async def found(connection: asyncpg.Connection, change: str) -> set[str]:
    """Return the laws that a change breaks, and undo it."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(change)
        return {row["law"] for row in await connection.fetch(every(LAWS).sql)}
    finally:
        await transaction.rollback()


async def test_every_law_sees_what_breaks_it_and_no_more_than_it_must(house: House):
    await lived(house)
    assert BREAKS.keys() == {law.name for law in LAWS}
    async with house.financing.database.writes.pool.acquire() as connection:
        assert await found(connection, "SELECT 1") == set()
        for name, change in BREAKS.items():
            assert name in await found(connection, change), name


def auditor(service: Service, **more: Any):
    return service.client(Kind.AUDITOR, id="auditor", **more)


async def test_an_auditor_is_shown_every_law_and_that_it_holds(house: House):
    await lived(house)
    reply = await auditor(house.financing).get("/internal/invariants")
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["holds"] is True
    assert [law["name"] for law in body["items"]] == [law.name for law in LAWS]
    for law in body["items"]:
        assert law["says"].endswith(".")
        assert (law["verdict"], law["broken"], law["samples"]) == ("holds", 0, [])


@pytest.mark.lawless("an event is taken from the feed")
async def test_what_breaks_a_law_is_counted_and_named_by_its_id_alone(house: House):
    borrower = await somebody(house)
    ids = sorted([await drafted(house, borrower) for _ in range(25)])
    await house.financing.database.writes.pool.execute("DELETE FROM event WHERE version = 1")
    body = (await auditor(house.financing).get("/internal/invariants")).json()
    assert body["holds"] is False
    broken = {law["name"]: law for law in body["items"] if law["verdict"] == "broken"}
    assert broken.keys() == {"every_change_told", "feed_without_gaps"}
    assert broken["every_change_told"]["broken"] == 25
    assert broken["every_change_told"]["samples"] == ids[: invariants.SAMPLES_MAX]


async def test_a_law_that_takes_too_long_is_not_said_to_hold(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(invariants, "BUDGET_SECONDS", 0)
    body = (await auditor(house.financing).get("/internal/invariants")).json()
    assert body["holds"] is False
    assert {(law["verdict"], law["broken"]) for law in body["items"]} == {("not_checked", None)}


async def test_only_auditors_and_services_with_the_scope_may_ask(house: House):
    for kind in (Kind.MOBILE_BACKEND, Kind.LENDER, Kind.MINISTRY_ANALYST):
        reply = await house.financing.client(kind, channel="lpdb").get("/internal/invariants")
        assert (reply.status_code, reply.json()["type"]) == (403, "/problems/forbidden")
    fewer = frozenset(SCOPES) - {"invariants:read"}
    reply = await auditor(house.financing, scopes=fewer).get("/internal/invariants")
    assert reply.status_code == 403
    anonymous = await house.financing.anonymous().get("/internal/invariants")
    assert anonymous.status_code == 401


async def test_the_registry_answers_for_its_own_rows(registry: Service):
    new = {
        "full_name": "Siti Rahmawati",
        "sex": "female",
        "birth_date": "1988-03-14",
        "married": True,
        "person_nik": NIK,
        "ktp_village_code": "52.03.05.2001",
        "domicile_village_code": "52.03.05.2001",
    }
    app = registry.client(Kind.MOBILE_BACKEND, id="app-a")
    assert (await app.post("/people", json=new, headers=once())).status_code == 201
    body = (await auditor(registry).get("/internal/invariants")).json()
    assert body["holds"] is True
    assert len(body["items"]) >= 7
    assert NIK not in str(body)
