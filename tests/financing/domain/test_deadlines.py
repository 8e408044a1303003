"""The clocks: whose term is law, how holidays stretch it, when it is near or has lapsed."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain import working_days
from services.financing.domain.deadlines import Duty, State, clock, state, term
from services.financing.domain.eligibility import Confidence
from services.financing.domain.products import PRODUCTS
from services.financing.domain.rules import kur
from shared.clock import WIB


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WIB)


@pytest.mark.parametrize(
    ("since", "near", "due", "why"),
    [
        ("2026-03-16T10:00", date(2026, 3, 27), date(2026, 3, 30), "over Nyepi and Idul Fitri"),
        ("2026-03-20T10:00", date(2026, 3, 30), date(2026, 3, 31), "sent on a day of joint leave"),
        ("2026-12-18T16:59", date(2026, 12, 28), date(2026, 12, 29), "over Christmas"),
        ("2026-11-02T00:00", date(2026, 11, 6), date(2026, 11, 9), "an ordinary week"),
        ("2026-11-02T23:59", date(2026, 11, 6), date(2026, 11, 9), "late on the same day"),
    ],
)
def test_a_lender_has_five_working_days(since: str, near: date, due: date, why: str):
    runs = clock(Duty.ANSWER, kur.PMI, since=at(since))
    assert (runs.near_at, runs.due_on) == (at(f"{near}T00:00"), due), why
    assert runs.due_at == at(f"{due + timedelta(days=1)}T00:00")


def test_only_the_term_of_kur_pmi_is_told_as_law():
    law = {
        product.code
        for product in PRODUCTS
        if term(Duty.ANSWER, product.code).source.confidence is Confidence.REGULATION
    }
    assert law == {kur.PMI}
    assert term(Duty.ANSWER, kur.PMI).value == 5
    assert term(Duty.REVIEW, None).source.confidence is Confidence.ASSUMPTION
    for product in PRODUCTS:
        assert term(Duty.ANSWER, product.code).value >= 5


def test_a_review_has_three_times_twenty_four_hours_whatever_the_day():
    since = at("2026-03-20T15:30")
    for product in (None, *(product.code for product in PRODUCTS)):
        runs = clock(Duty.REVIEW, product, since=since)
        assert runs.due_at - since == timedelta(hours=72)
        assert (runs.due_on, runs.near_at) == (date(2026, 3, 23), at("2026-03-22T15:30"))


@given(
    since=st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 1)),  # noqa: DTZ001 (a zone follows)
    product=st.sampled_from([product.code for product in PRODUCTS]),
)
def test_a_clock_ends_after_so_many_working_days_and_warns_one_before(since, product):
    begun = since.replace(tzinfo=WIB)
    runs = clock(Duty.ANSWER, product, since=begun)
    days = term(Duty.ANSWER, product).value
    assert working_days.is_working_day(runs.due_on)
    assert working_days.between(begun.date(), runs.due_on) == days
    assert working_days.between(begun.date(), runs.near_at.date()) == days - 1


def test_a_clock_is_near_from_its_last_day_but_one_and_lapses_when_the_last_is_over():
    runs = clock(Duty.ANSWER, kur.PMI, since=at("2026-11-02T10:00"))
    stands = {
        "2026-11-05T23:59": State.RUNNING,
        "2026-11-06T00:00": State.NEAR,
        "2026-11-09T23:59": State.NEAR,
        "2026-11-10T00:00": State.OVERDUE,
    }
    for moment, expected in stands.items():
        assert state(runs.near_at, runs.due_at, now=at(moment)) is expected, moment
