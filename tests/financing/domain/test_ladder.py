"""The ladder: what a borrower can have now and later, each rung tried on the engine itself."""

from dataclasses import replace
from datetime import date
from functools import cache
from random import Random

import pytest

from services.financing.domain.eligibility import Code, ContractKind, Purpose
from services.financing.domain.ladder import Ladder, Rung, ladder
from services.financing.domain.ladder_texts import rung_text
from services.financing.domain.schedule import instalment
from services.financing.domain.steps import Act, Kind
from services.financing.domain.texts import Language
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    a_group,
    a_person,
    ask,
    decided,
)
from tests.financing.domain.cases import Case, a_case
from tests.financing.domain.ways import holds, more_than_told

CASES = 120


@cache
def climbed() -> tuple[tuple[Case, Ladder], ...]:
    random = Random(20_261_124)
    cases = [a_case(random) for _ in range(CASES)]
    return tuple((case, ladder(case.applicant, case.request, on=case.on)) for case in cases)


def told(applicant, request, on=IN_2026) -> list[tuple[str, int, date, list[str]]]:
    return [
        (rung.product, rung.request.amount, rung.on, [step.act for step in rung.steps])
        for rung in ladder(applicant, request, on=on).rungs
    ]


def test_every_rung_holds_on_its_day_with_its_steps():
    rungs = 0
    for case, climb in climbed():
        for rung in climb.rungs:
            rungs += 1
            assert holds(case, rung), (case, rung)
    assert rungs > 2 * CASES


def test_rp_10_million_now_and_rp_25_million_in_march():
    young = a_person(business__started_on=date(2026, 9, 1), placement=None, membership__usp=False)
    mentored = replace(young, person=replace(young.person, mentored=True))

    assert told(mentored, ask(25_000_000))[:2] == [
        ("kur_super_mikro", 10_000_000, IN_2026, ["ask_less"]),
        ("blu_umi", 20_000_000, IN_2026, ["join_cooperative_with_usp", "ask_less"]),
    ]
    assert told(mentored, ask(25_000_000))[2:] == [
        ("kur_mikro", 25_000_000, date(2027, 3, 1), ["wait"]),
        ("kur_khusus", 25_000_000, date(2027, 3, 1), ["wait"]),
    ]
    assert ("kur_super_mikro", 10_000_000, IN_2026, ["mentoring_or_training", "ask_less"]) in told(
        young, ask(25_000_000)
    )


@pytest.mark.parametrize(
    ("applicant", "request_", "product", "rungs"),
    [
        # All of it, as it was asked.
        (a_person(), ask(40_000_000), "kur_mikro", [(40_000_000, [])]),
        # The ceiling of the product.
        (a_person(), ask(40_000_000), "kur_super_mikro", [(10_000_000, ["ask_less"])]),
        # Up to Rp 50 million without an NPWP, all of it with one.
        (
            a_person(business__npwp=False),
            ask(60_000_000),
            "kur_mikro",
            [(50_000_000, ["ask_less"]), (60_000_000, ["get_npwp"])],
        ),
        # What an income of Rp 2 million carries: over more months, no longer than needed.
        (
            a_person(business__net_income_month=2_000_000),
            ask(40_000_000),
            "kur_mikro",
            [(40_000_000, ["ask_longer"])],
        ),
        (
            a_person(business__net_income_month=1_000_000),
            ask(40_000_000),
            "kur_mikro",
            [(23_009_727, ["ask_longer", "ask_less"])],
        ),
        # The same, and more once other instalments are gone.
        (
            a_person(business__net_income_month=2_000_000, credit__instalments_month=1_000_000),
            ask(40_000_000),
            "kur_mikro",
            [
                (13_148_422, ["ask_longer", "ask_less"]),
                (40_000_000, ["ask_longer", "settle_instalments"]),
            ],
        ),
        # The income does not carry the ceiling even with an NPWP: as much as it carries.
        (
            a_person(business__npwp=False, business__net_income_month=3_000_000),
            ask(120_000_000),
            "kur_mikro",
            [
                (50_000_000, ["ask_longer", "ask_less"]),
                (69_029_150, ["ask_longer", "get_npwp", "ask_less"]),
            ],
        ),
        # A shorter tenor where the product has none as long.
        (
            a_person(),
            ask(40_000_000, tenor_months=60),
            "blu_umi",
            [(20_000_000, ["ask_shorter", "ask_less"])],
        ),
        # The work abroad ends before the longest tenor.
        (
            a_person(placement__contract_months=18),
            ask(40_000_000),
            "kur_pmi",
            [(40_000_000, ["ask_shorter"])],
        ),
        (
            a_group(700_000_000, 600_000_000),
            ask(1_300_000_000),
            "kur_khusus",
            [(1_000_000_000, ["ask_less"])],
        ),
        (
            a_cooperative(rats=(), founded_on=date(2025, 6, 1), certificate_valid_until=None),
            ask(700_000_000),
            "lpdb_regular",
            [(700_000_000, ["hold_rat", "get_certificate", "wait"])],
        ),
    ],
)
def test_what_each_product_lends_now_and_after_some_steps(applicant, request_, product, rungs):
    found = [
        (amount, acts) for code, amount, _, acts in told(applicant, request_) if code == product
    ]
    assert found == rungs


def test_no_product_lends_more_today_than_its_rung_says():
    tried = 0
    for case, _ in climbed():
        found = more_than_told(case)
        tried += len(found)
        assert not any(found.values()), (case, found)
    assert tried > CASES


