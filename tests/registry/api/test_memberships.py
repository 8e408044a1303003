"""Memberships: applied for once, decided by officers, never on themselves or their kin."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest

from shared.auth import Kind
from tests.conftest import Service, once
from tests.registry.api.factories import (
    ABSENT,
    NEXT_VILLAGE,
    a_cooperative,
    a_person,
    an_officer,
    kinds_of_events,
    refused,
    sent,
)


@dataclass
class Village:
    """A cooperative with a chair, and an app that speaks for one returnee."""

    registry: Service
    cooperative: str
    chair: httpx.AsyncClient
    chair_id: str
    app: httpx.AsyncClient
    person: str

    async def applied(self, person: str | None = None, client: httpx.AsyncClient | None = None):
        body = {"person_id": person or self.person, "cooperative_id": self.cooperative}
        made = await sent(client or self.app, "/memberships", body)
        return f"/memberships/{made['id']}"


@pytest.fixture
async def village(registry):
    service = registry.client()
    cooperative, chair_id = await a_cooperative(service), await a_person(service)
    app = registry.client(Kind.MOBILE_BACKEND, id="app-a")
    return Village(
        registry=registry,
        cooperative=cooperative,
        chair=await an_officer(registry, cooperative, chair_id),
        chair_id=chair_id,
        app=app,
        person=await a_person(app),
    )


async def step(client, path, event, **more):
    return await client.post(f"{path}/steps", json={"event": event, **more}, headers=once())


async def test_an_application_is_approved_and_its_story_told(village):
    path = await village.applied()
    approved = await step(village.chair, path, "approve", reason="domiciled here")
    assert (approved.status_code, approved.json()["status"]) == (200, "active")
    assert approved.headers["etag"] == '"2"'
    story = (await village.app.get(path)).json()
    told = [(one["event"], one["status"], one["officer_id"]) for one in story["steps"]]
    assert told == [("apply", "applied", None), ("approve", "active", village.chair_id)]
    assert story["steps"][1]["reason"] == "domiciled here"
    assert (await kinds_of_events(village.registry))[-2:] == [
        "membership.applied",
        "membership.approve",
    ]


async def test_a_whole_life(village):
    path = await village.applied()
    for client, event, status in (
        (village.chair, "approve", "active"),
        (village.chair, "suspend", "suspended"),
        (village.chair, "reinstate", "active"),
        (village.app, "resign", "resigned"),
    ):
        assert (await step(client, path, event)).json()["status"] == status
    problem = refused(await step(village.chair, path, "approve"), 409, "illegal-transition")
    assert problem["allowed"] == []
    again = await village.applied()
    assert (await step(village.chair, again, "reject")).json()["status"] == "rejected"
    third = await village.applied()
    await step(village.chair, third, "approve")
    assert (await step(village.chair, third, "expel")).json()["status"] == "expelled"


@pytest.mark.parametrize("ktp", [NEXT_VILLAGE, None])
async def test_a_refusal_names_reason_source_confidence_and_a_way_out(village, ktp):
    outside = await a_person(village.app, ktp_village_code=ktp)
    body = {"person_id": outside, "cooperative_id": village.cooperative}
    problem = refused(
        await village.app.post("/memberships", json=body, headers=once()), 409, "not-admissible"
    )
    (reason,) = problem["reasons"]
    assert reason["source"]["confidence"] == "press"
    assert reason["source"]["regulation"] == "Juklak Menkop 1/2025"
    assert reason["remedy"]


@pytest.mark.parametrize(
    ("status", "admits"), [("forming", True), ("dormant", False), ("dissolved", False)]
)
async def test_only_some_cooperatives_take_members_in(village, status, admits):
    cooperative = await a_cooperative(village.registry.client(), status=status)
    body = {"person_id": village.person, "cooperative_id": cooperative}
    reply = await village.app.post("/memberships", json=body, headers=once())
    if admits:
        assert reply.status_code == 201
    else:
        problem = refused(reply, 409, "cooperative-not-admitting")
        assert (problem["status"], problem["current_status"]) == (409, status)


async def test_nobody_joins_in_the_name_of_the_dead(village):
    dead = {"event": "record_death"}
    await sent(village.app, f"/people/{village.person}/migration-steps", dead, 200)
    body = {"person_id": village.person, "cooperative_id": village.cooperative}
    reply = await village.app.post("/memberships", json=body, headers=once())
    refused(reply, 409, "applicant-deceased")


async def _dies(village):
    dead = {"event": "record_death"}
    await sent(village.app, f"/people/{village.person}/migration-steps", dead, 200)


async def _moves_the_ktp(village):
    edit = {"ktp_village_code": NEXT_VILLAGE}
    path, seen = f"/people/{village.person}", {"If-Match": '"1"'}
    assert (await village.app.patch(path, json=edit, headers=seen)).status_code == 200


async def _the_cooperative_lapses(village):
    path = f"/cooperatives/{village.cooperative}/steps"
    await sent(village.registry.client(), path, {"event": "lapse"}, 200)


@pytest.mark.parametrize(
    ("happens", "slug"),
    [
        (_dies, "applicant-deceased"),
        (_moves_the_ktp, "not-admissible"),
        (_the_cooperative_lapses, "cooperative-not-admitting"),
    ],
)
async def test_an_approval_asks_again_what_the_application_was_asked(village, happens, slug):
    path = await village.applied()
    await happens(village)
    refused(await step(village.chair, path, "approve"), 409, slug)
    assert (await village.app.get(path)).json()["status"] == "applied"
    assert (await step(village.chair, path, "reject")).json()["status"] == "rejected"


async def test_an_approval_and_a_death_at_once_take_in_nobody_who_is_dead(village):
    path = await village.applied()
    approval, _ = await asyncio.gather(step(village.chair, path, "approve"), _dies(village))
    kinds = await kinds_of_events(village.registry)
    if approval.status_code == 200:
        assert kinds.index("membership.approve") < kinds.index("person.record_death")
    else:
        refused(approval, 409, "applicant-deceased")


async def test_one_application_lives_at_a_time(village):
    path = await village.applied()
    body = {"person_id": village.person, "cooperative_id": village.cooperative}
    reply = await village.app.post("/memberships", json=body, headers=once())
    refused(reply, 409, "membership-exists")
    await step(village.app, path, "resign")
    await village.applied()


async def test_twenty_applications_at_once_make_one_membership(village):
    body = {"person_id": village.person, "cooperative_id": village.cooperative}
    replies = await asyncio.gather(
        *(village.app.post("/memberships", json=body, headers=once()) for _ in range(20))
    )
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 19
    assert (await kinds_of_events(village.registry)).count("membership.applied") == 1


async def test_two_approvals_at_once_make_one_step(village):
    path = await village.applied()
    replies = await asyncio.gather(
        step(village.chair, path, "approve"), step(village.chair, path, "approve")
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    story = (await village.app.get(path)).json()
    assert [one["event"] for one in story["steps"]] == ["apply", "approve"]
    assert (await kinds_of_events(village.registry)).count("membership.approve") == 1


async def test_an_officer_does_not_decide_on_themselves(village):
    path = await village.applied(village.chair_id, village.registry.client())
    for event in ("approve", "reject"):
        refused(await step(village.chair, path, event), 403, "own-membership")


async def test_an_officer_does_not_decide_on_a_close_relative(village):
    body = {"relative_id": village.chair_id}
    service = village.registry.client()
    await sent(service, f"/people/{village.person}/relatives", body)
    path = await village.applied()
    refused(await step(village.chair, path, "approve"), 403, "close-relative")
    other = await an_officer(
        village.registry, village.cooperative, await a_person(service), position="sekretaris"
    )
    assert (await step(other, path, "approve")).status_code == 200


@pytest.mark.parametrize("event", ["approve", "reject", "suspend", "reinstate", "expel"])
async def test_the_members_app_only_resigns(village, event):
    path = await village.applied()
    refused(await step(village.app, path, event), 403, "step-of-the-other-party")


async def test_an_officer_does_not_resign_for_a_member(village):
    path = await village.applied()
    refused(await step(village.chair, path, "resign"), 403, "step-of-the-other-party")


@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.MINISTRY_ANALYST, Kind.AUDITOR, Kind.LENDER])
async def test_nobody_else_moves_a_membership(village, kind):
    path = await village.applied()
    for event in ("approve", "resign"):
        reply = await step(village.registry.client(kind), path, event)
        refused(reply, 403, "forbidden")


async def test_a_serving_officer_stands_behind_every_decision(village):
    path = await village.applied()
    service = village.registry.client()
    former = await an_officer(
        village.registry, village.cooperative, await a_person(service), until="2025-12-31"
    )
    coming = await an_officer(
        village.registry, village.cooperative, await a_person(service), since="2199-01-01"
    )
    here = UUID(village.cooperative)
    nobody = village.registry.client(Kind.COOPERATIVE_OFFICER, cooperative_id=here)
    member = village.registry.client(
        Kind.COOPERATIVE_OFFICER, cooperative_id=here, person_id=UUID(village.person)
    )
    for client in (former, coming, nobody, member):
        refused(await step(client, path, "approve"), 403, "not-an-officer")


async def test_an_officer_of_another_cooperative_sees_and_decides_nothing(village):
    path = await village.applied()
    service = village.registry.client()
    elsewhere = await a_cooperative(service)
    stranger = await an_officer(village.registry, elsewhere, await a_person(service))
    refused(await stranger.get(path), 404, "membership-not-found")
    refused(await step(stranger, path, "approve"), 404, "membership-not-found")


async def test_who_registered_a_member_elsewhere_still_does_not_decide_there(village):
    service = village.registry.client()
    elsewhere = await a_cooperative(service)
    registrar = await an_officer(village.registry, elsewhere, await a_person(service))
    person = await a_person(registrar)
    path = await village.applied(person, registrar)
    refused(await step(registrar, path, "approve"), 403, "not-an-officer")


async def test_a_foreign_membership_looks_exactly_like_an_absent_one(village):
    path = await village.applied()
    stranger = village.registry.client(Kind.MOBILE_BACKEND, id="app-b")
    for address in (path, f"/memberships/{ABSENT}"):
        refused(await stranger.get(address), 404, "membership-not-found")
        refused(await step(stranger, address, "resign"), 404, "membership-not-found")
    assert (await stranger.get("/memberships")).json()["items"] == []


async def test_the_list_is_filtered_and_shows_only_what_the_caller_may_see(village):
    first = (await village.applied()).rpartition("/")[2]
    other_app = village.registry.client(Kind.MOBILE_BACKEND, id="app-b")
    neighbour = await a_person(other_app)
    second = (await village.applied(neighbour, other_app)).rpartition("/")[2]

    async def listed(client, **query):
        reply = await client.get("/memberships", params=query)
        return [item["id"] for item in reply.json()["items"]]

    assert await listed(village.app) == [first]
    assert await listed(other_app) == [second]
    assert await listed(village.chair, cooperative_id=village.cooperative) == [first, second]
    assert await listed(village.chair, person_id=neighbour) == [second]
    assert await listed(village.registry.client(Kind.AUDITOR)) == [first, second]
    assert await listed(
        village.chair, person_id=neighbour, cooperative_id=village.cooperative
    ) == [second]
    assert await listed(village.app, cooperative_id=ABSENT) == []


async def test_only_the_own_app_and_services_apply_for_a_person(village):
    body = {"person_id": village.person, "cooperative_id": village.cooperative}
    stranger = village.registry.client(Kind.MOBILE_BACKEND, id="app-b")
    reply = await stranger.post("/memberships", json=body, headers=once())
    refused(reply, 404, "person-not-found")
    for kind in (Kind.MINISTRY_ANALYST, Kind.AUDITOR, Kind.LENDER):
        reply = await village.registry.client(kind).post("/memberships", json=body, headers=once())
        refused(reply, 403, "forbidden")
    absent = {**body, "cooperative_id": ABSENT}
    reply = await village.app.post("/memberships", json=absent, headers=once())
    refused(reply, 404, "cooperative-not-found")


@pytest.mark.parametrize(
    ("steps", "open_to_it"),
    [
        ([], True),
        (["approve"], True),
        (["approve", "suspend"], True),
        (["reject"], False),
        (["approve", "expel"], False),
        (["resign"], False),
    ],
)
async def test_a_record_is_open_to_the_cooperative_while_the_membership_lives(
    village, steps, open_to_it
):
    path = await village.applied()
    for event in steps:
        client = village.app if event == "resign" else village.chair
        assert (await step(client, path, event)).status_code == 200
    person = f"/people/{village.person}"
    for reply in (
        await village.chair.get(person),
        await village.chair.patch(
            person, json={"phone": "0812 0001 0037"}, headers={"If-Match": '"1"'}
        ),
    ):
        if open_to_it:
            assert reply.status_code == 200
        else:
            refused(reply, 404, "person-not-found")
    assert (await village.chair.get(path)).status_code == 200
    assert (await village.app.get(person)).status_code == 200
