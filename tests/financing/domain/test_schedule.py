"""Schedules: the known instalments to the rupiah, and the laws of every schedule."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.rules.kur_terms import disaster_rate_bp
from services.financing.domain.schedule import affordable, annuity, instalment, schedule

VECTORS = [
    (10_000_000, 300, 36, 290_812),
    (10_000_000, 600, 36, 304_219),
    (25_000_000, 600, 24, 1_108_015),
    (50_000_000, 600, 36, 1_521_097),
    (100_000_000, 600, 36, 3_042_194),
    (100_000_000, 600, 48, 2_348_503),
    (100_000_000, 600, 60, 1_933_280),
    (100_000_000, 900, 36, 3_179_973),
    (300_000_000, 600, 48, 7_045_509),
    (500_000_000, 600, 60, 9_666_401),
    (3_000_000_000, 600, 72, 49_718_664),
    (3_000_000_000, 300, 120, 28_968_223),
]


@pytest.mark.parametrize(("plafon", "rate_bp", "months", "due"), VECTORS)
def test_an_annuity_is_exact_to_the_rupiah(plafon, rate_bp, months, due):
    assert instalment(plafon, rate_bp=rate_bp, months=months) == due
    assert annuity(plafon, rate_bp=rate_bp, months=months)[0].instalment == due


@given(st.integers(0, 10**11), st.sampled_from([0, 300, 600, 900]), st.integers(1, 240))
def test_the_largest_plafon_that_a_room_carries_is_exact(room, rate_bp, months):
    most = affordable(room, rate_bp=rate_bp, months=months)
    assert instalment(most, rate_bp=rate_bp, months=months) <= room
    assert instalment(most + 1, rate_bp=rate_bp, months=months) > room


@pytest.mark.parametrize(("grace", "due"), [(6, 53_478_818), (8, 54_890_417)])
def test_a_grace_pays_interest_only_and_then_the_rest_in_fewer_months(grace, due):
    lines = annuity(3_000_000_000, rate_bp=600, months=72, grace=grace)

    assert len(lines) == 72
    assert {line.instalment for line in lines[:grace]} == {15_000_000}
    assert {line.instalment for line in lines[grace:-1]} == {due}


def test_the_last_instalment_absorbs_the_rounding():
    lines = annuity(10_000_000, rate_bp=600, months=36)

    assert {line.instalment for line in lines[:-1]} == {304_219}
    assert lines[-1].instalment != 304_219
    assert abs(lines[-1].instalment - 304_219) < 36


def test_without_interest_the_principal_is_divided_evenly():
    assert [line.principal for line in annuity(100, rate_bp=0, months=3)] == [33, 33, 34]


def test_a_due_day_at_the_end_of_a_month_stays_in_its_month():
    lines = annuity(1_000_000, rate_bp=600, months=3, first_due=date(2027, 1, 31))

    assert [line.due_on for line in lines] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
    ]


def test_a_changed_rate_is_computed_anew_over_what_is_left():
    lines = schedule(12_000_000, rates_bp=(0,) * 12 + (600,) * 12)

    assert lines[11].balance == 6_000_000
    assert lines[0].interest == 0
    assert lines[12].instalment == instalment(6_000_000, rate_bp=600, months=12)


@pytest.mark.parametrize(
    ("day", "rate_bp"),
    [
        (date(2025, 12, 31), 600),
        (date(2026, 1, 1), 0),
        (date(2026, 12, 31), 0),
        (date(2027, 1, 1), 300),
        (date(2028, 1, 1), 600),
    ],
)
def test_the_rate_after_the_sumatran_disaster_depends_on_the_year(day, rate_bp):
    assert disaster_rate_bp(day, 600) == rate_bp


def test_the_relief_never_raises_a_rate():
    assert disaster_rate_bp(date(2028, 5, 1), 300) == 300


@pytest.mark.parametrize(("months", "grace"), [(0, 0), (6, 6), (6, -1)])
def test_a_schedule_needs_a_month_that_repays(months, grace):
    with pytest.raises(ValueError, match="at least one month"):
        annuity(1_000_000, rate_bp=600, months=months, grace=grace)


@given(
    plafon=st.integers(1, 10_000_000_000_000),
    rates=st.lists(st.integers(0, 2_400), min_size=1, max_size=120),
    data=st.data(),
)
def test_every_schedule_repays_exactly_what_was_lent(plafon, rates, data):
    grace = data.draw(st.integers(0, len(rates) - 1))

    lines = schedule(plafon, rates_bp=rates, grace=grace)

    assert sum(line.principal for line in lines) == plafon
    assert lines[-1].balance == 0
    assert all(min(line[2:]) >= 0 for line in lines)
    assert [line.no for line in lines] == list(range(1, len(rates) + 1))


@given(plafon=st.integers(1, 10**13), rate_bp=st.integers(0, 2400), months=st.integers(1, 120))
def test_an_instalment_is_the_exact_annuity_within_half_a_rupiah(plafon, rate_bp, months):
    due = instalment(plafon, rate_bp=rate_bp, months=months)

    # What `due` is worth today, against the plafon: doubled and scaled, so no fraction appears.
    base, grown = 120_000, 120_000 + rate_bp
    paid = sum(base ** (k + 1) * grown ** (months - k - 1) for k in range(months))
    assert abs(2 * due * paid - 2 * plafon * grown**months) <= paid
