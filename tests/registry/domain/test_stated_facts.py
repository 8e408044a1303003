"""What cannot be true of a founding, a term of office or yearly figures, and what a row says."""

from datetime import date

import pytest

from services.registry.domain.cooperative import (
    CooperativeKind,
    Figures,
    HealthGrade,
    Rat,
    figures_contradictions,
    founding_contradictions,
    term_contradictions,
)
from services.registry.domain.importing import (
    CooperativeRow,
    cooperative_contradictions,
    read_cooperative,
    read_person,
)
from services.registry.domain.person import EmployerKind, Placement, PlacementSector, Scheme, Sex
from services.registry.domain.source import Contradiction, Contradictory, must_agree
from tests.registry.domain.test_importing import COOPERATIVE, ON, PERSON

TODAY, TOMORROW, YESTERDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 23)


def told(found):
    return [(each.field, each.code) for each in found]


@pytest.mark.parametrize(
    ("founded", "decree", "expected"),
    [
        (TODAY, TODAY, []),
        (TODAY, None, []),
        (YESTERDAY, TODAY, []),
        (TOMORROW, None, [("founded_on", "in_the_future")]),
        (YESTERDAY, TOMORROW, [("legal_entity_on", "in_the_future")]),
        (TODAY, YESTERDAY, [("legal_entity_on", "out_of_order")]),
        (
            TOMORROW,
            TODAY,
            [("founded_on", "in_the_future"), ("legal_entity_on", "out_of_order")],
        ),
    ],
)
def test_a_legal_entity_is_not_older_than_the_founding_nor_either_of_tomorrow(
    founded, decree, expected
):
    assert told(founding_contradictions(founded, decree, on=TODAY)) == expected


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (TODAY, None, []),
        (TODAY, TODAY, []),
        (TODAY, YESTERDAY, [("until", "out_of_order")]),
    ],
)
def test_a_term_of_office_does_not_end_before_it_begins(since, until, expected):
    assert told(term_contradictions(since, until)) == expected


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ((), []),
        ((2024, 2025), []),
        ((2026,), [("figures", "book_year_open")]),
        ((2023,), [("figures", "before_founding")]),
        ((2025, 2025), [("figures", "twice")]),
        ((2025, 2023, 2025), [("figures", "before_founding"), ("figures", "twice")]),
    ],
)
def test_figures_are_of_ended_book_years_each_once(years, expected):
    founded = date(2024, 12, 31)
    assert told(figures_contradictions(years, founded_on=founded, on=TODAY)) == expected


def test_a_contradiction_says_what_is_wrong_and_with_which_year():
    (early,) = figures_contradictions((2023,), founded_on=date(2024, 1, 1), on=TODAY)
    (late,) = term_contradictions(TODAY, YESTERDAY)
    assert early.detail == "2023 is before the founding"
    assert late.detail == "the term ends before it begins"
    founded = date(2024, 1, 1)
    twice, still_open = figures_contradictions((2025, 2025, 2026), founded_on=founded, on=TODAY)
    assert twice.detail == "book year 2025 is listed twice"
    assert "2026 has not ended" in still_open.detail


def test_a_contradiction_of_a_founding_says_what_is_to_come_or_too_old():
    founding, decree = founding_contradictions(TOMORROW, TOMORROW, on=TODAY)
    (order,) = founding_contradictions(TODAY, YESTERDAY, on=TODAY)
    assert founding.detail == "the founding is to come"
    assert decree.detail.startswith("the decree of the legal entity")
    assert order.detail.startswith("the legal entity is older")


def test_facts_that_agree_pass_and_others_are_refused_with_each_contradiction():
    must_agree(())
    one = Contradiction(field="rats", code="twice", detail="book year 2024 is listed twice")
    other = Contradiction(field="until", code="out_of_order", detail="the term ends too early")
    with pytest.raises(Contradictory, match=r"rats: .*twice; until: ") as refused:
        must_agree(iter((one, other)))
    assert refused.value.contradictions == (one, other)
    assert refused.value.members == {
        "contradictions": [
            {"field": "rats", "code": "twice", "detail": "book year 2024 is listed twice"},
            {"field": "until", "code": "out_of_order", "detail": "the term ends too early"},
        ]
    }


RECORDED = {"known_rats": {}, "known_years": (), "known_legal_entity_on": None}


@pytest.mark.parametrize(
    ("recorded", "cells", "expected"),
    [
        ({}, {}, []),
        # What the row tells takes the place of what is recorded.
        ({"known_rats": {2024: YESTERDAY, 2025: TOMORROW}}, {}, []),
        ({"known_years": (2024, 2025)}, {}, []),
        ({"known_legal_entity_on": date(2020, 1, 1)}, {}, []),
        # What the row leaves empty stays as it is known.
        ({"known_rats": {2025: date(2026, 3, 14)}}, {"rats": "2024:2025-03-22"}, []),
        ({"known_rats": {2023: date(2024, 3, 22)}}, {}, [("rats", "before_founding")]),
        ({"known_rats": {2025: TOMORROW}}, {"rats": ""}, [("rats", "in_the_future")]),
        ({"known_years": (2023,)}, {}, [("figures", "before_founding")]),
        ({"known_years": (2026,)}, {}, [("figures", "book_year_open")]),
        (
            {"known_legal_entity_on": date(2020, 1, 1)},
            {"legal_entity_on": ""},
            [("legal_entity_on", "out_of_order")],
        ),
        (
            {"known_legal_entity_on": TOMORROW},
            {"legal_entity_on": ""},
            [("legal_entity_on", "in_the_future")],
        ),
    ],
)
def test_a_row_is_weighed_together_with_what_is_recorded(recorded, cells, expected):
    row = read_cooperative(COOPERATIVE | cells, on=ON)
    assert told(cooperative_contradictions(row, on=TODAY, **(RECORDED | recorded))) == expected


def test_every_cell_of_a_cooperatives_row_is_read():
    assert read_cooperative(COOPERATIVE | {"has_usp": "true"}, on=ON) == CooperativeRow(
        external_id="C-1",
        kind=CooperativeKind.MIGRANT_WORKER,
        name="Koperasi Purna Migran",
        legal_entity_no="AHU-1",
        legal_entity_on=date(2024, 2, 12),
        coop_registry_no="5202040010001",
        certificate_valid_until=date(2027, 4, 30),
        founded_on=date(2024, 1, 17),
        village_codes=("52.02.02.2001", "52.02.02.2002"),
        has_usp=True,
        microsite_url="https://purna.kopdes.example",
        npwp="0001520209176421",
        nib="0407010007351",
        health_grade=HealthGrade.CUKUP_SEHAT,
        rats=(
            Rat(book_year=2024, held_on=date(2025, 3, 22)),
            Rat(book_year=2025, held_on=date(2026, 3, 14)),
        ),
        figures=(
            Figures(book_year=2024, shu=-5, equity=0, assets=790),
            Figures(book_year=2025, shu=52_600_000, equity=512_000_000, assets=968_000_000),
        ),
    )


def test_every_cell_of_a_persons_placement_is_read():
    read = read_person(PERSON, on=ON, known_regions=frozenset({"52.02"}), retired_regions={})
    assert read.sex is Sex.FEMALE
    assert read.phone == "+6281200010037"
    assert read.placement == Placement(
        country="HK",
        sector=PlacementSector.INFORMAL,
        employer_kind=EmployerKind.INDIVIDUAL,
        scheme=Scheme.P2P,
        departed_on=date(2014, 2, 10),
        returned_on=date(2022, 6, 18),
        return_reason=read.placement.return_reason,
    )
