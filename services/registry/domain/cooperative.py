"""
A cooperative: its life, its officers, its annual meetings and its yearly figures.

The life is `TRANSITIONS`. Most rules on officers are known from the press, so they speak as
findings with their source: people see them, and nothing is refused because of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType
from uuid import UUID

from services.registry.domain.source import Confidence, Contradiction, Finding, Source
from services.registry.domain.transition import step


class CooperativeKind(StrEnum):
    """What sort of cooperative it is. A registry never infers it from the village's code."""

    KOPDES = "kopdes"
    KELKOPDES = "kelkopdes"
    MIGRANT_WORKER = "migrant_worker"
    KSP = "ksp"
    SECONDARY = "secondary"


MERAH_PUTIH = frozenset({CooperativeKind.KOPDES, CooperativeKind.KELKOPDES})
"""Koperasi Desa and Kelurahan Merah Putih: those that Juklak Menkop 1/2025 speaks of."""


class HealthGrade(StrEnum):
    """The health grade of savings and loan business (Permenkop UKM 9/2020), the best first."""

    SEHAT = "sehat"
    CUKUP_SEHAT = "cukup_sehat"
    DALAM_PENGAWASAN = "dalam_pengawasan"
    DALAM_PENGAWASAN_KHUSUS = "dalam_pengawasan_khusus"


class CooperativeStatus(StrEnum):
    """Where a cooperative stands."""

    FORMING = "forming"
    ACTIVE = "active"
    DORMANT = "dormant"
    WINDING_UP = "winding_up"
    ABANDONED = "abandoned"
    MERGED = "merged"
    DISSOLVED = "dissolved"


class CooperativeEvent(StrEnum):
    """What may happen to a cooperative."""

    INCORPORATE = "incorporate"
    ABANDON = "abandon"
    LAPSE = "lapse"
    REVIVE = "revive"
    MERGE = "merge"
    WIND_UP = "wind_up"
    STRIKE_OFF = "strike_off"


TRANSITIONS: Mapping[CooperativeStatus, Mapping[CooperativeEvent, CooperativeStatus]] = (
    MappingProxyType(
        {
            CooperativeStatus.FORMING: {
                CooperativeEvent.INCORPORATE: CooperativeStatus.ACTIVE,
                CooperativeEvent.ABANDON: CooperativeStatus.ABANDONED,
            },
            CooperativeStatus.ACTIVE: {
                CooperativeEvent.LAPSE: CooperativeStatus.DORMANT,
                CooperativeEvent.MERGE: CooperativeStatus.MERGED,
                CooperativeEvent.WIND_UP: CooperativeStatus.WINDING_UP,
            },
            CooperativeStatus.DORMANT: {
                CooperativeEvent.REVIVE: CooperativeStatus.ACTIVE,
                CooperativeEvent.MERGE: CooperativeStatus.MERGED,
                CooperativeEvent.WIND_UP: CooperativeStatus.WINDING_UP,
            },
            CooperativeStatus.WINDING_UP: {
                CooperativeEvent.STRIKE_OFF: CooperativeStatus.DISSOLVED,
            },
            CooperativeStatus.ABANDONED: {},
            CooperativeStatus.MERGED: {},
            CooperativeStatus.DISSOLVED: {},
        }
    )
)

ADMITTING = frozenset({CooperativeStatus.FORMING, CooperativeStatus.ACTIVE})
"""Where new members can be taken in."""


def advance(status: CooperativeStatus, event: CooperativeEvent) -> CooperativeStatus:
    """Return the status that `event` leads to, or raise `IllegalTransition`."""
    return step("cooperative", TRANSITIONS, status, event)


def allowed(status: CooperativeStatus) -> frozenset[CooperativeEvent]:
    """Return the events that may happen next; empty when the story is over."""
    return frozenset(TRANSITIONS[status])


class Board(StrEnum):
    """The two elected organs besides the members' meeting (UU 25/1992, art. 21)."""

    PENGURUS = "pengurus"
    PENGAWAS = "pengawas"


class Position(StrEnum):
    """The seat on a board."""

    KETUA = "ketua"
    WAKIL_KETUA = "wakil_ketua"
    SEKRETARIS = "sekretaris"
    BENDAHARA = "bendahara"
    ANGGOTA = "anggota"


class VillageOffice(StrEnum):
    """An office of the village government."""

    KADES = "kades"
    LURAH = "lurah"
    SEKDES = "sekdes"
    KAUR = "kaur"
    KASI = "kasi"
    KADUS = "kadus"
    BPD = "bpd"


