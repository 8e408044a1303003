"""The score: what is counted, what it earns, what it never looks at."""

from dataclasses import fields, is_dataclass, replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.financing.domain import eligibility
from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    CooperativeKind,
    GroupMember,
    HealthGrade,
    MigrationStatus,
    Rat,
    Shu,
    VerificationLevel,
)
from services.financing.domain.factors import FACTORS, MEASURES, Card, FactorName
from services.financing.domain.scorecards import SCORECARDS
from services.financing.domain.scorecards.edition import POINTS_MAX
from services.financing.domain.scoring import (
    Capacity,
    Grade,
    KnockOut,
    Reason,
    Score,
    Verdict,
    score,
)
from shared.money import Rupiah
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    a_group,
    a_person,
    ask,
    changed,
)
from tests.financing.domain.cases import a_case

EDITION = SCORECARDS.on(IN_2026)
AMOUNT = 40_000_000
APPLICANTS = {
    "person": a_person(),
    "beginner": a_person(business__planned=True),
    "blank": Applicant(kind=BorrowerKind.PERSON),
    "group": a_group(20_000_000, 20_000_000),
    "group without members": a_group(),
    "no group": replace(a_group(1), group=None),
    "cooperative": a_cooperative(),
    "ksp": a_cooperative(kind=CooperativeKind.KSP),
    "blank cooperative": Applicant(kind=BorrowerKind.COOPERATIVE),
}
ANYONE = pytest.mark.parametrize("applicant", APPLICANTS.values(), ids=APPLICANTS)
amounts = st.integers(1, 10**13)
sums = st.integers(0, 10**12)


def scored(applicant: Applicant, amount: int = AMOUNT, *, on: date = IN_2026, **how: Any) -> Score:
    """The score of a request of two years, by the edition in force."""
    return score(applicant, ask(amount), EDITION, on=on, share_max=700, **how)


def value(factor: FactorName, result: Score) -> int | None:
    """What was counted of one factor."""
    return {each.name: each.value for each in result.factors}[factor]


# Which card


@pytest.mark.parametrize(
    ("applicant", "card"),
    [
        (a_person(), Card.BUSINESS),
        (a_person(business__planned=True), Card.BEGINNER),
        (a_person(business__started_on=date(2026, 5, 25)), Card.BEGINNER),
        (a_person(business__started_on=date(2026, 5, 24)), Card.BUSINESS),
        (a_person(business__started_on=None), Card.BUSINESS),
        (a_person(business__started_on=None, business__planned=True), Card.BEGINNER),
        (a_group(1, 2), Card.GROUP),
        (a_group(1, 2, business__planned=True), Card.GROUP),
        (a_cooperative(), Card.COOPERATIVE),
        (a_cooperative(kind=CooperativeKind.KOPDES), Card.COOPERATIVE),
        (a_cooperative(kind=None), Card.COOPERATIVE),
        (a_cooperative(kind=CooperativeKind.KSP), Card.KSP),
    ],
)
def test_each_borrower_has_a_card(applicant, card):
    assert scored(applicant).card is card


# What is counted

NOBODY = {
    "person__trained": False,
    "person__mentored": False,
    "person__trade_experience_months": 0,
    "person__group_member": False,
    "membership__active": False,
    "membership__simpanan_wajib_due": 12,
    "membership__simpanan_wajib_paid": 0,
    "membership__simpanan_balance": Rupiah(0),
    "business__started_on": date(2026, 5, 24),
    "business__turnover_year": Rupiah(0),
    "business__net_income_month": Rupiah(0),
    "business__own_equity": Rupiah(0),
    "credit__collectibility": 5,
    "group": None,
}
"""A business of six months that has nothing but bad credit."""

NO_COOPERATIVE = {
    "rats": (),
    "shu": (Shu(2025, -1),),
    "health_grade": HealthGrade.DALAM_PENGAWASAN_KHUSUS,
    "officers_collectibility": 5,
    "equity": Rupiah(0),
    "members": 0,
    "savers_permille": 0,
    "usp": False,
}


