"""A person's record is corrected field by field, and the NIK with all that hangs on it."""

import pytest

from shared.auth import Kind
from tests.conftest import once
from tests.registry.api.factories import ABSENT, NEXT_VILLAGE, VILLAGE, a_person, refused, sent

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


@pytest.mark.parametrize("born", ["2199-01-01", "1900-01-01"])
async def test_a_birth_is_not_still_to_come(app, born):
    body = {"full_name": "Agus", "sex": "male", "birth_date": born}
    reply = await app.post("/people", json=body, headers=once())
    if born < "2000":
        assert reply.status_code == 201
        return
    refused(reply, 409, "contradictory-facts")
    person = await a_person(app)
    reply = await app.patch(f"/people/{person}", json={"birth_date": born}, headers=SEEN)
    (one,) = refused(reply, 409, "contradictory-facts")["contradictions"]
    assert (one["field"], one["code"]) == ("birth_date", "in_the_future")


async def test_a_birth_is_not_moved_past_a_departure(app):
    person = await a_person(app)
    stay = {"country": "HK", "departed_on": "2014-02-10"}
    await sent(app, f"/people/{person}/placements", stay)
    for born, status in (("2014-02-10", 409), ("2014-02-09", 200)):
        reply = await app.patch(
            f"/people/{person}", json={"birth_date": born}, headers={"If-Match": '"2"'}
        )
        assert reply.status_code == status


async def test_the_warnings_follow_what_the_nik_is_compared_with(app):
    person = await a_person(app, person_nik=NIK, birth_date="1990-01-01", sex="male")
    path = f"/people/{person}"
    codes = []
    for version, edit in enumerate(
        ({}, {"birth_date": "1988-03-14"}, {"sex": "female"}, {"birth_date": None}), 1
    ):
        reply = await app.patch(path, json=edit, headers={"If-Match": f'"{version}"'})
        codes.append([one["code"] for one in reply.json()["nik_warnings"]])
    both = ["sex_mismatch", "birth_date_mismatch"]
    assert codes == [both, ["sex_mismatch"], [], []]
    assert await found(app, NIK) == person


async def test_a_nik_is_no_identifier(app):
    body = {"full_name": "Siti", "sex": "female", "external_id": NIK, "person_nik": NIK}
    reply = await app.post("/people", json=body, headers=once())
    assert NIK not in reply.text
    refused(reply, 409, "nik-as-identifier")
    person = await a_person(app, external_id=NIK)
    reply = await app.patch(f"/people/{person}", json={"person_nik": NIK}, headers=SEEN)
    refused(reply, 409, "nik-as-identifier")


async def test_a_matched_identity_is_corrected_by_an_authority_alone(app, registry):
    person = await a_person(app, person_nik=NIK)
    match = {
        "evidence_kind": "dukcapil_match",
        "reference": "DKB-1",
        "attested_by": ABSENT,
        "attested_on": "2026-01-02",
    }
    ministry = registry.client(Kind.MINISTRY_ANALYST)
    await sent(ministry, f"/people/{person}/verifications", match)
    path, seen = f"/people/{person}", {"If-Match": '"2"'}
    for edit in (
        {"person_nik": OTHER},
        {"person_nik": None},
        {"full_name": "Somebody Else"},
        {"birth_date": "1988-03-15"},
        {"sex": "male"},
    ):
        refused(await app.patch(path, json=edit, headers=seen), 403, "identity-matched")
    same = {"full_name": "Siti Rahmawati", "person_nik": NIK, "sex": "female", "married": True}
    assert (await app.patch(path, json=same, headers=seen)).status_code == 200
    edit, seen = {"full_name": "Siti Rahmawaty"}, {"If-Match": '"3"'}
    assert (await ministry.patch(path, json=edit, headers=seen)).status_code == 200


async def test_a_death_that_was_a_mistake_is_mended_by_an_authority(app, registry):
    person = await a_person(app)
    await sent(app, f"/people/{person}/migration-steps", {"event": "record_death"}, 200)
    path, edit, seen = f"/people/{person}", {"migration_status": "returned"}, {"If-Match": '"2"'}
    refused(await app.patch(path, json=edit, headers=seen), 403, "forbidden")
    reply = await registry.client(Kind.MINISTRY_ANALYST).patch(path, json=edit, headers=seen)
    assert (reply.status_code, reply.json()["migration_status"]) == (200, "returned")
