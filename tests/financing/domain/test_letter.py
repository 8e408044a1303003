"""What a letter of refusal says: each reason and its article, what to do, rights, the copy."""

from datetime import date
from random import Random
from typing import Any

import orjson
import pytest

from services.financing.api.records import Facts, made
from services.financing.domain.eligibility import BorrowerKind
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
from services.financing.domain.rules import kur
from services.financing.domain.submission import Status
from shared.money import Rupiah
from tests.financing.domain.cases import a_case

DAY = date(2026, 11, 24)
ID = "01938d5e-0000-7000-8000-000000000001"


def refusals(count: int) -> list[tuple[BorrowerKind, dict[str, Any]]]:
    """Drawn decisions that lead to no lender: who asked, and the outcome as it is kept."""
    random, found = Random(20_261_124), []
    while len(found) < count:
        case = a_case(random)
        facts = Facts.of_today(
            case.applicant, case.request, on=case.on, channels=CHANNELS, preference=()
        )
        decision, outcome = made(facts)
        if decision.route.outcome not in {"routed", "waiting"}:
            found.append((case.applicant.kind, orjson.loads(outcome)))
    return found


REFUSALS = refusals(60)


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


@pytest.mark.parametrize(("kind", "outcome"), REFUSALS)
def test_every_reason_that_concerns_the_borrower_stands_in_the_letter_with_its_basis(
    kind: BorrowerKind, outcome: dict[str, Any]
):
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


@pytest.mark.parametrize(("kind", "outcome"), REFUSALS)
def test_the_steps_lead_to_a_yes_on_a_day_or_the_letter_says_that_none_do(
    kind: BorrowerKind, outcome: dict[str, Any]
):
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
    for kind, outcome in REFUSALS:
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
    occasion = Occasion(asked(placement=placement), REFUSALS[0][1], legs)
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
    document = written(Occasion(asked(), REFUSALS[0][1], legs))
    assert document["kind"] == Kind.LENDER
    reasons = said(document, "reasons")
    assert "Alasan penyalur: “Usaha belum layak”" in reasons
    assert any("memintanya secara tertulis" in reason for reason in reasons)
    assert any("bukan kesalahan Anda" in reason for reason in reasons)


def test_an_upheld_decision_is_told_with_the_reviewers_reasons_and_the_objection():
    document = written(
        Occasion(asked(), REFUSALS[0][1], (), Finding("Saya punya NIB.", "NIB tidak ditemukan."))
    )
    reasons = said(document, "reasons")
    assert document["kind"] == Kind.REVIEW
    assert reasons[:2] == [
        "Keberatan Anda: “Saya punya NIB.”",
        "Penjelasan petugas: NIB tidak ditemukan.",
    ]
    assert len(reasons) > 2  # the reasons of the rules stand as well
    assert any("Dua petugas telah memeriksa" in right for right in said(document, "rights"))


def test_a_number_says_the_month_in_roman_figures():
    assert number(17, DAY) == "17/PURNA/XI/2026"
    assert [number(1, date(2026, month, 1)).split("/")[2] for month in (1, 4, 9, 12)] == [
        "I",
        "IV",
        "IX",
        "XII",
    ]
