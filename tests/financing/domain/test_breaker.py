"""When a lender rests, when a submission is hopeless, and what is kept of what came back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.breaker import FAILURES_MAX, Breaker, breaker
from services.financing.domain.quarantine import (
    EXCERPT_MAX,
    REJECTED_MAX,
    UNREADABLE_MAX,
    Cause,
    excerpt,
    hopeless,
)

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("failures", "rest_until", "expected"),
    [
        (0, None, Breaker.CLOSED),
        (FAILURES_MAX - 1, NOW + SECOND, Breaker.CLOSED),
        (FAILURES_MAX, NOW + SECOND, Breaker.OPEN),
        (FAILURES_MAX, NOW, Breaker.HALF_OPEN),
        (FAILURES_MAX, None, Breaker.HALF_OPEN),
        (FAILURES_MAX + 7, NOW + SECOND, Breaker.OPEN),
    ],
)
def test_a_lender_rests_from_its_fifth_failure_until_its_time(failures, rest_until, expected):
    assert breaker(failures, rest_until, now=NOW) is expected


@pytest.mark.parametrize(
    ("cause", "most"), [(Cause.REJECTED, REJECTED_MAX), (Cause.UNREADABLE, UNREADABLE_MAX)]
)
def test_a_submission_is_hopeless_from_its_last_try_on(cause, most):
    assert [hopeless(cause, times) for times in (0, most - 1, most, most + 1)] == [
        *(False, False),
        *(True, True),
    ]


NIK = "5203055403880001"
WRITTEN = [
    NIK,
    "5203.0554.0388.0001",
    "5203 0554 0388 0001",
    "52-03-05-540388-0001",
    f"x{NIK}x",
    "\uff15\uff12\uff10\uff13\uff10\uff15\uff15\uff14\uff10\uff13\uff18\uff18",
]


@pytest.mark.parametrize("number", WRITTEN)
def test_no_longer_number_is_kept_of_what_came_back(number):
    kept = excerpt(f'{{"error":"bad {number}","code":40001}}'.encode())
    assert "[number]" in kept
    assert number not in kept
    assert "40001" in kept


def test_a_number_that_is_cut_off_at_the_end_of_the_excerpt_is_masked_all_the_same():
    for before in range(EXCERPT_MAX - 20, EXCERPT_MAX + 1):
        assert "520305" not in excerpt(b"a" * before + NIK.encode())


@given(st.binary(max_size=10_000))
def test_whatever_came_back_the_excerpt_is_short_and_can_be_stored(body):
    kept = excerpt(body)
    assert len(kept) <= EXCERPT_MAX
    assert "\x00" not in kept.encode().decode()
