"""The products assumed of the BLU line by line. Every article of theirs is our assumption."""

from datetime import date
from typing import Any

import pytest

from services.financing.domain.eligibility import (
    Applicant,
    Code,
    Confidence,
    CooperativeKind,
    LoanRequest,
    NoteCode,
    Rat,
)
from services.financing.domain.rules import blu
from tests.financing.domain.applicants import (
    IN_2026,
    a_cooperative,
    a_group,
    a_person,
    ask,
    assessed,
    invest,
)
from tests.financing.domain.table import Row, Said, anew, check, hold, situation

KOPDES, SECONDARY = CooperativeKind.KOPDES, CooperativeKind.SECONDARY
SEED = "BLU, assumed terms, seed line after incubation (assumption)"
ON_LENDING = "BLU, assumed terms, on-lending to members"
ON_LENDING += " through the savings and loan unit (assumption)"
ULTRA_MICRO = "BLU, assumed terms, ultra-micro line through a cooperative (assumption)"
COOPERATIVES = "BLU, assumed terms, for cooperatives (assumption)"
PERSONS = "BLU, assumed terms, for persons (assumption)"
BURDEN = "BLU, assumed terms, instalments at most 70 % of net income, as at banks (assumption)"


def inkubasi(words: str, *reasons: Said, request: LoanRequest | None = None, **facts: Any) -> Row:
    """A row of a migrant workers' cooperative before its first annual meeting."""
    applicant = a_cooperative(**{"rats": (), **facts})
    return Row(words, blu.INKUBASI, applicant, request or ask(), IN_2026, reasons)


def linkage(words: str, *reasons: Said, request: LoanRequest | None = None, **facts: Any) -> Row:
    """A row of a Kopdes that lends on to its members."""
    applicant = a_cooperative(**{"kind": KOPDES, **facts})
    return Row(words, blu.LINKAGE, applicant, request or ask(), IN_2026, reasons)


def umi(words: str, *reasons: Said, request: LoanRequest | None = None, **facts: Any) -> Row:
    """A row of a person who is a member of a cooperative."""
    return Row(words, blu.UMI, a_person(**facts), request or ask(20_000_000), IN_2026, reasons)


def above(article: str, amount: int, most: int) -> Said:
    """That the amount passes the plafon."""
    return Said(Code.AMOUNT_ABOVE, article, {"amount": amount, "max": most})


def longer(article: str, tenor: int, most: int) -> Said:
    """That the tenor passes the longest."""
    return Said(Code.TENOR_ABOVE, article, {"tenor": tenor, "max": most})


FIRST_MEETING = (Rat(2025, date(2026, 3, 1)),)
INKUBASI = [
    inkubasi("no annual meeting yet, the most", request=ask(500_000_000, tenor_months=36)),
    inkubasi("the first annual meeting held", rats=FIRST_MEETING),
    inkubasi(
        "two annual meetings held",
        Said(Code.RAT_ENOUGH, SEED),
        rats=a_cooperative().cooperative.rats,
    ),
    inkubasi("annual meetings not told", Said(Code.UNKNOWN_RATS, SEED), rats=None),
    inkubasi(
        "a Kopdes",
        Said(Code.COOPERATIVE_KIND, SEED, {"kind": KOPDES, "kinds": "migrant_worker"}),
        kind=KOPDES,
    ),
    inkubasi("kind not told", Said(Code.UNKNOWN_COOPERATIVE_KIND, SEED), kind=None),
    inkubasi("no legal entity", Said(Code.NO_LEGAL_ENTITY, SEED), legal_entity_no=None),
    inkubasi("not incubated", Said(Code.NOT_INCUBATED, SEED), incubated=False),
    inkubasi("incubation not told", Said(Code.UNKNOWN_INCUBATED, SEED), incubated=None),
    inkubasi("a rupiah more", above(SEED, 500_000_001, 500_000_000), request=ask(500_000_001)),
    inkubasi("a month longer", longer(SEED, 37, 36), request=ask(tenor_months=37)),
    inkubasi(
        "an investment a month longer",
        longer(SEED, 37, 36),
        request=invest(10**7, tenor_months=37),
    ),
]
LINKAGE = [
    linkage("the most, for the longest", request=ask(1_000_000_000, tenor_months=36)),
    linkage("a savings and loan cooperative", kind=CooperativeKind.KSP),
    linkage("a migrant workers' cooperative", kind=CooperativeKind.MIGRANT_WORKER),
    linkage(
        "a secondary cooperative",
        Said(
            Code.COOPERATIVE_KIND,
            ON_LENDING,
            {"kind": SECONDARY, "kinds": "kelkopdes, kopdes, ksp, migrant_worker"},
        ),
        kind=SECONDARY,
    ),
    linkage("no legal entity", Said(Code.NO_LEGAL_ENTITY, ON_LENDING), legal_entity_no=None),
    linkage("no NIK koperasi", Said(Code.NO_COOP_REGISTRY_NO, ON_LENDING), coop_registry_no=""),
    linkage("no savings and loan unit", Said(Code.NO_USP, ON_LENDING), usp=False),
    linkage("the unit not told", Said(Code.UNKNOWN_USP, ON_LENDING), usp=None),
    linkage("no list of members", Said(Code.NO_MEMBER_LIST, ON_LENDING), member_list=False),
    linkage("the list not told", Said(Code.UNKNOWN_MEMBER_LIST, ON_LENDING), member_list=None),
    linkage("in arrears", Said(Code.ARREARS, ON_LENDING), arrears=True),
    linkage("arrears not told", Said(Code.UNKNOWN_ARREARS, ON_LENDING), arrears=None),
    linkage(
        "a rupiah more",
        above(ON_LENDING, 1_000_000_001, 1_000_000_000),
        request=ask(1_000_000_001),
    ),
    linkage("a month longer", longer(ON_LENDING, 37, 36), request=ask(tenor_months=37)),
]
# Rp 20 million at 6 % over 24 months is 886,412 a month: 70 % of 1,266,303 carry it.
UMI = [
    umi("the most, for the longest", request=ask(20_000_000, tenor_months=24)),
    umi("not a member", Said(Code.MEMBERSHIP, ULTRA_MICRO), membership__active=False),
    umi(
        "membership not told", Said(Code.UNKNOWN_MEMBERSHIP, ULTRA_MICRO), membership__active=None
    ),
    umi(
        "the cooperative has no unit",
        Said(Code.MEMBERSHIP_NO_USP, ULTRA_MICRO),
        membership__usp=False,
    ),
    umi(
        "the unit not told",
        Said(Code.UNKNOWN_MEMBERSHIP_USP, ULTRA_MICRO),
        membership__usp=None,
    ),
    umi(
        "simpanan pokok not paid",
        Said(Code.SIMPANAN_POKOK, ULTRA_MICRO),
        membership__simpanan_pokok_paid=False,
    ),
    umi(
        "simpanan pokok not told",
        Said(Code.UNKNOWN_SIMPANAN_POKOK, ULTRA_MICRO),
        membership__simpanan_pokok_paid=None,
    ),
    umi("collectibility 2", credit__collectibility=2),
    umi(
        "collectibility 3",
        Said(Code.COLLECTIBILITY, ULTRA_MICRO, {"collectibility": 3}),
        credit__collectibility=3,
    ),
    umi(
        "collectibility not told",
        Said(Code.UNKNOWN_COLLECTIBILITY, ULTRA_MICRO),
        credit__collectibility=None,
    ),
    umi("commercial credit before", credit__commercial_before=True),
    umi("an income that carries the loan", business__net_income_month=1_266_303),
    umi(
        "an income that just does not",
        Said(
            Code.INSTALMENT_ABOVE_INCOME,
            BURDEN,
            {
                "instalment": 886_412,
                "others": 0,
                "income": 1_266_302,
                "percent": 70,
                "affordable": 886_411,
            },
        ),
        business__net_income_month=1_266_302,
    ),
    umi("no business yet", business__planned=True, business__net_income_month=None),
    umi(
        "a rupiah more",
        above(ULTRA_MICRO, 20_000_001, 20_000_000),
        request=ask(20_000_001),
    ),
    umi("a month longer", longer(ULTRA_MICRO, 25, 24), request=ask(10**7, tenor_months=25)),
]

