"""
What no test may leave behind: rows that break a law.

The laws are asked on connections that stay open from test to test, because a new one plans all of
them anew, which takes ten times as long. They live on a loop of their own, in a thread: the loops
of the tests come and go.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from functools import cache
from threading import Thread
from typing import Any

import asyncpg
import pytest

from shared.invariants import Law, every

_open: dict[str, asyncpg.Connection] = {}


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, daemon=True, name="laws").start()
    return loop


def _done(act: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run_coroutine_threadsafe(act, _loop()).result(timeout=60)


async def _broken(url: str, laws: Sequence[Law]) -> list[tuple[str, str]]:
    if url not in _open:
        _open[url] = await asyncpg.connect(url, server_settings={"jit": "off"})
    rows = await _open[url].fetch(every(laws).sql)
    return sorted((row["law"], row["id"]) for row in rows)


async def _leave() -> None:
    while _open:
        await _open.popitem()[1].close()


def leave() -> None:
    """Close the connections: a database that somebody is connected to cannot be copied."""
    _done(_leave())


def check(request: pytest.FixtureRequest, url: str, laws: Sequence[Law]) -> None:
    """Let a test fail that breaks a law, unless it is marked `lawless` and says why."""
    if request.node.get_closest_marker("lawless") is None:
        assert _done(_broken(url, laws)) == []
