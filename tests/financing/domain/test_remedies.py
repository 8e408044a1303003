"""What is offered against each reason: the act, what it changes, its numbers, its first day."""

from datetime import date

import pytest

from services.financing.domain.eligibility import Code, CooperativeKind, GroupFacts, Rat, Shu
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    a_person,
    ask,
    changed,
    invest,
)
from tests.financing.domain.offered import offered, step

TODAY, NEW_YEAR = IN_2026, date(2027, 1, 1)


def only(code, product, applicant, request, *steps, on=TODAY):
    """Every way is of one step: act, changes, numbers, first day."""
    ways = offered(code, product, applicant, request, on=on)
    assert ways == [(step(act, code, *more),) for act, *more in steps]


# What has not been told or done, and what is hoped for or done then.
@pytest.mark.parametrize(
    ("code", "product", "applicant", "act", "changes"),
    [
        (
            Code.UNKNOWN_COLLECTIBILITY,
            "kur_mikro",
            a_person(credit__collectibility=None),
            "tell",
            {"credit.collectibility": 1},
        ),
        (
            Code.DHN_LISTED,
            "kur_mikro",
            a_person(credit__dhn_listed=True),
            "leave_dhn",
            {"credit.dhn_listed": False},
        ),
        (
            Code.UNKNOWN_BIRTH_DATE,
            "kur_mikro",
            a_person(person__birth_date=None, person__married=False),
            "tell",
            {"person.birth_date": date(1996, 11, 24)},
        ),
        (
            Code.UNKNOWN_BUSINESS_START,
            "kur_mikro",
            a_person(business__started_on=None),
            "tell",
            {"business.started_on": date(2025, 11, 24)},
        ),
        (
            Code.UNKNOWN_NET_INCOME,
            "kur_mikro",
            a_person(business__net_income_month=None),
            "tell",
            {"business.net_income_month": 10**12},
        ),
        (
            Code.UNKNOWN_CONTRACT_MONTHS,
            "kur_pmi",
            a_person(placement__contract_months=None),
            "tell",
            {"placement.contract_months": 24},
        ),
        (
            Code.UNKNOWN_BUSINESS_LICENCE,
            "kur_mikro",
            a_person(business__nib=None, business__sku=None),
            "tell",
            {"business.sku": True},
        ),
        (
            Code.UNKNOWN_BUSINESS_LICENCE,
            "kur_mikro",
            a_person(business__nib=None, business__sku=False),
            "tell",
            {"business.nib": True},
        ),
        (
            Code.UNKNOWN_SISKOP2MI,
            "kur_pmi",
            a_person(placement__siskop2mi=False, placement__e_kpmi=None),
            "tell",
            {"placement.e_kpmi": True},
        ),
        (
            Code.BUSINESS_PLANNED,
            "kur_mikro",
            a_person(business__started_on=None, business__planned=True),
            "start_business",
            {"business.planned": False, "business.started_on": TODAY},
        ),
        (
            Code.PROGRAMME_CREDIT_UNPAID,
            "kur_mikro",
            a_person(credit__programme_unpaid=True),
            "settle_programme",
            {"credit.programme_unpaid": False, "credit.paid_off_on": TODAY},
        ),
        (
            Code.NO_GROUP,
            "kur_khusus",
            changed(a_person(), {"group": None}),
            "join_group",
            {"group.": GroupFacts(offtaker=True, pks=True, validated=True, in_sikp=True)},
        ),
        (
            Code.MEMBERSHIP,
            "blu_umi",
            a_person(membership__active=False),
            "join_cooperative",
            {"membership.active": True, "membership.usp": True},
        ),
        (
            Code.UNKNOWN_COOPERATIVE_KIND,
            "lpdb_regular",
            a_cooperative(kind=None),
            "tell",
            {"cooperative.kind": CooperativeKind.KSP},
        ),
        (
            Code.UNKNOWN_COOPERATIVE_KIND,
            "lpdb_mockup",
            a_cooperative(kind=None),
            "tell",
            {"cooperative.kind": CooperativeKind.KOPDES},
        ),
        (
            Code.UNKNOWN_COOPERATIVE_KIND,
            "blu_inkubasi",
            a_cooperative(kind=None),
            "tell",
            {"cooperative.kind": CooperativeKind.MIGRANT_WORKER},
        ),
        (
            Code.UNKNOWN_RATS,
            "lpdb_regular",
            a_cooperative(rats=None),
            "tell",
            {"cooperative.rats": (Rat(2024, date(2025, 1, 1)), Rat(2025, date(2026, 1, 1)))},
        ),
        # An incubation is for those who have held none.
        (
            Code.UNKNOWN_RATS,
            "blu_inkubasi",
            a_cooperative(rats=None),
            "tell",
            {"cooperative.rats": ()},
        ),
    ],
)
def test_what_is_not_told_is_told_and_what_is_missing_is_done(
    code, product, applicant, act, changes
):
    only(code, product, applicant, ask(), (act, changes))


