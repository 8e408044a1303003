"""People and cooperatives that are valid unless a test says otherwise, made over HTTP."""

from uuid import UUID

import httpx

from shared.auth import Kind
from tests.conftest import Service, once

VILLAGE, NEXT_VILLAGE = "52.02.02.2001", "52.02.02.2002"
ABSENT = "01938d5e-0000-7000-8000-000000000000"


async def sent(client: httpx.AsyncClient, path: str, body: dict, status: int = 201):
    """Send a body under a fresh key and return the answer, which has this status."""
    reply = await client.post(path, json=body, headers=once())
    assert reply.status_code == status, reply.text
    return reply.json()


async def a_person(client: httpx.AsyncClient, **changes) -> str:
    """Return the id of a person whose KTP shows `VILLAGE`."""
    body = {
        "full_name": "Siti Rahmawati",
        "sex": "female",
        "birth_date": "1988-03-14",
        "ktp_village_code": VILLAGE,
        "domicile_village_code": VILLAGE,
    }
    return (await sent(client, "/people", {**body, **changes}))["id"]


async def a_cooperative(client: httpx.AsyncClient, **changes) -> str:
    """Return the id of an active village cooperative of `VILLAGE`, founded in 2024."""
    body = {
        "kind": "kopdes",
        "name": "Koperasi Desa Merah Putih Maron",
        "status": "active",
        "founded_on": "2024-01-17",
        "village_codes": [VILLAGE],
    }
    return (await sent(client, "/cooperatives", {**body, **changes}))["id"]


async def an_officer(registry: Service, cooperative: str, person: str, **changes):
    """Seat a person and return the client through which they act."""
    body = {
        "person_id": person,
        "board": "pengurus",
        "position": "ketua",
        "since": "2024-02-01",
        **changes,
    }
    await sent(registry.client(), f"/cooperatives/{cooperative}/officers", body)
    return registry.client(
        Kind.COOPERATIVE_OFFICER,
        id=f"officer-{person}",
        cooperative_id=UUID(cooperative),
        person_id=UUID(person),
    )


def refused(reply: httpx.Response, status: int, slug: str) -> dict:
    """Assert the problem that a reply carries, and return it."""
    assert (reply.status_code, reply.json()["type"]) == (status, f"/problems/{slug}"), reply.text
    return reply.json()


async def kinds_of_events(registry: Service) -> list[str]:
    """Return the kind of every event in the feed, in order."""
    feed = await registry.client().get("/events", params={"limit": 1000})
    return [event["kind"] for event in feed.json()["items"]]