VILLAGE_HEADS = frozenset({VillageOffice.KADES, VillageOffice.LURAH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """One person on one seat, from the first to the last day of office, both included."""

    person_id: UUID
    board: Board
    position: Position
    since: date
    until: date | None = None
    village_office: VillageOffice | None = None

    def serving(self, *, on: date) -> bool:
        """Tell whether the seat is held `on` a day."""
        return self.since <= on and (self.until is None or on <= self.until)


_JUKLAK = "Juklak Menkop 1/2025"
KINSHIP = Source(
    regulation=_JUKLAK,
    provision="ch. III: no kinship to the first degree among pengurus and pengawas",
    confidence=Confidence.PRESS,
)
VILLAGE_OFFICE = Source(
    regulation=_JUKLAK,
    provision="ch. III: pengurus are not of the village leadership",
    confidence=Confidence.PRESS,
)
PENGAWAS_COUNT = Source(
    regulation=_JUKLAK,
    provision="ch. III: pengawas are an odd number, at least three",
    confidence=Confidence.PRESS,
)
PENGAWAS_CHAIR = Source(
    regulation=_JUKLAK,
    provision="ch. III: the kades or lurah chairs the pengawas ex officio",
    confidence=Confidence.PRESS,
)
PENGAWAS_MIN = 3


def officer_findings(
    kind: CooperativeKind,
    officers: Iterable[Officer],
    *,
    kin: AbstractSet[frozenset[UUID]],
    on: date,
) -> tuple[Finding, ...]:
    """Return what the guide for village cooperatives would object to in the boards `on` a day.

    `kin` holds the pairs of persons related to the first degree, by blood or by marriage. Other
    kinds of cooperative have no finding: the guide does not speak of them.
    """
    if kind not in MERAH_PUTIH:
        return ()
    serving = tuple(officer for officer in officers if officer.serving(on=on))
    return (
        *_kinship(serving, kin),
        *_village_office(serving),
        *_pengawas(tuple(seat for seat in serving if seat.board is Board.PENGAWAS)),
    )


def _kinship(serving: tuple[Officer, ...], kin: AbstractSet[frozenset[UUID]]) -> Iterator[Finding]:
    people = sorted({officer.person_id for officer in serving})
    for pair in combinations(people, 2):
        if frozenset(pair) in kin:
            yield Finding(
                code="officers_related",
                detail="two officers are related to the first degree",
                source=KINSHIP,
                people=pair,
            )


def _village_office(serving: tuple[Officer, ...]) -> Iterator[Finding]:
    for officer in serving:
        if officer.board is Board.PENGURUS and officer.village_office is not None:
            yield Finding(
                code="pengurus_in_village_office",
                detail=f"a pengurus holds the village office of {officer.village_office}",
                source=VILLAGE_OFFICE,
                people=(officer.person_id,),
            )


def _pengawas(pengawas: tuple[Officer, ...]) -> Iterator[Finding]:
    count = len({officer.person_id for officer in pengawas})
    if count < PENGAWAS_MIN or count % 2 == 0:
        yield Finding(
            code="pengawas_count",
            detail=f"there are {count} pengawas; the guide wants an odd number, 3 or more",
            source=PENGAWAS_COUNT,
        )
    chairs = tuple(officer for officer in pengawas if officer.position is Position.KETUA)
    if not any(chair.village_office in VILLAGE_HEADS for chair in chairs):
        yield Finding(
            code="pengawas_chair",
            detail="the pengawas are not chaired by the kades or lurah",
            source=PENGAWAS_CHAIR,
            people=tuple(sorted(chair.person_id for chair in chairs)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rat:
    """One annual members' meeting (Rapat Anggota Tahunan): the book year it closed, and when."""

    book_year: int
    held_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one book year came to, in whole rupiah. The SHU may be a loss."""

    book_year: int
    shu: int
    equity: int
    assets: int


def founding_contradictions(
    founded_on: date, legal_entity_on: date | None, *, on: date
) -> tuple[Contradiction, ...]:
    """Return what cannot be true in the dates of a founding as they are told `on` a day."""
    found: list[Contradiction] = []
    if founded_on > on:
        found.append(_contradiction("founded_on", "in_the_future", "the founding is to come"))
    if legal_entity_on is not None and legal_entity_on > on:
        detail = "the decree of the legal entity is still to come"
        found.append(_contradiction("legal_entity_on", "in_the_future", detail))
    if legal_entity_on is not None and legal_entity_on < founded_on:
        detail = "the legal entity is older than the founding meeting"
        found.append(_contradiction("legal_entity_on", "out_of_order", detail))
    return tuple(found)


def term_contradictions(since: date, until: date | None) -> tuple[Contradiction, ...]:
    """Return what cannot be true in a term of office: an end before its beginning."""
    if until is None or since <= until:
        return ()
    return (_contradiction("until", "out_of_order", "the term ends before it begins"),)


def figures_contradictions(
    years: Iterable[int], *, founded_on: date, on: date
) -> tuple[Contradiction, ...]:
    """Return what cannot be true in the book years that have figures, as told `on` a day."""
    found: list[Contradiction] = []
    seen: set[int] = set()
    for year in years:
        if year in seen:
            found.append(_contradiction("figures", "twice", f"book year {year} is listed twice"))
        if year < founded_on.year:
            detail = f"{year} is before the founding"
            found.append(_contradiction("figures", "before_founding", detail))
        if year >= on.year:
            detail = f"the book year {year} has not ended"
            found.append(_contradiction("figures", "book_year_open", detail))
        seen.add(year)
    return tuple(found)


def _contradiction(field: str, code: str, detail: str) -> Contradiction:
    return Contradiction(field=field, code=code, detail=detail)


RAT_DUE = Source(
    regulation="UU 25/1992",
    provision="art. 26: the members meet within six months after the book year",
    confidence=Confidence.UNVERIFIED,
)
RAT_DUE_MONTH_DAY = (6, 30)
"""The book year is the calendar year; half a year later the meeting is late."""
RAT_YEARS_LOOKED_AT = 3
"""An older meeting that is not recorded is more likely a missing record than a missed meeting."""


def rat_contradictions(
    rats: Iterable[Rat], *, founded_on: date, on: date
) -> tuple[Contradiction, ...]:
    """Return what cannot be true in the list of annual meetings as it is told `on` a day."""
    found: list[Contradiction] = []
    seen: set[int] = set()
    for rat in rats:
        year = rat.book_year
        for code, wrong, detail in (
            ("twice", year in seen, f"book year {year} is listed twice"),
            ("before_founding", year < founded_on.year, f"{year} is before the founding"),
            ("in_the_future", rat.held_on > on, f"the meeting on {year} is still to come"),
            (
                "book_year_open",
                rat.held_on.year <= year,
                f"the meeting on {year} was held before that book year ended",
            ),
        ):
            if wrong:
                found.append(Contradiction(field="rats", code=code, detail=detail))
        seen.add(year)
    return tuple(found)


def rat_findings(rats: Iterable[Rat], *, founded_on: date, on: date) -> tuple[Finding, ...]:
    """Return the book years whose annual meeting was late or, `on` a day, is overdue.

    Only the last `RAT_YEARS_LOOKED_AT` book years are looked at.
    """
    held = {rat.book_year: rat.held_on for rat in rats}
    found: list[Finding] = []
    for year in range(max(founded_on.year, on.year - RAT_YEARS_LOOKED_AT), on.year):
        due = date(year + 1, *RAT_DUE_MONTH_DAY)
        if min(held.get(year, on), on) <= due:
            continue
        word = "was held late" if held.get(year, date.max) <= on else "is overdue"
        detail = f"the meeting on book year {year} {word}; it was due by {due}"
        found.append(Finding(code="rat_late", detail=detail, source=RAT_DUE))
    return tuple(found)


def consecutive_rats(rats: Iterable[Rat], *, on: date) -> tuple[int, ...]:
    """Return the latest unbroken run of book years with a meeting held by a day, ascending."""
    years = sorted({rat.book_year for rat in rats if rat.held_on <= on}, reverse=True)
    run = [year for place, year in enumerate(years) if year == years[0] - place]
    return tuple(reversed(run))


CERTIFICATE = Source(
    regulation="Permenkop UKM 10/2016",
    provision=(
        "Nomor Induk Koperasi: a certificate is for an active cooperative with two consecutive "
        "annual meetings, and valid for one year"
    ),
    confidence=Confidence.PRESS,
)
CERTIFICATE_RATS_MIN = 2


def certificate_valid(valid_until: date | None, *, on: date) -> bool:
    """Tell whether the registry certificate is in force `on` a day, the last one included."""
    return valid_until is not None and on <= valid_until


def certificate_findings(
    status: CooperativeStatus, rats: Iterable[Rat], *, valid_until: date | None, on: date
) -> tuple[Finding, ...]:
    """Return what stands between a cooperative and a valid registry certificate `on` a day."""
    found: list[Finding] = []
    if valid_until is None:
        found.append(_certificate("certificate_missing", "no certificate is recorded"))
    elif not certificate_valid(valid_until, on=on):
        found.append(
            _certificate("certificate_expired", f"the certificate ended on {valid_until}")
        )
    if status is not CooperativeStatus.ACTIVE:
        found.append(_certificate("certificate_not_active", f"the cooperative is {status}"))
    held = len(consecutive_rats(rats, on=on))
    if held < CERTIFICATE_RATS_MIN:
        detail = f"{held} consecutive annual meetings are recorded; a certificate takes 2"
        found.append(_certificate("certificate_rats", detail))
    return tuple(found)


def _certificate(code: str, detail: str) -> Finding:
    return Finding(code=code, detail=detail, source=CERTIFICATE)
