"""Mentoring and training: lives along their tables, with days that nobody can choose freely."""

import pytest

from shared.auth import Kind
from shared.clock import WIB, now
from tests.conftest import once
from tests.registry.api.factories import (
    ABSENT,
    a_cooperative,
    a_person,
    an_officer,
    kinds_of_events,
    refused,
    sent,
)

COURSE = {"topic": "entrepreneurship", "title": "Merintis usaha", "provider": "BLK Lombok Timur"}


@pytest.fixture
def app(registry):
    return registry.client(Kind.MOBILE_BACKEND, id="app-a")


async def test_a_mentoring_runs_from_the_day_of_its_start(app, registry):
    mentee, mentor, service = await a_person(app), await a_person(app), registry.client()
    cooperative = await a_cooperative(service)
    body = {"person_id": mentee, "mentor_id": mentor, "cooperative_id": cooperative}
    made = await sent(app, "/mentorings", body)
    assert (made["status"], made["started_on"]) == ("proposed", None)
    path = f"/mentorings/{made['id']}"
    today = now().astimezone(WIB).date().isoformat()
    running = await sent(service, f"{path}/steps", {"event": "start"}, 200)
    assert (running["status"], running["started_on"], running["ended_on"]) == (
        "running",
        today,
        None,
    )
    done = await sent(service, f"{path}/steps", {"event": "complete"}, 200)
    assert (done["status"], done["started_on"], done["ended_on"]) == ("completed", today, today)
    refused(
        await app.post(f"{path}/steps", json={"event": "stop"}, headers=once()),
        409,
        "illegal-transition",
    )
    assert (await app.get(path)).json() == done
    listed = await app.get("/mentorings", params={"person_id": mentee})
    assert listed.json() == {"items": [done], "next": None}
    assert (await kinds_of_events(registry))[3:] == [
        "mentoring.proposed",
        "mentoring.start",
        "mentoring.complete",
    ]


async def test_nobody_mentors_themselves(app):
    person = await a_person(app)
    body = {"person_id": person, "mentor_id": person}
    refused(await app.post("/mentorings", json=body, headers=once()), 409, "own-mentor")


async def test_all_who_take_part_in_a_mentoring_exist(app):
    person, other = await a_person(app), await a_person(app)
    for body, slug in (
        ({"person_id": person, "mentor_id": ABSENT}, "person-not-found"),
        ({"person_id": ABSENT, "mentor_id": person}, "person-not-found"),
        (
            {"person_id": person, "mentor_id": other, "cooperative_id": ABSENT},
            "cooperative-not-found",
        ),
    ):
        refused(await app.post("/mentorings", json=body, headers=once()), 404, slug)


async def test_a_training_is_completed_on_a_day_that_has_come(app, registry):
    person, service = await a_person(app), registry.client()
    made = await sent(app, "/trainings", {"person_id": person, **COURSE})
    path = f"/trainings/{made['id']}"
    await sent(app, f"{path}/steps", {"event": "start"}, 200)
    for body, slug in (
        ({"event": "complete"}, "completion-undated"),
        ({"event": "fail", "completed_on": "2026-01-31"}, "completion-undated"),
        ({"event": "complete", "completed_on": "2199-01-01"}, "completed-in-the-future"),
    ):
        refused(await service.post(f"{path}/steps", json=body, headers=once()), 409, slug)
    done = await sent(
        service, f"{path}/steps", {"event": "complete", "completed_on": "2026-01-31"}, 200
    )
    assert (done["status"], done["completed_on"]) == ("completed", "2026-01-31")
    refused(
        await app.post(f"{path}/steps", json={"event": "drop"}, headers=once()),
        409,
        "illegal-transition",
    )
    assert (await app.get(path)).json() == done
    listed = await app.get("/trainings", params={"person_id": person})
    assert listed.json() == {"items": [done], "next": None}
    assert (await kinds_of_events(registry))[1:] == [
        "training.enrolled",
        "training.start",
        "training.complete",
    ]


