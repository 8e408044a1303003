"""
No order of two operations' statements breaks a law or ends where whole transactions do not.

Here a few orders of each pair; `python -m bench.prove_interleavings` runs many more.
"""

import os
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from services.financing.app import create_app
from services.financing.db import submissions
from services.financing.db.invariants import LAWS
from services.financing.settings import Settings
from shared import clock
from tests import laws
from tests.bench.interleave import Report, Schema, Touch, every_order
from tests.bench.pairs import PAIRS, SCHEMA, Pair, set_up
from tests.conftest import Wire, name_servers
from tests.financing.conftest import house
from tests.financing.house import House
from tests.teeth.defences import Dropped, unlocked

__all__ = ["house"]

ORDERS_MAX = int(os.environ.get("INTERLEAVINGS_MAX", "5"))
SEED = int(os.environ.get("SEED", "20261124"))


@pytest.fixture(scope="module")
def made(financing_settings: Settings, lender_wire: Wire) -> list[FastAPI]:
    """An API for each of two operations."""
    return [
        create_app(financing_settings, lenders=lender_wire, resolver=name_servers)
        for _ in range(2)
    ]


@pytest.fixture
async def apps(made: list[FastAPI]) -> AsyncIterator[list[FastAPI]]:
    """Both, running; each is given its database anew for each order."""
    first, second = made
    async with first.router.lifespan_context(first), second.router.lifespan_context(second):
        yield made


async def all_orders(
    pair: Pair, house: House, apps: list[FastAPI], url: str, *, violations_max: int = 100
) -> Report:
    orders_max = ORDERS_MAX if violations_max > 1 else 1_000
    async with set_up(pair, house, apps, url, LAWS) as (scene, judge):
        return await every_order(
            scene, judge, orders_max=orders_max, seed=SEED, violations_max=violations_max
        )


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name.replace(" ", "-"))
async def test_no_order_of_statements_does_harm(
    house: House, apps: list[FastAPI], financing_template: str, pair: Pair
):
    began = clock.now()
    report = await all_orders(pair, house, apps, financing_template)
    seconds = (clock.now() - began).total_seconds()
    print(  # noqa: T201 (bench/prove_interleavings.py reads this line)
        f"\ninterleavings {pair.name}: orders={report.orders} whole={report.whole} "
        f"alike={report.alike} ends={len(report.ends)} exhausted={int(report.exhausted)} "
        f"violations={len(report.violations)} seconds={seconds:.0f}"
    )
    assert report.violations == []
    assert report.orders


def pair_called(name: str) -> Pair:
    (found,) = (pair for pair in PAIRS if pair.name == name)
    return found


@pytest.mark.lawless("a defence is taken away")
async def test_without_the_lock_of_a_claim_some_order_does_harm(
    house: House, apps: list[FastAPI], financing_template: str
):
    with unlocked(submissions._DUE)({}):
        report = await all_orders(
            pair_called("two workers"), house, apps, financing_template, violations_max=1
        )
    assert report.violations


@pytest.mark.lawless("a defence is taken away")
async def test_without_the_index_some_order_gives_a_borrower_two_applications_under_way(
    house: House, apps: list[FastAPI], financing_template: str
):
    dropped = Dropped("financing", "application", "uq_application_pending")
    laws.leave()
    made = await dropped.drop(financing_template)
    try:
        report = await all_orders(
            pair_called("two applications of one person"),
            house,
            apps,
            financing_template,
            violations_max=1,
        )
    finally:
        await dropped.make(financing_template, made)
    assert any("one_application_under_way" in words for words in report.violations)


def test_what_a_statement_touches_is_read_from_its_sql():
    assert SCHEMA.touch("SELECT 1 FROM quota JOIN submission ON true") == Touch(
        reads=frozenset({"quota", "submission"})
    )
    assert SCHEMA.touch("SELECT * FROM review JOIN application ON true FOR UPDATE OF review") == (
        Touch(reads=frozenset({"application"}), writes=frozenset({"review"}))
    )
    step = SCHEMA.touch("INSERT INTO application_step (id) VALUES ($1)")
    assert step == Touch(reads=frozenset({"application"}), appends=frozenset({"application_step"}))
    assert not step.meets(step)
    assert SCHEMA.touch("UPDATE application SET status = $1").meets(step)
    assert isinstance(SCHEMA, Schema)
