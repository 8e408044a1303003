"""The way from a no to a yes: it works, it is the cheapest, and it asks nothing impossible."""

from dataclasses import replace
from datetime import date
from functools import cache
from random import Random

import pytest

from services.financing.domain.decision import IN_FORCE, Rulebook, decide
from services.financing.domain.eligibility import (
    Applicant,
    Code,
    ContractKind,
    CooperativeKind,
    GroupMember,
    LoanRequest,
    Rat,
)
from services.financing.domain.recourse import Recourse, recourse
from services.financing.domain.recourse_texts import ACTS, step
from services.financing.domain.remedies import FIXED
from services.financing.domain.rules.kur_terms import KUR_2026
from services.financing.domain.steps import KINDS, Act, Kind, changed
from services.financing.domain.texts import Language
from shared.timeline import Timeline
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    a_group,
    a_member,
    a_person,
    ask,
)
from tests.financing.domain.cases import Case, a_case
from tests.financing.domain.ways import comparable, flipped, is_cheapest, ways

CASES = 800


@cache
def all_ways() -> tuple[tuple[Case, Recourse], ...]:
    """Some cases, each with the recourse of every product that refuses it."""
    return tuple((case, way) for case in some_cases(CASES) for way in ways(case))


def way_to(
    product: str,
    applicant: Applicant,
    request: LoanRequest,
    rulebook: Rulebook = IN_FORCE,
    on: date = IN_2026,
) -> Recourse:
    said = decide(applicant, request, on=on, channels=(), rulebook=rulebook)
    return recourse(said.assessment(product), applicant, request, on=on, rulebook=rulebook)


def some_cases(count: int, **options: int) -> list[Case]:
    random = Random(20_261_124)
    return [a_case(random, **options) for _ in range(count)]


def test_whoever_follows_the_steps_is_told_yes_on_that_day():
    found = 0
    for case, way in all_ways():
        if way.on is not None:
            found += 1
            assert flipped(case, way), (case, way)
        else:
            assert way.stuck, (case, way)
    assert found > CASES


def test_nothing_goes_back_in_time_and_nobody_is_asked_to_borrow_more():
    for case, way in all_ways():
        if way.on is not None and way.request is not None:
            assert way.on >= case.on
            assert way.request.amount <= case.request.amount
            assert all(each.earliest is None or each.earliest <= way.on for each in way.steps)


PAST = {
    *("person.birth_date", "person.citizen", "person.state_employee", "person.married"),
    *("credit.commercial_before", "credit.kur_received", "business.turnover_year"),
    *("cooperative.founded_on", "cooperative.kind"),
}


def test_what_is_known_of_a_person_or_the_past_is_never_asked_to_change():
    for case, way in all_ways():
        for path, _ in (change for each in way.steps for change in each.changes):
            if path in PAST:
                part, _, field = path.partition(".")
                assert getattr(getattr(case.applicant, part), field) is None, (case, way)


def test_of_two_ways_the_cheaper_one_is_told():
    young = a_person(business__started_on=date(2026, 9, 1))
    way = way_to("kur_super_mikro", young, ask(8_000_000))
    assert [each.act for each in way.steps] == [Act.MENTORING_OR_TRAINING]
    assert way.on == IN_2026
    way = way_to("kur_mikro", young, ask(40_000_000))
    assert ([each.act for each in way.steps], way.on) == ([Act.WAIT], date(2027, 3, 1))


GOOD = a_member(20_000_000)
# members, the steps, the first day: settling costs more than leaving one out, two less than that
MEMBERS = [
    ((GOOD, GOOD, GOOD._replace(citizen=False)), ["ask_without_members"], IN_2026),
    ((GOOD, GOOD._replace(citizen=False)), ["find_member", "ask_without_members"], IN_2026),
    ((GOOD, GOOD, GOOD._replace(collectibility=3)), ["ask_without_members"], IN_2026),
    ((GOOD, GOOD._replace(collectibility=3)), ["settle_members"], IN_2026),
    ((*(GOOD._replace(dhn_listed=True),) * 2, GOOD, GOOD), ["settle_members"], IN_2026),
    ((GOOD, GOOD._replace(licence=False)), ["get_members_papers"], IN_2026),
    ((GOOD, GOOD._replace(beginner=True)), ["recommend_beginners"], IN_2026),
    ((GOOD, GroupMember(GOOD.share)), ["tell"], IN_2026),
    (
        (GOOD, GOOD._replace(birth_date=date(2006, 1, 1), married=False)),
        ["wait"],
        date(2027, 1, 1),
    ),
    ((GOOD, GOOD._replace(net_income_month=1_000_000)), ["ask_longer"], IN_2026),
]


