"""
The rules of KUR: super mikro, mikro, kecil, khusus and Penempatan PMI.

One `if` an article, all of them asked, so that an applicant hears every reason at once. The
reasons and their articles are in `kur_conditions.py`, numbers and sources in `kur_terms.py`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import msgspec

from services.financing.domain.duration import add_days, add_months
from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    BorrowerKind,
    BusinessFacts,
    Code,
    Condition,
    CreditFacts,
    GroupFacts,
    KurReceived,
    LoanRequest,
    MigrationStatus,
    Note,
    NoteCode,
    PersonFacts,
    Purpose,
    Refusal,
    Relief,
    Rule,
    Source,
    Term,
    Value,
    concluded,
)
from services.financing.domain.rules import capacity, kur_group
from services.financing.domain.rules.kur_conditions import (
    Conditions,
    OfGroup,
    conditions_of,
    rate_notes,
)
from services.financing.domain.rules.kur_terms import (
    BEGINNING,
    SINCE_2023,
    Edition,
    ProductTerms,
    Relaxation,
)

SUPER_MIKRO, MIKRO, KECIL = "kur_super_mikro", "kur_mikro", "kur_kecil"
KHUSUS, PMI = "kur_khusus", "kur_pmi"
CODES = (SUPER_MIKRO, MIKRO, KECIL, KHUSUS, PMI)


@lru_cache(maxsize=16)
def _for_other_kinds(borrowers: Source) -> tuple[Assessment, ...]:
    kinds = {code: "person_or_group" if code == KHUSUS else "person" for code in CODES}
    return tuple(
        concluded(code, [Refusal(Code.BORROWER_KIND, borrowers, {"kinds": kinds[code]})], (), None)
        for code in CODES
    )


_NOT_YET = tuple(
    Assessment(
        code,
        (Refusal(Code.NOT_IN_FORCE, BEGINNING, {"since": SINCE_2023}, SINCE_2023),),
        (),
        None,
        SINCE_2023,
    )
    for code in CODES
)


class _Young(NamedTuple):
    """Why a business has not run long enough; the article differs from product to product."""

    code: Code
    numbers: Mapping[str, Value]
    earliest: date | None = None


class _Case(msgspec.Struct, frozen=True):
    """
    One request under one edition, with what all products share asked once.

    `carried` is what the capacity says at a rate, which most products have in common.
    """

    applicant: Applicant
    request: LoanRequest
    edition: Edition
    conditions: Conditions
    burden: Term[int]
    on: date
    alone: bool
    investment: bool
    notes: tuple[Note, ...]
    everyone: tuple[Refusal, ...]
    enterprise: tuple[Refusal, ...]
    business_age: _Young | None
    relief: Relief | None
    relaxation: Relaxation | None
    carried: dict[int, tuple[Refusal, ...]]

    def waives(self, rule: Rule) -> bool:
        """Say whether a rule is switched off for the special group that asks."""
        return self.relaxation is not None and rule in self.relaxation.switched_off


def assess(
    applicant: Applicant,
    request: LoanRequest,
    edition: Edition | None,
    *,
    burden: Term[int],
    on: date,
) -> tuple[Assessment, ...]:
    """
    Return what each KUR product says of `request` under `edition`, in the order of `CODES`.

    `burden` is the most that all instalments may take of the net income, in permille.
    """
    if edition is None:
        return _NOT_YET
    others = _for_other_kinds(edition.articles.borrowers)
    if applicant.kind is BorrowerKind.COOPERATIVE:
        return others
    case = _case(applicant, request, edition, burden, on)
    if applicant.kind is BorrowerKind.GROUP:
        super_mikro, mikro, kecil, _, pmi = others
        return (super_mikro, mikro, kecil, _khusus(case), pmi)
    return (_super_mikro(case), _mikro(case), _kecil(case), _khusus(case), _pmi(case))


def assess_one(
    product: str,
    applicant: Applicant,
    request: LoanRequest,
    edition: Edition | None,
    *,
    burden: Term[int],
    on: date,
) -> Assessment:
    """Return what one KUR product says, as `assess` does, without asking the others."""
    place, kind = CODES.index(product), applicant.kind
    if edition is None:
        return _NOT_YET[place]
    if kind is BorrowerKind.COOPERATIVE or (kind is BorrowerKind.GROUP and product != KHUSUS):
        return _for_other_kinds(edition.articles.borrowers)[place]
    judge = (_super_mikro, _mikro, _kecil, _khusus, _pmi)[place]
    return judge(_case(applicant, request, edition, burden, on))


def _case(
    applicant: Applicant, request: LoanRequest, edition: Edition, burden: Term[int], on: date
) -> _Case:
    relief, conditions = _relief(applicant.business, edition), conditions_of(edition)
    special = applicant.business.special_group
    relaxation = None if special is None else edition.relaxations.get(special)
    return _Case(
        applicant,
        request,
        edition,
        conditions,
        burden,
        on,
        applicant.kind is BorrowerKind.PERSON,
        request.purpose is Purpose.INVESTMENT,
        _notes(applicant, request, edition, on, relief, relaxation),
        _everyone(applicant.person, applicant.credit, conditions),
        _enterprise(applicant, edition, conditions, on),
        _business_age(applicant.business, edition, on),
        relief,
        relaxation,
        {},
    )


def _super_mikro(case: _Case) -> Assessment:
    terms, conditions, received = case.edition.super_mikro, case.conditions, _received(case)
    said = [*case.everyone, *case.enterprise]
    _never_commercial(said, case, conditions.never_commercial_super_mikro)
    _limits(said, case, terms)
    young = case.business_age
    if young is not None and not _evidence(case.applicant.person):  # E06
        source = case.edition.articles.business_age_super_mikro
        said.append(Refusal(_or_evidence(young.code), source, young.numbers, young.earliest))
    if received is None:  # E07
        said.append(conditions.first_kur.unknown)
    elif received.total > 0:
        said.append(conditions.first_kur.unmet.told({"count": received.total}))
    return _concluded(case, SUPER_MIKRO, terms, said)


def _mikro(case: _Case) -> Assessment:
    edition, terms, received = case.edition, case.edition.mikro, _received(case)
    said = [*case.everyone, *case.enterprise]
    _never_commercial(said, case, case.conditions.never_commercial_mikro)
    _limits(said, case, terms)
    _old_enough(said, case, edition.articles.business_age_mikro)
    _repeats(said, case, None if received is None else received.mikro)
    outstanding, most = case.applicant.credit.mikro_outstanding, edition.mikro_outstanding_max
    if outstanding is None:
        said.append(Refusal(Code.UNKNOWN_MIKRO_OUTSTANDING, most.source))
    elif _passes(outstanding, case.request.amount, most.value, terms):  # E17
        numbers = {"outstanding": outstanding, "amount": case.request.amount, "max": most.value}
        said.append(Refusal(Code.MIKRO_OUTSTANDING, most.source, numbers))
    before = 0 if received is None else received.mikro
    notes = tuple(_of_another_mikro(case)) if outstanding or before else ()
    return _concluded(case, MIKRO, terms, said, received=before, notes=notes)


def _of_another_mikro(case: _Case) -> Iterator[Note]:
    """Yield what Art. 24 allows who has had KUR mikro before."""
    owed, most = case.applicant.credit.mikro_outstanding, case.edition.mikro_outstanding_max
    if owed:
        numbers = {"outstanding": owed, "max": most.value}
        yield Note(NoteCode.SECOND_MIKRO, most.source, numbers)
    if case.edition.season_based is not None and case.applicant.business.production:
        yield Note(NoteCode.SEASON_BASED, case.edition.season_based)


def _passes(outstanding: int, amount: int, most: int, terms: ProductTerms) -> bool:
    """Judge what is owed after the new loan; who owes nothing has passed the plafon at most."""
    owes = outstanding > 0 or amount <= terms.plafon_max.value
    return owes and outstanding + amount > most


def _kecil(case: _Case) -> Assessment:
    terms, received = case.edition.kecil, _received(case)
    said = [*case.everyone, *case.enterprise]
    _never_commercial(said, case, case.conditions.never_commercial_kecil)
    _limits(said, case, terms)
    _old_enough(said, case, case.edition.articles.business_age_kecil)
    _repeats(said, case, None if received is None else received.kecil)
    covered = case.applicant.business.bpjs_tk
    if covered is not True:  # E14
        said.append(case.conditions.bpjs_tk.against(covered))
    before = 0 if received is None else received.kecil
    return _concluded(case, KECIL, terms, said, received=before)


def _khusus(case: _Case) -> Assessment:
    terms, group = case.edition.khusus, case.applicant.group
    said = [*case.everyone, *case.enterprise]
    _never_commercial(said, case, case.conditions.never_commercial_khusus)
    if not case.alone:
        return _of_group(case, terms, said)
    _limits(said, case, terms)
    _old_enough(said, case, case.edition.articles.business_age_khusus)
    if group is None:
        said.append(case.conditions.of_group.no_group)
    else:
        _arrangement(said, group, case.conditions.of_group)
    return _concluded(case, KHUSUS, terms, said)


def _of_group(case: _Case, terms: ProductTerms, said: list[Refusal]) -> Assessment:
    """Judge the chair, whose facts are the applicant's, the arrangement and each member."""
    group = case.applicant.group or GroupFacts()  # a group of which nothing is told yet
    _tenor(said, case, terms)
    _old_enough(said, case, case.edition.articles.business_age_khusus)
    _arrangement(said, group, case.conditions.of_group)
    asked = kur_group.Asked(
        case.applicant, group, case.request, case.edition, case.burden, case.on, case.waives
    )
    kur_group.judge(said, asked)
    return _concluded(case, KHUSUS, terms, said, notes=tuple(kur_group.notes(asked)))


