"""What a loan costs: the trap of a flat rate, fees, and the rate that a schedule really has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.schedule.conventional import (
    Pays,
    annuity,
    declining,
    flat,
    level,
    seasonal,
)
from services.financing.domain.schedule.cost import RATE_BP_MAX, cost, effective_rate_bp
from services.financing.domain.schedule.sharia import qardh

PLAFON = 100_000_000


@pytest.mark.parametrize(
    ("months", "flat_equal_to_6_percent_effective", "effective_of_6_percent_flat"),
    [
        (12, 3_280, 1_090),
        (24, 3_185, 1_113),
        (36, 3_173, 1_108),
        (48, 3_182, 1_097),
        (60, 3_199, 1_085),
    ],
)
def test_six_percent_flat_is_not_six_percent_effective(
    months, flat_equal_to_6_percent_effective, effective_of_6_percent_flat
):
    effective = cost(annuity(PLAFON, level(600, months)))
    assert effective.flat_millipercent == flat_equal_to_6_percent_effective
    assert effective.effective_rate_bp == 600

    dear = cost(flat(PLAFON, rate_bp=600, months=months))
    assert dear.flat_millipercent == 6_000
    assert dear.effective_rate_bp == effective_of_6_percent_flat


def test_a_cost_adds_up():
    told = cost(annuity(PLAFON, level(600, 36)), fees=500_000)
    assert (told.instalments, told.charge, told.fees) == (109_518_973, 9_518_973, 500_000)
    assert told.total == 10_018_973
    assert told.flat_millipercent == 3_340
    assert cost(qardh(1_000_000, ujrah=10**7, months=12)).flat_millipercent == 1_000_000


@pytest.mark.parametrize(
    ("fees", "rate_bp"), [(0, 600), (500_000, 634), (1_000_000, 668), (5_000_000, 948)]
)
def test_a_fee_at_disbursement_makes_a_loan_dearer(fees, rate_bp):
    assert cost(annuity(PLAFON, level(600, 36)), fees=fees).effective_rate_bp == rate_bp


def test_an_interest_free_loan_with_ujrah_has_a_rate_all_the_same():
    assert cost(qardh(10_000_000, ujrah=0, months=10)).effective_rate_bp == 0
    assert cost(qardh(10_000_000, ujrah=300_000, months=10)).effective_rate_bp == 649


@given(
    plafon=st.integers(10_000_000, 10**13),
    rate_bp=st.integers(0, 10_000),
    months=st.integers(1, 60),
    grace=st.integers(0, 12),
    repaid=st.sampled_from([annuity, declining]),
)
def test_the_rate_of_a_schedule_is_found_again(plafon, rate_bp, months, grace, repaid):
    lines = repaid(plafon, level(rate_bp, grace + months, grace=grace))
    assert cost(lines).effective_rate_bp == rate_bp


@given(rate_bp=st.integers(0, 3_000), harvests=st.sets(st.integers(1, 36), min_size=1))
def test_the_rate_of_a_harvest_loan_is_found_again_and_paying_later_costs_no_more(
    rate_bp, harvests
):
    monthly = cost(declining(PLAFON, seasonal(rate_bp, harvests)))
    at_harvest = cost(declining(PLAFON, seasonal(rate_bp, harvests, between=Pays.NOTHING)))
    assert monthly.effective_rate_bp == rate_bp
    assert at_harvest.charge == monthly.charge
    assert (at_harvest.effective_rate_bp or 0) <= rate_bp


@pytest.mark.parametrize(
    ("received", "paid", "rate_bp"),
    [
        (100, [100], 0),
        (100, [101], 1_200),
        (100, [0, 0, 100], 0),
        (240_000, [240_009], 5),  # 4.5 basis points exactly: a half goes up
        (240_000, [240_008], 4),
        (240_000, [240_000 + 2_000_000], RATE_BP_MAX),
        (240_000, [240_000 + 2_000_001], None),
    ],
)
def test_a_rate_is_rounded_half_up_and_not_worked_out_beyond_reason(received, paid, rate_bp):
    assert effective_rate_bp(received, paid) == rate_bp


def test_beyond_reason_a_loan_has_no_rate_of_any_kind():
    told = cost(qardh(1, ujrah=10**13, months=1))
    assert (told.effective_rate_bp, told.flat_millipercent, told.total) == (None, None, 10**13)


@pytest.mark.parametrize(("received", "paid"), [(0, [1]), (-5, [1]), (100, [99]), (1, [])])
def test_without_anything_received_or_repaid_there_is_no_rate(received, paid):
    with pytest.raises(ValueError, match=r"^a rate needs .* paid$"):
        effective_rate_bp(received, paid)