@pytest.mark.parametrize(
    ("applicant", "amount", "product", "acts", "on"),
    [
        (a_person(business__npwp=False), 60_000_000, "kur_mikro", ["get_npwp"], IN_2026),
        (a_person(credit__collectibility=3), 40_000_000, "kur_mikro", ["settle_credit"], IN_2026),
        (
            a_person(credit__mikro_outstanding=90_000_000),
            40_000_000,
            "kur_mikro",
            ["settle_mikro"],
            IN_2026,
        ),
        (
            a_person(credit__mikro_outstanding=70_000_000),
            40_000_000,
            "kur_mikro",
            ["ask_less"],
            IN_2026,
        ),
        (
            a_person(business__net_income_month=2_000_000),
            40_000_000,
            "kur_mikro",
            ["ask_longer"],
            IN_2026,
        ),
        (
            a_person(credit__programme_unpaid=True),
            40_000_000,
            "kur_mikro",
            ["settle_programme", "wait"],
            date(2026, 11, 27),
        ),
        (
            a_cooperative(rats=(), founded_on=date(2025, 6, 1), certificate_valid_until=None),
            400_000_000,
            "lpdb_regular",
            ["hold_rat", "get_certificate", "wait"],
            date(2027, 1, 1),
        ),
        # Until 30 June the year before stands in: no year with a surplus has to be closed.
        (
            a_cooperative(
                rats=(Rat(2025, date(2026, 3, 1)),), founded_on=date(2025, 1, 1), shu=()
            ),
            400_000_000,
            "lpdb_regular",
            ["tell", "hold_rat", "wait"],
            date(2027, 1, 1),
        ),
        (a_group(700_000_000, 100_000_000), 800_000_000, "kur_khusus", ["share_evenly"], IN_2026),
        *(
            (
                a_group(group__members=members),
                sum(each.share for each in members),
                "kur_khusus",
                *way,
            )
            for members, *way in MEMBERS
        ),
    ],
)
def test_what_a_refused_applicant_can_do(applicant, amount, product, acts, on):
    way = way_to(product, applicant, ask(amount))
    assert ([each.act for each in way.steps], way.on) == (acts, on)


@pytest.mark.parametrize(
    ("applicant", "amount", "product", "stuck"),
    [
        (a_person(person__state_employee=True), 40_000_000, "kur_mikro", Code.STATE_EMPLOYEE),
        (
            a_person(credit__commercial_before=True),
            40_000_000,
            "kur_mikro",
            Code.COMMERCIAL_CREDIT,
        ),
        (a_person(), 40_000_000, "kur_kecil", Code.AMOUNT_BELOW),
        (a_person(), 40_000_000, "lpdb_regular", Code.BORROWER_KIND),
        (a_cooperative(), 40_000_000, "pmk49", Code.NOT_IN_FORCE),
        (
            a_person(business__net_income_month=0),
            40_000_000,
            "kur_mikro",
            Code.NO_ROOM_FOR_INSTALMENT,
        ),
    ],
)
def test_where_there_is_no_way_the_reason_that_nothing_removes_is_named(
    applicant, amount, product, stuck
):
    way = way_to(product, applicant, ask(amount))
    assert (way.steps, way.on, way.request, way.stuck) == ((), None, None, (stuck,))


def test_asking_for_less_in_all_answers_two_reasons_at_once():
    kopdes = a_cooperative(kind=CooperativeKind.KOPDES, head_approval=True)
    way = way_to("pmk49", kopdes, ask(4_000_000_000, tenor_months=72), on=date(2025, 8, 1))
    (step,) = way.steps
    assert (step.act, way.request.amount) == ("ask_less", 500_000_000)


