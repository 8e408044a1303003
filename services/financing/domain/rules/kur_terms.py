"""
The numbers of KUR, by edition: each with the regulation that gives it and how sure we are.

A change of law adds an edition to `KUR`; an edition that has been in force is never edited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import NamedTuple

from services.financing.domain.eligibility import (
    Confidence,
    Note,
    NoteCode,
    Relief,
    Rule,
    Source,
    SpecialGroup,
    Term,
    cited,
)
from shared.timeline import Timeline

REGULATION, PRESS = Confidence.REGULATION, Confidence.PRESS
UNVERIFIED, ASSUMPTION = Confidence.UNVERIFIED, Confidence.ASSUMPTION

SINCE_2023, UNTIL_2023 = date(2023, 1, 27), date(2026, 1, 4)
SINCE_2026 = date(2026, 1, 5)

PERMENKO_2022 = "Permenko Perekonomian 1/2022"
PERMENKO_2023 = "Permenko Perekonomian 1/2023"
# Of 1/2022 the text amended by 12/2025 was seen, and not the day of that amendment. It stands for
# the whole edition, and says so: nobody is to take it for the wording of 2023.
PERMENKO_AMENDED = "Permenko Perekonomian 1/2022 as amended by 12/2025"
# No text of a regulation was seen that has the ages; the banks ask for them.
PRACTICE = "Practice of the banks that lend KUR"
PERMENKO_2026 = "Permenko Perekonomian 1/2026"
PERMEN_P2MI = "Permen P2MI 18/2025"
PASAL_2025 = "https://pasal.id/peraturan/permen/permenko-perekonomian-no-12-tahun-2025"
DDTC_2026 = "https://news.ddtc.co.id/berita/nasional/1817047"


# Terms and editions are compared by identity, so that what is made of them is found quickly.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProductTerms:
    """The numbers of one product. Amounts in rupiah, tenors in months, rates in basis points.

    `rates_bp` holds one rate for each time the product is received; the last one repeats.
    `npwp_above` is the amount above which a tax number is needed, None when it never is.
    """

    plafon_min: int
    plafon_max: Term[int]
    rates_bp: Term[tuple[int, ...]]
    kmk_months_max: Term[int]
    ki_months_max: Term[int]
    npwp_above: Term[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Articles:
    """Where each rule of an edition stands."""

    borrowers: Source
    citizen: Source
    age: Source
    age_pmi: Source
    business_age_super_mikro: Source
    business_age_mikro: Source
    business_age_kecil: Source
    business_age_khusus: Source
    first_kur: Source
    never_commercial_super_mikro: Source
    never_commercial_mikro: Source
    never_commercial_kecil: Source
    never_commercial_khusus: Source
    current: Source
    programme_paid: Source
    pay_off_lag: Source
    licence: Source
    bpjs_tk: Source
    slik: Source
    dhn: Source
    state_employee: Source
    collateral: Source
    group: Source
    group_sikp: Source
    placement: Source
    contract: Source
    same_lender: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """How often mikro or kecil may be received: in production sectors, and in the others."""

    production: int
    other: int


class Relaxation(NamedTuple):
    """The rules that are switched off for a special group."""

    switched_off: frozenset[Rule]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edition:
    """KUR between two days."""

    code: str
    articles: Articles
    super_mikro: ProductTerms
    mikro: ProductTerms
    kecil: ProductTerms
    khusus: ProductTerms
    pmi: ProductTerms
    business_age_months_min: int = 6
    mikro_outstanding_max: Term[int]
    repeats: Term[Repeats] | None
    turnover_max: Term[int] | None
    relief: Relief | None = None
    relaxations: Mapping[SpecialGroup, Relaxation]
    season_based: Source | None
    pmi_first_instalment_months: Term[int]
    pmi_verify_workdays: Term[int] | None
    pay_off_lag_days: int = 3
    collateral_free_max: int = 100_000_000
    agunan_above: Note


def _2023(
    provision: str,
    confidence: Confidence,
    url: str | None = None,
    regulation: str = PERMENKO_2023,
    *,
    at: Sequence[str] = (),
) -> Source:
    articles = cited(regulation, *at)
    return Source(regulation, provision, SINCE_2023, UNTIL_2023, confidence, url, articles)


def _amended(provision: str, confidence: Confidence, *at: str) -> Source:
    return _2023(provision, confidence, PASAL_2025, PERMENKO_AMENDED, at=at)


def _2026(
    provision: str, confidence: Confidence, url: str | None = None, *, at: Sequence[str] = ()
) -> Source:
    articles = cited(PERMENKO_2026, *at)
    return Source(PERMENKO_2026, provision, SINCE_2026, None, confidence, url, articles)


def _carried(source: Source) -> Source:
    """Return a rule of before 2026 as carried over: the text of 1/2026 has not been seen.

    The articles are those of the older text.
    """
    provision = f"carried over from {source.regulation}, {source.provision}"
    return source._replace(
        regulation=PERMENKO_2026,
        provision=provision,
        since=SINCE_2026,
        until=None,
        confidence=UNVERIFIED,
    )


BEGINNING = _2023("akad from 27 January 2023", PRESS, regulation="KMK 317/2023")
"""Where the first day of the first edition stands."""

ARTICLES_2023 = Articles(
    borrowers=_2023(
        "Art. 3(1): who may receive KUR", PRESS, regulation=PERMENKO_2022, at=("3(1)",)
    ),
    citizen=_2023("identity: NIK, e-KTP", PRESS, "https://rbtv.disway.id/amp/41510"),
    age=_2023("21 or married", PRESS, "https://rbtv.disway.id/amp/41510", PRACTICE),
    age_pmi=_2023("18, parents' written permission", PRESS, regulation=PRACTICE),
    business_age_super_mikro=_2023("super mikro, business under six months", PRESS),
    # The articles are known for all three, the six months of mikro and kecil from the press only.
    business_age_mikro=_amended("Art. 23(2), 23(3)", PRESS, "23(2)", "23(3)"),
    business_age_kecil=_amended("Art. 27(2)", PRESS, "27(2)"),
    business_age_khusus=_amended("Art. 36(2)", REGULATION, "36(2)"),
    first_kur=_2023("super mikro, never received KUR", PRESS),
    never_commercial_super_mikro=_amended("Art. 19(3)c", REGULATION, "19(3)c"),
    never_commercial_mikro=_amended("Art. 23(4a)", REGULATION, "23(4a)"),
    never_commercial_kecil=_amended("Art. 27(3a)", REGULATION, "27(3a)"),
    never_commercial_khusus=_amended("Art. 36(3), 36(3a)", REGULATION, "36(3)", "36(3a)"),
    current=_amended("Art. 36, credit beside KUR", REGULATION, "36"),
    programme_paid=_amended("Art. 36, paid-off letter", REGULATION, "36"),
    pay_off_lag=_2023("SIKP shows a pay-off about three days later", PRESS),
    licence=_2023("NIB or SKU", PRESS),
    bpjs_tk=_2023("preamble: BPJS Ketenagakerjaan, obligatory for kecil", PRESS),
    slik=_2023("no bad credit in SLIK", PRESS),
    dhn=_2023("not in the Daftar Hitam Nasional", PRESS),
    state_employee=_2023("Art. 3(1)f", PRESS, regulation=PERMENKO_2022, at=("3(1)f",)),
    collateral=_2023("Art. 14(3)", REGULATION, regulation=PERMENKO_2022, at=("14(3)",)),
    group=_amended("Art. 4, 4A", REGULATION, "4", "4A"),
    group_sikp=_amended("Art. 4, SIKP", REGULATION, "4"),
    placement=_2023("KUR Penempatan PMI: contract, SISKOP2MI or E-KPMI", PRESS),
    contract=_2023("KUR Penempatan PMI: repaid before the contract ends", PRESS),
    same_lender=_amended("Art. 36, credit beside KUR", REGULATION, "36"),
)

ARTICLES_2026 = replace(
    Articles(
        **{each.name: _carried(getattr(ARTICLES_2023, each.name)) for each in fields(Articles)}
    ),
    age=_carried(ARTICLES_2023.age)._replace(regulation=PRACTICE),
    age_pmi=_carried(ARTICLES_2023.age_pmi)._replace(regulation=PRACTICE),
    borrowers=_2026("Art. 3: persons and groups", PRESS, at=("3",)),
    collateral=_2026("no additional agunan up to Rp 100 million", PRESS),
    group_sikp=_2026("registration in SIKP", PRESS, "https://ortax.org"),
)


def _tenor(months: int, source: Source) -> Term[int]:
    return Term(months, source)


_AGUNAN_ABOVE = Note(
    NoteCode.COLLATERAL_BY_LENDER,
    _2023("agunan above Rp 100 million, as the lender decides", UNVERIFIED),
    {"above": 100_000_000},
)
# That these articles can be switched off was seen; that all of them are for this group was not.
_RELAXED = Relaxation(
    frozenset(Rule),
    _amended(
        "Art. 38A, which switches off Art. 14(4), 14(5), 19(3)c, 22(2), 23(2), 23(3), 23(4a), "
        "24(4), 24(4a), 26(2), 27(2), 27(3a), 36(2), 36(3a)",
        UNVERIFIED,
        "38A",
    ),
)
_AFTER_WORK = _2023("Penempatan PMI, instalments after about six months of work", PRESS)
_TIERS = (600, 700, 800, 900)
_TENOR_2023 = _2023("tenor of working capital and investment", PRESS)
_TENOR_KHUSUS = _2023("Art. 35(6)", REGULATION, at=("35(6)",))
_OUTSTANDING = _2023("Art. 24, mikro owed in total", REGULATION, at=("24",))
_TENOR_2026 = _carried(_TENOR_2023)
_TENOR_KHUSUS_2026 = _carried(_TENOR_KHUSUS)

KUR_2023 = Edition(
    code="KUR-2023",
    agunan_above=_AGUNAN_ABOVE,
    articles=ARTICLES_2023,
    super_mikro=ProductTerms(
        plafon_min=1,
        plafon_max=Term(10_000_000, _2023("super mikro, plafon", PRESS)),
        rates_bp=Term((300,), _2023("Art. 18(2)", PRESS, at=("18(2)",))),
        kmk_months_max=_tenor(36, _TENOR_2023),
        ki_months_max=_tenor(60, _TENOR_2023),
    ),
    mikro=ProductTerms(
        plafon_min=10_000_001,
        plafon_max=Term(100_000_000, _2023("mikro, plafon", PRESS)),
        rates_bp=Term(_TIERS, _2023("Art. 22(2)", PRESS, at=("22(2)",))),
        kmk_months_max=_tenor(36, _TENOR_2023),
        ki_months_max=_tenor(60, _TENOR_2023),
    ),
    kecil=ProductTerms(
        plafon_min=100_000_001,
        plafon_max=Term(500_000_000, _2023("kecil, plafon", PRESS)),
        rates_bp=Term(_TIERS, _2023("Art. 26(2)", PRESS, at=("26(2)",))),
        kmk_months_max=_tenor(48, _TENOR_2023),
        ki_months_max=_tenor(60, _TENOR_2023),
    ),
    khusus=ProductTerms(
        plafon_min=1,
        plafon_max=Term(500_000_000, _2023("Art. 35, per member", REGULATION, at=("35",))),
        rates_bp=Term((600,), _2023("Art. 35(3)", REGULATION, at=("35(3)",))),
        kmk_months_max=_tenor(48, _TENOR_KHUSUS),
        ki_months_max=_tenor(60, _TENOR_KHUSUS),
    ),
    pmi=ProductTerms(
        plafon_min=1,
        plafon_max=Term(100_000_000, _2023("Penempatan PMI, plafon", PRESS)),
        rates_bp=Term((600,), _2023("Penempatan PMI, rate", PRESS)),
        kmk_months_max=_tenor(36, _2023("Penempatan PMI, three years at most", UNVERIFIED)),
        ki_months_max=_tenor(36, _2023("Penempatan PMI, three years at most", UNVERIFIED)),
    ),
    mikro_outstanding_max=Term(100_000_000, _OUTSTANDING),
    relaxations={SpecialGroup.SUGAR_CANE_WITH_AVALIST: _RELAXED},
    season_based=_2023("Art. 24, crops by season", REGULATION, at=("24",)),
    pmi_first_instalment_months=Term(6, _AFTER_WORK),
    pmi_verify_workdays=None,
    repeats=Term(
        Repeats(production=4, other=2),
        _2023("Art. 24(4), 24(4a)", REGULATION, at=("24(4)", "24(4a)")),
    ),
    turnover_max=None,
)

_SINGLE_RATE = Term((600,), _2026("one rate of 6 % effective, no tiers", PRESS))
_NPWP_50 = Term(50_000_000, _2026("NPWP above Rp 50 million", PRESS, DDTC_2026))

RELIEF_2026 = Relief(
    provinces=frozenset({"11", "12", "13"}),
    rates_bp=Timeline((date(2026, 1, 1), 0), (date(2027, 1, 1), 300), (date(2028, 1, 1), 600)),
    paused=(date(2025, 12, 1), date(2026, 3, 31)),
    source=Source(
        "Relaxation for Aceh, Sumatera Utara and Sumatera Barat",
        "0 % in 2026, 3 % in 2027, 6 % from 2028, affected debtors",
        date(2026, 1, 1),
        None,
        PRESS,
        "https://finance.detik.com/moneter/d-8278941",
    ),
)

KUR_2026 = Edition(
    code="KUR-2026",
    agunan_above=_AGUNAN_ABOVE._replace(source=_carried(_AGUNAN_ABOVE.source)),
    articles=ARTICLES_2026,
    super_mikro=ProductTerms(
        plafon_min=1,
        plafon_max=Term(10_000_000, _2026("super mikro, plafon", PRESS)),
        # The press gives both 3 % and 6 %; the older rate is kept until the text is seen.
        rates_bp=Term((300,), _2026("super mikro, rate: 3 % or 6 %, sources differ", UNVERIFIED)),
        kmk_months_max=_tenor(36, _2026("super mikro, tenor", PRESS)),
        ki_months_max=_tenor(60, _2026("super mikro, tenor", PRESS)),
    ),
    mikro=ProductTerms(
        plafon_min=10_000_001,
        plafon_max=Term(100_000_000, _2026("mikro, plafon", PRESS)),
        rates_bp=_SINGLE_RATE,
        kmk_months_max=_tenor(36, _TENOR_2026),
        ki_months_max=_tenor(60, _TENOR_2026),
        npwp_above=_NPWP_50,
    ),
    kecil=ProductTerms(
        plafon_min=100_000_001,
        plafon_max=Term(500_000_000, _2026("kecil, plafon per akad", PRESS)),
        rates_bp=_SINGLE_RATE,
        kmk_months_max=_tenor(48, _TENOR_2026),
        ki_months_max=_tenor(60, _TENOR_2026),
        npwp_above=Term(0, _2026("NPWP always for kecil", PRESS, DDTC_2026)),
    ),
    khusus=ProductTerms(
        plafon_min=1,
        plafon_max=Term(500_000_000, _2026("khusus, plafon", PRESS)),
        rates_bp=_SINGLE_RATE,
        kmk_months_max=_tenor(48, _TENOR_KHUSUS_2026),
        ki_months_max=_tenor(60, _TENOR_KHUSUS_2026),
        npwp_above=_NPWP_50,
    ),
    pmi=ProductTerms(
        plafon_min=1,
        plafon_max=Term(100_000_000, _2026("Penempatan PMI, plafon", PRESS)),
        rates_bp=_SINGLE_RATE,
        kmk_months_max=_tenor(36, _2026("Penempatan PMI, three years at most", UNVERIFIED)),
        ki_months_max=_tenor(36, _2026("Penempatan PMI, three years at most", UNVERIFIED)),
        npwp_above=_NPWP_50,
    ),
    mikro_outstanding_max=Term(100_000_000, _carried(_OUTSTANDING)),
    relaxations={
        SpecialGroup.SUGAR_CANE_WITH_AVALIST: _RELAXED._replace(source=_carried(_RELAXED.source))
    },
    season_based=None,
    pmi_first_instalment_months=Term(6, _carried(_AFTER_WORK)),
    pmi_verify_workdays=Term(
        5,
        # It was seen as the text of 2025, without the day on which that came into force.
        Source(
            PERMEN_P2MI,
            "Art. 14: verification, refusal by letter with a copy to KP2MI, staged disbursement",
            SINCE_2026,
            None,
            REGULATION,
            articles=cited(PERMEN_P2MI, "14"),
        ),
    ),
    repeats=None,
    relief=RELIEF_2026,
    turnover_max=Term(4_800_000_000, _2026("Art. 3(3)", PRESS, DDTC_2026, at=("3(3)",))),
)

KUR: Timeline[Edition | None] = Timeline(
    (date.min, None),
    (SINCE_2023, KUR_2023),
    (SINCE_2026, KUR_2026),
)
"""KUR in force on a day; the day that counts is the akad's."""
