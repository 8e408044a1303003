"""
Facts on the wire: what is asked and what is known of who asks, strictly read.

A fact that nobody gives stays null, and the rule that needs it says so. An application declares
only what the registry does not know; `applicant` puts both together.
"""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from services.financing.domain.eligibility import (
    Applicant,
    BorrowerKind,
    BusinessFacts,
    ContractKind,
    CooperativeFacts,
    CooperativeKind,
    CreditFacts,
    GroupFacts,
    GroupMember,
    HealthGrade,
    KurReceived,
    LoanRequest,
    MembershipFacts,
    MigrationStatus,
    PersonFacts,
    PlacementContract,
    Purpose,
    Rat,
    Shu,
    SpecialGroup,
    VerificationLevel,
)
from services.financing.registry import Known, KnownCooperative, KnownPerson
from shared.wire import Amount, Balance, Code, Count, Day, Flag, In, Months, Sum, Text, Year

MEMBERS_MAX = 200
BOOK_YEARS_MAX = 60

Collectibility = Annotated[int, Field(strict=True, ge=1, le=5)]
"""Collectibility in SLIK: 1 current, 2 special mention, 3 substandard, 4 doubtful, 5 macet."""

Province = Annotated[str, Field(strict=True, pattern=r"^[1-9][0-9]$")]
"""A province as Kemendagri writes it."""

Permille = Annotated[int, Field(strict=True, ge=0, le=1000)]
"""A share in thousandths."""


def _said(description: str) -> Any:
    """Return a field that may stay unsaid."""
    return Field(default=None, description=description)


class LoanRequestIn(In):
    """What is asked."""

    amount: Annotated[Amount, Field(description="The plafon asked for, in whole rupiah")]
    tenor_months: Annotated[Months, Field(description="Over how many months it is repaid")]
    purpose: Annotated[Purpose, Field(description="Working capital (KMK) or investment (KI)")] = (
        Purpose.WORKING_CAPITAL
    )
    contract_kind: Annotated[ContractKind, Field(description="Conventional or Sharia")] = (
        ContractKind.CONVENTIONAL
    )
    collateral_demanded: Annotated[
        Flag, Field(description="Whether a lender wants agunan beyond the business itself")
    ] = False
    opex_part: Sum | None = _said(
        "What of the amount pays running costs; all of working capital when it is left out"
    )
    akad_on: Day | None = _said(
        "The day of the akad, which chooses the edition of the rules; today when it is left out"
    )

    @model_validator(mode="after")
    def _is_part(self) -> Self:
        if self.opex_part is not None and self.opex_part > self.amount:
            raise ValueError("opex_part is a part of amount: it is at the most as much")
        return self

    def facts(self) -> LoanRequest:
        """Return the request as the rules read it."""
        return LoanRequest(**dict(self))


class PersonDeclaredIn(In):
    """What only the person can say, for the registry does not know it."""

    citizen: Flag | None = _said("Indonesian citizen with an e-KTP")
    state_employee: Flag | None = _said("Serves as ASN, TNI or Polri")
    group_member: Flag | None = _said("Member of a business group (kelompok usaha)")
    family_business: Flag | None = _said("A family member runs a productive business")
    trade_experience_months: Count | None = _said("Experience in this trade, in months")


class PersonFactsIn(PersonDeclaredIn):
    """A person; of a group, its chair."""

    birth_date: Day | None = _said("Birth date")
    married: Flag | None = _said("Married, or married before")
    migration_status: MigrationStatus | None = _said("Where in the life of a migration")
    verification_level: VerificationLevel | None = _said("How well the person is known")
    mentored: Flag | None = _said("In a mentoring programme, or has completed one")
    trained: Flag | None = _said("Has completed a training in entrepreneurship")

    def facts(self) -> PersonFacts:
        """Return the person as the rules read them."""
        return PersonFacts(**dict(self))


class MembershipDeclaredIn(In):
    """What a member has paid to the cooperative."""

    simpanan_pokok_paid: Flag | None = _said("Whether the simpanan pokok is paid in full")
    simpanan_wajib_due: Count | None = _said("How many simpanan wajib have fallen due")
    simpanan_wajib_paid: Count | None = _said("How many of them were paid")
    simpanan_balance: Sum | None = _said("Savings with the cooperative, in rupiah")


class MembershipFactsIn(MembershipDeclaredIn):
    """A membership of a cooperative."""

    active: Flag | None = _said("Active member; false when there is no membership")
    usp: Flag | None = _said("Whether that cooperative has a savings and loan unit")

    def facts(self) -> MembershipFacts:
        """Return the membership as the rules read it."""
        return MembershipFacts(**dict(self))


