"""What a borrower can carry: the instalments of a month against the net income of a month."""

from datetime import date

from services.financing.domain.eligibility import (
    BusinessFacts,
    Code,
    Confidence,
    CreditFacts,
    Refusal,
    Source,
)
from services.financing.domain.schedule import instalment

BURDEN_PERMILLE_MAX = 700
SOURCE = Source(
    "Repayment capacity (RPC), practice of the banks",
    "instalments at most 70 % of net income",
    date(2025, 2, 11),
    None,
    Confidence.PRESS,
    None,
)


def burden_permille(due: int, others: int, income: int) -> int | None:
    """Return the share of a month's net income that all instalments take; None without income."""
    if income <= 0:
        return None
    return (due + others) * 1000 // income


def refusal(
    business: BusinessFacts, credit: CreditFacts, *, amount: int, rate_bp: int, months: int
) -> Refusal | None:
    """Return the refusal when the instalments take too much of the income, or cannot be judged.

    A planned business has no income yet: its capacity is for the lender to judge.
    """
    if business.planned:
        return None
    income, others = business.net_income_month, credit.instalments_month
    if income is None:
        return Refusal(Code.UNKNOWN_NET_INCOME, SOURCE)
    if others is None:
        return Refusal(Code.UNKNOWN_INSTALMENTS, SOURCE)
    due = instalment(amount, rate_bp=rate_bp, months=months)
    if (due + others) * 1000 <= income * BURDEN_PERMILLE_MAX:
        return None
    affordable = max(income * BURDEN_PERMILLE_MAX // 1000 - others, 0)
    numbers = {"instalment": due, "others": others, "income": income, "affordable": affordable}
    return Refusal(Code.INSTALMENT_ABOVE_INCOME, SOURCE, numbers)
