"""The rows of the two import files: raw texts to values, or every fault at once."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.registry.domain import nik
from services.registry.domain.cells import Cells
from services.registry.domain.cooperative import (
    CooperativeKind,
    Figures,
    HealthGrade,
    Rat,
    figures_contradictions,
    founding_contradictions,
    rat_contradictions,
)
from services.registry.domain.person import (
    Education,
    EmployerKind,
    Language,
    LanguageLevel,
    MigrationStatus,
    Placement,
    PlacementSector,
    ReturnReason,
    Scheme,
    Sex,
    VerificationLevel,
    birth_contradictions,
    contradictions,
)
from services.registry.domain.source import Contradiction
from shared.money import AMOUNT_MAX
from shared.timeline import FIRST_DAY


class ImportKind(StrEnum):
    """What a file holds."""

    PEOPLE = "people"
    COOPERATIVES = "cooperatives"


class ImportStatus(StrEnum):
    """Where an import stands. A stopped one is continued by sending the file again."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"


class RowOutcome(StrEnum):
    """What became of one row of the file."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


PEOPLE_COLUMNS = (
    "external_id",
    "person_nik",
    "full_name",
    "birth_date",
    "sex",
    "phone",
    "ktp_village_code",
    "domicile_village_code",
    "married",
    "education",
    "migration_status",
    "country",
    "placement_sector",
    "employer_kind",
    "scheme",
    "departed_on",
    "returned_on",
    "return_reason",
    "skills",
    "languages",
    "verification_level",
)
COOPERATIVE_COLUMNS = (
    "external_id",
    "kind",
    "name",
    "legal_entity_no",
    "legal_entity_on",
    "coop_registry_no",
    "certificate_valid_until",
    "founded_on",
    "village_codes",
    "has_usp",
    "microsite_url",
    "npwp",
    "nib",
    "health_grade",
    "rats",
    "figures",
)

_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
_NPWP = re.compile(r"[0-9]{15,16}")
_NIB = re.compile(r"[0-9]{1,20}")
_URL = re.compile(r"https?://[!-~]+")
_LANGUAGE = re.compile(f"([a-z]{{2}}):({'|'.join(LanguageLevel)})")
_LANGUAGE_RULE = "a language is written code:level, such as ms:b2; levels: " + ", ".join(
    LanguageLevel
)
_RAT = re.compile(r"([12][0-9]{3}):([12][0-9]{3}-[0-9]{2}-[0-9]{2})")
_FIGURES = re.compile(r"([12][0-9]{3}):(-?[0-9]{1,14}):(-?[0-9]{1,14}):([0-9]{1,14})")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person of the file. `nik_reading` is what the number claims, with its warnings."""

    external_id: str
    person_nik: str | None
    nik_reading: nik.NikReading | None
    full_name: str
    birth_date: date | None
    sex: Sex
    phone: str | None
    ktp_village_code: str | None
    domicile_village_code: str | None
    married: bool | None
    education: Education | None
    migration_status: MigrationStatus
    placement: Placement | None
    skills: tuple[str, ...]
    languages: tuple[Language, ...]
    verification_level: VerificationLevel

    def __repr__(self) -> str:
        """Name the row only: a printed row must not print a NIK."""
        return f"PersonRow({self.external_id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CooperativeRow:
    """One cooperative of the file, with its annual meetings and yearly figures."""

    external_id: str
    kind: CooperativeKind
    name: str
    legal_entity_no: str | None
    legal_entity_on: date | None
    coop_registry_no: str | None
    certificate_valid_until: date | None
    founded_on: date
    village_codes: tuple[str, ...]
    has_usp: bool
    microsite_url: str | None
    npwp: str | None
    nib: str | None
    health_grade: HealthGrade | None
    rats: tuple[Rat, ...]
    figures: tuple[Figures, ...]


def read_person(
    row: Mapping[str, str | None],
    *,
    on: date,
    known_regions: Container[str],
    retired_regions: Mapping[str, str],
) -> PersonRow:
    """Return the person of one row, or raise `FaultyRow` with every fault.

    A person without a NIK is as welcome as any other. The region arguments are those of
    `nik.read`; whether a village code exists is left to the database.
    """
    cells = Cells(row)
    birth_date = cells.day("birth_date")
    sex = cells.needed("sex", cells.choice("sex", Sex), Sex.FEMALE)
    number = cells.text("person_nik")
    reading = _nik_reading(
        cells,
        number,
        on=on,
        known_regions=known_regions,
        retired_regions=retired_regions,
        declared_birth_date=birth_date,
        declared_sex=sex,
    )
    status = cells.choice("migration_status", MigrationStatus)
    level = cells.choice("verification_level", VerificationLevel)
    cells.take(birth_contradictions(birth_date, (), on=on))
    person = PersonRow(
        external_id=_needed_text(cells, "external_id"),
        person_nik=number,
        nik_reading=reading,
        full_name=_needed_text(cells, "full_name"),
        birth_date=birth_date,
        sex=sex,
        phone=cells.shaped("phone", _PHONE, "a phone number is written in E.164, such as +62812…"),
        ktp_village_code=cells.village("ktp_village_code"),
        domicile_village_code=cells.village("domicile_village_code"),
        married=cells.flag("married"),
        education=cells.choice("education", Education),
        migration_status=cells.needed("migration_status", status, MigrationStatus.RETURNED),
        placement=_placement(cells, on, birth_date),
        skills=cells.items("skills"),
        languages=_languages(cells),
        verification_level=level or VerificationLevel.SELF_DECLARED,
    )
    cells.finish()
    return person


