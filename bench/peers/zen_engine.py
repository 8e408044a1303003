"""
The task for ZEN 2: one decision table that collects every row that applies.

A table is its native form. `ZenDecision.evaluate`, which its quick start shows, costs many times
what the engine costs that got the table through its static loader: both are measured. The batch
runs in threads of its own on every core. A compiled expression is its language without a table.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import zen

from bench.peers.task import ARTICLES, NPWP_ABOVE, PLAFON_MAX, TURNOVER_MAX, Answer, Reason

KEY = "kur_mikro"
RULES: Mapping[str, tuple[str, str]] = {
    "citizen": ("not citizen", "{}"),
    "state_employee": ("state_employee", "{}"),
    "collectibility": ("collectibility >= 3", "{collectibility: collectibility}"),
    "commercial_credit": ("commercial_before", "{}"),
    "business_licence": ("not nib and not sku", "{}"),
    "turnover": (
        f"turnover_year > {TURNOVER_MAX}",
        f"{{turnover: turnover_year, max: {TURNOVER_MAX}}}",
    ),
    "amount_above": (f"amount > {PLAFON_MAX}", f"{{amount: amount, max: {PLAFON_MAX}}}"),
    "npwp": (
        f"amount > {NPWP_ABOVE} and not npwp",
        f"{{amount: amount, above: {NPWP_ABOVE}}}",
    ),
}
"""The condition of every reason, and its numbers, in the language of ZEN."""

OUTPUTS = ("code", "article", "numbers")
TABLE: Mapping[str, Any] = {
    "hitPolicy": "collect",
    "inputs": [{"id": "when", "name": "when"}],
    "outputs": [{"id": name, "name": name, "field": name} for name in OUTPUTS],
    "rules": [
        {
            "_id": code,
            "when": condition,
            "code": json.dumps(code),
            "article": json.dumps(ARTICLES[code]),
            "numbers": numbers,
        }
        for code, (condition, numbers) in RULES.items()
    ],
    "passThrough": False,
    "inputField": None,
    "outputPath": None,
    "executionMode": "single",
}
_PLACE: Mapping[str, int] = {"x": 0, "y": 0}
GRAPH: Mapping[str, Any] = {
    "contentType": "application/vnd.gorules.decision",
    "nodes": [
        {"id": "asked", "type": "inputNode", "name": "asked", "position": _PLACE},
        {
            "id": "rules",
            "type": "decisionTableNode",
            "name": "rules",
            "position": _PLACE,
            "content": TABLE,
        },
        {"id": "said", "type": "outputNode", "name": "said", "position": _PLACE},
    ],
    "edges": [
        {"id": "1", "sourceId": "asked", "targetId": "rules", "type": "edge"},
        {"id": "2", "sourceId": "rules", "targetId": "said", "type": "edge"},
    ],
}
ENGINE = zen.ZenEngine({"loader": {"type": "static", "content": {KEY: GRAPH}}})
DECISION = ENGINE.create_decision(zen.ZenDecisionContent(json.dumps(GRAPH)))
EXPRESSION = zen.compile_expression(
    "flatten([{}])".format(
        ", ".join(
            f"({condition}) ? [{{code: {json.dumps(code)}, article: {json.dumps(ARTICLES[code])},"
            f" numbers: {numbers}}}] : []"
            for code, (condition, numbers) in RULES.items()
        )
    )
)


def assess(facts: Mapping[str, Any]) -> Any:
    """Ask the engine about one applicant."""
    return ENGINE.evaluate(KEY, facts)["result"]


def by_decision(facts: Mapping[str, Any]) -> Any:
    """Ask as the quick start does."""
    return DECISION.evaluate(facts)["result"]


def by_expression(facts: Mapping[str, Any]) -> Any:
    """Ask the expression language alone."""
    return EXPRESSION.evaluate(facts)


def assess_batch(requests: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Ask the engine about many at once."""
    return [each["data"]["result"] for each in ENGINE.evaluate_batch(requests)]


def request(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return one request of a batch."""
    return {"key": KEY, "context": facts}


def answer(result: Sequence[Mapping[str, Any]]) -> Answer:
    """Return a result as all contenders put it."""
    return tuple(Reason(each["code"], each["article"], each["numbers"]) for each in result)
