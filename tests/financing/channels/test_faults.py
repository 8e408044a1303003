"""What a channel makes of a wire that breaks: what is known of the message, and nothing more."""

import asyncio
import gzip
from datetime import timedelta

import httpx
import pytest

from services.financing.channels import ChannelRefused, ChannelUnavailable, ChannelUnknown
from services.financing.channels.keys import open_channels
from shared.clock import now
from tests.sandbox.lenders import CODES, NIK, a_proposal, channel_keys

every_lender = pytest.mark.parametrize("code", CODES)

TOKENS = ("/v1.0/access-token/b2b", "/token")
TOKEN = {
    "responseCode": "2007300",
    "accessToken": "t",
    "access_token": "t",
    "token_type": "Bearer",
}


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self):
        while True:
            yield b" " * 65_536


class Drip(httpx.AsyncByteStream):
    async def __aiter__(self):
        while True:
            yield b" "
            await asyncio.sleep(0.005)


def wire(code, answer, *, token=None):
    """A lender that hands out tokens and then answers so."""

    async def handle(request: httpx.Request) -> httpx.Response:
        if any(request.url.path.endswith(path) for path in TOKENS):
            if isinstance(token, Exception):
                raise token
            life = 900 if code == "lpdb" else "900"
            expires = {"expiresIn": life, "expires_in": life}
            return token or httpx.Response(200, json=TOKEN | expires)
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    return httpx.MockTransport(handle)


async def submit(code, answer, *, token=None, seconds=10):
    transport = wire(code, answer, token=token)
    keys = channel_keys(code)
    async with open_channels(keys, transport=transport, seconds=seconds) as channels:
        return await channels[code].submit(a_proposal(), now=now())


UNPROVEN = {
    "read timeout": lambda: httpx.ReadTimeout("late"),
    "reset": lambda: httpx.ReadError("reset"),
    "cut off": lambda: httpx.RemoteProtocolError("cut"),
    "500": lambda: httpx.Response(500),
    "502": lambda: httpx.Response(502, text="<html>Bad gateway</html>"),
    "504": lambda: httpx.Response(504),
    "503 without a promise": lambda: httpx.Response(503),
    "503 with a date": lambda: httpx.Response(503, headers={"Retry-After": "tomorrow"}),
    "redirect": lambda: httpx.Response(302, headers={"Location": "http://other.test/"}),
    "202": lambda: httpx.Response(202, json={"responseCode": "2028100"}),
    "204": lambda: httpx.Response(204),
    "empty": lambda: httpx.Response(200),
    "not JSON": lambda: httpx.Response(200, text="<html>It works!</html>"),
    "null": lambda: httpx.Response(200, json=None),
    "other JSON": lambda: httpx.Response(200, json={"responseCode": "2008100", "ok": True}),
    "deep JSON": lambda: httpx.Response(200, content=b"[" * 100_000),
    "not UTF-8": lambda: httpx.Response(200, content=b'{"a":"\xff"}'),
    "gateway's own 404": lambda: httpx.Response(404, json={"detail": "Not Found"}),
    "gateway's own 401": lambda: httpx.Response(401, text="who?"),
    "gateway's own 403": lambda: httpx.Response(403, text="<html>blocked</html>"),
    "flood": lambda: httpx.Response(200, stream=Endless()),
    "bomb": lambda: httpx.Response(
        200,
        headers={"Content-Encoding": "gzip"},
        stream=httpx.ByteStream(gzip.compress(b" " * 20_000_000)),
    ),
}


@every_lender
@pytest.mark.parametrize("fault", UNPROVEN)
async def test_what_proves_nothing_is_unknown(code, fault):
    with pytest.raises(ChannelUnknown) as caught:
        await submit(code, UNPROVEN[fault]())
    assert NIK not in repr(caught.value)


@every_lender
async def test_a_drip_ends_at_the_deadline_and_is_unknown(code):
    with pytest.raises(ChannelUnknown):
        await submit(code, httpx.Response(200, stream=Drip()), seconds=0.2)


