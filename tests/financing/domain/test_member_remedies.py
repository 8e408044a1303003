"""What a group is offered against its members: who settles, who stays out, how the rest share."""

from datetime import date

import pytest

from services.financing.domain.eligibility import Code, GroupMember
from services.financing.domain.steps import Act
from tests.financing.domain.applicants import IN_2026, a_group, a_member, ask
from tests.financing.domain.offered import offered, step

TODAY = IN_2026
GOOD = a_member(20_000_000)
FOREIGN = GOOD._replace(citizen=False)
CITIZEN = Code.GROUP_MEMBER_CITIZEN


def against(code, *members, amount=None, tenor_months=24, on=TODAY, **changes):
    """The ways to answer a reason against members who ask for the sum of their shares."""
    asked = sum(each.share for each in members) if amount is None else amount
    group = a_group(group__members=members, **changes)
    return offered(code, "kur_khusus", group, ask(asked, tenor_months=tenor_months), on=on)


def alone(ways):
    """The ways of one step without those that leave somebody out."""
    return [way for way in ways if way[0].act is not Act.ASK_WITHOUT_MEMBERS]


def without(code, shares, amount, members, count):
    changes = {"each_member.share": shares, "request.amount": amount}
    numbers = {"members": members, "count": count}
    return (step("ask_without_members", code, changes, numbers),)


A = 20_000_000


@pytest.mark.parametrize(
    ("fact", "bad", "code", "act", "to", "what"),
    [
        ("collectibility", 3, Code.GROUP_MEMBER_COLLECTIBILITY, "settle_members", 1, "arrears"),
        ("collectibility", 2, Code.GROUP_MEMBER_NOT_CURRENT, "settle_members", 1, "arrears"),
        ("dhn_listed", True, Code.GROUP_MEMBER_DHN_LISTED, "settle_members", False, "dhn"),
        (
            "programme_unpaid",
            True,
            Code.GROUP_MEMBER_PROGRAMME_CREDIT,
            "settle_members",
            False,
            "programme",
        ),
        ("licence", False, Code.GROUP_MEMBER_LICENCE, "get_members_papers", True, "licence"),
    ],
)
def test_a_member_sets_it_right_or_stays_out(fact, bad, code, act, to, what):
    kept = {"collectibility": 4}.get(fact)  # what another member has is left as it is
    third = GOOD._replace(share=0, **({fact: kept} if kept else {}))
    members = (GOOD, GOOD, third, GOOD._replace(**{fact: bad}))
    changes = {f"each_member.{fact}": (to, to, kept or to, to)}
    assert against(code, *members) == [
        (step(act, code, changes, {"members": "4", "what": what}),),
        without(code, (A, A, 0, 0), 2 * A, "3, 4", 2),
    ]


def test_with_several_lenders_those_elsewhere_pay_their_kur_off():
    of = [GOOD._replace(kur_outstanding=5, kur_lender=lender) for lender in ("a", "b")]
    code = Code.GROUP_LENDERS
    changes = {"each_member.kur_outstanding": (0, 5, 0)}
    numbers = {"members": "3", "what": "kur"}
    assert against(code, GOOD, *of) == [
        (step("settle_members", code, changes, numbers),),
        without(code, (A, A, 0), 2 * A, "3", 1),
    ]


def test_up_to_three_are_left_out_one_by_one_more_of_them_at_once():
    assert against(CITIZEN, FOREIGN, FOREIGN, FOREIGN, GOOD) == [
        without(CITIZEN, (0, A, A, A), 3 * A, "1", 1),
        without(CITIZEN, (A, 0, A, A), 3 * A, "2", 1),
        without(CITIZEN, (A, A, 0, A), 3 * A, "3", 1),
    ]
    assert against(CITIZEN, GOOD, *[FOREIGN] * 4, GOOD) == [
        without(CITIZEN, (A, 0, 0, 0, 0, A), 2 * A, "2, 3, 4, 5", 4)
    ]


@pytest.mark.parametrize(
    ("shares", "amount", "asked"),
    [
        ((400_000, 599_999), None, []),  # less than is worth an akad
        ((400_000, 600_000), None, [1_000_000]),
        ((A, A), 30_000_000, [30_000_000]),  # never more than was asked
        ((1_000_000, 1), None, [1_000_001]),
    ],
)
def test_those_who_stay_ask_for_their_shares(shares, amount, asked):
    members = (*(a_member(share) for share in shares), FOREIGN)
    ways = against(CITIZEN, *members, amount=amount)
    assert [dict(way[0].changes)["request.amount"] for way in ways] == asked


