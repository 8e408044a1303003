"""What a reason says is true: its numbers, its day and its words are those of the asker."""

from datetime import date

import pytest

from services.financing.domain import figures, route_texts
from services.financing.domain.decision import IN_FORCE
from services.financing.domain.eligibility import (
    BorrowerDeceased,
    Code,
    MigrationStatus,
    Note,
    NoteCode,
    Refusal,
    Shu,
    Source,
    check_living,
)
from services.financing.domain.routing import CHANNELS, LeftOut, WhyNot
from services.financing.domain.rules import kur, lpdb, pmk49
from services.financing.domain.texts import Language, remark, sentence
from tests.financing.domain.applicants import (
    BLU_PRODUCTS,
    IN_2026,
    KUR_PRODUCTS,
    LPDB_PRODUCTS,
    a_cooperative,
    a_group,
    a_member,
    a_person,
    ask,
    assessed,
    decided,
)
from tests.financing.domain.test_texts import everybody


def everything_said():
    """Every refusal and note, with who heard it, what was asked and the day."""
    for applicant, request, on in everybody():
        for assessment in decided(applicant, request, on=on).assessments:
            for said in (*assessment.refusals, *assessment.notes):
                yield said, applicant, request, on


def reason(product, applicant, code, request=None, on=IN_2026):
    said = assessed(product, applicant, request or ask(), on=on).refusals
    (found,) = (each for each in said if each.code is code)
    return found


def test_every_reason_can_be_written_in_both_languages():
    for said, *_ in everything_said():
        assert isinstance(said.source, Source)
        write = sentence if isinstance(said, Refusal) else remark
        for language in Language:
            assert write(said, language).endswith(".")


def test_the_limit_that_a_reason_names_is_really_passed():
    for said, applicant, request, _ in everything_said():
        told = said.numbers
        if said.code in {Code.AMOUNT_ABOVE, Code.AMOUNT_BELOW, Code.NPWP}:
            shares = [
                member.share for member in (applicant.group and applicant.group.members) or ()
            ]
            assert told["amount"] in {request.amount, *shares}
        if said.code is Code.AMOUNT_ABOVE:
            assert told["amount"] > told["max"]
        if said.code is Code.AMOUNT_BELOW:
            assert told["amount"] < told["min"]
        if said.code is Code.NPWP:
            assert told["amount"] > told["above"]
        if said.code in {Code.TENOR_ABOVE, Code.TENOR_BEYOND_CONTRACT}:
            assert told["tenor"] == request.tenor_months > told["max"]
        if said.code is Code.MIKRO_OUTSTANDING:
            assert told["amount"] == request.amount
            assert told["outstanding"] + told["amount"] > told["max"]
        if said.code is Code.AGUNAN_VALUE:
            assert told["value"] < told["amount"] == request.amount


def test_a_day_from_which_a_reason_passes_is_still_to_come():
    for said, _, request, on in everything_said():
        if isinstance(said, Note):
            continue
        day = said.earliest
        if day is not None:
            assert day > (request.akad_on or on)
        if day is not None and "from" in said.numbers:
            assert said.numbers["from"] == day


def test_a_group_hears_which_of_its_members_stand_in_the_way():
    members = (
        a_member(5, collectibility=4, beginner=True),
        a_member(5, collectibility=None, beginner=True),
        a_member(5, collectibility=3),
        a_member(5, collectibility=None, citizen=None),
    )
    group = a_group(group__members=members)
    told = {
        code: reason(kur.KHUSUS, group, code).numbers
        for code in (
            Code.GROUP_BEGINNERS,
            Code.GROUP_MEMBER_COLLECTIBILITY,
            Code.UNKNOWN_MEMBER_FACTS,
        )
    }
    assert {code: numbers["members"] for code, numbers in told.items()} == {
        Code.GROUP_BEGINNERS: "1, 2",
        Code.GROUP_MEMBER_COLLECTIBILITY: "1, 3",
        Code.UNKNOWN_MEMBER_FACTS: "2, 4",
    }
    assert told[Code.UNKNOWN_MEMBER_FACTS]["facts"] == "collectibility, citizen"
    shares = dict(reason(kur.KHUSUS, group, Code.GROUP_SHARES).numbers)
    assert shares == {"shares": 20, "amount": 40_000_000}
    alone = reason(kur.KHUSUS, a_group(40_000_000), Code.GROUP_SIZE)
    assert dict(alone.numbers) == {"count": 1, "min": 2}


