"""Where a lender's ledger differs from what we hold, line by line."""

from datetime import UTC, datetime, timedelta

import pytest

from services.financing.domain.reconciliation import (
    GRACE,
    PROPOSALS,
    Difference,
    Ours,
    Theirs,
    differences,
    too_fresh,
)
from services.financing.domain.submission import Stage, Status

PAID = Ours(Status.DISBURSED, 40_000_000, "KBN-1")
LINE = Theirs(Stage.DISBURSED, 40_000_000, "KBN-1")
NOT_ANSWERED = Ours(Status.QUEUED, 40_000_000, None)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (PAID, [LINE], ()),
        (PAID, [], (Difference.ONLY_WITH_US,)),
        (NOT_ANSWERED, [], ()),
        (NOT_ANSWERED._replace(status=Status.FAILED), [], ()),
        (None, [LINE], (Difference.ONLY_WITH_THEM,)),
        (None, [LINE, LINE], (Difference.ONLY_WITH_THEM,)),
        (NOT_ANSWERED, [LINE], (Difference.OTHER_STAGE,)),
        (PAID, [LINE._replace(stage=Stage.AKAD)], (Difference.OTHER_STAGE,)),
        (PAID, [LINE._replace(stage=Stage.REFUSED)], (Difference.OTHER_STAGE,)),
        (PAID, [LINE._replace(amount=40_000_001)], (Difference.OTHER_AMOUNT,)),
        (PAID, [LINE._replace(reference="KBN-2")], (Difference.OTHER_REFERENCE,)),
        (PAID, [LINE, LINE._replace(reference="KBN-2")], (Difference.TWICE,)),
        (PAID, [LINE, LINE], (Difference.TWICE,)),
        (
            PAID,
            [Theirs(Stage.RECEIVED, 1, "KBN-2")],
            (Difference.OTHER_STAGE, Difference.OTHER_AMOUNT, Difference.OTHER_REFERENCE),
        ),
    ],
)
def test_each_line_is_compared(ours, theirs, expected):
    assert differences(ours, theirs) == expected


@pytest.mark.parametrize("stage", [Stage.RECEIVED, Stage.KOMITE, Stage.MKP])
def test_what_a_committee_does_before_its_approval_is_received_with_us(stage):
    ours = Ours(Status.RECEIVED, 40_000_000, "LPDB-1")
    assert differences(ours, [Theirs(stage, 40_000_000, "LPDB-1")]) == ()


def test_every_difference_has_a_proposal_in_both_languages():
    assert PROPOSALS.keys() == set(Difference)
    for proposal in PROPOSALS.values():
        assert proposal.says.id.endswith(".")
        assert proposal.says.en.endswith(".")


def test_what_moved_within_the_hour_is_left_for_the_next_time():
    begun_at = datetime(2026, 11, 24, 2, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert not too_fresh([begun_at - GRACE], begun_at=begun_at)
    assert too_fresh([begun_at - GRACE + second], begun_at=begun_at)
    assert too_fresh([begun_at - 2 * GRACE, begun_at], begun_at=begun_at)
    assert not too_fresh([], begun_at=begun_at)
