"""
What a lender's ledger says beside what we hold: where the two differ, and what might mend it.

Nothing is mended here, and nothing by itself: a difference becomes a case, and a person states
what is done about it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from services.financing.domain.submission import Stage, Status, settle
from services.financing.domain.texts import Text

HOUR = 2
"""From this hour on, by the offices' time, the day's comparison is due."""

GRACE = timedelta(hours=1)
"""What moved so lately is left for the next time: news may still be on its way."""


class Difference(StrEnum):
    """How a lender's ledger differs from what we hold."""

    ONLY_WITH_US = "only_with_us"
    ONLY_WITH_THEM = "only_with_them"
    OTHER_STAGE = "other_stage"
    OTHER_AMOUNT = "other_amount"
    OTHER_REFERENCE = "other_reference"
    TWICE = "twice"


class Mend(StrEnum):
    """What a person does about a case; the first two begin something, the others state it."""

    ASK = "ask"
    REVIEW = "review"
    LENDER_MENDS = "lender_mends"
    EXPLAINED = "explained"


class RunStatus(StrEnum):
    """How far a comparison has come: the ledger is read, ours is compared, theirs is searched."""

    REQUESTED = "requested"
    READING = "reading"
    COMPARING = "comparing"
    SEARCHING = "searching"
    DONE = "done"
    FAILED = "failed"


class CaseStatus(StrEnum):
    """Where a case stands; `gone`: a later comparison has not found the difference any more."""

    OPEN = "open"
    RESOLVED = "resolved"
    GONE = "gone"


class CaseClosed(Exception):
    """The case is not open any more."""

    def __init__(self, status: CaseStatus) -> None:
        super().__init__(f"It is {status}; nothing is left to decide.")


class MendNotPossible(Exception):
    """This mend does not fit the case."""


class Ours(NamedTuple):
    """A submission as we hold it; the amount is what the lender told last, else what was asked."""

    status: Status
    amount: int
    reference: str | None


class Theirs(NamedTuple):
    """One line of the lender's ledger."""

    stage: Stage
    amount: int
    reference: str


class Proposal(NamedTuple):
    """What might mend a difference, in words."""

    mend: Mend
    says: Text


PROPOSALS: Mapping[Difference, Proposal] = {
    Difference.ONLY_WITH_US: Proposal(
        Mend.LENDER_MENDS,
        Text(
            "Penyalur pernah menjawab pengajuan ini, tetapi tidak ada dalam bukunya. Minta "
            "penyalur mencarinya dengan nomor referensinya sendiri.",
            "The lender has answered this submission, and its ledger does not have it. Let the "
            "lender look for it under its own number.",
        ),
    ),
    Difference.ONLY_WITH_THEM: Proposal(
        Mend.LENDER_MENDS,
        Text(
            "Penyalur mencatat pengajuan yang tidak kami kirim. Tanyakan dari mana asalnya, dan "
            "pastikan tidak ada pencairan sebelum jelas.",
            "The lender has an application that we have not sent. Ask where it came from, and "
            "that nothing is paid out before that is clear.",
        ),
    ),
    Difference.OTHER_STAGE: Proposal(
        Mend.ASK,
        Text(
            "Tahapnya berbeda. Tanyakan status terakhir kepada penyalur; jawabannya dicatat "
            "seperti laporan biasa.",
            "The stages differ. Ask the lender where it stands; its answer is a report like any.",
        ),
    ),
    Difference.OTHER_AMOUNT: Proposal(
        Mend.REVIEW,
        Text(
            "Jumlahnya berbeda dari yang terakhir dilaporkan. Dua orang memeriksa jumlah mana "
            "yang benar.",
            "The amount is not what was reported last. Two people find out which is right.",
        ),
    ),
    Difference.OTHER_REFERENCE: Proposal(
        Mend.LENDER_MENDS,
        Text(
            "Nomor referensi penyalur berbeda dari yang pernah diberikan. Minta penyalur "
            "memastikan nomor yang berlaku.",
            "The lender's number is not the one that it gave us. Let the lender say which holds.",
        ),
    ),
    Difference.TWICE: Proposal(
        Mend.REVIEW,
        Text(
            "Satu pengajuan tercatat dua kali pada penyalur. Dua orang memeriksa, dan penyalur "
            "membatalkan salah satunya.",
            "The lender has one submission twice. Two people look at it, and the lender cancels "
            "one.",
        ),
    ),
}


def differences(ours: Ours | None, theirs: Sequence[Theirs]) -> tuple[Difference, ...]:
    """
    Return how the lines of one reference differ from what we hold under it.

    What the lender has never answered need not be in its ledger. A line that is there twice is
    compared in nothing else.
    """
    if not theirs:
        spoken_of = ours is not None and ours.reference is not None
        return (Difference.ONLY_WITH_US,) if spoken_of else ()
    if ours is None:
        return (Difference.ONLY_WITH_THEM,)
    if len(theirs) > 1:
        return (Difference.TWICE,)
    (line,) = theirs
    found: list[Difference] = []
    if settle(frozenset({line.stage})).status is not ours.status:
        found.append(Difference.OTHER_STAGE)
    if line.amount != ours.amount:
        found.append(Difference.OTHER_AMOUNT)
    if ours.reference not in {None, line.reference}:
        found.append(Difference.OTHER_REFERENCE)
    return tuple(found)


def too_fresh(moved_at: Sequence[datetime], *, begun_at: datetime) -> bool:
    """Tell whether something moved so shortly before a comparison that news may be on its way."""
    return any(at > begun_at - GRACE for at in moved_at)
