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
    assert (said["kind"], said["charge_id"], said["projected"]) == ("annuity", "bunga", False)
    assert sum(line["principal"] for line in said["lines"]) == said["plafon"] == plafon
    assert said["total_instalments"] == plafon + said["total_charge"]
    assert said["effective_rate_bp"] == rate_bp
    assert (len(said["lines"]), said["lines"][-1]["balance"]) == (months, 0)


@pytest.mark.parametrize(("grace", "instalment"), [(6, 53_478_818), (8, 54_890_417)])
async def test_a_grace_pays_interest_only(reader, grace, instalment):
    asked = {"plafon": 3_000_000_000, "rate_bp": 600, "months": 72, "grace": grace}
    lines = (await reader.post("/schedules", json=asked)).json()["lines"]
    assert {line["instalment"] for line in lines[:grace]} == {15_000_000}
    assert {line["principal"] for line in lines[:grace]} == {0}
    assert {line["instalment"] for line in lines[grace:-1]} == {instalment}


async def test_a_first_day_dates_every_line_and_moves_none_past_a_working_day(reader):
    asked = {"plafon": 3_000_000, "rate_bp": 0, "months": 3, "first_due": "2027-01-31"}
    said = (await reader.post("/schedules", json=asked)).json()
    told = ("nominal_on", "due_on", "moved_for_id", "moved_for_en")
    assert [tuple(line[name] for name in told) for line in said["lines"]] == [
        ("2027-01-31", "2027-02-01", "Minggu", "Sunday"),
        ("2027-02-28", "2027-03-01", "Minggu", "Sunday"),
        ("2027-03-31", "2027-03-31", None, None),
    ]
    assert (said["total_charge"], said["years_estimated"]) == (0, [2027])


async def test_after_an_akad_the_first_instalment_is_a_month_later(reader):
    asked = {"plafon": 3_000_000, "rate_bp": 0, "months": 2, "akad_on": "2026-07-17"}
    lines = (await reader.post("/schedules", json=asked)).json()["lines"]
    assert [(line["nominal_on"], line["due_on"], line["moved_for_id"]) for line in lines] == [
        ("2026-08-17", "2026-08-18", "Hari Kemerdekaan Republik Indonesia"),
        ("2026-09-17", "2026-09-17", None),
    ]


async def test_the_largest_and_longest_loan_has_a_schedule(reader):
    asked = {"plafon": 10**13, "rate_bp": 10_000, "months": 600, "first_due": "2200-12-31"}
    said = (await reader.post("/schedules", json=asked)).json()
    assert (said["plafon"], said["lines"][-1]["balance"]) == (10**13, 0)
    assert said["lines"][-1]["nominal_on"] == "2250-11-30"


EXPECTED = {
    "annuity": ("annuity", 1_521_097, 600, "bunga"),
    "grace": ("annuity", 15_000_000, 600, "bunga"),
    "disaster_relief": ("annuity", 1_095_190, None, "bunga"),
    "declining": ("declining", 4_166_667 + 500_000, 600, "bunga"),
    "flat": ("flat", 833_333 + 50_000, 1_090, "bunga"),
    "seasonal": ("seasonal", 100_000, 600, "bunga"),
    "murabahah": ("murabahah", 1_108_015, 600, "margin"),
    "musyarakah": ("musyarakah", 1_041_667 + 600_000, None, "bagi hasil"),
    "mudharabah": ("mudharabah", 600_000, 2_880, "bagi hasil"),
    "qardh": ("qardh", 515_000, 649, "ujrah"),
}