def test_a_cooperative_hears_the_years_and_the_words_of_its_own_record():
    kopdes = a_cooperative(kind="ksp", rats=(), certificate_valid_until=date(2026, 11, 23))
    assert dict(reason(lpdb.MOCKUP, kopdes, Code.COOPERATIVE_KIND).numbers) == {
        "kind": "ksp",
        "kinds": "kelkopdes, kopdes",
    }
    meetings = reason(
        lpdb.REGULAR, a_cooperative(founded_on=date(2026, 2, 1), rats=()), Code.RAT_MISSING
    )
    assert meetings.numbers["missing"] == "2026 & 2027"
    assert meetings.earliest == date(2028, 1, 1)
    expired = reason(lpdb.REGULAR, kopdes, Code.CERTIFICATE_EXPIRED)
    assert dict(expired.numbers) == {"until": date(2026, 11, 23)}


def test_a_certificate_waits_for_the_meetings_that_it_needs():
    young = a_cooperative(founded_on=date(2026, 2, 1), rats=(), certificate_valid_until=None)
    certificate = reason(lpdb.REGULAR, young, Code.NO_CERTIFICATE)
    assert certificate.earliest == reason(lpdb.REGULAR, young, Code.RAT_MISSING).earliest
    old = a_cooperative(certificate_valid_until=None)
    assert reason(lpdb.REGULAR, old, Code.NO_CERTIFICATE).earliest is None


def test_meetings_that_may_be_held_late_give_no_day_to_wait_for():
    late = a_cooperative(founded_on=date(2020, 1, 1), rats=())
    missing = reason(lpdb.REGULAR, late, Code.RAT_MISSING)
    assert missing.earliest is None
    assert missing.numbers["from"] == IN_2026


def test_a_word_of_the_record_is_said_in_the_readers_language():
    kind = reason(lpdb.MOCKUP, a_cooperative(kind="secondary"), Code.COOPERATIVE_KIND)
    assert "sekunder" in sentence(kind, Language.ID)
    assert "sekunder" not in sentence(kind, Language.EN)


def test_why_a_lender_is_not_asked_shows_rupiah_only_where_rupiah_are_meant():
    quota = route_texts.left_out(LeftOut("bank", WhyNot.QUOTA, {"amount": 5_000, "quota": 1_000}))
    score = route_texts.left_out(LeftOut("bank", WhyNot.SCORE, {"points": 5_000, "min": 6_000}))
    assert ("Rp 1.000" in quota.id, "Rp 5.000" in quota.en) == (True, True)
    assert ("5000" in score.id, "6000" in score.en, "Rp" in score.en) == (True, True, False)


def test_each_lender_serves_the_products_of_its_own_scheme():
    assert {channel.code: channel.products for channel in CHANNELS} == {
        "kur-bank-nusantara": KUR_PRODUCTS,
        "kur-bank-samudra": KUR_PRODUCTS,
        "lpdb": LPDB_PRODUCTS,
        "blu": BLU_PRODUCTS,
    }


@pytest.mark.parametrize("status", [*MigrationStatus, None])
def test_nobody_lends_to_the_dead(status):
    if status is MigrationStatus.DECEASED:
        with pytest.raises(BorrowerDeceased, match="has died"):
            check_living(status)
    else:
        check_living(status)


@pytest.mark.parametrize(
    ("product", "day", "edition", "since", "until"),
    [
        (kur.MIKRO, date(2020, 1, 1), "KUR-2023", date(2023, 1, 27), date(2026, 1, 4)),
        (kur.MIKRO, date(2026, 1, 4), "KUR-2023", date(2023, 1, 27), date(2026, 1, 4)),
        (kur.MIKRO, date(2026, 1, 5), "KUR-2026", date(2026, 1, 5), None),
        (pmk49.CODE, date(2025, 1, 1), "KDMP-PMK49", date(2025, 7, 21), date(2025, 11, 14)),
        (pmk49.CODE, date(2026, 1, 1), "KDMP-PMK49", date(2025, 7, 21), date(2025, 11, 14)),
        ("blu_umi", IN_2026, "BLU-ASSUMED-2026", date(2026, 1, 1), None),
        (lpdb.REGULAR, IN_2026, "LPDB-REGULAR", date(2021, 1, 1), None),
        (lpdb.MOCKUP, IN_2026, "LPDB-MOCKUP-2025", date(2025, 6, 16), None),
    ],
)
def test_an_edition_holds_between_its_days_and_the_next_or_last_stands_in(
    product, day, edition, since, until
):
    assert figures.period(IN_FORCE, product, day) == (edition, since, until)