def read_cooperative(row: Mapping[str, str | None], *, on: date) -> CooperativeRow:
    """Return the cooperative of one row, or raise `FaultyRow` with every fault."""
    cells = Cells(row)
    founded_on = cells.needed("founded_on", cells.day("founded_on"), FIRST_DAY)
    legal_entity_on = cells.day("legal_entity_on")
    cells.take(founding_contradictions(founded_on, legal_entity_on, on=on))
    rats, figures = _rats(cells), _figures(cells)
    years = [year.book_year for year in figures]
    cells.take(rat_contradictions(rats, founded_on=founded_on, on=on))
    cells.take(figures_contradictions(years, founded_on=founded_on, on=on))
    cooperative = CooperativeRow(
        external_id=_needed_text(cells, "external_id"),
        kind=cells.needed("kind", cells.choice("kind", CooperativeKind), CooperativeKind.KOPDES),
        name=_needed_text(cells, "name"),
        legal_entity_no=cells.text("legal_entity_no"),
        legal_entity_on=legal_entity_on,
        coop_registry_no=cells.text("coop_registry_no"),
        certificate_valid_until=cells.day("certificate_valid_until"),
        founded_on=founded_on,
        village_codes=cells.villages("village_codes"),
        has_usp=cells.flag("has_usp") or False,
        microsite_url=cells.shaped("microsite_url", _URL, "an address begins with https://"),
        npwp=cells.shaped("npwp", _NPWP, "an NPWP is 15 or 16 digits"),
        nib=cells.shaped("nib", _NIB, "a NIB is written in digits"),
        health_grade=cells.choice("health_grade", HealthGrade),
        rats=rats,
        figures=figures,
    )
    cells.finish()
    return cooperative


def cooperative_contradictions(
    row: CooperativeRow,
    *,
    known_legal_entity_on: date | None,
    known_rats: Mapping[int, date],
    known_years: Iterable[int],
    on: date,
) -> tuple[Contradiction, ...]:
    """Return what of a row cannot be true beside what is recorded of the cooperative already.

    The row takes the place of what is recorded for the same book year, and what it leaves empty
    stays as it is known.
    """
    founded_on = row.founded_on
    meetings = {**known_rats, **{rat.book_year: rat.held_on for rat in row.rats}}
    rats = [Rat(book_year=year, held_on=held_on) for year, held_on in meetings.items()]
    years = sorted({*known_years, *(year.book_year for year in row.figures)})
    legal_entity_on = row.legal_entity_on or known_legal_entity_on
    return (
        *founding_contradictions(founded_on, legal_entity_on, on=on),
        *rat_contradictions(rats, founded_on=founded_on, on=on),
        *figures_contradictions(years, founded_on=founded_on, on=on),
    )


def _needed_text(cells: Cells, column: str) -> str:
    return cells.needed(column, cells.text(column), "")


def _nik_reading(
    cells: Cells,
    number: str | None,
    *,
    on: date,
    known_regions: Container[str],
    retired_regions: Mapping[str, str],
    declared_birth_date: date | None,
    declared_sex: Sex,
) -> nik.NikReading | None:
    if number is None:
        return None
    try:
        return nik.read(
            number,
            on=on,
            known_regions=known_regions,
            retired_regions=retired_regions,
            declared_birth_date=declared_birth_date,
            declared_sex=declared_sex,
        )
    except nik.ImpossibleNik as impossible:
        cells.fault("person_nik", impossible.reason, str(impossible))
        return None


def _placement(cells: Cells, on: date, birth_date: date | None) -> Placement | None:
    country = cells.text("country")
    placement = Placement(
        country=country or "",
        sector=cells.choice("placement_sector", PlacementSector),
        employer_kind=cells.choice("employer_kind", EmployerKind),
        scheme=cells.choice("scheme", Scheme),
        departed_on=cells.day("departed_on"),
        returned_on=cells.day("returned_on"),
        return_reason=cells.choice("return_reason", ReturnReason),
    )
    if country is None and placement == Placement(country=""):
        return None
    cells.take(contradictions(placement, on=on, birth_date=birth_date))
    return placement


def _languages(cells: Cells) -> tuple[Language, ...]:
    matches = cells.records("languages", _LANGUAGE, _LANGUAGE_RULE)
    return tuple([Language(code=match[1], level=LanguageLevel(match[2])) for match in matches])


def _rats(cells: Cells) -> tuple[Rat, ...]:
    rats: list[Rat] = []
    for match in cells.records("rats", _RAT, "a meeting is written book_year:YYYY-MM-DD"):
        try:
            rats.append(Rat(book_year=int(match[1]), held_on=date.fromisoformat(match[2])))
        except ValueError:
            cells.fault("rats", "not_a_date", "a date is written YYYY-MM-DD and exists")
    return tuple(rats)


def _figures(cells: Cells) -> tuple[Figures, ...]:
    rule = "figures are written book_year:shu:equity:assets, in whole rupiah"
    figures = tuple(
        Figures(book_year=int(year), shu=int(shu), equity=int(equity), assets=int(assets))
        for year, shu, equity, assets in (
            match.groups() for match in cells.records("figures", _FIGURES, rule)
        )
    )
    if any(max(abs(one.shu), abs(one.equity), one.assets) > AMOUNT_MAX for one in figures):
        cells.fault("figures", "too_large", f"an amount is at most {AMOUNT_MAX} rupiah")
    return figures
