"""An access token, fetched once and used until shortly before its end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.financing.channels import ChannelUnavailable, ChannelUnknown

MARGIN = timedelta(seconds=60)
"""A token this close to its end is not used any more: it might end on the way."""

SECONDS_MAX = 86_400

Fetch = Callable[[], Awaitable[tuple[str, int]]]
"""Asks the lender for a token and returns it with its life in seconds."""


class Token:
    """One lender's token. Callers that arrive together wait for one fetch."""

    def __init__(self) -> None:
        self._token: str | None = None
        self._end: datetime | None = None
        self._lock = asyncio.Lock()

    async def get(self, fetch: Fetch, *, now: datetime) -> str:
        """
        Return a token that is good for another minute.

        Raises:
            ChannelUnavailable: there is none to be had. Whatever went wrong, the message that
                needed the token was certainly not sent.
        """
        async with self._lock:
            if self._token is None or self._end is None or self._end <= now:
                try:
                    self._token, seconds = await fetch()
                except ChannelUnknown as unknown:
                    raise ChannelUnavailable(f"no token: {unknown.why}") from None
                self._end = now + timedelta(seconds=min(seconds, SECONDS_MAX)) - MARGIN
            return self._token

    def forget(self, token: str) -> None:
        """Drop a token that the lender no longer knows, unless a newer one is here already."""
        if self._token == token:
            self._token = None
