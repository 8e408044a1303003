"""The shape of region codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.region import (
    KabkotaKind,
    Level,
    MalformedRegionCode,
    VillageKind,
    ancestors,
    contains,
    kabkota_kind,
    level,
    parent,
    village_kind,
)


@pytest.mark.parametrize(
    ("code", "expected", "above"),
    [
        ("52", Level.PROVINSI, None),
        ("52.02", Level.KABKOTA, "52"),
        ("52.71", Level.KABKOTA, "52"),
        ("52.02.04", Level.KECAMATAN, "52.02"),
        ("52.02.04.2001", Level.VILLAGE, "52.02.04"),
    ],
)
def test_a_code_tells_its_level_and_what_is_above(code, expected, above):
    assert level(code) is expected
    assert parent(code) == above
    assert len(ancestors(code)) == expected - 1


@pytest.mark.parametrize(
    "code",
    [
        "",
        "5",
        "52.",
        "5202",
        "52.2",
        "52.02.04.201",
        "52.02.04.0001",
        "52.02.04.4001",
        "52.02.04.20011",
        "52.70",
        "52.00",
        "00",
        "52.02.00",
        "52.02.04.2001\n",
        "５２",
    ],
)
def test_other_shapes_are_refused(code):
    for ask in (level, parent, ancestors, village_kind, kabkota_kind):
        with pytest.raises(MalformedRegionCode):
            ask(code)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("52.01", KabkotaKind.KABUPATEN),
        ("52.69", KabkotaKind.KABUPATEN),
        ("52.71", KabkotaKind.KOTA),
        ("52.99.01", KabkotaKind.KOTA),
    ],
)
def test_kabupaten_run_to_69_and_kota_from_71(code, kind):
    assert kabkota_kind(code) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("52.02.01.1001", VillageKind.KELURAHAN),
        ("52.02.04.2001", VillageKind.DESA),
        ("91.03.01.3001", VillageKind.DESA_ADAT),
    ],
)
def test_the_first_digit_tells_what_a_village_is(code, kind):
    assert village_kind(code) is kind


def test_only_a_village_has_a_village_kind_and_no_province_is_a_kota():
    with pytest.raises(MalformedRegionCode):
        village_kind("52.02.04")
    with pytest.raises(MalformedRegionCode):
        kabkota_kind("52")


def test_containing_goes_by_groups_and_not_by_text():
    assert contains("52.02", "52.02.04.2001")
    assert contains("52.02", "52.02")
    assert not contains("52.02.04", "52.02")
    assert not contains("52.03", "52.02.04.2001")


@given(st.text())
def test_any_text_is_a_code_or_malformed(text):
    try:
        assert level(text) in Level
    except MalformedRegionCode:
        return
    assert text.startswith((*ancestors(text), text))
