"""
The task for OpenFisca: a tax and benefit system of one entity, its numbers dated parameters.

It is made for populations, one array a variable, and is measured so; and with a population of one
as well, because whoever asks for a loan asks alone. A rule is a variable that is true where it
refuses; `eligible` is none of them. The words and numbers of a reason, which OpenFisca leaves to
its caller, are put together outside of the time measured.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from bench.peers.task import (
    ARTICLES,
    DAY,
    NPWP_ABOVE,
    NUMBERS,
    PLAFON_MAX,
    TURNOVER_MAX,
    Answer,
    Facts,
    Reason,
)

PERSON = build_entity(key="person", plural="persons", label="Who asks", is_person=True)
PERIOD = f"{DAY:%Y-%m}"
SINCE = f"{DAY.year}-01-01"
THOUSAND = 1_000
"""OpenFisca's integers have 32 bits, which a turnover passes: it is told in thousands."""
LIMITS = {
    "turnover_max": TURNOVER_MAX // THOUSAND,
    "plafon_max": PLAFON_MAX,
    "npwp_above": NPWP_ABOVE,
}

Formula = Callable[[Any, Any, Any], Any]


def _rule(*, needs: Sequence[str], says: Callable[..., Any]) -> Formula:
    """Return the formula of a rule that reads some facts, and the parameters of the period."""

    def formula(person: Any, period: Any, parameters: Any) -> Any:
        return says(parameters(period), *(person(name, period) for name in needs))

    return formula


RULES: Mapping[str, Formula] = {
    "citizen": _rule(needs=("citizen",), says=lambda _, citizen: ~citizen),
    "state_employee": _rule(needs=("state_employee",), says=lambda _, employee: employee),
    "collectibility": _rule(needs=("collectibility",), says=lambda _, worst: worst >= 3),
    "commercial_credit": _rule(needs=("commercial_before",), says=lambda _, before: before),
    "business_licence": _rule(needs=("nib", "sku"), says=lambda _, nib, sku: ~nib & ~sku),
    "turnover": _rule(
        needs=("turnover_year",), says=lambda limits, year: year > limits.turnover_max
    ),
    "amount_above": _rule(
        needs=("amount",), says=lambda limits, amount: amount > limits.plafon_max
    ),
    "npwp": _rule(
        needs=("amount", "npwp"),
        says=lambda limits, amount, npwp: (amount > limits.npwp_above) & ~npwp,
    ),
}
"""What refuses: each is a variable `refused_CODE`, true where it says no."""


def _eligible(person: Any, period: Any, parameters: Any) -> Any:
    return ~np.any([person(f"refused_{code}", period) for code in RULES], axis=0)


def _variable(name: str, kind: type, formula: Formula | None = None) -> type[Variable]:
    told: dict[str, Any] = {
        "value_type": kind,
        "entity": PERSON,
        "definition_period": DateUnit.MONTH,
        "label": name,
    }
    return type(name, (Variable,), told | ({"formula": formula} if formula else {}))


def _system() -> TaxBenefitSystem:
    system = TaxBenefitSystem([PERSON])
    for name, kind in Facts.__annotations__.items():
        system.add_variable(_variable(name, kind))
    for code, formula in RULES.items():
        system.add_variable(_variable(f"refused_{code}", bool, formula))
    system.add_variable(_variable("eligible", bool, _eligible))
    system.parameters = ParameterNode(
        "", data={name: {"values": {SINCE: {"value": value}}} for name, value in LIMITS.items()}
    )
    return system


SYSTEM = _system()

Columns = Mapping[str, Any]


def columns(people: Sequence[Mapping[str, Any]]) -> Columns:
    """Return the facts of people as OpenFisca takes them: one array a variable."""
    arrays = {name: np.array([each[name] for each in people]) for name in people[0]}
    return arrays | {"turnover_year": arrays["turnover_year"] // THOUSAND}


def assess(facts: Columns) -> Columns:
    """Compute who is eligible, and whom each rule refuses."""
    simulation = SimulationBuilder().build_default_simulation(SYSTEM, len(facts["amount"]))
    for name, column in facts.items():
        simulation.set_input(name, PERIOD, column)
    asked = ("eligible", *(f"refused_{code}" for code in RULES))
    return {name: simulation.calculate(name, PERIOD) for name in asked}


def answers(said: Columns, people: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Return what was computed as all contenders put it."""
    given = [_answer(said, place, facts) for place, facts in enumerate(people)]
    assert [not each for each in given] == list(said["eligible"])
    return given


def _answer(said: Columns, place: int, facts: Mapping[str, Any]) -> Answer:
    return tuple(
        Reason(code, ARTICLES[code], NUMBERS[code](facts) if code in NUMBERS else {})
        for code in RULES
        if said[f"refused_{code}"][place]
    )
