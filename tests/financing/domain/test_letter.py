"""What a letter of refusal says: each reason and its article, what to do, rights, the copy."""

from datetime import date
from functools import cache
from random import Random
from typing import Any

import orjson
import pytest

from services.financing.api.letters import LetterOut
from services.financing.api.records import Facts, made
from services.financing.domain.deadlines import REVIEW
from services.financing.domain.eligibility import BorrowerKind, Confidence
from services.financing.domain.letter import (
    Asked,
    Finding,
    Kind,
    Leg,
    Occasion,
    copied_to,
    letter,
    number,
)
from services.financing.domain.products import BY_CODE
from services.financing.domain.routing import CHANNELS
from services.financing.domain.rules import kur, lpdb
from services.financing.domain.submission import Status
from shared.money import Rupiah
from tests.financing.domain.cases import a_case
from tests.financing.domain.prose import faults

DAY = date(2026, 11, 24)
ID = "01938d5e-0000-7000-8000-000000000001"


DRAWN = 60


@cache
def refusals() -> list[tuple[BorrowerKind, dict[str, Any]]]:
    """Drawn decisions that lead to no lender: who asked, and the outcome as it is kept."""
    random, found = Random(20_261_124), []
    while len(found) < DRAWN:
        case = a_case(random)
        facts = Facts.of_today(
            case.applicant, case.request, on=case.on, channels=CHANNELS, preference=()
        )
        decision, outcome = made(facts)
        if decision.route.outcome not in {"routed", "waiting"}:
            found.append((case.applicant.kind, orjson.loads(outcome)))
    return found


each_refusal = pytest.mark.parametrize("no", range(DRAWN))


def asked(kind: BorrowerKind = BorrowerKind.PERSON, *, placement: bool = False) -> Asked:
    return Asked(ID, kind, Rupiah(40_000_000), 24, placement)


def written(occasion: Occasion) -> dict[str, Any]:
    return letter(occasion, number=number(17, DAY), issued_on=DAY)


def said(document: dict[str, Any], about: str, part: str = "text_id") -> list[str]:
    return [
        paragraph[part]
        for section in document["sections"]
        if section["about"] == about
        for paragraph in section["paragraphs"]
    ]


@each_refusal
def test_every_reason_that_concerns_the_borrower_stands_in_the_letter_with_its_basis(no: int):
    kind, outcome = refusals()[no]
    document = written(Occasion(asked(kind), outcome))
    told = list(zip(said(document, "reasons"), said(document, "reasons", "basis_id"), strict=True))
    english = said(document, "reasons", "text_en")
    for product in outcome["products"]:
        if kind not in BY_CODE[product["code"]].kinds:
            continue
        for reason in product["reasons"]:
            source = reason["source"]
            bases = [basis for sentence, basis in told if sentence == reason["sentence_id"]]
            (basis, *_) = [basis for basis in bases if f"Dasar: {source['regulation']}" in basis]
            for article in source["articles"]:
                assert article["pasal"] is None or f"Pasal {article['pasal']}" in " ".join(bases)
            assert basis.endswith(".")
            assert reason["sentence_en"] in english


@each_refusal
def test_the_steps_lead_to_a_yes_on_a_day_or_the_letter_says_that_none_do(no: int):
    kind, outcome = refusals()[no]
    steps = said(written(Occasion(asked(kind), outcome)), "steps")
    ways = [
        product["recourse"]
        for product in outcome["products"]
        if kind in BY_CODE[product["code"]].kinds and product["reasons"]
    ]
    days = sorted(way["on"] for way in ways if way["on"])
    if not days:
        assert ["Kami tidak menemukan langkah" in step for step in steps] == [True]
        return
    told = [step for step in steps if step.startswith("Ajukan kembali mulai")]
    assert len(told) == min(3, len(days))
    first = date.fromisoformat(days[0])
    assert f"mulai {first.day} " in told[0]
    assert str(first.year) in told[0]