def members(*given: tuple[int, int | None, bool], income: int = 10**9) -> dict[str, Any]:
    """A group of members: share, collectibility, beginner; each with the same income."""
    known = tuple(
        GroupMember(
            Rupiah(share),
            collectibility,
            beginner,
            net_income_month=Rupiah(income),
            instalments_month=Rupiah(0),
        )
        for share, collectibility, beginner in given
    )
    return {"group__members": known}


NO_GROUP = {
    **NOBODY,
    "business__started_on": IN_2026,
    "group": eligibility.GroupFacts(
        members=members((AMOUNT, 5, True), income=0)["group__members"],
        offtaker=False,
        pks=False,
        validated=False,
    ),
}
# card, factor: the facts that change, what is counted then, its points
COUNTED = [
    ("business", "instalment_share", {"business__net_income_month": 5_909_414}, 300, 20),
    ("business", "instalment_share", {"business__net_income_month": 5_909_413}, 301, 16),
    ("business", "instalment_share", {"business__net_income_month": 3_545_648}, 500, 10),
    ("business", "instalment_share", {"business__net_income_month": 2_532_606}, 700, 4),
    ("business", "instalment_share", {"business__net_income_month": 2_532_605}, 701, 0),
    ("business", "instalment_share", {"business__net_income_month": -1}, 1000, 0),
    ("business", "business_age", {"business__started_on": date(2025, 11, 24)}, 12, 6),
    ("business", "business_age", {"business__started_on": date(2024, 11, 25)}, 23, 6),
    ("business", "business_age", {"business__started_on": date(2022, 1, 1)}, 58, 10),
    ("business", "trade_experience", {"person__trade_experience_months": 24}, 24, 5),
    ("business", "collectibility", {"credit__collectibility": 2}, 2, 5),
    ("business", "savings_discipline", {"membership__simpanan_wajib_paid": 6}, 500, 4),
    ("business", "savings_discipline", {"membership__simpanan_wajib_paid": 13}, 1000, 10),
    ("business", "own_equity", {"business__own_equity": 4_000_000}, 100, 6),
    ("business", "own_equity", {"business__own_equity": 3_999_999}, 99, 3),
    ("business", "simpanan_balance", {"membership__simpanan_balance": 2_000_000}, 50, 5),
    ("business", "training_or_mentoring", {"person__trained": True}, 1, 5),
    ("business", "training_or_mentoring", {"person__mentored": True}, 1, 5),
    ("business", "offtaker", {"group": eligibility.GroupFacts(offtaker=True)}, 1, 5),
    ("business", "cooperative_member", {"membership__active": True}, 1, 5),
    ("business", "group_guarantee", {"person__group_member": True}, 1, 5),
    ("beginner", "training", {"person__trained": True}, 1, 20),
    ("beginner", "mentoring", {"person__mentored": True}, 1, 15),
    ("beginner", "collectibility", {"credit__collectibility": 1}, 1, 20),
    ("beginner", "savings_discipline", {"membership__simpanan_wajib_paid": 12}, 1000, 10),
    ("beginner", "own_equity", {"business__own_equity": 8_000_000}, 200, 10),
    ("beginner", "simpanan_balance", {"membership__simpanan_balance": 2_000_000}, 50, 5),
    ("beginner", "trade_experience", {"person__trade_experience_months": 24}, 24, 10),
    ("beginner", "cooperative_member", {"membership__active": True}, 1, 5),
    ("beginner", "group_guarantee", {"person__group_member": True}, 1, 5),
    ("group", "instalment_share", members((AMOUNT, 5, True), income=5_909_414), 300, 20),
    ("group", "business_age", {"business__started_on": date(2025, 11, 24)}, 12, 3),
    ("group", "trade_experience", {"person__trade_experience_months": 6}, 6, 2),
    ("group", "members_collectibility", members((AMOUNT, 1, True), income=0), 1, 15),
    ("group", "collectibility", {"credit__collectibility": 2}, 2, 2),
    ("group", "beginners", members((AMOUNT, 5, False), income=0), 0, 5),
    ("group", "savings_discipline", {"membership__simpanan_wajib_paid": 10}, 833, 4),
    ("group", "own_equity", {"business__own_equity": 8_000_000}, 200, 15),
    ("group", "offtaker", {"group__offtaker": True}, 1, 10),
    ("group", "offtaker_agreement", {"group__pks": True}, 1, 5),
    ("group", "group_validated", {"group__validated": True}, 1, 5),
    ("cooperative", "shu", {"shu": (Shu(2025, 1), Shu(2024, 10**9))}, 1, 8),
    ("cooperative", "shu", {"shu": (Shu(2025, 2_000_000),)}, 50, 15),
    ("cooperative", "annual_meetings", {"rats": (Rat(2025, IN_2026),)}, 1, 8),
    ("cooperative", "health_grade", {"health_grade": HealthGrade.DALAM_PENGAWASAN}, 1, 4),
    ("cooperative", "health_grade", {"health_grade": HealthGrade.CUKUP_SEHAT}, 2, 10),
    ("cooperative", "health_grade", {"health_grade": HealthGrade.SEHAT}, 3, 15),
    ("cooperative", "officers_collectibility", {"officers_collectibility": 1}, 1, 15),
    ("cooperative", "equity", {"equity": 2_000_000}, 50, 5),
    ("cooperative", "members", {"members": 20}, 20, 2),
    ("cooperative", "savers", {"savers_permille": 800}, 800, 7),
    ("cooperative", "savings_and_loan_unit", {"usp": True}, 1, 5),
    ("ksp", "shu", {"shu": (Shu(2025, 2_000_000),)}, 50, 15),
    ("ksp", "annual_meetings", {"rats": (Rat(2024, IN_2026), Rat(2025, IN_2026))}, 2, 11),
    ("ksp", "health_grade", {"health_grade": HealthGrade.SEHAT}, 3, 25),
    ("ksp", "officers_collectibility", {"officers_collectibility": 2}, 2, 3),
    ("ksp", "equity", {"equity": 8_000_000}, 200, 15),
    ("ksp", "members", {"members": 100}, 100, 5),
    ("ksp", "savers", {"savers_permille": 950}, 950, 15),
]


