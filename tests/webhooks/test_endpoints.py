"""Subscribing: whose an endpoint is, what it may see, and what is never shown again."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.auth import SCOPES, Kind
from shared.webhooks.subscription import ENDPOINTS_MAX, LEASE
from tests.client.wire import over_http
from tests.conftest import once
from tests.financing.house import House
from tests.webhooks.post import Post, open_post, streams

PUBLIC = {"url": "https://hooks.example.org/purna"}
HOSTILE = (
    "http://hooks.example.org/",
    "https://169.254.169.254/latest/meta-data/",
    "https://metadata.google.internal/",
    "https://hooks.example.org@127.0.0.1/",
    "https://hooks.example.org:8443/",
    "https://nowhere.example.com/",
    "https://2130706433/",
)


async def add(client, **new: Any):
    return await client.post("/webhook-endpoints", json={**PUBLIC, **new}, headers=once())


@pytest.mark.parametrize("url", HOSTILE)
async def test_an_address_that_is_not_public_is_refused_and_nothing_is_kept(post: Post, url):
    reply = await add(post.owner(), url=url)
    assert (reply.status_code, reply.json()["type"]) == (
        422,
        "/problems/webhook-address-refused",
    )
    assert url not in reply.text
    kept = (await add(post.owner())).json()
    tag = {"If-Match": '"1"'}
    edited = await post.owner().patch(
        f"/webhook-endpoints/{kept['id']}", json={"url": url}, headers=tag
    )
    assert edited.status_code == 422
    assert (await post.read(kept))["url"] == PUBLIC["url"]


async def test_a_secret_is_shown_once_and_lies_nowhere_in_the_database(post: Post):
    key = once()
    client = post.owner()
    first = await client.post("/webhook-endpoints", json=PUBLIC, headers=key)
    again = await client.post("/webhook-endpoints", json=PUBLIC, headers=key)
    secret = first.json()["secret"]
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == {**first.json(), "secret": None}
    rotated = await post.act(first.json(), "secret-rotation", {})
    assert rotated.json()["secret"] not in {secret, None}
    for read in (await post.read(first.json()), (await client.get("/webhook-endpoints")).json()):
        assert "whsec_" not in str(read)
    pool = post.postman.database.writes.pool
    for table in ("webhook_endpoint", "idempotency", "event"):
        text = await pool.fetchval(f"SELECT string_agg(t::text, '') FROM {table} t")  # noqa: S608
        for shown in (secret, rotated.json()["secret"]):
            assert shown not in text
            assert shown.encode().hex() not in text
            assert shown.removeprefix("whsec_").encode().hex() not in text


async def test_another_callers_endpoint_is_not_there(post: Post):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    await post.happens(*streams(1))
    await post.settle()
    (delivery,) = (await post.read(endpoint, "/deliveries"))["items"]
    stranger = post.owner("stranger")
    path = f"/webhook-endpoints/{endpoint['id']}"
    tag = {"If-Match": '"2"'}
    replies = [
        await stranger.get(path),
        await stranger.get(f"{path}/deliveries"),
        await stranger.patch(path, json={"description": "mine now"}, headers=tag),
        await stranger.delete(path, headers=tag),
        await stranger.post(f"{path}/deliveries/{delivery['id']}/resend", headers=once()),
        await stranger.post(f"{path}/secret-rotation", json={}, headers=once()),
        *[
            await stranger.post(f"{path}/{act}", headers=once())
            for act in ("pause", "resumption", "challenge")
        ],
    ]
    absent = await stranger.get(f"/webhook-endpoints/{uuid4()}")
    for reply in replies:
        assert reply.status_code == 404
        assert reply.json()["type"] == "/problems/webhook-endpoint-not-found"
        assert reply.json()["detail"] == absent.json()["detail"]
    assert (await stranger.get("/webhook-endpoints")).json()["items"] == []
    assert (await post.read(endpoint))["version"] == 2
    own = await add(stranger)
    foreign = f"/webhook-endpoints/{own.json()['id']}/deliveries/{delivery['id']}/resend"
    assert (await stranger.post(foreign, headers=once())).status_code == 404


async def test_whoever_lacks_a_scope_neither_sees_nor_subscribes(post: Post):
    without = post.financing.client(scopes=frozenset(SCOPES) - {"webhooks:write"})
    assert (await add(without)).status_code == 403
    blind = post.financing.client(scopes=frozenset(SCOPES) - {"applications:read"})
    assert (await add(blind)).status_code == 403


async def test_a_change_names_the_version_that_was_read(post: Post):
    endpoint = (await add(post.owner(), description="first")).json()
    path = f"/webhook-endpoints/{endpoint['id']}"
    assert (await post.owner().patch(path, json={})).status_code == 428
    stale = await post.owner().patch(path, json={}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    edit = {"kinds": ["submission.*"], "description": None}
    edited = await post.owner().patch(path, json=edit, headers={"If-Match": '"1"'})
    assert (edited.json()["kinds"], edited.json()["description"]) == (["submission.*"], None)
    assert edited.headers["etag"] == '"2"'
    assert (await post.owner().get(path)).json() == edited.json()
    removed = await post.owner().delete(path, headers={"If-Match": '"2"'})
    assert removed.json()["id"] == endpoint["id"]
    assert (await post.owner().get(path)).status_code == 404


async def test_at_a_new_address_nothing_arrives_before_it_has_answered(post: Post):
    old = await post.receiver()
    new = await post.receiver(proves=False)
    endpoint = await post.active(old)
    edit = {"url": f"{new.address}/hook"}
    reply = await post.owner().patch(
        f"/webhook-endpoints/{endpoint['id']}", json=edit, headers={"If-Match": '"2"'}
    )
    assert reply.json()["status"] == "unverified"
    await post.happens(*streams(2))
    await post.settle()
    assert new.challenges == []  # the challenge before could still be under way
    post.clock.later(seconds=LEASE.total_seconds())
    await post.settle()
    assert (old.told, new.told, len(new.challenges)) == ([], [], 1)
    new.proves = True
    post.clock.later(minutes=5)
    await post.settle()
    assert (len(old.told), len(new.told)) == (0, 2)


async def test_a_caller_has_ten_endpoints_also_if_it_asks_for_many_at_once(post: Post):
    client = post.owner()
    replies = await asyncio.gather(*(add(client) for _ in range(3 * ENDPOINTS_MAX)))
    while (
        len((await client.get("/webhook-endpoints")).json()["items"]) < ENDPOINTS_MAX
    ):  # those that were in each other's way are told to come again
        replies.append(await add(client))
    assert {reply.status_code for reply in replies} <= {201, 409, 503}
    full = await add(client)
    assert full.json()["type"] == "/problems/too-many-webhook-endpoints"
    assert (await add(post.owner("somebody else"))).status_code == 201
    listed = (await client.get("/webhook-endpoints")).json()["items"]
    assert len(listed) == ENDPOINTS_MAX
    path = f"/webhook-endpoints/{listed[4]['id']}"
    assert (await client.delete(path, headers={"If-Match": '"1"'})).status_code == 200
    assert (await add(client)).status_code == 201


async def test_the_metrics_say_how_webhooks_stand(post: Post):
    receiver = await post.receiver(answers=lambda told: 500)
    await post.active(receiver)
    await add(post.owner())
    await post.happens(*streams(3))
    await post.settle()
    said = (await post.financing.anonymous().get("/metrics")).text
    assert 'webhook_endpoints{status="active"} 1.0' in said
    assert 'webhook_endpoints{status="unverified"} 1.0' in said
    assert 'webhook_deliveries{status="pending"} 3.0' in said
    assert 'webhook_deliveries{status="failed"} 0.0' in said
    assert "webhook_oldest_pending_seconds" in said


@pytest.fixture
async def street(house: House, keys: Path) -> AsyncIterator[tuple[House, Post]]:
    """Applications as they really go, and a post office."""
    async with open_post(house.financing, keys) as office:
        yield house, office


async def test_each_is_told_of_what_it_may_see_and_of_nothing_else(street):
    house, post = street
    cooperative = uuid4()
    clients = {
        "own": house.app("app-a"),
        "another app": house.app("app-b"),
        "its officer": house.financing.client(
            Kind.COOPERATIVE_OFFICER, id="officer", cooperative_id=cooperative
        ),
        "another officer": house.financing.client(
            Kind.COOPERATIVE_OFFICER, id="stranger", cooperative_id=uuid4()
        ),
        "its lender": house.financing.client(Kind.LENDER, id="bank", channel="kur-bank-nusantara"),
        "another lender": house.financing.client(Kind.LENDER, id="other", channel="lpdb"),
        "ministry": house.financing.client(Kind.MINISTRY_ANALYST, id="ministry"),
        "without the feed": house.financing.client(
            Kind.AUDITOR, id="auditor", scopes=frozenset(SCOPES) - {"events:read"}
        ),
    }
    receivers = {name: await post.receiver() for name in clients}
    for name, client in clients.items():
        await post.active(receivers[name], client, kinds=["*"])
    id = UUID((await house.draft(40_000_000))["id"])
    pool = house.financing.database.writes.pool
    await pool.execute("UPDATE application SET cooperative_ids = $1", [cooperative])
    await post.settle()
    drafted = {str(id): [1]}
    told = {name: one.versions for name, one in receivers.items()}
    assert told.pop("ministry").items() > drafted.items()  # and of the endpoints themselves
    assert told == {
        "own": drafted,
        "another app": {},
        "its officer": drafted,
        "another officer": {},
        "its lender": {},
        "another lender": {},
        "without the feed": drafted,
    }
    # The submission reads the borrower's cooperatives anew (there are none), and goes to a lender.
    await house.app().post(f"/applications/{id}/submission", headers=once())
    await house.step()
    await post.settle()
    kinds = {
        name: {told.body["type"] for told in one.told if told.stream == str(id)}
        for name, one in receivers.items()
    }
    whole = kinds.pop("own")
    assert whole >= {"application.drafted", "application.routed", "application.sent"}
    assert kinds == {
        "another app": set(),
        "its officer": {"application.drafted"},
        "another officer": set(),
        "its lender": whole - {"application.drafted"},
        "another lender": set(),
        "ministry": whole,
        "without the feed": whole,
    }


async def test_the_contract_says_what_is_sent(post: Post):
    receiver = await post.receiver()
    await post.active(receiver)
    await post.happens(*streams(1))
    await post.settle()
    document = post.financing.app.openapi()
    schemas = document["components"]["schemas"]

    def fits(body: Any, schema: Any) -> bool:
        named = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if named["type"] != "object":
            return True
        inner = named["properties"]
        return body.keys() == inner.keys() and all(fits(body[n], inner[n]) for n in body)

    for name, sent in (("event", receiver.told[0]), ("challenge", receiver.challenges[0])):
        operation = document["webhooks"][name]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert fits(sent.body, schema), name
        assert "422" not in operation["responses"]


def example() -> dict[str, Any]:
    """Run the receiver that the page for receivers shows."""
    page = (Path(__file__).parents[2] / "docs/webhooks.md").read_text()
    (code,) = re.findall(r"~~~python\n(.*?)~~~", page, flags=re.DOTALL)
    made: dict[str, Any] = {}
    exec(code, made)  # noqa: S102 (our own page)
    return made


async def test_the_receiver_of_the_documentation_receives(post: Post):
    acted = []

    async def act(message_id, event) -> None:
        acted.append((message_id, event["data"]["version"]))

    waiting = []

    async def app(scope, receive, send) -> None:
        await waiting[-1](scope, receive, send)

    async with over_http(app) as address:
        kinds = ["application.*"]
        endpoint = (await add(post.owner(), url=f"{address}/purna", kinds=kinds)).json()
        waiting.append(example()["receiver"](endpoint["secret"], act))
        await post.settle()
        assert (await post.read(endpoint))["status"] == "active"
        (stream,) = streams(1)
        await post.happens(stream, stream)
        await post.settle()
        first = (await post.read(endpoint, "/deliveries", status="delivered"))["items"][0]
        await post.act(endpoint, f"deliveries/{first['id']}/resend")
        await post.settle()
        assert [version for _, version in acted] == [1, 2]
        waiting.append(example()["receiver"]("whsec_" + "A" * 43 + "=", act))
        await post.happens(stream)
        await post.settle()
        assert len(acted) == 2
        assert (await post.read(endpoint))["last_status"] == 401
