"""What a loan costs a year: the ordinary rate, lowered where a disaster relief holds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.duration import add_months
from services.financing.domain.eligibility import NoteCode
from services.financing.domain.rates import NoRate, RatePeriod, rate_periods
from services.financing.domain.relief import relieved
from services.financing.domain.rules import kur
from services.financing.domain.rules.kur_terms import RELIEF_2026
from services.financing.domain.schedule import instalment
from services.financing.domain.schedule.conventional import annuity
from tests.financing.domain.applicants import IN_2024, a_person, ask, assessed

AFFECTED = a_person(business__province="11", business__disaster_affected=True)


@pytest.mark.parametrize(
    ("day", "rate_bp"),
    [
        (date(2025, 12, 31), 600),
        (date(2026, 1, 1), 0),
        (date(2026, 12, 31), 0),
        (date(2027, 1, 1), 300),
        (date(2027, 12, 31), 300),
        (date(2028, 1, 1), 600),
    ],
)
def test_the_relief_depends_on_the_year_in_which_a_month_falls_due(day, rate_bp):
    assert RELIEF_2026.rate_bp(day, 600) == rate_bp


def test_the_relief_never_raises_a_rate():
    assert RELIEF_2026.rate_bp(date(2028, 5, 1), 300) == 300


# province, affected, day of the akad, whether there is relief
REACH = [
    ("11", True, date(2026, 1, 5), True),
    ("12", True, date(2026, 11, 24), True),
    ("13", True, date(2026, 11, 24), True),
    ("14", True, date(2026, 11, 24), False),
    (None, True, date(2026, 11, 24), False),
    ("11", False, date(2026, 11, 24), False),
    ("11", None, date(2026, 11, 24), False),
    ("11", True, date(2026, 1, 4), False),
    ("11", True, IN_2024, False),
]


@pytest.mark.parametrize(("province", "affected", "on", "relieved"), REACH)
def test_the_relief_is_for_affected_debtors_of_three_provinces(province, affected, on, relieved):
    person = a_person(business__province=province, business__disaster_affected=affected)
    said = assessed(kur.MIKRO, person, ask(), on=on)
    assert (said.relief is not None) is relieved
    assert (NoteCode.DISASTER_RELIEF in {note.code for note in said.notes}) is relieved


def test_the_periods_of_a_rate_join_and_differ():
    mikro, super_mikro = (assessed(code, AFFECTED, ask()) for code in (kur.MIKRO, kur.SUPER_MIKRO))
    assert rate_periods(mikro) == (
        RatePeriod(None, date(2025, 12, 31), 600),
        RatePeriod(date(2026, 1, 1), date(2026, 12, 31), 0),
        RatePeriod(date(2027, 1, 1), date(2027, 12, 31), 300),
        RatePeriod(date(2028, 1, 1), None, 600),
    )
    assert rate_periods(super_mikro) == (
        RatePeriod(None, date(2025, 12, 31), 300),
        RatePeriod(date(2026, 1, 1), date(2026, 12, 31), 0),
        RatePeriod(date(2027, 1, 1), None, 300),
    )
    assert rate_periods(assessed(kur.MIKRO, a_person(), ask())) == (RatePeriod(None, None, 600),)


def test_a_product_that_is_for_others_has_no_rate():
    said = assessed("lpdb_regular", a_person(), ask())
    with pytest.raises(NoRate, match="lpdb_regular"):
        rate_periods(said)


@given(
    plafon=st.integers(1_000_000, 500_000_000),
    months=st.integers(1, 60),
    first_due=st.dates(date(2026, 4, 1), date(2028, 3, 1)),
)
def test_after_the_pause_no_instalment_passes_the_one_by_which_the_capacity_is_judged(
    plafon, months, first_due
):
    nominal = [add_months(first_due, no) for no in range(months)]
    lines = annuity(plafon, relieved(nominal, rate_bp=600))
    judged = instalment(plafon, rate_bp=600, months=months)
    # The last one absorbs what rounding left, at most a rupiah a month.
    assert max(line.instalment for line in lines) <= judged + months
