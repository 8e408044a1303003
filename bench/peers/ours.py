"""
The task as the house writes a scheme: types, sources and helpers are those of the real rules.

The same `if` an article as in `services/financing/domain/rules/kur.py`, silence refused as there;
what the task leaves out (ages, instalments, tenors, the other products) is left out here too.
"""

from datetime import date

from bench.peers.task import Answer, Reason
from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    BusinessFacts,
    Code,
    CreditFacts,
    LoanRequest,
    PersonFacts,
    Refusal,
    concluded,
)
from services.financing.domain.rules.kur import MIKRO
from services.financing.domain.rules.kur_terms import KUR, Articles, Edition


def assess(applicant: Applicant, request: LoanRequest, *, on: date) -> Assessment:
    """Return what KUR mikro says of a request under the edition of a day, with every reason."""
    edition = KUR.on(on)
    assert edition is not None
    said: list[Refusal] = []
    _everyone(said, applicant.person, applicant.credit, edition.articles)
    _enterprise(said, applicant.business, applicant.credit, edition)
    _limits(said, applicant.business, request, edition)
    return concluded(MIKRO, said, (), edition.mikro.rates_bp.value[0])


def _everyone(
    said: list[Refusal], person: PersonFacts, credit: CreditFacts, articles: Articles
) -> None:
    if person.citizen is not True:  # E01
        code = Code.UNKNOWN_CITIZEN if person.citizen is None else Code.CITIZEN
        said.append(Refusal(code, articles.citizen))
    if person.state_employee is not False:  # E16
        silent = person.state_employee is None
        code = Code.UNKNOWN_STATE_EMPLOYEE if silent else Code.STATE_EMPLOYEE
        said.append(Refusal(code, articles.state_employee))
    if credit.collectibility is None:
        said.append(Refusal(Code.UNKNOWN_COLLECTIBILITY, articles.slik))
    elif credit.collectibility >= 3:  # E15
        numbers = {"collectibility": credit.collectibility}
        said.append(Refusal(Code.COLLECTIBILITY, articles.slik, numbers))


def _enterprise(
    said: list[Refusal], business: BusinessFacts, credit: CreditFacts, edition: Edition
) -> None:
    articles, most = edition.articles, edition.turnover_max
    if credit.commercial_before is not False:  # E08
        silent = credit.commercial_before is None
        code = Code.UNKNOWN_COMMERCIAL_CREDIT if silent else Code.COMMERCIAL_CREDIT
        said.append(Refusal(code, articles.never_commercial_mikro))
    if business.nib is not True and business.sku is not True:  # E12
        silent = business.nib is None or business.sku is None
        code = Code.UNKNOWN_BUSINESS_LICENCE if silent else Code.BUSINESS_LICENCE
        said.append(Refusal(code, articles.licence))
    if most is not None and not business.planned:
        turnover = business.turnover_year
        if turnover is None:
            said.append(Refusal(Code.UNKNOWN_TURNOVER, most.source))
        elif turnover > most.value:  # 1/2026 Art. 3(3)
            numbers = {"turnover": turnover, "max": most.value}
            said.append(Refusal(Code.TURNOVER, most.source, numbers))


def _limits(
    said: list[Refusal], business: BusinessFacts, request: LoanRequest, edition: Edition
) -> None:
    terms, amount = edition.mikro, request.amount
    most, above, npwp = terms.plafon_max, terms.npwp_above, business.npwp
    if amount > most.value:
        numbers = {"amount": amount, "max": most.value}
        said.append(Refusal(Code.AMOUNT_ABOVE, most.source, numbers))
    if above is not None and amount > above.value and npwp is not True:  # E13
        code = Code.UNKNOWN_NPWP if npwp is None else Code.NPWP
        said.append(Refusal(code, above.source, {"amount": amount, "above": above.value}))


def answer(assessment: Assessment) -> Answer:
    """Return an assessment as all contenders put it."""
    return tuple(
        Reason(each.code, each.source.provision, each.numbers) for each in assessment.refusals
    )
