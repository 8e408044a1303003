"""Callbacks: the true one is believed, and nothing that differs from it by a byte."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from services.financing.channels import (
    CallbackRejected,
    CallbackUnreadable,
    Channel,
    Rejection,
)
from services.financing.domain.submission import Stage as OurStage
from services.sandbox import blu, kur_bank, lpdb
from services.sandbox.behaviour import Behaviour
from services.sandbox.courier import Letter, Seal
from services.sandbox.keys import BluKeys, KurBankKeys
from services.sandbox.ledger import Ledger, Order, Stage, Step
from shared.outbound import Outbound
from tests.sandbox.lenders import CODES, channel_keys, lender_keys

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
REFERENCE = "0192f0c1-2345-7abc-8def-0123456789ab"
EVENT = "5f1c8f0e-9d3b-4c55-8a39-2f6c1c3f9d10"
every_lender = pytest.mark.parametrize("code", CODES)


@cache
def channel(code: str) -> Channel:
    return channel_keys().channels[code].channel(code, Outbound("http://sandbox.test"))


@cache
def contract(code: str):
    """The lender's own pen: how it composes and how it seals."""
    keys = lender_keys().lenders[code]
    if isinstance(keys, KurBankKeys):
        return kur_bank.compose, kur_bank.Bank(keys).seal
    if isinstance(keys, BluKeys):
        return blu.compose, blu.Agency(keys).seal
    return lpdb.compose, lpdb.Fund(keys).seal


def path(code: str) -> str:
    return f"/callbacks/{code}"


def a_letter(code: str) -> Letter:
    order = Order(
        reference=REFERENCE,
        amount=40_000_000,
        borrower_name="Siti",
        borrower="b",
        fingerprint="f",
    )
    step = Step(
        event_id=EVENT,
        stage=Stage.REFUSED,
        at="2026-11-24T09:29:59.000+07:00",
        reasons=("CAPACITY: too little", "DOCUMENTS: none"),
    )
    entry = Ledger().take(order, lender_reference="X-1", behaviour=Behaviour.APPROVE, step=step)
    return contract(code)[0](entry, step)


@cache
def sealed(code: str) -> tuple[dict[str, str], bytes]:
    letter = a_letter(code)
    seal: Seal = contract(code)[1]
    return dict(seal(path(code), letter, NOW)), letter.body


def rejected(code: str, headers, body: bytes, *, now=NOW, method="POST", at=None) -> Rejection:
    """Return why it was not believed; fail if it was."""
    with pytest.raises(CallbackRejected) as caught:
        channel(code).verify(method, at or path(code), headers, body, now=now)
    return caught.value.reason


def unreadable(code: str, body: bytes) -> list[tuple[str | int, ...]]:
    """Return the fields that are named to a lender who has signed this body."""
    seal: Seal = contract(code)[1]
    headers = dict(seal(path(code), Letter(event_id=EVENT, body=body), NOW))
    with pytest.raises(CallbackUnreadable) as caught:
        channel(code).verify("POST", path(code), headers, body, now=NOW)
    assert not any("input" in fault for fault in caught.value.faults)
    return [fault["loc"] for fault in caught.value.faults]


@every_lender
def test_a_true_callback_is_believed(code):
    headers, body = sealed(code)
    event = channel(code).verify("POST", path(code), headers, body, now=NOW)
    assert event.event_id == UUID(EVENT)
    assert event.submission_id == UUID(REFERENCE)
    assert event.stage is OurStage.REFUSED
    assert event.amount == 40_000_000
    assert event.reference == "X-1"
    assert event.reasons == ("CAPACITY: too little", "DOCUMENTS: none")
    assert event.occurred_at == datetime(2026, 11, 24, 2, 29, 59, tzinfo=UTC)


@every_lender
def test_headers_are_found_in_any_case(code):
    headers, body = sealed(code)
    for form in (
        httpx.Headers(headers),
        Headers(headers),
        {name.upper(): value for name, value in headers.items()},
    ):
        assert channel(code).verify("POST", path(code), form, body, now=NOW)


@every_lender
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_a_body_with_one_byte_changed_is_not_believed(code, data):
    headers, body = sealed(code)
    where = data.draw(st.integers(0, len(body) - 1))
    flip = data.draw(st.integers(1, 255))
    forged = bytearray(body)
    forged[where] ^= flip
    assert rejected(code, headers, bytes(forged)) is Rejection.BAD_SIGNATURE


@every_lender
@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_a_header_with_one_character_changed_is_not_believed(code, data):
    headers, body = sealed(code)
    covered = [name for name in headers if name not in ("X-EXTERNAL-ID", "CHANNEL-ID")]
    name = data.draw(st.sampled_from(covered))
    value = headers[name]
    where = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters(max_codepoint=255).filter(lambda c: c != value[where]))
    forged = headers | {name: value[:where] + other + value[where + 1 :]}
    rejected(code, forged, body)


