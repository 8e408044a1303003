"""The laws of both state machines, and of what a lender's reports add up to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain import application, patience, review, submission
from services.financing.domain.submission import Settlement, Stage, settle

MACHINES = pytest.mark.parametrize("machine", [application, submission, review])
FINAL = {
    # A refusal can be objected to, so it is not the end.
    application: {"closed", "withdrawn"},
    review: {"decided", "dropped"},
    submission: {"repaid", "refused", "cancelled", "failed"},
}


@MACHINES
def test_every_status_has_its_row(machine):
    assert set(machine.TRANSITIONS) == set(machine.Status)


@MACHINES
def test_every_event_is_used(machine):
    used = {event for row in machine.TRANSITIONS.values() for event in row}
    assert used == set(machine.Event)


@MACHINES
def test_only_the_final_statuses_are_left_by_nothing(machine):
    assert {each for each in machine.Status if not machine.allowed(each)} == FINAL[machine]


@MACHINES
@given(data=st.data())
def test_final_statuses_stay_final_whatever_happens(machine, data):
    status = next(iter(machine.Status))
    for event in data.draw(st.lists(st.sampled_from(list(machine.Event)), max_size=30)):
        if event in machine.allowed(status):
            assert status not in FINAL[machine]
            status = machine.advance(status, event)
        else:
            with pytest.raises(machine.IllegalTransition) as illegal:
                machine.advance(status, event)
            assert (illegal.value.status, illegal.value.event) == (status, event)


def paths_to(machine, goal):
    """Every set of statuses that a path from the beginning to `goal` can have gone through."""
    start = next(iter(machine.Status))
    seen, open_ends = set(), [(start, frozenset([start]))]
    while open_ends:
        status, visited = open_ends.pop()
        if (status, visited) in seen:
            continue
        seen.add((status, visited))
        nexts = machine.TRANSITIONS[status].values()
        open_ends.extend((after, visited | {after}) for after in nexts)
    return [visited for status, visited in seen if status == goal]


@pytest.mark.parametrize("goal", ["akad", "disbursed", "closed"])
def test_no_money_moves_without_routing_and_sending(goal):
    for visited in paths_to(application, application.Status(goal)):
        assert {"submitted", "assessed"} <= visited
        assert visited & {"routed", "waiting"}
        # A lender that was left may sign while the next one's turn has come, or its quota is
        # waited for: a person looks.
        assert ({"routed", "sent"} <= visited) or "in_review" in visited


def test_nothing_is_withdrawn_once_the_akad_is_signed():
    for visited in paths_to(application, application.Status.WITHDRAWN):
        # Unless people have found that there is no loan, and the applicant objects to that.
        if visited & {"akad", "disbursed", "in_review"}:
            assert {"in_review", "refused", "contested"} <= visited


def test_nothing_is_decided_that_was_not_proposed():
    for visited in paths_to(review, review.Status.DECIDED):
        assert "proposed" in visited


def test_only_who_was_refused_or_has_to_wait_can_object():
    contest = application.Event.CONTEST
    contestable = {s for s in application.Status if contest in application.allowed(s)}
    assert contestable == {"assessed", "refused", "incubating"}
    for status, row in application.TRANSITIONS.items():
        assert application.Status.CONTESTED not in row.values() or status in contestable


def test_no_other_lender_is_asked_once_the_akad_is_signed():
    bound = {application.Status.AKAD, application.Status.DISBURSED, application.Status.IN_REVIEW}
    for status in bound:
        assert application.TRANSITIONS[status].keys().isdisjoint({"route", "send", "fall_back"})


def test_a_lender_may_report_disbursement_first():
    sent = application.Status.SENT
    assert application.advance(sent, application.Event.DISBURSE) is application.Status.DISBURSED


def test_what_a_lender_reports_is_always_a_step_of_a_sent_application():
    for status, event in application.REPORTED.items():
        allowed = application.allowed(application.Status.SENT)
        assert event in allowed, status


def test_nothing_is_disbursed_that_was_not_being_sent():
    for visited in paths_to(submission, submission.Status.DISBURSED):
        assert "sending" in visited


SETTLEMENTS = [
    ("", None, False),
    ("received", "received", False),
    ("received komite mkp", "received", False),
    ("sp3", "approved", False),
    ("akad received", "akad", False),
    ("disbursed", "disbursed", False),
    ("repaid disbursed", "repaid", False),
    ("received refused", "refused", False),
    ("approved refused", "refused", False),
    ("approved cancelled", "cancelled", False),
    ("cancelled refused", "refused", False),
    ("akad refused", "akad", True),
    ("disbursed cancelled", "disbursed", True),
    ("received refused repaid", "repaid", True),
]


@pytest.mark.parametrize(("stages", "status", "conflict"), SETTLEMENTS)
def test_the_set_of_reports_decides(stages, status, conflict):
    reported = frozenset(Stage(stage) for stage in stages.split())
    assert settle(reported) == Settlement(status, conflict)


@given(data=st.data())
def test_reports_in_any_order_and_repeated_converge(data):
    reports = data.draw(st.lists(st.sampled_from(list(Stage)), min_size=1, max_size=12))
    again = data.draw(st.permutations(reports + data.draw(st.lists(st.sampled_from(reports)))))

    kept: frozenset[Stage] = frozenset()
    for stage in again:
        kept |= {stage}
        settle(kept)

    assert settle(kept) == settle(frozenset(reports))


@given(st.frozensets(st.sampled_from(list(Stage)), min_size=1), st.sampled_from(list(Stage)))
def test_a_further_report_never_takes_money_back(stages, more):
    order = ["akad", "disbursed", "repaid"]
    before, after = settle(stages), settle(stages | {more})
    if before.status in order:
        assert order.index(after.status) >= order.index(before.status)
    assert after.conflict or not before.conflict


def test_waits_double_up_to_an_hour_and_then_end():
    waits = [patience.wait_after(n, seed=7) for n in range(1, patience.ATTEMPTS_MAX)]
    assert patience.wait_after(patience.ATTEMPTS_MAX, seed=7) is None
    for n, wait in enumerate(waits):
        middle = min(patience.WAIT_FIRST * 2**n, patience.WAIT_MAX)
        assert middle * 0.75 <= wait <= middle * 1.25


def test_the_same_seed_waits_the_same_and_another_does_not():
    assert patience.wait_after(3, seed=1) == patience.wait_after(3, seed=1)
    assert patience.wait_after(3, seed=1) != patience.wait_after(3, seed=2)


def test_waits_are_spread_by_a_quarter_to_both_sides_whatever_the_seed():
    waits = [patience.wait_after(1, seed=seed) / patience.WAIT_FIRST for seed in range(501)]
    assert (min(waits), max(waits), len(set(waits))) == (0.75, 1.25, 501)
    hour = [patience.inquire_after(20, seed=seed) / patience.INQUIRY_MAX for seed in range(501)]
    assert (min(hour), max(hour)) == (0.75, 1.25)


def test_the_last_wait_comes_one_before_one_gives_up():
    assert patience.wait_after(patience.ATTEMPTS_MAX - 1, seed=0) is not None
    assert patience.wait_after(patience.ATTEMPTS_MAX + 1, seed=0) is None
    first = [patience.wait_after(n, seed=0) / (patience.WAIT_FIRST * 2 ** (n - 1)) for n in (1, 2)]
    assert first[0] != first[1]  # one seed does not wait by the same share again


def test_an_unknown_outcome_is_asked_soon_and_then_left_to_a_person():
    assert patience.inquire_after(1, seed=0) < timedelta(seconds=10)
    assert patience.inquire_after(patience.INQUIRIES_MAX, seed=0) is None


def test_a_wait_follows_an_attempt():
    with pytest.raises(ValueError, match=r"^a wait follows at least one attempt$"):
        patience.wait_after(0, seed=0)


def test_a_claim_holds_for_its_lease():
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert patience.lease_until(now) - now == patience.LEASE
