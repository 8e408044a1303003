"""The sample people and cooperatives: they read without a fault and tell the stories we need."""

import csv
from collections import Counter
from datetime import date

import phonenumbers
import pytest

from services.financing.domain.rules.cooperative import meetings
from services.local.loading import dated, sample
from services.registry.domain.cooperative import (
    CooperativeKind,
    Rat,
    certificate_findings,
    consecutive_rats,
)
from services.registry.domain.cooperative import CooperativeStatus as Status
from services.registry.domain.importing import (
    COOPERATIVE_COLUMNS,
    PEOPLE_COLUMNS,
    read_cooperative,
    read_person,
)
from services.registry.domain.nik import WarningCode
from services.registry.domain.person import MigrationStatus, Scheme, Sex
from services.registry.domain.region import Level
from services.registry.reference.regions import kabkota_codes, regions, retired_codes

ON = date(2026, 11, 24)


def table(name, columns, *, on=ON):
    reader = csv.DictReader(dated(sample(name), on=on).splitlines())
    assert tuple(reader.fieldnames or ()) == columns
    return tuple(reader)


@pytest.fixture(scope="module")
def people():
    known, retired = kabkota_codes(), retired_codes()
    return tuple(
        read_person(row, on=ON, known_regions=known, retired_regions=retired)
        for row in table("people.csv", PEOPLE_COLUMNS)
    )


@pytest.fixture(scope="module")
def cooperatives():
    rows = table("cooperatives.csv", COOPERATIVE_COLUMNS)
    return {row["external_id"]: read_cooperative(row, on=ON) for row in rows}


def test_every_village_exists(people, cooperatives):
    villages = {row.code for row in regions() if row.level is Level.VILLAGE}
    named = {person.ktp_village_code for person in people} - {None}
    named |= {person.domicile_village_code for person in people} - {None}
    for cooperative in cooperatives.values():
        named |= set(cooperative.village_codes)
    assert named <= villages


def test_no_two_people_share_a_nik_or_an_id(people):
    niks = [person.person_nik for person in people if person.person_nik]
    assert len(set(niks)) == len(niks)
    assert len({person.external_id for person in people}) == len(people) == 70


def test_only_the_three_odd_numbers_carry_a_warning(people):
    warned = {
        person.external_id: [warning.code for warning in person.nik_reading.warnings]
        for person in people
        if person.nik_reading and person.nik_reading.warnings
    }
    assert warned == {
        "P-105": [WarningCode.REGION_RETIRED],
        "P-106": [WarningCode.REGION_RETIRED],
        "P-112": [WarningCode.BIRTH_DATE_MISMATCH],
    }


def test_the_people_come_from_the_provinces_that_send_them(people):
    provinces = Counter(person.domicile_village_code[:2] for person in people)
    assert {"52", "35", "33", "53", "61"} <= set(provinces)
    assert Counter(person.sex for person in people)[Sex.FEMALE] > len(people) / 2


def test_undocumented_returnees_are_there_without_a_nik(people):
    without = [person for person in people if person.person_nik is None]
    assert len(without) == 4
    assert all(person.placement.scheme is Scheme.UNDOCUMENTED for person in without)


def test_the_walk_finds_its_people(people):
    walkers = {p.external_id: p for p in people if p.external_id.startswith("WALK-")}
    assert sorted(walkers) == ["WALK-1", "WALK-2", "WALK-3", "WALK-4"]
    assert all(p.migration_status is MigrationStatus.RETURNED for p in walkers.values())
    assert walkers["WALK-1"].sex is Sex.FEMALE
    assert walkers["WALK-1"].ktp_village_code.startswith("52.02")
    assert walkers["WALK-2"].ktp_village_code.startswith("35")


def test_every_phone_number_is_a_possible_one(people):
    for person in people:
        if person.phone is not None:
            assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone))


def test_the_walk_finds_its_cooperatives(cooperatives):
    grown = cooperatives["COOP-LPDB"]
    assert grown.kind is CooperativeKind.MIGRANT_WORKER
    assert consecutive_rats(grown.rats, on=ON) == (2024, 2025)
    assert all(figures.shu > 0 for figures in grown.figures)
    told = certificate_findings(
        Status.ACTIVE, grown.rats, valid_until=grown.certificate_valid_until, on=ON
    )
    assert told == ()
    young = cooperatives["COOP-YOUNG"]
    assert (young.kind, young.founded_on.year, len(young.rats)) == (
        CooperativeKind.KOPDES,
        2025,
        1,
    )
    assert cooperatives["COOP-USP"].has_usp
    assert isinstance(young.rats[0], Rat)


DAYS = [
    date(year, month, day)
    for year in (2026, 2027, 2028, 2031)
    for month, day in ((1, 1), (1, 2), (2, 28), (5, 23), (6, 30), (7, 1), (11, 24), (12, 31))
]


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_the_cooperatives_tell_their_stories_on_any_day(on):
    rows = table("cooperatives.csv", COOPERATIVE_COLUMNS, on=on)
    every = {row["external_id"]: row for row in rows if row["external_id"].startswith("COOP-")}
    grown, young = [read_cooperative(every[name], on=on) for name in ("COOP-LPDB", "COOP-YOUNG")]
    assert meetings(grown.rats, grown.founded_on, on=on) is None
    assert {one.book_year for one in grown.figures} == {on.year - 2, on.year - 1}
    assert on < grown.certificate_valid_until
    assert meetings(young.rats, young.founded_on, on=on).first_day > on


def test_a_walker_lives_where_a_village_cooperative_can_take_them_in(people, cooperatives):
    homes = {p.external_id: p.ktp_village_code for p in people}
    assert homes["WALK-1"] in cooperatives["COOP-LPDB"].village_codes
    assert homes["WALK-2"] in cooperatives["COOP-YOUNG"].village_codes
    assert homes["WALK-3"] in cooperatives["COOP-004"].village_codes
    assert homes["WALK-4"] in cooperatives["COOP-USP"].village_codes
