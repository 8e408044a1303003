"""Seats and what the guides object to: shown with their source, stopping nothing."""

from uuid import UUID

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
def analyst(registry):
    return registry.client(Kind.MINISTRY_ANALYST)


def seat(person, **changes):
    return {
        "person_id": person,
        "board": "pengurus",
        "position": "ketua",
        "since": "2024-02-01",
        **changes,
    }


async def test_a_seat_is_taken_listed_and_left(analyst, registry):
    id = await a_cooperative(analyst)
    path = f"/cooperatives/{id}/officers"
    made = await sent(analyst, path, seat(await a_person(analyst)))
    ended = await sent(analyst, f"{path}/{made['id']}/end", {"until": "2024-02-01"}, 200)
    assert ended == {**made, "until": "2024-02-01"}
    assert (await analyst.get(path)).json() == {"items": [ended], "next": None}
    assert (await kinds_of_events(registry))[2:] == [
        "cooperative.officer_seated",
        "cooperative.office_ended",
    ]


async def test_a_term_does_not_end_before_it_begins(analyst):
    path = f"/cooperatives/{await a_cooperative(analyst)}/officers"
    person = await a_person(analyst)
    reply = await analyst.post(path, json=seat(person, until="2024-01-31"), headers=once())
    refused(reply, 409, "contradictory-facts")
    made = await sent(analyst, path, seat(person))
    reply = await analyst.post(
        f"{path}/{made['id']}/end", json={"until": "2024-01-31"}, headers=once()
    )
    refused(reply, 409, "contradictory-facts")


async def test_a_seat_of_another_cooperative_is_not_ended_here(analyst):
    here, there = await a_cooperative(analyst), await a_cooperative(analyst)
    made = await sent(analyst, f"/cooperatives/{there}/officers", seat(await a_person(analyst)))
    for seat_id in (made["id"], ABSENT):
        reply = await analyst.post(
            f"/cooperatives/{here}/officers/{seat_id}/end",
            json={"until": "2025-01-01"},
            headers=once(),
        )
        refused(reply, 404, "officer-not-found")


async def test_only_a_person_whom_the_caller_sees_takes_a_seat(analyst, registry):
    id = await a_cooperative(analyst)
    path = f"/cooperatives/{id}/officers"
    refused(await analyst.post(path, json=seat(ABSENT), headers=once()), 404, "person-not-found")
    chair = await an_officer(registry, id, await a_person(analyst))
    stranger = await a_person(registry.client(Kind.MOBILE_BACKEND, id="app-a"))
    refused(await chair.post(path, json=seat(stranger), headers=once()), 404, "person-not-found")


async def test_findings_name_their_source_and_how_sure_we_are(analyst):
    id = await a_cooperative(analyst)
    first, second = await a_person(analyst), await a_person(analyst)
    await sent(analyst, f"/people/{first}/relatives", {"relative_id": second})
    path = f"/cooperatives/{id}/officers"
    await sent(analyst, path, seat(first, village_office="kades"))
    await sent(analyst, path, seat(second, board="pengawas", position="anggota"))
    found = (await analyst.get(f"/cooperatives/{id}/findings")).json()
    by_code = {one["code"]: one for one in found["officers"]}
    assert set(by_code) == {
        "officers_related",
        "pengurus_in_village_office",
        "pengawas_count",
        "pengawas_chair",
    }
    assert by_code["officers_related"]["people"] == sorted([first, second])
    assert by_code["officers_related"]["source"]["confidence"] == "press"
    assert {one["code"] for one in found["certificate"]} == {
        "certificate_missing",
        "certificate_rats",
    }
    assert {one["source"]["regulation"] for one in found["rats"]} == {"UU 25/1992"}


async def test_findings_name_people_only_to_those_who_may_see_them(analyst, registry):
    id = await a_cooperative(analyst)
    chair = await an_officer(registry, id, await a_person(analyst), village_office="kades")

    async def named(client):
        found = (await client.get(f"/cooperatives/{id}/findings")).json()["officers"]
        return next(one["people"] for one in found if one["code"] == "pengurus_in_village_office")

    assert len(await named(analyst)) == len(await named(chair)) == 1
    other = registry.client(Kind.COOPERATIVE_OFFICER, cooperative_id=UUID(ABSENT))
    for client in (other, registry.client(Kind.LENDER), registry.client(Kind.MOBILE_BACKEND)):
        assert await named(client) == []


async def test_other_kinds_of_cooperative_have_no_finding_on_their_boards(analyst):
    id = await a_cooperative(analyst, kind="migrant_worker")
    await sent(
        analyst,
        f"/cooperatives/{id}/officers",
        seat(await a_person(analyst), village_office="kades"),
    )
    assert (await analyst.get(f"/cooperatives/{id}/findings")).json()["officers"] == []
