"""Every reason has a sentence in both languages that holds the applicant's own numbers."""

from dataclasses import replace
from datetime import date
from string import Formatter

import pytest

from services.financing.domain import route_texts, texts
from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    Code,
    Confidence,
    ContractKind,
    GroupFacts,
    GroupMember,
    KurReceived,
    NoteCode,
    Rat,
    Shu,
    SpecialGroup,
)
from services.financing.domain.routing import LeftOut, Outcome, Why, WhyNot
from services.financing.domain.texts import Language, Text, remark, say, sentence
from tests.financing.domain.applicants import (
    IN_2024,
    IN_2026,
    LPDB,
    NUSANTARA,
    SAMUDRA,
    a_cooperative,
    a_group,
    a_member,
    a_person,
    ask,
    decided,
)
from tests.financing.domain.prose import faults

LANGUAGES = pytest.mark.parametrize("language", Language)
SAMPLE = {"rp": 1_500_000, "day": date(2027, 3, 14), "word": "kopdes"}


def fields(template):
    return {name: spec for _, name, spec, _ in Formatter().parse(template) if name}


def test_every_code_has_one_text():
    assert set(texts.REFUSALS) | set(texts.UNKNOWN) == set(Code)
    assert not set(texts.REFUSALS) & set(texts.UNKNOWN)
    assert set(texts.UNKNOWN) == {code for code in Code if code.startswith("unknown_")}
    assert set(texts.NOTES) == set(NoteCode)


def test_every_word_of_a_route_has_its_text():
    assert set(route_texts.OUTCOMES) == set(Outcome)
    assert set(route_texts.WHYS) == set(Why)
    assert set(route_texts.WHY_NOTS) == set(WhyNot)


def test_why_a_channel_is_not_asked_can_be_written():
    holder = a_person(credit__kur_outstanding=9_000_000, credit__kur_lender=SAMUDRA.code)
    small = replace(SAMUDRA, code="small", quotas=dict.fromkeys(SAMUDRA.products, 1))
    strict = replace(SAMUDRA, code="strict", score_min=101)
    shut = replace(SAMUDRA, code="shut", open=False)
    for applicant in (holder, a_person()):
        channels = (NUSANTARA, SAMUDRA, LPDB, small, strict, shut)
        for each in decided(applicant, ask(), channels=channels).route.left_out:
            text = route_texts.left_out(each)
            assert text.id.endswith(".")
            assert text.en.endswith(".")


@pytest.mark.parametrize(
    ("why", "numbers", "told", "told_en"),
    [
        (
            WhyNot.QUOTA,
            {"amount": 90_000, "quota": 50},
            "Rp 50, kurang dari Rp 90.000",
            "Rp 50 of",
        ),
        (WhyNot.SCORE, {"points": 60, "min": 75}, "Skor 60; ", "is 60; "),
        (WhyNot.OTHER_LENDER, {"lender": "bank-a"}, "penyalur bank-a;", "KUR at bank-a still"),
        (WhyNot.CLOSED, {}, "sedang tidak menerima", "takes no applications"),
    ],
)
def test_a_channel_left_out_is_told_with_its_own_numbers(why, numbers, told, told_en):
    text = route_texts.left_out(LeftOut("bank-b", why, numbers))
    assert told in text.id
    assert told_en in text.en


def test_who_waits_hears_the_place_and_what_is_asked_before_it():
    second = route_texts.place(place=2, ahead=30_000_000, left=5_000_000)
    assert "nomor 2 dalam" in second.id
    assert "number 2 in" in second.en
    first = route_texts.place(place=1, ahead=0, left=5_000_000)
    for text in (*first, *second):
        assert not faults(text), text
        assert "Rp 5.000.000" in text
        assert ("Rp 30.000.000" in text) is (text in second)


