"""
Our own book: the loans that a borrower has had through us.

Who declares no running KUR, but has one that we carried to a lender, still has it. What is
declared is believed where it says more: the book knows a plafon, not what was paid back since.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from services.financing.domain.eligibility import CreditFacts, KurReceived
from services.financing.domain.rules import kur
from shared.money import Rupiah

_COUNTED = {
    kur.SUPER_MIKRO: "super_mikro",
    kur.MIKRO: "mikro",
    kur.KECIL: "kecil",
    kur.KHUSUS: "khusus",
    kur.PMI: "pmi",
}


class BookedLoan(NamedTuple):
    """A loan whose akad a lender has reported; `running` until it is reported repaid."""

    product: str
    channel: str
    amount: Rupiah
    running: bool


def with_book(credit: CreditFacts, loans: Sequence[BookedLoan]) -> CreditFacts:
    """Return the credit history with what our own book adds to it."""
    every = [loan for loan in loans if loan.product in _COUNTED]
    if not every:
        return credit
    running = [loan for loan in every if loan.running]
    mikro = [loan for loan in running if loan.product == kur.MIKRO]
    known = replace(credit, kur_received=_received(credit.kur_received, every))
    if running:
        known = replace(
            known,
            kur_outstanding=credit.kur_outstanding or _owed(running),
            kur_lender=running[-1].channel,
        )
    if mikro:
        known = replace(known, mikro_outstanding=credit.mikro_outstanding or _owed(mikro))
    return known


def _received(declared: KurReceived | None, loans: Sequence[BookedLoan]) -> KurReceived:
    said = declared or KurReceived()
    return KurReceived(
        **{
            field: max(getattr(said, field), sum(loan.product == product for loan in loans))
            for product, field in _COUNTED.items()
        }
    )


def _owed(loans: Sequence[BookedLoan]) -> Rupiah:
    return Rupiah(sum(loan.amount for loan in loans))
