"""Cooperatives: read by all, written by authorities and by their own officers."""

import asyncio
from uuid import UUID

import pytest

from shared.auth import Kind
from tests.conftest import once
from tests.registry.api.factories import (
    ABSENT,
    NEXT_VILLAGE,
    VILLAGE,
    a_cooperative,
    a_person,
    an_officer,
    kinds_of_events,
    refused,
    sent,
)

NEW = {
    "external_id": "COOP-LPDB",
    "kind": "migrant_worker",
    "name": "Koperasi Purna Migran Lombok Mandiri",
    "status": "active",
    "legal_entity_no": "AHU-0001121.AH.01.26.TAHUN 2024",
    "legal_entity_on": "2024-02-12",
    "coop_registry_no": "5202040010001",
    "certificate_valid_until": "2027-04-30",
    "founded_on": "2024-01-17",
    "village_codes": [NEXT_VILLAGE, VILLAGE],
    "has_usp": False,
    "microsite_url": "https://purnamigran-lombok.kopdes.example",
    "npwp": "0001520209176421",
    "nib": "0407010007351",
    "health_grade": "cukup_sehat",
}


@pytest.fixture
def analyst(registry):
    return registry.client(Kind.MINISTRY_ANALYST)


async def test_a_registered_cooperative_is_read_back_by_anybody_who_may_read(analyst, registry):
    made = await sent(analyst, "/cooperatives", NEW)
    reader = registry.client(Kind.LENDER, id="bank", scopes=frozenset({"cooperatives:read"}))
    read = await reader.get(f"/cooperatives/{made['id']}")
    assert (read.json(), read.headers["etag"]) == (made, '"1"')
    assert {**made, **NEW, "village_codes": [VILLAGE, NEXT_VILLAGE]} == made
    assert made["rats"] == made["figures"] == []
    assert await kinds_of_events(registry) == ["cooperative.registered"]


async def test_an_absent_cooperative_is_not_found_anywhere(analyst):
    for path in ("", "/officers", "/findings"):
        reply = await analyst.get(f"/cooperatives/{ABSENT}{path}")
        refused(reply, 404, "cooperative-not-found")
    reply = await analyst.post(
        f"/cooperatives/{ABSENT}/steps", json={"event": "lapse"}, headers=once()
    )
    refused(reply, 404, "cooperative-not-found")


@pytest.mark.parametrize(
    ("same", "slug"),
    [("coop_registry_no", "coop-registry-no-taken"), ("external_id", "external-id-taken")],
)
async def test_numbers_are_unique(analyst, same, slug):
    await sent(analyst, "/cooperatives", NEW)
    second = {**NEW, "external_id": "OTHER", "coop_registry_no": "1", same: NEW[same]}
    refused(await analyst.post("/cooperatives", json=second, headers=once()), 409, slug)


async def test_a_correction_cannot_take_the_number_of_another(analyst):
    await sent(analyst, "/cooperatives", NEW)
    other = await a_cooperative(analyst)
    reply = await analyst.patch(
        f"/cooperatives/{other}",
        json={"coop_registry_no": NEW["coop_registry_no"]},
        headers={"If-Match": '"1"'},
    )
    refused(reply, 409, "coop-registry-no-taken")


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"founded_on": "2199-01-01", "legal_entity_on": None}, ["in_the_future"]),
        ({"legal_entity_on": "2024-01-16"}, ["out_of_order"]),
        ({"legal_entity_on": "2199-01-01"}, ["in_the_future"]),
    ],
)
async def test_the_dates_of_a_founding_agree(analyst, changes, codes):
    reply = await analyst.post("/cooperatives", json={**NEW, **changes}, headers=once())
    problem = refused(reply, 409, "contradictory-facts")
    assert [one["code"] for one in problem["contradictions"]] == codes


async def test_a_village_exists_and_is_listed_once(analyst):
    unknown = {**NEW, "village_codes": ["52.02.02.2999"]}
    refused(
        await analyst.post("/cooperatives", json=unknown, headers=once()), 409, "region-unknown"
    )
    twice = {**NEW, "village_codes": [VILLAGE, VILLAGE]}
    refused(
        await analyst.post("/cooperatives", json=twice, headers=once()), 422, "invalid-request"
    )