@pytest.mark.parametrize("text", [*texts.REFUSALS.values(), *texts.UNKNOWN.values()])
def test_both_languages_are_filled_with_the_same_numbers(text):
    assert text.id
    assert text.en
    assert text.id != text.en or text in texts.UNKNOWN.values()
    assert fields(text.id) == fields(text.en)
    assert set(fields(text.id).values()) <= {"", *SAMPLE}


def everybody():
    """Applicants who together are told nearly everything, each with a request and a day."""
    blank_person, blank_coop = (
        Applicant(kind=kind) for kind in (BorrowerKind.PERSON, BorrowerKind.COOPERATIVE)
    )
    troubled = a_person(
        person__citizen=False,
        person__state_employee=True,
        person__birth_date=date(2009, 5, 1),
        person__married=False,
        credit__collectibility=4,
        credit__dhn_listed=True,
        credit__programme_unpaid=True,
        credit__commercial_before=True,
        credit__kur_received=KurReceived(mikro=2, kecil=2),
        credit__mikro_outstanding=90_000_000,
        credit__kur_outstanding=90_000_000,
        credit__paid_off_on=IN_2026,
        business__started_on=date(2026, 10, 1),
        business__nib=False,
        business__sku=False,
        business__npwp=False,
        business__bpjs_tk=False,
        business__turnover_year=9_000_000_000,
        business__net_income_month=100_000,
        membership__active=False,
        group=GroupFacts(offtaker=False, pks=False, validated=False, in_sikp=False),
    )
    leaver = replace(
        troubled.placement,
        contract_months=6,
        siskop2mi=False,
        e_kpmi=False,
        parents_permission=False,
    )
    wrong = a_member(
        550_000_000,
        collectibility=4,
        beginner=True,
        citizen=False,
        birth_date=date(2009, 5, 1),
        married=False,
        state_employee=True,
        dhn_listed=True,
        programme_unpaid=True,
        commercial_before=True,
        licence=False,
        turnover_year=9_000_000_000,
        npwp=False,
        net_income_month=1,
        kur_outstanding=5,
        kur_lender="kur-bank-samudra",
    )
    behind = a_member(5, collectibility=2, kur_outstanding=5, kur_lender="kur-bank-nusantara")
    group = a_group(group__members=(wrong, behind, GroupMember(5)))
    worst = a_cooperative(
        kind=None,
        founded_on=date(2026, 1, 1),
        legal_entity_no=None,
        coop_registry_no=None,
        certificate_valid_until=None,
        rats=(),
        shu=(Shu(2025, -5),),
        arrears=True,
        officers_collectibility=5,
        personal_guarantees=False,
        agunan_value=1,
        usp=False,
        sembako=False,
        microsite=False,
        npwp=False,
        nib=False,
        bank_account=False,
        mockup_selected=False,
        member_list=False,
        incubated=False,
        health_grade="dalam_pengawasan",
        office=False,
        business_plan=False,
        budget=False,
        dps=False,
        head_approval=False,
    )
    unpaid = a_person(
        membership__usp=False, membership__simpanan_pokok_paid=False, placement=None, group=None
    )
    silent = a_person(
        membership__usp=None,
        membership__simpanan_pokok_paid=None,
        person__birth_date=date(2009, 5, 1),
        person__married=None,
        credit__instalments_month=None,
        credit__collectibility=2,
        business__production=None,
        credit__kur_received=KurReceived(mikro=2),
        placement=type(leaver)(),
        group=GroupFacts(),
    )
    no_list = replace(group, group=GroupFacts())
    alone = a_group(7)
    expired = a_cooperative(
        certificate_valid_until=date(2026, 1, 1), rats=(Rat(2024, date(2025, 1, 1)),)
    )
    planned = a_person(business__planned=True, person__trained=True)
    affected = a_person(
        business__province="11",
        business__disaster_affected=True,
        business__special_group=SpecialGroup.SUGAR_CANE_WITH_AVALIST,
        business__production=True,
        credit__kur_received=KurReceived(mikro=1),
        credit__mikro_outstanding=5,
        person__migration_status="returned",
    )
    indebted = a_person(credit__instalments_month=60_000_000, credit__kur_outstanding=5)
    large = ask(600_000_000, tenor_months=99, collateral_demanded=True)
    small = ask(1, collateral_demanded=True)
    for applicant in (
        blank_person,
        blank_coop,
        troubled,
        replace(troubled, placement=leaver),
        group,
        no_list,
        alone,
        worst,
        unpaid,
        silent,
        expired,
        planned,
        indebted,
        affected,
        a_cooperative(kind="kopdes"),
        a_cooperative(),
    ):
        sharia = ask(60_000_000, contract_kind=ContractKind.SHARIA)
        for request in (large, small, ask(60_000_000), ask(4_000_000_000), sharia):
            for on in (date(1999, 1, 1), IN_2024, date(2025, 9, 1), IN_2026):
                yield applicant, request, on


