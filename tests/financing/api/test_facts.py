"""Facts: the wire mirrors the rules, and nobody overrules the registry."""

from dataclasses import fields, replace
from datetime import date
from uuid import UUID

import pytest

from services.financing.api import facts
from services.financing.api.facts import DeclaredIn, applicant
from services.financing.domain import eligibility
from services.financing.domain.eligibility import (
    BorrowerKind,
    CooperativeKind,
    HealthGrade,
    MigrationStatus,
    Rat,
    Shu,
    VerificationLevel,
)
from services.financing.registry import (
    KnownCooperative,
    KnownFigures,
    KnownMembership,
    KnownPerson,
    KnownRat,
    Proof,
    ProofKind,
)

SOMEBODY = UUID("01938d5e-0000-7000-8000-000000000001")
PERSON = KnownPerson(
    id=SOMEBODY,
    full_name="Siti Rahmawati",
    birth_date=date(1988, 3, 14),
    married=None,
    ktp_village_code="52.03.05.2001",
    domicile_village_code=None,
    migration_status=MigrationStatus.RETURNED,
    verification_level=VerificationLevel.VILLAGE_ATTESTED,
    returned_on=date(2026, 2, 1),
    proofs=(Proof(kind=ProofKind.TRAINED, record_id=SOMEBODY, since=date(2026, 5, 1)),),
    memberships=(),
    registered_by="app-a",
    person_nik="5203055403880001",
)
COOPERATIVE = KnownCooperative(
    id=SOMEBODY,
    kind=CooperativeKind.KOPDES,
    name="Kopdes Sukamaju",
    status="active",
    founded_on=date(2025, 7, 21),
    legal_entity_no="AHU-0001",
    coop_registry_no=None,
    certificate_valid_until=None,
    rats=(KnownRat(book_year=2025, held_on=date(2026, 3, 1)),),
    figures=(
        KnownFigures(book_year=2026, shu=-5, equity=7, assets=9),
        KnownFigures(book_year=2025, shu=1, equity=2, assets=3),
    ),
    health_grade=HealthGrade.SEHAT,
    has_usp=False,
    microsite_url=None,
    npwp="01.234",
    nib=None,
)


def membership(*, has_usp: bool) -> KnownMembership:
    return KnownMembership(
        cooperative_id=SOMEBODY, kind=CooperativeKind.KOPDES, name="Kopdes", has_usp=has_usp
    )


@pytest.mark.parametrize(
    ("wire", "domain"),
    [
        (facts.LoanRequestIn, eligibility.LoanRequest),
        (facts.PersonFactsIn, eligibility.PersonFacts),
        (facts.MembershipFactsIn, eligibility.MembershipFacts),
        (facts.BusinessFactsIn, eligibility.BusinessFacts),
        (facts.CreditFactsIn, eligibility.CreditFacts),
        (facts.KurReceivedIn, eligibility.KurReceived),
        (facts.GroupFactsIn, eligibility.GroupFacts),
        (facts.PlacementContractIn, eligibility.PlacementContract),
        (facts.CooperativeFactsIn, eligibility.CooperativeFacts),
        (facts.BorrowerFactsIn, eligibility.Applicant),
    ],
)
def test_the_wire_names_every_fact_that_the_rules_read(wire, domain):
    assert set(wire.model_fields) == {field.name for field in fields(domain)}


@pytest.mark.parametrize(
    "model",
    [facts.PersonFactsIn, facts.BusinessFactsIn, facts.CreditFactsIn, facts.CooperativeFactsIn],
)
def test_what_is_left_out_is_unknown_to_the_rules_too(model):
    assert model().facts() == type(model().facts())()


def test_what_the_registry_knows_is_joined_to_what_is_declared():
    declared = DeclaredIn.model_validate(
        {
            "person": {"citizen": True, "trade_experience_months": 40},
            "membership": {"simpanan_pokok_paid": True},
            "credit": {"kur_received": {"mikro": 2}},
            "group": {"members": [{"share": 5, "collectibility": 1}]},
        }
    )
    found = applicant(BorrowerKind.PERSON, declared, PERSON)
    assert (found.person.birth_date, found.person.married) == (date(1988, 3, 14), None)
    assert (found.person.trained, found.person.mentored) == (True, False)
    assert (found.person.citizen, found.person.trade_experience_months) == (True, 40)
    assert (found.membership.active, found.membership.simpanan_pokok_paid) == (False, True)
    assert found.credit.kur_received == eligibility.KurReceived(mikro=2)
    assert found.group is not None
    assert found.group.members == (eligibility.GroupMember(5, 1),)


@pytest.mark.parametrize(
    ("units", "active", "usp"),
    [((), False, False), ((False,), True, False), ((False, True), True, True)],
)
def test_one_membership_with_a_savings_and_loan_unit_is_enough(units, active, usp):
    known = replace(PERSON, memberships=tuple(membership(has_usp=unit) for unit in units))
    found = applicant(BorrowerKind.PERSON, DeclaredIn(), known).membership
    assert (found.active, found.usp) == (active, usp)


def test_a_cooperative_s_record_is_taken_from_the_registry():
    declared = DeclaredIn.model_validate({"cooperative": {"equity": 999, "arrears": False}})
    found = applicant(BorrowerKind.COOPERATIVE, declared, COOPERATIVE).cooperative
    assert found.rats == (Rat(2025, date(2026, 3, 1)),)
    assert found.shu == (Shu(2026, -5), Shu(2025, 1))
    assert (found.equity, found.arrears) == (7, False)
    assert (found.usp, found.npwp, found.nib, found.microsite) == (False, True, None, None)


def test_without_yearly_figures_the_declared_equity_counts():
    declared = DeclaredIn.model_validate({"cooperative": {"equity": 999}})
    known = replace(COOPERATIVE, figures=())
    assert applicant(BorrowerKind.COOPERATIVE, declared, known).cooperative.equity == 999


@pytest.mark.parametrize(
    "given",
    [
        {"person": {"birth_date": "1988-03-14"}},
        {"person": {"mentored": True}},
        {"membership": {"active": True}},
        {"cooperative": {"rats": []}},
    ],
)
def test_what_the_registry_knows_cannot_be_declared(given):
    with pytest.raises(ValueError, match="Extra inputs"):
        DeclaredIn.model_validate(given)


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (BorrowerKind.COOPERATIVE, PERSON),
        (BorrowerKind.PERSON, COOPERATIVE),
        (BorrowerKind.GROUP, COOPERATIVE),
    ],
)
def test_a_borrower_is_what_the_registry_knows_them_as(kind, known):
    with pytest.raises(ValueError, match="are not those of a"):
        applicant(kind, DeclaredIn(), known)


def test_the_nik_never_shows_when_facts_are_printed():
    assert "5203055403880001" not in repr(PERSON)
    assert "5203055403880001" not in f"{PERSON}"
