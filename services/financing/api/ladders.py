"""/ladders: the products side by side, what each lends now and later, and by which steps."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Body, Response
from pydantic import Field

from services.financing.api.applications import ApplicationsReader
from services.financing.api.decisions import NoteOut, note_out
from services.financing.api.facts import BorrowerFactsIn, LoanRequestIn
from services.financing.api.prequalifications import Decider
from services.financing.api.problems import PROBLEMS
from services.financing.api.records import kept
from services.financing.api.recourse import RecourseStepOut, steps_out
from services.financing.api.sources import English, Indonesian
from services.financing.db import applications
from services.financing.db.applications import ApplicationNotFound, DecisionNotFound
from services.financing.domain.decision import IN_FORCE
from services.financing.domain.eligibility import (
    Applicant,
    Code,
    Confidence,
    LoanRequest,
    Purpose,
)
from services.financing.domain.figures import rate_source
from services.financing.domain.ladder import Rung, ladder
from services.financing.domain.ladder_texts import rung_text
from services.financing.domain.products import BY_CODE, Scheme
from services.financing.domain.recourse import Recourse
from services.financing.domain.texts import Language
from shared.auth import Forbidden, Unauthenticated
from shared.clock import WIB, Now
from shared.edge import Read, router
from shared.wire import In, Out

routes = router("/ladders", tags=["decisions"])
of_applications = router("/applications", tags=["applications"])

EXAMPLE: Mapping[str, Any] = {
    "borrower": {
        "kind": "person",
        "person": {
            "birth_date": "1988-03-14",
            "married": True,
            "citizen": True,
            "state_employee": False,
            "mentored": True,
        },
        "business": {
            "started_on": "2026-09-01",
            "production": False,
            "sku": True,
            "turnover_year": 90_000_000,
            "net_income_month": 4_000_000,
        },
        "credit": {
            "collectibility": 1,
            "dhn_listed": False,
            "kur_received": {},
            "kur_outstanding": 0,
            "mikro_outstanding": 0,
            "commercial_before": False,
            "programme_unpaid": False,
            "instalments_month": 0,
        },
    },
    "request": {"amount": 25_000_000, "tenor_months": 24},
}


class LadderNew(In):
    """Who wants what. Leave out what is not known: the steps name what is still needed."""

    borrower: BorrowerFactsIn
    request: Annotated[LoanRequestIn, Field(description="The loan that is wanted in the end")]


class ProductNamedOut(Out):
    """A product by its names. `assumed`: no text has been found that it exists."""

    product: Annotated[str, Field(description="`code` of the product")]
    scheme: Scheme
    name_id: str
    name_en: str
    assumed: bool


class RungOut(ProductNamedOut):
    """One amount that one product lends, from a day on: computed as loans are usually repaid."""

    no: Annotated[int, Field(description="The place on the ladder, from 1")]
    on: Annotated[date, Field(description="The first day on which the answer is yes")]
    sentence_id: Indonesian
    sentence_en: English
    amount: Annotated[int, Field(description="What it lends then, in rupiah")]
    whole: Annotated[bool, Field(description="Whether that is all that is wanted")]
    tenor_months: int
    purpose: Purpose
    rate_bp: Annotated[
        int, Field(description="The product's yearly rate in hundredths of a percent, no relief")
    ]
    rate_confidence: Annotated[
        Confidence | None, Field(description="How sure we are of that rate")
    ]
    instalment_month: Annotated[int, Field(description="The first instalment, in rupiah")]
    total_instalments: int
    total_cost: Annotated[int, Field(description="Everything beyond the principal, in rupiah")]
    effective_rate_bp: Annotated[
        int | None, Field(description="The yearly rate of what is really paid")
    ]
    flat_rate_millipercent: Annotated[
        int | None,
        Field(description="The flat rate that would cost as much, in thousandths of a percent"),
    ]
    as_you_are: Annotated[
        bool, Field(description="Whether nothing has to happen but to ask for it")
    ]
    hoped: Annotated[
        bool,
        Field(description="Whether a fact has still to be told, and is hoped to be favourable"),
    ]
    steps: Annotated[
        list[RecourseStepOut], Field(description="What leads there, to be done in this order")
    ]
    notes: list[NoteOut]


class OutOfReachOut(ProductNamedOut):
    """A product that no step leads to."""

    stuck: Annotated[list[Code], Field(description="The reasons that nothing removes")]


class LadderOut(Out):
    """A recommendation, not a promise: the lender decides.

    The rungs stand by day, then those that need nothing to happen, then by the larger amount, then
    by the lower cost. A product has two at most.
    """

    on: Annotated[date, Field(description="The day of this answer")]
    facts_of: Annotated[date, Field(description="The day as of which the facts were known")]
    amount: Annotated[int, Field(description="What is wanted, in rupiah")]
    rungs: list[RungOut]
    out_of_reach: list[OutOfReachOut]


@routes.post(
    "",
    response_model=LadderOut,
    responses=PROBLEMS.openapi(Unauthenticated, Forbidden),
    operation_id="compute_ladder",
)
async def compute_ladder(
    caller: Decider,
    now: Now,
    new: Annotated[
        LadderNew,
        Body(
            openapi_examples={
                "young_business": {
                    "summary": "Rp 25 million wanted, a mentored business of three months",
                    "value": EXAMPLE,
                }
            }
        ),
    ],
) -> Response:
    """Show what each product lends towards a wanted loan: today, and later by which steps.

    Nothing is stored: ask as often as you like.
    """
    today = now.astimezone(WIB).date()
    return _answer(new.borrower.facts(), new.request.facts(), today=today, facts_of=today)


@of_applications.get(
    "/{id}/ladder",
    response_model=LadderOut,
    responses=PROBLEMS.openapi(ApplicationNotFound, DecisionNotFound),
    operation_id="get_application_ladder",
)
async def get_application_ladder(
    caller: ApplicationsReader, db: Read, now: Now, id: UUID
) -> Response:
    """Show today's ladder for a decided application, from the facts that were decided on."""
    await applications.get(db, caller, id)
    row = await applications.decided(db, id)
    facts = kept(row["facts"]).facts
    today = now.astimezone(WIB).date()
    return _answer(facts.applicant, facts.request, today=today, facts_of=facts.on)


