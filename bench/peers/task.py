"""
The task: eight rules of KUR mikro, each with its article and its numbers, on drawn applicants.

Every fact is known, so that nobody has to speak of silence; ours asks for it all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from random import Random
from typing import Any, NamedTuple

from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    BusinessFacts,
    Code,
    CreditFacts,
    LoanRequest,
    PersonFacts,
)
from services.financing.domain.rules.kur_terms import KUR_2026
from shared.money import Rupiah

DAY = date(2026, 11, 24)
_ARTICLES, _MIKRO = KUR_2026.articles, KUR_2026.mikro
assert KUR_2026.turnover_max is not None
assert _MIKRO.npwp_above is not None
TURNOVER_MAX, PLAFON_MAX, NPWP_ABOVE = (
    KUR_2026.turnover_max.value,
    _MIKRO.plafon_max.value,
    _MIKRO.npwp_above.value,
)
ARTICLES: Mapping[str, str] = {
    Code.CITIZEN: _ARTICLES.citizen.provision,
    Code.STATE_EMPLOYEE: _ARTICLES.state_employee.provision,
    Code.COLLECTIBILITY: _ARTICLES.slik.provision,
    Code.COMMERCIAL_CREDIT: _ARTICLES.never_commercial_mikro.provision,
    Code.BUSINESS_LICENCE: _ARTICLES.licence.provision,
    Code.TURNOVER: KUR_2026.turnover_max.source.provision,
    Code.AMOUNT_ABOVE: _MIKRO.plafon_max.source.provision,
    Code.NPWP: _MIKRO.npwp_above.source.provision,
}
"""Where each rule stands, in the order in which the reasons are given."""


class Reason(NamedTuple):
    """One rule that said no, as all contenders must put it."""

    code: str
    article: str
    numbers: Mapping[str, int]


NUMBERS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, int]]] = {
    Code.COLLECTIBILITY: lambda facts: {"collectibility": facts["collectibility"]},
    Code.TURNOVER: lambda facts: {"turnover": facts["turnover_year"], "max": TURNOVER_MAX},
    Code.AMOUNT_ABOVE: lambda facts: {"amount": facts["amount"], "max": PLAFON_MAX},
    Code.NPWP: lambda facts: {"amount": facts["amount"], "above": NPWP_ABOVE},
}
"""The numbers of a reason, for a contender that does not give them itself."""

Answer = tuple[Reason, ...]
"""Every reason why not, in the order of `ARTICLES`; none means eligible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the eight rules read, flat, as a caller of the others would send it."""

    citizen: bool
    state_employee: bool
    collectibility: int
    commercial_before: bool
    nib: bool
    sku: bool
    npwp: bool
    turnover_year: int
    amount: int


class Case(NamedTuple):
    """One applicant and request: in our types, and flat for the others."""

    applicant: Applicant
    request: LoanRequest
    flat: dict[str, Any]


def cases(count: int, random: Random) -> list[Case]:
    """Draw applicants; about one in six has no reason against it, the others have up to seven."""
    return [_case(_facts(random)) for _ in range(count)]


def _facts(random: Random) -> Facts:
    return Facts(
        citizen=random.random() > 0.05,
        state_employee=random.random() < 0.05,
        collectibility=random.choice((1, 1, 1, 1, 2, 3, 5)),
        commercial_before=random.random() < 0.2,
        nib=random.random() < 0.5,
        sku=random.random() < 0.6,
        npwp=random.random() < 0.5,
        turnover_year=random.randrange(100_000_000, 6_000_000_000, 1_000),
        amount=random.randrange(10_000_001, 130_000_000),
    )


def _case(facts: Facts) -> Case:
    applicant = Applicant(
        kind=BorrowerKind.PERSON,
        person=PersonFacts(citizen=facts.citizen, state_employee=facts.state_employee),
        business=BusinessFacts(
            nib=facts.nib,
            sku=facts.sku,
            npwp=facts.npwp,
            turnover_year=Rupiah(facts.turnover_year),
        ),
        credit=CreditFacts(
            collectibility=facts.collectibility, commercial_before=facts.commercial_before
        ),
    )
    request = LoanRequest(amount=Rupiah(facts.amount), tenor_months=24)
    return Case(applicant, request, asdict(facts))
