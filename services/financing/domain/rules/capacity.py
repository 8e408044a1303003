"""What a borrower can carry: the instalments of a month against the net income of a month."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.financing.domain.eligibility import (
    BusinessFacts,
    Code,
    Confidence,
    CreditFacts,
    Refusal,
    Source,
    Term,
)
from services.financing.domain.rules.kur_terms import SINCE_2023
from services.financing.domain.schedule import instalment
from shared.timeline import Timeline

BURDEN_PERMILLE_MAX = 700
_REPORTED = date(2025, 2, 11)
"""The day of the first press report of the banks' practice."""

BURDEN: Timeline[Term[int]] = Timeline(
    (
        date.min,
        Term(
            BURDEN_PERMILLE_MAX,
            Source(
                "Repayment capacity (RPC), assumed before it was reported",
                "instalments at most 70 % of net income",
                SINCE_2023,  # no product that asks for it is older
                _REPORTED - timedelta(days=1),
                Confidence.ASSUMPTION,
            ),
        ),
    ),
    (
        _REPORTED,
        Term(
            BURDEN_PERMILLE_MAX,
            Source(
                "Repayment capacity (RPC), practice of the banks",
                "instalments at most 70 % of net income",
                _REPORTED,
                None,
                Confidence.PRESS,
            ),
        ),
    ),
)
"""The most that all instalments may take of the net income, in permille, by day of the akad."""


def burden_permille(due: int, others: int, income: int) -> int | None:
    """Return the share of a month's net income that all instalments take; None without income."""
    if income <= 0:
        return None
    return (due + others) * 1000 // income


def judged(
    business: BusinessFacts,
    credit: CreditFacts,
    *,
    most: Term[int],
    amount: int,
    rate_bp: int,
    months: int,
) -> tuple[Refusal, ...]:
    """Refuse when the instalments take more than `most` of the income, or cannot be judged.

    A planned business has no income yet: its capacity is for the lender to judge.
    """
    if business.planned:
        return ()
    income, others = business.net_income_month, credit.instalments_month
    if income is None or others is None:
        return tuple(_untold(income, others, most.source))
    due = instalment(amount, rate_bp=rate_bp, months=months)
    if (due + others) * 1000 > income * most.value:
        return (_too_much(due, others, income, most),)
    return ()


def _untold(income: int | None, others: int | None, source: Source) -> Iterator[Refusal]:
    if income is None:
        yield Refusal(Code.UNKNOWN_NET_INCOME, source)
    if others is None:
        yield Refusal(Code.UNKNOWN_INSTALMENTS, source)


def _too_much(due: int, others: int, income: int, most: Term[int]) -> Refusal:
    numbers = {"instalment": due, "others": others, "income": income, "percent": most.value // 10}
    affordable = income * most.value // 1000 - others
    if affordable <= 0:
        return Refusal(Code.NO_ROOM_FOR_INSTALMENT, most.source, numbers)
    numbers["affordable"] = affordable
    return Refusal(Code.INSTALMENT_ABOVE_INCOME, most.source, numbers)
