"""Loans that bear interest: known instalments to the rupiah, and the laws of every schedule."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.eligibility import ContractKind
from services.financing.domain.relief import PAUSE_SOURCE, relieved
from services.financing.domain.schedule import (
    CHARGES,
    Charge,
    Lines,
    Repayment,
    affordable,
    instalment,
)
from services.financing.domain.schedule import lines as made
from services.financing.domain.schedule.conventional import (
    Month,
    NothingRepaid,
    Pays,
    annuity,
    declining,
    flat,
    level,
    seasonal,
    stepped,
)
from services.financing.domain.schedule.due import nominal_days
from services.financing.domain.schedule.usual import usual

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

PLAFONS = st.integers(1, 10**13)
RATES = st.integers(0, 2_400)


def rows(lines: Lines) -> list[tuple[int, int, int]]:
    """Principal, interest and what is left after each month."""
    return [(line.principal, line.charge, line.balance) for line in lines]


@pytest.mark.parametrize(("plafon", "rate_bp", "months", "due"), VECTORS)
def test_an_annuity_is_exact_to_the_rupiah(plafon, rate_bp, months, due):
    assert instalment(plafon, rate_bp=rate_bp, months=months) == due
    lines = annuity(plafon, level(rate_bp, months))
    assert {line.instalment for line in lines[:-1]} == {due}
    most = affordable(due, rate_bp=rate_bp, months=months)
    assert most >= plafon
    assert instalment(most, rate_bp=rate_bp, months=months) == due
    assert instalment(most + 1, rate_bp=rate_bp, months=months) == due + 1


@given(st.integers(0, 10**11), st.sampled_from([0, 300, 600, 900]), st.integers(1, 240))
def test_the_largest_plafon_that_a_room_carries_is_exact(room, rate_bp, months):
    most = affordable(room, rate_bp=rate_bp, months=months)
    assert instalment(most, rate_bp=rate_bp, months=months) <= room
    assert instalment(most + 1, rate_bp=rate_bp, months=months) > room


def test_every_part_of_the_principal_has_its_charge():
    for charges in ([1], [1, 1, 1]):
        with pytest.raises(ValueError, match=r"shorter|longer"):
            made(100, [50, 50], charges)


def test_a_debt_that_takes_more_than_the_room_carries_no_plafon():
    for room in (0, -1, -5_000_000):
        assert affordable(room, rate_bp=0, months=1) == 0


@pytest.mark.parametrize(
    ("contract_kind", "repayment", "charge"),
    [
        (ContractKind.CONVENTIONAL, Repayment.ANNUITY, Charge.INTEREST),
        (ContractKind.SHARIA, Repayment.MURABAHAH, Charge.MARGIN),
    ],
)
def test_a_lender_that_has_not_said_otherwise_is_repaid_in_equal_instalments(
    contract_kind, repayment, charge
):
    way = usual(25_000_000, level(600, 24), contract_kind)
    assert (way.repayment, CHARGES[way.repayment]) == (repayment, charge)
    assert {line.instalment for line in way.lines[:-1]} == {1_108_015}
    assert sum(line.charge for line in way.lines) == 1_592_366
    # A margin is fixed, in equal parts; interest falls with what is left.
    assert (way.lines[0].charge == way.lines[22].charge) is (contract_kind is ContractKind.SHARIA)


@pytest.mark.parametrize(("grace", "due"), [(6, 53_478_818), (8, 54_890_417)])
def test_a_grace_pays_interest_only_and_then_the_rest_in_fewer_months(grace, due):
    lines = annuity(3_000_000_000, level(600, 72, grace=grace))

    assert len(lines) == 72
    assert {(line.principal, line.instalment) for line in lines[:grace]} == {(0, 15_000_000)}
    assert {line.instalment for line in lines[grace:-1]} == {due}


def test_the_last_instalment_absorbs_the_rounding():
    lines = annuity(10_000_000, level(600, 36))

    assert {line.instalment for line in lines[:-1]} == {304_219}
    assert lines[-1].instalment != 304_219
    assert abs(lines[-1].instalment - 304_219) < 36


def test_without_interest_the_principal_is_divided_evenly():
    assert [line.principal for line in annuity(100, level(0, 3))] == [33, 33, 34]


def test_equal_principal_bears_interest_on_what_is_left():
    assert rows(declining(10_000_000, level(600, 4))) == [
        (2_500_000, 50_000, 7_500_000),
        (2_500_000, 37_500, 5_000_000),
        (2_500_000, 25_000, 2_500_000),
        (2_500_000, 12_500, 0),
    ]
    assert [line.no for line in declining(10_000_000, level(600, 4))] == [1, 2, 3, 4]
    assert rows(declining(10_000_000, level(600, 4, grace=2)))[:2] == [(0, 50_000, 10_000_000)] * 2


def test_equal_principal_that_does_not_divide_is_made_good_at_the_end():
    principals = [line.principal for line in declining(100_000_000, level(600, 36))]
    assert principals == [2_777_778] * 35 + [2_777_770]


def test_a_harvest_loan_pays_interest_monthly_and_principal_at_harvest():
    lines = declining(12_000_000, seasonal(600, {3, 6}))

    assert rows(lines) == [
        *[(0, 60_000, 12_000_000)] * 2,
        (6_000_000, 60_000, 6_000_000),
        *[(0, 30_000, 6_000_000)] * 2,
        (6_000_000, 30_000, 0),
    ]


def test_a_harvest_loan_may_pay_everything_at_harvest():
    lines = declining(12_000_000, seasonal(600, {4, 8}, between=Pays.NOTHING))

    assert rows(lines) == [
        *[(0, 0, 12_000_000)] * 3,
        (6_000_000, 4 * 60_000, 6_000_000),
        *[(0, 0, 6_000_000)] * 3,
        (6_000_000, 4 * 30_000, 0),
    ]


def test_a_flat_rate_is_charged_on_the_whole_plafon_to_the_end():
    assert rows(flat(12_000_000, rate_bp=600, months=12)) == [
        (1_000_000, 60_000, 12_000_000 - month * 1_000_000) for month in range(1, 13)
    ]


def test_a_changed_rate_is_computed_anew_over_what_is_left():
    lines = annuity(12_000_000, stepped((0,) * 12 + (600,) * 12))

    assert lines[11].balance == 6_000_000
    assert lines[0].charge == 0
    assert lines[12].instalment == instalment(6_000_000, rate_bp=600, months=12)


def test_an_affected_debtor_pays_nothing_for_four_months_and_a_rate_that_rises_again():
    # Rp 36 million of October 2025 over three years, due on the tenth of each month.
    nominal = nominal_days(date(2025, 10, 10), 36)
    lines = annuity(36_000_000, relieved(nominal, rate_bp=600))
    told = dict(zip([f"{day:%Y-%m}" for day in nominal], lines, strict=True))

    assert told["2025-11"].instalment == instalment(36_000_000, rate_bp=600, months=36)
    left = told["2025-11"].balance
    for month in ("2025-12", "2026-01", "2026-02", "2026-03"):
        assert (told[month].instalment, told[month].balance) == (0, left)
    # Without interest in 2026, but December's is still owed: it bears none itself.
    every_month = instalment(left, rate_bp=0, months=31)
    assert told["2026-04"].charge == (left * 600 + 60_000) // 120_000
    assert told["2026-04"].principal == every_month
    assert {told[f"2026-{month:02}"].instalment for month in range(5, 13)} == {every_month}
    assert told["2027-01"].charge == (told["2026-12"].balance * 300 + 60_000) // 120_000
    assert told["2028-01"].charge == (told["2027-12"].balance * 600 + 60_000) // 120_000
    assert (nominal[-1], lines[-1].balance) == (date(2028, 10, 10), 0)


@pytest.mark.parametrize(
    ("day", "pays"),
    [
        (date(2025, 11, 30), Pays.ALL),
        (date(2025, 12, 1), Pays.PAUSED),
        (date(2026, 3, 31), Pays.PAUSED),
        (date(2026, 4, 1), Pays.ALL),
    ],
)
def test_the_months_without_instalments_are_those_of_the_relief(day, pays):
    assert [month.pays for month in relieved([day], rate_bp=600)] == [pays]
    grace = relieved([day], rate_bp=600, grace=1)
    assert grace[0].pays is (Pays.PAUSED if pays is Pays.PAUSED else Pays.INTEREST)
    assert PAUSE_SOURCE.confidence == "press"


def test_what_accrues_while_nothing_is_paid_is_due_next_and_bears_no_interest():
    months = [Month(600, Pays.NOTHING)] * 2 + [Month(600)] * 10
    lines = annuity(12_000_000, months)

    assert rows(lines)[:2] == [(0, 0, 12_000_000)] * 2
    due = instalment(12_000_000, rate_bp=600, months=10)
    assert lines[2].charge == 3 * 60_000
    assert [line.instalment for line in lines[2:5]] == [due + 2 * 60_000, due, due]


def test_a_pause_changes_nothing_before_it():
    months = [*level(600, 4), *(Month(0, Pays.PAUSED),) * 2, *level(600, 6)]
    for repaid in (annuity, declining):
        assert repaid(12_000_000, months)[:4] == repaid(12_000_000, level(600, 12))[:4]
    assert [line.principal for line in declining(12_000_000, months)][4:7] == [0, 0, 1_333_333]


@pytest.mark.parametrize(
    "months",
    [
        (),
        level(600, 6, grace=6),
        (Month(600), Month(600, Pays.INTEREST)),
        (Month(600), Month(600, Pays.NOTHING)),
        (Month(600), Month(600, Pays.PAUSED)),
    ],
)
@pytest.mark.parametrize("repaid", [annuity, declining])
def test_a_loan_ends_with_a_month_that_repays(repaid, months):
    with pytest.raises(NothingRepaid, match=r"^The last month .*\.$"):
        repaid(1_000_000, months)


@given(
    plafon=PLAFONS,
    months=st.lists(st.builds(Month, RATES, st.sampled_from(Pays)), max_size=119),
    last=RATES,
    repaid=st.sampled_from([annuity, declining]),
)
def test_every_schedule_repays_exactly_what_was_lent(plafon, months, last, repaid):
    months = [*months, Month(last)]
    lines = repaid(plafon, months)

    assert sum(line.principal for line in lines) == plafon
    assert lines[-1].balance == 0
    assert all(min(line[1:]) >= 0 for line in lines)
    assert all(line.instalment == line.principal + line.charge for line in lines)
    assert [line.no for line in lines] == list(range(1, len(months) + 1))
    for month, line in zip(months, lines, strict=True):
        assert line.principal == 0 or month.pays is Pays.ALL
        assert line.charge == 0 or month.pays in {Pays.ALL, Pays.INTEREST}
    # Every month's interest is that of its balance, and all of it is paid in the end.
    before = [plafon, *(line.balance for line in lines[:-1])]
    due = zip(before, months, strict=True)
    assert sum(line.charge for line in lines) == sum(
        (balance * month.rate_bp + 60_000) // 120_000 for balance, month in due
    )


@given(
    plafon=st.integers(10_000_000, 10**13),
    rate_bp=RATES,
    months=st.integers(1, 120),
    repaid=st.sampled_from([annuity, declining]),
)
def test_an_instalment_of_a_real_loan_is_more_than_nothing(plafon, rate_bp, months, repaid):
    assert all(line.instalment > 0 for line in repaid(plafon, level(rate_bp, months)))


@given(plafon=PLAFONS, rate_bp=RATES, months=st.integers(1, 120))
def test_an_instalment_is_the_exact_annuity_within_half_a_rupiah(plafon, rate_bp, months):
    due = instalment(plafon, rate_bp=rate_bp, months=months)

    # What `due` is worth today, against the plafon: doubled and scaled, so no fraction appears.
    base, grown = 120_000, 120_000 + rate_bp
    paid = sum(base ** (k + 1) * grown ** (months - k - 1) for k in range(months))
    assert abs(2 * due * paid - 2 * plafon * grown**months) <= paid
