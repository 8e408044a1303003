"""Every number and every refusal rests on a text, holds on its days, and says how sure it is."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from services.financing.domain.decision import IN_FORCE, Decision, Editions, in_force
from services.financing.domain.eligibility import Code, Confidence, NoteCode, Source
from services.financing.domain.figures import figures
from services.financing.domain.products import PRODUCTS, Scheme
from services.financing.domain.rules import blu, capacity, cooperative, kur, kur_terms, lpdb, pmk49
from shared.timeline import Timeline
from tests.financing.domain.applicants import (
    a_cooperative,
    a_group,
    a_person,
    ask,
    assessed,
    decided,
)
from tests.financing.domain.cases import a_case
from tests.financing.domain.table import anew
from tests.financing.domain.test_texts import everybody

CODES = [product.code for product in PRODUCTS]
IN_2024, IN_2025, IN_2026 = date(2024, 6, 3), date(2025, 9, 1), date(2026, 11, 24)
DAYS = (IN_2024, IN_2025, IN_2026)
LAW = {Confidence.REGULATION, Confidence.PRESS}
OURS = {Confidence.UNVERIFIED, Confidence.ASSUMPTION}

each_day = pytest.mark.parametrize("day", DAYS, ids=str)


def inside(value: Any) -> Iterator[Any]:
    """A value and everything in it."""
    yield value
    if is_dataclass(value):
        value = [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, Timeline):
        value = value.values
    if isinstance(value, tuple | list | frozenset) and not isinstance(value, Source):
        for each in value:
            yield from inside(each)


def every_source() -> list[Source]:
    """Every source of every edition, and those that the rules carry beside them."""
    timelines = (
        kur_terms.KUR,
        lpdb.LPDB_REGULAR,
        lpdb.LPDB_MOCKUP,
        blu.BLU,
        pmk49.PMK49,
        capacity.BURDEN,
    )
    found = [*inside(timelines)]
    for module in (blu, capacity, cooperative, kur, kur_terms, lpdb, pmk49):
        for value in vars(module).values():
            found.extend(inside(value))
    return sorted({each for each in found if isinstance(each, Source)}, key=str)


SOURCES = every_source()
RULES = (blu, capacity, kur_terms, lpdb, pmk49)


def test_there_are_as_many_sources_as_a_reader_would_expect():
    assert len(SOURCES) > 80


def stated(module: Any) -> set[Source]:
    """The sources of a module's constants, as docs/rules.md has them: without their addresses."""
    found = [each for value in vars(module).values() for each in inside(value)]
    return {each._replace(url=None) for each in found if isinstance(each, Source)}


@pytest.mark.parametrize("module", RULES, ids=lambda module: module.__name__)
def test_a_module_loaded_anew_states_the_same_sources(module):
    assert stated(anew(module)) == stated(module)


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{s.regulation}, {s.provision}")
def test_a_source_names_a_text_a_place_in_it_and_the_days_it_holds(source):
    assert source.regulation.strip() == source.regulation != ""
    assert source.provision.strip() == source.provision != ""
    assert source.until is None or source.since <= source.until
    assert isinstance(source.confidence, Confidence)
    assert source.url is None or source.url.startswith("https://")


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{s.regulation}, {s.provision}")
def test_what_was_not_seen_or_was_assumed_is_never_called_law(source):
    words = ("assumed", "carried over", "not seen", "sources differ", "no such product")
    if any(word in f"{source.regulation} {source.provision}".lower() for word in words):
        assert source.confidence in OURS