def test_where_one_is_left_another_is_won_who_takes_the_share_over():
    ((out, won),) = against(CITIZEN, GOOD, FOREIGN._replace(share=15_000_001))
    shares = {"each_member.share": (A, 0)}
    assert out == step("ask_without_members", CITIZEN, shares, {"members": "2", "count": 1})
    assert (won.act, won.answers, won.numbers) == ("find_member", CITIZEN, {"count": 1})
    ((_, (first, second, third)),) = won.changes
    assert (first, second) == (GOOD, FOREIGN._replace(share=15_000_001))
    assert third == NEWCOMER._replace(share=15_000_001)


NEWCOMER = GroupMember(
    1,
    citizen=True,
    birth_date=date(1996, 11, 24),
    married=True,
    state_employee=False,
    dhn_listed=False,
    programme_unpaid=False,
    commercial_before=False,
    collectibility=1,
    licence=True,
    started_on=date(2025, 11, 24),
    turnover_year=0,
    npwp=True,
    kur_outstanding=0,
)


def test_where_nobody_is_left_two_are_won():
    ((out, won),) = against(CITIZEN, *[FOREIGN] * 3, FOREIGN._replace(share=5_000_001))
    assert (out.numbers, won.numbers) == ({"members": "1, 2, 3, 4", "count": 4}, {"count": 2})
    ((_, members),) = won.changes
    assert [each.share for each in members[4:]] == [32_500_001, 32_500_000]


def test_a_group_of_one_wins_another_who_shares_evenly():
    code = Code.GROUP_SIZE
    ((won,),) = against(code, GOOD, amount=20_000_001)
    members, shares = (GOOD, NEWCOMER), (10_000_001, 10_000_000)
    changes = {"group.members": members, "each_member.share": shares}
    assert won == step("find_member", code, changes, {"count": 1})


def test_who_has_no_share_is_not_counted_and_gets_none():
    ((won,),) = against(Code.GROUP_SIZE, GOOD, GOOD._replace(share=0), amount=20_000_001)
    members, shares = dict(won.changes).values()
    assert members[2] == NEWCOMER
    assert shares == (10_000_001, 0, 10_000_000)


def test_a_list_without_anybody_is_filled_with_two():
    ((won,),) = against(Code.GROUP_SIZE, amount=5_000_001)
    assert won.numbers == {"count": 2}
    assert dict(won.changes) == {
        "group.members": (NEWCOMER, NEWCOMER),
        "each_member.share": (2_500_001, 2_500_000),
    }
    assert against(Code.GROUP_SIZE, amount=1) == []
    assert len(against(Code.GROUP_SIZE, amount=2)) == 1


def test_whom_one_hopes_to_hear_of_are_two_who_share_the_loan():
    ((tell,),) = offered(
        Code.UNKNOWN_GROUP_MEMBERS, "kur_khusus", a_group(group__members=None), ask(40_000_001)
    )
    both = (NEWCOMER._replace(share=A), NEWCOMER._replace(share=A + 1))
    assert tell == step("tell", Code.UNKNOWN_GROUP_MEMBERS, {"group.members": both})


def test_a_share_of_one_rupiah_is_a_share():
    ((won,),) = against(Code.GROUP_SIZE, a_member(1), amount=3)
    assert won.numbers == {"count": 1}
    code, members = Code.GROUP_MEMBER_NPWP, (a_member(1), a_member(60_000_000, npwp=False))
    assert even(code, 30_000_001, 30_000_000) in against(code, *members)


@pytest.mark.parametrize(
    ("amount", "shares"),
    [
        (50_000_000, (16_666_667, 16_666_667, 0, 16_666_666)),
        (50_000_001, (16_666_667, 16_666_667, 0, 16_666_667)),
        (4, (2, 1, 0, 1)),
        (3, None),  # of four on the list
    ],
)
def test_a_loan_is_shared_evenly_to_the_rupiah(amount, shares):
    code = Code.GROUP_SHARES
    members = (GOOD, GOOD, GOOD._replace(share=0), GOOD)
    ways = [(step("share_evenly", code, {"each_member.share": shares}),)] if shares else []
    assert against(code, *members, amount=amount) == ways


def test_where_nobody_has_a_share_all_get_one():
    none = GOOD._replace(share=0)
    ((even,),) = against(Code.GROUP_SHARES, none, none, none, amount=5_000_000)
    assert dict(even.changes) == {"each_member.share": (1_666_667, 1_666_667, 1_666_666)}


def even(code, *shares):
    return (step("share_evenly", code, {"each_member.share": shares}),)


def smaller(code, *shares):
    amount = sum(shares)
    changes = {"request.amount": amount, "each_member.share": shares}
    return (step("ask_less", code, changes, {"amount": amount}),)


