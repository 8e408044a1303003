"""
The vocabulary of a yes or a no: what is asked, what is known, what a product answers.

The rules themselves are in `rules/`. A fact that nobody has given is None, and a rule that
needs it refuses with a code that names it: silence is never a pass.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

import msgspec

from shared.money import AMOUNT_MAX, Rupiah
from shared.timeline import Timeline

T_co = TypeVar("T_co", covariant=True)
Value = int | str | date

TENOR_MONTHS_MAX = 600
"""Longer than any loan: fifty years."""


class Confidence(StrEnum):
    """How sure we are of a fact. Only `regulation` and `press` may be told to a user as law."""

    REGULATION = "regulation"
    PRESS = "press"
    COMPUTED = "computed"
    UNVERIFIED = "unverified"
    ASSUMPTION = "assumption"


class Article(NamedTuple):
    """One place in a regulation: pasal, ayat, huruf, each None where none is known."""

    regulation: str
    pasal: str | None = None
    ayat: str | None = None
    huruf: str | None = None


class Source(NamedTuple):
    """
    Where a rule stands: its regulation, the days it holds (both inclusive), how sure we are.

    `provision` says it in words. `articles` are the places known; none where no text was seen.
    """

    regulation: str
    provision: str
    since: date
    until: date | None
    confidence: Confidence
    url: str | None = None
    articles: tuple[Article, ...] = ()


_PLACE = re.compile(r"(?P<pasal>\d+[A-Z]?)(?:\((?P<ayat>\d+[a-z]?)\))?(?P<huruf>[a-z])?")


def cited(regulation: str, *places: str) -> tuple[Article, ...]:
    """Return the articles of places as lawyers write them: `36(2)`, `19(3)c`, `4A`.

    Raises:
        ValueError: a place is written otherwise.
    """
    return tuple(_article(regulation, place) for place in places)


def _article(regulation: str, place: str) -> Article:
    found = _PLACE.fullmatch(place)
    if found is None:
        raise ValueError(f"{place!r} is no place in a regulation")
    return Article(regulation, found["pasal"], found["ayat"], found["huruf"])


class Term(NamedTuple, Generic[T_co]):
    """One value of the law and the source that gives it."""

    value: T_co
    source: Source


class Code(StrEnum):
    """
    Every reason to say no; each comes with its sentence in two languages.

    A code that begins with `unknown_` is no verdict: it names a fact that has not been given.
    """

    BORROWER_KIND = "borrower_kind"
    NOT_IN_FORCE = "not_in_force"
    AMOUNT_BELOW = "amount_below"
    AMOUNT_ABOVE = "amount_above"
    TENOR_ABOVE = "tenor_above"
    CITIZEN = "citizen"
    AGE = "age"
    AGE_PMI = "age_pmi"
    PARENTS_PERMISSION = "parents_permission"
    STATE_EMPLOYEE = "state_employee"
    COLLECTIBILITY = "collectibility"
    CREDIT_NOT_CURRENT = "credit_not_current"
    DHN_LISTED = "dhn_listed"
    PROGRAMME_CREDIT_UNPAID = "programme_credit_unpaid"
    COMMERCIAL_CREDIT = "commercial_credit"
    KUR_BEFORE = "kur_before"
    KUR_REPEATS = "kur_repeats"
    MIKRO_OUTSTANDING = "mikro_outstanding"
    BUSINESS_PLANNED = "business_planned"
    BUSINESS_AGE = "business_age"
    BUSINESS_AGE_OR_EVIDENCE = "business_age_or_evidence"
    BUSINESS_LICENCE = "business_licence"
    NPWP = "npwp"
    BPJS_TK = "bpjs_tk"
    TURNOVER = "turnover"
    INSTALMENT_ABOVE_INCOME = "instalment_above_income"
    NO_ROOM_FOR_INSTALMENT = "no_room_for_instalment"
    NO_PLACEMENT_CONTRACT = "no_placement_contract"
    NOT_IN_SISKOP2MI = "not_in_siskop2mi"
    TENOR_BEYOND_CONTRACT = "tenor_beyond_contract"
    NO_GROUP = "no_group"
    GROUP_SIZE = "group_size"
    GROUP_SHARES = "group_shares"
    GROUP_OFFTAKER = "group_offtaker"
    GROUP_PKS = "group_pks"
    GROUP_VALIDATION = "group_validation"
    GROUP_SIKP = "group_sikp"
    GROUP_MEMBER_SHARE_ABOVE = "group_member_share_above"
    GROUP_MEMBER_CITIZEN = "group_member_citizen"
    GROUP_MEMBER_AGE = "group_member_age"
    GROUP_MEMBER_STATE_EMPLOYEE = "group_member_state_employee"
    GROUP_MEMBER_COLLECTIBILITY = "group_member_collectibility"
    GROUP_MEMBER_NOT_CURRENT = "group_member_not_current"
    GROUP_MEMBER_DHN_LISTED = "group_member_dhn_listed"
    GROUP_MEMBER_PROGRAMME_CREDIT = "group_member_programme_credit"
    GROUP_MEMBER_COMMERCIAL_CREDIT = "group_member_commercial_credit"
    GROUP_MEMBER_LICENCE = "group_member_licence"
    GROUP_MEMBER_NPWP = "group_member_npwp"
    GROUP_MEMBER_TURNOVER = "group_member_turnover"
    GROUP_MEMBER_INSTALMENT = "group_member_instalment"
    GROUP_LENDERS = "group_lenders"
    GROUP_BEGINNERS = "group_beginners"
    MEMBERSHIP = "membership"
    MEMBERSHIP_NO_USP = "membership_no_usp"
    SIMPANAN_POKOK = "simpanan_pokok"
    COOPERATIVE_KIND = "cooperative_kind"
    NO_LEGAL_ENTITY = "no_legal_entity"
    NO_COOP_REGISTRY_NO = "no_coop_registry_no"
    NO_CERTIFICATE = "no_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    RAT_MISSING = "rat_missing"
    RAT_ENOUGH = "rat_enough"
    SHU = "shu"
    ARREARS = "arrears"
    OFFICERS_COLLECTIBILITY = "officers_collectibility"
    OFFICERS_MACET = "officers_macet"
    PERSONAL_GUARANTEES = "personal_guarantees"
    AGUNAN_VALUE = "agunan_value"
    INVESTMENT_ONLY = "investment_only"
    NOT_SELECTED = "not_selected"
    NO_USP = "no_usp"
    NO_SEMBAKO = "no_sembako"
    NO_MICROSITE = "no_microsite"
    NO_MEMBER_LIST = "no_member_list"
    NOT_INCUBATED = "not_incubated"
    NO_OFFICE = "no_office"
    NO_BUSINESS_PLAN = "no_business_plan"
    NO_BUDGET = "no_budget"
    NO_DPS = "no_dps"
    NO_HEAD_APPROVAL = "no_head_approval"
    OPEX_ABOVE = "opex_above"
    HEALTH_GRADE = "health_grade"
    COOPERATIVE_NPWP = "cooperative_npwp"
    COOPERATIVE_NIB = "cooperative_nib"
    COOPERATIVE_ACCOUNT = "cooperative_account"
    UNKNOWN_CITIZEN = "unknown_citizen"
    UNKNOWN_BIRTH_DATE = "unknown_birth_date"
    UNKNOWN_MARRIED = "unknown_married"
    UNKNOWN_STATE_EMPLOYEE = "unknown_state_employee"
    UNKNOWN_PARENTS_PERMISSION = "unknown_parents_permission"
    UNKNOWN_COLLECTIBILITY = "unknown_collectibility"
    UNKNOWN_DHN = "unknown_dhn"
    UNKNOWN_PROGRAMME_CREDIT = "unknown_programme_credit"
    UNKNOWN_COMMERCIAL_CREDIT = "unknown_commercial_credit"
    UNKNOWN_KUR_RECEIVED = "unknown_kur_received"
    UNKNOWN_KUR_OUTSTANDING = "unknown_kur_outstanding"
    UNKNOWN_KUR_LENDER = "unknown_kur_lender"
    UNKNOWN_MIKRO_OUTSTANDING = "unknown_mikro_outstanding"
    UNKNOWN_BUSINESS_START = "unknown_business_start"
    UNKNOWN_PRODUCTION = "unknown_production"
    UNKNOWN_BUSINESS_LICENCE = "unknown_business_licence"
    UNKNOWN_NPWP = "unknown_npwp"
    UNKNOWN_BPJS_TK = "unknown_bpjs_tk"
    UNKNOWN_TURNOVER = "unknown_turnover"
    UNKNOWN_NET_INCOME = "unknown_net_income"
    UNKNOWN_INSTALMENTS = "unknown_instalments"
    UNKNOWN_CONTRACT_MONTHS = "unknown_contract_months"
    UNKNOWN_SISKOP2MI = "unknown_siskop2mi"
    UNKNOWN_GROUP_MEMBERS = "unknown_group_members"
    UNKNOWN_GROUP_OFFTAKER = "unknown_group_offtaker"
    UNKNOWN_GROUP_PKS = "unknown_group_pks"
    UNKNOWN_GROUP_VALIDATION = "unknown_group_validation"
    UNKNOWN_GROUP_SIKP = "unknown_group_sikp"
    UNKNOWN_MEMBER_FACTS = "unknown_member_facts"
    UNKNOWN_MEMBERSHIP = "unknown_membership"
    UNKNOWN_MEMBERSHIP_USP = "unknown_membership_usp"
    UNKNOWN_SIMPANAN_POKOK = "unknown_simpanan_pokok"
    UNKNOWN_COOPERATIVE_KIND = "unknown_cooperative_kind"
    UNKNOWN_RATS = "unknown_rats"
    UNKNOWN_SHU = "unknown_shu"
    UNKNOWN_ARREARS = "unknown_arrears"
    UNKNOWN_OFFICERS_COLLECTIBILITY = "unknown_officers_collectibility"
    UNKNOWN_PERSONAL_GUARANTEES = "unknown_personal_guarantees"
    UNKNOWN_AGUNAN_VALUE = "unknown_agunan_value"
    UNKNOWN_SELECTED = "unknown_selected"
    UNKNOWN_USP = "unknown_usp"
    UNKNOWN_SEMBAKO = "unknown_sembako"
    UNKNOWN_MICROSITE = "unknown_microsite"
    UNKNOWN_MEMBER_LIST = "unknown_member_list"
    UNKNOWN_INCUBATED = "unknown_incubated"
    UNKNOWN_OFFICE = "unknown_office"
    UNKNOWN_BUSINESS_PLAN = "unknown_business_plan"
    UNKNOWN_BUDGET = "unknown_budget"
    UNKNOWN_DPS = "unknown_dps"
    UNKNOWN_HEAD_APPROVAL = "unknown_head_approval"
    UNKNOWN_HEALTH_GRADE = "unknown_health_grade"
    UNKNOWN_COOPERATIVE_NPWP = "unknown_cooperative_npwp"
    UNKNOWN_COOPERATIVE_NIB = "unknown_cooperative_nib"
    UNKNOWN_COOPERATIVE_ACCOUNT = "unknown_cooperative_account"


class NoteCode(StrEnum):
    """What a reader should know although it is no reason to say no."""

    POLICY_VIOLATION = "policy_violation"
    RETRY_AFTER = "retry_after"
    SAME_LENDER_ONLY = "same_lender_only"
    RATE_UNVERIFIED = "rate_unverified"
    PRODUCT_ASSUMED = "product_assumed"
    INCOME_NOT_JUDGED = "income_not_judged"
    COLLATERAL_BY_LENDER = "collateral_by_lender"
    DISASTER_RELIEF = "disaster_relief"
    RELAXED = "relaxed"
    SECOND_MIKRO = "second_mikro"
    SEASON_BASED = "season_based"
    INSTALMENTS_AFTER_WORK = "instalments_after_work"
    VERIFIED_WITHIN = "verified_within"
    LEAVES_AGAIN = "leaves_again"
    BAD_DEBT_TO_PUPN = "bad_debt_to_pupn"
    SHORTFALL_COVERED = "shortfall_covered"
    COLLECTIVE_COLLATERAL = "collective_collateral"
    MEMBERS_INCOME_NOT_JUDGED = "members_income_not_judged"


NEVER = frozenset(
    {Code.BORROWER_KIND, Code.COOPERATIVE_KIND, Code.RAT_ENOUGH, Code.STATE_EMPLOYEE}
)
"""Refusals that neither time nor a better request removes; `NOT_IN_FORCE` joins them when over."""


# Structs are made in a third of the time of a named tuple, and a decision makes dozens of these.
class Refusal(msgspec.Struct, frozen=True):
    """One rule that said no: code, source, the numbers of its sentence, the day it passes."""

    code: Code
    source: Source
    numbers: Mapping[str, Value] = {}
    earliest: date | None = None

    def told(self, numbers: Mapping[str, Value], earliest: date | None = None) -> "Refusal":
        """Return the same reason with the numbers of its sentence, and the day it passes."""
        return Refusal(self.code, self.source, numbers, earliest)


class Condition(msgspec.Struct, frozen=True):
    """What is asked of a fact: the refusal when it is not met, and while nobody has told it."""

    unmet: Refusal
    unknown: Refusal

    def against(self, fact: object) -> Refusal:
        """Return the refusal for a fact that does not meet it; None was not told."""
        return self.unknown if fact is None else self.unmet


def asks(unmet: Code, unknown: Code, source: Source) -> Condition:
    """Return the condition of a source, with its reason and its question."""
    return Condition(Refusal(unmet, source), Refusal(unknown, source))


class Note(NamedTuple):
    """A remark beside a decision: for the lender, or about when to come back."""

    code: NoteCode
    source: Source
    numbers: Mapping[str, Value] = {}


class Relief(NamedTuple):
    """
    Lower rates for debtors whom a disaster in these provinces has affected.

    `rates_bp` gives the most that a month falling due on a day costs a year, in hundredths of a
    percent, from its first day on. Between the two days of `paused` (both inclusive) no instalment
    falls due.
    """

    provinces: frozenset[str]
    rates_bp: Timeline[int]
    paused: tuple[date, date]
    source: Source

    def rate_bp(self, day: date, ordinary_bp: int) -> int:
        """Return the yearly rate of a month that falls due on `day`, never above the ordinary."""
        if day < self.rates_bp.since[0]:
            return ordinary_bp
        return min(ordinary_bp, self.rates_bp.on(day))


class Assessment(msgspec.Struct, frozen=True):
    """
    What one product says of one request. No refusals means eligible.

    `rate_bp` is the effective yearly rate in hundredths of a percent; `relief` lowers it in some
    years (`rates.rate_periods`). `earliest_date` is the first day on which every rule that waits
    for a date passes (the other reasons still have to be dealt with); None when nothing waits, or
    when waiting cannot help.
    """

    product: str
    refusals: tuple[Refusal, ...]
    notes: tuple[Note, ...]
    rate_bp: int | None
    earliest_date: date | None
    relief: Relief | None = None

    @property
    def eligible(self) -> bool:
        """Say whether no rule refused."""
        return not self.refusals


def concluded(
    product: str,
    refusals: list[Refusal],
    notes: tuple[Note, ...],
    rate_bp: int | None,
    relief: Relief | None = None,
) -> Assessment:
    """Return the assessment that these refusals and notes amount to, with its earliest date."""
    earliest = _latest(refusals) if refusals else _again(notes)
    return Assessment(product, tuple(refusals), notes, rate_bp, earliest, relief)


def _latest(refusals: list[Refusal]) -> date | None:
    """Return the day from which no refusal waits; None if none does, or one does not pass."""
    latest: date | None = None
    for refusal in refusals:
        day = refusal.earliest
        if day is not None and (latest is None or day > latest):
            latest = day
    if latest is None or any(_for_ever(refusal) for refusal in refusals):
        return None
    return latest


def _for_ever(refusal: Refusal) -> bool:
    return refusal.earliest is None and (
        refusal.code in NEVER or refusal.code is Code.NOT_IN_FORCE
    )


def _again(notes: tuple[Note, ...]) -> date | None:
    """Return the day from which a note says to come back."""
    for note in notes:
        if note.code is NoteCode.RETRY_AFTER:
            retry = note.numbers["from"]
            return retry if isinstance(retry, date) else None
    return None


class BorrowerKind(StrEnum):
    """Who borrows."""

    PERSON = "person"
    GROUP = "group"
    COOPERATIVE = "cooperative"


class MigrationStatus(StrEnum):
    """Where a migrant worker is in the registry's life of a migration."""

    ABROAD = "abroad"
    ON_LEAVE = "on_leave"
    RETURNED = "returned"
    DEPARTED_AGAIN = "departed_again"
    DECEASED = "deceased"


