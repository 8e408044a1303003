"""Sharia contracts: a price with a margin, a shared profit, a loan without yield."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.schedule import CHARGES, Charge, Repayment, instalment
from services.financing.domain.schedule.conventional import annuity, level
from services.financing.domain.schedule.cost import cost
from services.financing.domain.schedule.sharia import (
    equivalent_margin,
    murabahah,
    profit_sharing,
    qardh,
)

AMOUNTS = st.integers(1, 10**13)
MONTHS = st.integers(1, 120)


@pytest.mark.parametrize(
    ("cost_price", "rate_bp", "months", "margin", "due"),
    [
        (10_000_000, 300, 36, 469_233, 290_812),
        (25_000_000, 600, 24, 1_592_366, 1_108_015),
        (100_000_000, 600, 36, 9_518_973, 3_042_194),
        (500_000_000, 600, 60, 79_984_042, 9_666_401),
    ],
)
def test_a_margin_equal_to_an_effective_rate_asks_the_same_each_month(
    cost_price, rate_bp, months, margin, due
):
    assert equivalent_margin(cost_price, level(rate_bp, months)) == margin
    lines = murabahah(cost_price, margin=margin, months=months)
    assert {line.instalment for line in lines[:-1]} == {due}
    assert cost(lines).effective_rate_bp == rate_bp
    assert len({line.charge for line in lines[:-1]}) == 1  # fixed: no interest on what is left


def test_a_partner_in_the_business_is_paid_a_share_that_falls_with_its_capital():
    lines = profit_sharing(
        12_000_000, nisbah_permille=300, profit_month=2_000_000, months=12, at_end=False
    )
    assert [line.charge for line in lines[:3]] == [600_000, 550_000, 500_000]
    assert (lines[0].principal, lines[-1].charge, lines[-1].balance) == (1_000_000, 50_000, 0)


def test_capital_that_comes_back_at_the_end_keeps_its_share():
    lines = profit_sharing(
        12_000_000, nisbah_permille=300, profit_month=2_000_000, months=12, at_end=True
    )
    assert {line.charge for line in lines} == {600_000}
    assert [line.principal for line in lines] == [0] * 11 + [12_000_000]


def test_without_profit_there_is_nothing_to_share():
    lines = profit_sharing(12_000_000, nisbah_permille=999, profit_month=0, months=4, at_end=False)
    assert {line.charge for line in lines} == {0}


def test_a_qardh_costs_its_ujrah_and_nothing_else():
    lines = qardh(10_000_000, ujrah=100_000, months=3)
    assert [(line.principal, line.charge) for line in lines] == [
        (3_333_333, 33_333),
        (3_333_333, 33_333),
        (3_333_334, 33_334),
    ]


def test_nothing_sharia_is_called_interest():
    conventional = {Repayment.ANNUITY, Repayment.DECLINING, Repayment.FLAT, Repayment.SEASONAL}
    assert set(CHARGES) == set(Repayment)
    assert {each for each in CHARGES if CHARGES[each] is Charge.INTEREST} == conventional


@given(plafon=AMOUNTS, charge=st.integers(0, 10**13), months=MONTHS)
def test_a_fixed_charge_is_paid_whole_with_the_principal(plafon, charge, months):
    for lines in (
        murabahah(plafon, margin=charge, months=months),
        qardh(plafon, ujrah=charge, months=months),
    ):
        assert sum(line.principal for line in lines) == plafon
        assert sum(line.charge for line in lines) == charge
        assert lines[-1].balance == 0
        assert all(min(line[1:]) >= 0 for line in lines)


@given(
    capital=AMOUNTS,
    nisbah=st.integers(0, 1000),
    profit=st.integers(0, 10**12),
    months=MONTHS,
    at_end=st.booleans(),
)
def test_capital_comes_back_whole_and_no_more_than_the_profit_is_shared(
    capital, nisbah, profit, months, at_end
):
    lines = profit_sharing(
        capital, nisbah_permille=nisbah, profit_month=profit, months=months, at_end=at_end
    )
    assert sum(line.principal for line in lines) == capital
    assert lines[-1].balance == 0
    assert all(min(line[1:]) >= 0 and line.charge <= profit for line in lines)


@given(cost_price=st.integers(1_000_000, 10**13), rate=st.integers(0, 2_400), months=MONTHS)
def test_a_murabahah_costs_what_the_annuity_does(cost_price, rate, months):
    margin = equivalent_margin(cost_price, level(rate, months))
    interest = sum(line.charge for line in annuity(cost_price, level(rate, months)))
    assert margin == interest
    due = instalment(cost_price, rate_bp=rate, months=months)
    first = murabahah(cost_price, margin=margin, months=months)[0].instalment
    # The annuity's last instalment takes what rounding left over; a murabahah spreads it.
    last = annuity(cost_price, level(rate, months))[-1].instalment
    assert abs(first - due) <= 1 + abs(last - due) // months
