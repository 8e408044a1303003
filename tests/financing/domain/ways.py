"""Ways to a yes and rungs of a ladder: what they cost, and whether the engine agrees."""

from dataclasses import replace
from datetime import date

from services.financing.domain.eligibility import BorrowerKind, Code, LoanRequest
from services.financing.domain.ladder import Rung, ladder
from services.financing.domain.products import PRODUCTS
from services.financing.domain.recourse import Recourse, recourse
from services.financing.domain.steps import changed
from shared.money import Rupiah
from tests.financing.domain.applicants import decided
from tests.financing.domain.brute import LOAN_MIN, cheapest
from tests.financing.domain.cases import Case


def ways(case: Case) -> list[Recourse]:
    """The recourse of every product that refuses."""
    decision = decided(case.applicant, case.request, on=case.on)
    return [
        recourse(each, case.applicant, case.request, on=case.on)
        for each in decision.assessments
        if not each.eligible
    ]


def cost(case: Case, way: Recourse) -> tuple[int, date, int, int]:
    """What a way costs, in the stated order."""
    assert way.on is not None
    assert way.request is not None
    return (
        sum(each.weight for each in way.steps),
        way.on,
        case.request.amount - way.request.amount,
        max(0, way.request.tenor_months - case.request.tenor_months),
    )


def flipped(case: Case, way: Recourse) -> bool:
    """Whether the engine says yes on that day, to that request, with those facts."""
    assert way.on is not None
    changes = [change for each in way.steps for change in each.changes]
    applicant, request = changed(case.applicant, case.request, changes)
    assert request == way.request
    if request.akad_on is not None and request.akad_on < way.on:
        request = replace(request, akad_on=way.on)
    said = decided(applicant, request, on=way.on).assessment(way.product)
    return said.eligible and (said.earliest_date or way.on) <= way.on


def comparable(case: Case, way: Recourse) -> bool:
    """Whether all ways of this case can be tried.

    Groups have too many. Whoever holds no RAT for two years may be incubated, which is no advice.
    """
    return case.applicant.kind is not BorrowerKind.GROUP and Code.RAT_ENOUGH not in way.stuck


def is_cheapest(case: Case, way: Recourse) -> bool:
    """Whether trying all ways finds none that costs less; none at all where none is told."""
    told = None if way.on is None else cost(case, way)
    best = cheapest(case, way.product, weight_max=8 if told is None else told[0])
    if told is None or best is None:
        return told is None and best is None
    # What is told may be finer than the grid of amounts that was tried.
    return told <= best


def holds(case: Case, rung: Rung) -> bool:
    """Whether the engine lends what a rung says, on its day and after its steps."""
    return flipped(case, Recourse(rung.product, rung.steps, rung.on, rung.request, ()))


def more_than_told(case: Case) -> dict[str, list[LoanRequest]]:
    """What each product would lend today beyond its rung, if it is asked as the borrower is.

    Of a group nothing is tried: its members' shares have to follow the amount. Nobody is advised
    to ask for less than `LOAN_MIN`.
    """
    # An akad of the past is asked for as of today.
    case = case._replace(request=replace(case.request, akad_on=None))
    if case.applicant.group is not None and case.applicant.group.members:
        return {}
    rungs = ladder(case.applicant, case.request, on=case.on).rungs
    free = {each.product: each.request.amount for each in rungs if each.as_you_are}
    return {each.code: _more_today(case, each.code, free.get(each.code, 0)) for each in PRODUCTS}


def _more_today(case: Case, product: str, amount: int) -> list[LoanRequest]:
    steps = {case.request.amount, amount + 1, amount + 100_000, 10 * amount}
    tries = [
        replace(case.request, amount=Rupiah(more), tenor_months=months)
        for more in steps
        if amount < more <= case.request.amount
        and (more >= LOAN_MIN or more == case.request.amount)
        for months in {1, 6, 12, 24, 36, 60, case.request.tenor_months}
    ]
    return [
        each
        for each in tries
        if decided(case.applicant, each, on=case.on).assessment(product).eligible
    ]
