"""Schedules over HTTP: the known instalments to the rupiah, and strict input."""

import pytest

from tests.conftest import Service


@pytest.fixture
def reader(calculator: Service):
    return calculator.client(scopes=frozenset({"products:read"}))


@pytest.mark.parametrize(
    ("plafon", "rate_bp", "months", "instalment"),
    [
        (10_000_000, 300, 36, 290_812),
        (10_000_000, 600, 36, 304_219),
        (25_000_000, 600, 24, 1_108_015),
        (50_000_000, 600, 36, 1_521_097),
        (100_000_000, 600, 36, 3_042_194),
        (100_000_000, 600, 48, 2_348_503),
        (100_000_000, 600, 60, 1_933_280),
        (100_000_000, 900, 36, 3_179_973),
        (300_000_000, 600, 48, 7_045_509),
        (500_000_000, 600, 60, 9_666_401),
        (3_000_000_000, 600, 72, 49_718_664),
        (3_000_000_000, 300, 120, 28_968_223),
    ],
)
async def test_an_instalment_is_exact_to_the_rupiah(reader, plafon, rate_bp, months, instalment):
    asked = {"plafon": plafon, "rate_bp": rate_bp, "months": months}
    reply = await reader.post("/schedules", json=asked)
    assert reply.status_code == 200
    said = reply.json()
    assert {line["instalment"] for line in said["lines"][:-1]} == {instalment}
    assert said["total_principal"] == plafon
    assert said["total_instalments"] == plafon + said["total_interest"]
    assert (len(said["lines"]), said["lines"][-1]["balance"]) == (months, 0)


@pytest.mark.parametrize(("grace", "instalment"), [(6, 53_478_818), (8, 54_890_417)])
async def test_a_grace_pays_interest_only(reader, grace, instalment):
    asked = {"plafon": 3_000_000_000, "rate_bp": 600, "months": 72, "grace": grace}
    lines = (await reader.post("/schedules", json=asked)).json()["lines"]
    assert {line["instalment"] for line in lines[:grace]} == {15_000_000}
    assert {line["principal"] for line in lines[:grace]} == {0}
    assert {line["instalment"] for line in lines[grace:-1]} == {instalment}


async def test_a_first_day_dates_every_line(reader):
    asked = {"plafon": 3_000_000, "rate_bp": 0, "months": 3, "first_due": "2027-01-31"}
    said = (await reader.post("/schedules", json=asked)).json()
    assert [line["due_on"] for line in said["lines"]] == ["2027-01-31", "2027-02-28", "2027-03-31"]
    assert said["total_interest"] == 0


async def test_the_largest_and_longest_loan_has_a_schedule(reader):
    asked = {"plafon": 10**13, "rate_bp": 10_000, "months": 600, "first_due": "2200-12-31"}
    said = (await reader.post("/schedules", json=asked)).json()
    assert said["total_principal"] == 10**13
    assert said["lines"][-1]["due_on"] == "2250-11-30"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"plafon": True}, "/body/plafon"),
        ({"plafon": "5"}, "/body/plafon"),
        ({"plafon": 0}, "/body/plafon"),
        ({"plafon": 1.0}, "/body/plafon"),
        ({"rate_bp": -1}, "/body/rate_bp"),
        ({"rate_bp": 10_001}, "/body/rate_bp"),
        ({"rate_bp": False}, "/body/rate_bp"),
        ({"months": 0}, "/body/months"),
        ({"months": 601}, "/body/months"),
        ({"grace": 12}, "/body/grace"),
        ({"grace": -1}, "/body/grace"),
        ({"months": 0, "grace": 3}, "/body/months"),
        ({"first_due": 20270131}, "/body/first_due"),
        ({"flat_rate": 3}, "/body"),
    ],
)
async def test_what_does_not_fit_is_pointed_at(reader, change, pointer):
    asked = {"plafon": 1_000_000, "rate_bp": 600, "months": 12, **change}
    reply = await reader.post("/schedules", json=asked)
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == [pointer]


async def test_a_caller_needs_the_scope(calculator: Service):
    asked = {"plafon": 1_000_000, "rate_bp": 600, "months": 12}
    stranger = calculator.client(scopes=frozenset({"decisions:write"}))
    assert (await stranger.post("/schedules", json=asked)).status_code == 403
