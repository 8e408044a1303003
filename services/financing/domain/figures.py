"""
The numbers of each product that are in force on a day, each with its unit and its source.

The rules use these numbers where they stand; this module only lists them for a reader.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from services.financing.domain.decision import Editions, Rulebook, in_force
from services.financing.domain.eligibility import Source, Term
from services.financing.domain.rules import blu, kur, lpdb, pmk49
from services.financing.domain.rules.kur_terms import Edition, ProductTerms
from shared.timeline import Timeline


class Unit(StrEnum):
    """What a number counts."""

    RUPIAH = "rupiah"
    MONTHS = "months"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    DAY_OF_MONTH = "day_of_month"
    COOPERATIVES = "cooperatives"
    BASIS_POINTS_PER_YEAR = "basis_points_per_year"
    PERMILLE = "permille"
    TIMES = "times"


class Figure(NamedTuple):
    """One number in force, for example `plafon_max`."""

    name: str
    value: int
    unit: Unit
    source: Source


class Period(NamedTuple):
    """Days between which one edition holds, both inclusive; None is open."""

    edition: str
    since: date
    until: date | None


RATE = "rate_bp"
"""The figure that is a product's yearly rate; where it rises, `rate_bp_1`, `rate_bp_2`, …"""

SHARE = "instalment_share_max"
"""The figure that is the most that all instalments may take of the net income."""


@lru_cache(maxsize=4096)
def figures(rulebook: Rulebook, product: str, day: date) -> tuple[Figure, ...]:
    """Return the numbers of a product for an akad on `day`; none when it is not in force.

    Raises:
        KeyError: there is no such product.
    """
    return tuple(_LISTED[product](in_force(rulebook, day)))


@lru_cache(maxsize=4096)
def rate_source(rulebook: Rulebook, product: str, day: date) -> Source | None:
    """Return where a product's rate for an akad on `day` stands; None when it is not in force."""
    found = figures(rulebook, product, day)
    return next((each.source for each in found if each.name.startswith(RATE)), None)


def period(rulebook: Rulebook, product: str, day: date) -> Period:
    """Return when the edition that holds on `day` does; if none, the next one, else the last.

    Raises:
        KeyError: there is no such product.
    """
    found = list(_periods(timeline(rulebook, product)))
    for each in found:
        if each.until is None or day <= each.until:
            return each
    return found[-1]


def timeline(rulebook: Rulebook, product: str) -> Timeline[Any]:
    """Return the editions of a product; raises KeyError if there is no such product."""
    if product in kur.CODES:
        return rulebook.kur
    if product in blu.CODES:
        return rulebook.blu
    return {
        lpdb.REGULAR: rulebook.lpdb_regular,
        lpdb.MOCKUP: rulebook.lpdb_mockup,
        pmk49.CODE: rulebook.pmk49,
    }[product]


def _periods(timeline: Timeline[Any]) -> Iterator[Period]:
    ends = [since - timedelta(days=1) for since in timeline.since[1:]]
    for since, until, terms in zip(timeline.since, [*ends, None], timeline.values, strict=True):
        if terms is not None:
            yield Period(terms.code, since, until)


def _term(name: str, term: Term[int] | None, unit: Unit) -> Iterator[Figure]:
    if term is not None:
        yield Figure(name, term.value, unit, term.source)


def _kur_product(terms: ProductTerms) -> Iterator[Figure]:
    yield Figure("plafon_min", terms.plafon_min, Unit.RUPIAH, terms.plafon_max.source)
    yield from _term("plafon_max", terms.plafon_max, Unit.RUPIAH)
    rates, source = terms.rates_bp
    for time, rate in enumerate(rates, start=1):
        name = RATE if len(rates) == 1 else f"{RATE}_{time}"
        yield Figure(name, rate, Unit.BASIS_POINTS_PER_YEAR, source)
    yield from _term("kmk_months_max", terms.kmk_months_max, Unit.MONTHS)
    yield from _term("ki_months_max", terms.ki_months_max, Unit.MONTHS)
    yield from _term("npwp_above", terms.npwp_above, Unit.RUPIAH)


def _kur(edition: Edition) -> Iterator[Figure]:
    articles = edition.articles
    lag, free = edition.pay_off_lag_days, edition.collateral_free_max
    yield Figure("collateral_free_max", free, Unit.RUPIAH, articles.collateral)
    yield Figure("pay_off_lag_days", lag, Unit.DAYS, articles.pay_off_lag)
    relief = edition.relief
    if relief is not None:
        changes = zip(relief.rates_bp.since, relief.rates_bp.values, strict=True)
        for day, rate in changes:
            name = f"relief_rate_bp_{day.year}"
            yield Figure(name, rate, Unit.BASIS_POINTS_PER_YEAR, relief.source)


def _enterprise(edition: Edition, burden: Term[int], source: Source) -> Iterator[Figure]:
    months = edition.business_age_months_min
    yield Figure("business_age_months_min", months, Unit.MONTHS, source)
    yield from _term("turnover_year_max", edition.turnover_max, Unit.RUPIAH)
    yield from _term(SHARE, burden, Unit.PERMILLE)
    yield from _kur(edition)