async def test_foreign_evidence_looks_like_absent_evidence(app, registry):
    person, mentor = await a_person(app), await a_person(app)
    training = await sent(app, "/trainings", {"person_id": person, **COURSE})
    mentoring = await sent(app, "/mentorings", {"person_id": person, "mentor_id": mentor})
    stranger = registry.client(Kind.MOBILE_BACKEND, id="app-b")
    for noun, id in (("training", training["id"]), ("mentoring", mentoring["id"])):
        for one in (id, ABSENT):
            path, slug = f"/{noun}s/{one}", f"{noun}-not-found"
            refused(await stranger.get(path), 404, slug)
            reply = await stranger.post(f"{path}/steps", json={"event": "start"}, headers=once())
            refused(reply, 404, slug)
        reply = await stranger.get(f"/{noun}s", params={"person_id": person})
        refused(reply, 404, "person-not-found")
    reply = await stranger.post("/trainings", json={"person_id": person, **COURSE}, headers=once())
    refused(reply, 404, "person-not-found")


async def test_the_end_of_a_training_is_told_by_somebody_else(app, registry):
    service = registry.client()
    cooperative, chair_id = await a_cooperative(service), await a_person(service)
    chair = await an_officer(registry, cooperative, chair_id)
    relative, member = await a_person(app), await a_person(app)
    await sent(service, f"/people/{chair_id}/relatives", {"relative_id": relative})
    done = {"event": "complete", "completed_on": "2026-01-31"}

    async def learns(client, person):
        made = await sent(client, "/trainings", {"person_id": person, **COURSE})
        await sent(client, f"/trainings/{made['id']}/steps", {"event": "start"}, 200)
        return f"/trainings/{made['id']}/steps"

    for person, client, slug in (
        (member, app, "forbidden"),
        (chair_id, service, "self-attestation"),
        (relative, app, "attestation-by-kin"),
    ):
        membership = {"person_id": person, "cooperative_id": cooperative}
        await sent(client, "/memberships", membership)
        path = await learns(client, person)
        by = app if slug == "forbidden" else chair
        for body in (done, {"event": "fail"}):
            status = 403 if slug == "forbidden" else 409
            refused(await by.post(path, json=body, headers=once()), status, slug)
    path = await learns(app, member)
    assert (await sent(chair, path, done, 200))["status"] == "completed"
    path = await learns(app, member)
    assert (await sent(app, path, {"event": "drop"}, 200))["status"] == "dropped"


async def test_a_mentoring_is_started_by_its_cooperative_and_not_by_the_app(app, registry):
    service = registry.client()
    here, elsewhere = await a_cooperative(service), await a_cooperative(service)
    chair = await an_officer(registry, here, await a_person(service))
    stranger = await an_officer(registry, elsewhere, await a_person(service))
    body = {
        "person_id": await a_person(app),
        "mentor_id": await a_person(app),
        "cooperative_id": here,
    }
    path = f"/mentorings/{(await sent(app, '/mentorings', body))['id']}"
    for event in ("start", "complete"):
        reply = await app.post(f"{path}/steps", json={"event": event}, headers=once())
        refused(reply, 403, "forbidden")
        reply = await stranger.post(f"{path}/steps", json={"event": event}, headers=once())
        refused(reply, 404, "mentoring-not-found")
        assert (await sent(chair, f"{path}/steps", {"event": event}, 200)) == (
            await chair.get(path)
        ).json()
    refused(await chair.get(f"/people/{body['person_id']}"), 404, "person-not-found")
    path = f"/mentorings/{(await sent(app, '/mentorings', body))['id']}"
    assert (await sent(app, f"{path}/steps", {"event": "stop"}, 200))["status"] == "stopped"


async def test_an_officer_starts_no_mentoring_of_themselves_or_of_a_relative(app, registry):
    service = registry.client()
    here, chair_id = await a_cooperative(service), await a_person(service)
    chair = await an_officer(registry, here, chair_id)
    relative, mentor = await a_person(service), await a_person(service)
    await sent(service, f"/people/{chair_id}/relatives", {"relative_id": relative})
    for person, slug in ((chair_id, "self-attestation"), (relative, "attestation-by-kin")):
        body = {"person_id": person, "mentor_id": mentor, "cooperative_id": here}
        path = f"/mentorings/{(await sent(service, '/mentorings', body))['id']}"
        reply = await chair.post(f"{path}/steps", json={"event": "start"}, headers=once())
        refused(reply, 409, slug)
