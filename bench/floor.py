"""Read by id, list of 50 and create with event: ours and the floor's, in one run, on one table."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg

from bench.callers import ISSUER, token_for
from bench.figures import figure, say
from bench.load import press, send, written
from bench.server import VALGRIND, Server, free_port, serving
from migrations.run import upgrade
from shared.auth import SCOPES, Kind
from shared.embedded_postgres import EmbeddedPostgres
from shared.keys import ensure_development_keys

PEOPLE = 10_000
WARM, COUNTED = 40, 200
LOAD_SECONDS, LOAD_CLIENTS = 5.0, 16
FILL = """
INSERT INTO person (id, registered_by, full_name, sex, birth_date, phone, migration_status,
                    verification_level, skills, version, created_at, changed_at)
SELECT gen_random_uuid(), 'bench', 'Person ' || n, 'female', date '1980-01-01' + n % 9000,
       '+62812' || n, 'returned', 'self_declared', '[{"name": "caregiving", "years": 6}]',
       1, now(), now()
FROM generate_series(1, $1) AS n
"""
FLOOR_EVENT = """
CREATE TABLE floor_event (number bigserial PRIMARY KEY, kind text, subject_id uuid,
                          version bigint, occurred_at timestamptz, data jsonb)
"""


@dataclass(frozen=True)
class Act:
    """One kind of request, how it goes over the wire, and the bar of its figure."""

    name: str
    bar: float
    status: int
    write: Callable[[str], bytes]


def acts(person_id: str) -> tuple[Act, ...]:
    """Return the three kinds of request; the first reads this person."""
    new = b'{"full_name": "Siti Rahmawati", "sex": "female", "birth_date": "1988-03-14"}'

    def read(token: str) -> bytes:
        return written("GET", f"/people/{person_id}", token)

    def page(token: str) -> bytes:
        return written("GET", "/people?limit=50", token)

    def create(token: str) -> bytes:
        return written("POST", "/people", token, new, Idempotency_Key=str(uuid4()))

    return (
        Act("read", 2.0, 200, read),
        Act("list", 1.0, 200, page),
        Act("create", 2.5, 201, create),
    )


@contextmanager
def prepared() -> Iterator[tuple[EmbeddedPostgres, Path, str, str]]:
    """A migrated database with people in it, keys, a token and one person's id."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder, "keys")
        ensure_development_keys(keys)
        with EmbeddedPostgres.start(Path(folder, "postgres")) as server:
            url = server.create_database("registry")
            upgrade("registry", url)
            person_id = asyncio.run(_fill(url))
            yield server, keys, token_for(keys, Kind.MOBILE_BACKEND, frozenset(SCOPES)), person_id


async def _fill(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(FILL, PEOPLE)
        await connection.execute(FLOOR_EVENT)
        await connection.execute("ANALYZE")
        return str(await connection.fetchval("SELECT id FROM person ORDER BY id LIMIT 1"))
    finally:
        await connection.close()


def _repeat(server: Server, token: str, act: Act, times: int) -> None:
    """Send so many requests one after another."""
    asyncio.run(send(server.port, lambda: act.write(token), status=act.status, times=times))


def _instructions(server: Server, token: str, act: Act) -> float:
    """Return the instructions of one request (callgrind)."""
    _repeat(server, token, act, WARM)
    server.instructions_on(on=True)
    _repeat(server, token, act, 10)
    server.instructions()
    _repeat(server, token, act, COUNTED)
    total = server.instructions()
    server.instructions_on(on=False)
    return total / COUNTED


def _cpu(server: Server, token: str, act: Act, who: str) -> float:
    """Print the load's figures; return the CPU seconds of one request."""
    before = server.cpu_seconds()
    load = asyncio.run(
        press(
            server.port,
            lambda: act.write(token),
            status=act.status,
            clients=LOAD_CLIENTS,
            seconds=LOAD_SECONDS,
        )
    )
    each = (server.cpu_seconds() - before) / len(load.taken)
    figure(f"{who}_{act.name}_per_second", load.per_second, "1/s")
    figure(f"{who}_{act.name}_p50_ms", load.milliseconds(500), "ms")
    figure(f"{who}_{act.name}_p99_ms", load.milliseconds(990), "ms")
    figure(f"{who}_{act.name}_cpu_us", each * 1e6, "us")
    return each


def main() -> None:
    """Print every figure of this comparison."""
    with prepared() as (postgres, keys, token, person_id):
        url = postgres.url("registry")
        port = free_port()
        floor = {"FLOOR_DATABASE_URL": url, "FLOOR_PORT": str(port)}
        ours = {
            "REGISTRY_DATABASE_URL": url,
            "PURNA_KEYS": str(keys),
            "PURNA_ISSUER": ISSUER,
            "PURNA_REGISTRY_PORT": str(port),
        }
        both = (
            ("floor", "bench.floor_app", floor, f"/people/{person_id}"),
            ("registry", "services.registry", ours, "/livez"),
        )
        cost: dict[str, dict[str, float]] = {}
        for who, module, environment, probe in both:
            with serving(module, environment, port, counted=False, probe=probe) as server:
                say(f"{who}: {LOAD_CLIENTS} clients, {LOAD_SECONDS:.0f} s each, one process")
                cost[who] = {a.name: _cpu(server, token, a, who) for a in acts(person_id)}
        if VALGRIND and not os.environ.get("BENCH_WITHOUT_VALGRIND"):
            for who, module, environment, probe in both:
                say(f"{who}: {COUNTED} requests of each kind under callgrind")
                with serving(module, environment, port, counted=True, probe=probe) as server:
                    for act in acts(person_id):
                        cost[who][act.name] = _instructions(server, token, act)
                        figure(f"{who}_{act.name}_instructions", cost[who][act.name], "1")
        for act in acts(person_id):
            ratio = cost["registry"][act.name] / cost["floor"][act.name]
            say(f"{act.name}: the bar is {act.bar}")
            figure(f"floor_{act.name}_ratio", ratio, "x")


if __name__ == "__main__":
    main()
