"""Tokens: believed when the configured issuer signed them for us, and never otherwise."""

import asyncio
import base64
import hmac
import json
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shared import clock
from shared.auth import (
    RETRY_SECONDS,
    IssuerUnavailable,
    KeySet,
    KeysExposed,
    Kind,
    Unauthenticated,
    Verifier,
)
from shared.issuer import Client, Issuer

ISSUER = "https://issuer.test"
WHO = Client(
    id="app-a",
    secret_hash="",
    kind=Kind.MOBILE_BACKEND,
    scopes=frozenset({"people:read"}),
    cooperative_id=None,
    person_id=None,
    channel=None,
)


@pytest.fixture
def issuer(keys: Path) -> Issuer:
    return Issuer.from_file(ISSUER, keys / "issuer.json")


@pytest.fixture
def verifier(keys: Path) -> Verifier:
    return Verifier(ISSUER, KeySet(str(keys / "jwks.json")))


async def test_a_good_token_names_its_caller(issuer: Issuer, verifier: Verifier):
    token = issuer.issue(WHO, WHO.scopes, now=clock.now())
    caller = await verifier.verify(token, now=clock.now())
    assert (caller.id, caller.kind, caller.scopes) == (WHO.id, WHO.kind, WHO.scopes)


async def test_many_first_requests_at_once_are_all_believed(issuer: Issuer, verifier: Verifier):
    tokens = [issuer.issue(WHO, WHO.scopes, now=clock.now()) for _ in range(16)]
    callers = await asyncio.gather(*(verifier.verify(t, now=clock.now()) for t in tokens))
    assert {caller.id for caller in callers} == {WHO.id}


async def test_a_token_is_not_believed_after_its_end(issuer: Issuer, verifier: Verifier):
    token = issuer.issue(WHO, WHO.scopes, now=clock.now())
    await verifier.verify(token, now=clock.now())
    old = issuer.issue(WHO, WHO.scopes, now=clock.now() - timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        await verifier.verify(old, now=clock.now())


def forged(issuer: Issuer, **changes):
    """A token like ours, but for what the test changes; None takes a claim away."""
    token = issuer.issue(WHO, WHO.scopes, now=clock.now())
    claims = jwt.decode(token, options={"verify_signature": False})
    header = {"kid": issuer.jwk["kid"]} | changes.pop("header", {})
    key = changes.pop("key", jwt.PyJWK(issuer.jwk))
    algorithm = changes.pop("algorithm", "ES256")
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers=header)


STRANGER = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    "changes",
    [
        {"key": STRANGER},
        {"key": None, "algorithm": "none"},
        {"iss": "https://other.test"},
        {"aud": "another"},
        {"exp": None},
        {"iat": None},
        {"jti": None},
        {"sub": None},
        {"kind": None},
        {"kind": "emperor"},
        {"scope": None},
        {"header": {"kid": "unknown"}},
        {"header": {"kid": "../../etc/passwd"}},
        {"header": {"kid": "' OR 1=1 --"}},
        {"header": {"jku": "http://127.0.0.1:1/jwks"}, "key": STRANGER},
        {"nbf": 4_102_444_800},
        {"cooperative": "not a uuid"},
    ],
)
async def test_a_bad_token_is_refused(issuer: Issuer, verifier: Verifier, changes):
    with pytest.raises(Unauthenticated):
        await verifier.verify(forged(issuer, **changes), now=clock.now())


async def test_the_public_key_is_no_hmac_secret(issuer: Issuer, verifier: Verifier, keys: Path):
    secret = json.dumps(json.loads((keys / "jwks.json").read_text())["keys"][0]).encode()
    _, claims, _ = issuer.issue(WHO, WHO.scopes, now=clock.now()).split(".")
    head = json.dumps({"alg": "HS256", "kid": issuer.jwk["kid"]}).encode()
    signed = f"{base64.urlsafe_b64encode(head).decode().rstrip('=')}.{claims}"
    seal = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), "sha256")).decode()
    with pytest.raises(Unauthenticated):
        await verifier.verify(f"{signed}.{seal.rstrip('=')}", now=clock.now())


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "." * 10, "é" * 20, "x" * 1_000_000])
async def test_rubbish_is_no_token(verifier: Verifier, token: str):
    with pytest.raises(Unauthenticated):
        await verifier.verify(token, now=clock.now())


async def test_every_part_of_a_token_is_signed(issuer: Issuer, verifier: Verifier):
    token = issuer.issue(WHO, WHO.scopes, now=clock.now())
    for place in range(0, len(token) - 2, 7):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(Unauthenticated):
            await verifier.verify(token[:place] + other + token[place + 1 :], now=clock.now())


def test_keys_that_anybody_on_the_way_could_exchange_are_not_read():
    with pytest.raises(KeysExposed, match="use https or a file"):
        KeySet("http://issuer.test/jwks.json")

    assert KeySet("https://issuer.test/jwks.json").location.startswith("https://")


async def test_an_issuer_that_is_down_is_asked_again_after_a_pause(
    issuer: Issuer, keys: Path, tmp_path: Path
):
    file, start = tmp_path / "jwks.json", clock.now()
    verifier = Verifier(ISSUER, KeySet(str(file)))
    token = issuer.issue(WHO, WHO.scopes, now=start)

    async def heard(after: float) -> bool:
        """Tell whether the token is believed so many seconds after the first try."""
        try:
            caller = await verifier.verify(token, now=start + timedelta(seconds=after))
        except IssuerUnavailable:
            return False
        return caller.id == WHO.id

    assert not await heard(0)
    file.write_text((keys / "jwks.json").read_text())
    assert [await heard(after) for after in (0, RETRY_SECONDS - 1)] == [False, False]
    assert await heard(RETRY_SECONDS)


async def test_an_issuer_that_is_down_does_not_shut_out_whose_key_is_known(
    issuer: Issuer, keys: Path, tmp_path: Path
):
    file, start = tmp_path / "jwks.json", clock.now()
    file.write_text((keys / "jwks.json").read_text())
    verifier = Verifier(ISSUER, KeySet(str(file)))
    await verifier.verify(issuer.issue(WHO, WHO.scopes, now=start), now=start)
    file.unlink()

    later = start + timedelta(minutes=2)
    for _ in range(2):
        with pytest.raises(IssuerUnavailable):
            await verifier.verify(forged(issuer, header={"kid": "unknown"}), now=later)
    another = issuer.issue(WHO, WHO.scopes, now=start)
    assert (await verifier.verify(another, now=later)).id == WHO.id


@pytest.mark.parametrize(
    "written",
    ["", "{", "null", "[]", '"x"', "{}", '{"keys": null}', '{"keys": []}', '{"keys": [1]}'],
)
async def test_what_is_no_key_set_is_the_issuers_fault_and_not_the_callers(
    issuer: Issuer, tmp_path: Path, written: str
):
    file = tmp_path / "jwks.json"
    file.write_text(written)
    verifier = Verifier(ISSUER, KeySet(str(file)))
    token = issuer.issue(WHO, WHO.scopes, now=clock.now())
    with pytest.raises(IssuerUnavailable):
        await verifier.verify(token, now=clock.now())
