"""
A kept letter as an accessible PDF (PDF/UA-1: tagged, with its language and title, fonts inside).

The same letter gives the same bytes. It is set in a thread of a small pool: the event loop goes
on, and however many ask at once, two are set at a time.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Self

import typst

AT_ONCE = 2
KEPT = 64
"""How many set letters are remembered."""

# What the fonts inside the typesetter can show; a letter may quote anything.
_NOT_SHOWN = re.compile(
    r"[^\u0020-\u024f\u0300-\u036f\u1e00-\u1eff\u2010-\u2027\u2030-\u2040\u20a0-\u20bf\u2190-\u2193]"
)
_STAND_IN = "\N{REPLACEMENT CHARACTER}"


class Press:
    """Sets letters, a few at a time."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="press")

    async def pdf(self, document: str, issued_at: datetime) -> bytes:
        """Return a letter, given as its JSON, as a PDF."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, typeset, document, issued_at)

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncGenerator[Self]:
        """Begin; at the end a letter that is being set is ended first."""
        press = cls()
        try:
            yield press
        finally:
            await asyncio.to_thread(press._pool.shutdown)


@lru_cache(maxsize=KEPT)
def typeset(document: str, issued_at: datetime) -> bytes:
    """Return a letter as a PDF. Nothing is fetched, and no font of the machine is used."""
    return typst.compile(
        _template(),
        format="pdf",
        pdf_standards="ua-1",
        ignore_system_fonts=True,
        sys_inputs={"letter": _NOT_SHOWN.sub(_STAND_IN, document)},
        timestamp=int(issued_at.timestamp()),
    )


@cache
def _template() -> bytes:
    return Path(__file__).with_name("letter.typ").read_bytes()