def nobody(card: str) -> Applicant:
    """Who is scored on this card and earns no point."""
    match Card(card):
        case Card.BUSINESS:
            return a_person(**NOBODY)
        case Card.BEGINNER:
            return a_person(**NOBODY, business__planned=True)
        case Card.GROUP:
            return replace(a_person(**NO_GROUP), kind=BorrowerKind.GROUP)
        case Card.COOPERATIVE:
            return a_cooperative(**NO_COOPERATIVE)
        case Card.KSP:
            return a_cooperative(**NO_COOPERATIVE, kind=CooperativeKind.KSP)


@pytest.mark.parametrize(("card", "factor", "changes", "counted", "points"), COUNTED)
def test_each_factor_is_earned_by_its_own_fact(card, factor, changes, counted, points):
    prefix = "cooperative__" if nobody(card).kind is BorrowerKind.COOPERATIVE else ""
    applicant = changed(nobody(card), {f"{prefix}{name}": fact for name, fact in changes.items()})
    before, after = scored(nobody(card)), scored(applicant)

    assert (before.card, before.missing, after.card) == (card, (), card)
    assert all(isinstance(each, int) for each in after.values)  # whole numbers only
    now = dict(zip(before.factors, after.factors, strict=True))
    assert {new.name for old, new in now.items() if old != new} <= {factor}
    assert [(each.value, each.points) for each in after.factors if each.name == factor] == [
        (counted, points)
    ]


def test_nobody_earns_no_point():
    # A business of six months is one already: that alone tells it from a beginner's.
    assert {card: scored(nobody(card)).points for card in Card} == {
        Card.BUSINESS: 4,
        Card.BEGINNER: 0,
        Card.GROUP: 0,
        Card.COOPERATIVE: 0,
        Card.KSP: 0,
    }


