"""Who may do what, and on which day it counts: the guards beside the state machines."""

from datetime import date
from uuid import UUID

import pytest

from services.registry.domain import mentoring, training
from services.registry.domain.cooperative import (
    Board,
    CooperativeKind,
    CooperativeStatus,
    Officer,
    Position,
    VillageOffice,
    officer_findings,
)
from services.registry.domain.facts import NIK_SCOPE, Purpose, tells_nik
from services.registry.domain.membership import (
    DOMICILE,
    ApplicantDeceased,
    NotAdmissible,
    NotAdmitting,
    NotAnOfficer,
    check_admission,
    serving_officer,
)
from services.registry.domain.mentoring import Mentoring, MentoringEvent, MentoringStatus, moved
from services.registry.domain.person import (
    Evidence,
    EvidenceKind,
    MigrationStatus,
    NotHigher,
    OwnRelative,
    VerificationLevel,
    kin_pair,
    verify,
)
from services.registry.domain.training import (
    CompletedInTheFuture,
    CompletionUndated,
    TrainingEvent,
    completion,
)
from services.registry.domain.transition import IllegalTransition

ONE, OTHER = UUID(int=1), UUID(int=2)
ON, BEFORE, AFTER = date(2026, 11, 24), date(2026, 11, 23), date(2026, 11, 25)


def seat(person=ONE, since=ON, until=None, **changes):
    values = {"board": Board.PENGURUS, "position": Position.KETUA, **changes}
    return Officer(person_id=person, since=since, until=until, **values)


@pytest.mark.parametrize(
    "seats",
    [
        (seat(),),
        (seat(until=ON),),
        (seat(since=BEFORE, until=BEFORE), seat()),
        (seat(OTHER), seat()),
    ],
    ids=["from today", "until today", "again", "beside another"],
)
def test_who_holds_a_seat_today_decides(seats):
    assert serving_officer(ONE, seats, on=ON) == ONE


@pytest.mark.parametrize(
    ("person", "seats"),
    [
        (ONE, ()),
        (ONE, (seat(since=AFTER),)),
        (ONE, (seat(since=BEFORE, until=BEFORE),)),
        (ONE, (seat(OTHER),)),
        (None, (seat(),)),
    ],
)
def test_nobody_else_decides(person, seats):
    with pytest.raises(NotAnOfficer, match=r"^the client .* holds a seat on a board today$"):
        serving_officer(person, seats, on=ON)


@pytest.mark.parametrize("status", CooperativeStatus)
def test_only_a_forming_or_active_cooperative_takes_in_members(status):
    def apply():
        check_admission(
            CooperativeKind.KOPDES,
            status,
            applicant=MigrationStatus.RETURNED,
            ktp_village_code="52.02.02.2001",
            village_codes={"52.02.02.2001"},
        )

    if status in {CooperativeStatus.FORMING, CooperativeStatus.ACTIVE}:
        apply()
        return
    with pytest.raises(NotAdmitting, match=f"that is {status} takes in no members") as refused:
        apply()
    assert refused.value.members == {"current_status": status}


@pytest.mark.parametrize(
    ("village", "code", "remedy"),
    [
        ("52.02.02.2009", "ktp_village_outside", "move the KTP to a village of"),
        (None, "ktp_village_unknown", "record the village that the KTP shows"),
    ],
)
def test_who_may_not_join_hears_why_where_it_stands_and_what_to_do(village, code, remedy):
    with pytest.raises(NotAdmissible, match="KTP") as refused:
        check_admission(
            CooperativeKind.KOPDES,
            CooperativeStatus.ACTIVE,
            applicant=MigrationStatus.ABROAD,
            ktp_village_code=village,
            village_codes={"52.02.02.2001"},
        )
    (reason,) = refused.value.members["reasons"]
    assert reason["code"] == code
    assert reason["detail"] == str(refused.value)
    assert reason["remedy"].startswith(remedy)
    assert reason["source"]["regulation"] == DOMICILE.regulation


def test_nobody_joins_in_the_name_of_the_dead():
    with pytest.raises(ApplicantDeceased, match=r"^the death of this person is recorded$"):
        check_admission(
            CooperativeKind.KSP,
            CooperativeStatus.ACTIVE,
            applicant=MigrationStatus.DECEASED,
            ktp_village_code=None,
            village_codes=frozenset(),
        )


