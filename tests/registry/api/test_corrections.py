"""A person's record is corrected field by field, and the NIK with all that hangs on it."""

import pytest

from shared.auth import Kind
from tests.registry.api.factories import NEXT_VILLAGE, VILLAGE, a_person, refused

NIK, OTHER = "5202025403880001", "5202025403880002"
SEEN = {"If-Match": '"1"'}


@pytest.fixture
def app(registry):
    return registry.client(Kind.MOBILE_BACKEND, id="app-a")


async def found(app, nik):
    body = {"person_nik": nik, "purpose": "registration"}
    reply = await app.post("/people/lookup", json=body)
    return reply.json().get("id")


async def test_a_corrected_nik_is_found_and_the_old_one_is_not(app):
    person = await a_person(app, person_nik=NIK)
    reply = await app.patch(f"/people/{person}", json={"person_nik": OTHER}, headers=SEEN)
    assert reply.status_code == 200
    assert (await found(app, OTHER), await found(app, NIK)) == (person, None)


async def test_a_nik_can_be_removed_and_given_to_the_right_person(app):
    wrong = await a_person(app, person_nik=NIK)
    reply = await app.patch(f"/people/{wrong}", json={"person_nik": None}, headers=SEEN)
    assert reply.json()["has_nik"] is False
    right = await a_person(app, person_nik=NIK)
    assert await found(app, NIK) == right


async def test_a_correction_cannot_take_the_nik_of_another(app):
    await a_person(app, person_nik=NIK)
    person = await a_person(app)
    reply = await app.patch(f"/people/{person}", json={"person_nik": NIK}, headers=SEEN)
    refused(reply, 409, "person-already-registered")


async def test_a_correction_names_a_village_that_exists(app):
    person = await a_person(app)
    edit = {"domicile_village_code": "52.02.02.2999"}
    reply = await app.patch(f"/people/{person}", json=edit, headers=SEEN)
    refused(reply, 409, "region-unknown")


async def test_an_external_id_is_used_once_by_each_client(app, registry):
    await a_person(app, external_id="7")
    body = {"full_name": "Agus", "sex": "male", "external_id": "7"}
    reply = await app.post("/people", json=body, headers={"Idempotency-Key": "second"})
    refused(reply, 409, "external-id-taken")
    await a_person(registry.client(Kind.MOBILE_BACKEND, id="app-b"), external_id="7")


async def test_people_are_listed_by_where_they_live(app):
    here = await a_person(app)
    await a_person(app, domicile_village_code=NEXT_VILLAGE)
    listed = (await app.get("/people", params={"domicile_village_code": VILLAGE})).json()
    assert [one["id"] for one in listed["items"]] == [here]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("0812 0001 0037", "+6281200010037"), ("+6281200010037", "+6281200010037"), ("12345", None)],
)
async def test_a_phone_number_is_kept_in_one_form(app, written, kept):
    body = {"full_name": "Agus", "sex": "male", "phone": written}
    reply = await app.post("/people", json=body, headers={"Idempotency-Key": "phone"})
    if kept is None:
        refused(reply, 422, "invalid-request")
    else:
        assert reply.json()["phone"] == kept