@pytest.mark.parametrize(
    ("shares", "way"),
    [((500_000_001, 499_999_999), even), ((500_000_001, 500_000_000), smaller)],
)
def test_above_the_most_of_a_share_the_loan_is_shared_evenly_or_cut(shares, way):
    code = Code.GROUP_MEMBER_SHARE_ABOVE
    ways = against(code, *(a_member(share) for share in shares))
    assert alone(ways) == [way(code, 500_000_000, 500_000_000)]
    assert len(ways) == 2
    out = a_member(0)
    ((cut, *_),) = alone(against(code, out, *(a_member(share) for share in shares)))
    assert dict(cut.changes)["each_member.share"] == (0, 500_000_000, 500_000_000)


M50, M60 = 50_000_000, 60_000_000


@pytest.mark.parametrize(
    ("npwp", "code"),
    [(False, Code.GROUP_MEMBER_NPWP), (None, Code.UNKNOWN_MEMBER_FACTS)],
)
@pytest.mark.parametrize(
    ("other", "way"), [(40_000_000, even), (40_000_001, smaller)], ids=["even", "less"]
)
def test_without_an_npwp_a_share_is_cut_down_to_what_needs_none(npwp, code, other, way):
    members = (a_member(other), a_member(M60, npwp=npwp))
    first, second, third = against(code, *members)
    papers = {"each_member.npwp": (True, True)}
    if npwp is None:
        numbers = {"members": "2", "count": 1, "facts": "npwp"}
        assert first == (step("tell", code, papers, numbers),)
    else:
        numbers = {"members": "2", "what": "npwp"}
        assert first == (step("get_members_papers", code, papers, numbers),)
    assert second == way(code, M50, M50)
    assert third[0].act == "ask_without_members"


def test_what_is_not_known_of_members_is_told_of_those_who_lack_it():
    code = Code.UNKNOWN_MEMBER_FACTS
    lacking = a_member(A, licence=None, turnover_year=None, citizen=None)
    other = a_member(A, licence=False, birth_date=None, married=None)
    tell, first, second = against(code, GOOD, lacking, other)
    assert tell == (
        step(
            "tell",
            code,
            {
                "each_member.citizen": (True, True, True),
                "each_member.licence": (True, True, False),
                "each_member.turnover_year": (100_000_000, 0, 100_000_000),
                "each_member.birth_date": (date(1985, 3, 2), date(1985, 3, 2), date(1996, 11, 24)),
            },
            {
                "members": "2, 3",
                "count": 2,
                "facts": "citizen, licence, turnover_year, birth_date",
            },
        ),
    )
    assert first == without(code, (A, 0, A), 2 * A, "2", 1)
    assert second == without(code, (A, A, 0), 2 * A, "3", 1)


def test_each_fact_of_a_member_has_a_hope_against_which_nothing_stands():
    ((tell, *_), *_) = against(Code.UNKNOWN_MEMBER_FACTS, GOOD, GroupMember(A), GOOD)
    hoped = {path.removeprefix("each_member."): values[1] for path, values in tell.changes}
    newcomer = NEWCOMER._asdict()
    assert hoped == {name: newcomer[name] for name in hoped}
    assert len(hoped) == 11


OWING = {"kur_outstanding": 5}


@pytest.mark.parametrize(
    ("members", "credit", "lender"),
    [
        ((GOOD, a_member(A, **OWING)), {}, "to be told"),
        ((a_member(A, **OWING, kur_lender="b"), a_member(A, **OWING)), {}, "b"),
        ((a_member(A, kur_outstanding=0, kur_lender="b"), a_member(A, **OWING)), {}, "to be told"),
        (
            (a_member(A, **OWING, kur_lender="b"), a_member(A, **OWING)),
            {"credit__kur_outstanding": 5, "credit__kur_lender": "c"},
            "c",
        ),
        (
            (a_member(A, **OWING, kur_lender="b"), a_member(A, **OWING)),
            {"credit__kur_outstanding": 0, "credit__kur_lender": "c"},
            "b",
        ),
    ],
)
def test_a_lender_that_is_not_known_is_hoped_to_be_that_of_the_others(members, credit, lender):
    ((tell,), *_) = against(Code.UNKNOWN_MEMBER_FACTS, *members, **credit)
    ((_, lenders),) = tell.changes
    assert lenders[1] == lender


HEAVY = Code.GROUP_MEMBER_INSTALMENT


def longer(months):
    return step("ask_longer", HEAVY, {"request.tenor_months": months}, {"tenor": months})


