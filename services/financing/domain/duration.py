"""Calendar arithmetic of the law: months and years from a day, clamped to the end of a month."""

from datetime import date, timedelta

_LAST_DAY = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def add_months(day: date, months: int) -> date:
    """Return the day `months` later; 31 August and six months is the last day of February."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if day.day <= 28:
        return date(year, month + 1, day.day)
    return date(year, month + 1, min(day.day, _days_in(year, month)))


def add_days(day: date, days: int) -> date:
    """Return the day `days` later."""
    return day + timedelta(days=days)


def months_between(start: date, end: date) -> int:
    """Return the whole months from `start` to `end`, never below zero."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    return max(months, 0)


def _days_in(year: int, month: int) -> int:
    leap = month == 1 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap else _LAST_DAY[month]
