"""How acts add up to a plan, what a product says of it, and when a way is not to be taken."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from msgspec import structs

from services.financing.domain.decision import IN_FORCE, Rulebook
from services.financing.domain.eligibility import Code, Purpose
from services.financing.domain.recourse import (
    Plan,
    asked,
    led,
    months_max,
    recourse,
    situated,
)
from services.financing.domain.rules.kur_terms import KUR_2026
from services.financing.domain.steps import Act, Remedy
from shared.timeline import Timeline
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    a_group,
    a_member,
    a_person,
    ask,
    decided,
)

TODAY, LATER, LAST = IN_2026, date(2027, 1, 1), date(2027, 3, 1)
NOTHING = Plan((), TODAY)


def less(amount, *more, code=Code.AMOUNT_ABOVE):
    return Remedy(Act.ASK_LESS, code, (("request.amount", amount), *more), {"amount": amount})


def tell(code, path):
    return Remedy(Act.TELL, code, ((path, True),))


NPWP = Remedy(Act.GET_NPWP, Code.NPWP, (("business.npwp", True),))
RAT = Remedy(Act.HOLD_RAT, Code.RAT_MISSING, (("cooperative.rats", ()),), {}, LATER)


def test_an_act_takes_the_place_of_an_earlier_one_of_its_kind():
    plan = NOTHING.then((less(9), NPWP, less(5, code=Code.NPWP)))
    assert plan == Plan((NPWP, less(5, code=Code.NPWP)), TODAY)


def test_acts_by_reason_stand_beside_each_other_unless_the_reason_is_the_same():
    sku, age = (
        tell(Code.UNKNOWN_BUSINESS_LICENCE, "business.sku"),
        tell(Code.UNKNOWN_DHN, "credit.dhn_listed"),
    )
    nib = tell(Code.UNKNOWN_BUSINESS_LICENCE, "business.nib")
    assert NOTHING.then((sku, age)).steps == (sku, age)
    assert NOTHING.then((sku, age, nib)).steps == (age, nib)


def test_of_two_acts_that_change_the_same_only_the_later_one_does():
    shares = ("each_member.share", (1, 2))
    even = Remedy(Act.SHARE_EVENLY, Code.GROUP_SHARES, (("each_member.share", (2, 2)),))
    plan = NOTHING.then((less(3, shares), even))
    assert plan.changes == (("request.amount", 3), ("each_member.share", (2, 2)))
    assert [step.act for step in plan.steps] == ["ask_less", "share_evenly"]


def test_the_day_of_a_plan_is_the_last_of_its_acts_and_a_wait_is_no_act():
    wait = Remedy(Act.WAIT, Code.AGE, earliest=LAST)
    assert NOTHING.then((RAT, NPWP)) == Plan((RAT, NPWP), LATER)
    assert NOTHING.then((RAT, wait)) == Plan((RAT,), LAST)
    assert NOTHING.then((wait, RAT)).day == LAST


SAID = asked("kur_mikro", a_person(), ask(), on=TODAY)


def test_steps_are_in_the_order_in_which_they_are_done_and_the_wait_is_last():
    settle = Remedy(Act.SETTLE_CREDIT, Code.COLLECTIBILITY)
    way = led(Plan((settle, RAT, NPWP), LATER), ask(), SAID, today=TODAY)
    wait = Remedy(Act.WAIT, None, (), {"from": LATER}, LATER)
    assert way.steps == (NPWP, settle, RAT, wait)
    assert (way.product, way.on, way.request, way.stuck) == ("kur_mikro", LATER, ask(), ())
    today = led(Plan((NPWP,), TODAY), ask(), SAID, today=TODAY)
    assert (today.steps, today.on) == ((NPWP,), TODAY)


@pytest.mark.parametrize(("shown", "on"), [(LAST, LAST), (TODAY, LATER), (None, LATER)])
def test_a_yes_waits_until_it_is_seen(shown, on):
    said = structs.replace(SAID, earliest_date=shown)
    assert led(Plan((RAT,), LATER), ask(), said, today=TODAY).on == on


@pytest.mark.parametrize(
    ("product", "applicant", "on"),
    [
        ("kur_mikro", a_person(), TODAY),
        ("kur_super_mikro", a_person(business__npwp=None), date(2023, 5, 1)),
        ("lpdb_regular", a_cooperative(), TODAY),
        ("lpdb_mockup", a_cooperative(), TODAY),
        ("blu_umi", a_person(), TODAY),
        ("blu_inkubasi", a_cooperative(), TODAY),
        ("pmk49", a_cooperative(kind="kopdes"), date(2025, 8, 1)),
        ("pmk49", a_cooperative(kind="kopdes"), TODAY),
    ],
)
def test_one_product_is_asked_what_the_whole_decision_says(product, applicant, on):
    whole = decided(applicant, ask(), on=on).assessment(product)
    assert asked(product, applicant, ask(), on=on) == whole


def test_an_akad_of_the_past_is_asked_for_as_of_that_day_and_one_to_come_under_its_law():
    kopdes = a_cooperative(kind="kopdes")
    gone, there = date(2025, 8, 1), TODAY
    past = asked("pmk49", kopdes, ask(akad_on=gone), on=there)
    assert past == asked("pmk49", kopdes, ask(akad_on=there), on=there)
    before = date(2025, 7, 1)
    assert asked("pmk49", kopdes, ask(akad_on=gone), on=before).rate_bp == 600
    assert asked("pmk49", kopdes, ask(), on=before).rate_bp is None
    law = situated(
        SAID,
        a_person(),
        ask(akad_on=date(2025, 12, 31)),
        today=TODAY,
        day=TODAY,
        rulebook=IN_FORCE,
    )
    assert law.npwp_above == 50_000_000


def test_a_situation_has_the_longest_tenor_and_the_limit_of_the_npwp():
    here = situated(SAID, a_person(), ask(), today=TODAY, day=LATER, rulebook=IN_FORCE)
    assert here == ("kur_mikro", TODAY, a_person(), ask(), LATER, 600, 36, 50_000_000)
    assert months_max(IN_FORCE, "kur_mikro", Purpose.INVESTMENT, TODAY) == 60
    assert months_max(IN_FORCE, "blu_umi", Purpose.WORKING_CAPITAL, TODAY) == 24
    assert months_max(IN_FORCE, "pmk49", Purpose.INVESTMENT, TODAY) is None
    nowhere = structs.replace(SAID, product="pmk49", rate_bp=None)
    there = situated(nowhere, a_person(), ask(), today=TODAY, day=TODAY, rulebook=IN_FORCE)
    assert (there.months_max, there.npwp_above, there.rate_bp) == (24, None, None)


def way_to(product, applicant, request, *, on=TODAY, rulebook=IN_FORCE, without=frozenset()):
    said = asked(product, applicant, request, on=on, rulebook=rulebook)
    return recourse(said, applicant, request, on=on, rulebook=rulebook, without=without)


def test_acts_that_are_not_to_be_taken_are_not():
    who, request = a_person(credit__mikro_outstanding=70_000_000), ask()
    assert [step.act for step in way_to("kur_mikro", who, request).steps] == ["ask_less"]
    way = way_to("kur_mikro", who, request, without=frozenset({Act.ASK_LESS}))
    assert [step.act for step in way.steps] == ["settle_mikro"]
    nothing = frozenset({Act.ASK_LESS, Act.SETTLE_MIKRO})
    stuck = way_to("kur_mikro", who, request, without=nothing)
    assert (stuck.steps, stuck.stuck) == ((), (Code.MIKRO_OUTSTANDING,))


def test_of_ways_of_one_cost_the_earlier_then_the_larger_then_the_shorter_is_taken():
    poor = a_person(business__net_income_month=1_000_000)
    way = way_to("kur_mikro", poor, ask())
    assert way.request == ask(15_794_017)
    group = a_group(
        group__members=(
            a_member(20_000_000),
            a_member(15_000_000, citizen=False),
            a_member(20_000_000, state_employee=True),
            a_member(20_000_000),
        )
    )
    way = way_to("kur_khusus", group, ask(75_000_000))
    assert [step.act for step in way.steps] == ["ask_without_members"]
    assert way.steps[0].numbers == {"members": "2, 3", "count": 2}
    assert way.request == ask(40_000_000)


def test_every_forced_act_is_taken_in_one_go():
    who = a_person(
        credit__collectibility=3,
        credit__dhn_listed=True,
        business__nib=False,
        business__sku=False,
        person__citizen=None,
    )
    way = way_to("kur_mikro", who, ask())
    acts = ["tell", "get_licence", "settle_credit", "leave_dhn"]
    assert ([step.act for step in way.steps], way.on) == (acts, TODAY)


def test_all_reasons_that_nothing_removes_are_named():
    who = a_person(person__state_employee=True, credit__commercial_before=True)
    way = way_to("kur_mikro", who, ask())
    assert (way.product, way.steps, way.on, way.request) == ("kur_mikro", (), None, None)
    assert set(way.stuck) == {Code.STATE_EMPLOYEE, Code.COMMERCIAL_CREDIT}


def rulebook_until(since, **changes):
    later = replace(KUR_2026, code="KUR-2027", **changes)
    return Rulebook(kur=Timeline((date.min, None), (date(2026, 1, 5), KUR_2026), (since, later)))


def test_a_law_to_come_is_waited_for_only_if_it_helps():
    since = date(2027, 4, 1)
    wider, same = rulebook_until(since, turnover_max=None), rulebook_until(since)
    large = a_person(business__turnover_year=9_000_000_000)
    way = way_to("kur_mikro", large, ask(), rulebook=wider)
    assert [(step.act, step.numbers, step.earliest) for step in way.steps] == [
        ("wait", {"from": since}, since)
    ]
    assert way_to("kur_mikro", large, ask(), rulebook=same).stuck == (Code.TURNOVER,)
    day = since - timedelta(days=1)
    assert way_to("kur_mikro", large, ask(), rulebook=wider, on=day).on == since
    assert way_to("kur_mikro", large, ask(), rulebook=same, on=since).on is None


def test_what_is_asked_is_asked_under_the_law_of_the_day_of_a_plan():
    """By the time the business is old enough another rate holds."""
    since = date(2027, 2, 1)
    young = a_person(business__started_on=date(2026, 9, 1))
    way = way_to("kur_mikro", young, ask(), rulebook=rulebook_until(since))
    assert ([step.act for step in way.steps], way.on) == (["wait"], LAST)