@pytest.mark.parametrize("code", CODES[:2])
def test_a_signature_has_one_spelling(code):
    headers, body = sealed(code)
    value = headers["X-SIGNATURE"]
    assert value.endswith("==")  # so that four bits of the character before are not used
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = value[:-3] + alphabet[alphabet.index(value[-3]) + 1] + "=="
    assert base64.b64decode(twin) == base64.b64decode(value)
    for spelling in (twin, value[:-2], f"{value}\n", f" {value}", value.replace("=", "%3D")):
        forged = headers | {"X-SIGNATURE": spelling}
        assert rejected(code, forged, body) is Rejection.BAD_SIGNATURE


@every_lender
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_a_header_cut_off_or_drawn_out_is_not_believed(code, data):
    headers, body = sealed(code)
    covered = [name for name in headers if name not in ("X-EXTERNAL-ID", "CHANNEL-ID")]
    name = data.draw(st.sampled_from(covered))
    value = headers[name]
    if data.draw(st.booleans()):
        forged = value[: data.draw(st.integers(0, len(value) - 1))]
    else:
        forged = value + data.draw(st.text(st.characters(max_codepoint=255), min_size=1))
        if name == "webhook-signature" and forged.startswith(f"{value} "):
            return  # the standard's list of signatures: ours is in it
    rejected(code, headers | {name: forged}, body)


@every_lender
@given(body=st.binary(max_size=200), where=st.text(max_size=30))
@settings(deadline=None, max_examples=100)
def test_another_body_under_the_signature_is_not_believed(code, body, where):
    headers, true = sealed(code)
    if body != true:
        rejected(code, headers, body, at=where)


@every_lender
def test_each_signed_header_must_be_there_once(code):
    headers, body = sealed(code)
    covered = [name for name in headers if name not in ("X-EXTERNAL-ID", "CHANNEL-ID")]
    for name in covered:
        without = {key: value for key, value in headers.items() if key != name}
        assert rejected(code, without, body) is Rejection.MISSING_HEADER
        assert rejected(code, headers | {name: ""}, body) is Rejection.MISSING_HEADER
        raw = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
        twice = Headers(raw=[*raw, (name.lower().encode(), headers[name].encode())])
        assert rejected(code, twice, body) is Rejection.DUPLICATE_HEADER


@pytest.mark.parametrize("signer", CODES)
@pytest.mark.parametrize("code", CODES)
def test_no_lender_signs_for_another(code, signer):
    headers, body = sealed(signer)
    seal: Seal = contract(signer)[1]
    ours = dict(seal(path(code), a_letter(code), NOW))
    if code != signer:
        rejected(code, headers, body)
        rejected(code, ours, a_letter(code).body)


@pytest.mark.parametrize("code", ["kur-bank-nusantara", "kur-bank-samudra", "blu"])
def test_the_signature_holds_for_its_method_and_address_only(code):
    headers, body = sealed(code)
    assert rejected(code, headers, body, at="/callbacks/other") is Rejection.BAD_SIGNATURE
    assert rejected(code, headers, body, method="PUT") is Rejection.BAD_SIGNATURE


def test_a_webhook_is_a_post():
    headers, body = sealed("lpdb")
    assert rejected("lpdb", headers, body, method="PUT") is Rejection.MALFORMED


@every_lender
@pytest.mark.parametrize(
    ("seconds", "believed"),
    [(-301, False), (-300, True), (0, True), (300, True), (301, False), (31_536_000, False)],
)
def test_a_callback_is_good_for_five_minutes_either_way(code, seconds, believed):
    headers, body = sealed(code)
    at = NOW + timedelta(seconds=seconds)
    if believed:
        assert channel(code).verify("POST", path(code), headers, body, now=at)
    else:
        assert rejected(code, headers, body, now=at) is Rejection.STALE


@every_lender
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"{}", b"[]", b'{"eventId":1}', b"[" * 50_000, b'{"a":"\\ud800"}'],
    ids=["empty", "null", "object", "array", "other", "deep", "surrogate"],
)
def test_a_signed_body_out_of_the_contract_is_unreadable(code, body):
    assert unreadable(code, body)


@pytest.mark.parametrize(
    ("code", "change", "where"),
    [
        ("kur-bank-nusantara", {"eventId": "EVT-2026-1"}, ("eventId",)),
        ("kur-bank-nusantara", {"applicationStatus": "COMMITTEE"}, ("applicationStatus",)),
        (
            "kur-bank-nusantara",
            {"amount": {"value": "40000000.00", "currency": "USD"}},
            ("amount", "currency"),
        ),
        ("blu", {"jumlah": 40_000_000.0}, ("jumlah",)),
        ("blu", {"alasan": [""]}, ("alasan", 0)),
    ],
)
def test_a_lender_is_told_which_field_is_not_the_contracts(code, change, where):
    body = json.dumps(json.loads(a_letter(code).body) | change).encode()
    assert unreadable(code, body) == [where]


def test_a_webhook_whose_id_is_not_its_events_is_unreadable():
    letter = a_letter("lpdb")
    event = json.loads(letter.body) | {"id": "00000000-0000-4000-8000-000000000000"}
    assert unreadable("lpdb", json.dumps(event).encode()) == [("id",)]


def test_a_webhook_may_carry_the_signature_of_the_next_secret_too():
    headers, body = sealed("lpdb")
    both = headers | {"webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    assert channel("lpdb").verify("POST", path("lpdb"), both, body, now=NOW)
