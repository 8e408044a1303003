"""
Working days in Indonesia: Monday to Friday without public holidays and joint leave (cuti bersama).

The days off are those of the joint decree of three ministers, as the library `holidays` keeps
them; of years for which there is no decree yet, days that follow the moon are its estimates
(`estimated`). That joint leave stops a bank's clock as well is our assumption.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays

_ESTIMATED = "(perkiraan)"


def days_off(year: int) -> Mapping[date, str]:
    """Return the public holidays and the joint leave of a year, each with its Indonesian name."""
    return _days_off(year)


def estimated(year: int) -> bool:
    """Tell whether some of a year's days off are not decreed yet, or not known at all."""
    known = _days_off(year)
    return not known or any(_ESTIMATED in name for name in known.values())


def is_working_day(day: date) -> bool:
    """Tell whether offices are open on `day`."""
    return day.weekday() < 5 and day not in _days_off(day.year)


def on_or_after(day: date) -> date:
    """Return `day` if it is a working day, else the next one."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def after(day: date, count: int) -> date:
    """Return the `count`-th working day after `day`; `day` itself is not counted.

    Raises:
        ValueError: `count` is not positive.
    """
    if count < 1:
        raise ValueError("count must be at least one working day")
    for _ in range(count):
        day = on_or_after(day + timedelta(days=1))
    return day


def between(day: date, other: date) -> int:
    """Return how many working days come after `day` up to and with `other`; negative when past."""
    if other < day:
        return -between(other, day)
    span = (day + timedelta(days=each) for each in range(1, (other - day).days + 1))
    return sum(is_working_day(each) for each in span)


@lru_cache(maxsize=64)
def _days_off(year: int) -> Mapping[date, str]:
    found = holidays.country_holidays(
        "ID", years=year, categories=("public", "government"), language="id"
    )
    return dict(sorted(found.items()))
