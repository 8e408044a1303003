"""Who presses the server under measurement: a client of the API, and its token."""

from pathlib import Path

from shared import clock
from shared.auth import Kind
from shared.issuer import Client, Issuer

ISSUER = "https://bench.invalid"


def token_for(keys: Path, kind: Kind, scopes: frozenset[str]) -> str:
    """Return a token for a client of some kind, signed with the key in a folder."""
    client = Client(
        id="bench",
        secret_hash="",
        kind=kind,
        scopes=scopes,
        cooperative_id=None,
        person_id=None,
        channel=None,
    )
    issuer = Issuer.from_file(ISSUER, keys / "issuer.json")
    return issuer.issue(client, scopes, now=clock.now())