def _repeats(edition: Edition) -> Iterator[Figure]:
    if edition.repeats is not None:
        most, source = edition.repeats
        yield Figure("repeats_production_max", most.production, Unit.TIMES, source)
        yield Figure("repeats_other_max", most.other, Unit.TIMES, source)


def _super_mikro(editions: Editions) -> Iterator[Figure]:
    if editions.kur is not None:
        yield from _kur_product(editions.kur.super_mikro)
        source = editions.kur.articles.business_age_super_mikro
        yield from _enterprise(editions.kur, editions.burden, source)


def _mikro(editions: Editions) -> Iterator[Figure]:
    if editions.kur is not None:
        yield from _kur_product(editions.kur.mikro)
        yield from _term("outstanding_max", editions.kur.mikro_outstanding_max, Unit.RUPIAH)
        yield from _repeats(editions.kur)
        source = editions.kur.articles.business_age_mikro
        yield from _enterprise(editions.kur, editions.burden, source)


def _kecil(editions: Editions) -> Iterator[Figure]:
    if editions.kur is not None:
        yield from _kur_product(editions.kur.kecil)
        yield from _repeats(editions.kur)
        source = editions.kur.articles.business_age_kecil
        yield from _enterprise(editions.kur, editions.burden, source)


def _khusus(editions: Editions) -> Iterator[Figure]:
    if editions.kur is not None:
        yield from _kur_product(editions.kur.khusus)
        source = editions.kur.articles.business_age_khusus
        yield from _enterprise(editions.kur, editions.burden, source)


def _pmi(editions: Editions) -> Iterator[Figure]:
    if editions.kur is not None:
        yield from _kur_product(editions.kur.pmi)
        yield from _kur(editions.kur)
        first, verified = (
            editions.kur.pmi_first_instalment_months,
            editions.kur.pmi_verify_workdays,
        )
        yield from _term("first_instalment_after_months", first, Unit.MONTHS)
        yield from _term("verified_within_workdays", verified, Unit.WORKING_DAYS)


def _lpdb(terms: lpdb.Terms | None) -> Iterator[Figure]:
    if terms is not None:
        yield from _term("plafon_max", terms.plafon_max, Unit.RUPIAH)
        yield from _term(RATE, terms.rate_bp, Unit.BASIS_POINTS_PER_YEAR)
        yield from _term("rate_ksp_bp", terms.rate_ksp_bp, Unit.BASIS_POINTS_PER_YEAR)
        yield from _term("kmk_months_max", terms.kmk_months_max, Unit.MONTHS)
        yield from _term("ki_months_max", terms.ki_months_max, Unit.MONTHS)
        yield from _term("analysed_within_days", terms.analysis_days, Unit.DAYS)
        yield from _term("cooperatives_max", terms.cooperatives, Unit.COOPERATIVES)


def _blu(terms: blu.ProductTerms | None) -> Iterator[Figure]:
    if terms is not None:
        yield Figure("plafon_max", terms.plafon_max, Unit.RUPIAH, terms.source)
        yield Figure(RATE, terms.rate_bp, Unit.BASIS_POINTS_PER_YEAR, terms.source)
        yield Figure("months_max", terms.months_max, Unit.MONTHS, terms.source)
        yield Figure("grace_months_max", terms.grace_months_max, Unit.MONTHS, terms.source)


def _umi(terms: blu.Terms | None) -> Iterator[Figure]:
    if terms is not None:
        yield from _blu(terms.umi)
        yield from _term(SHARE, terms.umi_burden, Unit.PERMILLE)


def _pmk49(terms: pmk49.Terms | None) -> Iterator[Figure]:
    if terms is not None:
        yield from _term("plafon_max", terms.plafon_max, Unit.RUPIAH)
        yield from _term(RATE, terms.rate_bp, Unit.BASIS_POINTS_PER_YEAR)
        yield from _term("months_max", terms.months_max, Unit.MONTHS)
        yield from _term("opex_max", terms.opex_max, Unit.RUPIAH)
        yield from _term("grace_months_min", terms.grace_months_min, Unit.MONTHS)
        yield from _term("grace_months_max", terms.grace_months_max, Unit.MONTHS)
        yield from _term("due_day", terms.due_day, Unit.DAY_OF_MONTH)
        claimed, share = terms.claimed_within_workdays, terms.shu_village_permille
        yield from _term("claimed_within_workdays", claimed, Unit.WORKING_DAYS)
        yield from _term("shu_village_min", share, Unit.PERMILLE)


_LISTED: Mapping[str, Callable[[Editions], Iterator[Figure]]] = {
    kur.SUPER_MIKRO: _super_mikro,
    kur.MIKRO: _mikro,
    kur.KECIL: _kecil,
    kur.KHUSUS: _khusus,
    kur.PMI: _pmi,
    lpdb.REGULAR: lambda editions: _lpdb(editions.lpdb_regular),
    lpdb.MOCKUP: lambda editions: _lpdb(editions.lpdb_mockup),
    blu.INKUBASI: lambda editions: _blu(editions.blu and editions.blu.inkubasi),
    blu.LINKAGE: lambda editions: _blu(editions.blu and editions.blu.linkage),
    blu.UMI: lambda editions: _umi(editions.blu),
    pmk49.CODE: lambda editions: _pmk49(editions.pmk49),
}
