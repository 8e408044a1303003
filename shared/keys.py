"""
Keys: read from files, one key ring a service; made on the spot for development only.

Separate keys for encrypting, for the blind index, for cursors and for signing tokens, each with
an id. A development key says so in its id, and a service in production mode refuses it.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

DEVELOPMENT = "development-"
KEY_BYTES = 32


class KeysMissing(Exception):
    """A key file does not exist or lacks a key that the service needs."""


class DevelopmentKeys(Exception):
    """Production mode was asked for, but a key was made for development."""


Mode = Literal["development", "production"]


class UnknownMode(Exception):
    """`PURNA_MODE` is neither production nor development."""


def mode(environ: Mapping[str, str]) -> Mode:
    """Return whether this is production; development where `PURNA_MODE` is not set.

    Raises:
        UnknownMode: a slip of the pen must not run production with the keys of development.
    """
    match environ.get("PURNA_MODE", "development"):
        case "development":
            return "development"
        case "production":
            return "production"
        case other:
            raise UnknownMode(f"PURNA_MODE is production or development, not {other!r}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The keys of one service. `data` and `index` hold every version; `*_current` is in use."""

    data: Mapping[str, bytes]
    data_current: str
    index: Mapping[str, bytes]
    index_current: str
    cursor: bytes
    cursor_id: str

    def refuse_development(self) -> None:
        """Raise `DevelopmentKeys` if any key was made for development."""
        for id in (*self.data, *self.index, self.cursor_id):
            if id.startswith(DEVELOPMENT):
                raise DevelopmentKeys(
                    f"The key {id} was made for development. Production needs keys of its own: "
                    "see docs/running.md."
                )


def load(file: Path) -> Keyring:
    """Read a service's key ring.

    Raises:
        KeysMissing: the file is absent, or not a key ring.
    """
    try:
        ring: dict[str, Any] = json.loads(file.read_text())
        return Keyring(
            data={id: base64.b64decode(key) for id, key in ring["data"].items()},
            data_current=ring["data_current"],
            index={id: base64.b64decode(key) for id, key in ring["index"].items()},
            index_current=ring["index_current"],
            cursor=base64.b64decode(ring["cursor"]),
            cursor_id=ring["cursor_id"],
        )
    except FileNotFoundError:
        raise KeysMissing(f"There is no key file {file.name}; see docs/running.md.") from None
    except (KeyError, ValueError, AttributeError) as error:
        raise KeysMissing(f"{file.name} is not a key ring; see docs/running.md.") from error


def ensure_development_keys(folder: Path) -> None:
    """Make the keys that are not there yet, readable by their owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for service in ("registry", "financing"):
        _write_once(folder / f"{service}.json", _new_ring)
    _write_once(folder / "issuer.json", _new_issuer)
    issuer = json.loads((folder / "issuer.json").read_text())
    public = {name: value for name, value in issuer.items() if name != "d"}
    _write_once(folder / "jwks.json", lambda: {"keys": [public]})


def _write_once(file: Path, make: Any) -> None:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(json.dumps(make(), indent=2))


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _new_ring() -> dict[str, Any]:
    id = f"{DEVELOPMENT}1"
    return {
        "data": {id: _new_key()},
        "data_current": id,
        "index": {id: _new_key()},
        "index_current": id,
        "cursor": _new_key(),
        "cursor_id": id,
    }


def _new_issuer() -> dict[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(key))
    return {**jwk, "kid": f"{DEVELOPMENT}{secrets.token_hex(8)}", "alg": "ES256", "use": "sig"}