def test_a_ladder_is_climbed_in_the_order_of_days_and_asks_for_no_more_than_is_wanted():
    for case, climb in climbed():
        assert [each.on for each in climb.rungs] == sorted(each.on for each in climb.rungs)
        for rung in climb.rungs:
            assert rung.on >= case.on
            assert rung.request.amount <= case.request.amount
            assert rung.request.contract_kind is case.request.contract_kind
        by_product: dict[str, list[Rung]] = {}
        for rung in climb.rungs:
            by_product.setdefault(rung.product, []).append(rung)
        for rungs in by_product.values():
            amounts = [rung.request.amount for rung in rungs]
            assert amounts == sorted(set(amounts))
            assert len(rungs) <= 2


def test_every_product_has_a_rung_or_a_reason_why_not():
    for case, climb in climbed():
        codes = {each.product for each in climb.rungs} | {e.product for e in climb.out_of_reach}
        said = decided(case.applicant, case.request, on=case.on).assessments
        assert codes == {each.product for each in said}
        assert all(each.stuck and each.on is None for each in climb.out_of_reach)


def test_a_step_says_what_is_asked_then():
    for case, climb in climbed():
        for rung in climb.rungs:
            acts = [step.act for step in rung.steps]
            once = [act for act in acts if act is not Act.TELL]
            assert len(once) == len(set(once)), rung
            asks = {Act.ASK_LONGER, Act.ASK_SHORTER} & set(acts)
            assert bool(asks) == (rung.request.tenor_months != case.request.tenor_months), rung
            assert (Act.ASK_LESS in acts) == (rung.request.amount < case.request.amount)
            assert (Act.WAIT in acts) == (rung.on > case.on)
            assert rung.hoped == any(step.kind is Kind.TELL for step in rung.steps)


def test_what_a_rung_costs_is_what_its_schedule_says():
    (rung,) = [r for r in ladder(a_person(), ask(), on=IN_2026).rungs if r.product == "kur_mikro"]
    assert rung.instalment == instalment(40_000_000, rate_bp=600, months=24)
    assert (rung.cost.effective_rate_bp, rung.cost.flat_millipercent) == (600, 3_185)
    sharia = ask(contract_kind=ContractKind.SHARIA)
    (same,) = [r for r in ladder(a_person(), sharia, on=IN_2026).rungs if r.product == "kur_mikro"]
    assert same.cost == rung.cost
    assert abs(same.instalment - rung.instalment) <= 1


def test_a_relief_makes_a_rung_cheaper():
    affected = a_person(business__province="11", business__disaster_affected=True)
    ordinary, relieved = (
        next(r for r in ladder(who, ask(), on=IN_2026).rungs if r.product == "kur_mikro")
        for who in (a_person(), affected)
    )
    assert ordinary.rate_bp == relieved.rate_bp == 600
    assert relieved.cost.charge < ordinary.cost.charge
    assert (relieved.cost.effective_rate_bp or 0) < 500


def test_of_equal_days_what_needs_nothing_comes_first_then_the_larger_loan():
    rungs = ladder(a_person(business__npwp=False), ask(60_000_000), on=IN_2026).rungs
    assert [(rung.product, rung.request.amount) for rung in rungs] == [
        ("kur_mikro", 50_000_000),
        ("kur_khusus", 50_000_000),
        ("kur_pmi", 50_000_000),
        ("blu_umi", 20_000_000),
        ("kur_super_mikro", 10_000_000),
        ("kur_mikro", 60_000_000),
        ("kur_khusus", 60_000_000),
        ("kur_pmi", 60_000_000),
    ]


def test_a_pay_off_that_sikp_does_not_show_yet_is_waited_for():
    payer = a_person(credit__paid_off_on=date(2026, 11, 23))
    assert ("kur_mikro", 40_000_000, date(2026, 11, 26), ["wait"]) in told(payer, ask())


def test_a_way_that_needs_another_purpose_says_so():
    kopdes = a_cooperative(kind="kopdes", agunan_value=2_000_000_000)
    rungs = [r for r in told(kopdes, ask(2_500_000_000)) if r[0] == "lpdb_mockup"]
    assert rungs == [
        ("lpdb_mockup", 2_000_000_000, IN_2026, ["ask_investment", "ask_less"]),
        ("lpdb_mockup", 2_500_000_000, IN_2026, ["ask_investment", "more_agunan"]),
    ]
    climb = ladder(kopdes, ask(2_500_000_000), on=IN_2026)
    mockup = next(rung for rung in climb.rungs if rung.product == "lpdb_mockup")
    assert mockup.request.purpose is Purpose.INVESTMENT


def test_who_may_have_nothing_hears_why():
    climb = ladder(
        a_person(person__state_employee=True, membership__active=None), ask(), on=IN_2026
    )
    assert {each.product: each.stuck for each in climb.out_of_reach}["kur_mikro"] == (
        Code.STATE_EMPLOYEE,
    )
    assert [rung.product for rung in climb.rungs] == ["blu_umi"]
    assert climb.rungs[0].hoped


def test_a_rung_is_said_in_both_languages():
    young = a_person(business__started_on=date(2026, 9, 1), person__mentored=True)
    rungs = {rung.product: rung for rung in ladder(young, ask(25_000_000), on=IN_2026).rungs}
    mikro, small = rungs["kur_mikro"], rungs["kur_super_mikro"]
    assert rung_text(mikro, Language.ID, today=IN_2026) == (
        "KUR Mikro: Rp 25.000.000 mulai 1 Maret 2027; "
        "angsuran pertama Rp 1.108.015, jangka waktu 24 bulan."
    )
    assert rung_text(small, Language.EN, today=IN_2026) == (
        "KUR super micro: Rp 10.000.000 today; first instalment Rp 429.812, over 24 months."
    )
