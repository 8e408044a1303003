"""What an endpoint wants, and when it is called again: a table and a few laws."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.webhooks.subscription import (
    AT_ONCE,
    REST,
    RESTS_FROM,
    TRANSITIONS,
    TRY_FOR,
    EndpointEvent,
    EndpointStatus,
    IllegalEndpointStep,
    advance,
    next_call,
    rest_until,
    room,
    silent_too_long,
    wants,
)

THEN = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kinds", "kind", "wanted"),
    [
        (["*"], "application.routed", True),
        (["application.*"], "application.routed", True),
        (["application.*"], "applications.routed", False),
        (["application.*"], "submission.sent", False),
        (["application.routed"], "application.routed", True),
        (["application.routed"], "application.routed_again", False),
        (["submission.*", "application.akad"], "application.akad", True),
        ([], "application.routed", False),
    ],
)
def test_an_endpoint_gets_the_kinds_that_it_asked_for(kinds, kind, wanted):
    assert wants(kinds, kind) is wanted


@given(st.sampled_from(EndpointStatus), st.sampled_from(EndpointEvent))
def test_a_step_is_taken_as_the_table_says_or_not_at_all(status, event):
    if event in TRANSITIONS[status]:
        assert advance(status, event) is TRANSITIONS[status][event]
    else:
        with pytest.raises(IllegalEndpointStep) as refused:
            advance(status, event)
        assert refused.value.members == {"status": status, "allowed": sorted(TRANSITIONS[status])}


def test_only_an_answered_challenge_and_a_pause_of_the_owner_lead_to_events():
    to_active = {(was, event) for was, row in TRANSITIONS.items() for event in row
                 if row[event] is EndpointStatus.ACTIVE}  # fmt: skip
    assert to_active == {
        (EndpointStatus.UNVERIFIED, EndpointEvent.VERIFY),
        (EndpointStatus.PAUSED, EndpointEvent.RESUME),
    }


@given(st.integers(min_value=0, max_value=2**128 - 1))
def test_calls_are_spread_over_72_hours_and_the_last_is_at_their_end(seed):
    at, calls = [THEN], 1
    while (again := next_call(calls, first_at=THEN, now=at[-1], seed=seed)) is not None:
        at.append(again)
        calls += 1
    assert at[-1] == THEN + TRY_FOR
    assert 9 <= calls <= 14
    waits = [after - before for before, after in pairwise(at)]
    assert timedelta(seconds=3) < waits[0] < timedelta(seconds=7)
    assert all(wait > timedelta() for wait in waits)
    assert sorted(waits[:8]) == waits[:8]


def test_the_same_seed_waits_the_same_and_others_do_not_come_together():
    asked = {seed: next_call(4, first_at=THEN, now=THEN, seed=seed) for seed in range(400)}
    assert asked == {s: next_call(4, first_at=THEN, now=THEN, seed=s) for s in asked}
    assert len(set(asked.values())) > 300


def test_a_failing_endpoint_gets_one_call_at_a_time_and_rests_from_the_fifth_failure():
    assert room(failures=0, in_flight=0) == AT_ONCE
    assert room(failures=0, in_flight=AT_ONCE) == 0
    assert room(failures=1, in_flight=0) == 1
    assert room(failures=1, in_flight=1) == room(failures=1, in_flight=3) == 0
    assert rest_until(RESTS_FROM - 1, now=THEN) is None
    assert rest_until(RESTS_FROM, now=THEN) == THEN + REST


def test_an_endpoint_is_silent_too_long_after_72_hours():
    assert not silent_too_long(THEN, now=THEN + TRY_FOR - timedelta(microseconds=1))
    assert silent_too_long(THEN, now=THEN + TRY_FOR)
