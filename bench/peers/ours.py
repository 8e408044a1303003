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
from services.financing.domain.rules.kur_conditions import Conditions, conditions_of
from services.financing.domain.rules.kur_terms import KUR, Edition


def assess(applicant: Applicant, request: LoanRequest, *, on: date) -> Assessment:
    """Return what KUR mikro says of a request under the edition of a day, with every reason."""
    edition = KUR.on(on)
    assert edition is not None
    said: list[Refusal] = []
    conditions = conditions_of(edition)
    _everyone(said, applicant.person, applicant.credit, conditions)
    _enterprise(said, applicant, edition, conditions)
    _limits(said, applicant.business, request, edition)
    return concluded(MIKRO, said, (), edition.mikro.rates_bp.value[0])


def _everyone(
    said: list[Refusal], person: PersonFacts, credit: CreditFacts, conditions: Conditions
) -> None:
    if person.citizen is not True:  # E01
        said.append(conditions.citizen.against(person.citizen))
    if person.state_employee is not False:  # E16
        said.append(conditions.no_state_employee.against(person.state_employee))
    worst = credit.collectibility
    if worst is None:
        said.append(conditions.performing.unknown)
    elif worst >= 3:  # E15
        said.append(conditions.performing.unmet.told({"collectibility": worst}))


def _enterprise(
    said: list[Refusal], applicant: Applicant, edition: Edition, conditions: Conditions
) -> None:
    business, most = applicant.business, edition.turnover_max
    before = applicant.credit.commercial_before
    if before is not False:  # E08
        said.append(conditions.never_commercial_mikro.against(before))
    if business.nib is not True and business.sku is not True:  # E12
        silent = business.nib is None or business.sku is None
        said.append(conditions.licence.unknown if silent else conditions.licence.unmet)
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
