"""A record rises on evidence for which somebody else vouches."""

import pytest

from shared.auth import Kind
from tests.conftest import once
from tests.registry.api.factories import ABSENT, a_person, kinds_of_events, refused, sent

LETTER = {
    "evidence_kind": "village_letter",
    "reference": "SK-12/2026",
    "attested_by": ABSENT,
    "attested_on": "2026-01-02",
}


@pytest.fixture
def app(registry):
    return registry.client(Kind.MOBILE_BACKEND, id="app-a")


async def test_a_letter_raises_the_record_once(app, registry):
    person = await a_person(app)
    path = f"/people/{person}/verifications"
    made = await sent(app, path, LETTER)
    assert (made["level"], made["reference"]) == ("village_attested", "SK-12/2026")
    assert (await app.get(f"/people/{person}")).json()["verification_level"] == "village_attested"
    again = await app.post(path, json=LETTER, headers=once())
    refused(again, 409, "verification-not-higher")
    assert (await app.get(path)).json()["items"] == [made]
    assert (await kinds_of_events(registry))[1:] == ["person.verified"]


async def test_nobody_vouches_for_themselves(app):
    person = await a_person(app)
    reply = await app.post(
        f"/people/{person}/verifications", json={**LETTER, "attested_by": person}, headers=once()
    )
    refused(reply, 409, "self-attestation")


async def test_a_relative_does_not_vouch_from_whichever_side_the_pair_was_recorded(app):
    first, second = await a_person(app), await a_person(app)
    await sent(app, f"/people/{first}/relatives", {"relative_id": second})
    for subject, attestor in ((first, second), (second, first)):
        reply = await app.post(
            f"/people/{subject}/verifications",
            json={**LETTER, "attested_by": attestor},
            headers=once(),
        )
        refused(reply, 409, "attestation-by-kin")


async def test_evidence_is_not_from_the_future(app):
    person = await a_person(app)
    reply = await app.post(
        f"/people/{person}/verifications",
        json={**LETTER, "attested_on": "2199-01-01"},
        headers=once(),
    )
    refused(reply, 409, "evidence-from-the-future")


@pytest.mark.parametrize("evidence", ["siskop2mi_record", "dukcapil_match"])
async def test_only_services_and_ministries_record_a_match_with_a_state_register(
    app, registry, evidence
):
    person = await a_person(app)
    path, body = f"/people/{person}/verifications", {**LETTER, "evidence_kind": evidence}
    refused(await app.post(path, json=body, headers=once()), 403, "forbidden")
    await sent(registry.client(Kind.MINISTRY_ANALYST), path, body)


@pytest.mark.parametrize("reference", ["5202025403880001", "KK no. 5202025403880001 halaman 2"])
async def test_a_reference_never_holds_a_nik(app, reference):
    person = await a_person(app)
    body = {**LETTER, "reference": reference}
    reply = await app.post(f"/people/{person}/verifications", json=body, headers=once())
    (error,) = refused(reply, 422, "invalid-request")["errors"]
    assert error["pointer"] == "/body/reference"
    assert "5202025403880001" not in reply.text
