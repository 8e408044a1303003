"""The packaged regions and code changes, counted."""

from collections import Counter
from datetime import date

import pytest

from services.registry.domain.region import (
    KabkotaKind,
    Level,
    VillageKind,
    kabkota_kind,
    level,
    parent,
    village_kind,
)
from services.registry.domain.source import Confidence
from services.registry.reference.regions import (
    DECREE,
    code_changes,
    kabkota_codes,
    regions,
    retired_codes,
)


@pytest.fixture(scope="module")
def rows():
    return tuple(regions())


def test_there_are_exactly_as_many_regions_as_the_decree_lists(rows):
    assert Counter(row.level for row in rows) == {
        Level.PROVINSI: 38,
        Level.KABKOTA: 514,
        Level.KECAMATAN: 7_285,
        Level.VILLAGE: 83_762,
    }
    assert len({row.code for row in rows}) == 91_599


def test_kinds_follow_from_codes_and_add_up(rows):
    kabkota = Counter(kabkota_kind(row.code) for row in rows if row.level is Level.KABKOTA)
    assert kabkota == {KabkotaKind.KABUPATEN: 416, KabkotaKind.KOTA: 98}
    villages = Counter(village_kind(row.code) for row in rows if row.level is Level.VILLAGE)
    assert villages == {
        VillageKind.KELURAHAN: 8_496,
        VillageKind.DESA: 75_252,
        VillageKind.DESA_ADAT: 14,
    }


def test_every_region_comes_after_its_parent(rows):
    seen = set()
    for row in rows:
        assert (row.level, row.parent_code) == (level(row.code), parent(row.code))
        assert row.parent_code is None or row.parent_code in seen
        seen.add(row.code)


def test_every_region_has_a_name_and_every_village_a_postcode(rows):
    assert all(row.name == row.name.strip() != "" for row in rows)
    for row in rows:
        assert (row.postcode is not None) == (row.level is Level.VILLAGE)
        assert row.postcode is None or (len(row.postcode) == 5 and row.postcode.isdecimal())


def test_some_regions_are_where_everybody_knows_them(rows):
    names = {row.code: row.name for row in rows}
    assert names["52"] == "Nusa Tenggara Barat"
    assert names["52.02"] == "Kabupaten Lombok Tengah"
    assert names["31"] == "Daerah Khusus Ibukota Jakarta"
    assert names["93.01"] == "Kabupaten Merauke"


def test_the_kabkota_codes_are_those_of_the_rows(rows):
    assert kabkota_codes() == {row.code for row in rows if row.level is Level.KABKOTA}


def test_the_data_say_which_decree_they_follow():
    assert DECREE.number == "Kepmendagri 300.2.2-2138 Tahun 2025"
    assert DECREE.issued_on == date(2025, 4, 25)


def test_every_code_change_leads_from_a_code_that_is_gone_to_one_that_is(rows):
    codes = {row.code for row in rows}
    changes = tuple(code_changes())
    assert {change.old_code for change in changes}.isdisjoint(codes)
    assert {change.new_code for change in changes} <= codes
    assert len({change.old_code for change in changes}) == len(changes)
    names = {row.code: row.name for row in rows}
    for change in changes:
        assert names[change.new_code] == change.new_name
        assert level(change.old_code) is level(change.new_code)


def test_the_papua_splits_are_computed_and_the_older_changes_unverified():
    known = Counter(change.confidence for change in code_changes())
    assert known == {Confidence.COMPUTED: 26, Confidence.UNVERIFIED: 6}


@pytest.mark.parametrize(
    ("old", "new"),
    [("91.01", "93.01"), ("92.71", "96.71"), ("91.28", "94.08"), ("64.05", "65.03"), ("09", "31")],
)
def test_an_old_code_leads_to_the_new_one(old, new):
    assert retired_codes()[old] == new


def test_no_change_leads_to_a_code_that_changed_again():
    retired = retired_codes()
    assert not set(retired.values()) & set(retired)
