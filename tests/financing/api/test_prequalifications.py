"""Prequalifications over HTTP: which product, why not, until when, and strict input."""

import json
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from services.financing.api.decisions import DecisionOut
from services.financing.domain.eligibility import Code
from services.financing.domain.factors import FactorName
from shared import clock
from shared.auth import Kind
from tests.conftest import Service

SHOPKEEPER = {
    "kind": "person",
    "person": {
        "birth_date": "1985-03-02",
        "married": True,
        "citizen": True,
        "state_employee": False,
        "trade_experience_months": 40,
    },
    "membership": {"active": True, "usp": True, "simpanan_pokok_paid": True},
    "business": {
        "started_on": "2022-01-01",
        "nib": True,
        "npwp": True,
        "bpjs_tk": True,
        "turnover_year": 600_000_000,
        "net_income_month": 60_000_000,
        "own_equity": 20_000_000,
    },
    "credit": {
        "collectibility": 1,
        "dhn_listed": False,
        "kur_received": {},
        "mikro_outstanding": 0,
        "commercial_before": False,
        "programme_unpaid": False,
        "instalments_month": 0,
    },
}
YOUNG_KOPDES = {
    "kind": "cooperative",
    "cooperative": {
        "kind": "kopdes",
        "founded_on": "2025-07-21",
        "legal_entity_no": "AHU-0001",
        "coop_registry_no": "3300000000001",
        "rats": [{"book_year": 2025, "held_on": "2026-03-01"}],
        "shu": [{"book_year": 2025, "amount": 35_000_000}],
        "health_grade": "sehat",
        "arrears": False,
        "officers_collectibility": 1,
        "personal_guarantees": True,
        "office": True,
        "business_plan": True,
        "budget": True,
        "microsite": True,
        "usp": True,
        "equity": 300_000_000,
        "members": 120,
    },
}
NOVEMBER = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
MARCH = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
async def ask(calculator: Service):
    """Ask on a fixed day; `ask(borrower, amount, on=..., tenor_months=...)` returns the reply."""
    client = calculator.client(Kind.MOBILE_BACKEND)

    async def asked(borrower, amount, *, on=NOVEMBER, preference=(), **request):
        calculator.app.dependency_overrides[clock.moment] = lambda: on
        body = {
            "borrower": borrower,
            "request": {"amount": amount, "tenor_months": 36, **request},
            "preference": preference,
        }
        return await client.post("/prequalifications", json=body)

    yield asked
    calculator.app.dependency_overrides.clear()


def changed(borrower, **changes):
    """`business__npwp=False` changes one fact."""
    other = deepcopy(borrower)
    for name, fact in changes.items():
        part, field = name.split("__")
        other.setdefault(part, {})[field] = fact
    return other


def product(reply, code):
    return next(each for each in reply.json()["products"] if each["code"] == code)


def eligible_kur(reply):
    assert reply.status_code == 200, reply.text
    return {
        each["code"]
        for each in reply.json()["products"]
        if each["eligible"] and each["scheme"] == "kur"
    }


def reasons(reply, code):
    return {each["code"]: each for each in product(reply, code)["reasons"]}


@pytest.mark.parametrize(
    ("amount", "npwp", "eligible"),
    [
        (10_000_000, False, {"kur_super_mikro"}),
        (10_000_001, False, {"kur_mikro"}),
        (50_000_000, False, {"kur_mikro"}),
        (50_000_001, False, set()),
        (50_000_001, True, {"kur_mikro"}),
        (100_000_000, True, {"kur_mikro"}),
        (100_000_001, True, {"kur_kecil"}),
        (100_000_001, False, set()),
        (500_000_000, True, {"kur_kecil"}),
        (500_000_001, True, set()),
    ],
)
async def test_the_amount_chooses_the_kur_product(ask, amount, npwp, eligible):
    reply = await ask(changed(SHOPKEEPER, business__npwp=npwp), amount)
    assert eligible_kur(reply) == eligible


async def test_an_eligible_product_tells_rate_and_instalment(ask):
    said = product(await ask(SHOPKEEPER, 50_000_000), "kur_mikro")
    assert (said["rate_bp"], said["rate_confidence"]) == (600, "press")
    assert said["instalment_month"] == 1_521_097
    assert said["reasons"] == []