# The numbers that may not be told as law, and nothing else is one of them.
NOT_LAW = [
    (IN_2024, kur.PMI, {"kmk_months_max": "unverified", "ki_months_max": "unverified"}),
    (
        IN_2026,
        kur.SUPER_MIKRO,
        {
            "rate_bp": "unverified",
            "business_age_months_min": "unverified",
            "pay_off_lag_days": "unverified",
        },
    ),
    (
        IN_2026,
        kur.MIKRO,
        {
            "kmk_months_max": "unverified",
            "ki_months_max": "unverified",
            "outstanding_max": "unverified",
            "business_age_months_min": "unverified",
            "pay_off_lag_days": "unverified",
        },
    ),
    *(
        (
            IN_2026,
            product,
            {
                "kmk_months_max": "unverified",
                "ki_months_max": "unverified",
                "business_age_months_min": "unverified",
                "pay_off_lag_days": "unverified",
            },
        )
        for product in (kur.KECIL, kur.KHUSUS)
    ),
    (
        IN_2026,
        kur.PMI,
        {
            "kmk_months_max": "unverified",
            "ki_months_max": "unverified",
            "pay_off_lag_days": "unverified",
            "first_instalment_after_months": "unverified",
        },
    ),
    *(
        (
            day,
            lpdb.REGULAR,
            {
                "plafon_max": "assumption",
                "rate_bp": "unverified",
                "rate_ksp_bp": "unverified",
                "kmk_months_max": "assumption",
                "ki_months_max": "assumption",
            },
        )
        for day in DAYS
    ),
    *(
        (IN_2024, product, {"instalment_share_max": "assumption"})
        for product in (kur.SUPER_MIKRO, kur.MIKRO, kur.KECIL, kur.KHUSUS)
    ),
    *(
        (
            IN_2026,
            product,
            {
                "plafon_max": "assumption",
                "rate_bp": "assumption",
                "months_max": "assumption",
                "grace_months_max": "assumption",
                **({"instalment_share_max": "assumption"} if product == "blu_umi" else {}),
            },
        )
        for product in blu.CODES
    ),
    (IN_2025, kur.PMI, {"kmk_months_max": "unverified", "ki_months_max": "unverified"}),
]


@each_day
@pytest.mark.parametrize("product", CODES)
def test_exactly_these_numbers_may_not_be_told_as_law(product, day):
    expected = {(on, code): names for on, code, names in NOT_LAW}.get((day, product), {})
    listed = figures(IN_FORCE, product, day)
    assert {each.name: each.source.confidence for each in listed} == {
        **{each.name: each.source.confidence for each in listed if each.name not in expected},
        **expected,
    }
    assert {each.source.confidence for each in listed if each.name not in expected} <= LAW


def terms_of(editions: Editions, product: str) -> Any:
    """What an edition holds for one product."""
    if product in kur.CODES:
        return editions.kur and getattr(editions.kur, product.removeprefix("kur_"))
    if product in blu.CODES:
        return editions.blu and getattr(editions.blu, product.removeprefix("blu_"))
    return {
        lpdb.REGULAR: editions.lpdb_regular,
        lpdb.MOCKUP: editions.lpdb_mockup,
        pmk49.CODE: editions.pmk49,
    }[product]


def numbers(terms: Any) -> set[int]:
    return {each for each in inside(terms) if isinstance(each, int)}


@each_day
@pytest.mark.parametrize("product", CODES)
def test_every_number_of_a_product_is_listed_with_its_source(product, day):
    terms = terms_of(in_force(IN_FORCE, day), product)
    listed = figures(IN_FORCE, product, day)
    assert numbers(terms) <= {each.value for each in listed}
    assert bool(listed) == (terms is not None)
    for each in listed:
        assert each.source.since <= day
        assert each.source.until is None or day <= each.source.until


@each_day
def test_every_number_that_all_of_kur_shares_is_listed_with_its_source(day):
    edition = in_force(IN_FORCE, day).kur
    listed = {each.value for code in kur.CODES for each in figures(IN_FORCE, code, day)}
    assert numbers(edition) <= listed


def stale(decision: Decision) -> list[object]:
    """What a decision says with a text that did not hold on the day of its akad."""
    found: list[object] = []
    for assessment in decision.assessments:
        # That a product does not exist on a day rests on the text that says on which days it does;
        # whom it would be for is then told with it.
        absent = Code.NOT_IN_FORCE in {each.code for each in assessment.refusals}
        excused = {Code.NOT_IN_FORCE, Code.BORROWER_KIND} if absent else set[Code]()
        found += [
            (assessment.product, each)
            for each in (*assessment.refusals, *assessment.notes)
            if each.code not in excused and not holds(each.source, decision.akad_on)
        ]
    return found


def holds(source: Source, day: date) -> bool:
    return source.since <= day and (source.until is None or day <= source.until)


