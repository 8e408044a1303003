"""The registry's client over a wire that answers as told."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs
from uuid import UUID

import httpx
import pytest

from services.financing.registry import (
    ReadingPurpose,
    RegistryClient,
    RegistryRefused,
    RegistryUnavailable,
    SubjectNotFound,
)
from shared.outbound import Outbound

ID = UUID("01938d5e-0000-7000-8000-000000000001")
OTHER = UUID("01938d5e-0000-7000-8000-000000000002")
NIK = "5203055403880001"
SECRET = "geheim:&%+ü"  # every character that a form or a Basic header could spoil
PERSON = {
    "id": str(ID),
    "full_name": "Siti Rahmawati",
    "birth_date": "1988-03-14",
    "married": None,
    "ktp_village_code": None,
    "domicile_village_code": "52.03.05.2001",
    "migration_status": "returned",
    "verification_level": "self_declared",
    "returned_on": None,
    "proofs": [],
    "memberships": [],
    "registered_by": "app-a",
    "person_nik": NIK,
    "something_new": {"that": "we do not read"},
}


def nobody(noun):
    """The registry's own word that it has nobody, for some noun."""
    problem = {"type": f"/problems/{noun}-not-found", "status": 404, "title": "No such thing"}
    return httpx.Response(404, json=problem, headers={"content-type": "application/problem+json"})


def granted(**changes):
    """A token's answer with one member changed."""
    return httpx.Response(200, json={"access_token": "token", "expires_in": 900, **changes})


class Wire:
    """A registry that says what a test wants, and remembers what it was asked."""

    def __init__(self) -> None:
        self.tokens: list[httpx.Request] = []
        self.reads: list[httpx.Request] = []
        self.answers: list[httpx.Response | Exception] = []
        self.token_answers: list[httpx.Response | Exception] = []
        self.now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if request.url.path == "/oauth/token":
            self.tokens.append(request)
            granted = {"access_token": f"token-{len(self.tokens)}", "expires_in": 900}
            return _next(self.token_answers, httpx.Response(200, json=granted))
        self.reads.append(request)
        return _next(self.answers, httpx.Response(200, json=PERSON))


def _next(answers, otherwise):
    answer = answers.pop(0) if answers else otherwise
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
async def client(wire):
    async with Outbound(
        "http://registry.test", seconds=2, transport=httpx.MockTransport(wire)
    ) as line:
        yield RegistryClient(
            line, client_id="financing", client_secret=SECRET, now=lambda: wire.now
        )


def read(client):
    return client.person_facts(ID, purpose=ReadingPurpose.SUBMISSION)


async def test_a_reading_states_its_purpose_and_carries_the_token(client, wire):
    known = await read(client)
    assert (known.id, known.birth_date.isoformat()) == (ID, "1988-03-14")
    sent = wire.reads[0]
    assert sent.url.path == f"/people/{ID}/financing-facts"
    assert json.loads(sent.content) == {"purpose": "submission"}
    assert sent.headers["authorization"] == "Bearer token-1"


async def test_the_credentials_arrive_unspoilt(client, wire):
    await read(client)
    form = parse_qs(wire.tokens[0].content.decode())
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["financing"],
        "client_secret": [SECRET],
    }


async def test_readings_that_come_together_share_one_token(client, wire):
    await asyncio.gather(*(read(client) for _ in range(20)))
    assert (len(wire.tokens), len(wire.reads)) == (1, 20)


@pytest.mark.parametrize(("seconds", "tokens"), [(839, 1), (840, 2)])
async def test_a_token_is_left_a_minute_before_its_end(client, wire, seconds, tokens):
    await read(client)
    wire.now += timedelta(seconds=seconds)
    await read(client)
    assert len(wire.tokens) == tokens


async def test_a_token_that_is_no_longer_known_is_replaced_once(client, wire):
    wire.answers = [httpx.Response(401)]
    await read(client)
    assert [each.headers["authorization"] for each in wire.reads] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


async def test_a_registry_that_knows_no_token_of_ours_refuses(client, wire):
    wire.answers = [httpx.Response(401), httpx.Response(401)]
    with pytest.raises(RegistryRefused):
        await read(client)
    assert len(wire.reads) == 2


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (nobody("person"), SubjectNotFound),
        (nobody("cooperative"), SubjectNotFound),
        (nobody("page"), RegistryUnavailable),
        (httpx.Response(404), RegistryUnavailable),
        (httpx.Response(404, content=b"<html>no such backend"), RegistryUnavailable),
        (httpx.Response(408), RegistryUnavailable),
        (httpx.Response(425), RegistryUnavailable),
        (httpx.Response(403), RegistryRefused),
        (httpx.Response(422), RegistryRefused),
        (httpx.Response(302, headers={"location": "/elsewhere"}), RegistryRefused),
        (httpx.Response(429), RegistryUnavailable),
        (httpx.Response(500), RegistryUnavailable),
        (httpx.Response(503), RegistryUnavailable),
        (httpx.Response(200, content=b"<html>"), RegistryUnavailable),
        (httpx.Response(200, json={**PERSON, "birth_date": NIK}), RegistryUnavailable),
        (httpx.Response(200, json={**PERSON, "migration_status": NIK}), RegistryUnavailable),
        (httpx.Response(200, json={"person_nik": NIK}), RegistryUnavailable),
        (httpx.Response(200, json={**PERSON, "id": str(OTHER)}), RegistryUnavailable),
        (httpx.Response(200, content=b'{"full_name": "\xff"}'), RegistryUnavailable),
        (httpx.Response(200, content=b'{"a":' + b"[" * 99_999), RegistryUnavailable),
        (httpx.ConnectError("refused"), RegistryUnavailable),
        (httpx.ReadTimeout("late"), RegistryUnavailable),
    ],
)
async def test_each_failure_is_one_of_three(client, wire, answer, raised):
    wire.answers = [answer]
    with pytest.raises(raised) as caught:
        await read(client)
    assert NIK not in str(caught.value)
    assert caught.value.__cause__ is None or NIK not in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (httpx.Response(401), RegistryRefused),
        (httpx.Response(503), RegistryUnavailable),
        (httpx.Response(404), RegistryUnavailable),
        (httpx.Response(200, json={"access_token": 5}), RegistryUnavailable),
        (granted(access_token=""), RegistryUnavailable),
        (granted(access_token="two\nlines"), RegistryUnavailable),
        (granted(access_token="tökén"), RegistryUnavailable),
        (granted(expires_in=10**18), RegistryUnavailable),
        (granted(expires_in=-1), RegistryUnavailable),
        (httpx.Response(200, content=b'{"access_token": "\xff"}'), RegistryUnavailable),
        (httpx.ConnectError("refused"), RegistryUnavailable),
    ],
)
async def test_without_a_token_nothing_is_read(client, wire, answer, raised):
    wire.token_answers = [answer]
    with pytest.raises(raised):
        await read(client)
    assert wire.reads == []
    assert (await read(client)).id == ID


async def test_a_registry_that_never_answers_is_given_up(wire):
    async def silent(request):
        await asyncio.Event().wait()

    async with Outbound(
        "http://registry.test", seconds=0.05, transport=httpx.MockTransport(silent)
    ) as line:
        client = RegistryClient(line, client_id="financing", client_secret=SECRET)
        with pytest.raises(RegistryUnavailable):
            await read(client)


async def test_the_nik_never_shows(client):
    known = await read(client)
    assert known.person_nik == NIK
    assert NIK not in repr(known)
