"""
What KUR asks of a fact: each condition with its reason, its question and the article of both.

They are made once for an edition. What an edition limits by a number is in `kur_terms.py`.
"""

from functools import lru_cache

from services.financing.domain.eligibility import (
    Code,
    Condition,
    Confidence,
    Note,
    NoteCode,
    Refusal,
    Source,
    asks,
)
from services.financing.domain.rules.kur_terms import Articles, Edition, ProductTerms


class Conditions:
    """The conditions of one edition, by what they ask about."""

    def __init__(self, at: Articles) -> None:
        # The person.
        self.citizen = asks(Code.CITIZEN, Code.UNKNOWN_CITIZEN, at.citizen)
        self.of_age = asks(Code.AGE, Code.UNKNOWN_BIRTH_DATE, at.age)
        self.unknown_married = Refusal(Code.UNKNOWN_MARRIED, at.age)
        self.no_state_employee = asks(
            Code.STATE_EMPLOYEE, Code.UNKNOWN_STATE_EMPLOYEE, at.state_employee
        )

        # Other credit.
        self.performing = asks(Code.COLLECTIBILITY, Code.UNKNOWN_COLLECTIBILITY, at.slik)
        self.not_current = Refusal(Code.CREDIT_NOT_CURRENT, at.current)
        self.not_listed = asks(Code.DHN_LISTED, Code.UNKNOWN_DHN, at.dhn)
        self.programme_paid = asks(
            Code.PROGRAMME_CREDIT_UNPAID, Code.UNKNOWN_PROGRAMME_CREDIT, at.programme_paid
        )
        self.unknown_kur = Refusal(Code.UNKNOWN_KUR_OUTSTANDING, at.same_lender)
        self.unknown_lender = Refusal(Code.UNKNOWN_KUR_LENDER, at.same_lender)
        self.first_kur = asks(Code.KUR_BEFORE, Code.UNKNOWN_KUR_RECEIVED, at.first_kur)
        self.never_commercial_super_mikro = _never(at.never_commercial_super_mikro)
        self.never_commercial_mikro = _never(at.never_commercial_mikro)
        self.never_commercial_kecil = _never(at.never_commercial_kecil)
        self.never_commercial_khusus = _never(at.never_commercial_khusus)

        # The business.
        self.licence = asks(Code.BUSINESS_LICENCE, Code.UNKNOWN_BUSINESS_LICENCE, at.licence)
        self.bpjs_tk = asks(Code.BPJS_TK, Code.UNKNOWN_BPJS_TK, at.bpjs_tk)

        self.of_group = OfGroup(at)
        self.of_placement = OfPlacement(at)


class OfGroup:
    """What is asked of a kelompok usaha or cluster."""

    def __init__(self, at: Articles) -> None:
        self.no_group = Refusal(Code.NO_GROUP, at.group)
        self.offtaker = asks(Code.GROUP_OFFTAKER, Code.UNKNOWN_GROUP_OFFTAKER, at.group)
        self.pks = asks(Code.GROUP_PKS, Code.UNKNOWN_GROUP_PKS, at.group)
        self.validated = asks(Code.GROUP_VALIDATION, Code.UNKNOWN_GROUP_VALIDATION, at.group)
        self.in_sikp = asks(Code.GROUP_SIKP, Code.UNKNOWN_GROUP_SIKP, at.group_sikp)


class OfPlacement:
    """What is asked of who leaves to work abroad."""

    def __init__(self, at: Articles) -> None:
        self.no_contract = Refusal(Code.NO_PLACEMENT_CONTRACT, at.placement)
        self.in_siskop2mi = asks(Code.NOT_IN_SISKOP2MI, Code.UNKNOWN_SISKOP2MI, at.placement)
        self.within_contract = asks(
            Code.TENOR_BEYOND_CONTRACT, Code.UNKNOWN_CONTRACT_MONTHS, at.contract
        )
        self.of_age = asks(Code.AGE_PMI, Code.UNKNOWN_BIRTH_DATE, at.age_pmi)
        self.parents_permission = asks(
            Code.PARENTS_PERMISSION, Code.UNKNOWN_PARENTS_PERMISSION, at.age_pmi
        )


def _never(source: Source) -> Condition:
    return asks(Code.COMMERCIAL_CREDIT, Code.UNKNOWN_COMMERCIAL_CREDIT, source)


@lru_cache(maxsize=64)
def conditions_of(edition: Edition) -> Conditions:
    """Return what an edition asks."""
    return Conditions(edition.articles)


@lru_cache(maxsize=256)
def rate_notes(terms: ProductTerms) -> tuple[Note, ...]:
    """Return what a reader should know of a product's rate."""
    source = terms.rates_bp.source
    unsure = source.confidence is Confidence.UNVERIFIED
    return (Note(NoteCode.RATE_UNVERIFIED, source),) if unsure else ()
