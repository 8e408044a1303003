"""How fast a file of people is taken in over HTTP, and how flat the service's memory stays."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import httpx

from migrations.run import upgrade
from services.registry.app import create_app
from services.registry.db import regions
from services.registry.domain.importing import PEOPLE_COLUMNS
from services.registry.reference.regions import code_changes
from services.registry.reference.regions import regions as all_regions
from services.registry.settings import Settings
from shared import clock
from shared.auth import Kind
from shared.db import Database
from shared.embedded_postgres import EmbeddedPostgres
from shared.issuer import Client, Issuer
from shared.keys import ensure_development_keys

ROWS = 50_000
WARM_ROWS = 5_000
ISSUER = "https://issuer.test"
PIECE_ROWS = 500
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


def rss_mib() -> float:
    """Return this process's resident memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def imported(client: httpx.AsyncClient, made: list[bytes]) -> tuple[float, dict[str, int]]:
    """Send a file; return the seconds it took and the counts."""
    headers = {"Idempotency-Key": os.urandom(16).hex()}
    opened = await client.post(
        "/imports", json={"kind": "people", "file_name": "people.csv"}, headers=headers
    )
    opened.raise_for_status()
    path = f"{opened.headers['location']}/content"
    began = time.perf_counter()
    reply = await client.put(path, content=_stream(made), headers={"Content-Type": "text/csv"})
    reply.raise_for_status()
    return time.perf_counter() - began, reply.json()