async def test_the_list_is_filtered_by_village_and_kind(analyst):
    here = await a_cooperative(analyst)
    there = await a_cooperative(analyst, village_codes=[NEXT_VILLAGE])
    migrants = await a_cooperative(
        analyst, kind="migrant_worker", village_codes=[VILLAGE, NEXT_VILLAGE]
    )

    async def listed(**query):
        reply = await analyst.get("/cooperatives", params=query)
        return [item["id"] for item in reply.json()["items"]]

    assert await listed() == [here, there, migrants]
    assert await listed(village_code=VILLAGE) == [here, migrants]
    assert await listed(kind="kopdes") == [here, there]
    assert await listed(village_code=NEXT_VILLAGE, kind="migrant_worker") == [migrants]
    first = (await analyst.get("/cooperatives", params={"limit": 2})).json()
    assert await listed(limit=2, cursor=first["next"]) == [migrants]


async def test_a_correction_needs_the_version_that_was_read(analyst, registry):
    id = await a_cooperative(analyst)
    path = f"/cooperatives/{id}"
    refused(await analyst.patch(path, json={"npwp": None}), 428, "precondition-missing")
    good = await analyst.patch(
        path,
        json={"village_codes": [NEXT_VILLAGE], "name": "Koperasi Maron"},
        headers={"If-Match": '"1"'},
    )
    assert (good.status_code, good.headers["etag"]) == (200, '"2"')
    assert (good.json()["village_codes"], good.json()["name"]) == (
        [NEXT_VILLAGE],
        "Koperasi Maron",
    )
    stale = await analyst.patch(path, json={"name": "X"}, headers={"If-Match": '"1"'})
    refused(stale, 412, "precondition-failed")
    assert (await analyst.get(path)).json() == good.json()
    assert (await kinds_of_events(registry))[1:] == ["cooperative.corrected"]


async def test_a_founding_is_not_moved_past_a_meeting(analyst):
    id = await a_cooperative(analyst)
    await sent(analyst, f"/cooperatives/{id}/rats", {"book_year": 2024, "held_on": "2025-03-22"})
    reply = await analyst.patch(
        f"/cooperatives/{id}", json={"founded_on": "2025-01-01"}, headers={"If-Match": '"2"'}
    )
    refused(reply, 409, "contradictory-facts")


async def test_its_life_follows_the_table(analyst, registry):
    path = f"/cooperatives/{await a_cooperative(analyst, status='forming')}/steps"
    for event, status in (("incorporate", "active"), ("lapse", "dormant"), ("revive", "active")):
        assert (await sent(analyst, path, {"event": event}, 200))["status"] == status
    problem = refused(
        await analyst.post(path, json={"event": "strike_off"}, headers=once()),
        409,
        "illegal-transition",
    )
    assert (problem["status"], problem["current_status"]) == (409, "active")
    assert problem["allowed"] == ["lapse", "merge", "wind_up"]
    assert (await kinds_of_events(registry))[1:] == [
        "cooperative.incorporate",
        "cooperative.lapse",
        "cooperative.revive",
    ]


@pytest.mark.parametrize(
    ("book_year", "held_on", "codes"),
    [
        (2024, "2025-03-22", []),
        (2023, "2024-03-22", ["before_founding"]),
        (2024, "2024-12-31", ["book_year_open"]),
        (2024, "2025-01-01", []),
        (2100, "2101-03-01", ["in_the_future"]),
    ],
)
async def test_a_meeting_closes_a_book_year_that_has_ended(analyst, book_year, held_on, codes):
    path = f"/cooperatives/{await a_cooperative(analyst)}/rats"
    body = {"book_year": book_year, "held_on": held_on}
    reply = await analyst.post(path, json=body, headers=once())
    if codes:
        problem = refused(reply, 409, "contradictory-facts")
        assert [one["code"] for one in problem["contradictions"]] == codes
    else:
        assert reply.status_code == 201
        assert reply.json()["rats"] == [body]


@pytest.mark.parametrize(
    ("book_year", "codes"),
    [(2023, ["before_founding"]), (2024, []), (2025, []), (2100, ["book_year_open"])],
)
async def test_figures_are_of_a_book_year_that_has_ended(analyst, book_year, codes):
    path = f"/cooperatives/{await a_cooperative(analyst)}/figures"
    body = {"book_year": book_year, "shu": -3_150_000, "equity": 41_800_000, "assets": 57_300_000}
    reply = await analyst.post(path, json=body, headers=once())
    if codes:
        problem = refused(reply, 409, "contradictory-facts")
        assert [one["code"] for one in problem["contradictions"]] == codes
    else:
        assert reply.status_code == 201
        assert reply.json()["figures"] == [body]


