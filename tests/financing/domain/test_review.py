"""Who may rule on what, with whom, and which facts can be set right."""

from dataclasses import fields, replace
from uuid import UUID, uuid4

import pytest

from services.financing.api import reviews
from services.financing.domain import correction
from services.financing.domain.correction import PATHS, NoSuchFact, corrected, fact, paths
from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    GroupFacts,
    KurReceived,
)
from services.financing.domain.review import (
    RULINGS,
    ConflictOfInterest,
    Parties,
    Reviewer,
    Ruling,
    RulingNotPossible,
    SamePerson,
    Subject,
    check_another,
    check_impartial,
    check_ruling,
)
from tests.financing.domain.applicants import a_person

BORROWER, COOPERATIVE = uuid4(), uuid4()
PARTIES = Parties("app-a", "app-b", "app-c", BORROWER, (COOPERATIVE,))


def somebody(id: str = "reviewer", person: UUID | None = None, of: UUID | None = None) -> Reviewer:
    return Reviewer(id, person, of)


@pytest.mark.parametrize(
    ("reviewer", "part"),
    [
        (somebody("app-a"), "You made this"),
        (somebody("app-b"), "You made this"),
        (somebody("app-c"), "You registered"),
        (somebody(person=BORROWER), "You are"),
        (somebody(of=COOPERATIVE), "You act for"),
        (somebody(of=BORROWER), "You act for"),
    ],
)
def test_whoever_has_a_part_in_it_is_kept_off_and_hears_which(reviewer: Reviewer, part: str):
    with pytest.raises(ConflictOfInterest, match=rf"^{part} .*[a-z]\.$"):
        check_impartial(PARTIES, reviewer)


def test_somebody_without_a_part_may_review():
    check_impartial(PARTIES, somebody(person=uuid4(), of=uuid4()))
    check_impartial(Parties("app-a", None, None, BORROWER, ()), somebody())


def test_a_proposal_is_settled_by_another():
    check_another("reviewer-a", somebody("reviewer-b"))
    with pytest.raises(SamePerson, match=r"^You proposed .*[a-z]\.$"):
        check_another("reviewer-a", somebody("reviewer-a"))


@pytest.mark.parametrize("subject", Subject)
@pytest.mark.parametrize("ruling", Ruling)
@pytest.mark.parametrize("names_a_fact", [True, False])
def test_a_ruling_fits_its_subject_and_only_an_override_names_a_fact(
    subject: Subject, ruling: Ruling, *, names_a_fact: bool
):
    if ruling in RULINGS[subject] and names_a_fact is (ruling is Ruling.OVERRIDE):
        check_ruling(subject, ruling, names_a_fact=names_a_fact)
    else:
        with pytest.raises(RulingNotPossible):
            check_ruling(subject, ruling, names_a_fact=names_a_fact)


@pytest.mark.parametrize(
    ("ruling", "names_a_fact", "why"),
    [
        (Ruling.SIGN, False, r"On this objection .*: override, uphold\."),
        (Ruling.OVERRIDE, False, r"An override names .* `correction`\."),
        (Ruling.UPHOLD, True, r"Only an override .* `correction` out\."),
    ],
)
def test_who_may_not_rule_so_hears_how(ruling: Ruling, *, names_a_fact: bool, why: str):
    with pytest.raises(RulingNotPossible, match=rf"^{why}$"):
        check_ruling(Subject.OBJECTION, ruling, names_a_fact=names_a_fact)


def test_every_ruling_answers_something():
    assert frozenset().union(*RULINGS.values()) == frozenset(Ruling)


VALUES = (
    *("true", "1", "5", "2024-05-01", "52", "teks", "returned", "self_declared"),
    *("kopdes", "sehat", "sugar_cane_with_avalist"),
)


@pytest.mark.parametrize("path", PATHS)
def test_every_fact_can_be_set_right_by_a_value_of_its_type_and_no_other_changes(path: str):
    before = Applicant(kind=BorrowerKind.PERSON)
    fitting = []
    for value in VALUES:
        try:
            fitting.append(reviews._typed(path, value))
        except ValueError:
            continue
    assert fitting, f"no value fits {path}"
    after = corrected(before, path, fitting[0])
    assert fact(after, path) == fitting[0]
    others = [each for each in PATHS if each.rpartition(".")[0] != path.rpartition(".")[0]]
    assert all(fact(after, each) == fact(before, each) for each in others)


def test_a_path_leads_to_every_single_value_and_to_no_list():
    told = list(paths(Applicant))
    assert told == list(PATHS)
    assert len(told) == len(set(told)) > 60
    assert {"person.birth_date", "credit.kur_received.mikro", "group.offtaker"} < set(told)
    assert list(paths(KurReceived, "credit.")) == [
        f"credit.{each.name}" for each in fields(KurReceived)
    ]


def test_what_is_known_under_a_path_is_told_and_nothing_where_nothing_is_known():
    person = a_person(credit__kur_received=KurReceived(mikro=2), group=None)
    assert fact(person, "credit.kur_received.mikro") == 2
    assert fact(person, "group.offtaker") is None
    with pytest.raises(NoSuchFact, match=r"credit\.nothing"):
        fact(person, "credit.nothing")


def test_one_fact_set_right_leaves_those_beside_it():
    person = a_person(credit__kur_received=KurReceived(mikro=2, kecil=1), credit__collectibility=2)
    right = corrected(person, "credit.kur_received.mikro", 1)
    assert right == replace(
        person, credit=replace(person.credit, kur_received=KurReceived(mikro=1, kecil=1))
    )
    in_a_group = corrected(replace(person, group=None), "group.offtaker", value=True)
    assert in_a_group.group == GroupFacts(offtaker=True)


def test_the_whole_of_a_list_and_what_is_no_fact_cannot_be_set():
    for path in ("group.members", "cooperative.rats", "cooperative.shu", "kind", "person", "x.y"):
        assert path not in correction.PATHS
        with pytest.raises(NoSuchFact):
            corrected(Applicant(kind=BorrowerKind.PERSON), path, None)