class BusinessFactsIn(In):
    """The business that the loan is for."""

    planned: Annotated[
        Flag, Field(description="There is no business yet, only the plan of one")
    ] = False
    started_on: Day | None = _said("First day of the business")
    sector: Text | None = _said("Line of business, in the applicant's words")
    production: Flag | None = _said(
        "In a production sector: farming, plantation, fishery or livestock. It set how often KUR "
        "could be received until 2025"
    )
    nib: Flag | None = _said("Has a business number (NIB)")
    sku: Flag | None = _said("Has a business letter of the village (SKU) or its equal")
    npwp: Flag | None = _said("Has a tax number (NPWP)")
    bpjs_tk: Flag | None = _said("Takes part in BPJS Ketenagakerjaan")
    turnover_year: Sum | None = _said("Turnover of a year, in rupiah")
    net_income_month: Balance | None = _said("Net income of a month, in rupiah; a loss below zero")
    own_equity: Sum | None = _said("Own money in the business, in rupiah")
    province: Province | None = _said(
        "Province of the business, the two digits of Kemendagri's code, such as `11` for Aceh"
    )
    disaster_affected: Flag | None = _said(
        "A lender counts the business among those affected by the disaster in its province"
    )
    special_group: SpecialGroup | None = _said(
        "A special group for whom some rules of KUR are switched off (Art. 38A)"
    )

    def facts(self) -> BusinessFacts:
        """Return the business as the rules read it."""
        return BusinessFacts(**dict(self))


class KurReceivedIn(In):
    """How many KUR akad there have been, by product."""

    super_mikro: Annotated[Count, Field(description="KUR super mikro")] = 0
    mikro: Annotated[Count, Field(description="KUR mikro")] = 0
    kecil: Annotated[Count, Field(description="KUR kecil")] = 0
    khusus: Annotated[Count, Field(description="KUR khusus")] = 0
    pmi: Annotated[Count, Field(description="KUR Penempatan PMI")] = 0

    def facts(self) -> KurReceived:
        """Return the counts as the rules read them."""
        return KurReceived(**dict(self))


class CreditFactsIn(In):
    """Credit history."""

    collectibility: Collectibility | None = _said(
        "Worst collectibility in SLIK of the credits now held, 1 to 5; 1 when there is none"
    )
    dhn_listed: Flag | None = _said("On the national blacklist (Daftar Hitam Nasional)")
    kur_received: KurReceivedIn | None = _said("KUR received before, by product")
    kur_outstanding: Sum | None = _said("What is still owed of any KUR, in rupiah")
    kur_lender: Code | None = _said("Code of the channel whose KUR still runs")
    mikro_outstanding: Sum | None = _said("What is still owed of KUR mikro, in rupiah")
    commercial_before: Flag | None = _said(
        "Ever had commercial working-capital or investment credit; household consumption credit, "
        "ultra-micro and digital-finance loans do not count"
    )
    programme_unpaid: Flag | None = _said("An earlier programme credit is not paid off")
    paid_off_on: Day | None = _said("The day on which the last KUR was paid off")
    instalments_month: Sum | None = _said("All other instalments of a month, in rupiah")
    cooperative_debt: Sum | None = _said("What is owed to a cooperative, in rupiah")
    declared_debt: Sum | None = _said(
        "All debt beside KUR and that to a cooperative, also outside SLIK, in rupiah"
    )
    guarantees_given: Sum | None = _said(
        "What is guaranteed for the debt of others, such as a cooperative's, in rupiah"
    )

    def facts(self) -> CreditFacts:
        """Return the history as the rules read it."""
        known = dict(self)
        if self.kur_received is not None:
            known["kur_received"] = self.kur_received.facts()
        return CreditFacts(**known)


class GroupMemberIn(In):
    """One member of a group, the chair among them. Reasons name members by their place here."""

    share: Annotated[Amount, Field(description="The member's part of the loan, in rupiah")]
    collectibility: Collectibility | None = _said("Worst collectibility in SLIK, 1 to 5")
    beginner: Annotated[
        Flag, Field(description="Has run a business for a short time, or not yet")
    ] = False
    citizen: Flag | None = _said("Indonesian citizen with an e-KTP")
    birth_date: Day | None = _said("Birth date")
    married: Flag | None = _said("Married, or married before")
    state_employee: Flag | None = _said("Serves as ASN, TNI or Polri")
    dhn_listed: Flag | None = _said("On the national blacklist (Daftar Hitam Nasional)")
    programme_unpaid: Flag | None = _said("An earlier programme credit is not paid off")
    commercial_before: Flag | None = _said(
        "Ever had commercial working-capital or investment credit"
    )
    kur_outstanding: Sum | None = _said("What is still owed of any KUR, in rupiah")
    kur_lender: Code | None = _said("Code of the channel whose KUR still runs")
    licence: Flag | None = _said("Has a NIB or an SKU")
    started_on: Day | None = _said("First day of the business")
    turnover_year: Sum | None = _said("Turnover of a year, in rupiah")
    npwp: Flag | None = _said("Has a tax number (NPWP)")
    net_income_month: Balance | None = _said("Net income of a month, in rupiah")
    instalments_month: Sum | None = _said("All other instalments of a month, in rupiah")