def test_what_is_no_law_is_not_told_as_law():
    for kind, outcome in refusals():
        document = written(Occasion(asked(kind), outcome))
        for basis in said(document, "reasons", "basis_id"):
            assert any(
                word in basis
                for word in ("kami lihat", "sumber kedua", "hitungan", "belum kami", "asumsi")
            )
    rights = said(document, "rights", "basis_id")
    assert "belum kami pastikan" in rights[0]
    assert "Pasal 10" in rights[0]
    assert "asumsi kami" in rights[2]


@pytest.mark.parametrize(
    ("placement", "legs", "copies"),
    [
        (False, (), ()),
        (True, (), ("kp2mi",)),
        (True, (Leg("bank", kur.MIKRO, Status.REFUSED, ()),), ()),
        (False, (Leg("bank", kur.PMI, Status.REFUSED, ()),), ("kp2mi",)),
    ],
)
def test_kp2mi_gets_a_copy_of_a_refused_kur_penempatan_pmi(placement, legs, copies):
    occasion = Occasion(asked(placement=placement), refusals()[0][1], legs)
    assert copied_to(occasion) == copies
    assert bool(said(written(occasion), "copies")) is bool(copies)
    if copies:
        (basis,) = said(written(occasion), "copies", "basis_id")
        assert "Permen P2MI 18/2025, Pasal 14" in basis


def test_a_lenders_reasons_are_quoted_and_a_lender_without_one_is_asked_for_it():
    legs = (
        Leg("bank-a", kur.MIKRO, Status.REFUSED, ("Usaha belum layak",)),
        Leg("bank-b", kur.MIKRO, Status.REFUSED, ()),
        Leg("bank-c", kur.MIKRO, Status.FAILED, ("lender-unavailable",)),
    )
    document = written(Occasion(asked(), refusals()[0][1], legs))
    assert document["kind"] == Kind.LENDER
    reasons = said(document, "reasons")
    assert "Alasan penyalur: “Usaha belum layak”" in reasons
    assert any("memintanya secara tertulis" in reason for reason in reasons)
    assert any("bukan kesalahan Anda" in reason for reason in reasons)


def test_an_upheld_decision_is_told_with_the_reviewers_reasons_and_the_objection():
    document = written(
        Occasion(asked(), refusals()[0][1], (), Finding("Saya punya NIB.", "NIB tidak ditemukan."))
    )
    reasons = said(document, "reasons")
    assert document["kind"] == Kind.REVIEW
    assert reasons[:2] == [
        "Keberatan Anda: “Saya punya NIB.”",
        "Penjelasan petugas: NIB tidak ditemukan.",
    ]
    assert len(reasons) > 2  # the reasons of the rules stand as well
    assert any("Dua petugas telah memeriksa" in right for right in said(document, "rights"))


# A decision of three products as it is kept, of which a person can ask for two.

SOURCE: dict[str, Any] = {
    "regulation": "Permenko 1/2023",
    "provision": "Art. 11 and 12",
    "confidence": "regulation",
    "articles": [],
}
LATER = {"kind": "fact", "not_before": "2027-01-05"}
WAIT = {"kind": "wait", "not_before": "2027-03-14"}
NOW = {"kind": "fact", "not_before": None}


def a_source(*articles: tuple[str | None, str | None, str | None], **facts: str) -> dict[str, Any]:
    kept = [dict(zip(("pasal", "ayat", "huruf"), each, strict=True)) for each in articles]
    return {**SOURCE, **facts, "articles": kept}


def a_product(code: str, *steps: dict[str, Any], on: str | None, **source: Any) -> dict[str, Any]:
    """A product that says no for one reason; it says yes `on` a day, after the steps."""
    numbered = [
        {**step, "sentence_id": f"Langkah {no}.", "sentence_en": f"Step {no}."}
        for no, step in enumerate(steps, start=1)
    ]
    return {
        "code": code,
        "name_id": f"Produk {code}",
        "name_en": f"Product {code}",
        "reasons": [
            {
                "sentence_id": f"Alasan {code}.",
                "sentence_en": f"Reason of {code}.",
                "source": source or SOURCE,
            }
        ],
        "recourse": {"on": on, "amount": 25_000_000, "tenor_months": 36, "steps": numbered},
    }


