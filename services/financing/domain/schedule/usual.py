"""How a loan is repaid as long as its lender has not said otherwise: our assumption."""

from typing import NamedTuple

from services.financing.domain.eligibility import ContractKind
from services.financing.domain.schedule import Lines, Repayment
from services.financing.domain.schedule.conventional import annuity, level
from services.financing.domain.schedule.sharia import equivalent_margin, murabahah


class Usual(NamedTuple):
    """A way to repay, and what it asks each month."""

    repayment: Repayment
    lines: Lines


def usual(plafon: int, *, rate_bp: int, months: int, contract_kind: ContractKind) -> Usual:
    """Return an annuity, under Sharia a murabahah whose margin is equivalent to the rate."""
    if contract_kind is ContractKind.SHARIA:
        margin = equivalent_margin(plafon, rate_bp=rate_bp, months=months)
        return Usual(Repayment.MURABAHAH, murabahah(plafon, margin=margin, months=months))
    return Usual(Repayment.ANNUITY, annuity(plafon, level(rate_bp, months)))
