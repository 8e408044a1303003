"""
An engine decides the same facts the same way for ever: decisions that it once made are kept here.

Where one of them comes out otherwise, decisions that are already stored could not be made again:
raise `ENGINE_VERSION`, and freeze the decisions of the new engine with FREEZE_ENGINE=1.
"""

import hashlib
import os
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from services.financing.api.records import canonical, kept, made
from services.financing.domain.decision import ENGINE_VERSION
from tests.financing.domain.cases import a_case
from tests.financing.record import record_of

FREEZE = "FREEZE_ENGINE"
FROZEN = Path(__file__).parent / "frozen" / f"engine-{ENGINE_VERSION}.jsonl"
DRAWN = 4_000


def digest(outcome: bytes) -> str:
    """The SHA-256 of an outcome, whatever the order of its keys."""
    return hashlib.sha256(
        orjson.dumps(orjson.loads(outcome), option=orjson.OPT_SORT_KEYS)
    ).hexdigest()


def frozen() -> bytes:
    """Decide drawn cases, and keep each that says something that none before it has said.

    A line is the facts and the digest of what came of them.
    """
    random = Random(20261124)
    lines: list[bytes] = []
    heard: set[tuple[str, str]] = set()
    for _ in range(DRAWN):
        record = record_of(a_case(random, faults_max=4))
        says = said(record["outcome"])
        if not says <= heard:
            heard |= says
            lines.append(
                orjson.dumps([record["facts"], digest(orjson.dumps(record["outcome"]))]) + b"\n"
            )
    return b"".join(lines)


def said(outcome: dict[str, Any]) -> set[tuple[str, str]]:
    """Each product with its yes, or with each reason for its no."""
    return {
        (product["code"], reason)
        for product in outcome["products"]
        for reason in ([each["code"] for each in product["reasons"]] or ["eligible"])
    }


@pytest.fixture(scope="module")
def decisions() -> list[tuple[dict, str]]:
    if os.environ.get(FREEZE):
        FROZEN.write_bytes(frozen())
    return [orjson.loads(line) for line in FROZEN.read_bytes().splitlines()]


def test_what_an_engine_once_decided_it_decides_again(decisions):
    otherwise = [
        (no, facts["request"])
        for no, (facts, outcome) in enumerate(decisions)
        if digest(made(kept(orjson.dumps(facts).decode()).facts).outcome) != outcome
    ]
    assert otherwise == [], f"raise ENGINE_VERSION, and freeze its decisions: {FREEZE}=1"


def test_facts_are_written_as_they_were(decisions):
    for facts, _ in decisions:
        read = kept(orjson.dumps(facts).decode())
        assert orjson.loads(canonical(read.facts, **read.said_by)) == facts


def test_every_product_says_yes_and_no_among_them(decisions):
    answers = [
        orjson.loads(made(kept(orjson.dumps(facts).decode()).facts).outcome)
        for facts, _ in decisions
    ]
    eligible = {
        (product["code"], product["eligible"])
        for answer in answers
        for product in answer["products"]
    }
    assert eligible == {(product, yes) for product, _ in eligible for yes in (True, False)}
