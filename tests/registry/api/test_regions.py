"""The map over HTTP: what exists, what went out of use, and what a NIK says of it."""

import pytest

from tests.registry.api.factories import refused


@pytest.fixture
def reader(registry):
    return registry.client(scopes=frozenset({"regions:read"}))


async def test_a_region_is_found_by_its_code(reader):
    told = (await reader.get("/regions/52.02.02.2001")).json()
    assert (told["code"], told["level"], told["parent_code"]) == ("52.02.02.2001", 4, "52.02.02")


async def test_a_code_that_went_out_of_use_names_its_successor(reader):
    problem = refused(await reader.get("/regions/92.04"), 410, "region-retired")
    assert problem["replaced_by"] == {"code": "96.02", "name": "Kabupaten Sorong Selatan"}


async def test_a_code_that_never_was_is_not_found(reader):
    refused(await reader.get("/regions/52.99"), 404, "region-not-found")


@pytest.mark.parametrize(
    "code", ["5202", "52.2", "52.02.02.2001.1", "\uff15\uff12", "52.02.02.201"]
)
async def test_a_code_is_written_as_the_ministry_writes_it(reader, code):
    refused(await reader.get(f"/regions/{code}"), 422, "invalid-request")


async def test_the_list_begins_with_the_provinces_and_goes_down(reader):
    provinces = (await reader.get("/regions", params={"limit": 100})).json()
    assert len(provinces["items"]) == 38
    assert provinces["next"] is None
    below = (await reader.get("/regions", params={"parent": "52.02.02"})).json()["items"]
    assert {one["parent_code"] for one in below} == {"52.02.02"}


async def test_a_name_is_searched_for_literally(reader):
    found = (await reader.get("/regions", params={"name": "Lombok"})).json()["items"]
    assert "52.02" in [one["code"] for one in found]
    assert all("lombok" in one["name"].lower() for one in found)
    for pattern in ("%%%", "___", "\\\\\\"):
        reply = await reader.get("/regions", params={"name": pattern})
        assert (reply.status_code, reply.json()["items"]) == (200, [])


async def test_a_name_is_searched_for_within_a_region_at_any_depth(reader):
    query = {"name": "lombok", "parent": "52"}
    found = (await reader.get("/regions", params=query)).json()["items"]
    everywhere = (await reader.get("/regions", params={"name": "lombok"})).json()["items"]
    assert found == [one for one in everywhere if one["code"].startswith("52.")]
    assert {one["level"] for one in found} > {2}
    elsewhere = (await reader.get("/regions", params=query | {"parent": "35"})).json()["items"]
    assert {one["code"][:3] for one in elsewhere} == {"35."}


async def test_a_parent_exists_and_is_in_use(reader):
    for query in ({"parent": "92.04"}, {"parent": "92.04", "name": "sorong"}):
        refused(await reader.get("/regions", params=query), 410, "region-retired")
    refused(await reader.get("/regions", params={"parent": "52.99"}), 404, "region-not-found")
    village = (await reader.get("/regions", params={"parent": "52.02.02.2001"})).json()
    assert village == {"items": [], "next": None}


async def test_what_a_nik_claims_is_read_with_its_warnings(reader):
    body = {"person_nik": "5202025403880001", "declared_birth_date": "1988-03-15"}
    reply = await reader.post("/nik-readings", json=body)
    told = reply.json()
    assert (told["kabkota_code"], told["sex"]) == ("52.02", "female")
    assert told["birth_dates"] == ["1988-03-14"]
    assert len(told["warnings"]) == 1
    assert body["person_nik"] not in reply.text
