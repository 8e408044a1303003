"""An application over HTTP: drafted, changed with care, submitted once, explained, withdrawn."""

import hashlib

import asyncpg
import pytest

from shared.auth import Kind
from shared.outbound import NeverSent
from tests.conftest import once
from tests.financing.house import SHOP, House

ABSENT = "01938d5e-0000-7000-8000-000000000000"
OURS = (
    "/events",
    "/internal/invariants",
    "/channels",
    "/quarantine",
    "/reconciliations",
    "/cases",
)
"""What is read by other services and auditors, not by a mobile application."""


async def test_a_draft_is_read_back_and_asks_nobody(house: House):
    draft = await house.draft(40_000_000)
    assert draft["status"] == "drafted"
    assert await house.read(draft["id"]) == draft
    assert (await house.read(draft["id"], "/submissions"))["items"] == []
    assert not await house.worker.step()


async def test_a_draft_changes_only_for_whoever_has_read_it(house: House):
    path = f"/applications/{(await house.draft(40_000_000))['id']}"
    blind = await house.app().patch(path, json={"amount": 30_000_000})
    assert (blind.status_code, blind.json()["type"]) == (428, "/problems/precondition-missing")
    good = await house.app().patch(path, json={"amount": 30_000_000}, headers={"If-Match": '"1"'})
    assert (good.status_code, good.json()["amount"], good.headers["etag"]) == (
        200,
        30_000_000,
        '"2"',
    )
    assert good.json()["declared"]["business"]["sector"] == SHOP["business"]["sector"]
    stale = await house.app().patch(path, json={"amount": 1}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_what_is_submitted_is_not_changed_any_more(house: House):
    application = await house.submitted(40_000_000)
    path = f"/applications/{application['id']}"
    etag = f'"{application["version"]}"'
    reply = await house.app().patch(path, json={"amount": 1}, headers={"If-Match": etag})
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/not-a-draft")


async def test_an_edit_of_nothing_changes_nothing(house: House):
    draft = await house.draft(40_000_000)
    path = f"/applications/{draft['id']}"
    reply = await house.app().patch(path, json={}, headers={"If-Match": '"1"'})
    assert (reply.status_code, reply.json(), reply.headers["etag"]) == (200, draft, '"1"')


async def test_what_is_no_draft_is_refused_before_anybody_is_asked(house: House):
    application = await house.submitted(40_000_000)
    del house.financing.app.state.registry
    path = f"/applications/{application['id']}/submission"
    reply = await house.app().post(path, headers=once())
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/illegal-transition")


async def test_a_loan_in_our_own_book_counts_though_nobody_declares_it(house: House):
    """Two akad of KUR mikro would be more than a person may owe."""
    first = await house.submitted(90_000_000)
    await house.until(first["id"], "disbursed")
    new = {key: first[key] for key in ("borrower", "tenor_months", "declared")}
    reply = await house.app().post(
        "/applications", json={**new, "amount": 40_000_000}, headers=once()
    )
    path = f"/applications/{reply.json()['id']}"
    reply = await house.app().post(f"{path}/submission", headers=once())
    assert reply.json()["status"] == "refused"
    decision = (await house.app().get(f"{path}/decision")).json()
    mikro = next(each for each in decision["products"] if each["code"] == "kur_mikro")
    (refused,) = mikro["reasons"]
    assert (refused["code"], refused["numbers"]["outstanding"]) == (
        "mikro_outstanding",
        90_000_000,
    )


async def test_a_submission_is_repeated_without_a_second_effect(house: House):
    path = f"/applications/{(await house.draft(40_000_000))['id']}/submission"
    headers = once()
    first = await house.app().post(path, headers=headers)
    second = await house.app().post(path, headers=headers)
    assert (first.status_code, first.content) == (200, second.content)
    assert second.headers["idempotent-replay"] == "true"
    other = await house.app().post(path, headers=once())
    assert (other.status_code, other.json()["type"]) == (409, "/problems/illegal-transition")


async def test_a_submission_takes_few_ways_to_the_database(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    """Each costs a tenth of a millisecond on either side: here they are counted, not timed."""
    path = f"/applications/{(await house.draft(40_000_000))['id']}/submission"
    said: list[str] = []
    for name in ("execute", "fetch", "fetchrow"):
        ask = getattr(asyncpg.Connection, name)

        def counted(self, sql, *arguments, ask=ask):
            said.append(sql)
            return ask(self, sql, *arguments)

        monkeypatch.setattr(asyncpg.Connection, name, counted)
    reply = await house.app().post(path, headers=once())
    assert reply.json()["status"] == "routed"
    assert (said.count("BEGIN"), said.count("COMMIT")) == (2, 2)  # the registry's is one of them
    assert len(said) <= 14, said


async def test_a_repeat_is_answered_even_when_the_registry_is_gone(house: House):
    path = f"/applications/{(await house.draft(40_000_000))['id']}/submission"
    headers = once()
    first = await house.app().post(path, headers=headers)
    del house.financing.app.state.registry
    assert (await house.app().post(path, headers=headers)).content == first.content


async def test_the_decision_explains_every_product_and_is_kept_with_its_facts(house: House):
    application = await house.submitted(40_000_000)
    reply = await house.app().get(f"/applications/{application['id']}/decision")
    decision = reply.json()
    eligible = {p["code"] for p in decision["products"] if p["eligible"]}
    assert "kur_mikro" in eligible
    for product in decision["products"]:
        assert product["eligible"] or product["reasons"]
        for reason in product["reasons"]:
            assert reason["source"]["regulation"]
            assert reason["sentence_id"]
            assert reason["sentence_en"]
    row = await house.financing.database.writes.pool.fetchrow(
        "SELECT facts, facts_sha256 FROM decision"
    )
    assert hashlib.sha256(row["facts"].encode()).digest() == row["facts_sha256"]
    assert reply.headers["purna-facts-sha256"] == row["facts_sha256"].hex()
    for identifying in ("Siti", "5203055403880001"):
        assert identifying not in row["facts"]


async def test_the_life_so_far_is_told_step_by_step(house: House):
    application = await house.submitted(40_000_000)
    await house.until(application["id"], "disbursed")
    steps = (await house.read(application["id"], "/steps"))["items"]
    events = [step["event"] for step in steps]
    assert events[:4] == ["submit", "assess", "route", "send"]
    assert events[-1] == "disburse"


async def test_each_change_is_one_event_of_the_feed(house: House):
    application = await house.submitted(40_000_000)
    await house.until(application["id"], "disbursed")
    feed = (await house.financing.client().get("/events?limit=1000")).json()["items"]
    assert [event["number"] for event in feed] == list(range(1, len(feed) + 1))
    own = [e["version"] for e in feed if e["subject_id"] == application["id"]]
    assert own == list(range(1, len(own) + 1))


async def test_a_sharia_contract_is_repaid_as_a_sale_with_a_margin(house: House):
    application = await house.submitted(40_000_000, contract_kind="sharia")
    schedule = await house.read(application["id"], "/schedule")
    assert (schedule["kind"], schedule["charge"]) == ("murabahah", "margin")
    assert schedule["effective_rate_bp"] == schedule["rate_bp"] == 600
    assert {line["rate_bp"] for line in schedule["lines"]} == {None}


async def test_a_schedule_pays_the_whole_plafon_back(house: House):
    application = await house.submitted(40_000_000)
    schedule = await house.read(application["id"], "/schedule")
    assert sum(line["principal"] for line in schedule["lines"]) == 40_000_000
    assert schedule["lines"][-1]["balance"] == 0
    assert (schedule["kind"], schedule["akad_on"]) == ("annuity", None)
    assert {line["due_on"] for line in schedule["lines"]} == {None}


async def test_refused_with_reasons_reaches_no_lender(house: House):
    declared = {**SHOP, "credit": {**SHOP["credit"], "collectibility": 5, "dhn_listed": True}}
    application = await house.submitted(40_000_000, declared=declared)
    assert application["status"] == "refused"
    assert not await house.worker.step()
    decision = await house.read(application["id"], "/decision")
    assert {p["eligible"] for p in decision["products"]} == {False}


async def test_a_foreign_application_looks_exactly_like_an_absent_one(house: House):
    application = await house.submitted(40_000_000)
    stranger = house.financing.client(Kind.MOBILE_BACKEND, id="app-b")
    for part in ("", "/decision", "/steps", "/submissions", "/schedule"):
        foreign = await stranger.get(f"/applications/{application['id']}{part}")
        absent = await stranger.get(f"/applications/{ABSENT}{part}")
        assert (foreign.status_code, absent.status_code) == (404, 404)
        assert foreign.json() | {"instance": ""} == absent.json() | {"instance": ""}
    assert (await stranger.get("/applications")).json()["items"] == []
    move = await stranger.post(
        f"/applications/{application['id']}/withdrawal", json={}, headers=once()
    )
    assert move.status_code == 404


async def test_a_lender_sees_what_was_sent_to_it_and_nothing_else(house: House):
    application = await house.submitted(40_000_000)
    path = f"/applications/{application['id']}"
    bank = house.financing.client(Kind.LENDER, id="bank", channel="kur-bank-nusantara")
    other = house.financing.client(Kind.LENDER, id="other", channel="kur-bank-samudra")
    assert (await bank.get(path)).status_code == 404
    await house.step()
    assert (await bank.get(path)).status_code == 200
    assert (await other.get(path)).status_code == 404


async def test_nobody_borrows_for_a_person_of_another_app(house: House):
    borrower = {"kind": "person", "id": await house.person()}
    stranger = house.financing.client(Kind.MOBILE_BACKEND, id="app-b")
    new = {"borrower": borrower, "amount": 5_000_000, "tenor_months": 12}
    foreign = await stranger.post("/applications", json=new, headers=once())
    absent = await stranger.post(
        "/applications",
        json={**new, "borrower": {"kind": "person", "id": ABSENT}},
        headers=once(),
    )
    assert foreign.status_code == absent.status_code == 409
    assert foreign.json()["detail"] == absent.json()["detail"]


async def test_nobody_borrows_for_the_dead(house: House):
    person = await house.person()
    registrar = house.registry.client(Kind.MOBILE_BACKEND, id="app-a")
    await registrar.post(
        f"/people/{person}/migration-steps", json={"event": "record_death"}, headers=once()
    )
    new = {"borrower": {"kind": "person", "id": person}, "amount": 5_000_000, "tenor_months": 12}
    reply = await house.app().post("/applications", json=new, headers=once())
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/borrower-deceased")


async def test_without_the_registry_nothing_is_decided_and_nothing_is_lost(house: House):
    draft = await house.draft(40_000_000)
    client = house.financing.app.state.registry
    line = client._outbound

    class Gone:
        def until(self):
            return 0.0

        async def send(self, *_, **__):
            raise NeverSent

    client._outbound = Gone()
    reply = await house.app().post(f"/applications/{draft['id']}/submission", headers=once())
    client._outbound = line
    assert (reply.status_code, reply.json()["type"]) == (503, "/problems/registry-unavailable")
    assert reply.headers["retry-after"]
    assert (await house.read(draft["id"]))["status"] == "drafted"
    again = await house.app().post(f"/applications/{draft['id']}/submission", headers=once())
    assert again.json()["status"] == "routed"


@pytest.mark.parametrize("kind", [Kind.MINISTRY_ANALYST, Kind.AUDITOR, Kind.LENDER])
async def test_who_only_looks_may_not_write(house: House, kind: Kind):
    client = house.financing.client(kind, id="looker", channel="lpdb")
    new = {
        "borrower": {"kind": "person", "id": ABSENT},
        "amount": 5_000_000,
        "tenor_months": 12,
    }
    reply = await client.post("/applications", json=new, headers=once())
    assert (reply.status_code, reply.json()["type"]) == (403, "/problems/forbidden")


async def test_nothing_that_is_read_asks_the_registry(house: House):
    """A read is answered from financing's own tables, however the registry fares."""
    application = await house.submitted(40_000_000)
    await house.until(application["id"], "disbursed")
    del house.financing.app.state.registry
    contract = (await house.app().get("/openapi.json")).json()
    codes = {"/products/{code}": "kur_mikro", "/channels/{code}": "lpdb"}
    reads = [
        path.format(id=application["id"], code=codes.get(path))
        for path, methods in contract["paths"].items()
        if "get" in methods
    ]
    assert f"/applications/{application['id']}/schedule" in reads
    for path in reads:
        reader = house.financing.client() if path.startswith(OURS) else house.app()
        # Nobody has refused it, and nothing else has its id.
        other = application["id"] in path and not path.startswith("/applications/")
        absent = path.endswith("/letter") or other
        assert (await reader.get(path)).status_code == (404 if absent else 200), path
