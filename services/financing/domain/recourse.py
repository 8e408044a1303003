"""
From a no to a yes: the cheapest steps, and the first day on which they can all be done.

A solution answers every reason, so it contains one of the ways to answer any of them. The search
therefore takes the ways of one reason as its branches, cheapest first: the first yes that it meets
is the cheapest there is, and when no branch is left there is none. Reasons with a single way are
answered at once, for it is in every solution.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from services.financing.domain.decision import IN_FORCE, Rulebook, in_force, same_law_since
from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    Code,
    LoanRequest,
    Purpose,
)
from services.financing.domain.figures import figures, timeline
from services.financing.domain.remedies import FIXED, remedies
from services.financing.domain.rules import blu, kur, lpdb, pmk49
from services.financing.domain.steps import (
    BY_REASON,
    WEIGHTS,
    Act,
    Change,
    Kind,
    Remedy,
    Situation,
    Way,
    changed,
)

STATES_MAX = 400
"""Far more than any case needs; beyond it the answer is that none was found."""


class Recourse(NamedTuple):
    """
    The cheapest way to a yes of one product.

    `steps` are in the order in which they are done; where they are not all possible today the last
    one is to wait until `on`, the first day on which they are. `request` is what is asked then.
    Without a way `steps` is empty, `on` and `request` are None, and `stuck` names the reasons that
    nothing removes: that is the proof.
    """

    product: str
    steps: tuple[Remedy, ...]
    on: date | None
    request: LoanRequest | None
    stuck: tuple[Code, ...]


class _Cost(NamedTuple):
    """Compared from left to right: the stated weights, the day, rupiah given up, months added."""

    weight: int
    day: date
    less: int
    months: int


class Plan(NamedTuple):
    """The acts that have been chosen so far, and the first day on which all can be done."""

    steps: tuple[Remedy, ...]
    day: date

    def then(self, way: Way) -> "Plan":
        """Return the plan with the acts of a way added."""
        plan = self
        for remedy in way:
            plan = plan.with_step(remedy)
        return plan

    def with_step(self, remedy: Remedy) -> "Plan":
        """Return the plan with one more act, which takes the place of an older one of its kind."""
        day = max(self.day, remedy.earliest or self.day)
        if remedy.act is Act.WAIT:
            return Plan(self.steps, day)
        now = {path for path, _ in remedy.changes}
        kept = [
            step._replace(changes=tuple(each for each in step.changes if each[0] not in now))
            for step in self.steps
            if not _replaces(remedy, step)
        ]
        return Plan((*kept, remedy), day)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what all acts change; of two that change the same, only the later one does."""
        return tuple(change for step in self.steps for change in step.changes)


def _replaces(new: Remedy, old: Remedy) -> bool:
    return new.act is old.act and (new.act not in BY_REASON or new.answers is old.answers)


class _Case(NamedTuple):
    """The no that is searched from, and the acts that are not to be taken."""

    product: str
    applicant: Applicant
    request: LoanRequest
    on: date
    rulebook: Rulebook
    without: frozenset[Act]

    def seen(self, plan: Plan) -> "_Seen":
        """Return what the product would say once a plan is carried out."""
        applicant, request = changed(self.applicant, self.request, plan.changes)
        said = asked(self.product, applicant, request, on=plan.day, rulebook=self.rulebook)
        return _Seen(applicant, request, said)

    def allowed(self, ways: tuple[Way, ...]) -> tuple[Way, ...]:
        """Return the ways that take no act that is not to be taken."""
        if not self.without:
            return ways
        return tuple(way for way in ways if all(each.act not in self.without for each in way))

    def cost(self, plan: Plan) -> _Cost:
        """Return what a plan costs the applicant, in the stated order."""
        asked = dict(plan.changes)
        months = asked.get("request.tenor_months", self.request.tenor_months)
        amount = asked.get("request.amount", self.request.amount)
        weight = sum(step.weight for step in plan.steps)
        if plan.day > self.on:
            weight += WEIGHTS[Kind.WAIT]
        less, longer = self.request.amount - amount, max(0, months - self.request.tenor_months)
        return _Cost(weight, plan.day, less, longer)


class _Seen(NamedTuple):
    applicant: Applicant
    request: LoanRequest
    said: Assessment


def recourse(
    said: Assessment,
    applicant: Applicant,
    request: LoanRequest,
    *,
    on: date,
    rulebook: Rulebook = IN_FORCE,
    without: frozenset[Act] = frozenset(),
) -> Recourse:
    """Return the cheapest way from what a product has `said` of a request to its yes.

    It takes none of the acts in `without`.
    """
    case = _Case(said.product, applicant, request, on, rulebook, without)
    fixed = tuple(each.code for each in said.refusals if each.code in FIXED and not each.earliest)
    if fixed and not _next_edition(rulebook, said.product, same_law_since(rulebook, on)):
        return Recourse(said.product, (), None, None, fixed)
    first, numbers = _Seen(applicant, request, said), count()
    start = Plan((), on)
    open_plans = [(_Cost(0, on, 0, 0), next(numbers), start)]
    known = {_key(start)}
    stuck: dict[Code, None] = {}
    while open_plans and next(numbers) < STATES_MAX:
        _, _, plan = heappop(open_plans)
        seen = first if plan is start else case.seen(plan)
        if seen.said.eligible:
            return led(plan, seen.request, seen.said, today=on)
        for following in _followed(case, plan, seen, stuck):
            if _key(following) not in known:
                known.add(_key(following))
                heappush(open_plans, (case.cost(following), next(numbers), following))
    return Recourse(said.product, (), None, None, tuple(stuck))