def test_a_meeting_that_one_hopes_to_hear_of_was_not_held_tomorrow():
    on = date(2026, 1, 1)
    (way,) = offered(Code.UNKNOWN_RATS, "lpdb_regular", a_cooperative(rats=None), ask(), on=on)
    ((_, rats),) = way[0].changes
    assert rats == (Rat(2024, date(2025, 1, 1)), Rat(2025, on))


def test_kur_mikro_that_is_left_is_paid_off_or_less_is_asked():
    told = {"outstanding": 90_000_000, "amount": 40_000_000, "max": 100_000_000}
    only(
        Code.MIKRO_OUTSTANDING,
        "kur_mikro",
        a_person(credit__mikro_outstanding=90_000_000),
        ask(),
        ("ask_less", {"request.amount": 10_000_000}, {"amount": 10_000_000}),
        ("settle_mikro", {"credit.mikro_outstanding": 0}, told),
    )


@pytest.mark.parametrize(
    ("outstanding", "amount", "less"),
    [
        (98_999_999, 40_000_000, [1_000_001]),
        (99_000_000, 40_000_000, [1_000_000]),
        (99_000_001, 40_000_000, []),  # nobody is told to ask for less than a million
    ],
)
def test_nobody_asks_for_less_than_is_worth_an_akad(outstanding, amount, less):
    who = a_person(credit__mikro_outstanding=outstanding)
    ways = offered(Code.MIKRO_OUTSTANDING, "kur_mikro", who, ask(amount))
    assert [way[0].numbers["amount"] for way in ways[:-1]] == less


@pytest.mark.parametrize(
    ("npwp", "code", "act"), [(False, Code.NPWP, "get_npwp"), (None, Code.UNKNOWN_NPWP, "tell")]
)
def test_an_npwp_is_shown_or_less_is_asked(npwp, code, act):
    only(
        code,
        "kur_mikro",
        a_person(business__npwp=npwp),
        ask(50_000_001),
        (act, {"business.npwp": True}, {"amount": 50_000_001, "above": 50_000_000}),
        ("ask_less", {"request.amount": 50_000_000}, {"amount": 50_000_000}),
    )


def test_above_a_limit_the_limit_is_asked():
    (wide,) = offered(Code.AMOUNT_ABOVE, "blu_umi", a_person(), ask(20_000_001))
    assert wide == (
        step(
            "ask_less", Code.AMOUNT_ABOVE, {"request.amount": 20_000_000}, {"amount": 20_000_000}
        ),
    )
    shorter = ("ask_shorter", {"request.tenor_months": 36}, {"tenor": 36})
    only(Code.TENOR_ABOVE, "kur_mikro", a_person(), ask(tenor_months=37), shorter)
    shorter = ("ask_shorter", {"request.tenor_months": 18}, {"tenor": 18})
    abroad = a_person(placement__contract_months=18)
    only(Code.TENOR_BEYOND_CONTRACT, "kur_pmi", abroad, ask(), shorter)


MENTORED = ("mentoring_or_training", {"person.mentored": True})


def test_kur_super_mikro_takes_evidence_in_the_place_of_a_business():
    started = ("start_business", {"business.planned": False, "business.started_on": TODAY})
    planned = a_person(business__started_on=None, business__planned=True)
    only(Code.BUSINESS_PLANNED, "kur_super_mikro", planned, ask(8_000_000), started, MENTORED)

    young, ripe = a_person(business__started_on=date(2026, 9, 1)), date(2027, 3, 1)
    waited = ("wait", {}, {}, ripe)
    code = Code.BUSINESS_AGE_OR_EVIDENCE
    only(code, "kur_super_mikro", young, ask(8_000_000), MENTORED, waited)


INSTALMENT, NO_ROOM = Code.INSTALMENT_ABOVE_INCOME, Code.NO_ROOM_FOR_INSTALMENT


def longer(months):
    return step("ask_longer", INSTALMENT, {"request.tenor_months": months}, {"tenor": months})


