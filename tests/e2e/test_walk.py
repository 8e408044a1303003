"""The walk's six stories on real processes, judged by the API and the lenders' own ledgers."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from services import __main__ as command
from services.local import stories
from services.local.clients import AUDITOR, MINISTRY, MOBILE
from services.local.environment import parts
from services.local.journey import Journey
from services.local.loading import Loaded, load
from services.local.narration import Narrator
from services.local.stack import Stack
from services.local.walk import WalkFailed, walk
from services.local.world import World, entered, entry, news, read
from shared.embedded_postgres import EmbeddedPostgres
from tests.conftest import copied
from tests.e2e.ports import free_ports

BORROWERS = ("Baiq Nurhayati", "Siti Rahmawati", "Agus Priyanto", "Lalu Hamdani")
"""Who gets a KUR in the walk."""


@dataclass(frozen=True)
class Running:
    """The stack, filled with sample data, and what was said of its stories."""

    stack: Stack
    loaded: Loaded
    world: World
    said: io.StringIO

    async def tell(self, telling: stories.Telling) -> Journey:
        return await telling(self.world, Narrator(Console(file=self.said, width=100)))


@pytest.fixture(scope="module")
async def running(
    postgres: EmbeddedPostgres,
    registry_template: str,
    financing_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("walk")
    async with copied(postgres, "walk") as server:
        processes = parts({}, folder=folder, server=server, ports=free_ports())
        async with Stack(processes, folder=folder) as stack:
            loaded = await load(
                stack.address("registry"),
                database_url=server.url("registry"),
                keys=folder / "keys",
                say=lambda words: None,
            )
            async with entered(stack, loaded) as world:
                yield Running(stack, loaded, world, io.StringIO())


async def status(journey: Journey) -> str:
    return (await read(journey.line, f"/applications/{journey.id}"))["status"]


async def verdicts(journey: Journey) -> dict[str, Any]:
    """Return each product's verdict; one that says no gives a reason with its article."""
    products = (await journey.decision())["products"]
    for product in products:
        assert product["eligible"] is not bool(product["reasons"])
        for reason in product["reasons"]:
            assert reason["sentence_id"]
            assert reason["source"]["regulation"]
            assert reason["source"]["provision"]
    return {product["code"]: product for product in products}


async def yes(journey: Journey) -> set[str]:
    return {code for code, product in (await verdicts(journey)).items() if product["eligible"]}


async def legs(journey: Journey) -> list[tuple[str, str]]:
    return [(each["channel"], each["status"]) for each in await journey.submissions()]


async def loans_of(world: World, name: str) -> dict[str, int]:
    """Return how many loans each lender has booked for a borrower."""
    found = dict[str, int]()
    for lender in stories.LENDERS:
        ledger = await read(world.lenders, f"/{lender}/ledger")
        for row in ledger["borrowers"]:
            if row["borrower_name"] == name and row["effects"]:
                found[lender] = row["effects"]
    return found


async def test_a_member_with_a_shop_of_two_years_gets_kur_mikro(running: Running):
    journey = await running.tell(stories.shop)

    assert await status(journey) == "disbursed"
    assert await yes(journey) == {"kur_mikro"}
    assert await legs(journey) == [("kur-bank-nusantara", "disbursed")]
    [submission] = await journey.submissions()
    booked = await entry(running.world, "kur-bank-nusantara", submission["id"])
    assert (booked["amount"], booked["effects"], booked["stage"]) == (40_000_000, 1, "disbursed")
    assert booked["lender_reference"] == submission["reference"]
    factors = {each["name"]: each for each in (await journey.decision())["score"]["factors"]}
    assert factors["cooperative_member"]["points"] == 5


async def test_a_mentored_beginner_gets_kur_super_mikro(running: Running):
    journey = await running.tell(stories.beginner)

    assert await status(journey) == "disbursed"
    assert await yes(journey) == {"kur_super_mikro"}
    codes = {each["code"] for each in (await verdicts(journey))["kur_mikro"]["reasons"]}
    assert "business_age" in codes
    factors = {each["name"]: each for each in (await journey.decision())["score"]["factors"]}
    assert factors["mentoring"]["points"] == 15
    assert await loans_of(running.world, "Siti Rahmawati") == {"kur-bank-nusantara": 1}


async def test_what_the_first_bank_refuses_is_carried_to_the_second(running: Running):
    journey = await running.tell(stories.second_bank)

    assert await status(journey) == "disbursed"
    assert await yes(journey) == {"kur_kecil"}
    assert await legs(journey) == [
        ("kur-bank-nusantara", "refused"),
        ("kur-bank-samudra", "disbursed"),
    ]
    first, second = await journey.submissions()
    assert first["reasons"]
    refused = (await entry(running.world, "kur-bank-nusantara", first["id"]))["history"][0]
    assert refused["stage"] == "refused"
    assert datetime.fromisoformat(refused["at"]) <= datetime.fromisoformat(second["sent_at"])
    assert await loans_of(running.world, "Agus Priyanto") == {"kur-bank-samudra": 1}


