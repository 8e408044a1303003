"""The only place that asks what time it is, and where to let some pass."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

from fastapi import Depends

WIB = timezone(timedelta(hours=7), "WIB")
"""Western Indonesian time, the zone of the ministries and of every lender's offices here.

A fixed offset: Indonesia has had no daylight saving time since 1964.
"""


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return datetime.now(UTC)


async def moment() -> datetime:
    """Return the instant of a request. A coroutine, so that FastAPI does not start a thread."""
    return now()


Now = Annotated[datetime, Depends(moment)]
"""The instant of the request, as a parameter: a test overrides `moment` and nothing else."""


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not longer than until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