class GroupFactsIn(In):
    """A business group (kelompok usaha) or cluster."""

    members: Annotated[tuple[GroupMemberIn, ...], Field(max_length=MEMBERS_MAX)] | None = _said(
        "Every member; the shares add up to the amount asked"
    )
    offtaker: Flag | None = _said("An offtaker that is a legal entity with a closed loop")
    pks: Flag | None = _said("There is an agreement (PKS) with the offtaker")
    validated: Flag | None = _said("Validated by the dinas or by the offtaker")
    in_sikp: Flag | None = _said("Group and members are registered in SIKP")
    chair_recommends_beginners: Annotated[
        Flag, Field(description="The chair recommends the members who are beginners")
    ] = False

    def facts(self) -> GroupFacts:
        """Return the group as the rules read it."""
        known = dict(self)
        if self.members is not None:
            known["members"] = tuple(GroupMember(**dict(member)) for member in self.members)
        return GroupFacts(**known)


class PlacementContractIn(In):
    """A contract to work abroad that is still to begin, or running."""

    contract_months: Months | None = _said("Length of the contract, in months")
    siskop2mi: Flag | None = _said("Registered in SISKOP2MI")
    e_kpmi: Flag | None = _said("Holds an E-KPMI")
    parents_permission: Flag | None = _said("The parents' written permission is there")

    def facts(self) -> PlacementContract:
        """Return the contract as the rules read it."""
        return PlacementContract(**dict(self))


class RatIn(In):
    """One annual meeting (RAT)."""

    book_year: Annotated[Year, Field(description="The book year that it closed")]
    held_on: Annotated[Day, Field(description="The day it was held")]


class ShuIn(In):
    """The surplus (SHU) of one book year."""

    book_year: Annotated[Year, Field(description="The book year")]
    amount: Annotated[Balance, Field(description="Rupiah; a loss below zero")]


class CooperativeDeclaredIn(In):
    """What a cooperative states beside its record in the registry."""

    arrears: Flag | None = _said("Has a loan in arrears")
    officers_collectibility: Collectibility | None = _said(
        "Worst collectibility in SLIK of pengurus and pengawas, 1 to 5"
    )
    personal_guarantees: Flag | None = _said("The pengurus sign personal guarantees")
    agunan_value: Sum | None = _said("What the agunan is worth, in rupiah")
    sembako: Flag | None = _said("Runs a staple goods shop (gerai sembako)")
    bank_account: Flag | None = _said("Has a bank account in its own name")
    mockup_selected: Flag | None = _said("Selected for the mock-up by the bupati or walikota")
    member_list: Flag | None = _said("The list of members who will borrow is there")
    incubated: Flag | None = _said("Every milestone of the incubation is complete")
    equity: Balance | None = _said("Own capital, in rupiah; below zero when losses ate it")
    members: Count | None = _said("How many members there are")
    office: Flag | None = _said("Has an office in operation")
    business_plan: Flag | None = _said("There is a business plan or proposal")
    budget: Flag | None = _said("There is a budget of what the loan is spent on (RAB)")
    dps: Flag | None = _said("Has a Sharia supervisory board (DPS)")
    head_approval: Flag | None = _said(
        "Approved by the bupati or walikota, or by the kades through the village meeting"
    )
    savers_permille: Permille | None = _said("Share of members who save each month, in permille")


class CooperativeFactsIn(CooperativeDeclaredIn):
    """A cooperative."""

    kind: CooperativeKind | None = _said("What sort of cooperative it is")
    founded_on: Day | None = _said("The day of its founding")
    legal_entity_no: Code | None = _said("Number of the decree that made it a legal entity")
    coop_registry_no: Code | None = _said("Nomor Induk Koperasi")
    certificate_valid_until: Day | None = _said("Last day of the registry certificate")
    rats: Annotated[tuple[RatIn, ...], Field(max_length=BOOK_YEARS_MAX)] | None = _said(
        "Annual meetings held; an empty list when there was none"
    )
    shu: Annotated[tuple[ShuIn, ...], Field(max_length=BOOK_YEARS_MAX)] | None = _said(
        "The surplus of each book year"
    )
    health_grade: HealthGrade | None = _said("Health grade of Permenkop UKM 9/2020")
    usp: Flag | None = _said("Has a savings and loan unit")
    microsite: Flag | None = _said("Has a SIMKOPDES microsite")
    npwp: Flag | None = _said("Has a tax number (NPWP)")
    nib: Flag | None = _said("Has a business number (NIB)")

    def facts(self) -> CooperativeFacts:
        """Return the cooperative as the rules read it."""
        known = dict(self)
        if self.rats is not None:
            known["rats"] = tuple(Rat(**dict(rat)) for rat in self.rats)
        if self.shu is not None:
            known["shu"] = tuple(Shu(**dict(shu)) for shu in self.shu)
        return CooperativeFacts(**known)


