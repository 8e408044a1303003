"""What each lender lets pass its counter: true requests, once, and none that was tampered with."""

from contextlib import contextmanager
from datetime import timedelta

import orjson
import pytest

from services.financing.channels import ChannelUnavailable
from services.sandbox.behaviour import Behaviour
from shared.clock import now
from tests.sandbox.lenders import CODES, a_proposal


@contextmanager
def overheard(channel):
    """What a channel sends, so that it can be sent again, or changed."""
    line = channel._outbound
    sent = []
    send = line.send

    async def listening(method, path, *, headers, content=b"", until=None):
        sent.append((method, path, headers, content))
        return await send(method, path, headers=headers, content=content)

    line.send = listening
    yield sent
    line.send = send


async def a_submission(world, code, **changes):
    """Submit a proposal and return how it was said on the wire."""
    await world.behave(code, Behaviour.HOLD)
    channel = world.channels[code]
    with overheard(channel) as sent:
        await channel.submit(a_proposal(**changes), now=now())
    return channel._outbound, sent[-1]


@pytest.mark.parametrize("code", CODES[:2])
async def test_a_request_to_a_bank_is_good_once(world, code):
    line, (method, path, headers, content) = await a_submission(world, code)
    reply = await line.send(method, path, headers=headers, content=content)
    assert (reply.status, orjson.loads(reply.body)["responseCode"]) == (409, "4098100")
    assert (await world.ledger(code))["totals"]["requests"] == 1


@pytest.mark.parametrize("digits", ["12a", "１２", "1" * 37, "-1"])
async def test_an_external_id_is_digits(world, digits):
    line, (method, path, headers, content) = await a_submission(world, CODES[0])
    if not digits.isascii():
        digits = digits.encode("utf-8").decode("latin-1")
    headers = headers | {"X-EXTERNAL-ID": digits.encode("latin-1")}
    reply = await line.send(method, path, headers=headers, content=content)
    assert orjson.loads(reply.body)["responseCode"] == "4008101"


@pytest.mark.parametrize("code", CODES)
async def test_a_request_that_was_tampered_with_is_not_entered(world, code):
    line, (method, path, headers, content) = await a_submission(world, code)
    proof = {"lpdb": "Authorization", "blu": "X-Signature"}.get(code, "X-SIGNATURE")
    value = headers[proof]
    other = "A" if value[20] != "A" else "B"
    forged = headers | {proof: value[:20] + other + value[21:]}
    reply = await line.send(method, path, headers=forged, content=content)
    assert reply.status == 401
    for name in headers.keys() - {"Content-Type", "Idempotency-Key"}:
        without = {key: value for key, value in headers.items() if key != name}
        assert (await line.send(method, path, headers=without, content=content)).status == 401
    if code != "lpdb":  # whose token stands for the caller, not for the content
        richer = content.replace(b"40000000", b"90000000")
        assert (await line.send(method, path, headers=headers, content=richer)).status == 401
    assert (await world.ledger(code))["totals"]["requests"] == 1


async def test_a_request_for_one_bank_is_nothing_to_the_other(world):
    _, (method, path, headers, content) = await a_submission(world, CODES[0])
    other = world.channels[CODES[1]]._outbound
    assert (await other.send(method, path, headers=headers, content=content)).status == 401


@pytest.mark.parametrize("code", ["kur-bank-nusantara", "blu"])
@pytest.mark.parametrize("seconds", [-310, 310])
async def test_a_signature_is_good_for_five_minutes(world, code, seconds):
    channel = world.channels[code]
    at = now()
    await channel.submit(a_proposal(), now=at)
    with overheard(channel) as sent, pytest.raises(ChannelUnavailable):
        await channel.submit(a_proposal(), now=at + timedelta(seconds=seconds))
    assert sent
    assert (await world.ledger(code))["totals"]["requests"] == 1


@pytest.mark.parametrize("code", ["kur-bank-nusantara", "lpdb"])
async def test_a_token_ends(world, code):
    channel = world.channels[code]
    await channel.submit(a_proposal(), now=now())
    lender_tokens = world.counters[code]._tokens
    for token in lender_tokens:
        lender_tokens[token] = now() - timedelta(seconds=1)
    with overheard(channel) as sent:
        await channel.submit(a_proposal(), now=now())
    assert len(sent) == 3  # refused, a new token, taken
