"""
On which day an instalment is due: the nominal day, or the next working day.

The nominal days are counted from one day, so that months do not drift: a loan of 31 January is
due on 28 February and on 31 March. Moving a payment to a working day costs nothing.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from services.financing.domain import working_days
from services.financing.domain.duration import add_months
from services.financing.domain.texts import Text

_WEEKEND = {5: Text("Sabtu", "Saturday"), 6: Text("Minggu", "Sunday")}


class Due(NamedTuple):
    """One due day. `moved_for` names the day off that moved it; None where it stays."""

    nominal_on: date
    on: date
    moved_for: Text | None


def nominal_days(start: date, months: int, *, first: int = 1) -> tuple[date, ...]:
    """Return the same day of `months` months, the first of them `first` months after `start`."""
    return tuple(add_months(start, first + each) for each in range(months))


def due_days(nominal: Sequence[date]) -> tuple[Due, ...]:
    """Return each nominal day with the working day on which it is paid, and why it moved."""
    return tuple(Due(day, working_days.on_or_after(day), _day_off(day)) for day in nominal)


def estimated_years(days: Sequence[Due]) -> tuple[int, ...]:
    """Return the years among the due days whose days off are not all decreed yet."""
    years = {day.year for each in days for day in (each.nominal_on, each.on)}
    return tuple(year for year in sorted(years) if working_days.estimated(year))


def _day_off(day: date) -> Text | None:
    if working_days.is_working_day(day):
        return None
    name = working_days.days_off(day.year).get(day)
    # A holiday keeps its Indonesian name: it is the decree's.
    return _WEEKEND[day.weekday()] if name is None else Text(name, name)