def _pmi(case: _Case) -> Assessment:
    terms, conditions = case.edition.pmi, case.conditions.of_placement
    placement = case.applicant.placement
    said = list(case.everyone)
    _limits(said, case, terms)
    if placement is None:
        said.append(conditions.no_contract)
        return concluded(PMI, said, case.notes, terms.rates_bp.value[0], case.relief)
    _grown_up_pmi(said, case, permission=placement.parents_permission)
    if placement.siskop2mi is not True and placement.e_kpmi is not True:
        silent = placement.siskop2mi is None or placement.e_kpmi is None
        said.append(conditions.in_siskop2mi.unknown if silent else conditions.in_siskop2mi.unmet)
    months, tenor = placement.contract_months, case.request.tenor_months
    if months is None:
        said.append(conditions.within_contract.unknown)
    elif tenor > months:
        said.append(conditions.within_contract.unmet.told({"tenor": tenor, "max": months}))
    notes = (*case.notes, *_of_leavers(case))
    return concluded(PMI, said, notes, terms.rates_bp.value[0], case.relief)


def _of_leavers(case: _Case) -> Iterator[Note]:
    """Yield what who leaves to work abroad should know."""
    first, verified = case.edition.pmi_first_instalment_months, case.edition.pmi_verify_workdays
    yield Note(NoteCode.INSTALMENTS_AFTER_WORK, first.source, {"months": first.value})
    if verified is not None:
        yield Note(NoteCode.VERIFIED_WITHIN, verified.source, {"days": verified.value})
    if case.applicant.person.migration_status in _HOME:
        yield Note(NoteCode.LEAVES_AGAIN, case.edition.articles.placement)


