"""The laws that every state machine of the registry keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain import cooperative, membership, mentoring, person, training
from services.registry.domain.transition import IllegalTransition

MACHINES = {
    "person": (person, person.MigrationStatus, person.MigrationEvent),
    "cooperative": (cooperative, cooperative.CooperativeStatus, cooperative.CooperativeEvent),
    "membership": (membership, membership.Status, membership.Event),
    "mentoring": (mentoring, mentoring.MentoringStatus, mentoring.MentoringEvent),
    "training": (training, training.TrainingStatus, training.TrainingEvent),
}
FIRST = {
    "person": person.MigrationStatus.ABROAD,
    "cooperative": cooperative.CooperativeStatus.FORMING,
    "membership": membership.Status.APPLIED,
    "mentoring": mentoring.MentoringStatus.PROPOSED,
    "training": training.TrainingStatus.ENROLLED,
}
NOUN = {name: name for name in MACHINES} | {"person": "migrant worker"}
OVER = {
    "person": {"deceased"},
    "cooperative": {"abandoned", "merged", "dissolved"},
    "membership": {"rejected", "resigned", "expelled"},
    "mentoring": {"completed", "stopped"},
    "training": {"completed", "failed", "dropped"},
}


@pytest.fixture(params=MACHINES)
def name(request):
    return request.param


def walk(name, events):
    """Return every status that these events lead through, illegal ones having no effect."""
    module, status, steps = MACHINES[name][0], FIRST[name], []
    for event in events:
        try:
            status = module.advance(status, event)
        except IllegalTransition:
            continue
        steps.append((event, status))
    return steps


def test_every_status_has_its_row(name):
    module, statuses, _ = MACHINES[name]
    assert set(module.TRANSITIONS) == set(statuses)


def test_every_event_has_its_use(name):
    module, _, events = MACHINES[name]
    assert {event for row in module.TRANSITIONS.values() for event in row} == set(events)


def test_every_status_can_be_reached_from_the_first(name):
    module, statuses, _ = MACHINES[name]
    reached, ahead = set(), {FIRST[name]}
    while ahead:
        reached |= ahead
        ahead = {to for status in ahead for to in module.TRANSITIONS[status].values()} - reached
    assert reached == set(statuses)


def test_what_is_over_stays_over(name):
    module, statuses, _ = MACHINES[name]
    assert {status for status in statuses if not module.allowed(status)} == OVER[name]


def test_what_is_allowed_is_exactly_what_advances(name):
    module, statuses, events = MACHINES[name]
    for status in statuses:
        for event in events:
            if event in module.allowed(status):
                assert module.advance(status, event) is module.TRANSITIONS[status][event]
            else:
                with pytest.raises(IllegalTransition) as refused:
                    module.advance(status, event)
                assert (refused.value.status, refused.value.event) == (status, event)
                assert refused.value.noun == NOUN[name]


def test_no_table_can_be_written_to(name):
    table = MACHINES[name][0].TRANSITIONS
    with pytest.raises(TypeError):
        table[FIRST[name]] = {}


@given(st.lists(st.sampled_from(membership.Event), max_size=12))
def test_nobody_is_active_without_an_approval(events):
    approved = False
    for event, status in walk("membership", events):
        approved |= event is membership.Event.APPROVE
        assert status is not membership.Status.ACTIVE or approved


@given(st.lists(st.sampled_from(person.MigrationEvent), max_size=12))
def test_nobody_departs_again_without_having_returned(events):
    returned = False
    for event, status in walk("person", events):
        returned |= event is person.MigrationEvent.RETURN
        assert status is not person.MigrationStatus.DEPARTED_AGAIN or returned


@given(st.lists(st.sampled_from(cooperative.CooperativeEvent), max_size=12))
def test_no_cooperative_is_active_without_a_legal_entity(events):
    incorporated = False
    for event, status in walk("cooperative", events):
        incorporated |= event is cooperative.CooperativeEvent.INCORPORATE
        assert status is not cooperative.CooperativeStatus.ACTIVE or incorporated


@given(st.lists(st.sampled_from(training.TrainingEvent), max_size=12))
def test_nobody_completes_a_training_without_attending(events):
    attended = False
    for event, status in walk("training", events):
        attended |= event is training.TrainingEvent.START
        assert status is not training.TrainingStatus.COMPLETED or attended


@given(st.lists(st.sampled_from(mentoring.MentoringEvent), max_size=12))
def test_no_mentoring_completes_without_running(events):
    ran = False
    for event, status in walk("mentoring", events):
        ran |= event is mentoring.MentoringEvent.START
        assert status is not mentoring.MentoringStatus.COMPLETED or ran
