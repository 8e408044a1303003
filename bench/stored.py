"""
Applications decided over HTTP and stored, by real processes over a real PostgreSQL.

`POST /applications/{id}/submission` asks the registry who the borrower is, decides, keeps facts,
decision, history, event and the first submission in one transaction, and answers once that is
durable. Every draft is of a person of its own. Financing, registry, PostgreSQL and the client that
presses share the cores of this machine. No worker runs: what is submitted stays queued, so nothing
of the hand-over to lenders is counted. The CPU time of each of the three is printed beside the
rate: unlike the rate it does not depend on what else the machine does.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from uuid import uuid4

from bench.figures import figure, say
from bench.kills import Ground, on_the_ground
from bench.load import press, written
from bench.prove import templates
from bench.server import children_cpu_seconds, cpu_seconds
from shared.embedded_postgres import GivenPostgres

SECONDS, CLIENTS = 6.0, 8
DRAFTS, WARM_SECONDS = 6_000, 1.0


async def drafts(ground: Ground, count: int) -> list[str]:
    """Register so many people and draft an application for each; return the applications' ids."""

    async def drafting() -> list[str]:
        return [(await ground.drafted()).id for _ in range(count // CLIENTS)]

    found = await asyncio.gather(*(drafting() for _ in range(CLIENTS)))
    await ground.sign_in()
    return list(chain.from_iterable(found))


def submissions(ground: Ground, ids: list[str]) -> Iterator[bytes]:
    """Yield the request that submits each draft."""
    token = ground.loans.headers["authorization"].removeprefix("Bearer ")
    for id in ids:
        path = f"/applications/{id}/submission"
        yield written("POST", path, token, Idempotency_Key=str(uuid4()), Content_Length="0")


async def measure(ground: Ground, postgres: int) -> None:
    """Press, and print the figures; `postgres` is the process id of the server."""

    def used() -> tuple[float, ...]:
        return cpu_seconds(financing), cpu_seconds(registry), children_cpu_seconds(postgres)

    requests = submissions(ground, await drafts(ground, DRAFTS))
    financing, registry = ground.stack.pids["financing"], ground.stack.pids["registry"]
    port = int(ground.stack.address("financing").rpartition(":")[2])

    def make() -> bytes:
        return next(requests)

    await press(port, make, status=200, clients=2, seconds=WARM_SECONDS)
    before = used()
    load = await press(port, make, status=200, clients=CLIENTS, seconds=SECONDS)
    each, known, kept = (
        (after - start) / len(load.taken) * 1e6
        for start, after in zip(before, used(), strict=True)
    )
    say(
        f"{len(load.taken):,} submissions from {CLIENTS} connections, one process each, all stored"
    )
    figure("decisions_stored_per_second", load.per_second, "1/s")
    figure("decisions_stored_p50_ms", load.milliseconds(500), "ms")
    figure("decisions_stored_p99_ms", load.milliseconds(990), "ms")
    figure("decisions_stored_cpu_us", each, "us")
    figure("decisions_stored_registry_cpu_us", known, "us")
    figure("decisions_stored_postgres_cpu_us", kept, "us")


async def on_a_ground(given: GivenPostgres, postgres: int) -> None:
    """Start the processes and measure."""
    with tempfile.TemporaryDirectory() as folder:
        async with on_the_ground(Path(folder), given, callbacks=False) as ground:
            await measure(ground, postgres)


def main() -> None:
    """Print the figures of decisions that are stored."""
    with templates() as server:
        addresses = {name: server.url(name) for name in ("registry", "financing")}
        given = GivenPostgres(base=server.url(), addresses=addresses)
        asyncio.run(on_a_ground(given, server.pid))


if __name__ == "__main__":
    main()
