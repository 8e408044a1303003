"""What a new machine is filled with: regions, clients, and sample people and cooperatives.

People come in as they would in the field: an application's backend sends the file, a ministry
says how well each is verified, a ministry sends the cooperatives and seats their officers.
Everything but the clients goes through the API that everybody uses. Doing it again changes
nothing.
"""

import csv
import hashlib
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import httpx

from services.local import clients
from services.registry.domain.importing import ImportStatus
from services.registry.domain.person import PROVES, EvidenceKind, VerificationLevel
from services.registry.seed import load_regions, put_clients
from shared import clock
from shared.clock import WIB
from shared.db import Database

Say = Callable[[str], None]

_NAMESPACE = UUID("5f0e9d2c-6a3b-4c1d-9e8f-7a6b5c4d3e2f")
MATCHING_ACCOUNT = uuid5(_NAMESPACE, "matching account")
"""The system account that made the sample's matches with state registers."""
CERTIFICATE_LEFT = timedelta(days=150)

_EVIDENCE: Mapping[str, EvidenceKind] = {level: kind for kind, level in PROVES.items()}


class LoadingFailed(Exception):
    """The sample data could not be brought in."""


class Seat(NamedTuple):
    """Who leads a sample cooperative, and the client with which they work."""

    cooperative: str
    person: str
    client: str


