"""What financing reads: for a purpose, written down each time, the NIK only for a submission."""

import pytest

from shared.auth import SCOPES, Kind
from shared.clock import WIB, now
from tests.conftest import once
from tests.registry.api.factories import (
    ABSENT,
    VILLAGE,
    a_cooperative,
    a_person,
    an_officer,
    kinds_of_events,
    refused,
    sent,
)

NIK = "5202025403880001"
PURPOSES = ("prequalification", "assessment", "submission")


@pytest.fixture
def app(registry):
    return registry.client(Kind.MOBILE_BACKEND, id="app-a")


@pytest.fixture
def financing(registry):
    return registry.client(id="financing")


async def asked(client, path, purpose="assessment"):
    return await client.post(f"{path}/financing-facts", json={"purpose": purpose})


async def test_facts_gather_what_the_registry_knows(app, registry, financing):
    person, mentor = await a_person(app, married=True), await a_person(app)
    cooperative = await a_cooperative(registry.client(), has_usp=True)
    chair = await an_officer(registry, cooperative, mentor)
    body = {"person_id": person, "cooperative_id": cooperative}
    member = await sent(app, "/memberships", body)
    await sent(chair, f"/memberships/{member['id']}/steps", {"event": "approve"}, 200)
    for returned_on in ("2022-06-18", "2018-01-31"):
        stay = {"country": "HK", "returned_on": returned_on}
        await sent(app, f"/people/{person}/placements", stay)
    mentoring = await sent(app, "/mentorings", {"person_id": person, "mentor_id": mentor})
    await sent(chair, f"/mentorings/{mentoring['id']}/steps", {"event": "start"}, 200)
    course = {"topic": "entrepreneurship", "title": "Merintis usaha", "provider": "BLK"}
    training = await sent(app, "/trainings", {"person_id": person, **course})
    steps = f"/trainings/{training['id']}/steps"
    await sent(app, steps, {"event": "start"}, 200)
    await sent(chair, steps, {"event": "complete", "completed_on": "2026-01-31"}, 200)
    told = (await asked(financing, f"/people/{person}")).json()
    today = now().astimezone(WIB).date().isoformat()
    proofs = told.pop("proofs")
    assert [(one["kind"], one["record_id"], one["since"]) for one in proofs] == [
        ("trained", training["id"], "2026-01-31"),
        ("mentored", mentoring["id"], today),
    ]
    assert proofs[0]["source"]["confidence"] == "press"
    assert told == {
        "id": person,
        "version": 3,
        "on": today,
        "person_nik": None,
        "full_name": "Siti Rahmawati",
        "birth_date": "1988-03-14",
        "married": True,
        "ktp_village_code": VILLAGE,
        "domicile_village_code": VILLAGE,
        "migration_status": "returned",
        "is_deceased": False,
        "verification_level": "self_declared",
        "returned_on": "2022-06-18",
        "memberships": [
            {
                "cooperative_id": cooperative,
                "kind": "kopdes",
                "name": "Koperasi Desa Merah Putih Maron",
                "has_usp": True,
                "since": today,
            }
        ],
        "registered_by": "app-a",
    }


async def test_an_application_is_not_yet_a_membership(app, registry, financing):
    person = await a_person(app)
    cooperative = await a_cooperative(registry.client())
    await sent(app, "/memberships", {"person_id": person, "cooperative_id": cooperative})
    assert (await asked(financing, f"/people/{person}")).json()["memberships"] == []


async def test_the_dead_are_told_as_such(app, financing):
    person = await a_person(app)
    await sent(app, f"/people/{person}/migration-steps", {"event": "record_death"}, 200)
    assert (await asked(financing, f"/people/{person}")).json()["is_deceased"] is True


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("trusted", [True, False])
async def test_the_nik_is_told_only_for_a_submission_and_only_with_its_scope(
    app, registry, purpose, trusted
):
    person = await a_person(app, person_nik=NIK)
    scopes = frozenset(SCOPES) if trusted else frozenset({"facts:read"})
    client = registry.client(id="financing", scopes=scopes)
    reply = await asked(client, f"/people/{person}", purpose)
    told = trusted and purpose == "submission"
    assert reply.json()["person_nik"] == (NIK if told else None)
    assert (NIK in reply.text) == told


