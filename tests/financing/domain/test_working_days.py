"""Working days in Indonesia: the calendar that every legal clock and every due date uses."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain import working_days

DAYS = st.dates(date(2023, 1, 1), date(2031, 12, 31))


@pytest.mark.parametrize(
    ("day", "counts", "why"),
    [
        (date(2026, 3, 17), True, "a Tuesday"),
        (date(2026, 3, 18), False, "joint leave before Nyepi"),
        (date(2026, 3, 19), False, "Nyepi"),
        (date(2026, 3, 20), False, "joint leave before Idul Fitri"),
        (date(2026, 3, 21), False, "Idul Fitri, a Saturday"),
        (date(2026, 3, 24), False, "joint leave after Idul Fitri"),
        (date(2026, 3, 25), True, "the first day after it"),
        (date(2026, 8, 17), False, "Independence Day"),
        (date(2026, 11, 28), False, "a Saturday"),
        (date(2026, 12, 24), False, "joint leave before Christmas"),
    ],
)
def test_offices_are_open_on_working_days_only(day: date, *, counts: bool, why: str):
    assert working_days.is_working_day(day) is counts, why


def test_five_working_days_over_idul_fitri_take_more_than_a_week():
    assert working_days.after(date(2026, 3, 16), 5) == date(2026, 3, 30)
    assert working_days.between(date(2026, 3, 16), date(2026, 3, 30)) == 5


def test_a_year_without_a_decree_says_that_its_days_are_estimates():
    assert working_days.estimated(2031)
    assert working_days.estimated(2150)  # the calendar ends with 2100
    assert not working_days.estimated(2026)


@given(day=DAYS, count=st.integers(1, 30))
def test_counting_forth_and_back_agrees(day: date, count: int):
    reached = working_days.after(day, count)
    assert working_days.is_working_day(reached)
    assert working_days.between(day, reached) == count
    assert working_days.between(reached, day) == -count


@given(day=DAYS)
def test_moving_to_a_working_day_never_passes_one(day: date):
    moved = working_days.on_or_after(day)
    assert working_days.is_working_day(moved)
    span = (moved - day).days
    assert not any(working_days.is_working_day(day + timedelta(days=each)) for each in range(span))


def test_no_working_day_after_is_no_question():
    for count in (0, -1):
        with pytest.raises(ValueError, match=r"^count must be at least one working day$"):
            working_days.after(date(2026, 11, 24), count)


def test_from_a_day_to_itself_there_is_no_working_day():
    assert working_days.between(date(2026, 11, 24), date(2026, 11, 24)) == 0


def test_the_days_off_of_a_year_stand_in_their_order_by_their_names():
    off = working_days.days_off(2026)
    assert list(off) == sorted(off)
    assert off[date(2026, 8, 17)] == "Hari Kemerdekaan Republik Indonesia"
