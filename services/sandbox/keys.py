"""The secrets of both sides: what each lender holds, and what the financing service holds."""

import base64
import secrets
from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel, ConfigDict, Field

RSA_BITS = 2048


class _Held(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class KurBankKeys(_Held):
    """What a KUR bank holds: the partner's public key, a shared secret, its own private key."""

    contract: Literal["kur_bank"] = "kur_bank"
    client_id: str
    client_secret: str
    partner_id: str
    client_public_key: str
    bank_private_key: str


class LpdbKeys(_Held):
    """What the LPDB holds: the partner's OAuth2 client, and the secret of its webhooks."""

    contract: Literal["lpdb"] = "lpdb"
    client_id: str
    client_secret: str
    webhook_secret: str


class BluKeys(_Held):
    """What the BLU holds: one key for what it receives, another for what it sends."""

    contract: Literal["blu"] = "blu"
    key_id: str
    secret: str
    callback_key_id: str
    callback_secret: str


ContractKeys = Annotated[KurBankKeys | LpdbKeys | BluKeys, Field(discriminator="contract")]


class LenderKeys(_Held):
    """The lenders' side of a key file."""

    development: bool
    """True for a generated set, which production refuses."""
    lenders: dict[str, ContractKeys]


def generate(address: str = "http://127.0.0.1:8003") -> dict[str, dict[str, Any]]:
    """
    Return a fresh development key set in its two views, ready to be written as JSON.

    `lenders` is for the sandbox (SANDBOX_KEYS), `financing` for the financing service; `address`
    is where the financing service finds the sandbox. No two lenders share a secret.
    """
    pairs = {
        "kur-bank-nusantara": _kur_bank(f"{address}/kur-bank-nusantara"),
        "kur-bank-samudra": _kur_bank(f"{address}/kur-bank-samudra"),
        "lpdb": _lpdb(f"{address}/lpdb"),
        "blu": _blu(f"{address}/blu"),
    }
    return {
        "lenders": {
            "development": True,
            "lenders": {code: lender for code, (lender, _) in pairs.items()},
        },
        "financing": {
            "development": True,
            "channels": {code: channel for code, (_, channel) in pairs.items()},
        },
    }


Pair = tuple[dict[str, str], dict[str, str]]
"""A lender's view and the financing service's view of the same secrets."""


def _kur_bank(address: str) -> Pair:
    shared = {
        "contract": "kur_bank",
        "client_id": f"purna-{secrets.token_hex(4)}",
        "client_secret": secrets.token_urlsafe(32),
        "partner_id": f"{secrets.randbelow(10**8):08d}",
    }
    client, bank = _rsa(), _rsa()
    return (
        shared | {"client_public_key": client[1], "bank_private_key": bank[0]},
        shared
        | {"base_url": address, "client_private_key": client[0], "bank_public_key": bank[1]},
    )


def _lpdb(address: str) -> Pair:
    shared = {
        "contract": "lpdb",
        "client_id": f"purna-{secrets.token_hex(4)}",
        "client_secret": secrets.token_urlsafe(32),
        "webhook_secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    return shared, shared | {"base_url": address}


def _blu(address: str) -> Pair:
    shared = {
        "contract": "blu",
        "key_id": f"purna-{secrets.token_hex(4)}",
        "secret": secrets.token_hex(32),
        "callback_key_id": f"blu-{secrets.token_hex(4)}",
        "callback_secret": secrets.token_hex(32),
    }
    return shared, shared | {"base_url": address}


def _rsa() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
