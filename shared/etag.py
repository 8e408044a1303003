"""
Nobody overwrites what they have not seen: ETag on every row, If-Match on every change.
"""

import re
from typing import Annotated

from fastapi import Depends, Header, Request

_TAG = re.compile(r'"([0-9]{1,18})"')


class PreconditionMissing(Exception):
    """A change needs an If-Match header with the ETag that was read."""


class PreconditionFailed(Exception):
    """The row has changed since it was read."""


def etag(version: int) -> str:
    """Return the ETag of a row's version."""
    return f'"{version}"'


async def _if_match(
    request: Request,
    if_match: Annotated[
        str | None, Header(description='The ETag of the row as it was read, `"3"`')
    ] = None,
) -> int:
    if if_match is None:
        raise PreconditionMissing("Read the resource and send its ETag as If-Match.")
    match = _TAG.fullmatch(if_match)
    if match is None or len(request.headers.getlist("if-match")) > 1:
        raise PreconditionFailed("If-Match is not an ETag of this resource.")
    return int(match[1])


IfMatch = Annotated[int, Depends(_if_match)]
"""The version that the caller has seen."""


def must_match(seen: int, version: int) -> None:
    """Refuse a change of a row that is no longer the one that was read."""
    if seen != version:
        raise PreconditionFailed("The resource has changed; read it again.")