def test_every_factor_of_every_card_is_among_them():
    # Of these two another fact is earned with them: see the tests below.
    apart = {("business", "income_margin"), ("group", "largest_share")}
    tried = {(card, factor) for card, factor, *_ in COUNTED}
    assert tried | apart == {(card, name) for card in Card for name in FACTORS[card]}


@pytest.mark.parametrize(
    ("income", "turnover", "margin"),
    [
        (1_000_000, 120_000_000, 100),
        (999_999, 120_000_000, 99),
        (60_000_000, 600_000_000, 1000),
        (0, 600_000_000, 0),
        (-5, 600_000_000, 0),
        (1_000_000, 0, 0),
        (1, 1, 1000),
        (None, 0, None),
        (0, None, None),
    ],
)
def test_the_margin_is_what_a_year_leaves_of_the_turnover(income, turnover, margin):
    applicant = a_person(business__net_income_month=income, business__turnover_year=turnover)
    result = scored(applicant)
    assert value(FactorName.INCOME_MARGIN, result) == margin
    assert all(isinstance(each, int) for each in result.values if each is not None)


@pytest.mark.parametrize(
    ("group", "worst", "largest", "beginners"),
    [
        (((10, 1, False), (10, 2, False), (10, 1, True)), 2, 334, 334),
        (((10, 1, False), (30, None, False)), None, 750, 0),
        (((10, 5, False), (30, None, False)), 5, 750, 0),
        (((10, 4, False), (30, None, False)), None, 750, 0),
        (((10, None, True), (10, None, True)), None, 500, 1000),
        ((), None, None, None),
    ],
)
def test_a_group_is_as_good_as_its_worst_member(group, worst, largest, beginners):
    result = scored(changed(a_group(1), members(*group)))
    assert value(FactorName.MEMBERS_COLLECTIBILITY, result) == worst
    assert value(FactorName.LARGEST_SHARE, result) == largest
    assert value(FactorName.BEGINNERS, result) == beginners


def test_a_meeting_counts_once_a_book_year_and_from_the_day_it_is_held():
    rats = (Rat(2024, date(2025, 3, 1)), Rat(2024, date(2025, 6, 1)), Rat(2025, date(2026, 12, 1)))
    applicant = a_cooperative(rats=rats)
    assert value(FactorName.ANNUAL_MEETINGS, scored(applicant)) == 1
    assert value(FactorName.ANNUAL_MEETINGS, scored(applicant, on=date(2026, 12, 1))) == 2


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"membership__simpanan_wajib_due": 0}, "savings_discipline"),
        ({"membership__simpanan_wajib_paid": None}, "savings_discipline"),
        ({"person__trained": None}, "training_or_mentoring"),
        ({"person__mentored": None}, "training_or_mentoring"),
        ({"credit__instalments_month": None}, "instalment_share"),
        ({"group__offtaker": None}, "offtaker"),
    ],
)
def test_what_cannot_be_counted_is_missing_and_not_nought(changes, factor):
    assert [each.name for each in scored(a_person(**changes)).missing] == [factor]


# Points, reasons, grades


@ANYONE
def test_a_score_is_the_sum_of_its_factors(applicant):
    result = scored(applicant)

    assert result.points == sum(factor.points for factor in result.factors)
    assert sum(factor.points_max for factor in result.factors) == POINTS_MAX
    assert [each.name for each in result.factors] == list(FACTORS[result.card])
    missing = sum(factor.points_max for factor in result.missing)
    assert result.points_possible == result.points + missing <= POINTS_MAX


@ANYONE
def test_every_point_that_is_lost_is_a_reason_and_the_dearest_stands_first(applicant):
    result = scored(applicant)
    lost = [factor.points_lost for factor in result.reasons]

    assert sum(lost) == POINTS_MAX - result.points
    assert lost == sorted(lost, reverse=True)
    assert 0 not in lost
    for one, other in zip(result.reasons, result.reasons[1:], strict=False):
        if one.points_lost == other.points_lost:
            assert result.factors.index(one) < result.factors.index(other)


