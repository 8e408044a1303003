"""A person's verification, placements, languages and certificates."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.country import ABROAD, COUNTRIES
from services.registry.domain.person import (
    AWAY,
    PROVES,
    AttestationByKin,
    Certificate,
    EmployerKind,
    Evidence,
    EvidenceFromTheFuture,
    EvidenceKind,
    IdentityMatched,
    LanguageLevel,
    MigrationStatus,
    NotHigher,
    Placement,
    ReturnReason,
    Scheme,
    SelfAttestation,
    VerificationLevel,
    birth_contradictions,
    check_correction,
    contradictions,
    verify,
)

ON = date(2026, 11, 24)
SUBJECT, MOTHER, KADES = UUID(int=1), UUID(int=2), UUID(int=3)
L = VerificationLevel


def show(level=L.SELF_DECLARED, kind=EvidenceKind.VILLAGE_LETTER, by=KADES, dated=ON):
    evidence = Evidence(kind=kind, reference="470/12/2026", attested_by=by, attested_on=dated)
    return verify(level, evidence, subject=SUBJECT, kin=frozenset({MOTHER}), on=ON)


@pytest.mark.parametrize(
    ("level", "kind", "raised"),
    [
        (L.SELF_DECLARED, EvidenceKind.VILLAGE_LETTER, L.VILLAGE_ATTESTED),
        (L.SELF_DECLARED, EvidenceKind.DUKCAPIL_MATCH, L.DUKCAPIL_VERIFIED),
        (L.VILLAGE_ATTESTED, EvidenceKind.SISKOP2MI_RECORD, L.SISKOP2MI_MATCHED),
        (L.SISKOP2MI_MATCHED, EvidenceKind.DUKCAPIL_MATCH, L.DUKCAPIL_VERIFIED),
    ],
)
def test_evidence_raises_the_level(level, kind, raised):
    assert show(level, kind) is raised


@pytest.mark.parametrize(
    ("level", "kind"),
    [
        (L.VILLAGE_ATTESTED, EvidenceKind.VILLAGE_LETTER),
        (L.SISKOP2MI_MATCHED, EvidenceKind.VILLAGE_LETTER),
        (L.DUKCAPIL_VERIFIED, EvidenceKind.SISKOP2MI_RECORD),
        (L.DUKCAPIL_VERIFIED, EvidenceKind.DUKCAPIL_MATCH),
    ],
)
def test_weaker_or_equal_evidence_changes_nothing(level, kind):
    with pytest.raises(NotHigher):
        show(level, kind)


def test_nobody_vouches_for_themselves_or_for_kin():
    with pytest.raises(SelfAttestation, match=r"^the attestor .* are the same person$"):
        show(by=SUBJECT)
    with pytest.raises(AttestationByKin, match=r"^the attestor .* relative of the subject$"):
        show(by=MOTHER)


def test_evidence_is_not_dated_tomorrow():
    assert show(dated=ON) is L.VILLAGE_ATTESTED
    with pytest.raises(EvidenceFromTheFuture, match=r"^the evidence .* in the future$"):
        show(dated=date(2026, 11, 25))


@given(st.lists(st.sampled_from(EvidenceKind)))
def test_a_level_only_rises_and_only_to_what_was_proved(kinds):
    level = L.SELF_DECLARED
    for kind in kinds:
        before = level
        try:
            level = show(level, kind)
        except NotHigher:
            continue
        assert level.rank > before.rank
        assert level is PROVES[kind]
    best = max((PROVES[kind].rank for kind in kinds), default=L.SELF_DECLARED.rank)
    assert level.rank == best


def test_every_level_but_the_first_has_its_evidence():
    assert set(PROVES.values()) == set(L) - {L.SELF_DECLARED}
    assert set(PROVES) == set(EvidenceKind)


IDENTITY_NOW = {
    "nik_index": b"1",
    "full_name": "Sunarti",
    "birth_date": date(1988, 5, 14),
    "sex": "female",
}
RECORD = IDENTITY_NOW | {"phone": "+6281200010037"}
MARRIED_NAME = {"full_name": "Sunarti Hadi"}


@pytest.mark.parametrize("level", [L.SISKOP2MI_MATCHED, L.DUKCAPIL_VERIFIED])
@pytest.mark.parametrize("change", [{name: None} for name in IDENTITY_NOW])
def test_only_an_authority_corrects_an_identity_that_a_register_stands_behind(level, change):
    check_correction(level, RECORD, change, authority=True)
    with pytest.raises(IdentityMatched, match=f"{level}; a ministry or service corrects it$"):
        check_correction(level, RECORD, change, authority=False)


@pytest.mark.parametrize("authority", [True, False])
@pytest.mark.parametrize(
    ("level", "change"),
    [
        (L.SELF_DECLARED, MARRIED_NAME),
        (L.VILLAGE_ATTESTED, MARRIED_NAME),
        (L.DUKCAPIL_VERIFIED, {}),
        (L.DUKCAPIL_VERIFIED, RECORD),
        (L.DUKCAPIL_VERIFIED, {"phone": None}),
    ],
)
def test_anybody_corrects_what_no_register_stands_behind(level, change, authority):
    check_correction(level, RECORD, change, authority=authority)


@pytest.mark.parametrize(
    ("born", "departures", "expected"),
    [
        (None, (ON,), []),
        (ON, (), []),
        (date(2026, 11, 25), (), ["in_the_future"]),
        (date(1990, 3, 3), (date(2019, 1, 1), date(1990, 3, 4)), []),
        (date(1990, 3, 3), (date(2019, 1, 1), date(1990, 3, 3)), ["out_of_order"]),
        (date(2026, 11, 25), (ON,), ["in_the_future", "out_of_order"]),
    ],
)
def test_nobody_is_born_tomorrow_or_leaves_before_the_day_after_the_birth(
    born, departures, expected
):
    found = birth_contradictions(born, departures, on=ON)
    assert [(each.field, each.code) for each in found] == [
        ("birth_date", code) for code in expected
    ]


def a_placement(**changes):
    facts = {
        "country": "MY",
        "scheme": Scheme.P2P,
        "employer_kind": EmployerKind.INDIVIDUAL,
        "contract_from": date(2019, 1, 1),
        "contract_until": date(2021, 1, 1),
        "departed_on": date(2019, 1, 1),
        "returned_on": date(2021, 1, 10),
        "return_reason": ReturnReason.CONTRACT_COMPLETED,
    }
    return Placement(**(facts | changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"returned_on": date(2019, 1, 1)}, []),
        ({"returned_on": date(2018, 12, 31)}, [("returned_on", "out_of_order")]),
        ({"returned_on": ON}, []),
        ({"returned_on": date(2026, 11, 25)}, [("returned_on", "in_the_future")]),
        (
            {"departed_on": date(2026, 11, 25), "returned_on": None, "return_reason": None},
            [("departed_on", "in_the_future")],
        ),
        ({"departed_on": ON, "returned_on": None, "return_reason": None}, []),
        ({"contract_until": date(2019, 1, 1)}, []),
        ({"contract_until": date(2018, 12, 31)}, [("contract_until", "out_of_order")]),
        ({"returned_on": None}, [("return_reason", "no_return")]),
        ({"returned_on": None, "return_reason": None}, []),
        ({"departed_on": None}, []),
        ({"departed_on": date(1990, 3, 3)}, [("departed_on", "out_of_order")]),
        ({"departed_on": date(1990, 3, 4)}, []),
        ({"country": "ID"}, [("country", "country_unknown")]),
        ({"country": "my"}, [("country", "country_unknown")]),
        ({"country": "XX"}, [("country", "country_unknown")]),
    ],
)
def test_dates_of_a_placement_follow_each_other(changes, expected):
    found = contradictions(a_placement(**changes), on=ON, birth_date=date(1990, 3, 3))
    assert [(each.field, each.code) for each in found] == expected


def test_every_contradiction_is_told_at_once():
    told = a_placement(country="XX", returned_on=date(2018, 1, 1), contract_until=date(2018, 1, 1))
    assert len(contradictions(told, on=ON)) == 3


def test_an_undocumented_worker_needs_to_know_the_country_and_no_more():
    assert contradictions(Placement(country="MY", scheme=Scheme.UNDOCUMENTED), on=ON) == ()


def test_who_is_away_and_who_is_home():
    assert {MigrationStatus.ABROAD, MigrationStatus.DEPARTED_AGAIN} == AWAY


def test_the_countries_are_those_of_iso_3166():
    assert len(COUNTRIES) == 249
    assert {"MY", "HK", "TW", "SA", "KR", "JP", "SG", "BN"} <= ABROAD
    assert "ID" not in ABROAD


@pytest.mark.parametrize(
    ("on", "until", "valid"),
    [
        (date(2024, 12, 31), date(2026, 1, 1), False),
        (date(2025, 1, 1), date(2026, 1, 1), True),
        (date(2026, 1, 1), date(2026, 1, 1), True),
        (date(2026, 1, 2), date(2026, 1, 1), False),
        (date(2099, 1, 1), None, True),
    ],
)
def test_a_certificate_is_valid_from_its_first_to_its_last_day(on, until, valid):
    certificate = Certificate(
        scheme="Caregiver",
        issuer="BNSP",
        number="1",
        issued_on=date(2025, 1, 1),
        valid_until=until,
    )
    assert certificate.valid(on=on) is valid


def test_language_levels_are_in_order():
    assert [level.rank for level in LanguageLevel] == list(range(7))
    assert LanguageLevel.A1.rank < LanguageLevel.B2.rank < LanguageLevel.NATIVE.rank