_HOME = frozenset(
    {MigrationStatus.ON_LEAVE, MigrationStatus.RETURNED, MigrationStatus.DEPARTED_AGAIN}
)
"""Who has been abroad before."""


def _everyone(
    person: PersonFacts, credit: CreditFacts, conditions: Conditions
) -> tuple[Refusal, ...]:
    said: list[Refusal] = []
    if person.citizen is not True:  # E01
        said.append(conditions.citizen.against(person.citizen))
    if person.state_employee is not False:  # E16
        said.append(conditions.no_state_employee.against(person.state_employee))
    worst = credit.collectibility
    if worst is None:
        said.append(conditions.performing.unknown)
    elif worst >= 3:  # E15
        said.append(conditions.performing.unmet.told({"collectibility": worst}))
    elif worst == 2:  # E09: what is held beside KUR must be current
        said.append(conditions.not_current)
    if credit.dhn_listed is not False:  # E15
        said.append(conditions.not_listed.against(credit.dhn_listed))
    if credit.programme_unpaid is not False:  # E10
        said.append(conditions.programme_paid.against(credit.programme_unpaid))
    silence = _running(credit, conditions)
    if silence is not None:  # E09: another KUR comes only from the lender of the one that runs
        said.append(silence)
    return tuple(said)


def _running(credit: CreditFacts, conditions: Conditions) -> Refusal | None:
    """Ask for what is not known of a KUR that may still run."""
    received = credit.kur_received
    if credit.kur_outstanding is None:
        never = received is not None and received.total == 0
        return None if never else conditions.unknown_kur
    if credit.kur_outstanding > 0 and credit.kur_lender is None:
        return conditions.unknown_lender
    return None