SEATS = (
    Seat("COOP-LPDB", "P-009", "officer-lombok"),
    Seat("COOP-YOUNG", "P-022", "officer-maron"),
    Seat("COOP-USP", "P-006", "officer-sikur"),
    Seat("COOP-004", "P-034", "officer-karangbenda"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What is there now: ids by external_id, and the secret of each client."""

    people: Mapping[str, UUID]
    cooperatives: Mapping[str, UUID]
    secrets: Mapping[str, str]


async def load(registry: str, *, database_url: str, keys: Path, say: Say) -> Loaded:
    """Fill a running registry.

    `registry` is its address, `database_url` its database, `keys` the folder for the secrets of
    the clients; `say` is told how it goes.

    Raises:
        LoadingFailed: the registry refused something of it.
    """
    secrets = clients.secrets_in(keys, *(seat.client for seat in SEATS))
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(Database.connect(database_url))
        say(f"{await load_regions(database, again=False):,} regions")
        await put_clients(database, clients.standing(secrets), now=clock.now())
        mobile, ministry = [
            await opened.enter_async_context(await clients.signed_in(registry, id, secrets[id]))
            for id in (clients.MOBILE, clients.MINISTRY)
        ]
        try:
            people = await _people(mobile, ministry, say)
            cooperatives = await _cooperatives(ministry, people, say)
        except httpx.HTTPStatusError as refused:
            answer = refused.response
            raise LoadingFailed(f"{answer.request.url.path}: {answer.text}") from refused
        ids = Loaded(
            people={name: UUID(row["id"]) for name, row in people.items()},
            cooperatives={name: UUID(row["id"]) for name, row in cooperatives.items()},
            secrets=secrets,
        )
        await put_clients(database, _officers(ids), now=clock.now())
        say(f"{len(SEATS)} officers, {len(secrets)} clients; their secrets: {keys}/clients.json")
        return ids


async def _people(
    mobile: httpx.AsyncClient, ministry: httpx.AsyncClient, say: Say
) -> dict[str, dict[str, Any]]:
    """Bring the people in, and verify them; return them by external_id."""
    content, levels = _without_levels(sample("people.csv"))
    say(await bring_in(mobile, "people", "people.csv", content))
    people = {row["external_id"]: row async for row in _listed(mobile, "/people")}
    say(f"{await verify(ministry, people, levels)} people verified")
    return people


async def _cooperatives(
    ministry: httpx.AsyncClient, people: Mapping[str, Mapping[str, Any]], say: Say
) -> dict[str, dict[str, Any]]:
    """Bring the cooperatives in and seat their officers; return them by external_id."""
    content, today = sample("cooperatives.csv"), clock.now().astimezone(WIB).date()
    filled = dated(content, on=today)
    said = await bring_in(
        ministry, "cooperatives", "cooperatives.csv", filled, told_apart_by=content
    )
    say(said)
    cooperatives = {row["external_id"]: row async for row in _listed(ministry, "/cooperatives")}
    for seat in SEATS:
        await seat_officer(ministry, cooperatives[seat.cooperative], people[seat.person]["id"])
    return cooperatives


async def bring_in(
    client: httpx.AsyncClient,
    kind: str,
    name: str,
    content: str,
    *,
    told_apart_by: str | None = None,
) -> str:
    """Send a file as any other caller would; return what became of it, in words.

    It is sent once; `told_apart_by` stands for the content where that changes by the day.

    Raises:
        LoadingFailed: not every row was taken.
    """
    key = hashlib.sha256((told_apart_by or content).encode()).hexdigest()
    opened = await client.post(
        "/imports",
        json={"kind": kind, "file_name": name},
        headers={"Idempotency-Key": f"sample-{key}"},
    )
    path = opened.raise_for_status().headers["location"]
    answer = (await client.get(path)).raise_for_status().json()
    if answer["status"] != ImportStatus.FINISHED:
        sent = await client.put(
            f"{path}/content",
            content=content.encode(),
            headers={"Content-Type": "text/csv; charset=utf-8"},
        )
        answer = sent.raise_for_status().json()
    if answer["rows_refused"]:
        raise LoadingFailed(f"{name}: {answer['rows_refused']} rows were refused, see {path}/rows")
    return f"{name}: {answer['rows_read']} rows, {answer['rows_accepted']} taken in"


async def verify(
    ministry: httpx.AsyncClient,
    people: Mapping[str, Mapping[str, Any]],
    levels: Mapping[str, VerificationLevel],
) -> int:
    """Raise each person to their level, where it is lower; return how many have one."""
    for external_id, level in levels.items():
        row = people[external_id]
        if VerificationLevel(row["verification_level"]).rank >= level.rank:
            continue
        reply = await ministry.post(
            f"/people/{row['id']}/verifications",
            json={
                "evidence_kind": _EVIDENCE[level],
                "reference": f"sample data, {external_id}",
                "attested_by": str(MATCHING_ACCOUNT),
                "attested_on": "2026-11-02",
            },
            headers={"Idempotency-Key": f"sample-{external_id}-{level}"},
        )
        reply.raise_for_status()
    return len(levels)


async def seat_officer(
    ministry: httpx.AsyncClient, cooperative: Mapping[str, Any], person_id: str
) -> None:
    """Let a person lead a cooperative since its founding, unless they hold a seat already."""
    path = f"/cooperatives/{cooperative['id']}/officers"
    if person_id in [row["person_id"] async for row in _listed(ministry, path)]:
        return
    reply = await ministry.post(
        path,
        json={
            "person_id": person_id,
            "board": "pengurus",
            "position": "ketua",
            "since": cooperative["founded_on"],
        },
        headers={"Idempotency-Key": f"sample-{person_id}"},
    )
    reply.raise_for_status()


def _officers(loaded: Loaded) -> Iterator[clients.NewClient]:
    for seat in SEATS:
        yield clients.officer(
            seat.client,
            loaded.secrets[seat.client],
            cooperative_id=loaded.cooperatives[seat.cooperative],
            person_id=loaded.people[seat.person],
        )


def sample(name: str) -> str:
    """Return a file of the sample as it is kept."""
    return resources.files("services.local").joinpath("sample", name).read_text(encoding="utf-8")


def dated(content: str, *, on: date) -> str:
    """Return a file of the sample with its dates in braces put in, as they are on a day."""
    held = max(date(on.year, 1, 1), min(date(on.year, 5, 23), on))
    return content.format(
        last=on.year - 1,
        before_last=on.year - 2,
        held=held,
        valid_until=on + CERTIFICATE_LEFT,
    )


def _without_levels(content: str) -> tuple[str, dict[str, VerificationLevel]]:
    """Return the file as an application may send it, and the levels that it may not state."""
    reader = csv.DictReader(io.StringIO(content))
    written, levels = io.StringIO(), dict[str, VerificationLevel]()
    writer = csv.DictWriter(written, reader.fieldnames or ())
    writer.writeheader()
    for row in reader:
        level = VerificationLevel(row["verification_level"])
        if level is not VerificationLevel.SELF_DECLARED:
            levels[row["external_id"]] = level
        writer.writerow({**row, "verification_level": ""})
    return written.getvalue(), levels


async def _listed(client: httpx.AsyncClient, path: str) -> AsyncIterator[dict[str, Any]]:
    """Yield every row of a list, page after page."""
    query: dict[str, str | int] = {"limit": 100}
    while True:
        page = (await client.get(path, params=query)).raise_for_status().json()
        for row in page["items"]:
            yield row
        if page["next"] is None:
            return
        query["cursor"] = page["next"]