class BorrowerDeceased(Exception):
    """The registry knows that the person has died: nobody can owe this loan."""


def check_living(status: MigrationStatus | None) -> None:
    """Raise `BorrowerDeceased` for a person who is known to have died."""
    if status is MigrationStatus.DECEASED:
        raise BorrowerDeceased("The registry knows that this person has died.")


class VerificationLevel(StrEnum):
    """How well the registry knows a person."""

    SELF_DECLARED = "self_declared"
    VILLAGE_ATTESTED = "village_attested"
    SISKOP2MI_MATCHED = "siskop2mi_matched"
    DUKCAPIL_VERIFIED = "dukcapil_verified"


class Purpose(StrEnum):
    """Working capital (KMK) or investment (KI): the tenor depends on it."""

    WORKING_CAPITAL = "working_capital"
    INVESTMENT = "investment"


class ContractKind(StrEnum):
    """Conventional or Sharia."""

    CONVENTIONAL = "conventional"
    SHARIA = "sharia"


class CooperativeKind(StrEnum):
    """The kinds of cooperative that the schemes tell apart."""

    KOPDES = "kopdes"
    KELKOPDES = "kelkopdes"
    MIGRANT_WORKER = "migrant_worker"
    KSP = "ksp"
    SECONDARY = "secondary"