async def test_the_answer_is_stored_nowhere(app, registry):
    person = await a_person(app, person_nik=NIK)
    client = registry.client(id="financing")
    reply = await client.post(
        f"/people/{person}/financing-facts", json={"purpose": "submission"}, headers=once()
    )
    assert reply.json()["person_nik"] == NIK
    async with registry.database.reads.connection() as connection:
        kept = await connection.fetch(
            "SELECT 1 FROM idempotency WHERE position($1::bytea in body) > 0", NIK.encode()
        )
    assert kept == []


async def test_every_reading_is_written_down_for_its_subject_and_told_once(
    app, registry, financing
):
    person = await a_person(app)
    for purpose in PURPOSES:
        await asked(financing, f"/people/{person}", purpose)
    path = f"/people/{person}/facts-readings"
    told = (await app.get(path)).json()["items"]
    assert [one["purpose"] for one in told] == list(PURPOSES)
    assert {one["caller_id"] for one in told} == {"financing"}
    assert len({one["request_id"] for one in told}) == 3
    assert (await registry.client(Kind.AUDITOR).get(path)).json()["items"] == told
    feed = (await registry.client().get("/events")).json()["items"][1:]
    assert [(one["kind"], one["data"]["purpose"]) for one in feed] == [
        ("person.facts_read", purpose) for purpose in PURPOSES
    ]


async def test_readings_are_for_the_own_app_and_auditors(app, registry, financing):
    person = await a_person(app)
    path = f"/people/{person}/facts-readings"
    refused(await financing.get(path), 403, "forbidden")
    stranger = registry.client(Kind.MOBILE_BACKEND, id="app-b")
    refused(await stranger.get(path), 404, "person-not-found")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SERVICE])
async def test_only_a_service_reads_facts(app, registry, kind):
    person = await a_person(app)
    cooperative = await a_cooperative(registry.client())
    for path in (f"/people/{person}", f"/cooperatives/{cooperative}"):
        refused(await asked(registry.client(kind), path), 403, "forbidden")
    assert "person.facts_read" not in await kinds_of_events(registry)


async def test_a_refused_reading_leaves_no_trace(registry, financing):
    refused(await asked(financing, f"/people/{ABSENT}"), 404, "person-not-found")
    refused(await asked(financing, f"/cooperatives/{ABSENT}"), 404, "cooperative-not-found")
    assert await kinds_of_events(registry) == []


async def test_a_purpose_is_one_of_three(app, financing):
    person = await a_person(app)
    reply = await asked(financing, f"/people/{person}", "curiosity")
    refused(reply, 422, "invalid-request")


async def test_the_facts_of_a_cooperative(registry, financing):
    service = registry.client()
    id = await a_cooperative(service, coop_registry_no="5202040010001", nib="0407010007351")
    rat = {"book_year": 2024, "held_on": "2025-03-22"}
    figures = {"book_year": 2024, "shu": 38_400_000, "equity": 428_000_000, "assets": 790_000_000}
    await sent(service, f"/cooperatives/{id}/rats", rat)
    await sent(service, f"/cooperatives/{id}/figures", figures)
    chair = await a_person(service)
    await an_officer(registry, id, chair)
    await an_officer(registry, id, chair, position="bendahara")
    await an_officer(registry, id, await a_person(service), until="2025-12-31")
    told = (await asked(financing, f"/cooperatives/{id}")).json()
    public = (await service.get(f"/cooperatives/{id}")).json()
    for name in ("external_id", "created_at", "changed_at"):
        del public[name]
    today = now().astimezone(WIB).date().isoformat()
    assert told == {**public, "officers_count": 1, "on": today}
    assert (await kinds_of_events(registry))[-1] == "cooperative.facts_read"
