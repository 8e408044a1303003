"""Officers, annual meetings and the certificate of a cooperative."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.cooperative import (
    MERAH_PUTIH,
    Board,
    CooperativeKind,
    CooperativeStatus,
    Officer,
    Position,
    Rat,
    VillageOffice,
    certificate_findings,
    certificate_valid,
    consecutive_rats,
    officer_findings,
    rat_contradictions,
    rat_findings,
)
from services.registry.domain.source import Confidence

ON = date(2026, 11, 24)
FOUNDED = date(2024, 1, 17)


def seat(number, board=Board.PENGURUS, position=Position.ANGGOTA, **changes):
    facts = {"since": date(2025, 6, 1), "person_id": UUID(int=number)}
    return Officer(board=board, position=position, **(facts | changes))


def boards(*more, without=()):
    """Return two clean boards: pengurus 1-3, pengawas 11-13 under the kades."""
    clean = (
        seat(1, position=Position.KETUA),
        seat(2, position=Position.SEKRETARIS),
        seat(3, position=Position.BENDAHARA),
        seat(11, Board.PENGAWAS, Position.KETUA, village_office=VillageOffice.KADES),
        seat(12, Board.PENGAWAS),
        seat(13, Board.PENGAWAS),
    )
    return (*(one for one in clean if one.person_id.int not in without), *more)


def found(officers, kind=CooperativeKind.KOPDES, kin=frozenset()):
    return officer_findings(kind, officers, kin=kin, on=ON)


def related(one, other):
    return frozenset({frozenset({UUID(int=one), UUID(int=other)})})


KEPT = {"until": date(2026, 11, 24)}
GONE = {"until": date(2026, 11, 23)}
LURAH_CHAIR = seat(14, Board.PENGAWAS, Position.KETUA, village_office=VillageOffice.LURAH)
LAY_CHAIR = seat(14, Board.PENGAWAS, Position.KETUA)


@pytest.mark.parametrize(
    ("officers", "kin", "expected"),
    [
        (boards(), frozenset(), []),
        (boards(), related(1, 2), ["officers_related"]),
        (boards(), related(1, 12), ["officers_related"]),
        (boards(), related(1, 99), []),
        (boards(seat(4, **GONE)), related(1, 4), []),
        (boards(seat(4, **KEPT)), related(1, 4), ["officers_related"]),
        (boards(seat(4, since=date(2026, 11, 25))), related(1, 4), []),
        (boards(seat(4, since=ON)), related(1, 4), ["officers_related"]),
        (boards(seat(4, village_office=VillageOffice.BPD)), (), ["pengurus_in_village_office"]),
        (boards(seat(4, village_office=VillageOffice.KADES)), (), ["pengurus_in_village_office"]),
        (boards(seat(4, village_office=VillageOffice.KADES, **GONE)), (), []),
        (boards(without={13}), (), ["pengawas_count"]),
        (boards(seat(14, Board.PENGAWAS)), (), ["pengawas_count"]),
        (boards(seat(14, Board.PENGAWAS), seat(15, Board.PENGAWAS)), (), []),
        (boards(without={12, 13}), (), ["pengawas_count"]),
        (boards(LURAH_CHAIR, without={11}), (), []),
        (boards(LAY_CHAIR, without={11}), (), ["pengawas_chair"]),
        (boards(without={11, 12, 13}), (), ["pengawas_count", "pengawas_chair"]),
    ],
)
def test_the_guide_for_village_cooperatives_speaks_as_findings(officers, kin, expected):
    assert [finding.code for finding in found(officers, kin=kin)] == expected


def test_a_finding_names_the_people_by_id_and_its_source():
    (finding,) = found(boards(), kin=related(2, 1))
    assert finding.people == (UUID(int=1), UUID(int=2))
    assert finding.source.confidence is Confidence.PRESS
    assert "first degree" in finding.source.provision


@pytest.mark.parametrize("kind", sorted(set(CooperativeKind) - MERAH_PUTIH))
def test_the_guide_does_not_speak_of_other_cooperatives(kind):
    assert found((), kind) == ()
    assert found((), CooperativeKind.KELKOPDES) != ()


def rat(year, held_on):
    return Rat(book_year=year, held_on=date.fromisoformat(held_on))


@pytest.mark.parametrize(
    ("rats", "run"),
    [
        ((), ()),
        ((rat(2025, "2026-03-14"),), (2025,)),
        ((rat(2024, "2025-03-22"), rat(2025, "2026-03-14")), (2024, 2025)),
        ((rat(2025, "2026-03-14"), rat(2024, "2025-03-22")), (2024, 2025)),
        ((rat(2023, "2024-03-22"), rat(2025, "2026-03-14")), (2025,)),
        ((rat(2024, "2025-03-22"), rat(2025, "2026-11-24")), (2024, 2025)),
        ((rat(2024, "2025-03-22"), rat(2025, "2026-11-25")), (2024,)),
    ],
)
def test_consecutive_meetings_are_the_latest_unbroken_run(rats, run):
    assert consecutive_rats(rats, on=ON) == run


@given(st.frozensets(st.integers(2000, 2025)))
def test_a_run_has_no_gap_and_ends_with_the_latest_year(years):
    run = consecutive_rats([rat(year, f"{year + 1}-02-01") for year in years], on=ON)
    assert list(run) == list(range(min(run, default=0), max(run, default=-1) + 1))
    assert set(run) <= years
    if years:
        assert run[-1] == max(years)
        assert run[0] - 1 not in years


@pytest.mark.parametrize(
    ("rats", "expected"),
    [
        ((rat(2024, "2025-01-01"), rat(2025, "2026-11-24")), []),
        ((rat(2024, "2024-12-31"),), ["book_year_open"]),
        ((rat(2025, "2026-11-25"),), ["in_the_future"]),
        ((rat(2023, "2024-06-01"),), ["before_founding"]),
        ((rat(2024, "2025-03-01"), rat(2024, "2025-04-01")), ["twice"]),
        ((rat(9999, "2026-01-01"),), ["book_year_open"]),
    ],
)
def test_what_cannot_be_true_of_a_meeting_is_told(rats, expected):
    told = rat_contradictions(rats, founded_on=FOUNDED, on=ON)
    assert [each.code for each in told] == expected


@pytest.mark.parametrize(
    ("rats", "on", "years"),
    [
        ((), date(2024, 12, 31), []),
        ((), date(2025, 6, 30), []),
        ((), date(2025, 7, 1), [2024]),
        ((rat(2024, "2025-06-30"),), date(2026, 6, 30), []),
        ((rat(2024, "2025-07-01"),), date(2026, 6, 30), [2024]),
        ((rat(2024, "2025-06-30"),), date(2026, 7, 1), [2025]),
        ((rat(2024, "2025-06-30"), rat(2025, "2026-08-01")), date(2026, 7, 15), [2025]),
        ((), date(2032, 7, 1), [2029, 2030, 2031]),
    ],
)
def test_a_meeting_is_late_half_a_year_after_the_book_year(rats, on, years):
    told = rat_findings(rats, founded_on=FOUNDED, on=on)
    assert [int(each.detail.split("book year ")[1][:4]) for each in told] == years


def test_late_and_overdue_are_two_words():
    held, missing = rat_findings((rat(2024, "2025-07-01"),), founded_on=FOUNDED, on=ON)
    assert "book year 2024 was held late;" in held.detail
    assert "book year 2025 is overdue;" in missing.detail
    assert missing.detail.endswith("2026-06-30")


def test_a_late_meeting_of_this_very_day_was_held():
    rats = (rat(2024, "2025-06-30"), rat(2025, "2026-11-24"))
    (today,) = rat_findings(rats, founded_on=FOUNDED, on=ON)
    assert "was held late" in today.detail


@pytest.mark.parametrize(
    ("until", "valid"),
    [(date(2026, 11, 23), False), (ON, True), (date(2026, 11, 25), True), (None, False)],
)
def test_the_certificate_is_valid_to_its_last_day(until, valid):
    assert certificate_valid(until, on=ON) is valid


TWO = (rat(2024, "2025-03-22"), rat(2025, "2026-03-14"))


@pytest.mark.parametrize(
    ("status", "rats", "until", "expected"),
    [
        ("active", TWO, date(2027, 4, 30), []),
        ("active", TWO, date(2026, 11, 23), ["certificate_expired"]),
        ("active", TWO, None, ["certificate_missing"]),
        ("active", TWO[1:], date(2027, 4, 30), ["certificate_rats"]),
        ("dormant", TWO, date(2027, 4, 30), ["certificate_not_active"]),
        (
            "forming",
            (),
            None,
            ["certificate_missing", "certificate_not_active", "certificate_rats"],
        ),
    ],
)
def test_what_a_certificate_still_wants_is_named(status, rats, until, expected):
    told = certificate_findings(CooperativeStatus(status), rats, valid_until=until, on=ON)
    assert [each.code for each in told] == expected


def test_what_a_certificate_still_wants_is_said_with_its_day_its_status_and_its_number():
    told = certificate_findings(
        CooperativeStatus.DORMANT, TWO[1:], valid_until=date(2026, 11, 23), on=ON
    )
    ended, standing, held = (each.detail for each in told)
    assert ended.endswith("ended on 2026-11-23")
    assert standing == "the cooperative is dormant"
    assert held.startswith("1 consecutive annual meetings")
    missing, *_ = certificate_findings(CooperativeStatus.ACTIVE, TWO, valid_until=None, on=ON)
    assert missing.detail == "no certificate is recorded"