def test_a_law_that_is_enacted_already_is_waited_for():
    since = date(2027, 4, 1)
    wider = replace(KUR_2026, code="KUR-2027", turnover_max=None)
    rulebook = Rulebook(
        kur=Timeline((date.min, None), (date(2026, 1, 5), KUR_2026), (since, wider))
    )
    large = a_person(business__turnover_year=9_000_000_000)
    assert way_to("kur_mikro", large, ask()).stuck == (Code.TURNOVER,)
    way = way_to("kur_mikro", large, ask(), rulebook)
    assert ([each.act for each in way.steps], way.on) == ([Act.WAIT], since)


def test_every_reason_has_an_act_or_is_known_to_have_none():
    only_time = {Code.AGE, Code.AGE_PMI, Code.BUSINESS_AGE, Code.NOT_IN_FORCE}
    never = {
        *(Code.BORROWER_KIND, Code.COOPERATIVE_KIND, Code.RAT_ENOUGH, Code.STATE_EMPLOYEE),
        *(Code.AMOUNT_BELOW, Code.CITIZEN, Code.COMMERCIAL_CREDIT, Code.KUR_BEFORE),
        *(Code.KUR_REPEATS, Code.TURNOVER, Code.NO_PLACEMENT_CONTRACT),
    }
    assert only_time | never == FIXED


def test_who_is_left_out_by_the_steps_can_as_well_be_taken_off_the_list():
    """A share of nothing stands for a member who is not there: the answer is the same."""
    compared = 0
    for case, way in all_ways():
        if way.on is None or Act.ASK_WITHOUT_MEMBERS not in {each.act for each in way.steps}:
            continue
        changes = [change for each in way.steps for change in each.changes]
        applicant, request = changed(case.applicant, case.request, changes)
        staying = tuple(each for each in applicant.group.members if each.share)
        shorter = replace(applicant, group=replace(applicant.group, members=staying))
        later = replace(request, akad_on=max(way.on, request.akad_on or way.on))
        said = decide(shorter, later, on=way.on, channels=()).assessment(way.product)
        assert said.eligible, (case, way)
        compared += 1
    assert compared


def test_every_act_has_a_kind_and_a_sentence():
    assert set(ACTS) == set(Act)
    assert {KINDS.get(act, Kind.DO) for act in Act} == set(Kind)


def test_every_step_that_is_told_can_be_said_in_both_languages():
    said = set()
    abroad = a_person(
        person__birth_date=date(2007, 1, 1),
        person__married=False,
        placement__siskop2mi=False,
        placement__e_kpmi=False,
        placement__parents_permission=False,
        business__nib=False,
        business__sku=False,
    )
    young = a_cooperative(rats=(), founded_on=date(2026, 2, 1), incubated=False)
    pair = a_group(
        group__members=(a_member(20_000_000, licence=False), a_member(20_000_000, dhn_listed=True))
    )
    learners = a_group(group__members=(a_member(20_000_000), a_member(20_000_000, beginner=True)))
    untaxed = a_person(business__npwp=False)
    poor = a_cooperative(kind="kopdes", dps=False, bank_account=False)
    sharia, in_pmk49 = ask(contract_kind=ContractKind.SHARIA), date(2025, 9, 1)
    asking = (
        *(Case(who, ask(), IN_2026) for who in (abroad, young, pair, learners)),
        Case(untaxed, ask(60_000_000), IN_2026),
        *(Case(poor, sharia, day) for day in (in_pmk49, IN_2026)),
    )
    more = [(None, way) for case in asking for way in ways(case)]
    for _, way in (*all_ways(), *more):
        for each in way.steps:
            texts = [step(each, language) for language in Language]
            assert all(text.endswith(".") and "{" not in text for text in texts)
            said.add(each.act)
    assert said == set(ACTS)


def test_no_cheaper_way_is_found_by_trying_them_all():
    tried = 0
    for case in some_cases(30, faults_max=3):
        for way in ways(case):
            if comparable(case, way):
                tried += 1
                assert is_cheapest(case, way), (case, way)
    assert tried > 60
