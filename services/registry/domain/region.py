"""
The shape of a Kemendagri region code, and what the shape alone tells.

    PP            provinsi
    PP.RR         kabupaten (RR 01-69) or kota (71-99)
    PP.RR.DD      kecamatan
    PP.RR.DD.VVVV kelurahan (1xxx), desa (2xxx) or desa adat (3xxx)

Whether a code exists is a question for the reference data, not for this module.
"""

import re
from enum import IntEnum, StrEnum

_SHAPE = re.compile(r"[0-9]{2}(?:\.[0-9]{2}(?:\.[0-9]{2}(?:\.[123][0-9]{3})?)?)?")
_KABUPATEN_MAX = 69
_KOTA_MIN = 71


class Level(IntEnum):
    """How deep a code reaches; also how many groups of digits it has."""

    PROVINSI = 1
    KABKOTA = 2
    KECAMATAN = 3
    VILLAGE = 4


class KabkotaKind(StrEnum):
    """What stands at the second level."""

    KABUPATEN = "kabupaten"
    KOTA = "kota"


class VillageKind(StrEnum):
    """What stands at the fourth level."""

    KELURAHAN = "kelurahan"
    DESA = "desa"
    DESA_ADAT = "desa_adat"


_VILLAGE_KINDS = {
    "1": VillageKind.KELURAHAN,
    "2": VillageKind.DESA,
    "3": VillageKind.DESA_ADAT,
}


class MalformedRegionCode(Exception):
    """The text does not have the shape of a region code, or not of the level asked for."""

    def __init__(self) -> None:
        super().__init__("a region code is written PP, PP.RR, PP.RR.DD or PP.RR.DD.VVVV")


def level(code: str) -> Level:
    """Return the level of a dotted code, or raise `MalformedRegionCode`."""
    if not _SHAPE.fullmatch(code) or "00" in code.split("."):
        raise MalformedRegionCode
    found = Level(code.count(".") + 1)
    if found > Level.PROVINSI and _KABUPATEN_MAX < int(code[3:5]) < _KOTA_MIN:
        raise MalformedRegionCode
    return found


def parent(code: str) -> str | None:
    """Return the code one level up; None for a provinsi. Raises `MalformedRegionCode`."""
    return None if level(code) is Level.PROVINSI else code.rpartition(".")[0]


def ancestors(code: str) -> tuple[str, ...]:
    """Return every code above this one, nearest first. Raises `MalformedRegionCode`."""
    above = parent(code)
    return () if above is None else (above, *ancestors(above))


def contains(outer: str, inner: str) -> bool:
    """Tell whether `inner` is `outer` or lies within it. Raises `MalformedRegionCode`."""
    return outer == inner or outer in ancestors(inner)


def kabkota_kind(code: str) -> KabkotaKind:
    """Tell kabupaten from kota for a code of the second level or below.

    Raises `MalformedRegionCode` for a provinsi too: it is neither.
    """
    if level(code) < Level.KABKOTA:
        raise MalformedRegionCode
    return KabkotaKind.KOTA if int(code[3:5]) >= _KOTA_MIN else KabkotaKind.KABUPATEN


def village_kind(code: str) -> VillageKind:
    """Tell kelurahan, desa and desa adat apart. Raises `MalformedRegionCode` above a village."""
    if level(code) is not Level.VILLAGE:
        raise MalformedRegionCode
    return _VILLAGE_KINDS[code[9]]
