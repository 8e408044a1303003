"""Stays abroad: kept as told, unless the dates cannot be true together."""

import pytest

from shared.auth import Kind
from tests.conftest import once
from tests.registry.api.factories import ABSENT, a_person, kinds_of_events, refused, sent

HONG_KONG = {
    "country": "HK",
    "sector": "informal",
    "departed_on": "2014-02-10",
    "returned_on": "2022-06-18",
    "return_reason": "contract_completed",
}


@pytest.fixture
def app(registry):
    return registry.client(Kind.MOBILE_BACKEND, id="app-a")


async def test_a_stay_is_recorded_listed_and_told_in_the_feed(app, registry):
    person = await a_person(app)
    made = await sent(app, f"/people/{person}/placements", HONG_KONG)
    assert {**made, **HONG_KONG} == made
    listed = (await app.get(f"/people/{person}/placements")).json()
    assert listed == {"items": [made], "next": None}
    assert await kinds_of_events(registry) == ["person.registered", "person.placement_recorded"]
    assert (await app.get(f"/people/{person}")).headers["etag"] == '"2"'


async def test_without_papers_the_country_is_enough(app):
    person = await a_person(app)
    made = await sent(
        app, f"/people/{person}/placements", {"country": "MY", "scheme": "undocumented"}
    )
    assert made["departed_on"] is None


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"country": "ID"}, ["country_unknown"]),
        ({"country": "XX"}, ["country_unknown"]),
        ({"returned_on": "2014-02-09"}, ["out_of_order"]),
        ({"returned_on": "2014-02-10"}, []),
        ({"departed_on": "1988-03-14"}, ["out_of_order"]),
        ({"departed_on": "1988-03-15"}, []),
        ({"departed_on": "2199-01-01", "returned_on": None}, ["in_the_future", "no_return"]),
    ],
)
async def test_dates_that_cannot_be_true_together_are_refused_by_name(app, changes, codes):
    person = await a_person(app)
    reply = await app.post(
        f"/people/{person}/placements", json={**HONG_KONG, **changes}, headers=once()
    )
    if not codes:
        assert reply.status_code == 201
        return
    problem = refused(reply, 409, "contradictory-facts")
    assert [one["code"] for one in problem["contradictions"]] == codes
    assert (await app.get(f"/people/{person}/placements")).json()["items"] == []


async def test_pages_of_stays_follow_each_other(app):
    person = await a_person(app)
    made = [
        (await sent(app, f"/people/{person}/placements", {"country": country}))["id"]
        for country in ("MY", "SG", "TW")
    ]
    first = (await app.get(f"/people/{person}/placements", params={"limit": 2})).json()
    query = {"limit": 2, "cursor": first["next"]}
    second = (await app.get(f"/people/{person}/placements", params=query)).json()
    assert [one["id"] for one in first["items"] + second["items"]] == made
    assert second["next"] is None


@pytest.mark.parametrize("below", ["placements", "verifications", "relatives"])
async def test_what_belongs_to_a_foreign_person_looks_like_that_of_an_absent_one(
    registry, app, below
):
    person = await a_person(app)
    stranger = registry.client(Kind.MOBILE_BACKEND, id="app-b")
    for id in (person, ABSENT):
        refused(await stranger.get(f"/people/{id}/{below}"), 404, "person-not-found")
    reply = await stranger.post(f"/people/{person}/placements", json=HONG_KONG, headers=once())
    refused(reply, 404, "person-not-found")


async def test_a_stay_is_told_anew_and_withdrawn(app, registry):
    person = await a_person(app)
    made = await sent(app, f"/people/{person}/placements", HONG_KONG)
    path = f"/people/{person}/placements/{made['id']}"
    told = {"country": "HK", "departed_on": "2014-02-10", "returned_on": "2023-06-18"}
    refused(await app.put(path, json=told), 428, "precondition-missing")
    reply = await app.put(path, json=told, headers={"If-Match": '"2"'})
    assert (reply.status_code, reply.headers["etag"]) == (200, '"3"')
    mended = {**made, "sector": None, "return_reason": None, **told}
    assert reply.json() == mended
    assert (await app.get(f"/people/{person}/placements")).json()["items"] == [mended]
    wrong = {**told, "returned_on": "2014-02-09"}
    reply = await app.put(path, json=wrong, headers={"If-Match": '"3"'})
    refused(reply, 409, "contradictory-facts")
    for reply in (
        await app.put(path, json=told, headers={"If-Match": '"2"'}),
        await app.delete(path, headers={"If-Match": '"2"'}),
    ):
        refused(reply, 412, "precondition-failed")
    gone = await app.delete(path, headers={"If-Match": '"3"'})
    assert (gone.status_code, gone.json()["version"]) == (200, 4)
    assert (await app.get(f"/people/{person}/placements")).json()["items"] == []
    assert (await kinds_of_events(registry))[2:] == [
        "person.placement_corrected",
        "person.placement_withdrawn",
    ]


async def test_a_stay_is_corrected_under_its_own_person(app, registry):
    person, other = await a_person(app), await a_person(app)
    made = await sent(app, f"/people/{person}/placements", HONG_KONG)
    under_another = f"/people/{other}/placements/{made['id']}"
    seen = {"If-Match": '"1"'}
    refused(await app.put(under_another, json=HONG_KONG, headers=seen), 404, "placement-not-found")
    refused(await app.delete(under_another, headers=seen), 404, "placement-not-found")
    stranger = registry.client(Kind.MOBILE_BACKEND, id="app-b")
    path = f"/people/{person}/placements/{made['id']}"
    refused(await stranger.put(path, json=HONG_KONG, headers=seen), 404, "person-not-found")
    refused(await stranger.delete(path, headers=seen), 404, "person-not-found")
