"""Ladders over HTTP: for facts, and for an application that was decided."""

import pytest

from shared.auth import Kind
from tests.conftest import Service
from tests.financing.house import SHOP, House

ABSENT = "01938d5e-0000-7000-8000-000000000000"


@pytest.fixture
def asker(calculator: Service):
    return calculator.client(scopes=frozenset({"decisions:write"}))


async def test_the_example_of_the_contract_climbs_from_ten_million_to_all(calculator, asker):
    body = calculator.app.openapi()["paths"]["/ladders"]["post"]["requestBody"]
    (example,) = body["content"]["application/json"]["examples"].values()
    reply = await asker.post("/ladders", json=example["value"])
    assert reply.status_code == 200, reply.text
    said = reply.json()
    assert (said["amount"], said["on"]) == (25_000_000, said["facts_of"])
    rungs = {(rung["product"], rung["amount"]): rung for rung in said["rungs"]}
    small, whole = rungs["kur_super_mikro", 10_000_000], rungs["kur_mikro", 25_000_000]
    assert (small["as_you_are"], small["whole"], small["hoped"]) == (True, False, False)
    assert small["sentence_id"].startswith("KUR Super Mikro: Rp 10.000.000 ")
    assert [step["sentence_en"] for step in small["steps"]] == ["Ask for Rp 10.000.000 only."]
    assert (small["rate_confidence"], whole["rate_confidence"]) == ("unverified", "press")
    assert (whole["whole"], whole["instalment_month"]) == (True, 1_108_015)
    assert whole["total_instalments"] == 25_000_000 + whole["total_cost"]
    assert (whole["effective_rate_bp"], whole["flat_rate_millipercent"]) == (600, 3_185)
    umi = rungs["blu_umi", 20_000_000]
    assert (umi["assumed"], umi["hoped"]) == (True, True)
    assert [note["code"] for note in umi["notes"]] == ["product_assumed"]
    assert [rung["no"] for rung in said["rungs"]] == list(range(1, len(said["rungs"]) + 1))
    out = {each["product"]: each["stuck"] for each in said["out_of_reach"]}
    assert out["lpdb_regular"] == ["borrower_kind"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"request": {"amount": 0, "tenor_months": 24}}, "/body/request/amount"),
        ({"borrower": {"kind": "tree"}}, "/body/borrower/kind"),
        ({"preference": []}, "/body"),
    ],
)
async def test_what_does_not_fit_is_pointed_at(asker, change, pointer):
    asked = {
        "borrower": {"kind": "person"},
        "request": {"amount": 5_000_000, "tenor_months": 24},
        **change,
    }
    reply = await asker.post("/ladders", json=asked)
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json()["errors"]] == [pointer]


async def test_a_caller_needs_the_scope(calculator: Service):
    asked = {"borrower": {"kind": "person"}, "request": {"amount": 1, "tenor_months": 1}}
    stranger = calculator.client(scopes=frozenset({"products:read"}))
    assert (await stranger.post("/ladders", json=asked)).status_code == 403


async def test_a_decided_application_has_a_ladder_and_a_draft_or_a_foreign_one_has_none(
    house: House,
):
    poor = {**SHOP, "business": {**SHOP["business"], "npwp": False, "net_income_month": 5_000_000}}
    application = await house.submitted(80_000_000, declared=poor)
    assert application["status"] == "refused"
    said = await house.read(application["id"], "/ladder")
    mikro = [rung for rung in said["rungs"] if rung["product"] == "kur_mikro"]
    assert [(rung["amount"], rung["as_you_are"]) for rung in mikro] == [
        (50_000_000, True),
        (80_000_000, False),
    ]
    assert "get_npwp" in [step["act"] for step in mikro[1]["steps"]]
    assert (await house.app().get(f"/applications/{ABSENT}/ladder")).status_code == 404
    other = house.financing.client(Kind.MOBILE_BACKEND, id="app-b")
    assert (await other.get(f"/applications/{application['id']}/ladder")).status_code == 404


async def test_before_a_decision_there_is_no_ladder(house: House):
    draft = await house.draft(40_000_000)
    reply = await house.app().get(f"/applications/{draft['id']}/ladder")
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/decision-not-found")
