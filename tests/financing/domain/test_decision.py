"""The route and the whole decision."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain import duration, routing
from services.financing.domain.decision import (
    ENGINE_VERSION,
    IN_FORCE,
    EditionUnknown,
    Rulebook,
    decide,
    in_force,
    same_law_since,
)
from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    Code,
    CooperativeKind,
    KurReceived,
    Rat,
    Term,
)
from services.financing.domain.products import BY_CODE, PRODUCTS
from services.financing.domain.routing import LeftOut, Outcome, Why, WhyNot
from services.financing.domain.rules import kur
from services.financing.domain.rules.kur_terms import KUR_2026
from shared.timeline import Timeline
from tests.financing.domain.applicants import (
    BLU,
    CHANNELS,
    IN_2024,
    IN_2026,
    LPDB,
    NUSANTARA,
    SAMUDRA,
    a_cooperative,
    a_group,
    a_person,
    ask,
    decided,
)
from tests.financing.domain.cases import a_case

APPLICANTS = {
    "person": a_person(),
    "beginner": a_person(business__planned=True),
    "blank": Applicant(kind=BorrowerKind.PERSON),
    "group": a_group(20_000_000, 20_000_000),
    "cooperative": a_cooperative(),
    "young cooperative": a_cooperative(rats=(), founded_on=date(2025, 6, 1)),
    "blank cooperative": Applicant(kind=BorrowerKind.COOPERATIVE),
}
ANYONE = pytest.mark.parametrize("applicant", APPLICANTS.values(), ids=APPLICANTS)
amounts = st.integers(1, 10**13)


@ANYONE
@pytest.mark.parametrize("on", [date(1990, 1, 1), IN_2024, date(2025, 9, 1), IN_2026])
def test_every_product_answers_every_borrower(applicant, on):
    decision = decided(applicant, ask(), on=on)

    assert [each.product for each in decision.assessments] == [each.code for each in PRODUCTS]
    for each in decision.assessments:
        kinds = BY_CODE[each.product].kinds
        if applicant.kind not in kinds:
            assert not each.eligible


def test_a_decision_names_its_editions_and_its_engine():
    decision = decided(a_person(), ask(akad_on=date(2026, 12, 1)))

    assert decision.editions == (
        "KUR-2026",
        "LPDB-REGULAR",
        "LPDB-MOCKUP-2025",
        "BLU-ASSUMED-2026",
    )
    assert (decision.engine_version, decision.on) == (ENGINE_VERSION, IN_2026)
    assert decision.akad_on == date(2026, 12, 1)


def test_the_same_facts_are_decided_the_same():
    assert decided(a_person(), ask()) == decided(a_person(), ask())


def test_a_rulebook_is_what_it_was_when_some_editions_were_enacted():
    enacted = IN_FORCE.enacted()
    assert IN_FORCE.only(enacted) is IN_FORCE
    earlier = IN_FORCE.only({**enacted, "kur": enacted["kur"][:-1]})
    assert earlier.enacted() == {**enacted, "kur": enacted["kur"][:-1]}
    last = enacted["kur"][-1]
    assert in_force(earlier, last).kur == in_force(IN_FORCE, last - timedelta(days=1)).kur
    for unknown in ({**enacted, "kur": (*enacted["kur"], date(2040, 1, 1))}, {"kur": ()}):
        with pytest.raises(EditionUnknown, match="lacks an edition"):
            IN_FORCE.only(unknown)


def test_asking_for_an_unknown_product_is_a_key_error():
    with pytest.raises(KeyError, match="kur_besar"):
        decided(a_person(), ask()).assessment("kur_besar")


def test_a_draft_regulation_is_another_rulebook():
    larger = replace(
        KUR_2026.mikro, plafon_max=Term(150_000_000, KUR_2026.kecil.plafon_max.source)
    )
    draft = Rulebook(kur=Timeline((date.min, replace(KUR_2026, code="DRAFT", mikro=larger))))
    request = ask(120_000_000)

    now, then = (
        decide(a_person(), request, on=IN_2026, channels=CHANNELS, rulebook=rulebook)
        for rulebook in (IN_FORCE, draft)
    )

    assert Code.AMOUNT_ABOVE in {each.code for each in now.assessment(kur.MIKRO).refusals}
    assert Code.AMOUNT_ABOVE not in {each.code for each in then.assessment(kur.MIKRO).refusals}
    assert then.editions[0] == "DRAFT"


# --- the route


def test_two_banks_serve_one_product_and_the_quicker_is_asked_first():
    route = decided(a_person(), ask()).route

    assert route.outcome is Outcome.ROUTED
    assert [(leg.channel, leg.product, leg.why) for leg in route.legs] == [
        ("kur-bank-nusantara", "kur_mikro", Why.BEST),
        ("kur-bank-samudra", "kur_mikro", Why.EXPECTED_DAYS),
    ]
    assert [(leg.no, leg.expected_days) for leg in route.legs] == [(1, 7), (2, 10)]
    assert {each.channel: each.why for each in route.left_out} == {
        "lpdb": WhyNot.NOT_ELIGIBLE,
        "blu": WhyNot.NOT_ELIGIBLE,
    }


def test_the_cheaper_stands_first_whatever_else():
    route = decided(a_person(), ask(8_000_000)).route
    assert [(leg.product, leg.rate_bp) for leg in route.legs] == [
        ("kur_super_mikro", 300),
        ("kur_super_mikro", 300),
        ("blu_umi", 600),
    ]
    assert route.legs[2].why is Why.COST


def test_what_a_channel_adds_to_the_rate_counts():
    dear = replace(NUSANTARA, cost_bp=1)
    route = decided(a_person(), ask(), channels=(dear, SAMUDRA)).route
    assert [leg.channel for leg in route.legs] == ["kur-bank-samudra", "kur-bank-nusantara"]
    assert route.legs[1].why is Why.COST
    assert route.legs[1].rate_bp == 601


def test_the_borrowers_preference_decides_among_equal_costs():
    decision = decide(
        a_person(), ask(), on=IN_2026, channels=CHANNELS, preference=("kur-bank-samudra",)
    )
    assert [leg.channel for leg in decision.route.legs] == [
        "kur-bank-samudra",
        "kur-bank-nusantara",
    ]
    assert decision.route.legs[1].why is Why.PREFERENCE


def test_a_paused_lender_is_asked_last_however_cheap_and_however_liked():
    paused = replace(NUSANTARA, paused=True)
    dear = replace(SAMUDRA, cost_bp=500)
    route = decide(
        a_person(), ask(), on=IN_2026, channels=(paused, dear), preference=(paused.code,)
    ).route
    assert [(leg.channel, leg.why) for leg in route.legs] == [
        ("kur-bank-samudra", Why.BEST),
        ("kur-bank-nusantara", Why.PAUSED),
    ]


def test_equals_stand_by_their_code():
    twin = replace(NUSANTARA, code="kur-bank-anyar")
    route = decided(a_person(), ask(), channels=(NUSANTARA, twin)).route
    assert [leg.channel for leg in route.legs] == ["kur-bank-anyar", "kur-bank-nusantara"]
    assert route.legs[1].why is Why.CODE


LEFT_OUT = [
    ({"open": False}, WhyNot.CLOSED, {}),
    ({"score_min": 101}, WhyNot.SCORE, {"points": 87, "min": 101}),
    (
        {"quotas": dict.fromkeys(NUSANTARA.products, 39_999_999)},
        WhyNot.QUOTA,
        {"amount": 40_000_000, "quota": 39_999_999},
    ),
    ({"products": frozenset({"kur_kecil"})}, WhyNot.NOT_ELIGIBLE, {}),
]


@pytest.mark.parametrize(("change", "why", "numbers"), LEFT_OUT)
def test_a_channel_is_left_out_with_its_reason(change, why, numbers):
    route = decided(a_person(), ask(), channels=(replace(NUSANTARA, **change), SAMUDRA)).route
    assert [leg.channel for leg in route.legs] == ["kur-bank-samudra"]
    assert route.left_out == (LeftOut("kur-bank-nusantara", why, numbers),)


@pytest.mark.parametrize(
    ("lender", "asked"),
    [
        ("kur-bank-samudra", ["kur-bank-samudra"]),
        ("a-bank-of-nobody", []),
        (None, []),  # it may be either: the lender is asked for first
    ],
)
def test_while_a_kur_runs_only_its_lender_is_asked_for_another(lender, asked):
    holder = a_person(credit__kur_outstanding=5_000_000, credit__kur_lender=lender)
    route = decided(holder, ask()).route

    assert [leg.channel for leg in route.legs] == asked
    left_out = [each for each in route.left_out if each.why is WhyNot.OTHER_LENDER]
    assert all(each.numbers["lender"] == lender for each in left_out)
    others = [each.channel for each in left_out]
    both = ["kur-bank-nusantara", "kur-bank-samudra"]
    assert others == ([each for each in both if each not in asked] if lender else [])


@pytest.mark.parametrize("code", [channel.code for channel in routing.CHANNELS])
def test_a_lender_has_the_products_of_its_scheme_and_no_other(code):
    (channel,) = (each for each in routing.CHANNELS if each.code == code)
    routing.check_channel(code, None)
    for product in PRODUCTS:
        if product.scheme is channel.scheme:
            routing.check_channel(code, product.code)
            continue
        with pytest.raises(routing.ChannelNotFound, match=r"^There is no lender .*product\.$"):
            routing.check_channel(code, product.code)


def test_a_lender_that_nobody_knows_is_not_found():
    for product in (None, kur.MIKRO):
        with pytest.raises(routing.ChannelNotFound):
            routing.check_channel("a-bank-of-nobody", product)


def test_the_whole_quota_may_be_used_and_the_exact_score_suffices():
    points = decided(a_person(), ask()).score.points
    exact = replace(
        NUSANTARA, quotas=dict.fromkeys(NUSANTARA.products, 40_000_000), score_min=points
    )
    assert decided(a_person(), ask(), channels=(exact,)).route.outcome is Outcome.ROUTED


def test_a_lender_without_quota_is_waited_for_only_if_no_other_can_lend():
    empty = replace(NUSANTARA, quotas=dict.fromkeys(NUSANTARA.products, 0))
    routed = decided(a_person(), ask(), channels=(empty, SAMUDRA)).route
    assert routed.outcome is Outcome.ROUTED
    assert [(leg.no, leg.channel) for leg in routed.legs] == [(1, "kur-bank-samudra")]
    assert [(leg.no, leg.channel) for leg in routed.waiting] == [(2, "kur-bank-nusantara")]

    both = (empty, replace(SAMUDRA, quotas=dict.fromkeys(SAMUDRA.products, 39_999_999)))
    waits = decided(a_person(), ask(), channels=both).route
    assert (waits.outcome, waits.legs) == (Outcome.WAITING, ())
    assert [leg.channel for leg in waits.waiting] == ["kur-bank-nusantara", "kur-bank-samudra"]
    assert {each.why for each in waits.left_out} == {WhyNot.QUOTA}


def test_who_would_not_be_taken_anyway_does_not_wait():
    strict = replace(NUSANTARA, quotas=dict.fromkeys(NUSANTARA.products, 0), score_min=101)
    route = decided(a_person(), ask(), channels=(strict,)).route
    assert (route.outcome, route.waiting) == (Outcome.NO_CHANNEL, ())


def test_a_product_with_quota_is_taken_before_a_cheaper_one_without():
    asked = ask(amount=9_000_000)
    (leg,) = decided(a_person(), asked, channels=(NUSANTARA,)).route.legs
    assert (leg.product, leg.rate_bp) == ("kur_super_mikro", 300)
    short = replace(NUSANTARA, quotas={"kur_super_mikro": 8_999_999})
    (other,) = decided(a_person(), asked, channels=(short,)).route.legs
    assert other.product != "kur_super_mikro"
    assert other.rate_bp == 600


def test_the_cheapest_product_of_a_lender_is_taken_in_whatever_order_they_are_assessed():
    asked = ask(amount=9_000_000)
    assessed = decided(a_person(), asked).assessments
    for assessments in (assessed, assessed[::-1]):
        (leg,) = routing.plan(
            assessments, asked, kind=BorrowerKind.PERSON, points=100, channels=(NUSANTARA,)
        ).legs
        assert leg.product == kur.SUPER_MIKRO


def test_who_is_eligible_but_finds_no_channel_is_not_refused():
    shut = replace(NUSANTARA, open=False)
    assert decided(a_person(), ask(), channels=(shut,)).route.outcome is Outcome.NO_CHANNEL


OUTCOMES = [
    (
        a_person(business__planned=True, membership__active=False, placement=None),
        Outcome.MENTORING,
    ),
    (
        a_person(
            business__started_on=date(2026, 11, 1),
            business__nib=False,
            business__sku=False,
            person__citizen=None,
            membership__active=False,
            placement=None,
        ),
        Outcome.MENTORING,
    ),
    *(
        (
            a_person(
                business__planned=True, membership__active=False, placement=None, **{fact: wrong}
            ),
            Outcome.REFUSED,  # no mentoring takes that away
        )
        for fact, wrong in (
            ("person__state_employee", True),
            ("credit__dhn_listed", True),
            ("credit__commercial_before", True),
            ("credit__kur_received", KurReceived(super_mikro=1)),
        )
    ),
    (a_person(credit__dhn_listed=True, membership__active=False), Outcome.REFUSED),
    (
        a_cooperative(
            kind=CooperativeKind.KOPDES,
            founded_on=date(2025, 6, 1),
            rats=(Rat(2025, date(2026, 3, 1)),),
            usp=False,
            mockup_selected=False,
        ),
        Outcome.INCUBATE,
    ),
    (a_cooperative(arrears=True), Outcome.REFUSED),
]


@pytest.mark.parametrize(("applicant", "outcome"), OUTCOMES)
def test_who_can_be_sent_nowhere_hears_what_is_next(applicant, outcome):
    route = decided(applicant, ask()).route
    assert (route.outcome, route.legs) == (outcome, ())


def test_a_pay_off_that_sikp_does_not_show_yet_dates_the_leg():
    paid = a_person(credit__paid_off_on=IN_2026)
    route = decided(paid, ask()).route
    assert {leg.not_before for leg in route.legs} == {IN_2026 + timedelta(days=3)}


@given(
    amount=amounts,
    applicant=st.sampled_from(list(APPLICANTS.values())),
    order=st.permutations(CHANNELS),
    on=st.sampled_from([IN_2024, date(2025, 9, 1), IN_2026]),
)
def test_a_route_lists_only_eligible_products_in_one_order(amount, applicant, order, on):
    decision = decided(applicant, ask(amount), on=on, channels=tuple(order))
    eligible = {each.product for each in decision.assessments if each.eligible}

    assert all(leg.product in eligible for leg in decision.route.legs)
    listed = {leg.channel for leg in decision.route.legs}
    out = {each.channel for each in decision.route.left_out}
    assert listed | out == {channel.code for channel in CHANNELS}
    assert not listed & out
    usual = decided(applicant, ask(amount), on=on)
    assert decision.route.legs == usual.route.legs


def test_cooperatives_are_routed_to_the_fund_and_the_agency():
    route = decided(a_cooperative(), ask(100_000_000)).route
    assert [leg.channel for leg in route.legs] == [LPDB.code, BLU.code]


# --- days


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 30), -1, date(2026, 2, 28)),
    ],
)
def test_months_are_added_within_the_month(day, months, after):
    assert duration.add_months(day, months) == after


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("year", [2024, 2025, 2100, 2000])
def test_the_last_day_of_each_month_is_known(year, month):
    last = duration.add_months(date(year - 1, 12, 31), month)
    assert last == date(year, month, monthrange(year, month)[1])


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 27), 0),
        (date(2026, 1, 31), date(2026, 2, 28), 1),
        (date(2026, 1, 31), date(2026, 4, 29), 2),
        (date(2026, 5, 2), date(2026, 1, 2), 0),
    ],
)
def test_only_whole_months_count(start, end, months):
    assert duration.months_between(start, end) == months


@given(st.dates(date(1950, 1, 1), date(2050, 1, 1)), st.integers(0, 600))
def test_months_between_undoes_adding_months(day, months):
    after = duration.add_months(day, months)
    assert duration.months_between(day, after) == months
    assert duration.months_between(after, day) == 0 or months == 0


def test_one_kur_product_says_alone_what_it_says_among_all():
    random = Random(7)
    for _ in range(200):
        applicant, request, on = a_case(random)
        terms = in_force(IN_FORCE, request.akad_on or on)
        every = kur.assess(applicant, request, terms.kur, burden=terms.burden, on=on)
        alone = tuple(
            kur.assess_one(code, applicant, request, terms.kur, burden=terms.burden, on=on)
            for code in kur.CODES
        )
        assert alone == every


@pytest.mark.parametrize("day", [date(2022, 5, 1), date(2024, 2, 29), date(2026, 1, 5)])
def test_the_law_of_a_day_has_been_the_same_since_its_last_change(day):
    since = same_law_since(IN_FORCE, day)
    assert since <= day
    assert in_force(IN_FORCE, since) == in_force(IN_FORCE, day)
    if since > date.min:
        assert in_force(IN_FORCE, since - timedelta(days=1)) != in_force(IN_FORCE, day)
