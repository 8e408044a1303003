"""
Tables that a lawyer can read: a situation in words, its facts, the day, the reasons, the article.

A row says everything that the product answers. Each reason names the place where it stands, as
its source has it; where that is not law, the row says so: `(assumption)`, `(unverified)`. Beside
it stand the numbers that an applicant reads, and the day from which the reason passes.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any, NamedTuple

from services.financing.domain.eligibility import (
    Applicant,
    Assessment,
    Code,
    Confidence,
    LoanRequest,
    Note,
    NoteCode,
    Refusal,
    Source,
    Value,
)
from tests.financing.domain.applicants import assessed

LAW = {Confidence.REGULATION, Confidence.PRESS}
NO_NUMBERS: Mapping[str, Value] = {}


class Said(NamedTuple):
    """One reason or note: its article, its numbers, and the day from which a reason passes."""

    code: Code | NoteCode
    article: str
    numbers: Mapping[str, Value] = NO_NUMBERS
    earliest: date | None = None


class Row(NamedTuple):
    """One situation, and every reason against it; `notes` None where it is not about them."""

    situation: str
    product: str
    applicant: Applicant
    request: LoanRequest
    day: date
    reasons: tuple[Said, ...] = ()
    notes: tuple[Said, ...] | None = None


def check(row: Row) -> None:
    """Ask the product; it says exactly these reasons, and these notes where the row has some."""
    hold(assessed(row.product, row.applicant, row.request, on=row.day), row)


def hold(said: Assessment, row: Row) -> None:
    """Hold an answer to a row."""
    assert said.product == row.product
    assert said.eligible is not bool(row.reasons)
    same(said.refusals, row.reasons)
    for refusal, reason in zip(ordered(said.refusals), ordered(row.reasons), strict=True):
        assert refusal.earliest == reason.earliest
    if row.notes is not None:
        same(said.notes, row.notes)


def same(said: Sequence[Refusal | Note], expected: Sequence[Said]) -> None:
    """Hold what was said to a row, whatever the order: code, numbers and article."""
    assert sorted(each.code for each in said) == sorted(each.code for each in expected)
    for each, wanted in zip(ordered(said), ordered(expected), strict=True):
        assert each.numbers == wanted.numbers
        assert not any(isinstance(number, float) for number in each.numbers.values())
        stands(each.source, wanted.article)


def ordered(said: Sequence[Any]) -> list[Any]:
    """The same by code."""
    return sorted(said, key=lambda each: each.code)


def stands(source: Source, article: str) -> None:
    """Hold a source to the article of a row; what is not law is said not to be."""
    assert article in named(source)
    if source.confidence not in LAW:
        assert article.endswith(f"({source.confidence})"), (article, named(source))


def named(source: Source) -> str:
    """The regulation, the place in it, and how sure we are where it is not law."""
    place = f"{source.regulation}, {source.provision}"
    return place if source.confidence in LAW else f"{place} ({source.confidence})"


def anew(module: ModuleType) -> Any:
    """
    Load a module once more, beside the one in use.

    Its sources and terms are made while it is loaded. Holding them to the rows a second time lets
    `bench.mutation` see that a change there turns a row red: it changes what is loaded already.
    """
    assert module.__file__
    spec = spec_from_file_location(module.__name__, module.__file__)
    assert spec
    assert spec.loader
    again = module_from_spec(spec)
    spec.loader.exec_module(again)
    return again


def situation(row: Row) -> str:
    """The name of a row's test."""
    return f"{row.product}: {row.situation}, {row.day}"
