"""A step: its kind, its cost in the stated order, and what it changes."""

from datetime import date

import pytest

from services.financing.domain.eligibility import Code, GroupFacts
from services.financing.domain.recourse_texts import step as said
from services.financing.domain.steps import Act, Kind, Remedy, changed, first_month, number
from services.financing.domain.texts import Language
from tests.financing.domain.applicants import a_cooperative, a_group, a_member, a_person, ask


@pytest.mark.parametrize(
    ("act", "kind", "weight"),
    [
        (Act.TELL, Kind.TELL, 1),
        (Act.ASK_LONGER, Kind.ASK, 2),
        (Act.ASK_LESS_OPEX, Kind.ASK, 2),
        (Act.GET_NPWP, Kind.DO, 3),
        (Act.ASK_LESS, Kind.ASK, 4),
        (Act.WAIT, Kind.WAIT, 5),
        (Act.SETTLE_CREDIT, Kind.SETTLE, 6),
        (Act.LEAVE_DHN, Kind.SETTLE, 6),
    ],
)
def test_each_kind_of_step_has_its_cost(act, kind, weight):
    remedy = Remedy(act, None)
    assert (remedy.kind, remedy.weight) == (kind, weight)


def test_asking_without_members_costs_less_of_the_loan_for_each():
    two = Remedy(Act.ASK_WITHOUT_MEMBERS, Code.GROUP_MEMBER_AGE, (), {"count": 2})
    assert (two.kind, two.weight) == (Kind.ASK, 8)


def test_a_number_of_a_sentence_is_a_number():
    assert number({"max": 5}, "max") == 5
    for value in ("five", date(2026, 1, 1)):
        with pytest.raises(TypeError, match="max is no number"):
            number({"max": value}, "max")


@pytest.mark.parametrize(
    ("low", "high", "enough", "month"),
    [
        *((1, 9, enough, enough) for enough in range(1, 10)),
        (1, 9, 10, None),
        (1, 9, 0, 1),
        (9, 9, 9, 9),
        (9, 9, 10, None),
        (9, 8, 1, None),
    ],
)
def test_the_first_month_that_carries_a_loan_is_found(low, high, enough, month):
    assert first_month(lambda months: months >= enough, low, high) == month


def test_facts_of_several_parts_and_of_the_request_are_changed_together():
    applicant, request = changed(
        a_person(),
        ask(),
        [
            ("business.npwp", False),
            ("business.nib", None),
            ("credit.collectibility", 3),
            ("request.amount", 7),
            ("request.tenor_months", 9),
        ],
    )
    assert applicant == a_person(
        business__npwp=False, business__nib=None, credit__collectibility=3
    )
    assert request == ask(7, tenor_months=9)
    assert changed(a_cooperative(), ask(), []) == (a_cooperative(), ask())


def test_a_fact_of_the_request_alone_leaves_the_applicant():
    assert changed(a_person(), ask(), [("request.amount", 7)]) == (a_person(), ask(7))


def test_a_part_that_was_not_there_is_taken_whole_then_changed():
    nobody = a_person(group=None)
    group = GroupFacts(offtaker=True)
    applicant, _ = changed(nobody, ask(), [("group.", group), ("group.pks", True)])
    assert applicant.group == GroupFacts(offtaker=True, pks=True)
    applicant, _ = changed(nobody, ask(), [("group.", group)])
    assert applicant.group == group
    applicant, _ = changed(nobody, ask(), [("group.pks", True)])
    assert applicant.group == GroupFacts(pks=True)


def test_members_are_changed_each_by_place_and_who_joins_later_keeps_the_own_values():
    group = a_group(1, 2, 3)
    joined = (*group.group.members, a_member(9, npwp=False))
    applicant, _ = changed(
        group,
        ask(),
        [
            ("group.members", joined),
            ("each_member.share", (4, 0, 6)),
            ("each_member.npwp", (True, None, False)),
        ],
    )
    assert applicant.group.members == (
        a_member(4),
        a_member(0, npwp=None),
        a_member(6, npwp=False),
        a_member(9, npwp=False),
    )
    assert applicant.group.offtaker is True
    # Of whom there is no longer a list, there is nobody to change.
    applicant, _ = changed(a_group(group__members=None), ask(), [("each_member.share", (4, 0))])
    assert applicant.group.members == ()
    assert changed(a_person(group=None), ask(), [("each_member.share", (4,))])[0].group is None


def test_a_step_that_tells_names_the_fact_and_one_that_asks_the_numbers():
    telling = Remedy(Act.TELL, Code.UNKNOWN_MARRIED, (), {"from": date(2028, 1, 1)})
    assert said(telling, Language.EN) == "Tell us whether the applicant is married."
    assert "status perkawinan" in said(telling, Language.ID)
    closing = Remedy(Act.TELL, Code.UNKNOWN_SHU, (), {"year": 2025})
    assert "2025" in said(closing, Language.ID)
    cutting = Remedy(Act.ASK_LESS, Code.AMOUNT_ABOVE, (), {"amount": 20_000_000})
    assert said(cutting, Language.EN) == "Ask for Rp 20.000.000 only."
    assert said(cutting, Language.ID) == "Ajukan Rp 20.000.000 saja."
