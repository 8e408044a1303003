"""What a borrower stands for: every known debt once, and what is unknown by its name."""

import pytest

from services.financing.domain.eligibility import KurReceived
from services.financing.domain.exposure import Exposure, Part, exposure
from tests.financing.domain.applicants import a_cooperative, a_person, ask

OWED = {
    "credit__kur_outstanding": 30_000_000,
    "credit__cooperative_debt": 4_000_000,
    "credit__declared_debt": 2_000_000,
    "credit__guarantees_given": 500_000_000,
}


def test_the_loan_comes_on_top_of_every_debt_and_guarantee():
    assert exposure(a_person(**OWED), ask(10_000_000)) == Exposure(
        parts=(
            (Part.KUR, 30_000_000),
            (Part.COOPERATIVE, 4_000_000),
            (Part.DECLARED, 2_000_000),
            (Part.GUARANTEES, 500_000_000),
        ),
        unknown=(),
        before=536_000_000,
        after=546_000_000,
    )


@pytest.mark.parametrize(
    ("fact", "part"),
    [
        ("credit__kur_outstanding", Part.KUR),
        ("credit__cooperative_debt", Part.COOPERATIVE),
        ("credit__declared_debt", Part.DECLARED),
        ("credit__guarantees_given", Part.GUARANTEES),
    ],
)
def test_a_part_that_nobody_has_told_is_named_and_counts_nothing(fact, part):
    facts = {**OWED, "credit__kur_received": None, "credit__mikro_outstanding": None, fact: None}
    counted = exposure(a_person(**facts), ask(10_000_000))
    assert counted.unknown == (part,)
    assert part not in dict(counted.parts)
    assert counted.before == 536_000_000 - OWED[fact]


@pytest.mark.parametrize(
    ("owed", "mikro", "received", "counted"),
    [
        (30, 20, KurReceived(mikro=1), 30),  # mikro is part of it
        (10, 20, KurReceived(mikro=1), 20),
        (None, 20, KurReceived(mikro=1), 20),
        (None, 0, KurReceived(kecil=1), None),
        (None, None, KurReceived(), 0),
        (None, None, None, None),
    ],
)
def test_kur_is_counted_once(owed, mikro, received, counted):
    person = a_person(
        credit__kur_outstanding=owed,
        credit__mikro_outstanding=mikro,
        credit__kur_received=received,
    )
    assert dict(exposure(person, ask()).parts).get(Part.KUR) == counted


def test_what_a_cooperative_owes_is_not_guessed():
    assert exposure(a_cooperative(), ask()) is None