async def test_a_product_that_refuses_tells_no_instalment(ask):
    said = product(await ask(SHOPKEEPER, 50_000_000), "kur_kecil")
    assert (said["eligible"], said["instalment_month"]) == (False, None)
    assert [each["code"] for each in said["reasons"]] == ["amount_below"]


async def test_the_answer_is_what_the_contract_says(ask):
    for borrower in (SHOPKEEPER, YOUNG_KOPDES, {"kind": "group"}):
        reply = await ask(borrower, 50_000_000)
        answer = reply.json()
        assert DecisionOut.model_validate(answer).model_dump(mode="json") == answer
        assert len(answer["products"]) == 11


@pytest.mark.parametrize("kind", ["person", "group", "cooperative"])
async def test_every_reason_has_both_sentences_and_a_source(ask, kind):
    told = 0
    for amount in (1, 50_000_001, 10_000_000_000_000):
        reply = await ask({"kind": kind}, amount, tenor_months=600)
        for each in reply.json()["products"]:
            for said in (*each["reasons"], *each["notes"]):
                told += 1
                for sentence in (said["sentence_id"], said["sentence_en"]):
                    assert sentence.endswith(".")
                    assert "{" not in sentence
                assert said["sentence_id"] != said["sentence_en"]
                source = said["source"]
                assert source["regulation"]
                assert source["provision"]
                assert source["since"] < "2027"
                assert source["confidence"] in {
                    "regulation",
                    "press",
                    "computed",
                    "unverified",
                    "assumption",
                }
    assert told > 50


async def test_what_nobody_gave_is_named_and_never_a_yes(ask):
    reply = await ask({"kind": "person"}, 5_000_000)
    assert eligible_kur(reply) == set()
    missing = reasons(reply, "kur_super_mikro")
    assert {"unknown_citizen", "unknown_collectibility", "unknown_dhn"} <= missing.keys()
    assert missing["unknown_dhn"]["sentence_id"].startswith("Belum dapat dipastikan.")


async def test_an_assumed_product_says_so_everywhere(ask):
    reply = await ask(SHOPKEEPER, 10_000_000, tenor_months=24)
    said = product(reply, "blu_umi")
    assert (said["eligible"], said["assumed"], said["rate_confidence"]) == (
        True,
        True,
        "assumption",
    )
    assert [note["code"] for note in said["notes"]] == ["product_assumed"]
    assert [each["code"] for each in reply.json()["products"] if each["assumed"]] == [
        "blu_inkubasi",
        "blu_linkage",
        "blu_umi",
    ]


async def test_an_unverified_rate_is_marked(ask):
    said = product(await ask(SHOPKEEPER, 10_000_000), "kur_super_mikro")
    assert (said["rate_bp"], said["rate_confidence"]) == (300, "unverified")
    assert "rate_unverified" in {note["code"] for note in said["notes"]}


async def test_a_young_kopdes_hears_what_is_missing_and_the_date(ask):
    reply = await ask(YOUNG_KOPDES, 500_000_000)
    said = product(reply, "lpdb_regular")
    assert (said["eligible"], said["earliest_date"]) == (False, "2027-01-01")
    missing = reasons(reply, "lpdb_regular")
    assert missing.keys() == {"rat_missing", "no_certificate"}
    assert missing["rat_missing"]["earliest"] == "2027-01-01"
    assert missing["rat_missing"]["numbers"]["missing"] == "2026"
    assert "1 Januari 2027" in missing["rat_missing"]["sentence_id"]
    assert "1 January 2027" in missing["rat_missing"]["sentence_en"]
    assert reply.json()["route"]["outcome"] == "incubate"
    assert reply.json()["route"]["legs"] == []


async def test_the_same_kopdes_is_eligible_once_it_has_done_what_was_asked(ask):
    complete = changed(
        YOUNG_KOPDES,
        cooperative__rats=[
            {"book_year": 2025, "held_on": "2026-03-01"},
            {"book_year": 2026, "held_on": "2027-01-01"},
        ],
        cooperative__certificate_valid_until="2027-12-31",
    )
    before = await ask(complete, 500_000_000, on=datetime(2026, 12, 31, 16, 59, tzinfo=UTC))
    after = await ask(complete, 500_000_000, on=datetime(2026, 12, 31, 17, 0, tzinfo=UTC))
    assert (before.json()["on"], after.json()["on"]) == ("2026-12-31", "2027-01-01")
    assert product(before, "lpdb_regular")["eligible"] is False
    assert product(after, "lpdb_regular")["eligible"] is True
    assert [leg["channel"] for leg in after.json()["route"]["legs"]] == ["lpdb"]