class SpecialGroup(StrEnum):
    """Groups for whom some rules of KUR are switched off."""

    SUGAR_CANE_WITH_AVALIST = "sugar_cane_with_avalist"


class Rule(StrEnum):
    """Rules of KUR that can be switched off for a special group."""

    COLLATERAL = "collateral"
    NEVER_COMMERCIAL = "never_commercial"
    TIERED_RATE = "tiered_rate"
    REPEATS = "repeats"
    BUSINESS_AGE = "business_age"


class HealthGrade(StrEnum):
    """Health of a cooperative, Permenkop 9/2020."""

    SEHAT = "sehat"
    CUKUP_SEHAT = "cukup_sehat"
    DALAM_PENGAWASAN = "dalam_pengawasan"
    DALAM_PENGAWASAN_KHUSUS = "dalam_pengawasan_khusus"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRequest:
    """
    What is asked. `collateral_demanded`: a lender wants agunan beyond the business itself.

    `opex_part` is what of it pays running costs; when it is not told, that is all of a working
    capital loan and nothing of one for investment.

    Raises ValueError beyond `AMOUNT_MAX` rupiah or `TENOR_MONTHS_MAX` months: no loan is that
    large or long, and the arithmetic of a schedule grows with it.
    """

    amount: Rupiah
    tenor_months: int
    purpose: Purpose = Purpose.WORKING_CAPITAL
    contract_kind: ContractKind = ContractKind.CONVENTIONAL
    collateral_demanded: bool = False
    akad_on: date | None = None
    opex_part: Rupiah | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= AMOUNT_MAX:
            msg = "the amount must lie between 1 rupiah and AMOUNT_MAX"
            raise ValueError(msg)
        if not 1 <= self.tenor_months <= TENOR_MONTHS_MAX:
            msg = "the tenor must lie between 1 month and TENOR_MONTHS_MAX"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """
    A person, as the registry knows them. The return reason is deliberately not among them.

    Migration status and verification level are kept with the decision; no product has been a
    privilege of the returned since 2026, so no rule refuses by them.
    """

    birth_date: date | None = None
    married: bool | None = None
    citizen: bool | None = None
    state_employee: bool | None = None
    migration_status: MigrationStatus | None = None
    verification_level: VerificationLevel | None = None
    mentored: bool | None = None
    trained: bool | None = None
    group_member: bool | None = None
    family_business: bool | None = None
    trade_experience_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipFacts:
    """A person's membership of a cooperative; `active` False when there is none."""

    active: bool | None = None
    usp: bool | None = None
    simpanan_pokok_paid: bool | None = None
    simpanan_wajib_due: int | None = None
    simpanan_wajib_paid: int | None = None
    simpanan_balance: Rupiah | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessFacts:
    """
    A business. `planned`: there is none yet, so it has neither a start nor an income.

    `province` is the two digits of Kemendagri's code; `disaster_affected` that a lender counts the
    business among those whom a disaster hit.
    """

    planned: bool = False
    started_on: date | None = None
    sector: str | None = None
    production: bool | None = None
    nib: bool | None = None
    sku: bool | None = None
    npwp: bool | None = None
    bpjs_tk: bool | None = None
    turnover_year: Rupiah | None = None
    net_income_month: Rupiah | None = None
    own_equity: Rupiah | None = None
    province: str | None = None
    disaster_affected: bool | None = None
    special_group: SpecialGroup | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KurReceived:
    """How many KUR akad a person has had, by product."""

    super_mikro: int = 0
    mikro: int = 0
    kecil: int = 0
    khusus: int = 0
    pmi: int = 0

    @property
    def total(self) -> int:
        """Count every KUR ever received."""
        return self.super_mikro + self.mikro + self.kecil + self.khusus + self.pmi


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditFacts:
    """
    Credit history. `collectibility` 1 to 5 is the worst of the credits now held, 1 when none is.

    `commercial_before` leaves out what Permenko 12/2025 Art. 36(3) excepts: household
    consumption credit, ultra-micro loans and digital-finance loans. `kur_lender` is the code of
    the channel whose KUR still runs. What is owed to a cooperative, what is guaranteed for others
    and `declared_debt`, all that is owed elsewhere, are counted in the exposure; no rule reads
    them, the instalments a month do their work.
    """

    collectibility: int | None = None
    dhn_listed: bool | None = None
    kur_received: KurReceived | None = None
    kur_outstanding: Rupiah | None = None
    kur_lender: str | None = None
    mikro_outstanding: Rupiah | None = None
    commercial_before: bool | None = None
    programme_unpaid: bool | None = None
    paid_off_on: date | None = None
    instalments_month: Rupiah | None = None
    cooperative_debt: Rupiah | None = None
    declared_debt: Rupiah | None = None
    guarantees_given: Rupiah | None = None