class BorrowerFactsIn(In):
    """Everything that a prequalification may know of who asks."""

    kind: BorrowerKind
    person: PersonFactsIn = PersonFactsIn()
    membership: MembershipFactsIn = MembershipFactsIn()
    business: BusinessFactsIn = BusinessFactsIn()
    credit: CreditFactsIn = CreditFactsIn()
    group: GroupFactsIn | None = _said("The group, when there is one")
    placement: PlacementContractIn | None = _said("A contract to work abroad, for KUR PMI")
    cooperative: CooperativeFactsIn = CooperativeFactsIn()

    def facts(self) -> Applicant:
        """Return the borrower as the rules read it."""
        return Applicant(
            kind=self.kind,
            person=self.person.facts(),
            membership=self.membership.facts(),
            business=self.business.facts(),
            credit=self.credit.facts(),
            group=None if self.group is None else self.group.facts(),
            placement=None if self.placement is None else self.placement.facts(),
            cooperative=self.cooperative.facts(),
        )


class DeclaredIn(In):
    """What an applicant declares in an application, beside what the registry knows."""

    person: PersonDeclaredIn = PersonDeclaredIn()
    membership: MembershipDeclaredIn = MembershipDeclaredIn()
    business: BusinessFactsIn = BusinessFactsIn()
    credit: CreditFactsIn = CreditFactsIn()
    group: GroupFactsIn | None = _said("The group, when there is one")
    placement: PlacementContractIn | None = _said("A contract to work abroad, for KUR PMI")
    cooperative: CooperativeDeclaredIn = CooperativeDeclaredIn()


def applicant(kind: BorrowerKind, declared: DeclaredIn, known: Known) -> Applicant:
    """Return who asks, from what they declare and what the registry knows.

    `known` is the cooperative of a cooperative's application, else the person, of a group its
    chair. Nothing that the registry knows can be declared otherwise.

    Raises:
        ValueError: `known` is not of the kind that `kind` borrows as.
    """
    if isinstance(known, KnownCooperative) is not (kind is BorrowerKind.COOPERATIVE):
        raise ValueError(f"the facts of a {type(known).__name__} are not those of a {kind}")
    if isinstance(known, KnownCooperative):
        return Applicant(kind=kind, cooperative=_cooperative(declared.cooperative, known))
    return Applicant(
        kind=kind,
        person=_person(declared.person, known),
        membership=_membership(declared.membership, known),
        business=declared.business.facts(),
        credit=declared.credit.facts(),
        group=None if declared.group is None else declared.group.facts(),
        placement=None if declared.placement is None else declared.placement.facts(),
    )


def _person(declared: PersonDeclaredIn, known: KnownPerson) -> PersonFacts:
    return PersonFacts(
        birth_date=known.birth_date,
        married=known.married,
        migration_status=known.migration_status,
        verification_level=known.verification_level,
        mentored=known.mentored,
        trained=known.trained,
        **dict(declared),
    )


def _membership(declared: MembershipDeclaredIn, known: KnownPerson) -> MembershipFacts:
    # Of several memberships the one with a savings and loan unit is the one to borrow through.
    return MembershipFacts(
        active=bool(known.memberships),
        usp=any(membership.has_usp for membership in known.memberships),
        **dict(declared),
    )


def _cooperative(declared: CooperativeDeclaredIn, known: KnownCooperative) -> CooperativeFacts:
    latest = max(known.figures, key=lambda figures: figures.book_year, default=None)
    stated = dict(declared)
    if latest is not None:
        stated["equity"] = latest.equity
    # A paper that the registry has not recorded is not known to be missing.
    return CooperativeFacts(
        kind=known.kind,
        founded_on=known.founded_on,
        legal_entity_no=known.legal_entity_no,
        coop_registry_no=known.coop_registry_no,
        certificate_valid_until=known.certificate_valid_until,
        rats=tuple(Rat(rat.book_year, rat.held_on) for rat in known.rats),
        shu=tuple(Shu(figures.book_year, figures.shu) for figures in known.figures),
        health_grade=known.health_grade,
        usp=known.has_usp,
        microsite=True if known.microsite_url else None,
        npwp=True if known.npwp else None,
        nib=True if known.nib else None,
        **stated,
    )
