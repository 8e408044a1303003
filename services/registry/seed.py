"""What a new registry needs before its first request: the regions, and the clients of its API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.registry.db import clients
from services.registry.db import regions as stored
from services.registry.reference.regions import code_changes, regions
from shared.auth import SCOPES, Kind
from shared.db import Database
from shared.issuer import Client, hash_secret


class ScopeUnknown(Exception):
    """A client is to have a scope that this API does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """A client of the API with its secret, of which the database keeps only a hash."""

    id: str
    secret: str
    name: str
    kind: Kind
    scopes: frozenset[str]
    cooperative_id: UUID | None = None
    person_id: UUID | None = None
    channel: str | None = None

    def __repr__(self) -> str:
        """Name the client only: a printed one must not print its secret."""
        return f"NewClient({self.id!r})"


async def load_regions(database: Database, *, again: bool = True) -> int:
    """Write every region and every known change of a code; return how many regions there are.

    Repeatable. With `again=False` nothing is written where as many are there already.
    """
    rows = list(regions())
    if not again and await stored.count(database.reader) == len(rows):
        return len(rows)
    changes = [
        (change.old_code, change.old_name, change.new_code, change.new_name)
        for change in code_changes()
    ]
    async with database.write() as unit:
        await stored.load(unit, rows, changes)
    return len(rows)


async def put_clients(database: Database, given: Iterable[NewClient], *, now: datetime) -> None:
    """Write clients, or replace what is known of them.

    Raises:
        ScopeUnknown
    """
    async with database.write() as unit:
        for client in given:
            unknown = client.scopes - SCOPES.keys()
            if unknown:
                raise ScopeUnknown(f"{client.id}: there is no scope {', '.join(sorted(unknown))}")
            stored_client = Client(
                id=client.id,
                secret_hash=hash_secret(client.secret),
                kind=client.kind,
                scopes=client.scopes,
                cooperative_id=client.cooperative_id,
                person_id=client.person_id,
                channel=client.channel,
            )
            await clients.put(unit, stored_client, name=client.name, now=now)
