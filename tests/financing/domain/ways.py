"""Ways to a yes: of a whole case, what they cost, and whether the engine agrees."""

from dataclasses import replace
from datetime import date

from services.financing.domain.eligibility import BorrowerKind, Code
from services.financing.domain.recourse import Recourse, recourse
from services.financing.domain.steps import changed
from tests.financing.domain.applicants import decided
from tests.financing.domain.brute import cheapest
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
