"""Applicants and requests that pass, unless a test changes something."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from services.financing.domain.decision import Decision, decide
from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    BorrowerKind,
    BusinessFacts,
    Code,
    CooperativeFacts,
    CooperativeKind,
    CreditFacts,
    GroupFacts,
    GroupMember,
    HealthGrade,
    KurReceived,
    LoanRequest,
    MembershipFacts,
    PersonFacts,
    PlacementContract,
    Purpose,
    Rat,
    Shu,
)
from services.financing.domain.products import PRODUCTS, Scheme
from services.financing.domain.routing import Channel
from shared.money import Rupiah

IN_2024, IN_2026 = date(2024, 6, 3), date(2026, 11, 24)

KUR_PRODUCTS = frozenset(each.code for each in PRODUCTS if each.scheme is Scheme.KUR)
LPDB_PRODUCTS = frozenset(each.code for each in PRODUCTS if each.scheme is Scheme.LPDB)
BLU_PRODUCTS = frozenset(each.code for each in PRODUCTS if each.scheme is Scheme.BLU)

NUSANTARA = Channel(
    code="kur-bank-nusantara", scheme=Scheme.KUR, products=KUR_PRODUCTS, expected_days=7
)
SAMUDRA = Channel(
    code="kur-bank-samudra", scheme=Scheme.KUR, products=KUR_PRODUCTS, expected_days=10
)
LPDB = Channel(code="lpdb", scheme=Scheme.LPDB, products=LPDB_PRODUCTS, expected_days=21)
BLU = Channel(code="blu", scheme=Scheme.BLU, products=BLU_PRODUCTS, expected_days=14)
CHANNELS = (NUSANTARA, SAMUDRA, LPDB, BLU)


def a_person(**changes: Any) -> Applicant:
    """A shopkeeper of two years who has everything; `business__npwp=False` changes one fact."""
    applicant = Applicant(
        kind=BorrowerKind.PERSON,
        person=PersonFacts(
            birth_date=date(1985, 3, 2),
            married=True,
            citizen=True,
            state_employee=False,
            mentored=False,
            trained=False,
            group_member=False,
            family_business=False,
            trade_experience_months=40,
        ),
        membership=MembershipFacts(
            active=True,
            usp=True,
            simpanan_pokok_paid=True,
            simpanan_wajib_due=12,
            simpanan_wajib_paid=12,
            simpanan_balance=Rupiah(500_000),
        ),
        business=BusinessFacts(
            started_on=date(2022, 1, 1),
            sector="retail",
            production=False,
            nib=True,
            sku=True,
            npwp=True,
            bpjs_tk=True,
            turnover_year=Rupiah(600_000_000),
            net_income_month=Rupiah(60_000_000),
            own_equity=Rupiah(20_000_000),
        ),
        credit=CreditFacts(
            collectibility=1,
            dhn_listed=False,
            kur_received=KurReceived(),
            kur_outstanding=Rupiah(0),
            mikro_outstanding=Rupiah(0),
            commercial_before=False,
            programme_unpaid=False,
            instalments_month=Rupiah(0),
        ),
        group=GroupFacts(offtaker=True, pks=True, validated=True, in_sikp=True),
        placement=PlacementContract(
            contract_months=36, siskop2mi=True, e_kpmi=True, parents_permission=True
        ),
    )
    return changed(applicant, changes)


def a_member(share: int, **changes: Any) -> GroupMember:
    """A member who has everything; `npwp=False` changes one fact."""
    member = GroupMember(
        Rupiah(share),
        collectibility=1,
        citizen=True,
        birth_date=date(1985, 3, 2),
        married=True,
        state_employee=False,
        dhn_listed=False,
        programme_unpaid=False,
        commercial_before=False,
        kur_outstanding=Rupiah(0),
        licence=True,
        started_on=date(2022, 1, 1),
        turnover_year=Rupiah(100_000_000),
        npwp=True,
        net_income_month=Rupiah(60_000_000),
        instalments_month=Rupiah(0),
    )
    return member._replace(**changes)


def a_group(*shares: int, **changes: Any) -> Applicant:
    """A group with an offtaker whose members ask for `shares`."""
    members = tuple(a_member(share) for share in shares)
    group = GroupFacts(members=members, offtaker=True, pks=True, validated=True, in_sikp=True)
    applicant = replace(a_person(), kind=BorrowerKind.GROUP, group=group)
    return changed(applicant, changes)


def a_cooperative(**changes: Any) -> Applicant:
    """A migrant-worker cooperative with two annual meetings and everything else."""
    cooperative = CooperativeFacts(
        kind=CooperativeKind.MIGRANT_WORKER,
        founded_on=date(2022, 5, 1),
        legal_entity_no="AHU-0001",
        coop_registry_no="3300000000001",
        certificate_valid_until=date(2027, 6, 30),
        rats=(Rat(2024, date(2025, 3, 1)), Rat(2025, date(2026, 3, 1))),
        shu=(Shu(2024, 20_000_000), Shu(2025, 35_000_000)),
        health_grade=HealthGrade.SEHAT,
        arrears=False,
        officers_collectibility=1,
        personal_guarantees=True,
        agunan_value=Rupiah(5_000_000_000),
        usp=True,
        sembako=True,
        microsite=True,
        npwp=True,
        nib=True,
        bank_account=True,
        mockup_selected=True,
        member_list=True,
        incubated=True,
        equity=Rupiah(300_000_000),
        members=120,
        savers_permille=960,
        office=True,
        business_plan=True,
        budget=True,
        dps=True,
        head_approval=True,
    )
    applicant = Applicant(kind=BorrowerKind.COOPERATIVE, cooperative=cooperative)
    return changed(applicant, {f"cooperative__{name}": fact for name, fact in changes.items()})


def ask(amount: int = 40_000_000, *, tenor_months: int = 24, **changes: Any) -> LoanRequest:
    """A request for working capital unless told otherwise."""
    return LoanRequest(amount=Rupiah(amount), tenor_months=tenor_months, **changes)


def invest(amount: int, *, tenor_months: int = 24) -> LoanRequest:
    """A request for investment."""
    return ask(amount, tenor_months=tenor_months, purpose=Purpose.INVESTMENT)


def decided(
    applicant: Applicant,
    request: LoanRequest,
    *,
    on: date = IN_2026,
    channels: tuple[Channel, ...] = CHANNELS,
) -> Decision:
    """The decision of a day, over the usual channels."""
    return decide(applicant, request, on=on, channels=channels)


def assessed(
    product: str, applicant: Applicant, request: LoanRequest, *, on: date = IN_2026
) -> Assessment:
    """What one product says."""
    return decided(applicant, request, on=on).assessment(product)


def codes(
    product: str, applicant: Applicant, request: LoanRequest, *, on: date = IN_2026
) -> set[Code]:
    """The codes of one product's refusals."""
    return {refusal.code for refusal in assessed(product, applicant, request, on=on).refusals}


def changed(applicant: Applicant, changes: Mapping[str, Any]) -> Applicant:
    """The applicant with `part__fact` set for each change, or a whole part by its name."""
    for name, fact in changes.items():
        part, _, field = name.partition("__")
        now = replace(getattr(applicant, part), **{field: fact}) if field else fact
        applicant = replace(applicant, **{part: now})
    return applicant