@pytest.mark.parametrize(
    ("below", "body"),
    [
        ("rats", {"book_year": 2024, "held_on": "2025-03-22"}),
        ("figures", {"book_year": 2024, "shu": 1, "equity": 1, "assets": 1}),
    ],
)
async def test_a_book_year_is_recorded_once_however_many_ask(analyst, registry, below, body):
    path = f"/cooperatives/{await a_cooperative(analyst)}/{below}"
    replies = await asyncio.gather(
        *(analyst.post(path, json=body, headers=once()) for _ in range(5))
    )
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409, 409]
    assert len(await kinds_of_events(registry)) == 2


async def test_its_officers_write_what_it_keeps_itself(analyst, registry):
    id = await a_cooperative(analyst)
    chair = await an_officer(registry, id, await a_person(analyst))
    await sent(chair, f"/cooperatives/{id}/rats", {"book_year": 2024, "held_on": "2025-03-22"})
    version = (await chair.get(f"/cooperatives/{id}")).headers["etag"]
    reply = await chair.patch(
        f"/cooperatives/{id}", json={"nib": "123"}, headers={"If-Match": version}
    )
    assert reply.json()["nib"] == "123"


@pytest.mark.parametrize(
    "edit", [{"health_grade": "sehat"}, {"coop_registry_no": "1"}, {"village_codes": []}]
)
async def test_its_officers_do_not_grant_it_anything(analyst, registry, edit):
    id = await a_cooperative(analyst)
    chair = await an_officer(registry, id, await a_person(analyst))
    reply = await chair.patch(f"/cooperatives/{id}", json=edit, headers={"If-Match": '"2"'})
    refused(reply, 403, "forbidden")
    reply = await chair.post(f"/cooperatives/{id}/steps", json={"event": "lapse"}, headers=once())
    refused(reply, 403, "forbidden")


async def test_officers_of_another_cooperative_and_apps_write_nothing(analyst, registry):
    id, other = await a_cooperative(analyst), await a_cooperative(analyst)
    rat = {"book_year": 2024, "held_on": "2025-03-22"}
    for client in (
        registry.client(Kind.COOPERATIVE_OFFICER, cooperative_id=UUID(other)),
        registry.client(Kind.COOPERATIVE_OFFICER),
        registry.client(Kind.MOBILE_BACKEND),
        registry.client(Kind.AUDITOR),
        registry.client(Kind.LENDER),
    ):
        reply = await client.post(f"/cooperatives/{id}/rats", json=rat, headers=once())
        refused(reply, 403, "forbidden")
        refused(await client.post("/cooperatives", json=NEW, headers=once()), 403, "forbidden")


RAT = {"book_year": 2024, "held_on": "2025-03-22"}
FIGURES = {"book_year": 2024, "shu": 1, "equity": 2, "assets": 3}
BOOKS = [
    ("rats", RAT, {"held_on": "2025-03-23"}, "rat"),
    ("figures", FIGURES, {"shu": -10, "equity": 20, "assets": 30}, "figures"),
]


@pytest.mark.parametrize(("below", "recorded", "edit", "noun"), BOOKS)
async def test_a_recorded_book_year_is_corrected_and_withdrawn(
    analyst, registry, below, recorded, edit, noun
):
    id = await a_cooperative(analyst)
    chair = await an_officer(registry, id, await a_person(analyst))
    await sent(chair, f"/cooperatives/{id}/{below}", recorded)
    path = f"/cooperatives/{id}/{below}/2024"
    refused(await chair.put(path, json=edit), 428, "precondition-missing")
    mended = await chair.put(path, json=edit, headers={"If-Match": '"3"'})
    assert (mended.status_code, mended.headers["etag"]) == (200, '"4"')
    assert mended.json()[below] == [{**recorded, **edit}]
    refused(
        await chair.put(path, json=edit, headers={"If-Match": '"3"'}), 412, "precondition-failed"
    )
    refused(await chair.delete(path, headers={"If-Match": '"3"'}), 412, "precondition-failed")
    gone = await chair.delete(path, headers={"If-Match": '"4"'})
    assert (gone.status_code, gone.headers["etag"], gone.json()[below]) == (200, '"5"', [])
    assert (await chair.get(f"/cooperatives/{id}")).json() == gone.json()
    for reply in (
        await chair.put(path, json=edit, headers={"If-Match": '"5"'}),
        await chair.delete(path, headers={"If-Match": '"5"'}),
    ):
        refused(reply, 404, "book-year-not-found")
    await sent(chair, f"/cooperatives/{id}/{below}", recorded)
    assert (await kinds_of_events(registry))[-3:] == [
        f"cooperative.{noun}_corrected",
        f"cooperative.{noun}_withdrawn",
        f"cooperative.{noun}_recorded",
    ]


