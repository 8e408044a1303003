"""Quotas: what is left for whom, who is next, and when nothing will be left."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.products import Scheme
from services.financing.domain.quota import Quota, Waiting, allot, exhausted_on, left_for, limits
from services.financing.domain.routing import Channel

BANK, MIKRO, PMI = "kur-bank-nusantara", "kur_mikro", "kur_pmi"


def a_quota(id: int, *, product=None, province=None, total=100, held=0, used=0, channel=BANK):
    return Quota(UUID(int=id), channel, product, province, total, held, used)


def waiting(number: int, amount: int, *, product=MIKRO, province="52", channel=BANK):
    return Waiting(number, UUID(int=number), channel, product, province, amount)


NATION = a_quota(1, total=100, held=30, used=20)
OF_MIKRO = a_quota(2, product=MIKRO, total=40)
OF_NTB = a_quota(3, product=MIKRO, province="52", total=10, used=3)

LEFT = [
    # what the loan is, quotas that there are, what is left for a newcomer
    ("no quota limits it", (), MIKRO, "52", None),
    ("the whole lender's", (NATION,), PMI, "52", 50),
    ("the narrowest decides", (NATION, OF_MIKRO, OF_NTB), MIKRO, "52", 7),
    ("another province", (NATION, OF_MIKRO, OF_NTB), MIKRO, "53", 40),
    ("another product", (NATION, OF_MIKRO, OF_NTB), PMI, "52", 50),
    ("a province that is not known", (NATION, OF_NTB), MIKRO, None, 50),
    ("another lender's", (NATION._replace(channel="lpdb"),), MIKRO, "52", None),
]


@pytest.mark.parametrize(("why", "quotas", "product", "province", "left"), LEFT)
def test_a_loan_draws_on_every_quota_that_covers_it(why, quotas, product, province, left):
    found = left_for(quotas, (), channel=BANK, product=product, province=province)
    assert found == left, why


def test_nobody_gets_past_those_who_wait():
    quotas = (NATION, OF_NTB)
    loan = {"channel": BANK, "product": MIKRO}
    assert left_for(quotas, {OF_NTB.id}, province="52", **loan) == 0
    assert left_for(quotas, {OF_NTB.id}, province="53", **loan) == 50


def test_first_come_first_served_and_a_small_loan_does_not_overtake():
    row = [waiting(1, 60), waiting(2, 50), waiting(3, 10)]
    assert allot([a_quota(1, total=100)], row) == (row[0],)
    assert allot([a_quota(1, total=110)], row) == (row[0], row[1])
    assert allot([a_quota(1, total=120)], row) == tuple(row)


def test_who_waits_for_another_quota_is_not_kept_back():
    ntb, ntt = waiting(1, 60, province="52"), waiting(2, 10, province="53")
    quotas = [a_quota(1, province="52", total=50), a_quota(2, province="53", total=50)]
    assert allot(quotas, [ntb, ntt]) == (ntt,)
    wide = a_quota(3, total=100)
    assert allot([*quotas, wide], [ntb, ntt]) == (), "both wait for the whole lender's"


def test_who_cannot_be_reached_keeps_their_place():
    row = [waiting(1, 10), waiting(2, 10)]
    assert allot([a_quota(1)], row, out_of_reach={row[0].application_id}) == ()


@st.composite
def a_row(draw):
    quotas = draw(
        st.lists(
            st.builds(
                a_quota,
                st.integers(1, 1_000_000),
                product=st.sampled_from([None, MIKRO, PMI]),
                province=st.sampled_from([None, "52", "53"]),
                total=st.integers(50, 200),
                held=st.integers(0, 20),
                used=st.integers(0, 20),
            ),
            min_size=1,
            max_size=5,
            unique_by=lambda each: each.id,
        )
    )
    row = draw(
        st.lists(
            st.builds(
                waiting,
                st.integers(1, 1_000),
                st.integers(1, 100),
                product=st.sampled_from([MIKRO, PMI]),
                province=st.sampled_from(["52", "53", None]),
            ),
            max_size=12,
            unique_by=lambda each: each.number,
        )
    )
    return quotas, row


def drawn(quotas, loan):
    return {q.id for q in quotas if q.covers(loan.channel, loan.product, loan.province)}


@given(case=a_row(), shuffled=st.randoms(use_true_random=False))
def test_nothing_is_overdrawn_nobody_overtakes_and_the_order_of_rows_is_no_matter(case, shuffled):
    quotas, row = case
    served = allot(quotas, row)
    for quota in quotas:
        taken = sum(each.amount for each in served if quota.id in drawn(quotas, each))
        assert taken <= quota.remaining
    for late in served:
        for early in row:
            if early.number < late.number and drawn(quotas, early) & drawn(quotas, late):
                assert early in served
    again = list(row)
    shuffled.shuffle(again)
    assert allot(list(reversed(quotas)), again) == served


@given(case=a_row())
def test_whoever_is_first_and_fits_is_served(case):
    quotas, row = case
    if row:
        first = min(row)
        fits = all(q.remaining >= first.amount for q in quotas if q.id in drawn(quotas, first))
        assert (first in allot(quotas, row)) == fits


def test_a_newcomer_is_told_of_each_product_that_a_quota_limits_what_is_left():
    lender = Channel(code=BANK, scheme=Scheme.KUR, products=frozenset({MIKRO, PMI, "kur_kecil"}))
    narrow = (OF_MIKRO, a_quota(4, product=PMI, province="53", total=9))
    assert limits(narrow, (), lender, province="52") == {MIKRO: 40}
    assert limits(narrow, (), lender, province="53") == {MIKRO: 40, PMI: 9}
    assert limits((*narrow, NATION), {OF_MIKRO.id}, lender, province="52") == {
        MIKRO: 0,
        PMI: 50,
        "kur_kecil": 50,
    }
    assert limits((), (), lender, province="52") == {}


FORECASTS = [
    # left, taken in 28 days, the day on which nothing is left
    (0, 0, date(2026, 6, 1)),
    (-1, 5, date(2026, 6, 1)),
    (1, -1, None),
    (1, 1, date(2026, 6, 29)),
    (28, 28, date(2026, 6, 29)),
    (29, 28, date(2026, 6, 30)),
    (1, 1_000_000, date(2026, 6, 2)),
    (28, 0, None),
    (213, 28, date(2026, 12, 31)),
    (214, 28, None),
]


@pytest.mark.parametrize(("left", "taken", "ends"), FORECASTS)
def test_a_quota_ends_as_fast_as_it_has_been_going(left, taken, ends):
    assert exhausted_on(left, taken, on=date(2026, 6, 1)) == ends


@given(left=st.integers(0, 10**13), taken=st.integers(0, 10**13), more=st.integers(0, 10**13))
def test_more_left_never_ends_earlier(left, taken, more):
    on, never = date(2026, 6, 1), date.max - timedelta(days=1)
    assert (exhausted_on(left + more, taken, on=on) or never) >= (
        exhausted_on(left, taken, on=on) or never
    )