class GroupMember(NamedTuple):
    """
    One member's share of a group's loan, and what is known of the member, who is assessed alone.

    A member whose share is nothing takes no part. A `beginner` has run a business for a short time
    or not at all; `licence` is a NIB or an SKU. The rest is as of a person, `PersonFacts`,
    `BusinessFacts` and `CreditFacts`.
    """

    share: Rupiah
    collectibility: int | None = None
    beginner: bool = False
    citizen: bool | None = None
    birth_date: date | None = None
    married: bool | None = None
    state_employee: bool | None = None
    dhn_listed: bool | None = None
    programme_unpaid: bool | None = None
    commercial_before: bool | None = None
    kur_outstanding: Rupiah | None = None
    kur_lender: str | None = None
    licence: bool | None = None
    started_on: date | None = None
    turnover_year: Rupiah | None = None
    npwp: bool | None = None
    net_income_month: Rupiah | None = None
    instalments_month: Rupiah | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """A kelompok usaha or cluster. `offtaker`: a legal entity with a closed loop."""

    members: tuple[GroupMember, ...] | None = None
    offtaker: bool | None = None
    pks: bool | None = None
    validated: bool | None = None
    in_sikp: bool | None = None
    chair_recommends_beginners: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementContract:
    """A contract to work abroad that is still to begin or running, for KUR PMI."""

    contract_months: int | None = None
    siskop2mi: bool | None = None
    e_kpmi: bool | None = None
    parents_permission: bool | None = None


