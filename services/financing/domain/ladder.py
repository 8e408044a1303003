"""
The ladder of products: what one borrower can have now, what later, and by which steps.

A product has at most two rungs: the largest amount up to the wanted one that it says yes to with
everything as it is, and more than that once some steps are taken. No limit is repeated here: the
rules are asked for less until they say yes, and `recourse` finds the steps.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from services.financing.domain.decision import IN_FORCE, Rulebook, assess, in_force
from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    Code,
    LoanRequest,
    Note,
    Refusal,
)
from services.financing.domain.recourse import (
    Plan,
    Recourse,
    asked,
    led,
    months_max,
    recourse,
    situated,
)
from services.financing.domain.relief import relieved
from services.financing.domain.remedies import remedies
from services.financing.domain.schedule.conventional import Month, level
from services.financing.domain.schedule.cost import Cost, cost
from services.financing.domain.schedule.due import nominal_days
from services.financing.domain.schedule.usual import usual
from services.financing.domain.steps import Act, Kind, Remedy, Way, changed

_LESS = frozenset({Act.ASK_LESS})
_TENOR = frozenset({Act.ASK_LONGER, Act.ASK_SHORTER})
_CEILING = frozenset({Code.AMOUNT_ABOVE})
_BEARABLE = _CEILING | {
    Code.TENOR_ABOVE,
    Code.TENOR_BEYOND_CONTRACT,
    Code.INSTALMENT_ABOVE_INCOME,
    Code.MIKRO_OUTSTANDING,
    Code.AGUNAN_VALUE,
}
"""Reasons that less or shorter answers, and steps do only at a price that not all can pay."""


class Rung(NamedTuple):
    """
    One amount that one product lends, from a day on.

    `steps` lead there, as those of a `Recourse` do; none means that it can be had as it was asked.
    `request` is what is asked then, `instalment` the first one in rupiah. What a rung `cost`s is
    computed as loans are usually repaid.
    """

    product: str
    on: date
    request: LoanRequest
    steps: tuple[Remedy, ...]
    rate_bp: int
    instalment: int
    cost: Cost
    notes: tuple[Note, ...]

    @property
    def hoped(self) -> bool:
        """Tell whether it rests on facts that are still to be told, and hoped to be good."""
        return any(step.kind is Kind.TELL for step in self.steps)

    @property
    def as_you_are(self) -> bool:
        """Tell whether nothing has to happen but to ask for it."""
        return all(step.kind is Kind.ASK for step in self.steps)


class Ladder(NamedTuple):
    """Every rung in the order of climbing, and the products that no step leads to, with why."""

    rungs: tuple[Rung, ...]
    out_of_reach: tuple[Recourse, ...]


def ladder(
    applicant: Applicant, request: LoanRequest, *, on: date, rulebook: Rulebook = IN_FORCE
) -> Ladder:
    """
    Return what every product can lend towards a wanted loan, now and later.

    Sorted by day, then what needs nothing to happen, then the larger amount, then the cheaper one.
    """
    akad_on = max(on, request.akad_on or on)
    terms = in_force(rulebook, akad_on)
    rungs: list[Rung] = []
    out: list[Recourse] = []
    for said in assess(applicant, request, terms, on=on, akad_on=akad_on):
        climb = _Climb(said, applicant, request, on, rulebook)
        ways = list(climb.ways())
        rungs += [climb.rung(way.request, way) for way in ways if way.request is not None]
        out += [way for way in ways if way.request is None]
    rungs.sort(key=_order)
    return Ladder(tuple(rungs), tuple(out))


def _order(rung: Rung) -> tuple[date, bool, int, int]:
    return rung.on, not rung.as_you_are, -rung.request.amount, rung.cost.total


class _Climb(NamedTuple):
    """The way up one product, from what it has `said` of the wanted loan."""

    said: Assessment
    applicant: Applicant
    request: LoanRequest
    on: date
    rulebook: Rulebook

    @property
    def product(self) -> str:
        return self.said.product

    def ways(self) -> Iterator[Recourse]:
        """Yield the way to the largest amount of today, and the way to more; or to nothing."""
        today = None if self.said.rate_bp is None else self._today()
        if today is not None:
            yield today
        if not self.said.eligible:
            later = self._later()
            if today is None or _amount(later) > _amount(today):
                yield later

    def after(self, plan: Plan) -> tuple[Applicant, LoanRequest]:
        """Return applicant and request once a plan is carried out."""
        return changed(self.applicant, self.request, plan.changes)

    def says(self, plan: Plan) -> Assessment:
        """Return what the product says once a plan is carried out."""
        applicant, request = self.after(plan)
        return asked(self.product, applicant, request, on=plan.day, rulebook=self.rulebook)

    def rung(self, request: LoanRequest, way: Recourse) -> Rung:
        """Return the rung that a way leads to."""
        on = way.on or self.on
        steps = [step for step in way.steps if step.act is not Act.WAIT]
        applicant, _ = changed(self.applicant, self.request, [c for s in steps for c in s.changes])
        said = asked(self.product, applicant, request, on=on, rulebook=self.rulebook)
        rate_bp = said.rate_bp or 0
        repaid = usual(request.amount, _months(said, rate_bp, request, on), request.contract_kind)
        told, first = cost(repaid.lines), repaid.lines[0].instalment
        return Rung(self.product, on, request, way.steps, rate_bp, first, told, said.notes)

    def _today(self) -> Recourse | None:
        """Return the way to the largest amount that is lent as things are, over few months."""
        plans = [self._asking(months) for months in (self.request.tenor_months, self._longest())]
        found = [plan for plan in plans if self.says(plan).eligible]
        if not found:
            return None
        best = self._shortened(max(found, key=self._lends))
        return led(best, self.after(best)[1], self.says(best), today=self.on)

    def _lends(self, plan: Plan) -> tuple[int, int]:
        """Order plans: the larger loan, then the shorter one."""
        _, request = self.after(plan)
        return request.amount, -request.tenor_months

    def _asking(self, months: int, about: Collection[Code] = frozenset(Code)) -> Plan:
        """Ask for less where that answers a reason, of these ones; the others are left."""
        plan = self._over(Plan((), self.on), months)
        while True:
            said = self.says(plan)
            refusals = [each for each in said.refusals if each.code in about]
            ways = [self._asked_otherwise(plan, said, each) for each in refusals]
            known = [way for way in ways if way is not None]
            # What is asked otherwise may change how much less is enough.
            following = plan.then(min(known, key=_cheap)) if known else plan
            if following == plan:
                return self._over(plan, self._months(plan))
            plan = following

    def _asked_otherwise(self, plan: Plan, said: Assessment, refusal: Refusal) -> Way | None:
        """Return how a refusal is answered by asking otherwise, without asking for longer."""
        applicant, request = self.after(plan)
        situation = situated(
            said, applicant, request, today=self.on, day=plan.day, rulebook=self.rulebook
        )
        ways = remedies(situation, refusal)
        asking = [way for way in ways if all(_only_asks(remedy) for remedy in way)]
        return min(asking, key=_cheap, default=None)

    def _shortened(self, plan: Plan) -> Plan:
        """Return the plan over the fewest months, from the asked ones on, that carry its loan."""
        low, high = self.request.tenor_months, self._months(plan)
        while low < high:
            middle = (low + high) // 2
            eligible = self.says(self._over(plan, middle)).eligible
            low, high = (low, middle) if eligible else (middle + 1, high)
        return self._over(plan, high)

    def _months(self, plan: Plan) -> int:
        return self.after(plan)[1].tenor_months

    def _over(self, plan: Plan, months: int) -> Plan:
        """Return the plan over so many months, with the one step that says so if it needs one."""
        steps = tuple(step for step in plan.steps if step.act not in _TENOR)
        plan, asked_for = plan._replace(steps=steps), self.request.tenor_months
        if months == asked_for:
            return plan
        act = Act.ASK_LONGER if months > asked_for else Act.ASK_SHORTER
        changes = (("request.tenor_months", months),)
        return plan.with_step(Remedy(act, None, changes, {"tenor": months}))

    def _longest(self) -> int:
        """Return the longest tenor of the product, the asked one where none is set."""
        akad_on = max(self.on, self.request.akad_on or self.on)
        longest = months_max(self.rulebook, self.product, self.request.purpose, akad_on)
        return longest or self.request.tenor_months

    def _later(self) -> Recourse:
        """Return the way to all that is wanted; else to the ceiling, to what can be borne, to any.

        Only the last one takes the cheapest steps; before it, the amount comes first.
        """
        whole = self._way(self.said, self.applicant, self.request, without=_LESS)
        if whole.on is not None:
            return whole
        for about in (_CEILING, _BEARABLE):
            months = (self.request.tenor_months, self._longest())
            plan = max((self._asking(each, about) for each in months), key=self._lends)
            way = self._from(plan) if plan.steps else None
            if way is not None:
                return way
        return self._way(self.said, self.applicant, self.request)

    def _from(self, plan: Plan) -> Recourse | None:
        """Return the way that goes on from a plan without asking for still less."""
        applicant, request = self.after(plan)
        way = self._way(self.says(plan), applicant, request, without=_LESS)
        if way.on is None:
            return None
        for step in way.steps:
            plan = plan.with_step(step)
        return led(plan, self.after(plan)[1], self.says(plan), today=self.on)

    def _way(
        self,
        said: Assessment,
        applicant: Applicant,
        request: LoanRequest,
        *,
        without: frozenset[Act] = frozenset(),
    ) -> Recourse:
        return recourse(
            said, applicant, request, on=self.on, rulebook=self.rulebook, without=without
        )


def _months(said: Assessment, rate_bp: int, request: LoanRequest, on: date) -> Sequence[Month]:
    """Return the months of a loan whose akad is on a day, with the rates of a relief."""
    if said.relief is None:
        return level(rate_bp, request.tenor_months)
    nominal = nominal_days(max(on, request.akad_on or on), request.tenor_months)
    return relieved(nominal, rate_bp=rate_bp, relief=said.relief)


def _only_asks(remedy: Remedy) -> bool:
    return remedy.kind is Kind.ASK and remedy.act is not Act.ASK_LONGER


def _cheap(way: Way) -> tuple[int, int]:
    """Order ways: what does not cost amount first, then by how much is left of it."""
    amounts = [value for step in way for path, value in step.changes if path == "request.amount"]
    return sum(step.weight for step in way), min(amounts, default=0)


def _amount(way: Recourse) -> int:
    return 0 if way.request is None else way.request.amount