def test_a_pair_of_relatives_is_kept_in_one_order_and_is_two_persons():
    assert kin_pair(ONE, OTHER) == kin_pair(OTHER, ONE) == (ONE, OTHER)
    with pytest.raises(OwnRelative, match=r"^a pair of relatives is two persons$"):
        kin_pair(ONE, ONE)


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(
    "scopes", [frozenset(), frozenset({"facts:read"}), frozenset({NIK_SCOPE})]
)
def test_a_nik_is_told_only_for_a_submission_and_with_its_own_scope(purpose, scopes):
    told = tells_nik(purpose, scopes)
    assert told == (purpose is Purpose.SUBMISSION and scopes == {"people:nik"})


PROPOSED = Mentoring(id=ONE, status=MentoringStatus.PROPOSED)
RUNNING = Mentoring(id=ONE, status=MentoringStatus.RUNNING, started_on=BEFORE)


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (PROPOSED, MentoringEvent.START, (MentoringStatus.RUNNING, ON, None)),
        (PROPOSED, MentoringEvent.STOP, (MentoringStatus.STOPPED, None, ON)),
        (RUNNING, MentoringEvent.COMPLETE, (MentoringStatus.COMPLETED, BEFORE, ON)),
        (RUNNING, MentoringEvent.STOP, (MentoringStatus.STOPPED, BEFORE, ON)),
    ],
)
def test_a_step_of_a_mentoring_is_dated_by_the_day_it_is_recorded(before, event, after):
    kept = moved(before, event, on=ON)
    assert kept.id == ONE
    assert (kept.status, kept.started_on, kept.ended_on) == after


def test_a_mentoring_that_only_is_proposed_is_not_completed():
    with pytest.raises(IllegalTransition, match="cannot complete a mentoring that is proposed"):
        moved(PROPOSED, MentoringEvent.COMPLETE, on=ON)


@pytest.mark.parametrize(
    ("event", "day"),
    [("complete", ON), ("complete", BEFORE), ("start", None), ("fail", None)],
)
def test_a_completion_has_its_day_and_no_other_step_has_one(event, day):
    assert completion(TrainingEvent(event), day, on=ON) == day


@pytest.mark.parametrize(
    ("event", "day", "refusal", "said"),
    [
        ("complete", None, CompletionUndated, r"^`completed_on` belongs to `complete`"),
        ("start", ON, CompletionUndated, r"^`completed_on` belongs to `complete`"),
        ("complete", AFTER, CompletedInTheFuture, r"^the day of completion is still to come"),
    ],
)
def test_a_day_that_is_missing_to_come_or_of_another_step_is_refused(event, day, refusal, said):
    with pytest.raises(refusal, match=said):
        completion(TrainingEvent(event), day, on=ON)


def test_a_step_that_cannot_be_taken_names_those_that_can():
    with pytest.raises(IllegalTransition, match="cannot start a training that is failed") as over:
        training.advance(training.TrainingStatus.FAILED, TrainingEvent.START)
    assert over.value.members == {"current_status": "failed", "allowed": []}
    with pytest.raises(IllegalTransition) as early:
        mentoring.advance(MentoringStatus.PROPOSED, MentoringEvent.COMPLETE)
    assert early.value.members == {"current_status": "proposed", "allowed": ["start", "stop"]}
    assert early.value.noun == "mentoring"


def test_evidence_that_proves_no_more_says_what_it_proves():
    letter = Evidence(
        kind=EvidenceKind.VILLAGE_LETTER, reference="12/2026", attested_by=OTHER, attested_on=ON
    )
    level = VerificationLevel.SISKOP2MI_MATCHED
    with pytest.raises(NotHigher) as refused:
        verify(level, letter, subject=ONE, kin=frozenset(), on=ON)
    assert (refused.value.level, refused.value.proved) == (level, "village_attested")


def test_a_finding_names_whom_it_concerns_and_its_source():
    officers = (
        seat(OTHER, village_office=VillageOffice.KADUS),
        *(seat(UUID(int=n), board=Board.PENGAWAS) for n in (9, 8)),
    )
    told = officer_findings(CooperativeKind.KOPDES, officers, kin=frozenset(), on=ON)
    assert {each.code: each.people for each in told} == {
        "pengurus_in_village_office": (OTHER,),
        "pengawas_count": (),
        "pengawas_chair": (UUID(int=8), UUID(int=9)),
    }
    assert {each.source.regulation for each in told} == {"Juklak Menkop 1/2025"}
    assert len({each.source.provision for each in told}) == 3
