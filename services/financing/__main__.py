"""
Financing.

    python -m services.financing                serve the API until told to stop
    python -m services.financing worker         carry submissions and webhooks, compare ledgers
    python -m services.financing verify FILE    make a decision again from its record, which is
                                                the answer of /applications/{id}/decision/record
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import uvicorn

from services.financing.api import records
from services.financing.app import create_app, registry_client, webhook_sealer
from services.financing.channels import keys as channel_keys
from services.financing.db import webhooks
from services.financing.reconciler import Reconciler
from services.financing.settings import Settings
from services.financing.worker import Worker
from shared import clock, keys, logs
from shared.db import Database
from shared.faults import Faults
from shared.neighbour import Neighbour
from shared.public_web import PublicWeb
from shared.webhooks.postman import Postman


def serve(settings: Settings) -> None:
    """Serve the API until told to stop."""
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


async def work(settings: Settings) -> None:
    """Carry submissions and webhooks, compare ledgers, until told to stop; a step is ended."""
    production = settings.mode == "production"
    faults = Faults.from_env(os.environ, production=production)
    lenders = channel_keys.load(settings.channels, production=production)
    ring = keys.load(settings.keys / "financing.json")
    if production:
        ring.refuse_development()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        Database.connect(settings.database_url) as database,
        Neighbour(settings.registry_url) as line,
        channel_keys.open_channels(lenders) as channels,
        PublicWeb.open(development=not production) as public_web,
    ):
        worker = Worker(
            database=database,
            channels=channels,
            registry=registry_client(settings, line),
            clock=clock.now,
            faults=faults,
        )
        postman = Postman(
            database=database,
            web=public_web,
            sealer=webhook_sealer(ring),
            sees=webhooks.sees,
            service="financing",
            clock=clock.now,
        )
        reconciler = Reconciler(database, channels, clock.now)
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(stop, tasks=settings.worker_tasks))
            group.create_task(postman.run(stop))
            group.create_task(reconciler.run(stop))


def verify(file: str) -> int:
    """Say whether a record's facts are untouched and lead to its outcome; return the exit code."""
    try:
        sha256 = records.verify(Path(file).read_bytes())
    except (records.OtherFacts, records.OtherOutcome) as other:
        sys.stderr.write(f"Not verified. {other}\n")
        return 1
    except (records.RecordUnreadable, OSError) as unreadable:
        sys.stderr.write(f"Not read. {unreadable}\n")
        return 2
    sys.stdout.write(f"Verified: the facts {sha256} lead to this outcome.\n")
    return 0


def main(arguments: list[str]) -> int:
    """Read the environment and run; return the exit code."""
    logs.configure()
    match arguments:
        case []:
            serve(Settings.from_env(os.environ))
        case ["worker"]:
            asyncio.run(work(Settings.from_env(os.environ)))
        case ["verify", file]:
            return verify(file)
        case _:
            sys.stderr.write(f"{__doc__}".lstrip())
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