def _enterprise(
    applicant: Applicant, edition: Edition, conditions: Conditions, on: date
) -> tuple[Refusal, ...]:
    said: list[Refusal] = []
    business, most = applicant.business, edition.turnover_max
    grown_up = _grown_up(applicant.person, conditions, on)
    if grown_up is not None:  # E02
        said.append(grown_up)
    if business.nib is not True and business.sku is not True:  # E12
        silent = business.nib is None or business.sku is None
        said.append(conditions.licence.unknown if silent else conditions.licence.unmet)
    if most is not None and not business.planned:
        turnover = business.turnover_year
        if turnover is None:
            said.append(Refusal(Code.UNKNOWN_TURNOVER, most.source))
        elif turnover > most.value:  # 1/2026 Art. 3(3)
            numbers = {"turnover": turnover, "max": most.value}
            said.append(Refusal(Code.TURNOVER, most.source, numbers))
    return tuple(said)


def _grown_up(person: PersonFacts, conditions: Conditions, on: date) -> Refusal | None:
    if person.married is True:
        return None
    if person.birth_date is None:
        return conditions.of_age.unknown
    of_age = add_months(person.birth_date, 21 * 12)
    if on >= of_age:
        return None
    if person.married is None:
        return conditions.unknown_married.told({"from": of_age}, of_age)
    return conditions.of_age.unmet.told({"min": 21, "from": of_age}, of_age)


def _grown_up_pmi(said: list[Refusal], case: _Case, *, permission: bool | None) -> None:
    person, conditions = case.applicant.person, case.conditions.of_placement
    if person.birth_date is None:
        said.append(conditions.of_age.unknown)
        return
    eighteen = add_months(person.birth_date, 18 * 12)
    if case.on < eighteen:  # E03
        said.append(conditions.of_age.unmet.told({"min": 18, "from": eighteen}, eighteen))
    # The parents' permission is asked of those whom the banks do not yet treat as adults.
    young = case.on < add_months(person.birth_date, 21 * 12) and person.married is not True
    if young and permission is not True:  # E03
        said.append(conditions.parents_permission.against(permission))


def _never_commercial(said: list[Refusal], case: _Case, condition: Condition) -> None:
    before = case.applicant.credit.commercial_before
    if before is not False and not case.waives(Rule.NEVER_COMMERCIAL):  # E08
        said.append(condition.against(before))