def an_outcome(*products: dict[str, Any]) -> dict[str, Any]:
    return {
        "route": {"sentence_id": "Belum ada produk.", "sentence_en": "No product fits."},
        "products": list(products),
    }


def refused(*products: dict[str, Any], kind: BorrowerKind = BorrowerKind.PERSON) -> dict[str, Any]:
    return written(Occasion(asked(kind), an_outcome(*products)))


def headings(document: dict[str, Any], about: str) -> list[tuple[str, str]]:
    return [
        (section["heading_id"], section["heading_en"])
        for section in document["sections"]
        if section["about"] == about
    ]


BY_A_RULE = a_product(kur.MIKRO, NOW, on="2026-12-01")
TWO_LENDERS = (
    Leg("bank-a", kur.MIKRO, Status.REFUSED, ()),
    Leg("bank-b", kur.KECIL, Status.CANCELLED, ()),
)
OCCASIONS = {
    Kind.DECISION: Occasion(asked(placement=True), an_outcome(BY_A_RULE)),
    Kind.LENDER: Occasion(
        asked(), an_outcome(BY_A_RULE), (*TWO_LENDERS, Leg("bank-c", kur.PMI, Status.FAILED, ()))
    ),
    Kind.REVIEW: Occasion(
        asked(), an_outcome(BY_A_RULE), (), Finding("Saya punya NIB.", "NIB tidak ditemukan.")
    ),
}
each_kind = pytest.mark.parametrize("kind", Kind)


@each_kind
def test_a_letter_says_on_itself_what_it_is_about(kind: Kind):
    document = written(OCCASIONS[kind])
    told = LetterOut.model_validate_json(orjson.dumps(document), extra="forbid")
    assert (told.number, told.kind, told.issued_on) == ("17/PURNA/XI/2026", kind, DAY)
    assert told.issued_on_id == "24 November 2026"
    assert (str(told.application_id), told.amount, told.tenor_months) == (ID, 40_000_000, 24)
    assert ID in told.addressee_id
    assert ID in told.addressee_en
    titles = {(each["title_id"], each["title_en"]) for each in map(written, OCCASIONS.values())}
    assert len(titles) == len(Kind)
    request, request_en = (said(document, "decision", part)[0] for part in ("text_id", "text_en"))
    assert "Rp 40.000.000 untuk 24 bulan" in request
    assert "Rp 40.000.000 over 24 months" in request_en


@each_kind
def test_a_letter_goes_from_the_decision_to_the_rights_and_only_steps_are_numbered(kind: Kind):
    document = written(OCCASIONS[kind])
    # Of the rules there are reasons beside those of the people, and a product's steps.
    reasons, numbered = {
        Kind.DECISION: (1, True),
        Kind.LENDER: (3, False),
        Kind.REVIEW: (2, True),
    }[kind]
    order = ["decision", *["reasons"] * reasons, "steps", "rights"]
    copies = [] if kind is Kind.REVIEW else ["copies"]
    assert [section["about"] for section in document["sections"]] == order + copies
    ordered = {section["about"] for section in document["sections"] if section["ordered"]}
    assert ordered == ({"steps"} if numbered else set())


@each_kind
@pytest.mark.parametrize("language", ["id", "en"])
def test_a_letter_is_written_in_sentences(kind: Kind, language: str):
    document = written(OCCASIONS[kind])
    for about in ("decision", "reasons", "steps", "rights", "copies"):
        for text in said(document, about, f"text_{language}"):
            assert not faults(text), text
        for basis in said(document, about, f"basis_{language}"):
            assert not basis or not faults(basis), basis
            assert "None" not in basis