def test_what_is_missing_is_named_and_earns_nothing():
    silent = a_person(credit__collectibility=None)
    before, after = scored(a_person()), scored(silent)

    assert [(each.name, each.points, each.reason) for each in after.missing] == [
        ("collectibility", 0, Reason.MISSING)
    ]
    assert after.points == before.points - 15
    assert after.points_possible == before.points_possible


def test_who_says_nothing_loses_nothing_silently():
    result = scored(Applicant(kind=BorrowerKind.PERSON))
    # Whoever names no group has no offtaker: that alone is known.
    assert {each.name for each in result.factors} - {each.name for each in result.missing} == {
        "offtaker"
    }
    assert (result.points, result.points_possible, result.grade) == (0, 95, Grade.E)


@pytest.mark.parametrize(
    ("starts", "grade"),
    [
        ((-3, -2, -1, 0), "a"),
        ((-3, -2, -1, 1), "b"),
        ((-3, -2, 0, 1), "b"),
        ((-3, -2, 1, 2), "c"),
        ((-3, 1, 2, 3), "d"),
        ((0, 1, 2, 3), "d"),
        ((1, 2, 3, 4), "e"),
    ],
)
def test_a_grade_begins_at_the_points_that_the_edition_sets(starts, grade):
    points = scored(a_person()).points
    edition = replace(EDITION, grade_starts=tuple(points + each for each in starts))
    assert score(a_person(), ask(), edition, on=IN_2026, share_max=700).grade == grade


# The instalment against the income: 40 million over 24 months at 6 % is 1,772,824 a month.

BURDENS = [
    (4_432_060, 0, 400, Verdict.COMFORTABLE),
    (4_432_059, 0, 401, Verdict.TIGHT),
    (2_532_606, 0, 700, Verdict.TIGHT),
    (2_532_605, 0, 701, Verdict.TOO_HIGH),
    (4_432_060, 1, 401, Verdict.TIGHT),
    (4_432_060, 1_329_618, 700, Verdict.TIGHT),
    (4_432_060, 1_329_619, 701, Verdict.TOO_HIGH),
    (1, 0, 1_772_824_000, Verdict.TOO_HIGH),
]


@pytest.mark.parametrize(("income", "others", "burden", "verdict"), BURDENS)
def test_all_instalments_are_set_against_the_income(income, others, burden, verdict):
    result = scored(
        a_person(business__net_income_month=income, credit__instalments_month=others)
    ).capacity

    assert result is not None
    assert (result.amount, result.instalment, result.others) == (AMOUNT, 1_772_824, others)
    assert (result.burden_permille, result.verdict) == (burden, verdict)


def test_the_highest_part_of_the_income_is_the_one_in_force():
    applicant = a_person(business__net_income_month=2_600_000)
    results = [score(applicant, ask(), EDITION, on=IN_2026, share_max=most) for most in (650, 700)]
    assert [each.capacity.verdict for each in results] == [Verdict.TOO_HIGH, Verdict.TIGHT]


def earning(*given: tuple[int, int | None, int | None]) -> Applicant:
    """A group of members: share, net income, other instalments."""
    group = tuple(
        replace_member(a_group(share), net_income_month=income, instalments_month=others)
        for share, income, others in given
    )
    return changed(a_group(1), {"group__members": group})


def replace_member(group: Applicant, **facts: Any) -> GroupMember:
    """The only member of a group with other facts."""
    assert group.group is not None
    assert group.group.members is not None
    return group.group.members[0]._replace(**facts)


def test_of_a_group_the_member_is_tested_whose_income_is_taken_most():
    members = ((20_000_000, 5_000_000, 0), (10_000_000, 1_000_000, 100_000), (0, 1, 1))
    result = scored(earning(*members))
    assert result.capacity is not None
    assert (result.capacity.amount, result.capacity.income) == (10_000_000, 1_000_000)
    assert result.capacity.burden_permille == 544
    assert value(FactorName.INSTALMENT_SHARE, result) == 544
    assert result.knock_outs == ()

    broke = scored(earning(*members, (1_000, 0, 0))).capacity
    assert (broke.amount, broke.burden_permille) == (1_000, None)
    for unknown in ((1, None, 0), (1, 1, None)):
        assert scored(earning(*members, unknown)).capacity is None
    assert scored(a_group()).capacity is None