def _business_age(business: BusinessFacts, edition: Edition, on: date) -> _Young | None:
    months = edition.business_age_months_min
    if business.planned:
        return _Young(Code.BUSINESS_PLANNED, {"months": months})
    if business.started_on is None:
        return _Young(Code.UNKNOWN_BUSINESS_START, {})
    old_enough = add_months(business.started_on, months)
    if on >= old_enough:
        return None
    numbers = {"started": business.started_on, "months": months, "from": old_enough}
    return _Young(Code.BUSINESS_AGE, numbers, old_enough)


def _old_enough(said: list[Refusal], case: _Case, source: Source) -> None:
    young = case.business_age
    if young is None:
        return
    if young.code is Code.BUSINESS_PLANNED or not case.waives(Rule.BUSINESS_AGE):  # E05
        said.append(Refusal(young.code, source, young.numbers, young.earliest))


def _or_evidence(code: Code) -> Code:
    """Tell a young business what stands in for its age; of another kind, why it has none."""
    return Code.BUSINESS_AGE_OR_EVIDENCE if code is Code.BUSINESS_AGE else code


def _evidence(person: PersonFacts) -> bool:
    return (
        person.mentored is True
        or person.trained is True
        or person.group_member is True
        or person.family_business is True
    )


def _limits(said: list[Refusal], case: _Case, terms: ProductTerms) -> None:
    amount, most = case.request.amount, terms.plafon_max
    if amount < terms.plafon_min:
        numbers = {"amount": amount, "min": terms.plafon_min}
        said.append(Refusal(Code.AMOUNT_BELOW, most.source, numbers))
    if amount > most.value:
        numbers = {"amount": amount, "max": most.value}
        said.append(Refusal(Code.AMOUNT_ABOVE, most.source, numbers))
    _tenor(said, case, terms)
    above, npwp = terms.npwp_above, case.applicant.business.npwp
    if above is not None and amount > above.value and npwp is not True:  # E13
        code = Code.UNKNOWN_NPWP if npwp is None else Code.NPWP
        said.append(Refusal(code, above.source, {"amount": amount, "above": above.value}))


def _tenor(said: list[Refusal], case: _Case, terms: ProductTerms) -> None:
    longest = terms.ki_months_max if case.investment else terms.kmk_months_max
    tenor = case.request.tenor_months
    if tenor > longest.value:
        numbers = {"tenor": tenor, "max": longest.value}
        said.append(Refusal(Code.TENOR_ABOVE, longest.source, numbers))


def _received(case: _Case) -> KurReceived | None:
    return case.applicant.credit.kur_received


def _repeats(said: list[Refusal], case: _Case, received: int | None) -> None:
    limit = case.edition.repeats
    if limit is None or case.waives(Rule.REPEATS):  # E18: abolished in 2026
        return
    production = case.applicant.business.production
    if received is None:
        said.append(Refusal(Code.UNKNOWN_KUR_RECEIVED, limit.source))
    elif production is None and received >= limit.value.other:
        said.append(Refusal(Code.UNKNOWN_PRODUCTION, limit.source))
    else:
        most = limit.value.production if production else limit.value.other
        if received >= most:  # E17
            numbers = {"count": received, "max": most}
            said.append(Refusal(Code.KUR_REPEATS, limit.source, numbers))


def _arrangement(said: list[Refusal], group: GroupFacts, conditions: OfGroup) -> None:
    if group.offtaker is not True:  # Art. 4A
        said.append(conditions.offtaker.against(group.offtaker))
    if group.pks is not True:  # Art. 4
        said.append(conditions.pks.against(group.pks))
    if group.validated is not True:  # Art. 4: by the dinas or the offtaker
        said.append(conditions.validated.against(group.validated))
    if group.in_sikp is not True:  # Art. 4
        said.append(conditions.in_sikp.against(group.in_sikp))


