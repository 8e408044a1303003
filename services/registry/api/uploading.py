"""The body of an upload: CSV in UTF-8, piece by piece, neither endless nor silent."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

UPLOAD_BYTES_MAX = 512 * 1024 * 1024
SILENCE_SECONDS = 20.0
"""How long the caller may send nothing."""


class NotCsv(Exception):
    """The endpoint reads text/csv, in UTF-8 and not compressed."""


class UploadTooLarge(Exception):
    """The file has more bytes than one upload may have."""


class UploadInterrupted(Exception):
    """The caller went away, or sent nothing for too long."""


def refuse_other_media(request: Request) -> None:
    """Refuse what is not CSV, or says that it is too large, before anything is read.

    Raises:
        NotCsv, UploadTooLarge
    """
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != "text/csv" or charset not in {"", "charset=utf-8"}:
        raise NotCsv("Send `Content-Type: text/csv; charset=utf-8`.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise NotCsv("Send the file without Content-Encoding.")
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > UPLOAD_BYTES_MAX:
        raise _too_large()


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it arrives.

    Raises:
        UploadTooLarge, UploadInterrupted
    """
    stream, size = request.stream(), 0
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                piece = await anext(stream, None)
        except TimeoutError:
            raise UploadInterrupted(f"Nothing came for {SILENCE_SECONDS:.0f} seconds.") from None
        except ClientDisconnect:
            raise UploadInterrupted("The caller went away before the end of the file.") from None
        if piece is None:
            return
        size += len(piece)
        if size > UPLOAD_BYTES_MAX:
            raise _too_large()
        yield piece


def _too_large() -> UploadTooLarge:
    return UploadTooLarge(f"A file may have at most {UPLOAD_BYTES_MAX:,} bytes.")
