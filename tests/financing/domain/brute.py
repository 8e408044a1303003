"""
Every way to a yes of a small case, tried one after the other.

Written without a look at how the engine searches: the changes that a person or a cooperative can
make are listed here once more, with the stated weights, and every set of them is tried with every
amount, tenor and day that could matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, product
from typing import Any, NamedTuple

from services.financing.domain.decision import IN_FORCE, assess, in_force
from services.financing.domain.duration import add_months
from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    CooperativeKind,
    GroupFacts,
    HealthGrade,
    KurReceived,
    LoanRequest,
    Purpose,
    Rat,
    Shu,
)
from services.financing.domain.products import PRODUCTS
from services.financing.domain.schedule import instalment
from shared.money import Rupiah
from tests.financing.domain.cases import Case

LOAN_MIN = 1_000_000
TELL, ASK, DO, LESS, WAIT, SETTLE = 1, 2, 3, 4, 5, 6
Cost = tuple[int, date, int, int]
PLACES = {each.code: place for place, each in enumerate(PRODUCTS)}


class Atom(NamedTuple):
    """One thing that can be done about one part of what is known."""

    part: str
    facts: dict[str, Any]
    weight: int


def cheapest(case: Case, code: str, *, weight_max: int) -> Cost | None:
    """The least cost of a yes, among those of a weight of at most `weight_max`; None without."""
    best: Cost | None = None
    asked = list(_requests(case, code))
    days = sorted(_days(case))
    for atoms in _sets(_atoms(case), weight_max):
        applicant = _done(case.applicant, atoms)
        base = sum(atom.weight for atom in atoms)
        for (request, extra), day in product(asked, days):
            weight = base + extra + (WAIT if day > case.on else 0)
            cost = (
                weight,
                day,
                case.request.amount - request.amount,
                max(0, request.tenor_months - case.request.tenor_months),
            )
            matters = weight <= weight_max and (best is None or cost < best)
            if matters and _yes(code, applicant, request, day):
                best = cost
    return best


def _yes(code: str, applicant: Applicant, request: LoanRequest, day: date) -> bool:
    akad_on = max(day, request.akad_on or day)
    terms = in_force(IN_FORCE, akad_on)
    said = assess(applicant, request, terms, on=day, akad_on=akad_on)[PLACES[code]]
    return said.eligible and (said.earliest_date or day) <= day


def _sets(atoms: Sequence[Atom], weight_max: int) -> Iterator[tuple[Atom, ...]]:
    for size in range(len(atoms) + 1):
        for chosen in combinations(atoms, size):
            if sum(atom.weight for atom in chosen) <= weight_max:
                yield chosen


def _done(applicant: Applicant, atoms: Sequence[Atom]) -> Applicant:
    for atom in atoms:
        facts = replace(getattr(applicant, atom.part) or GroupFacts(), **atom.facts)
        applicant = replace(applicant, **{atom.part: facts})
    return applicant


def _requests(case: Case, code: str) -> Iterator[tuple[LoanRequest, int]]:
    """Requests that could matter, each with its weight."""
    asked = case.request
    tenors = {asked.tenor_months, 24, 36, 48, 60, 72, 120, 6}
    purposes = {asked.purpose, Purpose.INVESTMENT}
    running_costs = {asked.opex_part} | ({Rupiah(500_000_000)} if code == "pmk49" else set())
    for purpose, tenor, opex in product(purposes, tenors, running_costs):
        amounts = {asked.amount, *_amounts(case, tenor)}
        for amount in amounts:
            if amount == asked.amount or LOAN_MIN <= amount < asked.amount:
                weight = (
                    ASK * (tenor != asked.tenor_months)
                    + LESS * (amount < asked.amount)
                    + ASK * (purpose is not asked.purpose)
                    + ASK * (opex != asked.opex_part)
                )
                request = replace(
                    asked,
                    amount=Rupiah(amount),
                    tenor_months=tenor,
                    purpose=purpose,
                    opex_part=opex,
                )
                yield request, weight
    yield from _just_long_enough(case)


def _just_long_enough(case: Case) -> Iterator[tuple[LoanRequest, int]]:
    """The same amount over as many months as its instalment needs."""
    for rate_bp, room in product((300, 600, 700, 800, 900), _rooms(case)):
        for tenor in range(case.request.tenor_months + 1, 121):
            if instalment(case.request.amount, rate_bp=rate_bp, months=tenor) <= room:
                yield replace(case.request, tenor_months=tenor), ASK
                break


def _rooms(case: Case) -> set[int]:
    income, others = (
        case.applicant.business.net_income_month,
        case.applicant.credit.instalments_month,
    )
    if income is None:
        return set()
    room = income * 700 // 1000
    return {room - (others or 0), room}


def _amounts(case: Case, tenor: int) -> set[int]:
    """The bounds of the rules, and the most that the income carries over a tenor."""
    found = {10_000_000, 20_000_000, 50_000_000, 100_000_000, 500_000_000, 1_000_000_000}
    found |= {3_000_000_000, 10_000_000_000}
    found.add(100_000_000 - (case.applicant.credit.mikro_outstanding or 0))
    found.add(int(case.applicant.cooperative.agunan_value or 0))
    for rate_bp, room in product((300, 600, 700, 800, 900), _rooms(case)):
        low, high = 0, int(case.request.amount)
        while low < high:
            middle = (low + high + 1) // 2
            fits = instalment(middle, rate_bp=rate_bp, months=tenor) <= room
            low, high = (middle, high) if fits else (low, middle - 1)
        found.add(low)
    return found


def _days(case: Case) -> set[date]:
    person, business = case.applicant.person, case.applicant.business
    days = {case.on, case.on + timedelta(days=3), add_months(case.on, 6)}
    days |= {date(case.on.year + 1, 1, 1), date(case.on.year + 2, 1, 1)}
    if case.applicant.credit.paid_off_on is not None:
        days.add(case.applicant.credit.paid_off_on + timedelta(days=3))
    if person.birth_date is not None:
        days |= {add_months(person.birth_date, years * 12) for years in (18, 21)}
    if business.started_on is not None:
        days.add(add_months(business.started_on, 6))
    timelines = (IN_FORCE.kur, IN_FORCE.burden, IN_FORCE.lpdb_regular, IN_FORCE.lpdb_mockup)
    for timeline in (*timelines, IN_FORCE.blu, IN_FORCE.pmk49):
        days |= set(timeline.since)
    if case.request.akad_on is not None:
        days.add(case.request.akad_on)
    return {day for day in days if day >= case.on}


def _atoms(case: Case) -> list[Atom]:
    if case.applicant.kind is BorrowerKind.COOPERATIVE:
        return list(_of_cooperative(case))
    return list(_of_person(case))


def _told(part: str, field: str, value: Any, facts: Any) -> Iterator[Atom]:
    if getattr(facts, field) is None:
        yield Atom(part, {field: value}, TELL)


def _mended(part: str, field: str, good: Any, facts: Any, weight: int) -> Iterator[Atom]:
    """To tell it where nobody has, or to mend it."""
    known = getattr(facts, field)
    if known is None:
        yield Atom(part, {field: good}, TELL)
    elif known != good:
        yield Atom(part, {field: good}, weight)


def _of_person(case: Case) -> Iterator[Atom]:
    person, business = case.applicant.person, case.applicant.business
    credit, membership = case.applicant.credit, case.applicant.membership
    yield from _told("person", "citizen", True, person)
    yield from _told("person", "state_employee", False, person)
    yield from _told("person", "birth_date", add_months(case.on, -360), person)
    yield from _told("person", "married", True, person)
    if person.mentored is not True:
        yield Atom("person", {"mentored": True}, DO)
    yield from _told("credit", "commercial_before", False, credit)
    yield from _told("credit", "kur_received", KurReceived(), credit)
    yield from _told("credit", "kur_outstanding", 0, credit)
    if credit.kur_outstanding:
        yield from _told("credit", "kur_lender", "to be told", credit)
    yield from _mended("credit", "collectibility", 1, credit, SETTLE)
    yield from _mended("credit", "dhn_listed", False, credit, SETTLE)
    yield from _mended("credit", "mikro_outstanding", 0, credit, SETTLE)
    yield from _mended("credit", "instalments_month", 0, credit, SETTLE)
    if credit.programme_unpaid is None:
        yield Atom("credit", {"programme_unpaid": False}, TELL)
    elif credit.programme_unpaid:
        paid = {"programme_unpaid": False, "paid_off_on": case.on}
        yield Atom("credit", paid, SETTLE)
    if business.planned:
        yield Atom("business", {"planned": False, "started_on": case.on}, DO)
    else:
        yield from _told("business", "started_on", add_months(case.on, -12), business)
    if business.nib is not True and business.sku is not True:
        untold = next((name for name in ("sku", "nib") if getattr(business, name) is None), None)
        yield Atom("business", {untold or "sku": True}, TELL if untold else DO)
    yield from _mended("business", "npwp", True, business, DO)
    yield from _mended("business", "bpjs_tk", True, business, DO)
    yield from _told("business", "turnover_year", 0, business)
    yield from _told("business", "net_income_month", 10**12, business)
    yield from _told("business", "production", True, business)
    if membership.active is not True:
        joined = {"active": True, "usp": True}
        yield Atom("membership", joined, TELL if membership.active is None else DO)
    if membership.usp is not True:
        yield from _mended("membership", "usp", True, membership, DO)
    yield from _mended("membership", "simpanan_pokok_paid", True, membership, DO)
    yield from _of_plans(case)


def _of_plans(case: Case) -> Iterator[Atom]:
    placement, group = case.applicant.placement, case.applicant.group
    if placement is not None:
        yield from _mended("placement", "parents_permission", True, placement, DO)
        yield from _told("placement", "contract_months", 600, placement)
        if placement.siskop2mi is not True and placement.e_kpmi is not True:
            fields = ("siskop2mi", "e_kpmi")
            untold = next((name for name in fields if getattr(placement, name) is None), None)
            yield Atom("placement", {untold or "siskop2mi": True}, TELL if untold else DO)
    if group is not None:
        for field in ("offtaker", "pks", "validated", "in_sikp"):
            yield from _mended("group", field, True, group, DO)
    else:
        joined = {"offtaker": True, "pks": True, "validated": True, "in_sikp": True}
        yield Atom("group", joined, DO)


def _of_cooperative(case: Case) -> Iterator[Atom]:
    facts = case.applicant.cooperative
    for field, weight in (
        *(("personal_guarantees", DO), ("usp", DO), ("sembako", DO), ("microsite", DO)),
        *(("npwp", DO), ("nib", DO), ("bank_account", DO), ("mockup_selected", DO)),
        *(("member_list", DO), ("incubated", DO), ("office", DO), ("business_plan", DO)),
        *(("budget", DO), ("head_approval", DO), ("dps", DO)),
    ):
        yield from _mended("cooperative", field, True, facts, weight)
    for field in ("legal_entity_no", "coop_registry_no"):
        if getattr(facts, field) is None:
            yield Atom("cooperative", {field: "1"}, DO)
    yield from _mended("cooperative", "arrears", False, facts, SETTLE)
    yield from _mended("cooperative", "officers_collectibility", 1, facts, SETTLE)
    if facts.agunan_value is None or facts.agunan_value < case.request.amount:
        weight = TELL if facts.agunan_value is None else DO
        yield Atom("cooperative", {"agunan_value": case.request.amount}, weight)
    if facts.health_grade not in {HealthGrade.SEHAT, HealthGrade.CUKUP_SEHAT}:
        weight = TELL if facts.health_grade is None else DO
        yield Atom("cooperative", {"health_grade": HealthGrade.SEHAT}, weight)
    yield Atom("cooperative", {"certificate_valid_until": date(2040, 1, 1)}, DO)
    if facts.kind is None:
        for kind in (CooperativeKind.KOPDES, CooperativeKind.MIGRANT_WORKER, CooperativeKind.KSP):
            yield Atom("cooperative", {"kind": kind}, TELL)
    yield from _years(case)


def _years(case: Case) -> Iterator[Atom]:
    """Annual meetings and surpluses: what is told, held late, or held once the year has ended."""
    facts, on = case.applicant.cooperative, case.on
    if facts.rats is None:
        yield Atom("cooperative", {"rats": ()}, TELL)
        told = (Rat(on.year - 2, on), Rat(on.year - 1, on))
        yield Atom("cooperative", {"rats": told}, TELL)
    else:
        held = {rat.book_year for rat in facts.rats}
        founded = facts.founded_on.year if facts.founded_on else on.year - 2
        for first in range(max(founded, on.year - 2), max(founded, on.year) + 1):
            missing = [year for year in (first, first + 1) if year not in held]
            more = (Rat(year, max(on, date(year + 1, 1, 1))) for year in missing)
            if missing:
                yield Atom("cooperative", {"rats": (*facts.rats, *more)}, DO)
    known = {each.book_year: each for each in facts.shu or ()}
    first = facts.founded_on.year if facts.founded_on else on.year - 2
    for year in range(max(first, on.year - 2), on.year + 2):
        if year not in known or (known[year].amount <= 0 and year >= on.year):
            others = [each for each in known.values() if each.book_year != year]
            weight = TELL if year not in known and year < on.year else DO
            yield Atom("cooperative", {"shu": (*others, Shu(year, 1))}, weight)