def test_no_income_at_all_is_a_known_zero_and_not_a_gap():
    result = scored(a_person(business__net_income_month=0, credit__instalments_month=200_000))
    assert result.capacity == Capacity(
        AMOUNT, 1_772_824, 200_000, 0, burden_permille=None, verdict=Verdict.TOO_HIGH
    )
    assert value(FactorName.INSTALMENT_SHARE, result) == 1000
    assert result.missing == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"business__net_income_month": None},
        {"credit__instalments_month": None},
        {"business__planned": True},
    ],
)
def test_what_is_not_known_of_the_income_is_not_judged(changes):
    assert scored(a_person(**changes)).capacity is None


# What no points make good


def listed(*, share: int) -> dict[str, Any]:
    """A group of two, of whom one is on the list of bad cheques and has this share."""
    good, bad = members((1, 1, False), (share, 1, False))["group__members"]
    return {"group__members": (good, bad._replace(dhn_listed=True))}


@pytest.mark.parametrize(
    ("applicant", "out"),
    [
        (a_person(), ()),
        (a_person(credit__collectibility=2), ()),
        (a_person(credit__collectibility=3), (KnockOut.COLLECTIBILITY,)),
        (a_person(credit__dhn_listed=True), (KnockOut.DHN_LISTED,)),
        (a_person(business__net_income_month=2_532_606), ()),
        (a_person(business__net_income_month=2_532_605), (KnockOut.INSTALMENT_SHARE,)),
        (
            a_person(
                business__net_income_month=0, credit__collectibility=5, credit__dhn_listed=True
            ),
            (KnockOut.COLLECTIBILITY, KnockOut.DHN_LISTED, KnockOut.INSTALMENT_SHARE),
        ),
        (Applicant(kind=BorrowerKind.PERSON), ()),
        (a_group(1, 2), ()),
        (
            changed(a_group(1), members((1, 3, False), (1, None, False))),
            (KnockOut.COLLECTIBILITY,),
        ),
        (a_group(1, 2, credit__collectibility=4), (KnockOut.COLLECTIBILITY,)),
        (changed(a_group(1), listed(share=1)), (KnockOut.DHN_LISTED,)),
        (changed(a_group(1), listed(share=0)), ()),
        (changed(a_person(), listed(share=1)), ()),  # a person's loan is the own one
        (changed(a_group(1, credit__collectibility=None), members((1, None, False))), ()),
        (a_group(1, 2, business__net_income_month=0), ()),
        (changed(a_group(1), members((1, 1, False), (0, 3, False))), ()),
        (replace(a_group(1), group=None), ()),
        (a_cooperative(officers_collectibility=2), ()),
        (a_cooperative(officers_collectibility=3), (KnockOut.COLLECTIBILITY,)),
        (Applicant(kind=BorrowerKind.COOPERATIVE), ()),
    ],
)
def test_some_things_no_points_make_good(applicant, out):
    result = scored(applicant)
    assert result.knock_outs == out
    if out:
        assert result.grade is Grade.E


# What is never looked at

READ = {
    "kind",
    *("person.trained", "person.mentored", "person.group_member"),
    "person.trade_experience_months",
    *("membership.active", "membership.simpanan_balance"),
    *("membership.simpanan_wajib_due", "membership.simpanan_wajib_paid"),
    *("business.planned", "business.started_on", "business.turnover_year"),
    *("business.net_income_month", "business.own_equity"),
    *("credit.collectibility", "credit.dhn_listed", "credit.instalments_month"),
    *("group.offtaker", "group.pks", "group.validated"),
    *("group.members.share", "group.members.collectibility", "group.members.beginner"),
    *("group.members.net_income_month", "group.members.instalments_month"),
    "group.members.dhn_listed",
    *("cooperative.kind", "cooperative.rats", "cooperative.shu", "cooperative.health_grade"),
    *("cooperative.officers_collectibility", "cooperative.equity", "cooperative.members"),
    *("cooperative.savers_permille", "cooperative.usp"),
}
"""Every fact that the score may read."""

