"""The table of defences names tests that exist; `make teeth` takes each defence away."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import Table, UniqueConstraint

from services.financing.db import tables as financing
from services.registry.db import tables as registry
from tests.teeth.defences import DEFENCES, Defence, Dropped, Patched

ROOT = Path(__file__).parents[2]
TABLES = {"registry": registry.metadata, "financing": financing.metadata}


@pytest.mark.parametrize("defence", DEFENCES, ids=lambda defence: defence.name)
def test_a_defence_names_a_test_that_exists(defence: Defence):
    address, _, name = defence.test.partition("::")
    tests = ast.parse((ROOT / address).read_text()).body
    assert name in {test.name for test in tests if isinstance(test, ast.AsyncFunctionDef)}


def test_there_are_enough_and_each_is_named_once():
    assert len(DEFENCES) >= 25
    assert len({defence.name for defence in DEFENCES}) == len(DEFENCES)


def test_what_is_dropped_is_there():
    for off in (defence.off for defence in DEFENCES if isinstance(defence.off, Dropped)):
        table = TABLES[off.service].tables[off.table]
        indexes = {index.name for index in table.indexes}
        constraints = {each.name for each in table.constraints if isinstance(each.name, str)}
        checks = {f"ck_{table.name}_{name}" for name in constraints}
        assert off.name in indexes | constraints | checks | _unnamed(table), off.name


def test_what_is_replaced_is_there_and_is_something_else():
    for off in (defence.off for defence in DEFENCES if isinstance(defence.off, Patched)):
        for whose, which, new in off.changes:
            assert getattr(whose, which) != new, (whose, which)


def _unnamed(table: Table) -> set[str]:
    """Return the names that unique constraints get by the naming convention."""
    return {
        f"uq_{table.name}_{'_'.join(column.name for column in each.columns)}"
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    }