def led(plan: Plan, request: LoanRequest, said: Assessment, *, today: date) -> Recourse:
    """Return the way that a plan is, once a product has `said` yes to what is asked then."""
    # A pay-off is seen in SIKP some days later only: until then the yes waits.
    on = max(plan.day, said.earliest_date or plan.day)
    steps = sorted(plan.steps, key=lambda step: (step.earliest or today, step.weight))
    if on > today:
        steps.append(Remedy(Act.WAIT, None, (), {"from": on}, on))
    return Recourse(said.product, tuple(steps), on, request, ())


def _key(plan: Plan) -> tuple[object, ...]:
    return (plan.day, frozenset((step.act, step.answers, step.changes) for step in plan.steps))


def _followed(case: _Case, plan: Plan, seen: _Seen, stuck: dict[Code, None]) -> Iterator[Plan]:
    """Yield the plans that go on from here: every forced act together, or the branches of one."""
    situation = situated(
        seen.said,
        seen.applicant,
        seen.request,
        today=case.on,
        day=plan.day,
        rulebook=case.rulebook,
    )
    later = _next_edition(case.rulebook, case.product, same_law_since(case.rulebook, plan.day))
    choices: list[Sequence[Way]] = []
    for refusal in seen.said.refusals:
        ways = (*case.allowed(remedies(situation, refusal)), *later)
        if not ways:
            stuck[refusal.code] = None
            return
        choices.append(ways)
    forced = [ways[0] for ways in choices if len(ways) == 1]
    if forced:
        yield plan.then(tuple(_apart(forced)))
        return
    yield from (plan.then(way) for way in min(choices, key=len))


def situated(
    said: Assessment,
    applicant: Applicant,
    request: LoanRequest,
    *,
    today: date,
    day: date,
    rulebook: Rulebook,
) -> Situation:
    """Return the situation in which a product has `said` something of a request on a day."""
    law = same_law_since(rulebook, max(day, request.akad_on or day))
    return Situation(
        said.product,
        today,
        applicant,
        request,
        day,
        said.rate_bp,
        months_max(rulebook, said.product, request.purpose, law) or request.tenor_months,
        _npwp_above(rulebook, said.product, law),
    )


def _apart(ways: Sequence[Way]) -> Iterator[Remedy]:
    """Yield the acts of ways that change different things; what is left is looked at again after.

    Ways of one act come first: how far one of two acts has to go depends on them.
    """
    touched: set[str] = set()
    for way in sorted(ways, key=len):
        paths = {path for remedy in way for path, _ in remedy.changes}
        if touched.isdisjoint(paths):
            touched |= paths
            yield from way


# Every refusal asks for it; the day is the first of a law.
@lru_cache(maxsize=4096)
def _next_edition(rulebook: Rulebook, product: str, day: date) -> tuple[Way, ...]:
    """Return the wait for the next edition of a product's law, if one is enacted already."""
    changes = {*timeline(rulebook, product).since, *rulebook.burden.since}
    coming = [since for since in changes if since > day]
    return ((Remedy(Act.WAIT, Code.NOT_IN_FORCE, earliest=min(coming)),),) if coming else ()


def asked(
    product: str,
    applicant: Applicant,
    request: LoanRequest,
    *,
    on: date,
    rulebook: Rulebook = IN_FORCE,
) -> Assessment:
    """Return what one product says on a day; an akad of the past is asked for as of that day."""
    akad_on = max(on, request.akad_on or on)
    terms = in_force(rulebook, akad_on)
    if product in kur.CODES:
        edition, burden = terms.kur, terms.burden
        return kur.assess_one(product, applicant, request, edition, burden=burden, on=on)
    if product in lpdb.CODES:
        every = lpdb.assess(applicant, request, terms.lpdb_regular, terms.lpdb_mockup, on=on)
    elif product in blu.CODES:
        every = blu.assess(applicant, request, terms.blu, on=on)
    else:
        every = (pmk49.assess(applicant, request, terms.pmk49, day=akad_on),)
    return next(each for each in every if each.product == product)


@lru_cache(maxsize=4096)
def months_max(rulebook: Rulebook, product: str, purpose: Purpose, day: date) -> int | None:
    """Return the longest tenor of a product for a purpose, in months; None where none is set."""
    kind = "ki" if purpose is Purpose.INVESTMENT else "kmk"
    named = {f"{kind}_months_max", "months_max"}
    found = figures(rulebook, product, day)
    return next((each.value for each in found if each.name in named), None)


@lru_cache(maxsize=4096)
def _npwp_above(rulebook: Rulebook, product: str, day: date) -> int | None:
    """Return the amount above which a product wants an NPWP, in rupiah; None where it never is."""
    found = figures(rulebook, product, day)
    return next((each.value for each in found if each.name == "npwp_above"), None)