def poor(income=1_000_000, others=0, share=A):
    return a_member(share, net_income_month=income, instalments_month=others)


# Rp 20 million cost Rp 886,412 a month over 24 months, Rp 469,701 over 48: 70 percent of what?
def test_what_a_member_cannot_bear_is_borne_over_more_months():
    for income, months in ((1_266_302, 25), (671_002, 48)):
        assert alone(against(HEAVY, GOOD, poor(income)))[0] == (longer(months),)
    assert alone(against(HEAVY, GOOD, poor(671_000)))[0] != (longer(48),)
    # As long as the one who bears least needs it.
    both = against(HEAVY, poor(1_266_302), poor(671_002))
    assert alone(both)[0] == (longer(48),)


def test_what_a_member_cannot_bear_is_asked_less_of_over_the_same_months_or_the_longest():
    ways = against(HEAVY, GOOD, poor(1_000_001, others=300_000))
    now, then = smaller(HEAVY, A, 9_025_157), smaller(HEAVY, A, 17_032_148)
    assert now in ways
    assert (*then, longer(48)) in ways
    assert len(alone(ways)) == 4


def test_over_the_longest_tenor_only_less_is_asked():
    ways = against(HEAVY, GOOD, poor(others=300_000), tenor_months=48)
    assert alone(ways) == [
        even(HEAVY, A, A),
        smaller(HEAVY, A, 17_032_148),
        (
            step(
                "settle_members",
                HEAVY,
                {"each_member.instalments_month": (0, 0)},
                {"members": "2", "what": "instalments"},
            ),
        ),
    ]


def test_nobody_settles_what_nobody_owes_and_only_who_is_concerned_does():
    assert "settle_members" not in [way[0].act for way in against(HEAVY, GOOD, poor())]
    owing = GOOD._replace(instalments_month=7)
    ways = against(HEAVY, owing, poor(others=1))
    (settled,) = [way[0] for way in ways if way[0].act == "settle_members"]
    assert dict(settled.changes) == {"each_member.instalments_month": (7, 0)}
    assert "settle_members" not in [way[0].act for way in against(HEAVY, owing, poor())]


def test_who_has_no_room_at_all_is_no_way_for_less():
    ways = against(HEAVY, GOOD, poor(others=700_000))
    assert [way[0].act for way in ways] == [
        "share_evenly",
        "settle_members",
        "ask_without_members",
    ]
    assert "ask_less" in [way[0].act for way in against(HEAVY, GOOD, poor(others=699_999))]


def test_who_has_no_share_needs_no_room():
    out = poor(others=700_000, share=0)
    ways = against(HEAVY, out, GOOD, poor(others=300_000))
    assert smaller(HEAVY, 0, A, 9_025_157) in ways


@pytest.mark.parametrize("untold", ["net_income_month", "instalments_month"])
def test_of_whom_the_income_is_not_known_keeps_the_share(untold):
    ways = against(HEAVY, GOOD._replace(**{untold: None}), poor(others=300_000))
    assert smaller(HEAVY, A, 9_025_157) in ways


@pytest.mark.parametrize(("share", "asked"), [(548_731, []), (548_732, [1_000_000])])
def test_nobody_asks_for_less_than_is_worth_an_akad(share, asked):
    members = (a_member(share, net_income_month=None), poor(others=680_000))
    ways = against(HEAVY, *members)
    assert [sum(way[0].changes[1][1]) for way in ways if smaller_now(way)] == asked


def smaller_now(way):
    return [each.act for each in way] == ["ask_less"]


def test_less_than_is_worth_an_akad_is_not_asked_of_all():
    small = [poor(others=680_000, share=A), poor(others=680_000, share=A)]
    ways = against(HEAVY, *small)
    assert [way[0].act for way in alone(ways)] == ["share_evenly", "ask_less", "settle_members"]


def test_beginners_are_recommended_or_stay_out():
    code = Code.GROUP_BEGINNERS
    told = {"members": "3", "count": 1, "months": 6}
    recommended = {"group.chair_recommends_beginners": True}
    assert against(code, GOOD, GOOD, GOOD._replace(beginner=True)) == [
        (step("recommend_beginners", code, recommended, told),),
        without(code, (A, A, 0), 2 * A, "3", 1),
    ]


def test_who_comes_of_age_is_waited_for():
    code, day = Code.GROUP_MEMBER_AGE, date(2027, 1, 1)
    young = GOOD._replace(birth_date=date(2006, 1, 1), married=False)
    assert against(code, GOOD, GOOD, young) == [
        without(code, (A, A, 0), 2 * A, "3", 1),
        (step("wait", code, {}, {}, day),),
    ]
