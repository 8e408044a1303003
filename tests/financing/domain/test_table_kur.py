"""The rules of KUR, article by article: at the limit, one above, one below."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.financing.domain.eligibility import (
    Applicant,
    Code,
    Confidence,
    GroupFacts,
    GroupMember,
    KurReceived,
    LoanRequest,
    NoteCode,
    Source,
    SpecialGroup,
    Value,
)
from services.financing.domain.rules import capacity, kur, kur_terms
from services.financing.domain.rules.kur_terms import KUR, KUR_2023, KUR_2026, Repeats
from services.financing.domain.texts import Language, sentence
from tests.financing.domain.applicants import (
    IN_2024,
    IN_2026,
    a_cooperative,
    a_group,
    a_member,
    a_person,
    ask,
    assessed,
    codes,
    decided,
    invest,
)
from tests.financing.domain.table import (
    NO_NUMBERS,
    Row,
    Said,
    anew,
    check,
    hold,
    situation,
    stands,
)

SUPER_MIKRO, MIKRO, KECIL, KHUSUS, PMI = kur.CODES
OF_BUSINESSES = (SUPER_MIKRO, MIKRO, KECIL, KHUSUS)
FITTING = {
    SUPER_MIKRO: 8_000_000,
    MIKRO: 40_000_000,
    KECIL: 200_000_000,
    KHUSUS: 40_000_000,
    PMI: 40_000_000,
}
UNTIL_2025, SINCE_2026 = "Permenko Perekonomian 1/2023, ", "Permenko Perekonomian 1/2026, "
BASE = "Permenko Perekonomian 1/2022, "
AMENDED = "Permenko Perekonomian 1/2022 as amended by 12/2025, "
BANKS = "Practice of the banks that lend KUR, "
IDENTITY = UNTIL_2025 + "identity: NIK, e-KTP"
SERVANTS = BASE + "Art. 3(1)f"
BORROWERS = {IN_2024: BASE + "Art. 3(1): who may", IN_2026: SINCE_2026 + "Art. 3: persons and"}
SLIK = UNTIL_2025 + "no bad credit in SLIK"
BLACKLIST = UNTIL_2025 + "not in the Daftar Hitam Nasional"
BESIDE = AMENDED + "Art. 36, credit beside KUR"
PAID_OFF = AMENDED + "Art. 36, paid-off letter"
LICENCE = UNTIL_2025 + "NIB or SKU"
TWENTY_ONE, EIGHTEEN = BANKS + "21 or married", BANKS + "18, parents' written permission"
NEVER_COMMERCIAL = {
    SUPER_MIKRO: AMENDED + "Art. 19(3)c",
    MIKRO: AMENDED + "Art. 23(4a)",
    KECIL: AMENDED + "Art. 27(3a)",
    KHUSUS: AMENDED + "Art. 36(3), 36(3a)",
}
SIX_MONTHS = {
    SUPER_MIKRO: UNTIL_2025 + "super mikro, business under six months",
    MIKRO: AMENDED + "Art. 23(2), 23(3)",
    KECIL: AMENDED + "Art. 27(2)",
    KHUSUS: AMENDED + "Art. 36(2)",
}
FIRST_KUR = UNTIL_2025 + "super mikro, never received KUR"
OWED_MIKRO = UNTIL_2025 + "Art. 24, mikro owed in total"
BPJS = UNTIL_2025 + "preamble: BPJS Ketenagakerjaan, obligatory for kecil"
REPEATED = UNTIL_2025 + "Art. 24(4), 24(4a)"
TURNOVER = SINCE_2026 + "Art. 3(3)"
GROUPS = AMENDED + "Art. 4, 4A"
IN_SIKP = {IN_2024: AMENDED + "Art. 4, SIKP", IN_2026: SINCE_2026 + "registration in SIKP"}
PLACEMENT = UNTIL_2025 + "KUR Penempatan PMI: contract, SISKOP2MI or E-KPMI"
CONTRACT = UNTIL_2025 + "KUR Penempatan PMI: repaid before the contract ends"
SEVENTY = "instalments at most 70 % of net income"
BURDEN = {
    IN_2024: f"Repayment capacity (RPC), assumed before it was reported, {SEVENTY} (assumption)",
    IN_2026: f"Repayment capacity (RPC), practice of the banks, {SEVENTY}",
}


def carried(article: str) -> str:
    """An article of before 2026, of which nobody has seen whether 1/2026 has it."""
    return f"carried over from {article} (unverified)"


def at(article: str | Mapping[date, str], on: date) -> str:
    """Where a rule stands on a day: carried over in 2026, unless the text of 2026 is known."""
    if not isinstance(article, str):
        return article[on]
    return article if on == IN_2024 or article.startswith(SINCE_2026) else carried(article)


def on_day(
    on: date,
    words: str,
    product: str,
    *reasons: Said,
    request: LoanRequest | None = None,
    **facts: Any,
) -> Row:
    """A row of a person who has everything but what `facts` change."""
    return Row(words, product, a_person(**facts), request or ask(FITTING[product]), on, reasons)


def in_2024(words: str, product: str, *reasons: Said, **more: Any) -> Row:
    """A row under the edition of 2023."""
    return on_day(IN_2024, words, product, *reasons, **more)


def in_2026(words: str, product: str, *reasons: Said, **more: Any) -> Row:
    """A row under the edition of 2026."""
    return on_day(IN_2026, words, product, *reasons, **more)


def asked_by(
    products: Sequence[str],
    words: str,
    code: Code,
    article: str | Mapping[Any, str],
    numbers: Mapping[str, Value] = NO_NUMBERS,
    **facts: Any,
) -> list[Row]:
    """Rows of both editions: these products refuse, the others do not ask.

    `article` is one, or one a product, or one an edition.
    """
    rows: list[Row] = []
    for product in kur.CODES:
        for on in (IN_2024, IN_2026):
            if product in products:
                by_day = not isinstance(article, str) and on in article
                place = article if isinstance(article, str) or by_day else article[product]
                said = [Said(code, at(place, on), numbers)]
            else:
                said = []
            rows.append(on_day(on, words, product, *said, **facts))
    return rows


@dataclass(frozen=True)
class Limits:
    """The numbers of a product in one edition, each with its article."""

    product: str
    on: date
    least: int
    most: int
    plafon: str
    kmk: int
    ki: int
    tenor: str


THREE_YEARS = "Penempatan PMI, three years at most (unverified)"
TENORS = UNTIL_2025 + "tenor of working capital and investment"
TENORS_KHUSUS = UNTIL_2025 + "Art. 35(6)"
M, E = 10**6, "Penempatan PMI, plafon"
LIMITS = [
    Limits(SUPER_MIKRO, IN_2024, 1, 10 * M, UNTIL_2025 + "super mikro, plafon", 36, 60, TENORS),
    Limits(MIKRO, IN_2024, 10 * M + 1, 100 * M, UNTIL_2025 + "mikro, plafon", 36, 60, TENORS),
    Limits(KECIL, IN_2024, 100 * M + 1, 500 * M, UNTIL_2025 + "kecil, plafon", 48, 60, TENORS),
    Limits(KHUSUS, IN_2024, 1, 500 * M, UNTIL_2025 + "Art. 35, per member", 48, 60, TENORS_KHUSUS),
    Limits(PMI, IN_2024, 1, 100 * M, UNTIL_2025 + E, 36, 36, UNTIL_2025 + THREE_YEARS),
    Limits(
        SUPER_MIKRO,
        IN_2026,
        1,
        10 * M,
        SINCE_2026 + "super mikro, plafon",
        36,
        60,
        SINCE_2026 + "super mikro, tenor",
    ),
    Limits(
        MIKRO, IN_2026, 10 * M + 1, 100 * M, SINCE_2026 + "mikro, plafon", 36, 60, carried(TENORS)
    ),
    Limits(
        KECIL,
        IN_2026,
        100 * M + 1,
        500 * M,
        SINCE_2026 + "kecil, plafon per akad",
        48,
        60,
        carried(TENORS),
    ),
    Limits(
        KHUSUS, IN_2026, 1, 500 * M, SINCE_2026 + "khusus, plafon", 48, 60, carried(TENORS_KHUSUS)
    ),
    Limits(PMI, IN_2026, 1, 100 * M, SINCE_2026 + E, 36, 36, SINCE_2026 + THREE_YEARS),
]


def around(at: Limits) -> Iterator[Row]:
    """The rows of a product at its limits, and one beside them."""
    most, least, place = at.most, at.least, at.plafon
    yield on_day(at.on, "the most", at.product, request=ask(most))
    above = Said(Code.AMOUNT_ABOVE, place, {"amount": most + 1, "max": most})
    yield on_day(at.on, "a rupiah more", at.product, above, request=ask(most + 1))
    yield on_day(at.on, "the least", at.product, request=ask(least))
    if least > 1:
        below = Said(Code.AMOUNT_BELOW, place, {"amount": least - 1, "min": least})
        yield on_day(at.on, "a rupiah less", at.product, below, request=ask(least - 1))
    for make, months in ((ask, at.kmk), (invest, at.ki)):
        words, amount = make(1).purpose, FITTING[at.product]
        within, beyond = make(amount, tenor_months=months), make(amount, tenor_months=months + 1)
        longer = [Said(Code.TENOR_ABOVE, at.tenor, {"tenor": months + 1, "max": months})]
        with_contract = {} if at.product != PMI else {"placement__contract_months": 99}
        yield on_day(at.on, f"{words}, the longest", at.product, request=within, **with_contract)
        yield on_day(
            at.on, f"{words}, a month longer", at.product, *longer, request=beyond, **with_contract
        )


@pytest.mark.parametrize("row", [row for each in LIMITS for row in around(each)], ids=situation)
def test_each_product_has_its_plafon_and_its_tenor(row):
    check(row)


# product, the amount above which an NPWP is wanted in 2026, article
NPWP_ABOVE = [
    (MIKRO, 50_000_000, SINCE_2026 + "NPWP above Rp 50 million"),
    (KHUSUS, 50_000_000, SINCE_2026 + "NPWP above Rp 50 million"),
    (PMI, 50_000_000, SINCE_2026 + "NPWP above Rp 50 million"),
    (KECIL, 0, SINCE_2026 + "NPWP always for kecil"),
]
NPWP = [
    *(
        in_2026(words, product, Said(code, article, told), request=ask(amount), business__npwp=has)
        for product, above, article in NPWP_ABOVE
        for amount in (max(above + 1, 100_000_001 if product == KECIL else 0),)
        for told in ({"amount": amount, "above": above},)
        for words, has, code in (
            ("without an NPWP", False, Code.NPWP),
            ("NPWP not told", None, Code.UNKNOWN_NPWP),
        )
    ),
    *(
        in_2026(
            "without an NPWP, as much as goes without",
            product,
            request=ask(above),
            business__npwp=False,
        )
        for product, above, _ in NPWP_ABOVE
        if above
    ),
    in_2026("without an NPWP", SUPER_MIKRO, request=ask(10_000_000), business__npwp=False),
    *(
        in_2024("without an NPWP", product, request=ask(50_000_001), business__npwp=None)
        for product in (MIKRO, KHUSUS, PMI)
    ),
    in_2024("without an NPWP", KECIL, request=ask(500_000_000), business__npwp=False),
]


@pytest.mark.parametrize("row", NPWP, ids=situation)
def test_an_npwp_is_wanted_above_fifty_million_from_2026(row):
    check(row)


@pytest.mark.parametrize("on", [IN_2024, IN_2026])
@pytest.mark.parametrize(
    ("amount", "breach"), [(99_999_999, True), (100_000_000, True), (100_000_001, False)]
)
def test_demanding_agunan_up_to_a_hundred_million_is_the_lenders_breach(amount, breach, on):
    request = ask(amount, collateral_demanded=True)
    for product in kur.CODES:
        with_demand = assessed(product, a_person(), request, on=on)
        without = assessed(product, a_person(), ask(amount), on=on)
        noted = NoteCode.POLICY_VIOLATION in {note.code for note in with_demand.notes}
        assert noted is breach
        above = NoteCode.COLLATERAL_BY_LENDER in {note.code for note in with_demand.notes}
        assert above is not breach
        assert with_demand.refusals == without.refusals


@pytest.mark.parametrize("on", [IN_2024, IN_2026])
@pytest.mark.parametrize("product", kur.CODES)
def test_who_fits_everything_is_refused_nothing(product, on):
    assert assessed(product, a_person(), ask(FITTING[product]), on=on).refusals == ()


EVERYBODY = [
    *asked_by(kur.CODES, "not a citizen", Code.CITIZEN, IDENTITY, person__citizen=False),
    *asked_by(kur.CODES, "citizen or not", Code.UNKNOWN_CITIZEN, IDENTITY, person__citizen=None),
    *asked_by(
        kur.CODES, "serves the state", Code.STATE_EMPLOYEE, SERVANTS, person__state_employee=True
    ),
    *asked_by(
        kur.CODES,
        "serves the state or not",
        Code.UNKNOWN_STATE_EMPLOYEE,
        SERVANTS,
        person__state_employee=None,
    ),
    *asked_by(
        kur.CODES,
        "collectibility 2",
        Code.CREDIT_NOT_CURRENT,
        BESIDE,
        credit__collectibility=2,
    ),
    *(
        row
        for worst in (3, 5)
        for row in asked_by(
            kur.CODES,
            f"collectibility {worst}",
            Code.COLLECTIBILITY,
            SLIK,
            {"collectibility": worst},
            credit__collectibility=worst,
        )
    ),
    *asked_by(
        kur.CODES,
        "collectibility not told",
        Code.UNKNOWN_COLLECTIBILITY,
        SLIK,
        credit__collectibility=None,
    ),
    *asked_by(kur.CODES, "on the blacklist", Code.DHN_LISTED, BLACKLIST, credit__dhn_listed=True),
    *asked_by(
        kur.CODES, "blacklist not told", Code.UNKNOWN_DHN, BLACKLIST, credit__dhn_listed=None
    ),
    *asked_by(
        kur.CODES,
        "programme credit not paid off",
        Code.PROGRAMME_CREDIT_UNPAID,
        PAID_OFF,
        credit__programme_unpaid=True,
    ),
    *asked_by(
        kur.CODES,
        "programme credit not told",
        Code.UNKNOWN_PROGRAMME_CREDIT,
        PAID_OFF,
        credit__programme_unpaid=None,
    ),
]
ENTREPRENEURS = [
    *asked_by(
        OF_BUSINESSES,
        "commercial credit before",
        Code.COMMERCIAL_CREDIT,
        NEVER_COMMERCIAL,
        credit__commercial_before=True,
    ),
    *asked_by(
        OF_BUSINESSES,
        "commercial credit not told",
        Code.UNKNOWN_COMMERCIAL_CREDIT,
        NEVER_COMMERCIAL,
        credit__commercial_before=None,
    ),
    *asked_by(
        OF_BUSINESSES,
        "neither NIB nor SKU",
        Code.BUSINESS_LICENCE,
        LICENCE,
        business__nib=False,
        business__sku=False,
    ),
    *(
        row
        for nib, sku in ((None, False), (False, None), (None, None))
        for row in asked_by(
            OF_BUSINESSES,
            f"NIB {nib}, SKU {sku}: not both told",
            Code.UNKNOWN_BUSINESS_LICENCE,
            LICENCE,
            business__nib=nib,
            business__sku=sku,
        )
    ),
    in_2026("an SKU and no NIB", MIKRO, business__nib=False),
    in_2026("an SKU, NIB not told", MIKRO, business__nib=None),
    in_2026("a NIB and no SKU", MIKRO, business__sku=False),
    *asked_by(
        OF_BUSINESSES,
        "income not told",
        Code.UNKNOWN_NET_INCOME,
        BURDEN,
        business__net_income_month=None,
    ),
    *asked_by(
        OF_BUSINESSES,
        "instalments not told",
        Code.UNKNOWN_INSTALMENTS,
        BURDEN,
        credit__instalments_month=None,
    ),
    *asked_by(
        OF_BUSINESSES,
        "start of the business not told",
        Code.UNKNOWN_BUSINESS_START,
        SIX_MONTHS,
        business__started_on=None,
    ),
    *(
        in_2026("turnover at the limit", product, business__turnover_year=4_800_000_000)
        for product in OF_BUSINESSES
    ),
    *(
        in_2026(
            "turnover above it",
            product,
            Said(Code.TURNOVER, TURNOVER, {"turnover": 4_800_000_001, "max": 4_800_000_000}),
            business__turnover_year=4_800_000_001,
        )
        for product in OF_BUSINESSES
    ),
    in_2026(
        "turnover not told",
        MIKRO,
        Said(Code.UNKNOWN_TURNOVER, TURNOVER),
        business__turnover_year=None,
    ),
    in_2026("a turnover nobody asks of who leaves", PMI, business__turnover_year=None),
    in_2024("a turnover nobody asks before 2026", MIKRO, business__turnover_year=None),
]
ONE_PRODUCT = [
    *asked_by(
        (SUPER_MIKRO,),
        "received KUR once",
        Code.KUR_BEFORE,
        FIRST_KUR,
        {"count": 1},
        credit__kur_received=KurReceived(khusus=1),
    ),
    in_2026(
        "received nobody tells how often",
        SUPER_MIKRO,
        Said(Code.UNKNOWN_KUR_RECEIVED, carried(FIRST_KUR)),
        credit__kur_received=None,
    ),
    in_2026("received nobody tells how often", MIKRO, credit__kur_received=None),
    *(
        in_2024(
            "received nobody tells how often",
            product,
            Said(Code.UNKNOWN_KUR_RECEIVED, REPEATED),
            credit__kur_received=None,
        )
        for product in (MIKRO, KECIL)
    ),
    *asked_by((KECIL,), "no BPJS", Code.BPJS_TK, BPJS, business__bpjs_tk=False),
    *asked_by((KECIL,), "BPJS not told", Code.UNKNOWN_BPJS_TK, BPJS, business__bpjs_tk=None),
    in_2026("mikro owed, in total the most", MIKRO, credit__mikro_outstanding=60_000_000),
    *asked_by(
        (MIKRO,),
        "mikro owed, a rupiah more",
        Code.MIKRO_OUTSTANDING,
        OWED_MIKRO,
        {"outstanding": 60_000_001, "amount": 40_000_000, "max": 100_000_000},
        credit__mikro_outstanding=60_000_001,
    ),
    *asked_by(
        (MIKRO,),
        "mikro owed, not told",
        Code.UNKNOWN_MIKRO_OUTSTANDING,
        OWED_MIKRO,
        credit__mikro_outstanding=None,
    ),
]


@pytest.mark.parametrize("row", [*EVERYBODY, *ENTREPRENEURS, *ONE_PRODUCT], ids=situation)
def test_each_fact_refuses_when_wrong_and_asks_when_unknown(row):
    check(row)


def test_a_blank_applicant_is_asked_everything_and_passes_nothing():
    blank = replace(
        a_person(),
        person=type(a_person().person)(),
        business=type(a_person().business)(),
        credit=type(a_person().credit)(),
        group=None,
        placement=None,
    )
    for product in kur.CODES:
        said = codes(product, blank, ask(FITTING[product]))
        assert Code.UNKNOWN_CITIZEN in said
        assert len(said) >= 6


BORN_2005 = date(2005, 11, 25)  # of age on the day after IN_2026
BIRTHDAY = date(2026, 11, 25)
AGES = [
    row
    for product in OF_BUSINESSES
    for row in (
        in_2026(
            "21 today, not married",
            product,
            person__birth_date=date(2005, 11, 24),
            person__married=False,
        ),
        in_2026(
            "21 tomorrow, not married",
            product,
            Said(Code.AGE, carried(TWENTY_ONE), {"min": 21, "from": BIRTHDAY}, BIRTHDAY),
            person__birth_date=BORN_2005,
            person__married=False,
        ),
        in_2026(
            "21 tomorrow, married",
            product,
            person__birth_date=BORN_2005,
            person__married=True,
        ),
        in_2026(
            "21 tomorrow, married or not",
            product,
            Said(Code.UNKNOWN_MARRIED, carried(TWENTY_ONE), {"from": BIRTHDAY}, BIRTHDAY),
            person__birth_date=BORN_2005,
            person__married=None,
        ),
        in_2026(
            "age not told, not married",
            product,
            Said(Code.UNKNOWN_BIRTH_DATE, carried(TWENTY_ONE)),
            person__birth_date=None,
            person__married=False,
        ),
        in_2026("age not told, married", product, person__birth_date=None, person__married=True),
    )
]


@pytest.mark.parametrize("row", AGES, ids=situation)
def test_a_borrower_is_twenty_one_or_married(row):
    check(row)


def test_who_is_too_young_hears_the_birthday():
    young = a_person(person__birth_date=date(2006, 2, 1), person__married=False)
    assert assessed(MIKRO, young, ask()).earliest_date == date(2027, 2, 1)


STARTED = date(2026, 5, 25)  # six months on the day after IN_2026
TOO_YOUNG = {"started": STARTED, "months": 6, "from": BIRTHDAY}
BUSINESS_AGE = [
    row
    for product in OF_BUSINESSES
    for code in (Code.BUSINESS_AGE_OR_EVIDENCE if product == SUPER_MIKRO else Code.BUSINESS_AGE,)
    for row in (
        in_2026("business of six months today", product, business__started_on=date(2026, 5, 24)),
        in_2026(
            "business of six months tomorrow",
            product,
            Said(code, carried(SIX_MONTHS[product]), TOO_YOUNG, BIRTHDAY),
            business__started_on=STARTED,
        ),
        in_2026(
            "business that starts tomorrow",
            product,
            Said(
                code,
                carried(SIX_MONTHS[product]),
                {"started": BIRTHDAY, "months": 6, "from": date(2027, 5, 25)},
                date(2027, 5, 25),
            ),
            business__started_on=BIRTHDAY,
        ),
        in_2026(
            "no business yet",
            product,
            Said(Code.BUSINESS_PLANNED, carried(SIX_MONTHS[product]), {"months": 6}),
            business__planned=True,
            business__turnover_year=None,
        ),
    )
]


@pytest.mark.parametrize("row", BUSINESS_AGE, ids=situation)
def test_a_business_has_run_six_months_to_the_day(row):
    check(row)


def test_a_young_business_hears_the_first_day_and_it_is_true():
    young = a_person(business__started_on=date(2026, 8, 31))
    first_day = assessed(MIKRO, young, ask()).earliest_date

    assert first_day == date(2027, 2, 28)
    assert assessed(MIKRO, young, ask(), on=first_day).eligible
    assert not assessed(MIKRO, young, ask(), on=first_day - timedelta(days=1)).eligible


@pytest.mark.parametrize("evidence", ["mentored", "trained", "group_member", "family_business"])
@pytest.mark.parametrize("planned", [True, False])
def test_one_piece_of_evidence_opens_super_mikro_to_a_beginner(evidence, planned):
    young = a_person(business__planned=planned, business__started_on=date(2026, 11, 1))
    with_evidence = replace(young, person=replace(young.person, **{evidence: True}))

    assert codes(SUPER_MIKRO, young, ask(8_000_000)) == {
        Code.BUSINESS_PLANNED if planned else Code.BUSINESS_AGE_OR_EVIDENCE
    }
    assert codes(SUPER_MIKRO, with_evidence, ask(8_000_000)) == set()
    assert codes(MIKRO, with_evidence, ask()) == {
        Code.BUSINESS_PLANNED if planned else Code.BUSINESS_AGE
    }


def test_a_start_that_nobody_gave_is_asked_for_and_not_called_too_young():
    silent = a_person(business__started_on=None)
    for product in OF_BUSINESSES:
        assert codes(product, silent, ask(FITTING[product])) == {Code.UNKNOWN_BUSINESS_START}
    mentored = replace(silent, person=replace(silent.person, mentored=True))
    assert codes(SUPER_MIKRO, mentored, ask(8_000_000)) == set()


def test_a_planned_business_is_not_judged_by_an_income_it_does_not_have():
    planned = a_person(
        business__planned=True, business__net_income_month=None, person__mentored=True
    )
    said = assessed(SUPER_MIKRO, planned, ask(8_000_000))

    assert said.eligible
    assert NoteCode.INCOME_NOT_JUDGED in {note.code for note in said.notes}


def often(times: int) -> KurReceived:
    """As often mikro as kecil."""
    return KurReceived(mikro=times, kecil=times)


REPEATS = [
    row
    for product in (MIKRO, KECIL)
    for row in (
        *(
            on_day(
                on,
                words,
                product,
                business__production=production,
                credit__kur_received=often(times),
            )
            for words, production, times, on in (
                ("farms, the fourth time", True, 3, IN_2024),
                ("trades, the second time", False, 1, IN_2024),
                ("trade not told, the second time", None, 1, IN_2024),
                ("farms, the fifth time", True, 4, IN_2026),
                ("trades, the third time", False, 2, IN_2026),
                ("trade not told, the third time", None, 2, IN_2026),
            )
        ),
        in_2024(
            "farms, the fifth time",
            product,
            Said(Code.KUR_REPEATS, REPEATED, {"count": 4, "max": 4}),
            business__production=True,
            credit__kur_received=often(4),
        ),
        in_2024(
            "trades, the third time",
            product,
            Said(Code.KUR_REPEATS, REPEATED, {"count": 2, "max": 2}),
            business__production=False,
            credit__kur_received=often(2),
        ),
        in_2024(
            "trade not told, the third time",
            product,
            Said(Code.UNKNOWN_PRODUCTION, REPEATED),
            business__production=None,
            credit__kur_received=often(2),
        ),
    )
]


@pytest.mark.parametrize("row", REPEATS, ids=situation)
def test_repeats_are_limited_by_sector_until_2025_and_free_from_2026(row):
    check(row)


@pytest.mark.parametrize(
    ("received", "rate_bp"), [(0, 600), (1, 700), (2, 800), (3, 900), (7, 900)]
)
def test_the_rate_rises_with_each_kur_until_2025_and_is_one_from_2026(received, rate_bp):
    applicant = a_person(
        business__production=True, credit__kur_received=KurReceived(mikro=received)
    )
    assert assessed(MIKRO, applicant, ask(), on=IN_2024).rate_bp == rate_bp
    assert assessed(MIKRO, applicant, ask()).rate_bp == 600


def test_an_unknown_history_is_shown_the_first_rate():
    unknown = a_person(credit__kur_received=None)
    for product in (MIKRO, KECIL):
        said = assessed(product, unknown, ask(FITTING[product]), on=IN_2024)
        assert said.rate_bp == 600


@pytest.mark.parametrize(("amount", "months"), [(1, 1), (10**13, 600)])
def test_the_smallest_and_the_largest_request_are_answered(amount, months):
    assert len(decided(a_person(), ask(amount, tenor_months=months)).assessments) == 11


def test_the_rate_of_super_mikro_in_2026_is_said_to_be_unverified():
    said = assessed(SUPER_MIKRO, a_person(), ask(8_000_000))
    assert said.rate_bp == 300
    assert NoteCode.RATE_UNVERIFIED in {note.code for note in said.notes}
    assert KUR_2026.super_mikro.rates_bp.source.confidence is Confidence.UNVERIFIED


@pytest.mark.parametrize(("income", "refused"), [(2_532_606, False), (2_532_605, True)])
def test_instalments_take_at_most_seventy_percent_of_the_income(income, refused):
    # 40 million at 6 % over 24 months is 1,772,824 a month; seven tenths of 2,532,606 carry it.
    said = codes(MIKRO, a_person(business__net_income_month=income), ask(40_000_000))
    assert (Code.INSTALMENT_ABOVE_INCOME in said) is refused


@pytest.mark.parametrize(
    ("income", "others", "affordable"),
    [
        (1_000_000, 400_000, 300_000),
        (1_000_000, 699_999, 1),
        (1_000_000, 700_000, None),
        (1_000_000, 900_000, None),
        (0, 0, None),
        (-5, 0, None),
    ],
)
def test_who_asks_too_much_hears_the_instalment_that_fits_if_any_does(income, others, affordable):
    applicant = a_person(business__net_income_month=income, credit__instalments_month=others)
    (refusal,) = assessed(MIKRO, applicant, ask(40_000_000)).refusals
    told = {"instalment": 1_772_824, "others": others, "income": income, "percent": 70}
    if affordable is None:
        assert (refusal.code, refusal.numbers) == (Code.NO_ROOM_FOR_INSTALMENT, told)
    else:
        assert refusal.code is Code.INSTALMENT_ABOVE_INCOME
        assert refusal.numbers == {**told, "affordable": affordable}


def test_income_and_instalments_are_asked_for_together():
    silent = a_person(business__net_income_month=None, credit__instalments_month=None)
    expected = {Code.UNKNOWN_NET_INCOME, Code.UNKNOWN_INSTALMENTS}
    for product in OF_BUSINESSES:
        assert codes(product, silent, ask(FITTING[product])) == expected


def test_who_owes_no_mikro_is_not_told_to_repay_some():
    over = ask(100_000_001)
    assert codes(MIKRO, a_person(), over) == {Code.AMOUNT_ABOVE}
    owing = a_person(credit__mikro_outstanding=1)
    assert codes(MIKRO, owing, over) == {Code.AMOUNT_ABOVE, Code.MIKRO_OUTSTANDING}
    assert codes(MIKRO, owing, ask(100_000_000)) == {Code.MIKRO_OUTSTANDING}


FOUR = (MIKRO, KECIL, KHUSUS, PMI)
NEVER, ONCE = KurReceived(), KurReceived(khusus=1)
RUNNING = [
    *(
        row
        for product in FOUR
        for row in (
            in_2026("never received, owed not told", product, credit__kur_outstanding=None),
            in_2026("received once, nothing owed", product, credit__kur_received=ONCE),
            in_2026(
                "received once, owed not told",
                product,
                Said(Code.UNKNOWN_KUR_OUTSTANDING, carried(BESIDE)),
                credit__kur_received=ONCE,
                credit__kur_outstanding=None,
            ),
            in_2026(
                "neither received nor owed is told",
                product,
                Said(Code.UNKNOWN_KUR_OUTSTANDING, carried(BESIDE)),
                credit__kur_received=None,
                credit__kur_outstanding=None,
            ),
            in_2026(
                "a rupiah owed, to whom not told",
                product,
                Said(Code.UNKNOWN_KUR_LENDER, carried(BESIDE)),
                credit__kur_received=ONCE,
                credit__kur_outstanding=1,
            ),
            in_2026(
                "a rupiah owed to a lender",
                product,
                credit__kur_received=ONCE,
                credit__kur_outstanding=1,
                credit__kur_lender="kur-bank-samudra",
            ),
        )
    ),
]


@pytest.mark.parametrize("row", RUNNING, ids=situation)
def test_a_kur_that_may_still_run_is_asked_for_with_its_lender(row):
    check(row)


@pytest.mark.parametrize(("days", "waits"), [(0, True), (2, True), (3, False)])
def test_a_pay_off_is_seen_after_three_days_and_is_no_refusal(days, waits):
    paid = IN_2026 - timedelta(days=days)
    said = assessed(MIKRO, a_person(credit__paid_off_on=paid), ask())

    assert said.eligible
    assert (NoteCode.RETRY_AFTER in {note.code for note in said.notes}) is waits
    assert said.earliest_date == (paid + timedelta(days=3) if waits else None)


def leaving(words: str, *reasons: Said, on: date = IN_2026, months: int = 24, **facts: Any) -> Row:
    """A row of who leaves to work abroad with a contract of 24 months, in SISKOP2MI only."""
    contract = {"contract_months": 24, "siskop2mi": True, "e_kpmi": False}
    told = {f"placement__{name}": value for name, value in contract.items()} | facts
    return on_day(on, words, PMI, *reasons, request=ask(40_000_000, tenor_months=months), **told)


BORN_2008 = date(2008, 11, 25)  # eighteen on the day after IN_2026
SINGLE = {"person__married": False}
EIGHTEEN_TODAY = {"person__birth_date": date(2008, 11, 24), **SINGLE}
LEAVERS = [
    *(
        on_day(on, "no contract", PMI, Said(Code.NO_PLACEMENT_CONTRACT, place), placement=None)
        for on, place in ((IN_2024, PLACEMENT), (IN_2026, carried(PLACEMENT)))
    ),
    leaving("in SISKOP2MI"),
    leaving("an E-KPMI", placement__siskop2mi=False, placement__e_kpmi=True),
    leaving("an E-KPMI, SISKOP2MI not told", placement__siskop2mi=None, placement__e_kpmi=True),
    leaving(
        "neither",
        Said(Code.NOT_IN_SISKOP2MI, carried(PLACEMENT)),
        placement__siskop2mi=False,
    ),
    *(
        leaving(
            f"SISKOP2MI {siskop2mi}, E-KPMI {e_kpmi}: not both told",
            Said(Code.UNKNOWN_SISKOP2MI, carried(PLACEMENT)),
            placement__siskop2mi=siskop2mi,
            placement__e_kpmi=e_kpmi,
        )
        for siskop2mi, e_kpmi in ((None, False), (False, None), (None, None))
    ),
    leaving("repaid when the contract ends", months=24),
    leaving(
        "repaid a month after the contract ends",
        Said(Code.TENOR_BEYOND_CONTRACT, carried(CONTRACT), {"tenor": 25, "max": 24}),
        months=25,
    ),
    leaving(
        "contract of unknown length",
        Said(Code.UNKNOWN_CONTRACT_MONTHS, carried(CONTRACT)),
        placement__contract_months=None,
    ),
    leaving("18 today, the parents permit", **EIGHTEEN_TODAY, placement__parents_permission=True),
    leaving(
        "18 tomorrow, the parents permit",
        Said(Code.AGE_PMI, carried(EIGHTEEN), {"min": 18, "from": BIRTHDAY}, BIRTHDAY),
        **SINGLE,
        person__birth_date=BORN_2008,
    ),
    leaving(
        "18, the parents do not permit",
        Said(Code.PARENTS_PERMISSION, carried(EIGHTEEN)),
        **EIGHTEEN_TODAY,
        placement__parents_permission=False,
    ),
    leaving(
        "18, permission not told",
        Said(Code.UNKNOWN_PARENTS_PERMISSION, carried(EIGHTEEN)),
        **EIGHTEEN_TODAY,
        placement__parents_permission=None,
    ),
    leaving(
        "18, married",
        person__birth_date=date(2008, 11, 24),
        person__married=True,
        placement__parents_permission=False,
    ),
    leaving(
        "18, married or not, the parents do not permit",
        Said(Code.PARENTS_PERMISSION, carried(EIGHTEEN)),
        person__birth_date=date(2008, 11, 24),
        person__married=None,
        placement__parents_permission=False,
    ),
    leaving(
        "21 today, the parents do not permit",
        **SINGLE,
        person__birth_date=date(2005, 11, 24),
        placement__parents_permission=False,
    ),
    leaving(
        "21 tomorrow, the parents do not permit",
        Said(Code.PARENTS_PERMISSION, carried(EIGHTEEN)),
        **SINGLE,
        person__birth_date=BORN_2005,
        placement__parents_permission=False,
    ),
    leaving(
        "age not told",
        Said(Code.UNKNOWN_BIRTH_DATE, carried(EIGHTEEN)),
        person__birth_date=None,
    ),
    leaving(
        "nothing of a business",
        business__started_on=None,
        business__nib=False,
        business__sku=False,
        business__net_income_month=None,
    ),
]


@pytest.mark.parametrize("row", LEAVERS, ids=situation)
def test_kur_pmi_is_for_those_who_leave(row):
    check(row)


def group_of(
    words: str,
    applicant: Applicant,
    *reasons: Said,
    amount: int = 60_000_000,
    months: int = 24,
    on: date = IN_2026,
    notes: tuple[Said, ...] | None = None,
) -> Row:
    """A row of a group that asks for KUR khusus."""
    return Row(words, KHUSUS, applicant, ask(amount, tenor_months=months), on, reasons, notes)


# fact of the group, in words, code when wrong, code when unknown, article
ARRANGEMENT = [
    ("offtaker", "an offtaker", Code.GROUP_OFFTAKER, Code.UNKNOWN_GROUP_OFFTAKER, GROUPS),
    ("pks", "an agreement (PKS)", Code.GROUP_PKS, Code.UNKNOWN_GROUP_PKS, GROUPS),
    ("validated", "validation", Code.GROUP_VALIDATION, Code.UNKNOWN_GROUP_VALIDATION, GROUPS),
    ("in_sikp", "registration in SIKP", Code.GROUP_SIKP, Code.UNKNOWN_GROUP_SIKP, IN_SIKP),
]
GROUP_FACTS = [
    row
    for fact, words, wrong, unknown, article in ARRANGEMENT
    for told, value, code in (("without", False, wrong), ("not told:", None, unknown))
    for on in (IN_2024, IN_2026)
    for row in (
        group_of(
            f"{told} {words}, a group",
            a_group(30_000_000, 30_000_000, **{f"group__{fact}": value}),
            Said(code, at(article, on)),
            on=on,
        ),
        group_of(
            f"{told} {words}, one of its members",
            a_person(**{f"group__{fact}": value}),
            Said(code, at(article, on)),
            on=on,
        ),
    )
]
NO_MEMBERS = GroupFacts(offtaker=True, pks=True, validated=True, in_sikp=True)
GROUPS_AS_A_WHOLE = [
    group_of("a person in no group", a_person(group=None), Said(Code.NO_GROUP, carried(GROUPS))),
    group_of(
        "a group that tells nothing",
        a_group(1, 1, group=None),
        Said(Code.UNKNOWN_GROUP_MEMBERS, carried(GROUPS)),
        *(Said(unknown, at(article, IN_2026)) for _, _, _, unknown, article in ARRANGEMENT),
    ),
    group_of(
        "a group without a list of members",
        a_group(1, 1, group=NO_MEMBERS),
        Said(Code.UNKNOWN_GROUP_MEMBERS, carried(GROUPS)),
    ),
    group_of(
        "shares that fall short by a rupiah",
        a_group(30_000_000, 29_999_999),
        Said(Code.GROUP_SHARES, carried(GROUPS), {"shares": 59_999_999, "amount": 60_000_000}),
    ),
    group_of(
        "shares that pass it by a rupiah",
        a_group(30_000_000, 30_000_001),
        Said(Code.GROUP_SHARES, carried(GROUPS), {"shares": 60_000_001, "amount": 60_000_000}),
    ),
    group_of(
        "a group of one",
        a_group(60_000_000),
        Said(Code.GROUP_SIZE, carried(GROUPS), {"count": 1, "min": 2}),
    ),
    group_of(
        "a group of one and another without a share",
        a_group(60_000_000, 0),
        Said(Code.GROUP_SIZE, carried(GROUPS), {"count": 1, "min": 2}),
    ),
    group_of("a group of two", a_group(30_000_000, 30_000_000)),
    group_of(
        "a third without a share, of whom nothing fits",
        a_group(
            group__members=(
                a_member(30_000_000),
                a_member(0, citizen=False, collectibility=5),
                a_member(30_000_000),
            )
        ),
    ),
    group_of("the longest", a_group(30_000_000, 30_000_000), months=48),
    group_of(
        "a month longer",
        a_group(30_000_000, 30_000_000),
        Said(Code.TENOR_ABOVE, carried(TENORS_KHUSUS), {"tenor": 49, "max": 48}),
        months=49,
    ),
    group_of(
        "the chair's business began yesterday",
        a_group(30_000_000, 30_000_000, business__started_on=date(2026, 11, 23)),
        Said(
            Code.BUSINESS_AGE,
            carried(SIX_MONTHS[KHUSUS]),
            {"started": date(2026, 11, 23), "months": 6, "from": date(2027, 5, 23)},
            date(2027, 5, 23),
        ),
    ),
    group_of(
        "the chair had commercial credit",
        a_group(30_000_000, 30_000_000, credit__commercial_before=True),
        Said(Code.COMMERCIAL_CREDIT, carried(NEVER_COMMERCIAL[KHUSUS])),
    ),
    group_of(
        "the chair's income, which nobody asks",
        a_group(30_000_000, 30_000_000, business__net_income_month=None),
    ),
]
OTHER_KINDS = [
    Row(
        f"a {who.kind}",
        product,
        who,
        ask(),
        on,
        (Said(Code.BORROWER_KIND, BORROWERS[on], {"kinds": kinds}),),
    )
    for product in kur.CODES
    for kinds in ("person_or_group" if product == KHUSUS else "person",)
    for who in (a_group(20_000_000, 20_000_000), a_cooperative())
    for on in (IN_2024, IN_2026)
    if who.kind == "cooperative" or product != KHUSUS
]


@pytest.mark.parametrize("row", [*GROUP_FACTS, *GROUPS_AS_A_WHOLE, *OTHER_KINDS], ids=situation)
def test_a_group_may_have_khusus_only_and_has_its_arrangement(row):
    check(row)


SUGAR_CANE = {"business__special_group": SpecialGroup.SUGAR_CANE_WITH_AVALIST}
YOUNG = {"business__started_on": date(2026, 11, 1)}
PLANNED = {"business__planned": True}
BORROWED = {"credit__commercial_before": True}
OFTEN = {"credit__kur_received": KurReceived(mikro=2, kecil=2)}

RULES_OFF = "business_age, collateral, never_commercial, repeats, tiered_rate"
ARTICLE_38A = AMENDED + "Art. 38A, which switches off Art. 14(4), 14(5), 19(3)c, 22(2)"
NEWLY = date(2026, 11, 1)
TOO_NEW = {"started": NEWLY, "months": 6, "from": date(2027, 5, 1)}
NEW_UNTIL = date(2027, 5, 1)

# What Art. 38A switches off for sugar-cane farmers whose offtaker stands surety (E19): the reason
# against others, and whether it stays for them.
# situation, product, facts, day, the reason, stays
RELAXED = [
    *(
        (
            "commercial credit before",
            product,
            BORROWED,
            on,
            Said(Code.COMMERCIAL_CREDIT, at(NEVER_COMMERCIAL[product], on)),
            False,
        )
        for product in OF_BUSINESSES
        for on in (IN_2024, IN_2026)
    ),
    *(
        (
            "young business",
            product,
            YOUNG,
            IN_2026,
            Said(Code.BUSINESS_AGE, carried(SIX_MONTHS[product]), TOO_NEW, NEW_UNTIL),
            False,
        )
        for product in (MIKRO, KECIL, KHUSUS)
    ),
    (
        "young business, of super mikro no article is switched off",
        SUPER_MIKRO,
        YOUNG,
        IN_2026,
        Said(Code.BUSINESS_AGE_OR_EVIDENCE, carried(SIX_MONTHS[SUPER_MIKRO]), TOO_NEW, NEW_UNTIL),
        True,
    ),
    (
        "no business at all",
        MIKRO,
        PLANNED,
        IN_2026,
        Said(Code.BUSINESS_PLANNED, carried(SIX_MONTHS[MIKRO]), {"months": 6}),
        True,
    ),
    *(
        (
            "received twice",
            product,
            OFTEN,
            IN_2024,
            Said(Code.KUR_REPEATS, REPEATED, {"count": 2, "max": 2}),
            False,
        )
        for product in (MIKRO, KECIL)
    ),
]


@pytest.mark.parametrize(
    ("words", "product", "facts", "on", "reason", "stays"),
    RELAXED,
    ids=[f"{product}: {words}, {on}" for words, product, _, on, *_ in RELAXED],
)
def test_what_is_switched_off_for_a_special_group(words, product, facts, on, reason, stays):
    check(on_day(on, words, product, reason, **facts))
    check(on_day(on, words, product, *([reason] if stays else []), **SUGAR_CANE, **facts))
    said = assessed(product, a_person(**SUGAR_CANE, **facts), ask(FITTING[product]), on=on)
    (note,) = (each for each in said.notes if each.code is NoteCode.RELAXED)
    assert note.numbers == {"group": "sugar_cane_with_avalist", "rules": RULES_OFF}
    place = f"{ARTICLE_38A}, 23(2), 23(3), 23(4a), 24(4), 24(4a), 26(2), 27(2), 27(3a), "
    place += "36(2), 36(3a)"
    stands(note.source, f"{place} (unverified)" if on == IN_2024 else carried(place))


def test_the_rate_of_a_special_group_does_not_rise_with_each_kur():
    farmer = a_person(**SUGAR_CANE, **OFTEN)
    assert assessed(MIKRO, farmer, ask(), on=IN_2024).rate_bp == 600


LAG = UNTIL_2025 + "SIKP shows a pay-off about three days later"
SEASONS = UNTIL_2025 + "Art. 24, crops by season"
PRACTICE_AGUNAN = UNTIL_2025 + "agunan above Rp 100 million, as the lender decides (unverified)"
FREE_OF_AGUNAN = {
    IN_2024: BASE + "Art. 14(3)",
    IN_2026: SINCE_2026 + "no additional agunan up to Rp 100 million",
}
AFTER_WORK = UNTIL_2025 + "Penempatan PMI, instalments after about six months of work"
VERIFIED = "Permen P2MI 18/2025, Art. 14: verification"
RELIEVED = "Relaxation for Aceh, Sumatera Utara and Sumatera Barat, 0 % in 2026"
ACEH = {"business__province": "11", "business__disaster_affected": True}
OWED_1 = {"credit__mikro_outstanding": 1}
FARMS = {"credit__kur_received": KurReceived(mikro=1), "business__production": True}


def second_mikro(on: date) -> Said:
    """That another mikro may run beside the first."""
    numbers = {"outstanding": 1, "max": 100_000_000}
    return Said(NoteCode.SECOND_MIKRO, at(OWED_MIKRO, on), numbers)


def leaver_notes(on: date, *more: Said) -> tuple[Said, ...]:
    """What everybody hears who leaves to work abroad."""
    after = Said(NoteCode.INSTALMENTS_AFTER_WORK, at(AFTER_WORK, on), {"months": 6})
    verified = Said(NoteCode.VERIFIED_WITHIN, VERIFIED, {"days": 5})
    return (after, *((verified,) if on == IN_2026 else ()), *more)


def noted(row: Row, *notes: Said) -> Row:
    """A row that is about its notes."""
    return row._replace(notes=notes)


BREACH = {"amount": 100_000_000, "max": 100_000_000}
DEMANDED = ask(100_000_000, collateral_demanded=True)
SUPER_MIKRO_RATE = SINCE_2026 + "super mikro, rate: 3 % or 6 %, sources differ (unverified)"
RATE_2026 = Said(NoteCode.RATE_UNVERIFIED, SUPER_MIKRO_RATE)
NOTES = [
    noted(in_2026("who fits", MIKRO)),
    noted(in_2026("who fits", SUPER_MIKRO), RATE_2026),
    noted(in_2024("who fits", SUPER_MIKRO)),
    noted(
        in_2026("who fits", KECIL),
        Said(
            NoteCode.COLLATERAL_BY_LENDER,
            carried(PRACTICE_AGUNAN.removesuffix(" (unverified)")),
            {"above": 100_000_000},
        ),
    ),
    noted(
        in_2024("who fits", KECIL),
        Said(NoteCode.COLLATERAL_BY_LENDER, PRACTICE_AGUNAN, {"above": 100_000_000}),
    ),
    *(
        noted(
            on_day(on, "agunan demanded for Rp 100 million", MIKRO, request=DEMANDED),
            Said(NoteCode.POLICY_VIOLATION, FREE_OF_AGUNAN[on], BREACH),
        )
        for on in (IN_2024, IN_2026)
    ),
    noted(
        in_2026(
            "no business yet, in training",
            SUPER_MIKRO,
            business__planned=True,
            person__trained=True,
        ),
        Said(NoteCode.INCOME_NOT_JUDGED, BURDEN[IN_2026]),
        RATE_2026,
    ),
    *(
        noted(
            on_day(on, "paid off two days ago", MIKRO, credit__paid_off_on=paid),
            Said(
                NoteCode.RETRY_AFTER, at(LAG, on), {"paid": paid, "from": on + timedelta(days=1)}
            ),
        )
        for on in (IN_2024, IN_2026)
        for paid in (on - timedelta(days=2),)
    ),
    noted(in_2026("paid off three days ago", MIKRO, credit__paid_off_on=date(2026, 11, 21))),
    noted(
        in_2026("owes a lender", MIKRO, credit__kur_outstanding=5, credit__kur_lender="kur-x"),
        Said(NoteCode.SAME_LENDER_ONLY, carried(BESIDE), {"outstanding": 5, "lender": "kur-x"}),
    ),
    noted(
        in_2026(
            "owes a lender whose name is not told",
            MIKRO,
            Said(Code.UNKNOWN_KUR_LENDER, carried(BESIDE)),
            credit__kur_outstanding=5,
        ),
        Said(NoteCode.SAME_LENDER_ONLY, carried(BESIDE), {"outstanding": 5}),
    ),
    noted(
        in_2026("a disaster hit", MIKRO, **ACEH),
        Said(NoteCode.DISASTER_RELIEF, RELIEVED, {"rates": "0 % (2026), 3 % (2027), 6 % (2028)"}),
    ),
    *(
        noted(on_day(on, "owes mikro, farms", MIKRO, **OWED_1, **FARMS), second_mikro(on), *more)
        for on, more in ((IN_2024, [Said(NoteCode.SEASON_BASED, SEASONS)]), (IN_2026, []))
    ),
    noted(in_2024("owes mikro, trades", MIKRO, **OWED_1), second_mikro(IN_2024)),
    noted(in_2024("received mikro, farms", MIKRO, **FARMS), Said(NoteCode.SEASON_BASED, SEASONS)),
    noted(in_2024("farms, the first mikro", MIKRO, business__production=True)),
    noted(
        in_2024(
            "farms, received nobody tells how often",
            MIKRO,
            Said(Code.UNKNOWN_KUR_RECEIVED, REPEATED),
            business__production=True,
            credit__kur_received=None,
        )
    ),
    *(
        noted(on_day(on, "leaves for the first time", PMI), *leaver_notes(on))
        for on in (IN_2024, IN_2026)
    ),
    *(
        noted(
            on_day(on, f"leaves again: {status}", PMI, person__migration_status=status),
            *leaver_notes(on, Said(NoteCode.LEAVES_AGAIN, at(PLACEMENT, on))),
        )
        for on in (IN_2024, IN_2026)
        for status in ("on_leave", "returned", "departed_again")
    ),
    noted(in_2026("is abroad", PMI, person__migration_status="abroad"), *leaver_notes(IN_2026)),
    noted(
        in_2026(
            "returned and has no contract",
            PMI,
            Said(Code.NO_PLACEMENT_CONTRACT, carried(PLACEMENT)),
            person__migration_status="returned",
            placement=None,
        )
    ),
]


@pytest.mark.parametrize("row", NOTES, ids=situation)
def test_what_is_said_beside_an_answer(row):
    check(row)


def test_other_kinds_hear_where_an_edition_says_who_may_receive_kur():
    there = Source("Permenko 9/2030", "Art. 9", date(2030, 1, 1), None, Confidence.REGULATION)
    edition = replace(KUR_2026, articles=replace(KUR_2026.articles, borrowers=there))
    for row in OTHER_KINDS:
        said = kur.assess(
            row.applicant, row.request, edition, burden=capacity.BURDEN.on(row.day), on=row.day
        )
        (reason,) = row.reasons
        moved = row._replace(reasons=(reason._replace(article="Permenko 9/2030, Art. 9"),))
        hold(said[kur.CODES.index(row.product)], moved)


def with_member(*, recommended=False, amount=60_000_000, **facts):
    """A group of two who share the amount; the second one's facts are changed."""
    members = (a_member(amount // 2), a_member(amount // 2, **facts))
    return a_group(group__members=members, group__chair_recommends_beginners=recommended)


BOTH, TWICE_50 = ask(60_000_000), ask(100_000_000)
SAMUDRA, NUSANTARA = "kur-bank-samudra", "kur-bank-nusantara"


def second(words: str, *reasons: Said, on: date = IN_2026, **facts: Any) -> Row:
    """A row of a group of two of whom the second one's facts are changed."""
    return group_of(words, with_member(**facts), *reasons, on=on)


def against(
    code: Code,
    article: str,
    numbers: Mapping[str, Value] = NO_NUMBERS,
    earliest: date | None = None,
    *,
    members: str = "2",
    count: int = 1,
) -> Said:
    """A reason against members, the second one unless told otherwise."""
    return Said(code, article, {"members": members, "count": count, **numbers}, earliest)


def untold(facts: str, earliest: date | None = None, **members: Any) -> Said:
    """That facts of members are not told."""
    named = {"facts": facts}
    return against(Code.UNKNOWN_MEMBER_FACTS, carried(GROUPS), named, earliest=earliest, **members)


# Each member is assessed alone.
# fact, in words, what refuses, code, article: the same said of nobody who fits
FLAGS = [
    ("citizen", "not a citizen", False, Code.GROUP_MEMBER_CITIZEN, IDENTITY),
    ("state_employee", "serves the state", True, Code.GROUP_MEMBER_STATE_EMPLOYEE, SERVANTS),
    ("dhn_listed", "on the blacklist", True, Code.GROUP_MEMBER_DHN_LISTED, BLACKLIST),
    (
        "programme_unpaid",
        "programme credit not paid off",
        True,
        Code.GROUP_MEMBER_PROGRAMME_CREDIT,
        PAID_OFF,
    ),
    (
        "commercial_before",
        "commercial credit before",
        True,
        Code.GROUP_MEMBER_COMMERCIAL_CREDIT,
        NEVER_COMMERCIAL[KHUSUS],
    ),
    ("licence", "neither NIB nor SKU", False, Code.GROUP_MEMBER_LICENCE, LICENCE),
]
M_BAD, M_BEHIND = Code.GROUP_MEMBER_COLLECTIBILITY, Code.GROUP_MEMBER_NOT_CURRENT
TURNED_OVER, HEAVY = Code.GROUP_MEMBER_TURNOVER, Code.GROUP_MEMBER_INSTALMENT
SINGLE_2005 = {"birth_date": BORN_2005, "married": False}
MEMBERS = [
    second("who fits"),
    *(
        second(words, against(code, at(article, on)), **{fact: wrong}, on=on)
        for fact, words, wrong, code, article in FLAGS
        for on in (IN_2024, IN_2026)
    ),
    *(second(f"{fact} not told", untold(fact), **{fact: None}) for fact, *_ in FLAGS),
    second("collectibility 2", against(M_BEHIND, carried(BESIDE)), collectibility=2),
    second("collectibility 3", against(M_BAD, carried(SLIK)), collectibility=3),
    second("collectibility 5", against(M_BAD, carried(SLIK)), collectibility=5),
    second("collectibility not told", untold("collectibility"), collectibility=None),
    second("21 today, not married", birth_date=date(2005, 11, 24), married=False),
    second(
        "21 tomorrow, not married",
        against(
            Code.GROUP_MEMBER_AGE,
            carried(TWENTY_ONE),
            {"min": 21, "from": BIRTHDAY},
            BIRTHDAY,
        ),
        **SINGLE_2005,
    ),
    second("21 tomorrow, married", birth_date=BORN_2005, married=True),
    second("21 today, married or not", birth_date=date(2005, 11, 24), married=None),
    second(
        "21 tomorrow, married or not",
        untold("married", BIRTHDAY),
        birth_date=BORN_2005,
        married=None,
    ),
    second("age not told, married", birth_date=None),
    second("age not told, not married", untold("birth_date"), birth_date=None, married=False),
    second("business of six months today", started_on=date(2026, 5, 24)),
    second(
        "business of six months tomorrow",
        against(Code.GROUP_BEGINNERS, carried(GROUPS), {"months": 6}, BIRTHDAY),
        started_on=STARTED,
    ),
    second("the same, recommended by the chair", started_on=STARTED, recommended=True),
    second("start not told", untold("started_on"), started_on=None),
    second(
        "start not told, recommended by the chair",
        untold("started_on"),
        started_on=None,
        recommended=True,
    ),
    second(
        "a beginner",
        against(Code.GROUP_BEGINNERS, carried(GROUPS), {"months": 6}),
        beginner=True,
        started_on=None,
        turnover_year=None,
    ),
    second("a beginner, recommended by the chair", beginner=True, recommended=True),
    second("turnover at the limit", turnover_year=4_800_000_000),
    second(
        "turnover above it",
        against(TURNED_OVER, TURNOVER, {"max": 4_800_000_000}),
        turnover_year=4_800_000_001,
    ),
    second("turnover not told", untold("turnover_year"), turnover_year=None),
    second("turnover not told before 2026", turnover_year=None, on=IN_2024),
    # Rp 30 million at 6 % over 24 months is 1,329,618 a month: 70 % of 1,899,455 carry it, and
    # with 700 of other instalments 70 % of 1,900,455.
    second("an income that carries the share", net_income_month=1_899_455),
    second(
        "an income that just does not",
        against(HEAVY, BURDEN[IN_2026], {"percent": 70}),
        net_income_month=1_899_454,
    ),
    second("other instalments carried", net_income_month=1_900_455, instalments_month=700),
    second(
        "other instalments not carried",
        against(HEAVY, BURDEN[IN_2026], {"percent": 70}),
        net_income_month=1_900_454,
        instalments_month=700,
    ),
    # Rp 30 million at 6 % over 24 months and 382 rupiah are 1,330,000 a month.
    second(
        "seventy percent of the income exactly",
        net_income_month=1_900_000,
        instalments_month=382,
    ),
    second("an income that nobody knows", net_income_month=None),
    second("a KUR with a lender", kur_outstanding=1, kur_lender="kur-bank-samudra"),
    second("a KUR, its lender not told", untold("kur_lender"), kur_outstanding=1),
    second("a KUR that may run", untold("kur_outstanding"), kur_outstanding=None),
    second(
        "nothing told but the share",
        untold(
            "citizen, state_employee, dhn_listed, programme_unpaid, commercial_before, licence, "
            "collectibility, birth_date, started_on, turnover_year, kur_outstanding"
        ),
        collectibility=None,
        **dict.fromkeys(GroupMember._fields[3:]),
    ),
]
YOUNG_TWO = [a_member(30_000_000, birth_date=date(2006, 2, day), married=False) for day in (9, 1)]
MAYBE_MARRIED = [each._replace(married=None) for each in YOUNG_TWO]
NEW_TWO = [a_member(30_000_000, started_on=date(2026, month, 1)) for month in (9, 8)]
SEVERAL = [
    group_of(
        "two come of age: the last one's day",
        a_group(group__members=tuple(YOUNG_TWO)),
        against(
            Code.GROUP_MEMBER_AGE,
            carried(TWENTY_ONE),
            {"min": 21, "from": date(2027, 2, 9)},
            date(2027, 2, 9),
            members="1, 2",
            count=2,
        ),
    ),
    group_of(
        "two who may be married: the last one's day",
        a_group(group__members=tuple(MAYBE_MARRIED)),
        untold("married", date(2027, 2, 9), members="1, 2", count=2),
    ),
    group_of(
        "one may be married, of the other something else is not told",
        a_group(group__members=(MAYBE_MARRIED[0], a_member(30_000_000, citizen=None))),
        untold("married, citizen", members="1, 2", count=2),
    ),
    group_of(
        "two young businesses: the last one's day",
        a_group(group__members=tuple(NEW_TWO)),
        against(
            Code.GROUP_BEGINNERS,
            carried(GROUPS),
            {"months": 6},
            date(2027, 3, 1),
            members="1, 2",
            count=2,
        ),
    ),
    group_of(
        "a young business and a beginner: no day is known",
        a_group(group__members=(NEW_TWO[0], a_member(30_000_000, beginner=True))),
        against(Code.GROUP_BEGINNERS, carried(GROUPS), {"months": 6}, members="1, 2", count=2),
    ),
    group_of(
        "the second without a share keeps the number of the third",
        a_group(
            group__members=(
                a_member(30_000_000),
                a_member(0),
                a_member(30_000_000, citizen=False),
            )
        ),
        against(Code.GROUP_MEMBER_CITIZEN, carried(IDENTITY), members="3"),
    ),
]


def farmer(words: str, *reasons: Said, **facts: Any) -> Row:
    """The same of a group of sugar-cane farmers, for whom Art. 38A switches rules off."""
    group = replace(with_member(**facts), business=a_person(**SUGAR_CANE).business)
    return group_of(words, group, *reasons)


FARMERS = [
    farmer("commercial credit before, farms cane", commercial_before=True),
    farmer("commercial credit not told, farms cane", commercial_before=None),
    farmer("business that began this month, farms cane", started_on=NEWLY),
    farmer("start not told, farms cane", started_on=None),
    farmer("a beginner, farms cane", beginner=True),
    farmer(
        "commercial credit before and neither NIB nor SKU, farms cane",
        against(Code.GROUP_MEMBER_LICENCE, carried(LICENCE)),
        commercial_before=True,
        licence=False,
    ),
    farmer("NIB and SKU not told, farms cane", untold("licence"), licence=None),
]


@pytest.mark.parametrize("row", [*MEMBERS, *SEVERAL, *FARMERS], ids=situation)
def test_each_member_is_assessed_alone(row):
    check(row)


def test_a_reason_against_a_member_names_the_number():
    for refusal in assessed(KHUSUS, with_member(citizen=False), BOTH).refusals:
        for language, words in ((Language.ID, "nomor 2"), (Language.EN, "no. 2")):
            assert words in sentence(refusal, language)


def shared(words: str, share: int, *reasons: Said, on: date = IN_2026, **facts: Any) -> Row:
    """A row of a group of two: one with Rp 400 million, the other with `share`."""
    members = (a_member(400_000_000), a_member(share, **facts))
    group = a_group(group__members=members)
    return group_of(words, group, *reasons, amount=400_000_000 + share, on=on)


# A member's plafon and NPWP count by the own share; the sum has no ceiling.
SHARES = [
    shared("no NPWP, Rp 50 million", 50_000_000, npwp=False),
    shared(
        "no NPWP, a rupiah more",
        50_000_001,
        against(
            Code.GROUP_MEMBER_NPWP,
            SINCE_2026 + "NPWP above Rp 50 million",
            {"above": 50_000_000},
        ),
        npwp=False,
    ),
    shared("NPWP not told, Rp 50 million", 50_000_000, npwp=None),
    shared("NPWP not told, a rupiah more", 50_000_001, untold("npwp"), npwp=None),
    shared("no NPWP before 2026", 50_000_001, on=IN_2024, npwp=False),
    shared("NPWP not told before 2026", 50_000_001, on=IN_2024, npwp=None),
    shared("the most", 500_000_000),
    *(
        shared(
            "a rupiah more",
            500_000_001,
            against(Code.GROUP_MEMBER_SHARE_ABOVE, place, {"max": 500_000_000}),
            on=on,
        )
        for on, place in (
            (IN_2024, UNTIL_2025 + "Art. 35, per member"),
            (IN_2026, SINCE_2026 + "khusus, plafon"),
        )
    ),
]


@pytest.mark.parametrize("row", SHARES, ids=situation)
def test_a_members_plafon_and_npwp_count_by_the_own_share(row):
    check(row)


SAMUDRA_5 = {"kur_outstanding": 5, "kur_lender": SAMUDRA}
NUSANTARA_7 = {"kur_outstanding": 7, "kur_lender": NUSANTARA}
OF_CHAIR = {"credit__kur_outstanding": 9, "credit__kur_lender": NUSANTARA}
COLLECTIVE = Said(NoteCode.COLLECTIVE_COLLATERAL, carried(GROUPS))


def owing(words: str, *reasons: Said, members: Sequence[GroupMember], **chair: Any) -> Row:
    """A row of members whose KUR runs."""
    group = a_group(group__members=tuple(members), **chair)
    return group_of(words, group, *reasons, amount=sum(each.share for each in members))


def elsewhere(members: str, count: int = 1) -> Said:
    """That these members' KUR runs with another lender than the group's."""
    return against(Code.GROUP_LENDERS, carried(BESIDE), members=members, count=count)


def of_lender(owed: int, lender: str) -> Said:
    """The note that another KUR comes from the lender of the one that runs."""
    numbers: dict[str, Value] = {"outstanding": owed, "lender": lender}
    return Said(NoteCode.SAME_LENDER_ONLY, carried(BESIDE), numbers)


LENDERS = [
    owing(
        "two of one lender",
        members=(a_member(30 * M, **SAMUDRA_5), a_member(30 * M, **SAMUDRA_5)),
    )._replace(notes=(COLLECTIVE, of_lender(10, SAMUDRA))),
    owing(
        "one of a lender, one who owes nothing",
        members=(a_member(30 * M), a_member(30 * M, **SAMUDRA_5)),
    )._replace(notes=(COLLECTIVE, of_lender(5, SAMUDRA))),
    owing(
        "two lenders: the one with the smaller share is elsewhere",
        elsewhere("1"),
        members=(a_member(20 * M, **NUSANTARA_7), a_member(30 * M, **SAMUDRA_5)),
    )._replace(notes=(COLLECTIVE,)),
    owing(
        "two lenders: shares of one lender count together",
        elsewhere("1"),
        members=(
            a_member(30 * M, **NUSANTARA_7),
            a_member(20 * M, **SAMUDRA_5),
            a_member(20 * M, **SAMUDRA_5),
        ),
    ),
    owing(
        "two lenders, shares alike: the first in the alphabet",
        elsewhere("1"),
        members=(a_member(30 * M, **SAMUDRA_5), a_member(30 * M, **NUSANTARA_7)),
    ),
    owing(
        "two lenders, several elsewhere",
        elsewhere("1, 3", 2),
        members=(
            a_member(10 * M, **NUSANTARA_7),
            a_member(30 * M, **SAMUDRA_5),
            a_member(10 * M, **NUSANTARA_7),
        ),
    ),
    owing(
        "three lenders, two elsewhere",
        elsewhere("1, 3", 2),
        members=(
            a_member(20 * M, kur_outstanding=1, kur_lender="kur-bank-ketiga"),
            a_member(30 * M, **SAMUDRA_5),
            a_member(10 * M, **NUSANTARA_7),
        ),
    ),
    owing(
        "the chair's lender goes before the larger share",
        elsewhere("2"),
        members=(a_member(20 * M, **NUSANTARA_7), a_member(30 * M, **SAMUDRA_5)),
        **OF_CHAIR,
    ),
    owing(
        "the chair's lender is none of the members'",
        elsewhere("2"),
        members=(a_member(20 * M), a_member(30 * M, **SAMUDRA_5)),
        **OF_CHAIR,
    ),
    owing(
        "the chair owes nothing any more",
        members=(a_member(20 * M), a_member(30 * M, **SAMUDRA_5)),
        **{**OF_CHAIR, "credit__kur_outstanding": 0},
    )._replace(notes=(COLLECTIVE, of_lender(5, SAMUDRA))),
    owing(
        "the chair's and the members' alike: said once, of the chair",
        members=(a_member(20 * M), a_member(30 * M, **NUSANTARA_7)),
        **OF_CHAIR,
    )._replace(notes=(COLLECTIVE, of_lender(9, NUSANTARA))),
    owing(
        "a lender of what is paid off",
        members=(a_member(30 * M, kur_lender=NUSANTARA), a_member(30 * M, **SAMUDRA_5)),
    )._replace(notes=(COLLECTIVE, of_lender(5, SAMUDRA))),
]


@pytest.mark.parametrize("row", LENDERS, ids=situation)
def test_the_kur_of_all_members_runs_with_one_lender(row):
    check(row)


def test_whose_income_is_not_judged_is_named():
    silent = Said(NoteCode.MEMBERS_INCOME_NOT_JUDGED, BURDEN[IN_2026], {"members": "2"})
    for fact in ("net_income_month", "instalments_month"):
        check(second("income not told", **{fact: None})._replace(notes=(COLLECTIVE, silent)))


# shares, demand for agunan: the amount named in the lender's breach, and whether above is noted
AGUNAN = [
    ((100_000_000, 100_000_000), True, 100_000_000, False),
    ((100_000_001, 100_000_000), True, 100_000_000, True),
    ((100_000_001, 100_000_001), True, None, True),
    ((100_000_001, 100_000_001), False, None, True),
    ((100_000_000, 100_000_000), False, None, False),
]


@pytest.mark.parametrize(("shares", "demanded", "breach", "above"), AGUNAN)
def test_in_a_group_the_limit_of_agunan_is_that_of_each_share(shares, demanded, breach, above):
    request = ask(sum(shares), collateral_demanded=demanded)
    said = assessed(KHUSUS, a_group(*shares), request)
    notes = {each.code: each.numbers for each in said.notes}
    assert said.eligible
    assert notes.get(NoteCode.POLICY_VIOLATION, {}).get("amount") == breach
    assert (NoteCode.COLLATERAL_BY_LENDER in notes) is above


OF_LIMITS = [row for each in LIMITS for row in around(each)]
OF_PERSONS = [*EVERYBODY, *ENTREPRENEURS, *ONE_PRODUCT, *AGES, *BUSINESS_AGE, *REPEATS]
OF_GROUPS = [
    *GROUP_FACTS,
    *GROUPS_AS_A_WHOLE,
    *OTHER_KINDS,
    *MEMBERS,
    *SEVERAL,
    *FARMERS,
    *SHARES,
    *LENDERS,
]
ROWS = [*OF_LIMITS, *NPWP, *OF_PERSONS, *RUNNING, *LEAVERS, *OF_GROUPS, *NOTES]


def test_kur_says_the_same_when_its_numbers_are_loaded_anew():
    editions = anew(kur_terms).KUR
    for row in ROWS:
        edition, burden = editions.on(row.day), capacity.BURDEN.on(row.day)
        said = kur.assess(row.applicant, row.request, edition, burden=burden, on=row.day)
        hold(said[kur.CODES.index(row.product)], row)


def test_a_product_alone_says_what_it_says_among_the_others():
    for row in ROWS:
        edition, burden = KUR.on(row.day), capacity.BURDEN.on(row.day)
        said = kur.assess_one(
            row.product, row.applicant, row.request, edition, burden=burden, on=row.day
        )
        hold(said, row)


EDITIONS = [
    (date(2023, 1, 26), None),
    (date(2023, 1, 27), KUR_2023),
    (date(2026, 1, 4), KUR_2023),
    (date(2026, 1, 5), KUR_2026),
]


@pytest.mark.parametrize(("day", "edition"), EDITIONS)
def test_the_edition_is_that_of_the_day_of_the_akad(day, edition):
    assert KUR.on(day) is edition


def test_the_akad_chooses_the_edition_and_not_the_day_of_the_decision():
    twice = a_person(credit__kur_received=KurReceived(mikro=2))
    decided_late = ask(akad_on=date(2026, 1, 4))
    assert Code.KUR_REPEATS in codes(MIKRO, twice, decided_late, on=date(2026, 1, 5))
    assert codes(MIKRO, twice, ask(akad_on=date(2026, 1, 5)), on=date(2026, 1, 4)) == set()


def test_before_2023_no_product_is_in_force_and_each_says_since_when():
    since, early = date(2023, 1, 27), date(2023, 1, 26)
    never = Said(Code.NOT_IN_FORCE, "KMK 317/2023, akad from", {"since": since}, since)
    for product in kur.CODES:
        for who in (a_person(), a_group(1, 2), a_cooperative()):
            row = Row("too early", product, who, ask(), early, (never,), ())
            check(row)
            hold(
                kur.assess_one(
                    product, who, ask(), None, burden=capacity.BURDEN.on(early), on=early
                ),
                row,
            )


def test_waiting_helps_nobody_who_is_excluded_for_good():
    young = a_person(person__state_employee=True, business__started_on=date(2026, 11, 1))
    assert assessed(MIKRO, young, ask()).earliest_date is None


def test_a_source_holds_on_the_days_of_its_edition():
    for edition, since in ((KUR_2023, date(2023, 1, 27)), (KUR_2026, date(2026, 1, 5))):
        for name in edition.articles.__slots__:
            assert getattr(edition.articles, name).since == since


def test_the_limits_of_2023_are_those_of_article_24():
    assert KUR_2023.repeats is not None
    assert KUR_2023.repeats.value == Repeats(production=4, other=2)
    assert KUR_2026.repeats is None


@given(
    two=st.tuples(st.integers(1, 10**13), st.integers(1, 10**13)).map(sorted),
    product=st.sampled_from(kur.CODES),
    on=st.sampled_from([IN_2024, IN_2026]),
)
def test_raising_an_amount_never_removes_a_refusal_of_a_ceiling(two, product, on):
    ceilings = {
        Code.AMOUNT_ABOVE,
        Code.NPWP,
        Code.MIKRO_OUTSTANDING,
        Code.INSTALMENT_ABOVE_INCOME,
    }
    applicant = a_person(business__npwp=False)
    less, more = two
    before = codes(product, applicant, ask(less), on=on) & ceilings
    after = codes(product, applicant, ask(more), on=on)
    assert before <= after
