"""How fast a file of people is taken in over HTTP, and how flat the service's memory stays."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import httpx

from bench.callers import ISSUER, token_for
from bench.figures import figure, say
from bench.server import free_port, memory_mib, serving
from migrations.run import upgrade
from services.registry.domain.importing import PEOPLE_COLUMNS
from services.registry.seed import load_regions
from shared.auth import Kind
from shared.db import Database
from shared.embedded_postgres import EmbeddedPostgres
from shared.keys import ensure_development_keys

ROWS = 50_000
WARM_ROWS = 5_000
PIECE_ROWS = 400
FIRST_BIRTH = date(1965, 1, 1)
VILLAGES = ("52.02.02.2001", "52.02.02.2002", "35.05.04.2002", "33.01.03.2004", "52.03.04.2002")
COUNTRIES = ("HK", "TW", "MY", "SG", "KR", "SA")


def row(number: int) -> str:
    """Return one person's row; every person has a NIK, a placement, skills and a language."""
    village = VILLAGES[number % len(VILLAGES)]
    born = FIRST_BIRTH + timedelta(days=number // 9_000)
    serial = number % 9_000 + 1
    female = number % 3 != 0
    day = born.day + (40 if female else 0)
    nik = f"{village.replace('.', '')[:6]}{day:02}{born:%m%y}{serial:04}"
    cells = {
        "external_id": f"B-{number}",
        "person_nik": nik,
        "full_name": f"Purna Pekerja {number}",
        "birth_date": born.isoformat(),
        "sex": "female" if female else "male",
        "phone": f"+62812{number:08}",
        "ktp_village_code": village,
        "domicile_village_code": village,
        "married": "true",
        "education": "sma",
        "migration_status": "returned",
        "country": COUNTRIES[number % len(COUNTRIES)],
        "placement_sector": "informal",
        "employer_kind": "individual",
        "scheme": "p2p",
        "departed_on": "2015-02-10",
        "returned_on": "2022-06-18",
        "return_reason": "contract_completed",
        "skills": "tata boga;pembukuan sederhana",
        "languages": "zh:b1;en:a2",
        "verification_level": "siskop2mi_matched" if number % 4 == 0 else "",
    }
    return ",".join(cells[column] for column in PEOPLE_COLUMNS)


def pieces(first: int, count: int) -> Iterator[bytes]:
    """Yield a file of people, piece by piece."""
    yield (",".join(PEOPLE_COLUMNS) + "\n").encode()
    for start in range(first, first + count, PIECE_ROWS):
        numbers = range(start, min(start + PIECE_ROWS, first + count))
        yield ("\n".join(map(row, numbers)) + "\n").encode()


async def _stream(made: list[bytes]) -> AsyncIterator[bytes]:
    for piece in made:
        yield piece


async def imported(client: httpx.AsyncClient, made: list[bytes]) -> tuple[float, dict[str, int]]:
    """Send a file; return the seconds it took and the counts."""
    opened = await client.post(
        "/imports",
        json={"kind": "people", "file_name": "people.csv"},
        headers={"Idempotency-Key": os.urandom(16).hex()},
    )
    path = f"{opened.raise_for_status().headers['location']}/content"
    began = perf_counter()
    reply = await client.put(path, content=_stream(made), headers={"Content-Type": "text/csv"})
    reply.raise_for_status()
    return perf_counter() - began, reply.json()


@contextmanager
def prepared() -> Iterator[tuple[str, Path, str]]:
    """A migrated database with every region in it, keys and a token."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder, "keys")
        ensure_development_keys(keys)
        with EmbeddedPostgres.start(Path(folder, "postgres")) as server:
            url = server.create_database("registry")
            upgrade("registry", url)
            asyncio.run(_with_regions(url))
            yield url, keys, token_for(keys, Kind.SERVICE, frozenset({"imports:write"}))


async def _with_regions(url: str) -> None:
    async with Database.connect(url) as database:
        await load_regions(database)


async def _measure(url: str, token: str, pid: int) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    made = list(pieces(WARM_ROWS, ROWS))
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=600) as client:
        await imported(client, list(pieces(0, WARM_ROWS)))
        before = memory_mib(pid, "VmRSS")
        seconds, answer = await imported(client, made)
        assert answer["rows_accepted"] == ROWS, answer
        figure("import_people_per_second", ROWS / seconds, "1/s")
        figure("import_rss_growth_mib", max(0.0, memory_mib(pid, "VmHWM") - before), "MiB")
        seconds, answer = await imported(client, made)
        assert answer["rows_unchanged"] == ROWS, answer
        figure("import_unchanged_per_second", ROWS / seconds, "1/s")


def main() -> None:
    """Print the figures of a file of people."""
    with prepared() as (url, keys, token):
        port = free_port()
        environment = {
            "REGISTRY_DATABASE_URL": url,
            "PURNA_KEYS": str(keys),
            "PURNA_ISSUER": ISSUER,
            "PURNA_REGISTRY_PORT": str(port),
        }
        with serving(
            "services.registry", environment, port, counted=False, probe="/livez"
        ) as server:
            say(f"{ROWS:,} people in one file, one process, events and import rows included")
            asyncio.run(_measure(server.url, token, server.process.pid))
            each = server.cpu_seconds() / (2 * ROWS + WARM_ROWS)
            say(f"the service's CPU time: {each * 1e6:.0f} us a row over all three files")


if __name__ == "__main__":
    main()
