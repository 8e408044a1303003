"""What is offered against one reason: the ways, as the engine's own refusal of a case has them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.financing.domain.decision import IN_FORCE
from services.financing.domain.eligibility import Applicant, Code, LoanRequest
from services.financing.domain.recourse import asked, situated
from services.financing.domain.remedies import remedies
from services.financing.domain.steps import Act, Remedy, Situation, Way
from tests.financing.domain.applicants import IN_2026


def situation(
    product: str,
    applicant: Applicant,
    request: LoanRequest,
    *,
    on: date = IN_2026,
    today: date | None = None,
) -> Situation:
    """The situation after what a product says of a request."""
    said = asked(product, applicant, request, on=on)
    return situated(said, applicant, request, today=today or on, day=on, rulebook=IN_FORCE)


def offered(
    code: Code,
    product: str,
    applicant: Applicant,
    request: LoanRequest,
    *,
    on: date = IN_2026,
    today: date | None = None,
) -> list[Way]:
    """The ways to answer one refusal of a product, which has to be there."""
    said = asked(product, applicant, request, on=on)
    (refusal,) = (each for each in said.refusals if each.code is code)
    return [*remedies(situation(product, applicant, request, on=on, today=today), refusal)]


def step(
    act: Act | str,
    code: Code,
    changes: Mapping[str, Any] | None = None,
    numbers: Mapping[str, Any] | None = None,
    earliest: date | None = None,
) -> Remedy:
    """A step as a table has it."""
    return Remedy(Act(act), code, tuple((changes or {}).items()), numbers or {}, earliest)
