"""
Reading a person's NIK (Nomor Induk Kependudukan): what its sixteen digits claim.

    PPRRDD  kecamatan of the first registration; it stays when the person moves
    DDMMYY  date of birth, the day plus 40 for a woman; it stays when the date is corrected
    SSSS    serial, from 0001

The number is permanent and has no check digit (PP 40/2019, formerly PP 37/2007, art. 37). So it
may lawfully disagree with the record: that is a warning. Only what no office can have issued is
refused. No text made here ever carries the number or a date read from it.
"""

import re
from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.registry.domain.person import Sex

_SHAPE = re.compile(r"[0-9]{16}")
_WOMAN = 40
_CENTURIES = (2000, 1900)
AGE_MAX = 110
"""Years. A date of birth further back is not taken for the likely one."""


class Impossible(StrEnum):
    """Why no registry office can have issued this number."""

    SHAPE = "shape"
    BIRTH_DATE = "birth_date"
    SERIAL = "serial"


class WarningCode(StrEnum):
    """What a registrar should look at, and may accept."""

    SEX_MISMATCH = "sex_mismatch"
    BIRTH_DATE_MISMATCH = "birth_date_mismatch"
    BIRTH_CENTURY_AMBIGUOUS = "birth_century_ambiguous"
    BIRTH_DATE_IMPLAUSIBLE = "birth_date_implausible"
    REGION_RETIRED = "region_retired"
    REGION_UNKNOWN = "region_unknown"


_IMPOSSIBLE = {
    Impossible.SHAPE: "a NIK is exactly 16 digits, 0 to 9",
    Impossible.BIRTH_DATE: "digits 7 to 12 are no date in any century, for a man or a woman",
    Impossible.SERIAL: "the last four digits, the serial, begin at 0001",
}


class ImpossibleNik(Exception):
    """No registry office can have issued this number. The text never repeats it."""

    def __init__(self, reason: Impossible) -> None:
        self.reason = reason
        super().__init__(_IMPOSSIBLE[reason])


class NikAsIdentifier(Exception):
    """A NIK is given as the identifier of a record, where everybody who sees it would read it."""


def check_identifier(external_id: str | None, person_nik: str | None) -> None:
    """Raise `NikAsIdentifier` if a caller's own identifier of a person is the person's NIK."""
    if external_id is not None and external_id == person_nik:
        raise NikAsIdentifier("a NIK is never an identifier; give the record one of your own")


@dataclass(frozen=True, slots=True, kw_only=True)
class NikWarning:
    """A disagreement between the number and what else is known."""

    code: WarningCode
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NikReading:
    """What the number claims. The number itself is not kept."""

    kabkota_code: str
    """As printed in the number, dotted, even when the code has been retired since."""
    kecamatan_code: str
    birth_dates: tuple[date, ...]
    """Every possible date of birth, the likeliest first; never empty."""
    sex: Sex
    warnings: tuple[NikWarning, ...]

    @property
    def birth_date(self) -> date:
        """The likeliest date of birth."""
        return self.birth_dates[0]


def read(
    person_nik: str,
    *,
    on: date,
    known_regions: Container[str],
    retired_regions: Mapping[str, str],
    declared_birth_date: date | None = None,
    declared_sex: Sex | None = None,
) -> NikReading:
    """Return what a NIK claims and where it disagrees; raise `ImpossibleNik` and nothing else.

    `known_regions` holds today's dotted kabupaten and kota codes; `retired_regions` leads from an
    old code (`PP.RR`, or `PP` for a whole province) to the one that replaced it.
    """
    if not _SHAPE.fullmatch(person_nik):
        raise ImpossibleNik(Impossible.SHAPE)
    if person_nik.endswith("0000"):
        raise ImpossibleNik(Impossible.SERIAL)
    day = int(person_nik[6:8])
    sex = Sex.FEMALE if day > _WOMAN else Sex.MALE
    if sex is Sex.FEMALE:
        day -= _WOMAN
    real = _real_dates(day, person_nik[8:10], person_nik[10:12])
    if not real:
        raise ImpossibleNik(Impossible.BIRTH_DATE)
    past = tuple(birth for birth in real if birth <= on)
    likely = tuple(
        # What the record says decides between two centuries.
        [birth for birth in past if birth == declared_birth_date]
        or [birth for birth in past if _age(birth, on) <= AGE_MAX]
    )
    kabkota = f"{person_nik[:2]}.{person_nik[2:4]}"
    return NikReading(
        kabkota_code=kabkota,
        kecamatan_code=f"{kabkota}.{person_nik[4:6]}",
        birth_dates=likely or real,
        sex=sex,
        warnings=(
            *_of_region(kabkota, known_regions, retired_regions),
            *_of_sex(sex, declared_sex),
            *_of_birth(likely, declared_birth_date),
        ),
    )


def _real_dates(day: int, month: str, year: str) -> tuple[date, ...]:
    """Return the dates of the calendar with this two-digit year, the youngest person first."""
    found: list[date] = []
    for century in _CENTURIES:
        with suppress(ValueError):
            found.append(date(century + int(year), int(month), day))
    return tuple(found)


def _age(birth: date, on: date) -> int:
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def _of_region(
    kabkota: str, known: Container[str], retired: Mapping[str, str]
) -> tuple[NikWarning, ...]:
    if kabkota in known:
        return ()
    successor = retired.get(kabkota) or retired.get(kabkota[:2])
    if successor is not None:
        detail = f"{kabkota} is an old region code; the area is now {successor}"
        return (NikWarning(code=WarningCode.REGION_RETIRED, detail=detail),)
    detail = f"{kabkota} is no kabupaten or kota, now or in the known past"
    return (NikWarning(code=WarningCode.REGION_UNKNOWN, detail=detail),)


def _of_sex(sex: Sex, declared: Sex | None) -> tuple[NikWarning, ...]:
    if declared in {None, sex}:
        return ()
    detail = "the day of birth in the number belongs to the other sex"
    return (NikWarning(code=WarningCode.SEX_MISMATCH, detail=detail),)


def _of_birth(likely: tuple[date, ...], declared: date | None) -> tuple[NikWarning, ...]:
    if not likely:
        detail = f"the number's date of birth is in the future or over {AGE_MAX} years ago"
        return (NikWarning(code=WarningCode.BIRTH_DATE_IMPLAUSIBLE, detail=detail),)
    if declared is not None and declared not in likely:
        detail = "the number and the record name different dates of birth; the record stands"
        return (NikWarning(code=WarningCode.BIRTH_DATE_MISMATCH, detail=detail),)
    if len(likely) > 1:
        detail = "the two-digit year fits two centuries; the younger age is taken"
        return (NikWarning(code=WarningCode.BIRTH_CENTURY_AMBIGUOUS, detail=detail),)
    return ()
