"""
Pages by key: the next page begins after the last row seen, however the list has grown.

A cursor is sealed (AES-GCM) together with the caller, the path and the filters that it was made
for, so it can be neither read nor changed nor carried elsewhere.
"""

import base64
import os
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, Query, Request
from pydantic import create_model

from shared.auth import caller_of
from shared.db import Row
from shared.wire import Whole

LIMIT_MAX = 100
LIMIT_DEFAULT = 50
NONCE_BYTES = 12


class CursorInvalid(Exception):
    """The cursor was not made by this API for this caller, path and these filters."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for: rows after `after`, at most `limit`."""

    limit: int
    after: str
    context: bytes
    key: bytes

    @property
    def after_id(self) -> UUID:
        """Return the place as an id, for lists that are ordered by it."""
        return UUID(self.after) if self.after else UUID(int=0)

    def cursor(self, last: str) -> str:
        """Seal the place after `last`."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(self.key).encrypt(nonce, last.encode(), self.context)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _open(cursor: str, key: bytes, context: bytes) -> str:
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context).decode()
    except (InvalidTag, ValueError) as error:
        raise CursorInvalid("Start again without a cursor.") from error


async def _paging(
    request: Request,
    limit: Annotated[
        Whole, Query(ge=1, le=LIMIT_MAX, description="Rows on a page")
    ] = LIMIT_DEFAULT,
    cursor: Annotated[
        str | None,
        Query(
            max_length=256,
            pattern="^[A-Za-z0-9_-]+$",
            description="`next` of the page before; valid for the same caller and filters",
        ),
    ] = None,
) -> Paging:
    caller = await caller_of(request)
    filters = sorted(
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"cursor", "limit"}
    )
    context = repr((caller.id, request.scope["path"], filters)).encode()
    key: bytes = request.app.state.cursor_key
    after = "" if cursor is None else _open(cursor, key, context)
    return Paging(limit, after, context, key)


Page = Annotated[Paging, Depends(_paging)]
"""The page that a list endpoint is asked for."""


def page_json(page: Row | None, paging: Paging) -> bytes:
    """Build the answer from a row of `items` (a JSON array as text), `last` and `count`."""
    if page is None or not page["count"]:
        return b'{"items":[],"next":null}'
    full = page["count"] == paging.limit
    following = f'"{paging.cursor(page["last"])}"' if full else "null"
    return f'{{"items":{page["items"]},"next":{following}}}'.encode()


def page_model(item: type[Any]) -> Any:
    """Return the response model of a page of `item`."""
    items: Any = list.__class_getitem__(item)
    return create_model(f"PageOf{item.__name__}", items=(items, ...), next=(str | None, ...))
