"""
The score as a reader sees it: each factor with its sentence, what lost most, what is missing.

Sentences are made when somebody reads them, and kept ready by what they say.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

import orjson
from msgspec.structs import asdict
from pydantic import Field

from services.financing.api.sources import English, Indonesian, SourceOut, Sure, source_out
from services.financing.domain import score_texts
from services.financing.domain.decision import Decision, Rulebook, in_force
from services.financing.domain.eligibility import Source, Term
from services.financing.domain.factors import Card, Dimension, FactorName, FactorUnit
from services.financing.domain.scorecards.edition import POINTS_MAX, Bands, Scorecards
from services.financing.domain.scoring import (
    Capacity,
    Factor,
    Grade,
    KnockOut,
    Reason,
    Verdict,
)
from services.financing.domain.texts import Language
from shared.wire import Out

FACTORS_KEPT = 8192


class FactorOut(Out):
    """One factor of the score; one whose value is missing brings no points."""

    name: FactorName
    dimension: Dimension
    value: Annotated[int | None, Field(description="Counted as `unit` says; null when missing")]
    unit: FactorUnit
    points: int
    points_max: int
    points_lost: Annotated[int, Field(description="What the best band would bring beyond these")]
    reason: Reason
    sentence_id: Indonesian
    sentence_en: English


class KnockOutOut(Out):
    """What no points can make good."""

    name: KnockOut
    sentence_id: Indonesian
    sentence_en: English


class ShareLimitOut(Out):
    """A limit to what all instalments may take of the net income."""

    permille: int
    source: SourceOut


class CapacityOut(Out):
    """
    What the instalments of a month take of the net income of a month (RPC), in rupiah.

    Of a group it is the member's whose income is taken most.
    """

    indicative_rate_bp: Annotated[
        int, Field(description="Yearly rate of the test, in hundredths of a percent")
    ]
    amount: Annotated[
        int, Field(description="What is asked; of a group, the share of the member tested")
    ]
    instalment: int
    others: Annotated[int, Field(description="Instalments of all other debts known")]
    income: int
    burden_permille: Annotated[
        int | None, Field(description="Rounded up; null when there is no income")
    ]
    verdict: Verdict
    comfortable: Annotated[ShareLimitOut, Field(description="Up to here it is `comfortable`")]
    most: Annotated[ShareLimitOut, Field(description="Above this it is `too_high`")]
    sentence_id: Indonesian
    sentence_en: English


class ScoreOut(Out):
    """The points and how they came about. Until outcomes exist the weights are our assumption."""

    card: Card
    edition: Annotated[str, Field(description="The edition of the scorecards that was used")]
    source: Annotated[SourceOut, Field(description="Where the card's weights come from")]
    points: int
    points_max: int
    points_possible: Annotated[
        int, Field(description="The points if every missing factor brought its most")
    ]
    points_lost: int
    grade: Grade
    confidence: Sure
    factors: Annotated[list[FactorOut], Field(description="In the order of the card")]
    reasons: Annotated[
        list[FactorName], Field(description="The factors that lost points, the most first")
    ]
    missing: Annotated[
        list[FactorName], Field(description="The factors whose value nobody has given")
    ]
    knock_outs: Annotated[
        list[KnockOutOut], Field(description="Each makes the grade an `e`, whatever the points")
    ]
    capacity: Annotated[
        CapacityOut | None, Field(description="Null where income or other debts are not known")
    ]


def score_out(decision: Decision, rulebook: Rulebook) -> Mapping[str, Any]:
    """Return the score of a decision as `ScoreOut`; `rulebook` is the one it was made under."""
    score = decision.score
    source, carries = score.scorecard.source, score.capacity
    share_most = in_force(rulebook, decision.akad_on).burden
    return {
        "card": score.card,
        "edition": score.edition.code,
        "source": source_out(source),
        "points": score.points,
        "points_max": POINTS_MAX,
        "points_possible": score.points_possible,
        "points_lost": POINTS_MAX - score.points,
        "grade": score.grade,
        "confidence": source.confidence,
        "factors": [_factor(*factor) for factor in score.factors],
        "reasons": [factor.name for factor in score.reasons],
        "missing": [factor.name for factor in score.missing],
        "knock_outs": [_knock_out(each) for each in score.knock_outs],
        "capacity": None if carries is None else _capacity(carries, score.edition, share_most),
    }


@lru_cache(maxsize=FACTORS_KEPT)
def _factor(bands: Bands, value: int | None) -> orjson.Fragment:
    factor, measure = Factor(bands, value), bands.measure
    said = {
        "name": factor.name,
        "dimension": measure.dimension,
        "value": value,
        "unit": measure.unit,
        "points": factor.points,
        "points_max": factor.points_max,
        "points_lost": factor.points_lost,
        "reason": factor.reason,
        "sentence_id": score_texts.sentence(factor, Language.ID),
        "sentence_en": score_texts.sentence(factor, Language.EN),
    }
    return orjson.Fragment(orjson.dumps(said))


def _knock_out(name: KnockOut) -> Mapping[str, str]:
    said = score_texts.KNOCK_OUTS[name]
    return {"name": name, "sentence_id": said.id, "sentence_en": said.en}


def _capacity(carries: Capacity, edition: Scorecards, most: Term[int]) -> Mapping[str, Any]:
    comfortable = edition.comfortable_permille_max
    return {
        "indicative_rate_bp": edition.indicative_rate_bp,
        **asdict(carries),
        "comfortable": _limit(comfortable, edition.source),
        "most": _limit(most.value, most.source),
        "sentence_id": score_texts.burden(carries, comfortable, most.value, Language.ID),
        "sentence_en": score_texts.burden(carries, comfortable, most.value, Language.EN),
    }


def _limit(permille: int, source: Source) -> Mapping[str, Any]:
    return {"permille": permille, "source": source_out(source)}
