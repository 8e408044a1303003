"""Standard Webhooks: secrets, signatures, and the bodies that are signed."""

import base64
import hmac
import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import orjson
from standardwebhooks import Webhook

from shared.db import Row
from shared.sealing import Sealer

SECRET_BYTES = 32
NONCE_BYTES = 24
CHALLENGE = "webhook.challenge"


def new_secret() -> str:
    """Return a fresh secret, `whsec_…`."""
    return "whsec_" + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def new_nonce() -> str:
    """Return what a receiver has to answer a challenge with."""
    return base64.urlsafe_b64encode(os.urandom(NONCE_BYTES)).decode()


def secrets_of(endpoint: Row, sealer: Sealer, *, now: datetime) -> list[str]:
    """Return the secrets that sign for an endpoint, the new one first.

    Raises:
        InvalidTag: a cell was changed or moved.
        KeyError: the key that sealed it is not on the ring any more.
    """
    found = [sealer.open(endpoint["id"], endpoint["secret_key"], endpoint["secret"])]
    if endpoint["old_secret"] is not None and endpoint["old_secret_until"] > now:
        found.append(
            sealer.open(endpoint["id"], endpoint["old_secret_key"], endpoint["old_secret"])
        )
    return found


def headers(
    secrets: Sequence[str], message_id: str, body: bytes, *, at: datetime
) -> dict[str, str]:
    """Return the headers of one call: one signature for each secret."""
    signatures = [Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def event_body(event: Row) -> bytes:
    """Return what an event's call says: which row changed, and nothing of what is in it."""
    return _body(
        event["kind"],
        event["occurred_at"],
        {
            "number": event["event_number"],
            "subject_id": event["subject_id"],
            "version": event["version"],
            "stream_id": event["stream_id"],
        },
    )


def challenge_body(endpoint_id: UUID, nonce: str, *, at: datetime) -> bytes:
    """Return what a challenge says."""
    return _body(CHALLENGE, at, {"endpoint_id": endpoint_id, "nonce": nonce})


def answers(nonce: str, body: bytes) -> bool:
    """Tell whether a receiver's answer is the nonce: alone, or as `nonce` of a JSON object."""
    said = body.strip()
    if said.startswith(b"{"):
        try:
            found: Any = orjson.loads(said)
        except orjson.JSONDecodeError:
            return False
        given = cast("dict[str, Any]", found).get("nonce")
        said = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else b""
    return hmac.compare_digest(said, nonce.encode())


def _body(kind: str, at: datetime, data: dict[str, Any]) -> bytes:
    # The driver's own kind of UUID is one that orjson does not know.
    return orjson.dumps({"type": kind, "timestamp": at, "data": data}, default=str)