@pytest.mark.parametrize(
    ("akad_on", "edition", "rate_bp"),
    [("2026-01-04", "KUR-2023", 700), ("2026-01-05", "KUR-2026", 600)],
)
async def test_the_day_of_the_akad_chooses_the_edition(ask, akad_on, edition, rate_bp):
    borrower = changed(SHOPKEEPER, credit__kur_received={"mikro": 1})
    reply = await ask(borrower, 50_000_000, akad_on=akad_on)
    assert reply.json()["editions"][0] == edition
    assert product(reply, "kur_mikro")["rate_bp"] == rate_bp


async def test_the_route_tells_each_lender_why(ask):
    route = (await ask(SHOPKEEPER, 50_000_000)).json()["route"]
    assert (route["outcome"], route["confidence"]) == ("routed", "assumption")
    assert [(leg["channel"], leg["why"]) for leg in route["legs"]] == [
        ("kur-bank-nusantara", "best"),
        ("kur-bank-samudra", "expected_days"),
    ]
    assert {each["channel"]: each["why"] for each in route["left_out"]} == {
        "lpdb": "not_eligible",
        "blu": "not_eligible",
    }
    for each in (*route["legs"], *route["left_out"]):
        assert each["why_id"] != each["why_en"]


async def test_a_preference_decides_between_equal_costs(ask):
    reply = await ask(SHOPKEEPER, 50_000_000, preference=["kur-bank-samudra"])
    legs = reply.json()["route"]["legs"]
    assert [(leg["channel"], leg["why"]) for leg in legs] == [
        ("kur-bank-samudra", "best"),
        ("kur-bank-nusantara", "preference"),
    ]


async def test_the_score_explains_itself(ask):
    score = (await ask(SHOPKEEPER, 50_000_000)).json()["score"]
    factors = {each["name"]: each for each in score["factors"]}
    assert score["points"] == sum(factor["points"] for factor in score["factors"])
    assert score["points_max"] == sum(factor["points_max"] for factor in score["factors"]) == 100
    assert score["points_lost"] == sum(factors[name]["points_lost"] for name in score["reasons"])
    assert score["points_lost"] == 100 - score["points"] > 0
    lost = [factors[name]["points_lost"] for name in score["reasons"]]
    assert lost == sorted(lost, reverse=True)
    missing = [name for name, each in factors.items() if each["reason"] == "missing"]
    assert score["missing"] == missing != []
    possible = score["points"] + sum(factors[name]["points_max"] for name in missing)
    assert score["points_possible"] == possible > score["points"]
    for each in score["factors"]:
        assert each["sentence_id"] != each["sentence_en"]
        assert f"{each['points']} dari {each['points_max']} poin" in each["sentence_id"]


async def test_the_score_names_its_edition_and_how_sure_we_are_of_each_limit(ask):
    score = (await ask(SHOPKEEPER, 50_000_000)).json()["score"]
    assert (score["card"], score["edition"]) == ("business", "SCORE-ASSUMED-2026")
    assert (score["confidence"], score["source"]["confidence"]) == ("assumption", "assumption")
    capacity = score["capacity"]
    assert (capacity["amount"], capacity["instalment"]) == (50_000_000, 1_521_097)
    limits = [
        (capacity[name]["permille"], capacity[name]["source"]["confidence"]) for name in LIMITS
    ]
    assert limits == [(400, "assumption"), (700, "press")]
    assert "Rp 1.521.097" in capacity["sentence_id"]
    assert score["knock_outs"] == []


LIMITS = ("comfortable", "most")


