"""How a loan is repaid as long as its lender has not said otherwise: our assumption."""

from collections.abc import Sequence
from typing import NamedTuple

from services.financing.domain.eligibility import ContractKind
from services.financing.domain.schedule import Lines, Repayment
from services.financing.domain.schedule.conventional import Month, annuity
from services.financing.domain.schedule.sharia import equivalent_margin, murabahah


class Usual(NamedTuple):
    """A way to repay, and what it asks each month."""

    repayment: Repayment
    lines: Lines


def usual(plafon: int, months: Sequence[Month], contract_kind: ContractKind) -> Usual:
    """Return an annuity, under Sharia a murabahah whose margin is equivalent to it."""
    if contract_kind is ContractKind.SHARIA:
        margin = equivalent_margin(plafon, months)
        return Usual(Repayment.MURABAHAH, murabahah(plafon, margin=margin, months=len(months)))
    return Usual(Repayment.ANNUITY, annuity(plafon, months))
