"""Applicants and requests drawn at random, most of them with something missing or wrong."""

from dataclasses import fields, replace
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    ContractKind,
    CooperativeKind,
    GroupMember,
    HealthGrade,
    KurReceived,
    LoanRequest,
    Purpose,
    Rat,
    Shu,
    SpecialGroup,
)
from shared.money import Rupiah
from tests.financing.domain.applicants import a_cooperative, a_group, a_member, a_person

FLAGS = (True, False, None)
FIRST_DAY, DAYS = date(2023, 1, 27), 2_000
AMOUNTS = (
    *(1, 5_000_000, 8_000_000, 10_000_000, 10_000_001, 25_000_000, 50_000_000, 50_000_001),
    *(100_000_000, 100_000_001, 300_000_000, 500_000_000, 500_000_001, 1_000_000_000),
    *(3_000_000_000, 3_000_000_001, 10_000_000_000, 20_000_000_000),
)
TENORS = (1, 6, 12, 24, 36, 37, 48, 49, 60, 61, 120, 121, 240)


class Case(NamedTuple):
    """One applicant with one request on one day."""

    applicant: Applicant
    request: LoanRequest
    on: date


def a_case(random: Random, *, faults_max: int = 8) -> Case:
    """Draw a case; of a good applicant, up to `faults_max` facts are drawn anew."""
    on = FIRST_DAY + timedelta(days=random.randrange(DAYS))
    amount = random.choice(AMOUNTS)
    akad_on = on + timedelta(days=random.randrange(200)) if random.random() < 0.2 else None
    request = LoanRequest(
        amount=Rupiah(amount),
        tenor_months=random.choice(TENORS),
        purpose=random.choice(tuple(Purpose)),
        contract_kind=random.choice(tuple(ContractKind)),
        akad_on=akad_on,
        opex_part=_opex(random, amount),
    )
    applicant = _good(random, amount, on)
    for _ in range(random.randrange(faults_max + 1)):
        applicant = _spoilt(random, applicant, on)
    if applicant.kind is BorrowerKind.GROUP and random.random() < 0.5:
        request = _shared(applicant, request)
    return Case(_since_founding(applicant), request, on)


def _opex(random: Random, amount: int) -> Rupiah | None:
    """Draw what of the amount pays running costs; of most requests it is not told."""
    drawn = random.choice((None, None, 0, 500_000_000, 500_000_001, amount))
    return None if drawn is None or drawn > amount else Rupiah(drawn)


def _shared(applicant: Applicant, request: LoanRequest) -> LoanRequest:
    """Ask for what the members' shares add up to."""
    members = (applicant.group and applicant.group.members) or ()
    shares = sum(each.share for each in members)
    return replace(request, amount=Rupiah(shares), opex_part=None) if shares else request