@pytest.fixture(scope="module")
def said():
    refusals, notes = [], []
    for applicant, request, on in everybody():
        for assessment in decided(applicant, request, on=on).assessments:
            refusals.extend(assessment.refusals)
            notes.extend(assessment.notes)
    return refusals, notes


def test_every_code_is_really_said_by_some_rule(said):
    refusals, notes = said
    assert {refusal.code for refusal in refusals} == set(Code)
    assert {note.code for note in notes} == set(NoteCode)


@LANGUAGES
def test_every_sentence_that_a_rule_says_can_be_written(said, language):
    refusals, notes = said
    for text in (
        *(sentence(refusal, language) for refusal in refusals),
        *(remark(note, language) for note in notes),
    ):
        assert text.endswith(".")
        assert "{" not in text
        assert "None" not in text


@pytest.mark.parametrize("code", [*Code])
def test_a_rule_gives_exactly_the_numbers_of_its_sentence(said, code):
    text = texts.UNKNOWN.get(code) or texts.REFUSALS[code]
    wanted = set(fields(text.id)) - {"period", "why_npwp"}
    for refusal in said[0]:
        if refusal.code is code:
            assert wanted <= set(refusal.numbers)


def test_an_applicant_hears_the_own_numbers_in_both_languages():
    refusal = decided(a_person(), ask(100_000_001)).assessment("kur_mikro").refusals[0]
    assert sentence(refusal, Language.ID).startswith(
        "Anda meminta Rp 100.000.001; plafon produk ini paling banyak Rp 100.000.000."
    )
    assert sentence(refusal, Language.EN).startswith(
        "You ask for Rp 100.000.001; this product lends at most Rp 100.000.000."
    )


def test_an_npwp_that_is_always_asked_for_is_not_asked_for_above_nothing():
    told = {
        product: next(
            sentence(each, Language.ID)
            for each in decided(a_person(business__npwp=False), ask(60_000_000))
            .assessment(product)
            .refusals
            if each.code is Code.NPWP
        )
        for product in ("kur_mikro", "kur_kecil")
    }
    assert "Rp 60.000.000 memerlukan NPWP karena di atas Rp 50.000.000." in told["kur_mikro"]
    assert "NPWP karena produk ini selalu mensyaratkannya." in told["kur_kecil"]
    (above,) = (
        sentence(each, Language.EN)
        for each in decided(a_person(business__npwp=False), ask(60_000_000))
        .assessment("kur_mikro")
        .refusals
    )
    assert "it is above Rp 50.000.000" in above


DOUBTS = {
    Confidence.ASSUMPTION: {Language.ID: "Ini asumsi kami", Language.EN: "is our assumption"},
    Confidence.UNVERIFIED: {Language.ID: "belum kami pastikan", Language.EN: "not confirmed"},
}


NEEDS = {
    Confidence.ASSUMPTION: {
        Language.ID: "diperlukan adalah asumsi kami",
        Language.EN: "needed is our assumption",
    },
    Confidence.UNVERIFIED: {
        Language.ID: "diperlukan belum kami pastikan",
        Language.EN: "needed we have not confirmed",
    },
}