# product, who may ask, the reason for others
BORROWERS = [
    (
        blu.INKUBASI,
        {"cooperative"},
        Said(Code.BORROWER_KIND, COOPERATIVES, {"kinds": "cooperative"}),
    ),
    (
        blu.LINKAGE,
        {"cooperative"},
        Said(Code.BORROWER_KIND, COOPERATIVES, {"kinds": "cooperative"}),
    ),
    (blu.UMI, {"person"}, Said(Code.BORROWER_KIND, PERSONS, {"kinds": "person"})),
]
ASKING: tuple[Applicant, ...] = (a_person(), a_group(1, 2), a_cooperative(rats=(), usp=True))
NOT_YET = Said(Code.NOT_IN_FORCE, PERSONS, {"since": date(2026, 1, 1)}, earliest=date(2026, 1, 1))
OTHERS = [
    Row(f"a {who.kind} in 2026", product, who, ask(), IN_2026, (never,))
    for product, borrowers, never in BORROWERS
    for who in ASKING
    if who.kind not in borrowers
]
EARLY = [
    Row(
        f"a {who.kind} before 2026",
        product,
        who,
        ask(),
        date(2025, 12, 31),
        (NOT_YET,) if who.kind in borrowers else (never, NOT_YET),
    )
    for product, borrowers, never in BORROWERS
    for who in ASKING
]


ROWS = [*INKUBASI, *LINKAGE, *UMI, *OTHERS, *EARLY]


@pytest.mark.parametrize("row", ROWS, ids=situation)
def test_the_blu_line_by_line(row):
    check(row)


def test_the_blu_says_the_same_when_it_is_loaded_anew():
    again = anew(blu)
    for row in ROWS:
        said = again.assess(row.applicant, row.request, again.BLU.on(row.day), on=row.day)
        hold(said[blu.CODES.index(row.product)], row)


@pytest.mark.parametrize(
    ("product", "applicant", "rate_bp"),
    [
        (blu.INKUBASI, a_cooperative(rats=()), 300),
        (blu.LINKAGE, a_cooperative(), 600),
        (blu.UMI, a_person(), 600),
    ],
)
def test_each_assumed_product_has_its_rate_from_2026(product, applicant, rate_bp):
    assert assessed(product, applicant, ask()).rate_bp == rate_bp
    early = assessed(product, applicant, ask(), on=date(2025, 12, 31))
    assert (early.product, early.rate_bp) == (product, None)


def test_every_blu_answer_says_that_it_is_assumed():
    for product in blu.CODES:
        for applicant in ASKING:
            for on in (IN_2026, date(2025, 12, 31)):
                said = assessed(product, applicant, ask(10_000_000), on=on)
                assert said.product == product
                assert [note.code for note in said.notes] == [NoteCode.PRODUCT_ASSUMED]
                for refusal in said.refusals:
                    assert refusal.source.confidence is Confidence.ASSUMPTION