class Rat(NamedTuple):
    """One annual meeting: the book year it closed and the day it was held."""

    book_year: int
    held_on: date


class Shu(NamedTuple):
    """The surplus (or, negative, the loss) of one book year, in whole rupiah."""

    book_year: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CooperativeFacts:
    """
    A cooperative. A document's number that is None has not been shown.

    `budget` is the plan of what the loan is spent on (RAB), `dps` the Sharia supervisory board,
    `head_approval` that of the bupati, walikota or, through the village meeting, the kades.
    """

    kind: CooperativeKind | None = None
    founded_on: date | None = None
    legal_entity_no: str | None = None
    coop_registry_no: str | None = None
    certificate_valid_until: date | None = None
    rats: tuple[Rat, ...] | None = None
    shu: tuple[Shu, ...] | None = None
    health_grade: HealthGrade | None = None
    arrears: bool | None = None
    officers_collectibility: int | None = None
    personal_guarantees: bool | None = None
    agunan_value: Rupiah | None = None
    usp: bool | None = None
    sembako: bool | None = None
    microsite: bool | None = None
    npwp: bool | None = None
    nib: bool | None = None
    bank_account: bool | None = None
    mockup_selected: bool | None = None
    member_list: bool | None = None
    incubated: bool | None = None
    equity: Rupiah | None = None
    members: int | None = None
    savers_permille: int | None = None
    office: bool | None = None
    business_plan: bool | None = None
    budget: bool | None = None
    dps: bool | None = None
    head_approval: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Everything that is known of who asks; of a group, `person` is its chair."""

    kind: BorrowerKind
    person: PersonFacts = field(default_factory=PersonFacts)
    membership: MembershipFacts = field(default_factory=MembershipFacts)
    business: BusinessFacts = field(default_factory=BusinessFacts)
    credit: CreditFacts = field(default_factory=CreditFacts)
    group: GroupFacts | None = None
    placement: PlacementContract | None = None
    cooperative: CooperativeFacts = field(default_factory=CooperativeFacts)
