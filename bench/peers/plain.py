"""The task as an if-chain over a flat dict that appends reasons: what Python costs by itself."""

from collections.abc import Mapping
from typing import Any

from bench.peers.task import ARTICLES, NPWP_ABOVE, PLAFON_MAX, TURNOVER_MAX, Answer, Reason

(
    _CITIZEN,
    _STATE_EMPLOYEE,
    _COLLECTIBILITY,
    _COMMERCIAL_CREDIT,
    _BUSINESS_LICENCE,
    _TURNOVER,
    _AMOUNT_ABOVE,
    _NPWP,
) = ARTICLES.values()


def assess(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether the applicant is eligible, and every reason why not."""
    said: list[dict[str, Any]] = []
    amount, turnover = facts["amount"], facts["turnover_year"]
    if not facts["citizen"]:
        said.append({"code": "citizen", "article": _CITIZEN, "numbers": {}})
    if facts["state_employee"]:
        said.append({"code": "state_employee", "article": _STATE_EMPLOYEE, "numbers": {}})
    if facts["collectibility"] >= 3:
        numbers = {"collectibility": facts["collectibility"]}
        said.append({"code": "collectibility", "article": _COLLECTIBILITY, "numbers": numbers})
    if facts["commercial_before"]:
        said.append({"code": "commercial_credit", "article": _COMMERCIAL_CREDIT, "numbers": {}})
    if not facts["nib"] and not facts["sku"]:
        said.append({"code": "business_licence", "article": _BUSINESS_LICENCE, "numbers": {}})
    if turnover > TURNOVER_MAX:
        numbers = {"turnover": turnover, "max": TURNOVER_MAX}
        said.append({"code": "turnover", "article": _TURNOVER, "numbers": numbers})
    if amount > PLAFON_MAX:
        numbers = {"amount": amount, "max": PLAFON_MAX}
        said.append({"code": "amount_above", "article": _AMOUNT_ABOVE, "numbers": numbers})
    if amount > NPWP_ABOVE and not facts["npwp"]:
        numbers = {"amount": amount, "above": NPWP_ABOVE}
        said.append({"code": "npwp", "article": _NPWP, "numbers": numbers})
    return {"eligible": not said, "reasons": said}


def answer(assessed: Mapping[str, Any]) -> Answer:
    """Return an assessment as all contenders put it."""
    return tuple(Reason(**each) for each in assessed["reasons"])
