"""The sentences of a score: the own value, its points, and what the next band brings."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from services.financing.domain.factors import FACTORS, MEASURES, STARTS, Card, FactorName
from services.financing.domain.score_texts import FACTORS as SAID
from services.financing.domain.score_texts import KNOCK_OUTS, burden, quantity, sentence
from services.financing.domain.scorecards import SCORECARDS
from services.financing.domain.scorecards.edition import Bands
from services.financing.domain.scoring import Capacity, Factor, KnockOut, Verdict
from services.financing.domain.texts import Language, Text
from tests.financing.domain.applicants import IN_2026

EDITION = SCORECARDS.on(IN_2026)
each_language = pytest.mark.parametrize("language", Language)


def bands(card: Card, name: FactorName) -> Bands:
    return next(each for each in EDITION.cards[card].bands if each.name is name)


# card, factor, value: the sentence
SENTENCES = [
    (
        ("business", "business_age", 8),
        Text(
            "Usaha berjalan 8 bulan: 4 dari 10 poin; mulai 12 bulan menjadi 6.",
            "The business has run for 8 months: 4 of 10 points; from 12 months it would be 6.",
        ),
    ),
    (
        ("business", "business_age", 1),
        Text(
            "Usaha berjalan 1 bulan: 0 dari 10 poin; mulai 6 bulan menjadi 4.",
            "The business has run for 1 month: 0 of 10 points; from 6 months it would be 4.",
        ),
    ),
    (
        ("business", "business_age", 36),
        Text(
            "Usaha berjalan 36 bulan: 10 dari 10 poin.",
            "The business has run for 36 months: 10 of 10 points.",
        ),
    ),
    (
        ("business", "instalment_share", 452),
        Text(
            "Semua angsuran mengambil 45,2 % pendapatan bersih sebulan: 10 dari 20 poin; "
            "sampai 40 % menjadi 16.",
            "All instalments take 45.2 % of the net income of a month: 10 of 20 points; up to"
            " 40 % it would be 16.",
        ),
    ),
    (
        ("business", "instalment_share", 1000),
        Text(
            "Semua angsuran mengambil seluruh pendapatan bersih sebulan: 0 dari 20 poin; "
            "sampai 70 % menjadi 4.",
            "All instalments take all of the net income of a month: 0 of 20 points; up to 70 "
            "% it would be 4.",
        ),
    ),
    (
        ("business", "income_margin", 1000),
        Text(
            "Dari omzet tersisa 100 % sebagai pendapatan: 5 dari 5 poin.",
            "Of the turnover 100 % is left: 5 of 5 points.",
        ),
    ),
    (
        ("business", "own_equity", 0),
        Text(
            "Modal sendiri 0 % dari jumlah yang diminta: 0 dari 10 poin; mulai 5 % menjadi 3.",
            "Own money in the business is 0 % of the amount asked: 0 of 10 points; from 5 % it "
            "would be 3.",
        ),
    ),
    (
        ("business", "collectibility", 5),
        Text(
            "Kredit di SLIK berada pada kolektibilitas 5: 0 dari 15 poin; sampai "
            "kolektibilitas 2 menjadi 5.",
            "Credit in SLIK is at collectibility 5: 0 of 15 points; up to collectibility 2 it"
            " would be 5.",
        ),
    ),
    (
        ("business", "collectibility", None),
        Text(
            "Kolektibilitas di SLIK belum diketahui: 0 dari 15 poin; bila diketahui dapat "
            "membawa sampai 15.",
            "The collectibility in SLIK: not known yet, 0 of 15 points; once known it can "
            "bring up to 15.",
        ),
    ),
    (
        ("beginner", "training", 0),
        Text(
            "Pelatihan kewirausahaan belum selesai: 0 dari 20 poin; bila sudah, menjadi 20.",
            "Entrepreneurship training is not completed yet: 0 of 20 points; if so, 20.",
        ),
    ),
    (
        ("beginner", "training", 1),
        Text(
            "Pelatihan kewirausahaan sudah selesai: 20 dari 20 poin.",
            "Entrepreneurship training is completed: 20 of 20 points.",
        ),
    ),
    (
        ("ksp", "health_grade", 1),
        Text(
            "Koperasi dinilai dalam pengawasan: 7 dari 25 poin; mulai cukup sehat menjadi 17.",
            "The cooperative is graded under supervision: 7 of 25 points; from fairly healthy"
            " it would be 17.",
        ),
    ),
    (
        ("ksp", "equity", -25),
        Text(
            "Modal sendiri koperasi -2,5 % dari jumlah yang diminta: 0 dari 15 poin; mulai 5 "
            "% menjadi 5.",
            "The cooperative's own capital is -2.5 % of the amount asked: 0 of 15 points; "
            "from 5 % it would be 5.",
        ),
    ),
    (
        ("ksp", "annual_meetings", 1),
        Text(
            "RAT sudah diadakan 1 kali: 6 dari 15 poin; mulai 2 kali menjadi 11.",
            "Annual meetings (RAT) were held once: 6 of 15 points; from 2 times it would be 11.",
        ),
    ),
    (
        ("ksp", "members", 19),
        Text(
            "Anggota koperasi 19 orang: 0 dari 5 poin; mulai 20 orang menjadi 2.",
            "The cooperative has 19 members: 0 of 5 points; from 20 members it would be 2.",
        ),
    ),
]


@pytest.mark.parametrize(("factor", "text"), SENTENCES)
def test_a_sentence_has_the_own_value_and_what_the_next_band_brings(factor, text):
    card, name, value = factor
    said = Factor(bands(Card(card), FactorName(name)), value)
    assert sentence(said, Language.ID) == text.id
    assert sentence(said, Language.EN) == text.en


@each_language
@pytest.mark.parametrize("card", Card)
def test_every_value_of_every_factor_has_its_sentence(card, language):
    for each in EDITION.cards[card].bands:
        last = STARTS[each.measure.unit][1]
        for value in (None, 0, *each.starts, min(last, each.starts[-1] + 1)):
            said = sentence(Factor(each, value), language)
            assert said.endswith(".")
            assert not {"{", "}"} & set(said)
            assert f"{each.points_max} {'poin' if language is Language.ID else 'points'}" in said


@pytest.mark.parametrize("name", FactorName)
def test_both_languages_say_something_of_their_own(name):
    said = SAID[name]
    assert said.known.id != said.known.en
    assert (said.no is not None) == (MEASURES[name].unit == "yes_no")
    assert ("{value}" in said.known.id, "{value}" in said.known.en) == (said.no is None,) * 2
    if said.no is not None:
        assert len({said.no.id, said.no.en, said.known.id, said.known.en}) == 4


def test_all_that_can_be_counted_can_be_said():
    assert {name for card in Card for name in FACTORS[card]} == set(SAID)
    assert set(KNOCK_OUTS) == set(KnockOut)
    assert all(said.id != said.en for said in KNOCK_OUTS.values())


@each_language
def test_the_test_of_the_income_is_said_with_its_limits(language):
    carries = Capacity(40_000_000, 1_772_824, 200_000, 4_000_000, 494, Verdict.TIGHT)
    said = burden(carries, 405, 700, language)
    for number in ("Rp 1.772.824", "Rp 200.000", "Rp 4.000.000", "70 %"):
        assert number in said
    for share in ("49,4 %", "40,5 %"):
        assert (share if language is Language.ID else share.replace(",", ".")) in said
    higher = burden(carries, 400, 655, language)
    assert ("65,5 %" if language is Language.ID else "65.5 %") in higher
    nothing = burden(replace(carries, income=0, burden_permille=None), 400, 700, language)
    assert (" seluruh pendapatan" if language is Language.ID else " all of the net") in nothing


def test_the_grades_of_health_are_told_apart():
    for language in Language:
        words = [
            quantity(MEASURES[FactorName.HEALTH_GRADE].unit, each, language) for each in range(4)
        ]
        assert all(one != other for one, other in pairwise(words))