def every_case() -> Iterator[Decision]:
    """Decisions of applicants who are told every code there is, and of drawn ones, each with an
    akad on the first and the last day of every edition, and on days between."""
    random = Random(20_261_124)
    drawn = (a_case(random) for _ in range(400))
    for applicant, request, on in (*everybody(), *drawn):
        yield decided(applicant, request, on=on)
        for akad_on in random.sample(EDGES, 3):
            yield decided(applicant, replace(request, akad_on=akad_on), on=on)


EDGES = sorted(
    day
    for days in IN_FORCE.enacted().values()
    for since in days
    if since > date(2000, 1, 1)
    for day in (since - timedelta(days=1), since, since + timedelta(days=100))
)


def test_every_reason_and_note_rests_on_a_text_that_holds_on_the_day_of_the_akad():
    said: set[Code | NoteCode] = set()
    for decision in every_case():
        assert not stale(decision)
        for assessment in decision.assessments:
            for each in (*assessment.refusals, *assessment.notes):
                assert each.source in SOURCES, each
                said.add(each.code)
    assert said == {*Code, *NoteCode}


@pytest.mark.parametrize("applicant", [a_person(), a_group(40_000_000), a_cooperative()])
@pytest.mark.parametrize("on", [*EDGES, date(1999, 1, 1)], ids=str)
def test_on_the_days_on_which_the_law_changes_every_reason_holds(applicant, on):
    for amount in (1, 60_000_000, 10**11):
        assert not stale(decided(applicant, ask(amount, tenor_months=240), on=on))


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{s.regulation}, {s.provision}")
def test_the_articles_of_a_source_are_those_that_its_words_name(source):
    for each in source.articles:
        ayat, huruf = f"({each.ayat})" if each.ayat else "", each.huruf or ""
        assert f" {each.pasal}{ayat}{huruf}" in source.provision
    assert bool(source.articles) == ("Art. " in source.provision)


@pytest.mark.parametrize(
    ("day", "confidence"),
    [
        (date(2024, 6, 3), Confidence.ASSUMPTION),
        (date(2025, 2, 10), Confidence.ASSUMPTION),
        (date(2025, 2, 11), Confidence.PRESS),
        (IN_2026, Confidence.PRESS),
    ],
)
def test_the_practice_of_the_banks_is_assumed_until_the_press_reported_it(day, confidence):
    poor = a_person(business__net_income_month=1_000_000)
    said = assessed(kur.MIKRO, poor, ask(akad_on=day)).refusals
    (refusal,) = (each for each in said if each.code is Code.INSTALMENT_ABOVE_INCOME)
    assert refusal.source.confidence is confidence
    assert refusal.source.since <= day
    assert refusal.source.until is None or day <= refusal.source.until


@pytest.mark.parametrize("day", [date(2023, 1, 27), date(2024, 6, 3)])
def test_no_text_of_later_years_is_said_to_be_the_one_of_2023(day):
    for applicant in (a_person(), a_cooperative(), a_group(40_000_000)):
        for assessment in decided(applicant, ask(600_000_000, akad_on=day)).assessments:
            if assessment.product in kur.CODES:
                for refusal in assessment.refusals:
                    assert "/2026" not in refusal.source.regulation
                    assert refusal.source.regulation != "Permenko Perekonomian 12/2025"


def test_the_first_day_of_kur_rests_on_the_decree_that_names_it():
    early = assessed(kur.MIKRO, a_person(), ask(akad_on=date(2022, 6, 3)))
    assert [each.source.regulation for each in early.refusals] == ["KMK 317/2023"]


def test_no_refusal_of_an_assumed_product_is_told_as_law():
    for applicant, request, on in everybody():
        for assessment in decided(applicant, request, on=on).assessments:
            if assessment.product in blu.CODES:
                for refusal in assessment.refusals:
                    assert refusal.source.confidence is Confidence.ASSUMPTION


def test_the_products_assumed_are_those_of_the_agency():
    assert {each.code for each in PRODUCTS if each.assumed} == set(blu.CODES)
    assert {each.code for each in PRODUCTS if each.scheme is Scheme.BLU} == set(blu.CODES)
