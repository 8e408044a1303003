"""Kinship has no direction and is recorded once."""

import asyncio

import pytest

from shared.auth import Kind
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


@pytest.fixture
def app(registry):
    return registry.client(Kind.MOBILE_BACKEND, id="app-a")


async def test_a_pair_is_seen_from_both_sides(app, registry):
    first, second = await a_person(app), await a_person(app)
    await sent(app, f"/people/{second}/relatives", {"relative_id": first})
    for one, other in ((first, second), (second, first)):
        listed = (await app.get(f"/people/{one}/relatives")).json()["items"]
        assert [relative["relative_id"] for relative in listed] == [other]
    assert (await kinds_of_events(registry))[2:] == ["person.relative_recorded"]


async def test_a_pair_is_recorded_once(app):
    first, second = await a_person(app), await a_person(app)
    await sent(app, f"/people/{first}/relatives", {"relative_id": second})
    reply = await app.post(
        f"/people/{second}/relatives", json={"relative_id": first}, headers=once()
    )
    refused(reply, 409, "already-relatives")


async def test_nobody_is_their_own_relative(app):
    person = await a_person(app)
    reply = await app.post(
        f"/people/{person}/relatives", json={"relative_id": person}, headers=once()
    )
    refused(reply, 409, "own-relative")


async def test_both_must_be_visible(app, registry):
    mine = await a_person(app)
    foreign = await a_person(registry.client(Kind.MOBILE_BACKEND, id="app-b"))
    for other in (foreign, ABSENT):
        reply = await app.post(
            f"/people/{mine}/relatives", json={"relative_id": other}, headers=once()
        )
        refused(reply, 404, "person-not-found")


async def test_both_sides_recorded_at_once_end_in_one_pair(app):
    first, second = await a_person(app), await a_person(app)
    replies = await asyncio.gather(
        *(
            app.post(f"/people/{one}/relatives", json={"relative_id": other}, headers=once())
            for one, other in ((first, second), (second, first)) * 3
        )
    )
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 5


async def test_a_pair_that_was_a_mistake_is_withdrawn_from_either_side(app, registry):
    first, second = await a_person(app), await a_person(app)
    for one, other in ((first, second), (second, first)):
        await sent(app, f"/people/{first}/relatives", {"relative_id": second})
        path = f"/people/{one}/relatives/{other}"
        refused(await app.delete(path), 428, "precondition-missing")
        seen = {"If-Match": (await app.get(f"/people/{one}")).headers["etag"]}
        gone = await app.delete(path, headers=seen)
        assert gone.status_code == 200, gone.text
        assert (await app.get(f"/people/{one}/relatives")).json()["items"] == []
        refused(await app.delete(path, headers=seen), 412, "precondition-failed")
        seen = {"If-Match": gone.headers["etag"]}
        refused(await app.delete(path, headers=seen), 404, "not-relatives")
    assert (await kinds_of_events(registry))[-1] == "person.relative_withdrawn"


async def test_a_pair_is_withdrawn_only_by_whoever_recorded_it_or_an_authority(app, registry):
    first, second = await a_person(app), await a_person(app)
    ministry = registry.client(Kind.MINISTRY_ANALYST)
    await sent(ministry, f"/people/{first}/relatives", {"relative_id": second})
    path, seen = f"/people/{first}/relatives/{second}", {"If-Match": '"2"'}
    refused(await app.delete(path, headers=seen), 403, "forbidden")
    stranger = registry.client(Kind.MOBILE_BACKEND, id="app-b")
    refused(await stranger.delete(path, headers=seen), 404, "person-not-found")
    assert (await ministry.delete(path, headers=seen)).status_code == 200


async def test_an_officer_does_not_withdraw_a_relative_of_theirs(registry):
    service = registry.client()
    cooperative = await a_cooperative(service)
    officer = await an_officer(registry, cooperative, await a_person(service))
    one, other = await a_person(officer), await a_person(officer)
    await sent(officer, f"/people/{one}/relatives", {"relative_id": other})
    path = f"/people/{one}/relatives/{other}"
    refused(await officer.delete(path, headers={"If-Match": '"2"'}), 403, "forbidden")
