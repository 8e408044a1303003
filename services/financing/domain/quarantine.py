"""
What a lender does not understand, or answers in words that we do not understand.

To send such a submission again and again helps nobody, and to go on to the next lender would let
the borrower pay for a mistake of ours or of the lender's. It is set aside with its evidence, and
an operator releases it once the cause is mended, or gives it up for a reason.
"""

import re
from enum import StrEnum

from services.financing.domain.texts import Text

REJECTED_MAX = 3
UNREADABLE_MAX = 8
"""With the waits between them about ten minutes: a lender's short trouble passes by itself."""

NOTICE = Text(
    "Ada kendala teknis antara kami dan penyalur; petugas sedang memeriksanya. Pengajuan Anda "
    "tidak hilang dan Anda tidak perlu melakukan apa pun.",
    "There is a technical problem between us and the lender; somebody is looking at it. Your "
    "application is not lost, and there is nothing that you need to do.",
)
"""What the applicant is told meanwhile."""

EXCERPT_MAX = 500
_NUMBERS = re.compile(r"\d(?:[ .\-]?\d){5,}")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufdff]+")


class Cause(StrEnum):
    """Why a submission is set aside: the lender rejects it, or says what nobody can read."""

    REJECTED = "rejected"
    UNREADABLE = "unreadable"


class Status(StrEnum):
    """What became of it: it waits, an operator has acted, or the application went on anyway."""

    SET_ASIDE = "set_aside"
    RELEASED = "released"
    ABANDONED = "abandoned"
    OVERTAKEN = "overtaken"


class NotSetAside(Exception):
    """The submission is not set aside any more."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"It is {status} already; nothing is left to decide.")


def hopeless(cause: Cause, times: int) -> bool:
    """Tell whether a submission that failed so often in a row is to be set aside."""
    return times >= (REJECTED_MAX if cause is Cause.REJECTED else UNREADABLE_MAX)


def excerpt(body: bytes) -> str:
    """
    Return the beginning of what came back, as people may read it.

    Every number of six digits and more is masked, also one that is written with dots, dashes or
    spaces: a personal number must not be kept in clear, whoever sent it.
    """
    text = body[: EXCERPT_MAX * 8].decode("utf-8", "replace")
    shown = _UNPRINTABLE.sub(" ", _NUMBERS.sub("[number]", text))
    return shown[:EXCERPT_MAX]
