"""
A decision as a reader sees it: every product with every reason, the score, the route.

`render` writes the same bytes for the wire and for storage. Reasons are kept ready by what they
say: most refusals are the same sentence from the same article, whoever asks.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

import orjson
from msgspec.structs import asdict
from pydantic import Field

from services.financing.api.recourse import RecourseOut, recourse_out
from services.financing.api.scores import ScoreOut, score_out
from services.financing.api.sources import English, Indonesian, SourceOut, Sure, source_out
from services.financing.domain import route_texts, texts
from services.financing.domain.decision import IN_FORCE, Decision, Rulebook
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
from services.financing.domain.exposure import Part, exposure
from services.financing.domain.figures import rate_source
from services.financing.domain.products import BY_CODE, Scheme
from services.financing.domain.rates import rate_periods
from services.financing.domain.recourse import recourse
from services.financing.domain.routing import Leg, Outcome, Route, Why, WhyNot
from services.financing.domain.schedule import instalment
from services.financing.domain.texts import Language
from shared.wire import Out

REASONS_KEPT = 8192

Numbers = Annotated[
    dict[str, int | str],
    Field(description="The numbers of the sentence: rupiah, months, permille, days as YYYY-MM-DD"),
]


class ReasonOut(Out):
    """One rule that said no. `earliest` is the day from which it passes by itself."""

    code: Code
    sentence_id: Indonesian
    sentence_en: English
    numbers: Numbers
    source: SourceOut
    earliest: date | None


class NoteOut(Out):
    """What a reader should know although it is no reason to say no."""

    code: NoteCode
    sentence_id: Indonesian
    sentence_en: English
    numbers: Numbers
    source: SourceOut


class RatePeriodOut(Out):
    """Days, both included, with one yearly rate; null is open."""

    since: date | None
    until: date | None
    rate_bp: Annotated[int, Field(description="Effective yearly rate in hundredths of a percent")]


class ReliefOut(Out):
    """Lower rates for debtors whom a disaster has affected, once the lender confirms that."""

    periods: Annotated[
        list[RatePeriodOut],
        Field(description="The rate of an instalment that falls due in these days"),
    ]
    no_instalments_since: Annotated[
        date, Field(description="Between this day and the next one no instalment falls due")
    ]
    no_instalments_until: date
    source: SourceOut


class ExposurePartOut(Out):
    """One part of what a borrower stands for, in rupiah."""

    name: Part
    amount: int


class ExposureOut(Out):
    """What a person, or the chair of a group, stands for. A sum: no text sets a limit to it.

    `kur` is owed of every KUR, `cooperative` to a cooperative, `declared` elsewhere; `guarantees`
    are given for others and owed only if they fail.
    """

    parts: Annotated[list[ExposurePartOut], Field(description="What is known")]
    unknown: Annotated[list[Part], Field(description="What nobody has told; it counts nothing")]
    before: Annotated[int, Field(description="The sum of the parts, in rupiah")]
    after: Annotated[int, Field(description="The same with the loan that is asked for")]


class ProductDecisionOut(Out):
    """What one product says. `assumed`: no text has been found that such a product exists."""

    code: str
    scheme: Scheme
    name_id: str
    name_en: str
    assumed: bool
    eligible: bool
    rate_bp: Annotated[
        int | None,
        Field(description="Effective yearly rate in hundredths of a percent, without any relief"),
    ]
    rate_confidence: Annotated[
        Confidence | None, Field(description="How sure we are of that rate")
    ]
    relief: Annotated[
        ReliefOut | None, Field(description="The lower rates of some years, where there are any")
    ]
    instalment_month: Annotated[
        int | None,
        Field(
            description="Monthly instalment in rupiah at `rate_bp`, by which the capacity is "
            "judged, also where there is a relief. Null when not eligible"
        ),
    ]
    earliest_date: Annotated[
        date | None,
        Field(
            description="First day on which every reason that waits for a date passes; the other "
            "reasons have to be dealt with too. Null when nothing waits or waiting cannot help"
        ),
    ]
    reasons: list[ReasonOut]
    notes: list[NoteOut]
    recourse: Annotated[
        RecourseOut | None,
        Field(description="What can be done about a no; null where the answer is yes"),
    ]


class LegOut(Out):
    """One lender to ask, and why it stands in this place."""

    no: Annotated[int, Field(description="The place in the route, from 1")]
    channel: Annotated[str, Field(description="Code of the lender")]
    product: Annotated[str, Field(description="`code` of the product to ask it for")]
    rate_bp: Annotated[
        int,
        Field(description="What it costs a year, effective, in hundredths of a percent"),
    ]
    expected_days: Annotated[int, Field(description="Days until an answer, as we assume")]
    why: Why
    why_id: Indonesian
    why_en: English
    not_before: Annotated[
        date | None, Field(description="The first day on which it can take the application")
    ]


class LeftOutOut(Out):
    """One lender that is not asked, and why not."""

    channel: str
    why: WhyNot
    why_id: Indonesian
    why_en: English
    numbers: Numbers


class RouteOut(Out):
    """Whom to ask in which order. What lenders accept is our assumption, as `confidence` says."""

    outcome: Outcome
    sentence_id: Indonesian
    sentence_en: English
    confidence: Sure
    legs: list[LegOut]
    left_out: list[LeftOutOut]
    waiting: Annotated[
        list[LegOut],
        Field(description="Lenders that are left out only until they have quota again, in order"),
    ]


class DecisionOut(Out):
    """A recommendation, not a promise: the lender decides."""

    on: Annotated[date, Field(description="The day of this decision; ages are counted to it")]
    akad_on: Annotated[date, Field(description="The day whose rules apply")]
    engine_version: str
    editions: Annotated[list[str], Field(description="The editions of the rules in force then")]
    products: list[ProductDecisionOut]
    exposure: Annotated[
        ExposureOut | None, Field(description="Null of a cooperative, whose balance we lack")
    ]
    score: ScoreOut
    route: RouteOut


def render(
    decision: Decision,
    applicant: Applicant,
    request: LoanRequest,
    *,
    rulebook: Rulebook = IN_FORCE,
) -> bytes:
    """Return a decision as JSON (`DecisionOut`), with the way to a yes of every no.

    `rulebook` is the one it was decided under.
    """
    return orjson.dumps(
        {
            "on": decision.on,
            "akad_on": decision.akad_on,
            "engine_version": decision.engine_version,
            "editions": decision.editions,
            "products": [
                {
                    **_product(assessment, request, rulebook, decision.akad_on),
                    "recourse": _recourse(assessment, applicant, request, decision.on, rulebook),
                }
                for assessment in decision.assessments
            ],
            "exposure": _exposure(applicant, request),
            "score": score_out(decision, rulebook),
            "route": _route(decision.route),
        }
    )


def _recourse(
    said: Assessment, applicant: Applicant, request: LoanRequest, on: date, rulebook: Rulebook
) -> Mapping[str, Any] | orjson.Fragment | None:
    if said.eligible:
        return None
    return recourse_out(recourse(said, applicant, request, on=on, rulebook=rulebook))


def _exposure(applicant: Applicant, request: LoanRequest) -> Mapping[str, Any] | None:
    counted = exposure(applicant, request)
    if counted is None:
        return None
    parts = [{"name": name, "amount": amount} for name, amount in counted.parts]
    return {**counted._asdict(), "parts": parts}


def _relief(assessment: Assessment) -> Mapping[str, Any] | None:
    relief = assessment.relief
    if relief is None:
        return None
    since, until = relief.paused
    return {
        "periods": [period._asdict() for period in rate_periods(assessment)],
        "no_instalments_since": since,
        "no_instalments_until": until,
        "source": source_out(relief.source),
    }


def _product(
    assessment: Assessment, request: LoanRequest, rulebook: Rulebook, akad_on: date
) -> dict[str, Any]:
    product, rate_bp = BY_CODE[assessment.product], assessment.rate_bp
    source = None if rate_bp is None else rate_source(rulebook, product.code, akad_on)
    due = None
    if rate_bp is not None and assessment.eligible:
        due = instalment(request.amount, rate_bp=rate_bp, months=request.tenor_months)
    return {
        "code": product.code,
        "scheme": product.scheme,
        "name_id": product.name_id,
        "name_en": product.name_en,
        "assumed": product.assumed,
        "eligible": assessment.eligible,
        "rate_bp": rate_bp,
        "rate_confidence": None if source is None else source.confidence,
        "relief": _relief(assessment),
        "instalment_month": due,
        "earliest_date": assessment.earliest_date,
        "reasons": [
            _reason(each.code, each.source, tuple(each.numbers.items()), each.earliest)
            for each in assessment.refusals
        ],
        "notes": [note_out(note) for note in assessment.notes],
    }


@lru_cache(maxsize=REASONS_KEPT)
def _reason(
    code: Code, source: Source, numbers: tuple[tuple[str, Value], ...], earliest: date | None
) -> orjson.Fragment:
    refusal = Refusal(code, source, dict(numbers), earliest)
    said = {
        "code": code,
        "sentence_id": texts.sentence(refusal, Language.ID),
        "sentence_en": texts.sentence(refusal, Language.EN),
        "numbers": refusal.numbers,
        "source": source_out(source),
        "earliest": earliest,
    }
    return orjson.Fragment(orjson.dumps(said))


def note_out(note: Note) -> orjson.Fragment:
    """Return a note as `NoteOut`."""
    return _note(note.code, note.source, tuple(note.numbers.items()))


@lru_cache(maxsize=REASONS_KEPT)
def _note(
    code: NoteCode, source: Source, numbers: tuple[tuple[str, Value], ...]
) -> orjson.Fragment:
    note = Note(code, source, dict(numbers))
    said = {
        "code": code,
        "sentence_id": texts.remark(note, Language.ID),
        "sentence_en": texts.remark(note, Language.EN),
        "numbers": note.numbers,
        "source": source_out(source),
    }
    return orjson.Fragment(orjson.dumps(said))


def _route(route: Route) -> Mapping[str, Any]:
    sentence = route_texts.OUTCOMES[route.outcome]
    return {
        "outcome": route.outcome,
        "sentence_id": sentence.id,
        "sentence_en": sentence.en,
        "confidence": Confidence.ASSUMPTION,
        "legs": [_leg(leg) for leg in route.legs],
        "left_out": [
            {
                "channel": each.channel,
                "why": each.why,
                "why_id": said.id,
                "why_en": said.en,
                "numbers": each.numbers,
            }
            for each in route.left_out
            for said in (route_texts.left_out(each),)
        ],
        "waiting": [_leg(leg) for leg in route.waiting],
    }


def _leg(leg: Leg) -> Mapping[str, Any]:
    why = route_texts.WHYS[leg.why]
    return {**asdict(leg), "why_id": why.id, "why_en": why.en}
