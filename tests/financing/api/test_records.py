"""A decision can be made again by a stranger, bit for bit, and no changed byte goes unseen."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from services.financing.__main__ import verify
from services.financing.api import records
from services.financing.api.records import OtherFacts, OtherOutcome, RecordUnreadable
from services.financing.domain import decision
from services.financing.domain.decision import IN_FORCE, Rulebook
from services.financing.domain.routing import CHANNELS
from services.financing.domain.rules.kur_terms import KUR_2026
from services.financing.domain.scorecards import SCORECARDS
from shared.timeline import Timeline
from tests.financing.domain.cases import Case, a_case
from tests.financing.house import House
from tests.financing.record import record_of, shuffled

CASES = 150


def some_cases() -> Iterator[Case]:
    random = Random(20_261_124)
    return (a_case(random) for _ in range(CASES))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document that holds a value."""
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else None
    )
    if inside is None:
        yield path
        return
    for step, each in inside:
        yield from leaves(each, (*path, step))


def changed(document: Any, path: tuple[Any, ...]) -> bytes:
    """The document with another value at one place."""
    copy = orjson.loads(orjson.dumps(document))
    place = copy
    for step in path[:-1]:
        place = place[step]
    value = place[path[-1]]
    place[path[-1]] = value + 1 if type(value) is int else f"{value}."
    return orjson.dumps(copy)


def test_a_record_is_replayed_whatever_the_order_of_its_keys():
    random = Random(1)
    for case in some_cases():
        record = record_of(case)
        sha256 = record["facts_sha256"]
        assert records.verify(orjson.dumps(record)) == sha256
        assert records.verify(orjson.dumps(shuffled(record, random))) == sha256


def test_whatever_is_changed_is_found():
    record = record_of(next(some_cases()))
    places = list(leaves(record))
    assert len(places) > 300
    for path in places:
        with pytest.raises((OtherFacts, OtherOutcome, RecordUnreadable)):
            records.verify(changed(record, path))


def test_an_edition_that_comes_later_changes_nothing(monkeypatch):
    kept = [orjson.dumps(record_of(case)) for case in some_cases()]
    since = date(2023, 1, 1)  # before most of the cases were decided
    rules = replace(KUR_2026, code="KUR-2029", turnover_max=None)
    cards = replace(SCORECARDS.values[-1], code="SCORE-LATER", grade_starts=(1, 2, 3, 4))
    later = Rulebook(
        kur=followed_by(IN_FORCE.kur, date(2029, 1, 1), rules),
        scorecards=followed_by(IN_FORCE.scorecards, since, cards),
    )
    monkeypatch.setattr(records, "IN_FORCE", later)
    for record in kept:
        records.verify(record)


def followed_by(timeline: Timeline[Any], since: date, value: Any) -> Timeline[Any]:
    """A timeline with one more edition."""
    return Timeline(*zip(timeline.since, timeline.values, strict=True), (since, value))


def test_an_edition_or_an_engine_that_is_not_here_is_said(monkeypatch):
    case = next(some_cases())
    record = record_of(case)
    with monkeypatch.context() as other:
        other.setattr(decision, "ENGINE_VERSION", "2")
        other.setattr(records, "ENGINE_VERSION", "2")
        with pytest.raises(RecordUnreadable, match="this package has engine 2"):
            records.verify(orjson.dumps(record))
    monkeypatch.setattr(records, "IN_FORCE", Rulebook(kur=Timeline((date.min, None))))
    with pytest.raises(RecordUnreadable, match="lacks an edition"):
        records.verify(orjson.dumps(record))


@pytest.mark.parametrize(
    "file", [b"", b"{}", b"[]", b'{"facts":{},"facts_sha256":"","outcome":{}}']
)
def test_what_is_no_record_is_said(file):
    with pytest.raises(RecordUnreadable):
        records.verify(file)


async def test_what_an_application_was_decided_by_is_verified_on_another_machine(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Only the package is there: no database, another locale, another time zone."""
    application = await house.submitted(40_000_000)
    reply = await house.app().get(f"/applications/{application['id']}/decision/record")
    record, file = reply.json(), tmp_path / "decision.json"
    decided = (await house.app().get(f"/applications/{application['id']}/decision")).json()
    assert record["outcome"] == decided
    assert record["facts"]["said_by"]["declared"] == application["declared"]
    assert "Siti" not in reply.text
    assert "5203055403880001" not in reply.text

    environment = {"PATH": os.environ["PATH"], "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8"}

    def verified() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "services.financing", "verify", str(file)]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )

    file.write_text(json.dumps(record, indent=4))
    said = await asyncio.to_thread(verified)
    assert (said.returncode, said.stderr) == (0, "")
    assert record["facts_sha256"] in said.stdout

    record["outcome"]["score"]["points"] += 1
    file.write_text(json.dumps(record))
    assert verify(str(file)) == 1
    assert "The outcome has been changed" in capsys.readouterr().err

    file.write_text("{}")
    assert verify(str(file)) == 2
    assert capsys.readouterr().out == ""


def test_channels_are_kept_as_they_stood_that_day():
    case = next(some_cases())
    shut = tuple(replace(channel, open=False) for channel in CHANNELS)
    open_, closed = record_of(case), record_of(case, channels=shut)
    assert open_["facts_sha256"] != closed["facts_sha256"]
    assert records.verify(orjson.dumps(closed)) == closed["facts_sha256"]
