"""Who may move a membership, and who may become a member at all."""

from uuid import UUID

import pytest

from services.registry.domain.cooperative import CooperativeKind
from services.registry.domain.membership import (
    MOVED_BY,
    CloseRelative,
    Event,
    NotTheirs,
    OwnMembership,
    Party,
    admission,
    check_officer,
    check_party,
)
from services.registry.domain.source import Confidence

CHAIR, SISTER_IN_LAW, STRANGER = UUID(int=1), UUID(int=2), UUID(int=3)
VILLAGES = frozenset({"52.02.02.2001", "52.02.02.2002"})


def test_every_event_belongs_to_one_party():
    assert set(MOVED_BY) == set(Event)


@pytest.mark.parametrize("event", list(Event))
def test_only_the_member_resigns_and_only_an_officer_decides(event):
    theirs = Party.MEMBER if event is Event.RESIGN else Party.OFFICER
    other = Party.OFFICER if event is Event.RESIGN else Party.MEMBER
    check_party(event, theirs)
    with pytest.raises(NotTheirs, match=f"{event} is for the {theirs}, not for the {other}$"):
        check_party(event, other)


def test_an_officer_decides_on_strangers_only():
    kin = frozenset({SISTER_IN_LAW})
    check_officer(officer=CHAIR, member=STRANGER, officer_kin=kin)
    with pytest.raises(OwnMembership, match=r"^an officer .* their own membership$"):
        check_officer(officer=CHAIR, member=CHAIR, officer_kin=kin)
    with pytest.raises(CloseRelative, match=r"^an officer .* a first-degree relative$"):
        check_officer(officer=CHAIR, member=SISTER_IN_LAW, officer_kin=kin)


@pytest.mark.parametrize(
    ("kind", "ktp_village", "expected"),
    [
        (CooperativeKind.KOPDES, "52.02.02.2001", []),
        (CooperativeKind.KOPDES, "52.02.02.2002", []),
        (CooperativeKind.KOPDES, "52.02.02.2003", ["ktp_village_outside"]),
        (CooperativeKind.KOPDES, None, ["ktp_village_unknown"]),
        (CooperativeKind.KELKOPDES, "52.02.02.2003", ["ktp_village_outside"]),
        (CooperativeKind.MIGRANT_WORKER, "52.02.02.2003", []),
        (CooperativeKind.MIGRANT_WORKER, None, []),
        (CooperativeKind.KSP, "93.01.01.1004", []),
    ],
)
def test_a_village_cooperative_takes_in_those_whose_ktp_is_of_its_villages(
    kind, ktp_village, expected
):
    said = admission(kind, ktp_village_code=ktp_village, village_codes=VILLAGES)
    assert [refusal.code for refusal in said.refusals] == expected
    assert said.admissible == (not expected)


def test_a_refusal_names_its_source_its_confidence_and_a_way_out():
    (refusal,) = admission(
        CooperativeKind.KOPDES, ktp_village_code="35.05.04.2002", village_codes=VILLAGES
    ).refusals
    assert refusal.source.regulation == "Juklak Menkop 1/2025"
    assert refusal.source.confidence is Confidence.PRESS
    assert "anggota luar biasa" in refusal.remedy