def test_who_said_no_decides_how_it_is_told():
    told = {kind: said(written(OCCASIONS[kind]), "decision")[1:] for kind in Kind}
    assert {kind: len(texts) for kind, texts in told.items()} == dict.fromkeys(Kind, 1)
    assert told[Kind.DECISION][0].endswith(" Belum ada produk.")
    assert "ada pada penyalur" in told[Kind.LENDER][0]
    assert "tetap ditolak" in told[Kind.REVIEW][0]
    english = {kind: said(written(OCCASIONS[kind]), "decision", "text_en")[1] for kind in Kind}
    assert english[Kind.DECISION].endswith(" No product fits.")
    assert "the lender's" in english[Kind.LENDER]
    assert "stays refused" in english[Kind.REVIEW]


def test_only_what_a_borrower_could_ask_for_is_refused_to_it():
    products = (BY_A_RULE, a_product(lpdb.REGULAR, on=None))
    person, coop = (
        refused(*products, kind=kind) for kind in (BorrowerKind.PERSON, BorrowerKind.COOPERATIVE)
    )
    assert headings(person, "reasons") == [
        ("Alasan: Produk kur_mikro", "Reasons: Product kur_mikro")
    ]
    assert said(person, "reasons") == ["Alasan kur_mikro."]
    assert said(coop, "reasons", "text_en") == ["Reason of lpdb_regular."]
    assert said(coop, "steps")[0].startswith("Kami tidak menemukan langkah")


@pytest.mark.parametrize(
    ("articles", "places"),
    [
        ((), ""),
        ((("36", None, None),), ", Pasal 36"),
        ((("36", "2", None),), ", Pasal 36 ayat (2)"),
        ((("36", "2", "c"), ("41", None, None)), ", Pasal 36 ayat (2) huruf c, Pasal 41"),
        ((("36", "2", None), ("36", "2", None)), ", Pasal 36 ayat (2)"),
        (((None, None, None), ("41", None, "b")), ", Pasal 41 huruf b"),
    ],
)
def test_a_basis_names_the_articles_as_lawyers_do(articles, places):
    document = refused(a_product(kur.MIKRO, on=None, **a_source(*articles)))
    (basis,) = said(document, "reasons", "basis_id")
    assert basis.startswith(f"Dasar: Permenko 1/2023{places}; ")
    (english,) = said(document, "reasons", "basis_en")
    assert english.startswith("Basis: Permenko 1/2023, Art. 11 and 12; ")


@pytest.mark.parametrize("confidence", Confidence)
def test_a_basis_says_how_sure_it_is(confidence: Confidence):
    document = refused(a_product(kur.MIKRO, on=None, **a_source(confidence=confidence)))
    others = refused(BY_A_RULE)
    for part in ("basis_id", "basis_en"):
        told, law = said(document, "reasons", part), said(others, "reasons", part)
        assert (told == law) is (confidence is Confidence.REGULATION)


def test_a_way_tells_its_steps_in_order_and_when_to_ask_again_for_what():
    document = refused(a_product(kur.MIKRO, NOW, LATER, WAIT, on="2027-03-14"))
    assert headings(document, "steps") == [
        ("Langkah Anda: Produk kur_mikro", "Your steps: Product kur_mikro")
    ]
    *steps, then = said(document, "steps")
    assert steps == ["Langkah 1.", "Langkah 2. (mulai 5 Januari 2027)", "Langkah 3."]
    assert then.startswith("Ajukan kembali mulai 14 Maret 2027: Rp 25.000.000 untuk 36 bulan.")
    *steps, then = said(document, "steps", "text_en")
    assert steps == ["Step 1.", "Step 2. (from 5 January 2027 on)", "Step 3."]
    assert then.startswith("Apply again from 14 March 2027 on: Rp 25.000.000 over 36 months.")