async def test_what_no_points_make_good_is_said(ask):
    listed = deepcopy(SHOPKEEPER)
    listed["credit"]["dhn_listed"] = True
    score = (await ask(listed, 50_000_000)).json()["score"]
    assert [each["name"] for each in score["knock_outs"]] == ["dhn_listed"]
    assert "Daftar Hitam Nasional" in score["knock_outs"][0]["sentence_id"]
    assert score["grade"] == "e"


MEMBER = {
    "share": 25_000_000,
    "collectibility": 1,
    "citizen": True,
    "birth_date": "1990-01-01",
    "state_employee": False,
    "dhn_listed": False,
    "programme_unpaid": False,
    "commercial_before": False,
    "kur_outstanding": 0,
    "licence": True,
    "started_on": "2024-01-01",
    "turnover_year": 100_000_000,
}


async def test_a_group_is_judged_by_each_of_its_members(ask):
    arrangement = {"offtaker": True, "pks": True, "validated": True, "in_sikp": True}

    async def of(*members):
        group = {"members": members, **arrangement}
        return await ask({**SHOPKEEPER, "kind": "group", "group": group}, 50_000_000)

    brief = reasons(await of(MEMBER, {"share": 25_000_000, "collectibility": 1}), "kur_khusus")
    assert brief.keys() == {"unknown_member_facts"}
    assert brief["unknown_member_facts"]["numbers"]["members"] == "2"
    bad = await of(MEMBER, {**MEMBER, "collectibility": 4})
    assert (
        "Anggota nomor 2"
        in (reasons(bad, "kur_khusus")["group_member_collectibility"]["sentence_id"])
    )
    assert product(await of(MEMBER, MEMBER), "kur_khusus")["eligible"]


@pytest.mark.parametrize(
    ("where", "value", "pointer", "code"),
    [
        ("request.amount", True, "/body/request/amount", "int_type"),
        ("request.opex_part", 50_000_001, "/body/request", "value_error"),
        ("request.amount", "50000017", "/body/request/amount", "int_type"),
        ("request.amount", 50000017.5, "/body/request/amount", "int_type"),
        ("request.amount", 0, "/body/request/amount", "greater_than_equal"),
        ("request.amount", 10_000_000_000_001, "/body/request/amount", "less_than_equal"),
        ("request.tenor_months", 601, "/body/request/tenor_months", "less_than_equal"),
        ("request.collateral_demanded", 1, "/body/request/collateral_demanded", "bool_type"),
        ("request.akad_on", "2026-1-5", "/body/request/akad_on", "value_error"),
        ("request.shoe_size", 43017, "/body/request", "extra_forbidden"),
        ("borrower.kind", "ghost17", "/body/borrower/kind", "enum"),
        ("borrower.person.married", "yes17", "/body/borrower/person/married", "bool_type"),
        ("borrower.person.person_nik", "5203055403880001", "/body/borrower/person", None),
        ("borrower.credit.collectibility", 6017, "/body/borrower/credit/collectibility", None),
        ("borrower.credit.collectibility", 0, "/body/borrower/credit/collectibility", None),
        ("borrower.cooperative.savers_permille", 1001, None, "less_than_equal"),
        (
            "borrower.group.members",
            [{"share": "17"}],
            "/body/borrower/group/members/0/share",
            None,
        ),
        ("preference", ["kur bank"], "/body/preference/0", "string_pattern_mismatch"),
    ],
)
async def test_what_does_not_fit_is_pointed_at_and_never_repeated(
    calculator, where, value, pointer, code
):
    body = {
        "borrower": deepcopy(SHOPKEEPER),
        "request": {"amount": 50_000_000, "tenor_months": 36},
    }
    *parts, last = where.split(".")
    place = body
    for part in parts:
        place = place.setdefault(part, {})
    place[last] = value
    reply = await calculator.client().post("/prequalifications", json=body)
    assert reply.status_code == 422
    errors = reply.json()["errors"]
    assert len(errors) == 1
    assert pointer in {errors[0]["pointer"], None}
    assert code in {errors[0]["code"], None}
    if len(str(value)) > 4 and where not in {"request.amount", "preference"}:
        assert str(value) not in reply.text
    assert "50000017" not in reply.text


async def test_a_caller_needs_the_scope(calculator: Service):
    body = {"borrower": SHOPKEEPER, "request": {"amount": 1, "tenor_months": 1}}
    stranger = calculator.client(scopes=frozenset({"products:read"}))
    assert (await stranger.post("/prequalifications", json=body)).status_code == 403
    assert (await calculator.anonymous().post("/prequalifications", json=body)).status_code == 401


