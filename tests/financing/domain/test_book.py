"""What our own book adds to what an applicant declares of earlier loans."""

import pytest

from services.financing.domain.book import BookedLoan, with_book
from services.financing.domain.eligibility import CreditFacts, KurReceived
from shared.money import Rupiah


def loan(product="kur_mikro", amount=30_000_000, *, running=True, channel="kur-bank-nusantara"):
    return BookedLoan(product, channel, Rupiah(amount), running)


NOTHING = CreditFacts(
    kur_received=KurReceived(), kur_outstanding=Rupiah(0), mikro_outstanding=Rupiah(0)
)


@pytest.mark.parametrize("declared", [NOTHING, CreditFacts()])
def test_a_running_loan_counts_whatever_is_declared(declared):
    known = with_book(declared, [loan(), loan("kur_kecil", 200_000_000)])
    assert known == CreditFacts(
        kur_received=KurReceived(mikro=1, kecil=1),
        kur_outstanding=Rupiah(230_000_000),
        mikro_outstanding=Rupiah(30_000_000),
        kur_lender="kur-bank-nusantara",
    )


def test_who_says_what_is_left_of_a_running_loan_is_believed():
    declared = CreditFacts(
        kur_received=KurReceived(mikro=3),
        kur_outstanding=Rupiah(4_000_000),
        mikro_outstanding=Rupiah(4_000_000),
        kur_lender="kur-bank-samudra",
    )
    known = with_book(declared, [loan()])
    assert (known.kur_outstanding, known.mikro_outstanding) == (4_000_000, 4_000_000)
    assert known.kur_received == KurReceived(mikro=3)
    assert known.kur_lender == "kur-bank-nusantara"


def test_a_repaid_loan_has_been_received_and_is_owed_no_more():
    known = with_book(NOTHING, [loan(running=False), loan("kur_super_mikro", running=False)])
    assert known.kur_received == KurReceived(mikro=1, super_mikro=1)
    assert (known.kur_outstanding, known.mikro_outstanding, known.kur_lender) == (0, 0, None)


def test_what_is_no_kur_says_nothing_about_kur():
    assert with_book(NOTHING, [loan("lpdb_regular"), loan("blu_umi")]) == NOTHING
    assert with_book(NOTHING, []) == NOTHING