async def test_every_example_of_the_contract_can_be_sent(calculator, reader):
    body = calculator.app.openapi()["paths"]["/schedules"]["post"]["requestBody"]
    examples = body["content"]["application/json"]["examples"]
    assert examples.keys() == EXPECTED.keys()
    for name, example in examples.items():
        kind, first, rate_bp, charge = EXPECTED[name]
        reply = await reader.post("/schedules", json=example["value"])
        assert reply.status_code == 200, (name, reply.text)
        said = reply.json()
        assert (said["kind"], said["lines"][0]["instalment"]) == (kind, first), name
        assert said["charge_id"] == charge, name
        assert rate_bp in {None, said["effective_rate_bp"]}, (name, said["effective_rate_bp"])
        assert said["projected"] is (kind in {"musyarakah", "mudharabah"})
        assert (said["remark_id"] is None) is (kind not in {"flat", "musyarakah", "mudharabah"})
        assert ("interest" in reply.text) is (charge == "bunga")


async def test_the_relief_shows_its_rates_its_pause_and_its_sources(calculator, reader):
    asked = {"plafon": 36_000_000, "rate_bp": 600, "months": 36, "akad_on": "2025-10-10"}
    said = (await reader.post("/schedules", json={**asked, "disaster_relief": True})).json()
    by_month = {line["nominal_on"][:7]: line for line in said["lines"]}
    assert {month: by_month[month]["rate_bp"] for month in ("2025-11", "2026-05", "2027-05")} == {
        "2025-11": 600,
        "2026-05": 0,
        "2027-05": 300,
    }
    assert by_month["2026-03"]["instalment"] == 0
    assert [source["confidence"] for source in said["sources"]] == ["press", "press"]
    ordinary = (await reader.post("/schedules", json=asked)).json()
    assert (ordinary["sources"], ordinary["effective_rate_bp"]) == ([], 600)
    assert said["effective_rate_bp"] < 300


async def test_a_rate_may_change_from_a_month_on(reader):
    changes = [{"from_no": 5, "rate_bp": 0}, {"from_no": 7, "rate_bp": 300}]
    asked = {"plafon": 12_000_000, "rate_bp": 600, "months": 8, "rate_changes": changes}
    lines = (await reader.post("/schedules", json=asked)).json()["lines"]
    assert [line["rate_bp"] for line in lines] == [600] * 4 + [0] * 2 + [300] * 2


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
        ({"fees": 1_000_000}, "/body/fees"),
        ({"plafon": 0, "fees": 5}, "/body/plafon"),
        ({"rate_changes": [{"from_no": 0, "rate_bp": 0}]}, "/body/rate_changes/0/from_no"),
        ({"disaster_relief": True}, "/body"),
        ({"disaster_relief": True, "akad_on": "2025-03-02"}, "/body"),
        ({"kind": "balloon"}, "/body"),
        ({"kind": None}, "/body"),
        ({"kind": "declining", "months": 0}, "/body/months"),
        ({"kind": "murabahah", "margin": 5}, "/body"),
        ({"kind": "murabahah", "rate_bp": None}, "/body"),
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


async def test_an_unknown_kind_is_not_repeated_and_the_known_ones_are_named(reader):
    reply = await reader.post("/schedules", json={"kind": "3201010101900001", "plafon": 1})
    assert (reply.status_code, "3201010101900001" in reply.text) == (422, False)
    assert "murabahah" in reply.json()["errors"][0]["detail"]
    assert (await reader.post("/schedules", json=[])).status_code == 422


@pytest.mark.parametrize("harvests", [[], [0], [5, 5], [7, 3], [601]])
async def test_harvests_are_months_in_their_order(reader, harvests):
    asked = {"kind": "seasonal", "plafon": 1_000_000, "rate_bp": 600, "harvests": harvests}
    assert (await reader.post("/schedules", json=asked)).status_code == 422


async def test_what_is_due_at_harvest_may_be_everything(reader):
    asked = {
        "kind": "seasonal",
        "plafon": 12_000_000,
        "rate_bp": 600,
        "harvests": [4],
        "interest_between": False,
    }
    said = (await reader.post("/schedules", json=asked)).json()
    assert [line["instalment"] for line in said["lines"]] == [0, 0, 0, 12_240_000]
