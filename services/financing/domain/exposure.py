"""
What a borrower stands for, before and after a loan: every debt that is known, each named.

A sum, no rule: no text sets a limit to it. What is not known counts nothing, and is named.
"""

from enum import StrEnum
from typing import NamedTuple

from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    CreditFacts,
    LoanRequest,
)
from shared.money import Rupiah


class Part(StrEnum):
    """
    What is counted, in whole rupiah.

    `kur`: owed of every KUR. `cooperative`: owed to a cooperative, which SLIK mostly does not
    show. `declared`: owed elsewhere. `guarantees`: what is guaranteed for others, as an officer
    guarantees a cooperative's loan; owed only if they fail.
    """

    KUR = "kur"
    COOPERATIVE = "cooperative"
    DECLARED = "declared"
    GUARANTEES = "guarantees"


class Exposure(NamedTuple):
    """The sum of the known parts before and after the loan that is asked for."""

    parts: tuple[tuple[Part, Rupiah], ...]
    unknown: tuple[Part, ...]
    before: Rupiah
    after: Rupiah


def exposure(applicant: Applicant, request: LoanRequest) -> Exposure | None:
    """Return what a person, or the chair of a group, stands for; None of a cooperative.

    What a cooperative owes is in its balance, of which we know arrears and own capital only.
    """
    if applicant.kind is BorrowerKind.COOPERATIVE:
        return None
    counted = {part: _owed(part, applicant.credit) for part in Part}
    known = tuple((part, owed) for part, owed in counted.items() if owed is not None)
    before = sum(owed for _, owed in known)
    unknown = tuple(part for part, owed in counted.items() if owed is None)
    return Exposure(known, unknown, Rupiah(before), Rupiah(before + request.amount))


def _owed(part: Part, credit: CreditFacts) -> Rupiah | None:
    match part:
        case Part.KUR:
            return _kur(credit)
        case Part.COOPERATIVE:
            return credit.cooperative_debt
        case Part.DECLARED:
            return credit.declared_debt
        case Part.GUARANTEES:
            return credit.guarantees_given


def _kur(credit: CreditFacts) -> Rupiah | None:
    """What is owed of KUR: of mikro alone where no more is known, nothing after none at all."""
    owed, mikro, received = credit.kur_outstanding, credit.mikro_outstanding, credit.kur_received
    if owed is None and received is not None and received.total == 0:
        owed = Rupiah(0)
    if owed is None:
        return mikro or None
    return max(owed, mikro or Rupiah(0))