FORBIDDEN = (
    *("reason", "return", "sex", "gender", "religion", "faith", "ethnic", "race", "marit"),
    *("married", "region", "province", "village", "origin", "country", "migration", "status"),
    *("verification", "birth", "citizen"),
)
"""What is never an input: not by name, and by no other name either."""


class Watched:
    """Facts that remember which of them were read."""

    def __init__(self, facts: Any, read: set[str], path: str = "") -> None:
        self.__dict__.update(_facts=facts, _read=read, _path=path)

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}{name}"
        fact = getattr(self._facts, name)
        if path == "group.members":
            return fact and tuple(Watched(each, self._read, f"{path}.") for each in fact)
        if fact is None and not self._path:
            return None
        if is_dataclass(fact):
            return Watched(fact, self._read, f"{path}.")
        self._read.add(path)
        return fact


def test_the_score_reads_these_facts_and_no_other():
    read = set[str]()
    random = Random(3)
    for _ in range(400):
        case = a_case(random)
        scored(Watched(case.applicant, read), on=case.on)
    for applicant in APPLICANTS.values():
        scored(Watched(applicant, read))
    assert read == READ


@pytest.mark.parametrize("word", FORBIDDEN)
def test_no_factor_and_no_fact_that_is_read_has_a_forbidden_name(word):
    names = {*READ, *FactorName, *(name.lower() for name in MEASURES)}
    assert not [name for name in names if word in name]


def test_the_engine_is_not_even_told_the_return_reason_sex_or_religion():
    told = {
        field.name
        for facts in vars(eligibility).values()
        if is_dataclass(facts)
        for field in fields(facts)
    }
    assert "trained" in told
    for word in ("sex", "gender", "religion", "return", "reason", "village", "origin"):
        assert not [name for name in told if word in name]


OTHER_FACTS = (
    None,
    True,
    False,
    0,
    1,
    36,
    10**12,
    "",
    "jahit",
    "11",
    "52",
    date(1960, 1, 1),
    IN_2026,
)


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_no_other_fact_ever_changes_the_score(random):
    """Whoever somebody is, wherever they come from and whyever they came home."""
    case = a_case(random)
    applicant = case.applicant
    before = score(applicant, case.request, EDITION, on=case.on, share_max=700)
    words = (*OTHER_FACTS, *MigrationStatus, *VerificationLevel)
    for part in (
        "person",
        "membership",
        "business",
        "credit",
        "group",
        "placement",
        "cooperative",
    ):
        facts = getattr(applicant, part)
        if facts is None:
            continue
        others = {field.name for field in fields(facts) if f"{part}.{field.name}" not in READ}
        others -= {"members"} if part == "group" else set()
        drawn = {name: random.choice(words) for name in sorted(others)}
        if part == "group" and facts.members is not None:
            drawn["members"] = tuple(_otherwise(random, words, each) for each in facts.members)
        applicant = replace(applicant, **{part: replace(facts, **drawn)})
    assert score(applicant, case.request, EDITION, on=case.on, share_max=700) == before


def _otherwise(random: Random, words: Any, member: GroupMember) -> GroupMember:
    others = [name for name in member._fields if f"group.members.{name}" not in READ]
    assert "birth_date" in others
    return member._replace(**{name: random.choice(words) for name in others})


# What can only help

