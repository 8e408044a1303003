"""Every event arrives, in order, signed, at whoever proved that the address is theirs."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

from shared.public_web import PublicWeb
from shared.webhooks.postman import Call, Came
from shared.webhooks.store import forget
from shared.webhooks.subscription import AT_ONCE, KEPT, LEASE, REST, RESTS_FROM, CallOutcome
from tests.webhooks.post import Post, streams


def versions(count: int) -> list[int]:
    return list(range(1, count + 1))


async def test_an_event_arrives_thin_and_signed(post: Post):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    (stream,) = streams(1)
    await post.happens(stream)
    await post.settle()
    (told,) = receiver.told
    number = told.body["data"]["number"]
    assert told.body == {
        "type": "application.changed",
        "timestamp": post.clock.now.isoformat(),
        "data": {
            "number": number,
            "subject_id": str(stream),
            "version": 1,
            "stream_id": str(stream),
        },
    }
    assert told.id == f"financing-{number}"
    assert told.headers["content-type"] == "application/json"
    assert told.signed_by(endpoint["secret"])
    assert not told.signed_by("whsec_" + "A" * 43 + "=")
    (delivery,) = (await post.read(endpoint, "/deliveries"))["items"]
    assert (delivery["status"], delivery["calls"], delivery["last_status"]) == (
        "delivered",
        1,
        204,
    )
    assert delivery["event"]["number"] == number
    assert (await post.read(endpoint))["last_outcome"] == "accepted"


async def test_nothing_is_told_before_the_address_has_answered_its_challenge(post: Post):
    receiver = await post.receiver(proves=False)
    endpoint = await post.endpoint(receiver)
    await post.happens(*streams(3))
    await post.settle()
    post.clock.later(seconds=10)
    await post.settle()
    assert len(receiver.challenges) == 2
    assert all(told.signed_by(endpoint["secret"]) for told in receiver.challenges)
    assert receiver.told == []
    kept = await post.read(endpoint)
    assert (kept["status"], kept["last_outcome"]) == ("unverified", "challenge_not_answered")
    assert kept["challenge"]["calls"] == 2
    receiver.proves = True
    post.clock.later(minutes=2)
    await post.settle()
    assert (await post.read(endpoint))["status"] == "active"
    assert len(receiver.told) == 3  # what happened since it was added is not lost


async def test_a_challenge_is_not_repeated_for_ever_and_can_be_asked_for_again(post: Post):
    receiver = await post.receiver(proves=False)
    endpoint = await post.endpoint(receiver)
    for _ in range(20):
        await post.settle()
        post.clock.later(hours=2)
    asked = await post.read(endpoint)
    assert asked["challenge"]["next_call_at"] is None
    assert asked["challenge"]["calls"] == len(receiver.challenges) < 20
    receiver.proves = True
    assert (await post.act(endpoint, "challenge")).status_code == 200
    await post.settle()
    assert (await post.read(endpoint))["status"] == "active"
    assert (await post.act(endpoint, "challenge")).status_code == 409


async def test_what_an_endpoint_did_not_ask_for_does_not_arrive(post: Post):
    receiver = await post.receiver()
    await post.active(receiver, kinds=["application.routed", "submission.*"])
    (stream,) = streams(1)
    for kind in ("application.routed", "application.refused", "submission.sent"):
        await post.happens(stream, kind=kind)
    await post.settle()
    assert [told.body["type"] for told in receiver.told] == [
        "application.routed",
        "submission.sent",
    ]


async def test_an_application_waits_for_its_own_event_and_no_other_waits_with_it(post: Post):
    bad, *good = streams(4)
    receiver = await post.receiver(answers=lambda told: 500 if told.stream == str(bad) else 204)
    endpoint = await post.active(receiver)
    await post.happens(bad, *good, bad, *good, bad)
    await post.settle()
    assert receiver.versions == {str(bad): [1]} | {str(one): [1, 2] for one in good}
    waiting = await post.read(endpoint, "/deliveries", status="pending")
    first, second, third = waiting["items"]
    assert (first["calls"], first["last_status"], first["last_outcome"]) == (1, 500, "refused")
    assert first["next_call_at"] is not None
    assert (second["calls"], second["next_call_at"]) == (third["calls"], third["next_call_at"])
    assert second["next_call_at"] is None
    receiver.answers = lambda told: 204
    post.clock.later(seconds=10)
    await post.settle()
    assert receiver.versions[str(bad)] == [1, 1, 2, 3]


async def test_a_retry_has_the_same_id_and_body_and_a_signature_of_its_own_time(post: Post):
    receiver = await post.receiver(answers=lambda told: 503)
    endpoint = await post.active(receiver)
    await post.happens(*streams(1))
    await post.settle()
    post.clock.later(minutes=10)
    await post.settle()
    first, second = receiver.told
    assert (first.id, first.raw) == (second.id, second.raw)
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert second.signed_by(endpoint["secret"])


async def taken(post: Post) -> Call:
    """Claim the one thing that is due, as a worker does before it dies."""
    await post.postman.read_on()
    (call,) = await post.postman.claim()
    return call


async def test_a_worker_that_dies_after_its_call_delays_it_by_its_lease_and_no_longer(post: Post):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    (stream,) = streams(1)
    await post.happens(stream, stream)
    dead = await taken(post)
    await post.postman.speak(dead)  # it arrived, and nobody writes that down
    post.clock.later(seconds=LEASE.total_seconds() - 1)
    await post.settle(post.another())
    assert receiver.versions == {str(stream): [1]}
    post.clock.later(seconds=1)
    await post.settle(post.another())
    assert receiver.versions == {str(stream): [1, 1, 2]}
    assert receiver.told[0].id == receiver.told[1].id
    assert {one["status"] for one in (await post.read(endpoint, "/deliveries"))["items"]} == {
        "delivered"
    }


async def test_an_answer_that_is_cut_off_is_no_answer(post: Post):
    receiver = await post.receiver(answers=lambda told: 0)
    endpoint = await post.active(receiver)
    await post.happens(*streams(1))
    await post.settle()
    (delivery,) = (await post.read(endpoint, "/deliveries"))["items"]
    assert (delivery["status"], delivery["last_outcome"]) == ("pending", "no_answer")
    receiver.answers = lambda told: 204
    post.clock.later(seconds=10)
    await post.settle()
    assert len({told.id for told in receiver.told}) == 1
    assert len(receiver.told) == 2


async def test_whoever_was_outrun_records_nothing(post: Post):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    await post.happens(*streams(1))
    slow = await taken(post)
    post.clock.later(seconds=LEASE.total_seconds())
    await post.settle(post.another())
    delivered = await post.read(endpoint, "/deliveries")
    await post.postman.record(slow, Came(CallOutcome.GONE, 410))
    assert await post.read(endpoint, "/deliveries") == delivered
    assert (await post.read(endpoint))["status"] == "active"


async def test_several_workers_share_the_work_and_keep_the_order(post: Post):
    def answers_for():
        seen = Counter()

        def answers(told) -> int:
            seen[told.id] += 1
            return 503 if seen[told.id] == 1 and told.body["data"]["version"] % 3 == 0 else 204

        return answers

    receivers = [await post.receiver(answers=answers_for()) for _ in range(2)]
    for one in receivers:
        await post.active(one)
    many = streams(3)
    for _ in range(4):
        await post.happens(*many)
    others = [post.another() for _ in range(2)]
    for _ in range(4):
        await post.settle(*others)
        post.clock.later(seconds=REST.total_seconds())
    for receiver in receivers:
        # What failed comes again before the next does, and what was taken does not come again.
        assert receiver.versions == {str(stream): [1, 2, 3, 3, 4] for stream in many}


async def test_no_connection_is_held_while_a_receiver_thinks(post: Post):
    lanes, busy = post.postman.database, []

    async def look(told) -> None:
        busy.append((lanes.writes.busy, lanes.reads.busy))

    receiver = await post.receiver(before=look)
    await post.active(receiver)
    await post.happens(*streams(1))
    await post.settle()
    assert busy == [(0, 0)]


async def test_a_receiver_that_hangs_keeps_nobody_else_waiting(post: Post):
    release, waiting = asyncio.Event(), []

    async def hang(told) -> None:
        waiting.append(told)
        await release.wait()

    async def count(told) -> None:
        if len(good.told) == 10:
            everything.set()

    everything = asyncio.Event()
    bad = await post.receiver(before=hang)
    good = await post.receiver(before=count)
    for one in (bad, good):
        await post.active(one)
    await post.happens(*streams(10))
    stop = asyncio.Event()
    work = asyncio.create_task(post.postman.run(stop))
    try:
        async with asyncio.timeout(20):
            await everything.wait()
        assert 1 <= len(waiting) <= AT_ONCE
    finally:
        release.set()
        stop.set()
        await work


async def test_after_72_hours_a_delivery_has_failed_and_its_endpoint_is_suspended(post: Post):
    receiver = await post.receiver(answers=lambda told: 500)
    endpoint = await post.active(receiver)
    (stream,) = streams(1)
    await post.happens(stream, stream)
    for _ in range(36):
        await post.settle()
        post.clock.later(hours=2)
    assert (await post.read(endpoint))["status"] == "active"
    calls = len(receiver.told)
    assert calls >= 8
    post.clock.later(minutes=1)
    await post.settle()
    failed, waiting = (await post.read(endpoint, "/deliveries"))["items"]
    assert (failed["status"], failed["calls"], waiting["status"]) == (
        "failed",
        calls + 1,
        "pending",
    )
    seen = await post.read(endpoint)
    assert (seen["status"], seen["last_status"]) == ("suspended", 500)
    assert seen["failing_since"] is not None
    await post.happens(stream)
    post.clock.later(hours=100)
    await post.settle()
    assert len(receiver.told) == calls + 1

    receiver.answers = lambda told: 204
    challenged = len(receiver.challenges)
    assert (await post.act(endpoint, "resumption")).json()["status"] == "unverified"
    await post.settle()
    assert len(receiver.challenges) == challenged + 1
    assert receiver.versions[str(stream)][calls + 1 :] == [2, 3]
    assert (await post.read(endpoint))["failing_since"] is None


async def test_an_application_that_fails_for_72_hours_suspends_nobody_who_takes_the_others(
    post: Post,
):
    bad, good = streams(2)
    receiver = await post.receiver(answers=lambda told: 400 if told.stream == str(bad) else 204)
    endpoint = await post.active(receiver)
    await post.happens(bad, bad)
    for _ in range(15):
        await post.happens(good)
        await post.settle()
        post.clock.later(hours=5)
    await post.settle()
    assert (await post.read(endpoint))["status"] == "active"
    assert receiver.versions[str(good)] == versions(15)
    ended = (await post.read(endpoint, "/deliveries", status="failed"))["items"]
    assert [one["event"]["version"] for one in ended] == [1]
    assert receiver.versions[str(bad)][-1] == 2


async def test_an_endpoint_that_fails_rests_and_is_called_for_everything_once_it_answers(
    post: Post,
):
    receiver = await post.receiver(answers=lambda told: 502)
    await post.active(receiver)
    await post.happens(*streams(30))
    await post.settle()
    first = len(receiver.told)
    assert RESTS_FROM <= first < RESTS_FROM + AT_ONCE
    for probes in (1, 2):
        post.clock.later(seconds=REST.total_seconds())
        await post.settle()
        assert len(receiver.told) == first + probes
    receiver.answers = lambda told: 204
    post.clock.later(seconds=REST.total_seconds())
    await post.settle()
    assert len(receiver.versions) == 30


async def test_gone_is_gone_until_it_shows_itself_again(post: Post):
    receiver = await post.receiver(answers=lambda told: 410)
    endpoint = await post.active(receiver)
    await post.happens(*streams(1))
    await post.settle()
    assert (await post.read(endpoint))["status"] == "gone"
    await post.happens(*streams(1))
    post.clock.later(hours=1)
    await post.settle()
    assert len(receiver.told) == 1
    receiver.answers = lambda told: 204
    assert (await post.act(endpoint, "resumption")).json()["status"] == "unverified"
    await post.settle()
    assert len(receiver.versions) == 2


async def test_a_redirect_is_a_failure_and_nothing_of_an_answer_is_kept(post: Post):
    receiver = await post.receiver(answers=lambda told: 307)
    endpoint = await post.active(receiver)
    await post.happens(*streams(1))
    await post.settle()
    (delivery,) = (await post.read(endpoint, "/deliveries"))["items"]
    assert (delivery["last_status"], delivery["last_outcome"]) == (307, "redirected")
    pool = post.postman.database.writes.pool
    for table in ("webhook_delivery", "webhook_endpoint", "event"):
        kept = await pool.fetchval(f"SELECT string_agg(t::text, '') FROM {table} t")  # noqa: S608
        assert "Siti" not in kept


async def test_a_name_that_came_to_lead_behind_our_walls_is_not_called(post: Post):
    """Admitted while it was public; the worker of production looks again at each call."""
    inside = await post.receiver()
    endpoint = await post.endpoint(inside, url="https://hooks.example.org/purna")

    def moved(host, port, *question):
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    async with PublicWeb.open(development=False, resolver=moved) as web:
        post.postman.web = web
        await post.settle()
    kept = await post.read(endpoint)
    assert (kept["status"], kept["last_outcome"]) == ("unverified", "address_refused")
    assert inside.challenges == inside.told == []


async def test_a_secret_whose_key_is_lost_ends_nobody(post: Post):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    await post.happens(*streams(1))
    pool = post.postman.database.writes.pool
    await pool.execute("UPDATE webhook_endpoint SET secret = secret || 'x'")
    await post.settle()
    assert (await post.read(endpoint))["last_outcome"] == "secret_unreadable"
    assert receiver.told == []


async def test_a_pause_keeps_what_happens_for_later(post: Post):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    (stream,) = streams(1)
    assert (await post.act(endpoint, "pause")).json()["status"] == "paused"
    await post.happens(stream, stream)
    post.clock.later(hours=100)
    await post.settle()
    assert receiver.told == []
    assert (await post.act(endpoint, "pause")).json()["type"] == "/problems/illegal-endpoint-step"
    challenges = len(receiver.challenges)
    assert (await post.act(endpoint, "resumption")).json()["status"] == "active"
    await post.settle()
    assert receiver.versions == {str(stream): [1, 2]}
    assert len(receiver.challenges) == challenges


async def test_what_was_delivered_or_has_failed_can_be_sent_again(post: Post):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    (stream,) = streams(1)
    await post.happens(stream, stream)
    await post.settle()
    first, _ = (await post.read(endpoint, "/deliveries"))["items"]
    again = await post.act(endpoint, f"deliveries/{first['id']}/resend")
    assert (again.status_code, again.json()["status"]) == (200, "pending")
    twice = await post.act(endpoint, f"deliveries/{first['id']}/resend")
    assert twice.json()["type"] == "/problems/webhook-delivery-pending"
    await post.settle()
    assert receiver.versions == {str(stream): [1, 2, 1]}
    assert receiver.told[0].id == receiver.told[2].id
    absent = await post.act(endpoint, f"deliveries/{uuid4()}/resend")
    assert absent.json()["type"] == "/problems/webhook-delivery-not-found"


async def test_both_secrets_sign_for_a_day_after_a_rotation_and_then_the_new_one_alone(
    post: Post,
):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    old = endpoint["secret"]
    new = (await post.act(endpoint, "secret-rotation", {})).json()["secret"]

    async def signers() -> tuple[bool, bool, int]:
        await post.happens(*streams(1))
        await post.settle()
        told = receiver.told[-1]
        signatures = told.headers["webhook-signature"].split(" ")
        return told.signed_by(old), told.signed_by(new), len(signatures)

    assert await signers() == (True, True, 2)
    post.clock.later(hours=24)
    assert await signers() == (False, True, 1)


async def test_a_secret_that_leaked_can_be_left_at_once(post: Post):
    receiver = await post.receiver()
    endpoint = await post.active(receiver)
    reply = await post.act(endpoint, "secret-rotation", {"keep_old": False})
    assert reply.json()["old_secret_until"] is None
    await post.happens(*streams(1))
    await post.settle()
    (told,) = receiver.told
    assert told.signed_by(reply.json()["secret"])
    assert not told.signed_by(endpoint["secret"])


async def test_an_endpoint_follows_a_feed_that_is_longer_than_one_reading(post: Post):
    receiver = await post.receiver()
    await post.active(receiver, kinds=["application.rare"])
    for _ in range(4):
        await post.happens(*streams(300))
    await post.happens(*streams(1), kind="application.rare")
    await post.settle()
    assert len(receiver.told) == 1


async def test_what_has_ended_is_forgotten_after_thirty_days_and_what_waits_is_not(post: Post):
    receiver = await post.receiver(
        answers=lambda told: 204 if told.body["data"]["version"] == 1 else 500
    )
    endpoint = await post.active(receiver)
    (stream,) = streams(1)
    await post.happens(stream, stream)
    await post.settle()
    database, now = post.postman.database, post.clock.now
    assert await forget(database, now=now + KEPT) == 0
    assert await forget(database, now=now + KEPT + timedelta(seconds=1)) == 1
    (left,) = (await post.read(endpoint, "/deliveries"))["items"]
    assert left["status"] == "pending"


async def test_a_failure_that_nobody_thought_of_does_not_end_a_postman(post: Post):
    stop, arrived = asyncio.Event(), asyncio.Event()
    sees = post.postman.sees

    async def arrive(told) -> None:
        arrived.set()

    async def broken(*asked, **more):
        post.postman.sees = sees
        raise ValueError("something that nobody thought of")

    receiver = await post.receiver(before=arrive)
    await post.active(receiver)
    post.postman.sees = broken
    await post.happens(*streams(1))
    work = asyncio.create_task(post.postman.run(stop))
    async with asyncio.timeout(20):
        await arrived.wait()
    stop.set()
    await work
    assert post.postman.sees is sees
