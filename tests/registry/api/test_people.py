"""People over HTTP: registered once, corrected with care, seen only by those who may."""

import pytest

from shared.auth import Kind
from tests.conftest import Service, once

WOMAN = {
    "full_name": "Siti Rahmawati",
    "sex": "female",
    "birth_date": "1988-03-14",
    "person_nik": "5203055403880001",
    "domicile_village_code": "52.03.05.2001",
    "skills": [{"name": "caregiving", "years": 6}],
}


@pytest.fixture
def phone_app(registry: Service):
    return registry.client(Kind.MOBILE_BACKEND, id="app-a")


async def registered(client, **changes):
    reply = await client.post("/people", json={**WOMAN, **changes}, headers=once())
    assert reply.status_code == 201, reply.text
    return reply


async def test_a_registered_person_is_read_back_without_the_number(phone_app):
    made = await registered(phone_app)
    read = await phone_app.get(made.headers["location"])
    assert read.status_code == 200
    assert read.json() == made.json()
    assert read.headers["etag"] == '"1"'
    assert read.json()["has_nik"] is True
    assert WOMAN["person_nik"] not in read.text


async def test_a_returnee_without_papers_is_registered(phone_app):
    made = await registered(phone_app, person_nik=None, birth_date=None)
    assert made.json()["has_nik"] is False


async def test_a_repeat_gets_the_same_answer_and_has_no_second_effect(phone_app):
    headers = once()
    first = await phone_app.post("/people", json=WOMAN, headers=headers)
    second = await phone_app.post("/people", json=WOMAN, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert second.headers["idempotent-replay"] == "true"
    assert len((await phone_app.get("/people")).json()["items"]) == 1


async def test_a_key_used_with_another_body_is_refused(phone_app):
    headers = once()
    await phone_app.post("/people", json=WOMAN, headers=headers)
    other = await phone_app.post("/people", json={**WOMAN, "sex": "male"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_the_same_nik_is_registered_once(phone_app, registry):
    await registered(phone_app)
    again = await registry.client(id="app-b").post("/people", json=WOMAN, headers=once())
    assert (again.status_code, again.json()["type"]) == (
        409,
        "/problems/person-already-registered",
    )
    assert WOMAN["person_nik"] not in again.text


async def test_a_foreign_person_looks_exactly_like_an_absent_one(phone_app, registry):
    made = await registered(phone_app)
    stranger = registry.client(Kind.MOBILE_BACKEND, id="app-b")
    foreign = await stranger.get(made.headers["location"])
    absent = await stranger.get("/people/01938d5e-0000-7000-8000-000000000000")
    assert foreign.status_code == absent.status_code == 404
    varying = {"instance"}
    assert {k: v for k, v in foreign.json().items() if k not in varying} == {
        k: v for k, v in absent.json().items() if k not in varying
    }
    looked_up = await stranger.post(
        "/people/lookup", json={"person_nik": WOMAN["person_nik"], "purpose": "membership"}
    )
    assert looked_up.status_code == 404
    assert (await stranger.get("/people")).json()["items"] == []


async def test_a_person_is_found_by_nik_in_the_body(phone_app):
    made = await registered(phone_app)
    found = await phone_app.post(
        "/people/lookup", json={"person_nik": WOMAN["person_nik"], "purpose": "registration"}
    )
    assert found.json()["id"] == made.json()["id"]


async def test_a_change_needs_the_version_that_was_read(phone_app):
    made = await registered(phone_app)
    path = made.headers["location"]
    blind = await phone_app.patch(path, json={"married": True})
    assert (blind.status_code, blind.json()["type"]) == (428, "/problems/precondition-missing")
    good = await phone_app.patch(path, json={"married": True}, headers={"If-Match": '"1"'})
    assert (good.status_code, good.json()["married"], good.headers["etag"]) == (200, True, '"2"')
    stale = await phone_app.patch(path, json={"married": False}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/precondition-failed")
    assert (await phone_app.get(path)).json()["married"] is True


async def test_an_impossible_nik_is_refused_and_never_repeated(phone_app):
    reply = await phone_app.post(
        "/people", json={**WOMAN, "person_nik": "5203059903880001"}, headers=once()
    )
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/impossible-nik")
    assert "5203059903880001" not in reply.text


async def test_pages_follow_each_other_without_gaps(phone_app, registry):
    names = [f"Person {number}" for number in range(7)]
    for name in names:
        await registered(phone_app, person_nik=None, full_name=name)
    seen, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await phone_app.get("/people", params=query)).json()
        seen += [item["full_name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == names
    first = (await phone_app.get("/people", params={"limit": 3})).json()["next"]
    carried = await registry.client(Kind.MOBILE_BACKEND, id="app-b").get(
        "/people", params={"cursor": first}
    )
    assert (carried.status_code, carried.json()["type"]) == (400, "/problems/cursor-invalid")


async def test_every_change_is_one_event_in_order(phone_app, registry):
    made = await registered(phone_app)
    path = made.headers["location"]
    await phone_app.patch(path, json={"married": True}, headers={"If-Match": '"1"'})
    await phone_app.post(f"{path}/migration-steps", json={"event": "depart_again"}, headers=once())
    await phone_app.post(f"{path}/migration-steps", json={"event": "resume"}, headers=once())
    events = (await registry.client().get("/events")).json()
    assert [(e["number"], e["kind"], e["version"]) for e in events["items"]] == [
        (1, "person.registered", 1),
        (2, "person.corrected", 2),
        (3, "person.depart_again", 3),
    ]
    assert (await registry.client().get("/events", params={"after": events["last"]})).json() == {
        "items": [],
        "last": events["last"],
    }
