"""
Tables that a lawyer can read: a situation in words, its facts, the day, the reasons, the article.

A row says everything that the product answers, and where the last reason stands.
"""

from datetime import date
from typing import NamedTuple

from services.financing.domain.eligibility import Applicant, Code, LoanRequest, Source
from tests.financing.domain.applicants import assessed


class Row(NamedTuple):
    """One situation. `article` is where each reason stands, in the words of its source."""

    situation: str
    product: str
    applicant: Applicant
    request: LoanRequest
    day: date
    reasons: set[Code]
    article: str = ""


def check(row: Row) -> None:
    """Ask the product; it says exactly these reasons, each with the article of the row."""
    said = assessed(row.product, row.applicant, row.request, on=row.day)
    assert {each.code for each in said.refusals} == row.reasons, row.situation
    assert said.eligible is not bool(row.reasons)
    for each in said.refusals:
        assert row.article in named(each.source), (row.situation, named(each.source))


def named(source: Source) -> str:
    """The regulation and the place in it."""
    return f"{source.regulation}, {source.provision}"


def situation(row: Row) -> str:
    """The name of a row's test."""
    return f"{row.product}: {row.situation}, {row.day}"