@every_lender
@pytest.mark.parametrize(
    "fault",
    [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")],
    ids=lambda fault: type(fault).__name__,
)
async def test_what_was_never_sent_may_go_elsewhere(code, fault):
    with pytest.raises(ChannelUnavailable):
        await submit(code, fault)


@every_lender
@pytest.mark.parametrize("status", [429, 503])
async def test_a_turned_away_message_was_not_taken(code, status):
    with pytest.raises(ChannelUnavailable) as caught:
        await submit(code, httpx.Response(status, headers={"Retry-After": "7"}))
    assert caught.value.retry_after == timedelta(seconds=7)


async def test_a_lender_cannot_ask_us_to_wait_longer_than_a_day():
    with pytest.raises(ChannelUnavailable) as caught:
        await submit("blu", httpx.Response(503, headers={"Retry-After": "999999999"}))
    assert caught.value.retry_after == timedelta(days=1)


@pytest.mark.parametrize("code", ["kur-bank-nusantara", "lpdb"])
@pytest.mark.parametrize(
    "token",
    [
        httpx.ReadTimeout("late"),
        httpx.Response(500),
        httpx.Response(200, text="garbage"),
        httpx.Response(401, json={"responseCode": "4017300", "error": "invalid_client"}),
    ],
    ids=["timeout", "500", "garbage", "401"],
)
async def test_without_a_token_the_proposal_was_certainly_not_sent(code, token):
    with pytest.raises(ChannelUnavailable):
        await submit(code, AssertionError("must not be reached"), token=token)


@every_lender
async def test_a_lender_that_keeps_saying_401_is_unavailable(code):
    body = {"responseCode": "4018101", "error": "invalid_token", "kode": "TIDAK_BERWENANG"}
    with pytest.raises(ChannelUnavailable):
        await submit(code, httpx.Response(401, json=body))


@pytest.mark.parametrize("code", ["kur-bank-nusantara", "lpdb"])
@pytest.mark.parametrize("ours_first", [True, False])
async def test_one_401_of_a_gateway_between_spoils_the_promise(code, ours_first):
    body = {"responseCode": "4018101", "error": "invalid_token"}
    answers = [httpx.Response(401, json=body), httpx.Response(401, text="who?")]
    if not ours_first:
        answers.reverse()
    with pytest.raises(ChannelUnknown):
        await submit(code, lambda: answers.pop(0))
    assert len(answers) == (0 if ours_first else 1)


@every_lender
async def test_a_rejected_message_says_the_code_and_not_the_sentence(code):
    body = {
        "responseCode": "4008101",
        "responseMessage": f"bad {NIK}",
        "error": "invalid_field",
        "error_description": f"bad {NIK}",
        "kode": "ISIAN_SALAH",
        "pesan": f"bad {NIK}",
    }
    with pytest.raises(ChannelRefused) as caught:
        await submit(code, httpx.Response(400, json=body))
    assert NIK not in repr(caught.value)
    assert caught.value.code in {"40001", "invalid_field", "ISIAN_SALAH"}


def kur_answer(proposal, **changes):
    return {
        "responseCode": "2008100",
        "partnerReferenceNo": str(proposal.submission_id),
        "referenceNo": "KBN-1",
        "applicationStatus": "RECEIVED",
        "amount": {"value": f"{proposal.amount}.00", "currency": "IDR"},
        "occurredAt": "2026-11-24T09:30:00+07:00",
        "reasons": [],
    } | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": {"value": "40000000.00", "currency": "USD"}},
        {"amount": {"value": "40000000.50", "currency": "IDR"}},
        {"amount": {"value": 40000000, "currency": "IDR"}},
        {"applicationStatus": "SHIPPED"},
        {"referenceNo": "a\x00b"},
        {"referenceNo": ""},
        {"occurredAt": "2026-11-24T09:30:00"},
        {"occurredAt": 1764000000},
        {"occurredAt": "0001-01-01T00:00:00+14:00"},
        {"reasons": [{"code": "A", "message": "m"}] * 21},
        {"reasons": [{"code": "A", "message": "nul \x00"}]},
        {"partnerReferenceNo": "00000000-0000-0000-0000-000000000000"},
        {"responseCode": "2008200"},
        {"responseCode": "4008100"},
        {"responseCode": 2008100},
    ],
    ids=str,
)
async def test_a_readable_answer_with_a_wrong_field_is_unknown(changes):
    proposal = a_proposal()
    answer = httpx.Response(200, json=kur_answer(proposal, **changes))
    transport = wire("kur-bank-nusantara", answer)
    async with open_channels(channel_keys("kur-bank-nusantara"), transport=transport) as channels:
        with pytest.raises(ChannelUnknown):
            await channels["kur-bank-nusantara"].submit(proposal, now=now())


async def test_the_answer_these_changes_start_from_is_good():
    proposal = a_proposal()
    transport = wire("kur-bank-nusantara", httpx.Response(200, json=kur_answer(proposal)))
    async with open_channels(channel_keys("kur-bank-nusantara"), transport=transport) as channels:
        answer = await channels["kur-bank-nusantara"].submit(proposal, now=now())
    assert answer.reference == "KBN-1"


@every_lender
@pytest.mark.parametrize("fault", ["gateway's own 404", "500", "not JSON", "read timeout"])
async def test_only_the_lender_itself_can_say_that_it_has_never_seen_it(code, fault):
    transport = wire(code, UNPROVEN[fault]())
    async with open_channels(channel_keys(code), transport=transport) as channels:
        with pytest.raises(ChannelUnknown):
            await channels[code].inquire(a_proposal().submission_id, now=now())


@every_lender
async def test_no_address_and_no_log_line_holds_a_persons_number(code, caplog):
    caplog.set_level("DEBUG")
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(500)

    transport = httpx.MockTransport(handle)
    async with open_channels(channel_keys(code), transport=transport) as channels:
        with pytest.raises((ChannelUnknown, ChannelUnavailable)):
            await channels[code].submit(a_proposal(), now=now())
    assert seen
    assert NIK not in " ".join(seen) + caplog.text + repr(a_proposal())


async def test_callers_that_arrive_together_fetch_one_token():
    fetched = []

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            fetched.append(request)
            await asyncio.sleep(0)
            return httpx.Response(200, json=TOKEN | {"expires_in": 900})
        return httpx.Response(404, json={"error": "unknown_proposal"})

    transport = httpx.MockTransport(handle)
    async with open_channels(channel_keys("lpdb"), transport=transport) as channels:
        proposals = [a_proposal() for _ in range(10)]
        at = now()
        asked = [channels["lpdb"].inquire(p.submission_id, now=at) for p in proposals]
        assert await asyncio.gather(*asked) == [None] * 10
        assert len(fetched) == 1
        later = at + timedelta(seconds=841)  # less than a minute of the 900 s is left
        await channels["lpdb"].inquire(proposals[0].submission_id, now=later)
        assert len(fetched) == 2


@every_lender
@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 422])
async def test_a_no_to_a_withdrawal_leaves_the_application_with_the_lender(code, status):
    """Only `never seen` ends a withdrawal; on any other no the lender may yet make a loan."""
    body = {"responseCode": f"{status}8302", "error": "invalid_field", "kode": "ISIAN_SALAH"}
    transport = wire(code, httpx.Response(status, json=body))
    async with open_channels(channel_keys(code), transport=transport) as channels:
        with pytest.raises(ChannelUnknown):
            await channels[code].cancel(a_proposal().submission_id, now=now())
