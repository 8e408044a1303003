"""Which mentoring and which training financing may count."""

from datetime import date
from uuid import UUID

import pytest

from services.registry.domain.evidence import ProofKind, proofs
from services.registry.domain.mentoring import Mentoring, MentoringStatus, OwnMentor, check_mentor
from services.registry.domain.training import Training, TrainingStatus, TrainingTopic

ON = date(2026, 11, 24)
TOMORROW = date(2026, 11, 25)


def mentoring(status, started_on=ON, number=1):
    return Mentoring(id=UUID(int=number), status=MentoringStatus(status), started_on=started_on)


def training(status, completed_on=ON, topic="entrepreneurship", number=2):
    return Training(
        id=UUID(int=number),
        topic=TrainingTopic(topic),
        status=TrainingStatus(status),
        completed_on=completed_on,
    )


@pytest.mark.parametrize(
    ("record", "counts"),
    [
        (mentoring("proposed", None), False),
        (mentoring("running"), True),
        (mentoring("running", TOMORROW), False),
        (mentoring("completed"), True),
        (mentoring("stopped"), False),
        (mentoring("running", None), False),
        (training("enrolled", None), False),
        (training("attending", None), False),
        (training("attending"), False),
        (training("completed"), True),
        (training("completed", TOMORROW), False),
        (training("completed", None), False),
        (training("completed", topic="financial_literacy"), False),
        (training("completed", topic="vocational"), False),
        (training("completed", topic="cooperative"), False),
        (training("failed"), False),
        (training("dropped"), False),
    ],
)
def test_what_counts_for_a_beginner(record, counts):
    mentorings = [record] if isinstance(record, Mentoring) else []
    trainings = [record] if isinstance(record, Training) else []
    assert [proof.record_id for proof in proofs(mentorings, trainings, on=ON)] == (
        [record.id] if counts else []
    )


def test_proofs_come_oldest_first_and_say_since_when():
    found = proofs(
        [mentoring("running", date(2026, 9, 1))],
        [training("completed", date(2026, 8, 1))],
        on=ON,
    )
    assert [(proof.kind, proof.since) for proof in found] == [
        (ProofKind.TRAINED, date(2026, 8, 1)),
        (ProofKind.MENTORED, date(2026, 9, 1)),
    ]


def test_nobody_mentors_themselves():
    check_mentor(mentor=UUID(int=1), mentee=UUID(int=2))
    with pytest.raises(OwnMentor, match=r"^a mentor and a mentee are two persons$"):
        check_mentor(mentor=UUID(int=1), mentee=UUID(int=1))