def less(amount):
    return step("ask_less", INSTALMENT, {"request.amount": amount}, {"amount": amount})


def settled(others, left, code=INSTALMENT):
    numbers = {"others": others, "left": left}
    return step("settle_instalments", code, {"credit.instalments_month": left}, numbers)


# Rp 40 million cost Rp 1,772,824 a month over 24 months, Rp 1,216,877 over 36: 70 percent of what?
@pytest.mark.parametrize(
    ("income", "others", "months", "ways"),
    [
        (2_532_605, 0, 24, [(longer(25),), (less(39_999_979),)]),
        (1_738_396, 0, 24, [(longer(36),), (less(27_456_244),)]),
        (1_738_395, 0, 24, [(less(27_456_221),), (less(39_999_967), longer(36))]),
        (
            3_000_000,
            400_000,
            24,
            [(longer(26),), (less(38_356_883),), (settled(400_000, 327_176),)],
        ),
        (
            1_000_000,
            300_000,
            24,
            [(less(9_025_157),), (settled(300_000, 0),), (less(13_148_422), longer(36))],
        ),
        (1_000_000, 300_000, 36, [(less(13_148_422),), (settled(300_000, 0),)]),
        (2_532_606, 1, 24, [(longer(25),), (less(39_999_979),), (settled(1, 0),)]),
        # One rupiah of room carries no loan that is worth an akad.
        (1_000_000, 699_999, 24, [(settled(699_999, 0),)]),
    ],
)
def test_an_instalment_is_borne_by_longer_by_less_or_by_settling(income, others, months, ways):
    who = a_person(business__net_income_month=income, credit__instalments_month=others)
    found = offered(INSTALMENT, "kur_mikro", who, ask(tenor_months=months))
    assert found == ways


def test_without_room_only_settling_helps():
    who = a_person(business__net_income_month=1_000_000, credit__instalments_month=700_000)
    assert offered(NO_ROOM, "kur_mikro", who, ask()) == [(settled(700_000, 0, NO_ROOM),)]
    who = a_person(business__net_income_month=0)
    assert offered(NO_ROOM, "kur_mikro", who, ask()) == []


def test_a_certificate_is_got_or_renewed_for_a_year():
    valid = {"cooperative.certificate_valid_until": date(2027, 11, 24)}
    for until, code, act in (
        (None, Code.NO_CERTIFICATE, "get_certificate"),
        (date(2026, 11, 23), Code.CERTIFICATE_EXPIRED, "renew_certificate"),
    ):
        facts = a_cooperative(certificate_valid_until=until)
        only(code, "lpdb_regular", facts, ask(400_000_000), (act, valid))


def test_meetings_are_held_once_their_year_is_over_and_the_certificate_follows():
    held = Rat(2024, date(2025, 3, 1))
    late = Rat(2025, TODAY)
    numbers = {"missing": "2025", "from": TODAY}
    only(
        Code.RAT_MISSING,
        "lpdb_regular",
        a_cooperative(rats=(held,)),
        ask(400_000_000),
        ("hold_rat", {"cooperative.rats": (held, late)}, numbers),
    )
    founded = a_cooperative(rats=(), founded_on=date(2025, 6, 1), certificate_valid_until=None)
    both = (Rat(2025, NEW_YEAR), Rat(2026, NEW_YEAR))
    numbers = {"missing": "2025 & 2026", "from": NEW_YEAR}
    only(
        Code.RAT_MISSING,
        "lpdb_regular",
        founded,
        ask(400_000_000),
        ("hold_rat", {"cooperative.rats": both}, numbers, NEW_YEAR),
    )
    valid = {"cooperative.certificate_valid_until": date(2028, 1, 1)}
    only(
        Code.NO_CERTIFICATE,
        "lpdb_regular",
        founded,
        ask(400_000_000),
        ("get_certificate", valid, {}, NEW_YEAR),
    )


