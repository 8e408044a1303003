"""What a refused applicant can do, as a reader sees it: "langkah Anda"."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

import orjson
from pydantic import Field

from services.financing.domain import recourse_texts
from services.financing.domain.eligibility import Code, Purpose, Value
from services.financing.domain.recourse import Recourse
from services.financing.domain.steps import Act, Kind, Remedy
from services.financing.domain.texts import Language
from shared.wire import Out


class RecourseStepOut(Out):
    """One thing to do."""

    no: int
    kind: Annotated[
        Kind,
        Field(
            description="`tell` us a fact, `ask` for something else, `do` something, `settle` a "
            "debt, or `wait`"
        ),
    ]
    act: Act
    answers: Annotated[
        Code | None, Field(description="The reason that it answers; null where it answers several")
    ]
    sentence_id: str
    sentence_en: str
    numbers: Annotated[
        dict[str, int | str],
        Field(description="The numbers of the sentence: rupiah, months, days as YYYY-MM-DD"),
    ]
    not_before: Annotated[
        date | None,
        Field(description="First day on which it can be done; null where that is now"),
    ]


class RecourseOut(Out):
    """The cheapest way to a yes, to be done in this order.

    It costs least to tell what is not known yet, then to ask for other months, to do something, to
    ask for less, to wait, and most to pay a debt off. A fact that is to be told is hoped to be in
    the applicant's favour. Nobody is asked to change what cannot be changed, or to borrow more.
    """

    on: Annotated[
        date | None,
        Field(description="First day on which the answer is yes; null when there is no way"),
    ]
    amount: Annotated[int | None, Field(description="What is asked then, in rupiah")]
    tenor_months: Annotated[int | None, Field(description="Over how many months")]
    purpose: Purpose | None
    steps: list[RecourseStepOut]
    stuck: Annotated[
        list[Code],
        Field(description="Where there is no way: the reasons that nothing removes"),
    ]


def recourse_out(way: Recourse) -> Mapping[str, Any] | orjson.Fragment:
    """Return a way as `RecourseOut`."""
    asked = way.request
    if asked is None:
        return _no_way(way.stuck)
    return {
        "on": way.on,
        "amount": asked.amount,
        "tenor_months": asked.tenor_months,
        "purpose": asked.purpose,
        "steps": steps_out(way.steps),
        "stuck": (),
    }


@lru_cache(maxsize=1024)
def _no_way(stuck: tuple[Code, ...]) -> orjson.Fragment:
    """Return what is said where there is none; it is the same for many applicants."""
    nothing = dict.fromkeys(("on", "amount", "tenor_months", "purpose"))
    return orjson.Fragment(orjson.dumps({**nothing, "steps": (), "stuck": stuck}))


def steps_out(steps: Sequence[Remedy]) -> list[orjson.Fragment]:
    """Return steps as `RecourseStepOut`, numbered in their order."""
    return [_step(no, remedy) for no, remedy in enumerate(steps, start=1)]


def _step(no: int, remedy: Remedy) -> orjson.Fragment:
    numbers = tuple(remedy.numbers.items())
    return _told(no, remedy.act, remedy.answers, numbers, remedy.earliest)


@lru_cache(maxsize=8192)
def _told(
    no: int,
    act: Act,
    answers: Code | None,
    numbers: tuple[tuple[str, Value], ...],
    earliest: date | None,
) -> orjson.Fragment:
    """Return a step ready for the wire: most say the same to many applicants."""
    remedy = Remedy(act, answers, (), dict(numbers), earliest)
    said = {
        "no": no,
        "kind": remedy.kind,
        "act": act,
        "answers": answers,
        "sentence_id": recourse_texts.step(remedy, Language.ID),
        "sentence_en": recourse_texts.step(remedy, Language.EN),
        "numbers": remedy.numbers,
        "not_before": earliest,
    }
    return orjson.Fragment(orjson.dumps(said))
