"""Products over HTTP: every number in force, with its source, on any day."""

import pytest

from services.financing.domain.decision import IN_FORCE
from services.financing.domain.eligibility import Applicant, BorrowerKind, Code
from services.financing.domain.figures import figures
from services.financing.domain.products import PRODUCTS
from tests.conftest import Service
from tests.financing.domain.applicants import IN_2026, ask, assessed, invest


@pytest.fixture
def reader(calculator: Service):
    return calculator.client(scopes=frozenset({"products:read"}))


def numbers(product):
    return {each["name"]: each["value"] for each in product["figures"]}


async def test_every_product_is_listed_with_sources(reader):
    reply = await reader.get("/products", params={"on": "2026-11-24"})
    assert reply.status_code == 200
    items = reply.json()["items"]
    assert [each["code"] for each in items] == [product.code for product in PRODUCTS]
    for each in items:
        assert each["in_force"] is bool(each["figures"])
        for figure in each["figures"]:
            assert figure["source"]["regulation"]
            assert figure["source"]["provision"]
            assert figure["source"]["confidence"]


async def test_without_a_day_the_numbers_are_those_of_today(reader):
    today = (await reader.get("/products/kur_mikro")).json()
    assert today == (await reader.get("/products/kur_mikro", params={"on": today["on"]})).json()


@pytest.mark.parametrize(
    ("day", "edition", "since", "until", "rates"),
    [
        ("2023-01-27", "KUR-2023", "2023-01-27", "2026-01-04", [600, 700, 800, 900]),
        ("2026-01-04", "KUR-2023", "2023-01-27", "2026-01-04", [600, 700, 800, 900]),
        ("2026-01-05", "KUR-2026", "2026-01-05", None, [600]),
    ],
)
async def test_the_editions_of_kur_mikro(reader, day, edition, since, until, rates):
    said = (await reader.get("/products/kur_mikro", params={"on": day})).json()
    assert (said["in_force"], said["edition"]) == (True, edition)
    assert (said["since"], said["until"]) == (since, until)
    assert [v for name, v in numbers(said).items() if name.startswith("rate_bp")] == rates
    assert (numbers(said)["plafon_min"], numbers(said)["plafon_max"]) == (10_000_001, 100_000_000)


@pytest.mark.parametrize(
    ("code", "day", "since", "until"),
    [
        ("kur_mikro", "2023-01-26", "2023-01-27", "2026-01-04"),
        ("pmk49", "2025-07-20", "2025-07-21", "2025-11-14"),
        ("pmk49", "2025-11-15", "2025-07-21", "2025-11-14"),
        ("blu_umi", "2025-12-31", "2026-01-01", None),
        ("lpdb_mockup", "2025-06-15", "2025-06-16", None),
    ],
)
async def test_a_product_not_in_force_says_when_it_is(reader, code, day, since, until):
    said = (await reader.get(f"/products/{code}", params={"on": day})).json()
    assert (said["in_force"], said["figures"]) == (False, [])
    assert (said["since"], said["until"]) == (since, until)


@pytest.mark.parametrize("day", ["2025-07-21", "2025-11-14"])
async def test_pmk_49_was_in_force_from_july_to_november_2025(reader, day):
    said = (await reader.get("/products/pmk49", params={"on": day})).json()
    assert said["in_force"] is True
    limits = {"plafon_max": 3_000_000_000, "opex_max": 500_000_000, "months_max": 72}
    grace = {"grace_months_min": 6, "grace_months_max": 8}
    assert limits.items() | grace.items() | {("rate_bp", 600)} <= numbers(said).items()


async def test_what_was_not_seen_in_a_text_is_marked(reader):
    lpdb = (await reader.get("/products/lpdb_regular", params={"on": "2026-11-24"})).json()
    sure = {each["name"]: each["source"]["confidence"] for each in lpdb["figures"]}
    assert (sure["plafon_max"], sure["rate_bp"]) == ("assumption", "unverified")
    blu = (await reader.get("/products/blu_umi", params={"on": "2026-11-24"})).json()
    assert blu["assumed"] is True
    assert {each["source"]["confidence"] for each in blu["figures"]} == {"assumption"}


async def test_an_unknown_product_is_a_problem(reader):
    reply = await reader.get("/products/kur_besar")
    assert (reply.status_code, reply.json()["type"]) == (404, "/problems/product-not-found")


@pytest.mark.parametrize("query", [{"on": "24-11-2026"}, {"on": ""}, {"day": "2026-11-24"}])
async def test_a_day_that_cannot_be_read_is_refused(reader, query):
    assert (await reader.get("/products", params=query)).status_code == 422


async def test_a_caller_needs_the_scope(calculator: Service):
    stranger = calculator.client(scopes=frozenset({"decisions:write"}))
    assert (await stranger.get("/products")).status_code == 403


@pytest.mark.parametrize("product", PRODUCTS[:-1], ids=lambda product: product.code)
def test_the_limits_listed_are_those_that_decide(product):
    kind = min(product.kinds, key=[*BorrowerKind].index)
    listed = {each.name: each.value for each in figures(IN_FORCE, product.code, IN_2026)}
    most = listed["plafon_max"]
    longest = listed.get("kmk_months_max", listed.get("months_max"))
    longest_investment = listed.get("ki_months_max", longest)

    def refused(request):
        said = assessed(product.code, Applicant(kind=kind), request)
        return {refusal.code for refusal in said.refusals}

    assert Code.AMOUNT_ABOVE not in refused(ask(most))
    assert Code.AMOUNT_ABOVE in refused(ask(most + 1))
    assert Code.TENOR_ABOVE not in refused(ask(most, tenor_months=longest))
    assert Code.TENOR_ABOVE in refused(ask(most, tenor_months=longest + 1))
    assert Code.TENOR_ABOVE not in refused(invest(most, tenor_months=longest_investment))
    assert Code.TENOR_ABOVE in refused(invest(most, tenor_months=longest_investment + 1))