def _relief(business: BusinessFacts, edition: Edition) -> Relief | None:
    """Return the relief of a business that a disaster in its province has affected."""
    relief = edition.relief
    if relief is None or business.disaster_affected is not True:
        return None
    return relief if business.province in relief.provinces else None


def _notes(
    applicant: Applicant,
    request: LoanRequest,
    edition: Edition,
    on: date,
    relief: Relief | None,
    relaxation: Relaxation | None,
) -> tuple[Note, ...]:
    notes: list[Note] = []
    articles, credit = edition.articles, applicant.credit
    if credit.paid_off_on is not None:  # E11
        seen = add_days(credit.paid_off_on, edition.pay_off_lag_days)
        if on < seen:
            numbers = {"paid": credit.paid_off_on, "from": seen}
            notes.append(Note(NoteCode.RETRY_AFTER, articles.pay_off_lag, numbers))
    if credit.kur_outstanding:  # E09
        held: dict[str, Value] = {"outstanding": credit.kur_outstanding}
        if credit.kur_lender is not None:
            held["lender"] = credit.kur_lender
        notes.append(Note(NoteCode.SAME_LENDER_ONLY, articles.same_lender, held))
    if relief is not None:
        notes.append(_of_relief(relief))
    if relaxation is not None:
        switched_off = ", ".join(sorted(relaxation.switched_off))
        numbers = {"group": str(applicant.business.special_group), "rules": switched_off}
        notes.append(Note(NoteCode.RELAXED, relaxation.source, numbers))
    if request.collateral_demanded or request.amount > edition.collateral_free_max:
        _of_agunan(notes, applicant, request, edition)
    return tuple(notes)


def _of_agunan(
    notes: list[Note], applicant: Applicant, request: LoanRequest, edition: Edition
) -> None:
    """Say whose breach a demand is; of a group each member's share is a plafon of its own."""
    free, group = edition.collateral_free_max, applicant.group
    least = most = request.amount
    if applicant.kind is BorrowerKind.GROUP and group is not None and group.members:
        shares = [member.share for _, member in kur_group.taking_part(group)]
        least, most = min(shares, default=0), max(shares, default=0)
    if request.collateral_demanded and least <= free:
        amount = most if most <= free else least
        numbers = {"amount": amount, "max": free}
        notes.append(Note(NoteCode.POLICY_VIOLATION, edition.articles.collateral, numbers))
    if most > free:
        notes.append(edition.agunan_above)


def _of_relief(relief: Relief) -> Note:
    changes = zip(relief.rates_bp.since, relief.rates_bp.values, strict=True)
    years = ", ".join(f"{rate_bp // 100} % ({day.year})" for day, rate_bp in changes)
    return Note(NoteCode.DISASTER_RELIEF, relief.source, {"rates": years})


def _concluded(
    case: _Case,
    product: str,
    terms: ProductTerms,
    said: list[Refusal],
    *,
    received: int = 0,
    notes: tuple[Note, ...] = (),
) -> Assessment:
    rates = terms.rates_bp.value
    if received and case.waives(Rule.TIERED_RATE):
        received = 0
    rate_bp = rates[min(received, len(rates) - 1)]
    if case.alone:
        said += _carried(case, rate_bp)
        if case.applicant.business.planned:
            notes = (*notes, Note(NoteCode.INCOME_NOT_JUDGED, case.burden.source))
    notes = (*case.notes, *notes, *rate_notes(terms))
    return concluded(product, said, notes, rate_bp, case.relief)


def _carried(case: _Case, rate_bp: int) -> tuple[Refusal, ...]:
    """Judge the instalment at a rate, once for all products that have it."""
    said = case.carried.get(rate_bp)
    if said is None:
        said = case.carried[rate_bp] = capacity.judged(
            case.applicant.business,
            case.applicant.credit,
            most=case.burden,
            amount=case.request.amount,
            rate_bp=rate_bp,
            months=case.request.tenor_months,
        )
    return said