FIGURES = [
    (kur.SUPER_MIKRO, date(2024, 6, 3), {"plafon_max": 10_000_000, "rate_bp": 300}),
    (
        kur.MIKRO,
        date(2024, 6, 3),
        {
            "plafon_min": 10_000_001,
            "rate_bp_1": 600,
            "rate_bp_4": 900,
            "repeats_production_max": 4,
            "repeats_other_max": 2,
            "outstanding_max": 100_000_000,
        },
    ),
    (kur.KECIL, IN_2026, {"npwp_above": 0, "kmk_months_max": 48, "ki_months_max": 60}),
    (
        kur.KHUSUS,
        IN_2026,
        {
            "turnover_year_max": 4_800_000_000,
            "business_age_months_min": 6,
            "instalment_share_max": 700,
            "collateral_free_max": 100_000_000,
            "pay_off_lag_days": 3,
            "relief_rate_bp_2026": 0,
            "relief_rate_bp_2027": 300,
        },
    ),
    (lpdb.REGULAR, IN_2026, {"rate_bp": 300, "rate_ksp_bp": 600}),
    ("blu_linkage", IN_2026, {"plafon_max": 1_000_000_000, "rate_bp": 600, "months_max": 36}),
    (
        pmk49.CODE,
        date(2025, 9, 1),
        {
            "plafon_max": 3_000_000_000,
            "months_max": 72,
            "opex_max": 500_000_000,
            "grace_months_min": 6,
            "grace_months_max": 8,
            "due_day": 12,
            "claimed_within_workdays": 4,
            "shu_village_min": 200,
        },
    ),
    (lpdb.MOCKUP, IN_2026, {"analysed_within_days": 21, "cooperatives_max": 80}),
    (kur.PMI, IN_2026, {"verified_within_workdays": 5, "first_instalment_after_months": 6}),
    ("blu_inkubasi", IN_2026, {"grace_months_max": 6}),
]
UNITS = {
    "working_days": ("verified", "claimed"),
    "day_of_month": ("due_day",),
    "cooperatives": ("cooperatives",),
    "rupiah": ("opex", "plafon", "outstanding", "npwp", "turnover", "collateral"),
    "months": ("kmk", "ki_", "months", "business_age", "grace", "first_instalment"),
    "basis_points_per_year": ("rate", "relief_rate"),
    "times": ("repeats",),
    "permille": ("instalment_share", "shu_village"),
    "days": ("pay_off", "analysed"),
}


@pytest.mark.parametrize(("product", "day", "expected"), FIGURES)
def test_the_numbers_of_a_product_are_listed_by_name_with_their_unit(product, day, expected):
    listed = figures.figures(IN_FORCE, product, day)
    assert expected.items() <= {each.name: each.value for each in listed}.items()
    assert len({each.name for each in listed}) == len(listed)
    for each in listed:
        assert each.name.startswith(UNITS[each.unit]), each


def test_the_note_of_an_assumed_product_is_no_reason_against_it():
    said = assessed("blu_umi", a_person(business__planned=True), ask(10_000_000))
    assert {note.code for note in said.notes} == {
        NoteCode.PRODUCT_ASSUMED,
        NoteCode.INCOME_NOT_JUDGED,
    }
    running = assessed("blu_umi", a_person(), ask(10_000_000))
    assert [note.code for note in running.notes] == [NoteCode.PRODUCT_ASSUMED]
    assert (said.eligible, running.eligible) == (True, True)


@pytest.mark.parametrize(
    ("on", "known", "earliest"),
    [
        (date(2026, 6, 30), (Shu(2024, 5),), "passes"),
        (date(2026, 7, 1), (Shu(2024, 5),), None),
        (date(2026, 6, 30), (Shu(2023, 5),), None),
        (date(2026, 6, 30), (), None),
        (date(2026, 6, 30), (Shu(2024, -5), Shu(2023, 5)), date(2027, 1, 1)),
    ],
)
def test_only_the_year_before_stands_in_for_a_surplus_not_yet_reported(on, known, earliest):
    cooperative = a_cooperative(founded_on=date(2025, 1, 1), shu=known)
    said = [
        each
        for each in assessed(lpdb.REGULAR, cooperative, ask(), on=on).refusals
        if each.code in {Code.SHU, Code.UNKNOWN_SHU}
    ]
    assert ("passes" if not said else said[0].earliest) == earliest


def test_the_surplus_of_a_cooperative_founded_last_year_is_only_missing():
    young = a_cooperative(founded_on=date(2025, 12, 31), shu=())
    younger = a_cooperative(founded_on=date(2026, 1, 1), shu=())
    assert reason(lpdb.REGULAR, young, Code.UNKNOWN_SHU).earliest is None
    assert reason(lpdb.REGULAR, younger, Code.UNKNOWN_SHU).earliest == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("product", "since"),
    [(lpdb.REGULAR, date(2021, 1, 1)), (lpdb.MOCKUP, date(2025, 6, 16))],
)
def test_what_is_not_in_force_yet_is_so_from_its_first_day(product, since):
    early = assessed(product, a_cooperative(), ask(), on=date(2020, 12, 31))
    assert [(each.code, each.earliest) for each in early.refusals] == [(Code.NOT_IN_FORCE, since)]
    assert early.earliest_date == since