def test_the_three_ways_that_lead_there_first_are_told_the_shortest_first():
    document = refused(
        a_product(kur.SUPER_MIKRO, NOW, on="2027-02-01"),
        a_product(kur.MIKRO, NOW, NOW, on="2027-01-01"),
        a_product(kur.KECIL, on="2027-03-01"),
        a_product(kur.KHUSUS, NOW, on="2027-01-01"),
        a_product(kur.PMI, NOW, on=None),
    )
    told = [heading.partition(": ")[2] for heading, _ in headings(document, "steps")]
    assert told == [f"Produk {code}" for code in (kur.KHUSUS, kur.MIKRO, kur.SUPER_MIKRO)]


def test_a_product_without_a_way_or_a_reason_is_no_step():
    unknown = {**BY_A_RULE, "recourse": None}
    granted = {**a_product(kur.KECIL, on="2026-12-01"), "reasons": []}
    document = refused(unknown, granted)
    assert len(headings(document, "reasons")) == 1
    assert headings(document, "steps") == [("Langkah Anda", "Your steps")]


def test_each_lender_is_told_with_its_product_and_how_it_ended_there():
    document = written(OCCASIONS[Kind.LENDER])
    assert headings(document, "reasons") == [
        ("Alasan: bank-a, KUR Mikro", "Reasons: bank-a, KUR micro"),
        ("Alasan: bank-b, KUR Kecil", "Reasons: bank-b, KUR small"),
        ("Alasan: bank-c, KUR Penempatan PMI", "Reasons: bank-c, KUR for work abroad"),
    ]
    # A lender that has refused without a reason owes one; one that never saw it does not.
    refusal, why, *ended = said(document, "reasons")
    assert ("menolak" in refusal, "alasan" in why) == (True, True)
    assert [set(text.split()) & {"dibatalkan", "kesalahan"} for text in ended] == [
        {"dibatalkan"},
        {"kesalahan"},
    ]
    assert headings(document, "steps") == [("Langkah Anda", "Your steps")]
    assert "Tanyakan alasan penyalur" in said(document, "steps")[0]


def test_a_lenders_reason_is_quoted_in_both_languages_and_ends_it():
    leg = Leg("bank-a", kur.MIKRO, Status.REFUSED, ("Agunan kurang", "Usaha baru"))
    document = written(Occasion(asked(), an_outcome(), (leg,)))
    for part in ("text_id", "text_en"):
        _, *reasons = said(document, "reasons", part)
        assert [text.partition("“")[2] for text in reasons] == ["Agunan kurang”", "Usaha baru”"]


def test_a_finding_without_an_objection_is_told_alone():
    finding = Finding(None, "Datanya benar.")
    document = written(Occasion(asked(), an_outcome(), (), finding))
    assert said(document, "reasons") == ["Penjelasan petugas: Datanya benar."]
    assert said(document, "reasons", "text_en") == ["The reviewers: Datanya benar."]
    ((heading, _),) = headings(document, "reasons")
    assert heading == "Alasan: pemeriksaan oleh dua petugas"


@each_kind
def test_who_was_reviewed_is_not_told_to_object_again(kind: Kind):
    document = written(OCCASIONS[kind])
    rights = said(document, "rights")
    assert any("keberatan" in right for right in rights) is (kind is not Kind.REVIEW)
    assert any("catatan lengkap" in right for right in rights)
    bases = said(document, "rights", "basis_en")
    assert [bool(basis) for basis in bases] == (
        [False, False] if kind is Kind.REVIEW else [True, False, True, False]
    )
    if kind is not Kind.REVIEW:
        assert f"{REVIEW.value} jam" in rights[2]
        assert "Art. 10" in bases[0]
        assert REVIEW.source.provision in bases[2]


def test_a_number_says_the_month_in_roman_figures():
    assert number(17, DAY) == "17/PURNA/XI/2026"
    assert [number(1, date(2026, month, 1)).split("/")[2] for month in (1, 4, 9, 12)] == [
        "I",
        "IV",
        "IX",
        "XII",
    ]