HALF_YEAR = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("shu", "founded_on", "on", "told", "closed"),
    [
        (None, date(2022, 5, 1), TODAY, [2025], None),
        ((), date(2022, 5, 1), date(2026, 7, 1), [2025], None),
        # Until 30 June the year before stands in, if there was one.
        ((), date(2022, 5, 1), HALF_YEAR, [2025, 2024], None),
        ((), None, HALF_YEAR, [2025, 2024], None),
        ((), date(2024, 12, 31), HALF_YEAR, [2025, 2024], None),
        ((), date(2025, 1, 1), HALF_YEAR, [2025], None),
        ((), date(2026, 1, 1), HALF_YEAR, [], Code.UNKNOWN_SHU),
        ((Shu(2025, 0),), date(2022, 5, 1), TODAY, [], Code.SHU),
        ((Shu(2025, -1),), date(2022, 5, 1), HALF_YEAR, [], Code.SHU),
        ((Shu(2024, 0),), date(2022, 5, 1), HALF_YEAR, [2025], Code.SHU),
    ],
)
def test_a_surplus_is_told_of_a_year_that_is_over_or_made_in_the_year_that_runs(
    shu, founded_on, on, told, closed
):
    facts = a_cooperative(shu=shu, founded_on=founded_on)
    code = closed or Code.UNKNOWN_SHU
    known = shu or ()
    making = [(2026, "close_year_with_shu", code, NEW_YEAR)] if closed else []
    telling = [(year, "tell", Code.UNKNOWN_SHU, None) for year in told]
    assert offered(code, "lpdb_regular", facts, ask(400_000_000), on=on) == [
        (step(act, why, {"cooperative.shu": (*known, Shu(year, 1))}, {"year": year}, first),)
        for year, act, why, first in (*making, *telling)
    ]


def test_a_surplus_takes_the_place_of_what_was_said_of_that_year():
    facts = a_cooperative(shu=(Shu(2026, -5), Shu(2025, 0)))
    ((closing,),) = offered(Code.SHU, "lpdb_regular", facts, ask(400_000_000))
    assert dict(closing.changes) == {"cooperative.shu": (Shu(2025, 0), Shu(2026, 1))}


@pytest.mark.parametrize(("on", "year"), [(date(2027, 7, 1), 2026), (date(2027, 6, 30), 2025)])
def test_a_year_that_ends_while_one_waits_is_closed_not_told(on, year):
    """Seen from then the year is over, but today nobody can tell its surplus."""
    code, facts = Code.UNKNOWN_SHU, a_cooperative(shu=())
    today = date(year, 12, 31)
    *_, way = offered(code, "lpdb_regular", facts, ask(400_000_000), on=on, today=today)
    changes = {"cooperative.shu": (Shu(year, 1),)}
    assert way == (step("close_year_with_shu", code, changes, {"year": year}),)


def test_more_agunan_is_offered_or_less_is_asked():
    asked, more = invest(2_000_000_000), {"cooperative.agunan_value": 2_000_000_000}
    facts = a_cooperative(kind=CooperativeKind.KOPDES, agunan_value=None)
    only(Code.UNKNOWN_AGUNAN_VALUE, "lpdb_mockup", facts, asked, ("tell", more))
    facts = a_cooperative(kind=CooperativeKind.KOPDES, agunan_value=1_500_000_000)
    only(
        Code.AGUNAN_VALUE,
        "lpdb_mockup",
        facts,
        asked,
        ("more_agunan", more, {"value": 1_500_000_000, "amount": 2_000_000_000}),
        ("ask_less", {"request.amount": 1_500_000_000}, {"amount": 1_500_000_000}),
    )


def test_a_sentence_has_the_numbers_of_the_reason():
    young = a_person(person__birth_date=date(2007, 1, 1), person__married=None)
    (telling,), (waiting,) = offered(Code.UNKNOWN_MARRIED, "kur_mikro", young, ask())
    assert telling.numbers == {"from": date(2028, 1, 1)}
    assert waiting.earliest == date(2028, 1, 1)
    bad = a_person(credit__collectibility=3)
    ((settling,),) = offered(Code.COLLECTIBILITY, "kur_mikro", bad, ask())
    assert settling.numbers == {"collectibility": 3}


def test_running_costs_are_cut_and_less_is_asked_only_where_they_were_not_told_apart():
    kopdes, on = a_cooperative(kind=CooperativeKind.KOPDES), date(2025, 8, 1)
    cut = ("ask_less_opex", {"request.opex_part": 500_000_000}, {"max": 500_000_000})
    less = ("ask_less", {"request.amount": 500_000_000}, {"amount": 500_000_000})
    asked = ask(2_600_000_000, tenor_months=72)
    only(Code.OPEX_ABOVE, "pmk49", kopdes, asked, cut, less, on=on)
    asked = ask(2_600_000_000, tenor_months=72, opex_part=500_000_001)
    only(Code.OPEX_ABOVE, "pmk49", kopdes, asked, cut, on=on)


def test_a_reason_that_nothing_removes_has_no_way():
    only(Code.CITIZEN, "kur_mikro", a_person(person__citizen=False), ask())
