"""Records of drawn decisions, as `GET /applications/{id}/decision/record` answers them."""

import hashlib
from random import Random
from typing import Any

import orjson

from services.financing.api.records import Facts, canonical, made
from services.financing.domain.routing import CHANNELS, Channel
from tests.financing.domain.cases import Case


def record_of(case: Case, *, channels: tuple[Channel, ...] = CHANNELS) -> dict[str, Any]:
    facts = Facts.of_today(
        case.applicant, case.request, on=case.on, channels=channels, preference=()
    )
    written = canonical(facts, declared={}, book=[])
    return {
        "facts": orjson.loads(written),
        "facts_sha256": hashlib.sha256(written).hexdigest(),
        "outcome": orjson.loads(made(facts).outcome),
    }


def shuffled(value: Any, random: Random) -> Any:
    """The same document with the members of every object in another order."""
    orders: dict[tuple[str, ...], list[str]] = {}

    def again(value: Any) -> Any:
        if isinstance(value, list):
            return [again(each) for each in value]
        if not isinstance(value, dict):
            return value
        names = tuple(value)
        order = orders.get(names)
        if order is None:
            order = orders[names] = random.sample(names, len(names))
        return {name: again(value[name]) for name in order}

    return again(value)