@LANGUAGES
def test_what_is_no_law_is_not_told_as_law_and_law_is_not_doubted(said, language):
    refusals, notes = said
    told = [(each, sentence(each, language)) for each in refusals]
    told += [(each, remark(each, language)) for each in notes if each.code is NoteCode.RETRY_AFTER]
    assert {each.source.confidence for each, _ in told} >= {*DOUBTS, Confidence.PRESS}
    for each, text in told:
        needed = each.code in texts.UNKNOWN
        words = NEEDS if needed else DOUBTS
        doubts = {sure for sure, said in words.items() if said[language] in text}
        assert doubts == {each.source.confidence} & set(words), text


@LANGUAGES
def test_a_note_that_states_no_rule_is_not_doubted_on_top(said, language):
    plain = {NoteCode.PRODUCT_ASSUMED, NoteCode.INCOME_NOT_JUDGED, NoteCode.RATE_UNVERIFIED}
    told = [(note, remark(note, language)) for note in said[1] if note.code in plain]
    assert {note.source.confidence for note, _ in told} >= {*DOUBTS}
    for note, text in told:
        assert not [doubt for doubt in DOUBTS.values() if doubt[language] in text], note.code


def test_a_number_is_shown_as_the_template_asks():
    template = "{asked:rp} | {months} | {on:day} | {on} | {kinds:word} | {lender}"
    numbers = {
        "asked": 1_500_000,
        "months": 12,
        "on": date(2027, 3, 14),
        "kinds": "person, cooperative",
        "lender": "bank-a",
    }
    for language, day, kinds in (
        (Language.ID, "14 Maret 2027", "perorangan, koperasi"),
        (Language.EN, "14 March 2027", "persons, cooperatives"),
    ):
        told = say(Text(template, template), numbers, language)
        assert told == f"Rp 1.500.000 | 12 | {day} | 2027-03-14 | {kinds} | bank-a"


def test_a_word_is_told_in_the_readers_language():
    (refusal,) = decided(a_person(), ask()).assessment("lpdb_regular").refusals
    assert "hanya untuk koperasi." in sentence(refusal, Language.ID)
    assert "only for cooperatives." in sentence(refusal, Language.EN)


def test_a_beginner_hears_the_own_day_and_when_age_alone_is_enough():
    young = a_person(business__started_on=date(2026, 11, 14))
    (refusal,) = decided(young, ask(8_000_000)).assessment("kur_super_mikro").refusals
    assert "sejak 14 November 2026" in sentence(refusal, Language.ID)
    assert "ajukan lagi mulai 14 Mei 2027" in sentence(refusal, Language.ID)


def test_dates_are_written_in_the_readers_words():
    young = a_person(business__started_on=date(2026, 11, 14))
    refusal = decided(young, ask()).assessment("kur_mikro").refusals[0]
    assert "14 Mei 2027" in sentence(refusal, Language.ID)
    assert "14 May 2027" in sentence(refusal, Language.EN)


def test_a_product_that_is_over_says_between_which_days_it_held():
    refusal = decided(a_cooperative(), ask()).assessment("pmk49").refusals[0]
    assert "sejak 21 Juli 2025 sampai 14 November 2025" in sentence(refusal, Language.ID)
    assert "from 21 July 2025 until 14 November 2025" in sentence(refusal, Language.EN)


def test_what_is_unknown_is_asked_for():
    blank = Applicant(kind=BorrowerKind.PERSON)
    refusal = decided(blank, ask()).assessment("kur_mikro").refusals[0]
    assert sentence(refusal, Language.EN).startswith(
        "This cannot be told yet. Please give citizenship. That it is needed we have not confirmed"
    )
    indonesian = sentence(refusal, Language.ID)
    assert indonesian.startswith("Belum dapat dipastikan.")
    assert texts.UNKNOWN[refusal.code].id in indonesian
    assert texts.UNKNOWN[refusal.code].en not in indonesian