async def test_a_corrected_meeting_still_closes_a_book_year_that_has_ended(analyst):
    id = await a_cooperative(analyst)
    await sent(analyst, f"/cooperatives/{id}/rats", RAT)
    for held_on, code in (("2024-12-31", "book_year_open"), ("2190-01-01", "in_the_future")):
        reply = await analyst.put(
            f"/cooperatives/{id}/rats/2024",
            json={"held_on": held_on},
            headers={"If-Match": '"2"'},
        )
        problem = refused(reply, 409, "contradictory-facts")
        assert [one["code"] for one in problem["contradictions"]] == [code]
    assert (await analyst.get(f"/cooperatives/{id}")).json()["rats"] == [RAT]


@pytest.mark.parametrize(("below", "recorded", "edit", "_"), BOOKS)
async def test_strangers_correct_no_book_year(analyst, registry, below, recorded, edit, _):
    id, other = await a_cooperative(analyst), await a_cooperative(analyst)
    await sent(analyst, f"/cooperatives/{id}/{below}", recorded)
    path, seen = f"/cooperatives/{id}/{below}/2024", {"If-Match": '"2"'}
    for client in (
        registry.client(Kind.COOPERATIVE_OFFICER, cooperative_id=UUID(other)),
        registry.client(Kind.MOBILE_BACKEND),
    ):
        refused(await client.put(path, json=edit, headers=seen), 403, "forbidden")
        refused(await client.delete(path, headers=seen), 403, "forbidden")


@pytest.mark.parametrize(
    ("year", "status"), [("1899", 422), ("1900", 404), ("2200", 404), ("2201", 422), ("2e3", 422)]
)
async def test_a_book_year_in_an_address_lies_where_the_contract_says(
    analyst, registry, year, status
):
    id = await a_cooperative(analyst)
    path = f"/cooperatives/{id}/rats/{year}"
    assert (await analyst.delete(path, headers={"If-Match": '"1"'})).status_code == status
    for below in ("rats", "figures"):
        address = registry.app.openapi()["paths"][f"/cooperatives/{{id}}/{below}/{{book_year}}"]
        for method in ("put", "delete"):
            (declared,) = [
                one for one in address[method]["parameters"] if one["name"] == "book_year"
            ]
            schema = declared["schema"]
            assert (schema["type"], schema["minimum"], schema["maximum"]) == (
                "integer",
                1900,
                2200,
            )
            assert not {"ge", "le"} & schema.keys()


async def test_of_two_corrections_of_a_book_year_one_wins(analyst):
    id = await a_cooperative(analyst)
    await sent(analyst, f"/cooperatives/{id}/figures", FIGURES)
    path, seen = f"/cooperatives/{id}/figures/2024", {"If-Match": '"2"'}
    replies = await asyncio.gather(
        *(
            analyst.put(path, json={"shu": n, "equity": n, "assets": n}, headers=seen)
            for n in range(5)
        )
    )
    assert sorted(reply.status_code for reply in replies) == [200, 412, 412, 412, 412]


async def test_a_founding_is_not_moved_past_a_year_with_figures(analyst):
    id = await a_cooperative(analyst)
    await sent(analyst, f"/cooperatives/{id}/figures", FIGURES)
    reply = await analyst.patch(
        f"/cooperatives/{id}", json={"founded_on": "2025-01-01"}, headers={"If-Match": '"2"'}
    )
    refused(reply, 409, "contradictory-facts")


async def test_an_authority_mends_a_step_that_was_a_mistake(analyst, registry):
    id = await a_cooperative(analyst)
    chair = await an_officer(registry, id, await a_person(analyst))
    await sent(analyst, f"/cooperatives/{id}/steps", {"event": "merge"}, 200)
    seen = {"If-Match": '"3"'}
    path, mended = f"/cooperatives/{id}", {"status": "active"}
    refused(await chair.patch(path, json=mended, headers=seen), 403, "forbidden")
    reply = await analyst.patch(path, json=mended, headers=seen)
    assert (reply.status_code, reply.json()["status"]) == (200, "active")