async def test_a_cooperative_goes_through_every_stage_of_the_lpdb(running: Running):
    journey = await running.tell(stories.cooperative)

    assert await status(journey) == "disbursed"
    assert await yes(journey) == {"lpdb_regular"}
    [submission] = await journey.submissions()
    booked = await entry(running.world, "lpdb", submission["id"])
    stages = [step["stage"] for step in booked["history"]]
    assert stages == ["received", "komite", "mkp", "sp3", "akad", "disbursed"]
    assert (booked["amount"], booked["effects"]) == (1_000_000_000, 1)
    events, _ = await news(running.world.lines[AUDITOR].financing, after=journey.since)
    heard = [
        event["data"]["stage"]
        for event in events
        if event["data"].get("submission_id") == submission["id"] and "stage" in event["data"]
    ]
    for stage in stages[1:]:
        assert heard.count(stage) == 1, stage


async def test_a_kopdes_of_2025_is_told_what_is_missing_and_from_which_day(running: Running):
    journey = await running.tell(stories.young_kopdes)

    assert await status(journey) == "incubating"
    assert await yes(journey) == set()
    regular = (await verdicts(journey))["lpdb_regular"]
    codes = {each["code"] for each in regular["reasons"]}
    assert {"rat_missing", "no_certificate", "shu"} <= codes
    decided_on = date.fromisoformat((await journey.decision())["on"])
    assert regular["earliest_date"] == date(decided_on.year + 1, 1, 1).isoformat()
    assert await legs(journey) == []
    assert await loans_of(running.world, "Koperasi Desa Merah Putih Maron") == {}


async def test_a_bank_that_does_not_answer_has_booked_exactly_one_loan(running: Running):
    journey = await running.tell(stories.silent_bank)

    assert await status(journey) == "disbursed"
    assert await legs(journey) == [("kur-bank-nusantara", "disbursed")]
    [submission] = await journey.submissions()
    booked = await entry(running.world, "kur-bank-nusantara", submission["id"])
    assert (booked["requests"], booked["effects"], booked["disbursements"]) == (1, 1, 1)
    assert await loans_of(running.world, "Lalu Hamdani") == {"kur-bank-nusantara": 1}


async def test_the_walk_on_data_that_have_their_loans_tells_the_rest_and_says_so(running: Running):
    before = [await loans_of(running.world, name) for name in BORROWERS]
    said = io.StringIO()
    await walk(running.stack, running.loaded, Console(file=said, width=100))
    assert said.getvalue().count("before, on these data") == len(BORROWERS)
    assert [await loans_of(running.world, name) for name in BORROWERS] == before
    memberships = await read(
        running.world.lines[MOBILE].registry,
        "/memberships",
        person_id=str(running.loaded.people["WALK-1"]),
    )
    assert [row["status"] for row in memberships["items"]] == ["active"]


async def test_a_walk_that_goes_wrong_says_what_was_expected_and_what_was_seen(running: Running):
    lenders = running.world.lenders
    instruction = {"behaviour": "refuse", "submissions": 1}
    (await lenders.put("/lpdb/behaviour", json=instruction)).raise_for_status()

    with pytest.raises(WalkFailed, match=r"story 4, .*: the application: expected disbursed, saw"):
        await command.tour(
            running.stack, running.loaded, command.Wish(walk=True, fresh=False, once=True)
        )


async def test_the_reasons_are_told_in_indonesian_with_their_article(running: Running):
    journey = await running.tell(stories.young_kopdes)

    said = " ".join(running.said.getvalue().split())
    regular = (await verdicts(journey))["lpdb_regular"]
    for reason in regular["reasons"]:
        assert reason["sentence_id"] in said
    assert f"Not before {regular['earliest_date']}." in said
    assert regular["reasons"][0]["source"]["regulation"] in said


async def test_no_nik_is_told_or_logged(running: Running):
    sample = Path(stories.__file__).with_name("sample") / "people.csv"
    niks = [line.split(",")[1] for line in sample.read_text().splitlines()[1:]]
    written = running.said.getvalue()
    for name in running.stack.pids:
        written += (running.stack.logs / f"{name}.log").read_text()

    assert len(list(filter(None, niks))) > 50
    assert [nik for nik in niks if nik and nik in written] == []


async def test_the_ministry_sees_every_walked_application_in_the_feed(running: Running):
    journey = await running.tell(stories.young_kopdes)

    events, _ = await news(running.world.lines[MINISTRY].financing, after=journey.since)
    kinds = [event["kind"] for event in events if event["subject_id"] == journey.id]
    assert kinds == ["application.drafted", "application.incubating"]