def _good(random: Random, amount: int, on: date) -> Applicant:
    match random.choice(tuple(BorrowerKind)):
        case BorrowerKind.PERSON:
            return a_person()
        case BorrowerKind.GROUP:
            share = max(1, amount // 3)
            return a_group(*random.choice([(share,), (share, amount - share), (share, share)]))
        case BorrowerKind.COOPERATIVE:
            years = (on.year - 2, on.year - 1)
            return a_cooperative(
                kind=random.choice(tuple(CooperativeKind)),
                founded_on=date(on.year - random.randrange(5), 1, 1),
                rats=tuple(Rat(year, min(on, date(year + 1, 3, 1))) for year in years),
                shu=tuple(Shu(year, 20_000_000) for year in years),
                certificate_valid_until=on + timedelta(days=random.randrange(300)),
            )


def _since_founding(applicant: Applicant) -> Applicant:
    """Leave out what a cooperative cannot have done before there was one."""
    facts = applicant.cooperative
    if facts.founded_on is None:
        return applicant
    first = facts.founded_on.year
    known = {
        name: years and tuple(each for each in years if each.book_year >= first)
        for name, years in (("rats", facts.rats), ("shu", facts.shu))
    }
    return replace(applicant, cooperative=replace(facts, **known))


def _spoilt(random: Random, applicant: Applicant, on: date) -> Applicant:
    parts = {
        BorrowerKind.PERSON: ("person", "membership", "business", "credit", "placement", "group"),
        BorrowerKind.GROUP: ("person", "business", "credit", "group"),
        BorrowerKind.COOPERATIVE: ("cooperative",),
    }[applicant.kind]
    part = random.choice(parts)
    facts = getattr(applicant, part)
    if facts is None or (part in {"placement", "group"} and random.random() < 0.3):
        return replace(applicant, **{part: None})
    field = random.choice([each.name for each in fields(facts) if each.name != "founded_on"])
    of_group = (part, field) == ("group", "members")
    drawn = _members(random, on) if of_group else _fact(random, field, on)
    return replace(applicant, **{part: replace(facts, **{field: drawn})})


def _fact(random: Random, field: str, on: date) -> Any:
    choices = _CHOICES.get(field)
    if choices is not None:
        return random.choice(choices)
    if field.endswith("_on") or field in {"birth_date", "certificate_valid_until"}:
        return _day(random, field, on)
    if field == "rats":
        return _years(random, on, lambda year: Rat(year, min(on, date(year + 1, 3, 1))))
    if field == "shu":
        return _years(random, on, lambda year: Shu(year, random.choice((-1, 0, 1, 10**9))))
    return random.choice(FLAGS)


def _day(random: Random, field: str, on: date) -> date | None:
    if random.random() < 0.2:
        return None
    if field == "birth_date":
        return on - timedelta(days=random.randrange(16 * 365, 24 * 365))
    if field == "certificate_valid_until":
        return on + timedelta(days=random.randrange(-200, 500))
    return on - timedelta(days=random.randrange(900))


def _years(random: Random, on: date, made: Any) -> tuple[Any, ...] | None:
    if random.random() < 0.2:
        return None
    years = [year for year in range(on.year - 4, on.year) if random.random() < 0.5]
    return tuple(made(year) for year in years)


def _members(random: Random, on: date) -> tuple[GroupMember, ...] | None:
    if random.random() < 0.1:
        return None
    return tuple(_member(random, on) for _ in range(random.randrange(4)))


def _member(random: Random, on: date) -> GroupMember:
    """Draw a member: of most, a fact or two is wrong or not told."""
    member = a_member(random.choice((1, 10_000_000, 60_000_000, 400_000_000, 600_000_000)))
    if random.random() < 0.2:
        return GroupMember(member.share, member.collectibility, random.random() < 0.5)
    for field in random.sample(GroupMember._fields[1:], random.choice((0, 0, 1, 2))):
        member = member._replace(**{field: _fact(random, field, on)})
    return member


_MONEY = (None, Rupiah(0), Rupiah(1), Rupiah(900_000), Rupiah(5_000_000), Rupiah(90_000_000))
_CHOICES: dict[str, tuple[Any, ...]] = {
    "planned": (True, False),
    "sector": (None, "jahit"),
    "net_income_month": (*_MONEY, Rupiah(-5)),
    "turnover_year": (*_MONEY, Rupiah(4_800_000_001)),
    "own_equity": _MONEY,
    "mikro_outstanding": (*_MONEY, Rupiah(100_000_000)),
    "kur_outstanding": _MONEY,
    "instalments_month": _MONEY,
    "declared_debt": _MONEY,
    "cooperative_debt": _MONEY,
    "guarantees_given": _MONEY,
    "province": (None, "11", "32"),
    "special_group": (None, None, *SpecialGroup),
    "agunan_value": (*_MONEY, Rupiah(3_000_000_000)),
    "equity": _MONEY,
    "simpanan_balance": _MONEY,
    "collectibility": (1, 2, 3, 5, None),
    "officers_collectibility": (1, 2, 3, 5, None),
    "kur_received": (
        None,
        KurReceived(),
        KurReceived(mikro=1),
        KurReceived(mikro=2, kecil=4),
    ),
    "kur_lender": (None, "kur-bank-nusantara", "kur-bank-samudra"),
    "trade_experience_months": (None, 0, 40),
    "simpanan_wajib_due": (None, 0, 12),
    "simpanan_wajib_paid": (None, 0, 12),
    "contract_months": (None, 6, 24, 36),
    "chair_recommends_beginners": (True, False),
    "beginner": (True, False),
    "kind": (*CooperativeKind, None),
    "members": (None, 0, 20, 100),
    "health_grade": (*HealthGrade, None),
    "legal_entity_no": (None, "AHU-0001"),
    "coop_registry_no": (None, "3300000000001"),
    "savers_permille": (None, 0, 900),
    "migration_status": (None,),
    "verification_level": (None,),
}
