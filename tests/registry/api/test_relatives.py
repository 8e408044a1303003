"""Kinship has no direction and is recorded once."""

import asyncio

import pytest

from shared.auth import Kind
from tests.conftest import once
from tests.registry.api.factories import ABSENT, a_person, kinds_of_events, refused, sent


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