INCOME = "business__net_income_month"
BETTER: dict[str, tuple[str, Any, int]] = {
    "more income": (INCOME, st.integers(-(10**9), 10**12), 1),
    "members who earn more": (
        "group__members",
        st.integers(-(10**9), 10**12).map(
            lambda income: members((1, 1, False), (2, 2, True), income=income)["group__members"]
        ),
        1,
    ),
    "less owed elsewhere": ("credit__instalments_month", sums, -1),
    "better credit": ("credit__collectibility", st.integers(1, 5), -1),
    "more own money": ("business__own_equity", sums, 1),
    "more savings": ("membership__simpanan_balance", sums, 1),
    "more simpanan paid": ("membership__simpanan_wajib_paid", st.integers(0, 12), 1),
    "longer in the trade": ("person__trade_experience_months", st.integers(0, 600), 1),
    "training": ("person__trained", st.booleans(), 1),
    "mentoring": ("person__mentored", st.booleans(), 1),
    "membership": ("membership__active", st.booleans(), 1),
    "a group": ("person__group_member", st.booleans(), 1),
    "an offtaker": ("group__offtaker", st.booleans(), 1),
    "an agreement": ("group__pks", st.booleans(), 1),
    "a validation": ("group__validated", st.booleans(), 1),
    "more meetings": (
        "cooperative__rats",
        st.integers(0, 5).map(
            lambda years: tuple(Rat(2025 - each, date(2026, 1, 1)) for each in range(years))
        ),
        1,
    ),
    "more surplus": (
        "cooperative__shu",
        st.integers(-(10**12), 10**12).map(lambda amount: (Shu(2025, amount),)),
        1,
    ),
    "officers with better credit": ("cooperative__officers_collectibility", st.integers(1, 5), -1),
    "more own capital": ("cooperative__equity", st.integers(-(10**12), 10**12), 1),
    "more members": ("cooperative__members", st.integers(0, 10**6), 1),
    "more savers": ("cooperative__savers_permille", st.integers(0, 1000), 1),
    "a savings and loan unit": ("cooperative__usp", st.booleans(), 1),
}


@pytest.mark.parametrize("better", BETTER)
@settings(max_examples=25)
@given(st.randoms(use_true_random=False), amounts, st.data())
def test_what_is_better_never_scores_less(better, random, amount, data):
    fact, drawn, sign = BETTER[better]
    one, other = sorted((data.draw(drawn), data.draw(drawn)))
    worse, best = (one, other) if sign > 0 else (other, one)
    for applicant in (a_case(random).applicant, *APPLICANTS.values()):
        if fact.startswith("group") and applicant.group is None:
            continue
        before = scored(changed(applicant, {fact: worse}), amount)
        after = scored(changed(applicant, {fact: best}), amount)
        assert before.points <= after.points
        assert before.grade >= after.grade


@settings(max_examples=40)
@given(st.randoms(use_true_random=False), st.dates(date(2000, 1, 1), date(2026, 5, 24)), st.data())
def test_an_older_business_never_scores_less(random, started_on, data):
    older = data.draw(st.dates(date(2000, 1, 1), started_on))
    for applicant in (a_case(random).applicant, a_person(), a_group(1, 2)):
        after = scored(changed(applicant, {"business__started_on": older}))
        assert (
            after.points >= scored(changed(applicant, {"business__started_on": started_on})).points
        )


@given(sums, amounts, amounts)
def test_who_asks_for_less_never_scores_less(equity, amount, other):
    less, more = sorted((amount, other))
    for applicant in (a_person(business__own_equity=equity), a_cooperative(equity=equity)):
        assert scored(applicant, less).points >= scored(applicant, more).points


@given(st.randoms(use_true_random=False))
def test_filling_in_what_is_missing_never_costs_a_point(random):
    """On the same card: a first day of the business may show that it is a beginner's."""
    case = a_case(random)
    full = score(case.applicant, case.request, EDITION, on=case.on, share_max=700)
    changing = {"kind", "business.planned", "business.started_on"}
    for path in sorted({*READ, "group.members"} - changing):
        part, name, *inside = path.split(".")
        facts = getattr(case.applicant, part)
        if facts is None or path == "cooperative.kind" or inside:
            continue
        silent = replace(case.applicant, **{part: replace(facts, **{name: None})})
        result = score(silent, case.request, EDITION, on=case.on, share_max=700)
        assert (result.card, result.points <= full.points) == (full.card, True)
