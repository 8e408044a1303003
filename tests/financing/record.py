"""Records of drawn decisions, as `GET /applications/{id}/decision/record` answers them."""

import hashlib
from random import Random
from typing import Any

import orjson

from services.financing.api.records import Facts, canonical, made
from services.financing.domain.routing import CHANNELS, Channel
from tests.financing.domain.cases import Case


def record_file(case: Case, *, channels: tuple[Channel, ...] = CHANNELS) -> bytes:
    facts = Facts.of_today(
        case.applicant, case.request, on=case.on, channels=channels, preference=()
    )
    written = canonical(facts, declared={}, book=[])
    sha256 = hashlib.sha256(written).hexdigest().encode()
    outcome = made(facts).outcome
    return b'{"facts":%s,"facts_sha256":"%s","outcome":%s}' % (written, sha256, outcome)


def record_of(case: Case, *, channels: tuple[Channel, ...] = CHANNELS) -> dict[str, Any]:
    return orjson.loads(record_file(case, channels=channels))


def shuffled(value: Any, random: Random) -> Any:
    """The same document with the members of every object in another order."""
    orders: dict[tuple[str, ...], list[str]] = {}

    def again(value: Any) -> Any:
        if type(value) is list:
            return [again(each) if type(each) in {dict, list} else each for each in value]
        names = tuple(value)
        order = orders.get(names)
        if order is None:
            order = orders[names] = random.sample(names, len(names))
        return {
            name: again(each) if type(each := value[name]) in {dict, list} else each
            for name in order
        }

    return again(value)