def _answer(
    applicant: Applicant, request: LoanRequest, *, today: date, facts_of: date
) -> Response:
    climb = ladder(applicant, request, on=today)
    body = {
        "on": today,
        "facts_of": facts_of,
        "amount": request.amount,
        "rungs": [_rung(no, rung, request, today) for no, rung in enumerate(climb.rungs, start=1)],
        "out_of_reach": [_out_of_reach(way) for way in climb.out_of_reach],
    }
    return Response(orjson.dumps(body), media_type="application/json")


def _named(code: str) -> dict[str, Any]:
    product = BY_CODE[code]
    return {
        "product": code,
        "scheme": product.scheme,
        "name_id": product.name_id,
        "name_en": product.name_en,
        "assumed": product.assumed,
    }


def _rung(no: int, rung: Rung, wanted: LoanRequest, today: date) -> dict[str, Any]:
    akad_on = max(rung.on, wanted.akad_on or rung.on)
    source, told = rate_source(IN_FORCE, rung.product, akad_on), rung.cost
    return {
        **_named(rung.product),
        "no": no,
        "on": rung.on,
        "sentence_id": rung_text(rung, Language.ID, today=today),
        "sentence_en": rung_text(rung, Language.EN, today=today),
        "amount": rung.request.amount,
        "whole": rung.request.amount == wanted.amount,
        "tenor_months": rung.request.tenor_months,
        "purpose": rung.request.purpose,
        "rate_bp": rung.rate_bp,
        "rate_confidence": None if source is None else source.confidence,
        "instalment_month": rung.instalment,
        "total_instalments": told.instalments,
        "total_cost": told.total,
        "effective_rate_bp": told.effective_rate_bp,
        "flat_rate_millipercent": told.flat_millipercent,
        "as_you_are": rung.as_you_are,
        "hoped": rung.hoped,
        "steps": steps_out(rung.steps),
        "notes": [note_out(note) for note in rung.notes],
    }


def _out_of_reach(way: Recourse) -> dict[str, Any]:
    return {**_named(way.product), "stuck": way.stuck}