async def test_the_contract_lists_every_word_of_an_answer_and_no_file_of_ours(calculator):
    document = calculator.app.openapi()
    schemas = document["components"]["schemas"]
    assert schemas["FactorOut"]["properties"]["name"] == {
        "$ref": "#/components/schemas/FactorName"
    }
    assert set(schemas["FactorName"]["enum"]) == set(FactorName)
    assert {"Scorecard", "FactorUnit", "FactorDimension", "KnockOut"} <= set(schemas)
    assert set(schemas["ReasonCode"]["enum"]) == set(Code)
    assert ".py" not in json.dumps(document)


async def test_a_no_comes_with_the_steps_to_a_yes_and_taking_them_brings_it(ask):
    young = changed(SHOPKEEPER, business__started_on="2026-09-01", business__npwp=False)
    answer = product(await ask(young, 60_000_000), "kur_mikro")["recourse"]
    assert [(each["no"], each["kind"], each["act"]) for each in answer["steps"]] == [
        (1, "do", "get_npwp"),
        (2, "wait", "wait"),
    ]
    assert [each["sentence_id"] for each in answer["steps"]] == [
        "Daftarkan NPWP.",
        "Ajukan mulai 1 Maret 2027.",
    ]
    assert (answer["on"], answer["amount"], answer["stuck"]) == ("2027-03-01", 60_000_000, [])

    taken = changed(young, business__npwp=True)
    for day, eligible in ((datetime(2027, 2, 28, tzinfo=UTC), False), (MARCH, True)):
        reply = await ask(taken, 60_000_000, on=day)
        assert product(reply, "kur_mikro")["eligible"] is eligible
    assert product(reply, "kur_mikro")["recourse"] is None


async def test_where_no_step_helps_the_reason_is_named(ask):
    reply = await ask(changed(SHOPKEEPER, person__state_employee=True), 40_000_000)
    answer = product(reply, "kur_mikro")["recourse"]
    assert (answer["on"], answer["steps"], answer["stuck"]) == (None, [], ["state_employee"])


async def test_an_affected_debtor_sees_the_rate_of_each_year_and_what_it_rests_on(ask):
    affected = changed(SHOPKEEPER, business__province="11", business__disaster_affected=True)
    relief = product(await ask(affected, 40_000_000), "kur_mikro")["relief"]
    assert [each["rate_bp"] for each in relief["periods"]] == [600, 0, 300, 600]
    assert relief["periods"][1]["since"] == "2026-01-01"
    assert relief["source"]["confidence"] == "press"
    assert product(await ask(SHOPKEEPER, 40_000_000), "kur_mikro")["relief"] is None


async def test_every_debt_and_guarantee_that_is_told_is_in_the_exposure(ask):
    owing = changed(SHOPKEEPER, credit__cooperative_debt=5, credit__guarantees_given=7)
    assert (await ask(owing, 40_000_000)).json()["exposure"] == {
        "parts": [
            {"name": "kur", "amount": 0},
            {"name": "cooperative", "amount": 5},
            {"name": "guarantees", "amount": 7},
        ],
        "unknown": ["declared"],
        "before": 12,
        "after": 40_000_012,
    }
    assert (await ask(YOUNG_KOPDES, 40_000_000)).json()["exposure"] is None


async def test_a_reason_names_the_pasal_ayat_and_huruf_that_it_rests_on(ask):
    troubled = changed(SHOPKEEPER, credit__commercial_before=True, business__npwp=False)
    told = reasons(await ask(troubled, 8_000_000), "kur_super_mikro")
    assert told["commercial_credit"]["source"]["articles"] == [
        {
            "regulation": "Permenko Perekonomian 1/2022 as amended by 12/2025",
            "pasal": "19",
            "ayat": "3",
            "huruf": "c",
        }
    ]
    unseen = reasons(await ask(troubled, 60_000_000), "kur_mikro")["npwp"]["source"]
    assert unseen["articles"] == [
        {"regulation": unseen["regulation"], "pasal": None, "ayat": None, "huruf": None}
    ]
