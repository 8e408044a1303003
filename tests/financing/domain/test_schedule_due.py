"""The days on which instalments are due: working days, and months that do not drift."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain import working_days
from services.financing.domain.schedule.due import due_days, estimated_years, nominal_days


@pytest.mark.parametrize(
    ("nominal", "on", "why"),
    [
        (date(2026, 3, 17), date(2026, 3, 17), None),
        (date(2026, 3, 18), date(2026, 3, 25), "Cuti Bersama Hari Suci Nyepi"),
        (date(2026, 3, 21), date(2026, 3, 25), "Hari Raya Idul Fitri"),
        (date(2026, 5, 31), date(2026, 6, 2), "Hari Raya Waisak"),
        (date(2026, 8, 17), date(2026, 8, 18), "Hari Kemerdekaan Republik Indonesia"),
        (date(2026, 11, 28), date(2026, 11, 30), "Sabtu"),
        (date(2026, 11, 29), date(2026, 11, 30), "Minggu"),
        (date(2026, 12, 25), date(2026, 12, 28), "Hari Raya Natal"),
    ],
)
def test_a_payment_on_a_day_off_moves_to_the_next_working_day(nominal, on, why):
    (due,) = due_days([nominal])
    told = None if due.moved_for is None else due.moved_for.id
    assert (due.nominal_on, due.on, told) == (nominal, on, why)


def test_a_holiday_has_the_name_of_its_decree_in_both_languages():
    (due,) = due_days([date(2026, 12, 25)])
    assert due.moved_for == ("Hari Raya Natal", "Hari Raya Natal")


def test_a_weekend_has_a_name_in_both_languages():
    saturday, sunday = due_days([date(2026, 11, 28), date(2026, 11, 29)])
    assert (saturday.moved_for, sunday.moved_for) == (("Sabtu", "Saturday"), ("Minggu", "Sunday"))


def test_a_loan_of_the_last_day_of_a_month_stays_at_the_end_of_months():
    assert nominal_days(date(2027, 1, 31), 4) == (
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
        date(2027, 5, 31),
    )
    assert nominal_days(date(2027, 1, 31), 2, first=0) == (date(2027, 1, 31), date(2027, 2, 28))


def test_years_whose_days_off_are_not_decreed_are_named():
    days = due_days(nominal_days(date(2026, 6, 15), 24))
    assert estimated_years(days) == (2027, 2028)
    assert estimated_years(days[:4]) == ()
    # Due in a decreed year, paid in one that is not.
    assert date(2026, 12, 31).weekday() == 3
    assert estimated_years(due_days([date(2028, 12, 31)])) == (2028, 2029)


@given(start=st.dates(date(2023, 1, 1), date(2030, 12, 31)), months=st.integers(1, 60))
def test_months_do_not_drift_and_no_working_day_is_passed(start, months):
    days = due_days(nominal_days(start, months))
    for no, due in enumerate(days, start=1):
        month = start.year * 12 + start.month - 1 + no
        assert (due.nominal_on.year, due.nominal_on.month - 1) == divmod(month, 12)
        assert due.nominal_on.day == start.day or due.nominal_on.day in {28, 29, 30}
        assert working_days.is_working_day(due.on)
        assert (due.moved_for is None) == (due.on == due.nominal_on)
        between = (
            due.nominal_on + timedelta(days=each) for each in range((due.on - due.nominal_on).days)
        )
        assert not any(working_days.is_working_day(day) for day in between)
