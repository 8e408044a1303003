"""The words of a yes or a no: places in a regulation, and the day from which nothing waits."""

from datetime import date

import pytest

from services.financing.domain.eligibility import (
    Article,
    Code,
    Confidence,
    LoanRequest,
    Note,
    NoteCode,
    Refusal,
    Source,
    cited,
    concluded,
)
from shared.money import Rupiah

SOURCE = Source("UU 25/1992", "Art. 26", date(1992, 10, 21), None, Confidence.UNVERIFIED)
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)

# a place as lawyers write it: pasal, ayat, huruf
PLACES = [
    ("36", ("36", None, None)),
    ("4A", ("4A", None, None)),
    ("36(2)", ("36", "2", None)),
    ("23(4a)", ("23", "4a", None)),
    ("19(3)c", ("19", "3", "c")),
    ("5c", ("5", None, "c")),
]


@pytest.mark.parametrize(("place", "parts"), PLACES)
def test_a_place_is_read_as_lawyers_write_it(place, parts):
    assert cited("Permenko 1/2022", place) == (Article("Permenko 1/2022", *parts),)


def test_several_places_are_of_one_regulation_and_none_is_none():
    assert cited("PMK 49/2025", "5(1)b", "11") == (
        Article("PMK 49/2025", "5", "1", "b"),
        Article("PMK 49/2025", "11"),
    )
    assert cited("PMK 49/2025") == ()


@pytest.mark.parametrize("place", ["", "Art. 36", "36()", "36(2", "36 (2)", "36(2)3", "A4"])
def test_a_place_written_otherwise_is_none(place):
    with pytest.raises(ValueError, match="no place in a regulation"):
        cited("PMK 49/2025", place)


def waits(day: date | None, code: Code = Code.AGE) -> Refusal:
    """A refusal that passes on a day."""
    return Refusal(code, SOURCE, {}, day)


# in words, the refusals, the day from which none of them waits
WAITING = [
    ("one that waits", [waits(MAY)], MAY),
    ("one that does not", [waits(None)], None),
    ("two that wait: the later one", [waits(JUNE), waits(MAY)], JUNE),
    ("two that wait, the other way round", [waits(MAY), waits(JUNE)], JUNE),
    ("one that waits beside one that may be mended", [waits(MAY), waits(None, Code.NPWP)], MAY),
    *(
        (f"one that waits beside {code}", [waits(MAY), waits(None, code)], None)
        for code in (
            Code.BORROWER_KIND,
            Code.COOPERATIVE_KIND,
            Code.RAT_ENOUGH,
            Code.STATE_EMPLOYEE,
            Code.NOT_IN_FORCE,
        )
    ),
    ("a product still to come", [waits(MAY, Code.NOT_IN_FORCE)], MAY),
]


@pytest.mark.parametrize(("words", "refusals", "earliest"), WAITING, ids=[w for w, *_ in WAITING])
def test_an_answer_says_from_when_nothing_waits(words, refusals, earliest):
    retry = Note(NoteCode.RETRY_AFTER, SOURCE, {"from": JUNE})
    said = concluded("kur_mikro", refusals, (retry,), 600)
    assert (said.earliest_date, said.eligible) == (earliest, False)
    assert (said.product, said.refusals, said.notes) == ("kur_mikro", tuple(refusals), (retry,))
    assert (said.rate_bp, said.relief) == (600, None)


def test_a_yes_says_when_to_come_back_if_a_note_does():
    relaxed = Note(NoteCode.RELAXED, SOURCE, {"from": MAY})
    retry = Note(NoteCode.RETRY_AFTER, SOURCE, {"from": JUNE})
    assert concluded("kur_mikro", [], (relaxed, retry), 600).earliest_date == JUNE
    assert concluded("kur_mikro", [], (relaxed,), 600).earliest_date is None


@pytest.mark.parametrize(("amount", "months"), [(1, 1), (10**13, 600)])
def test_the_smallest_and_the_largest_request_can_be_made(amount, months):
    made = LoanRequest(amount=Rupiah(amount), tenor_months=months)
    assert (made.amount, made.tenor_months) == (amount, months)


@pytest.mark.parametrize(
    ("amount", "months", "what"),
    [
        (0, 12, "amount"),
        (-1, 12, "amount"),
        (10**13 + 1, 12, "amount"),
        (10**6, 0, "tenor"),
        (10**6, -1, "tenor"),
        (10**6, 601, "tenor"),
    ],
)
def test_an_impossible_request_is_not_even_made(amount, months, what):
    with pytest.raises(ValueError, match=f"the {what} must lie between"):
        LoanRequest(amount=Rupiah(amount), tenor_months=months)
