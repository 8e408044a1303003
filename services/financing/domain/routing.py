"""
Who should lend: every channel in order with why it stands there, every other one with why not.

A channel is left out when it is closed, serves no product that said yes, wants a higher score,
has too little quota, or is not the lender of the KUR that still runs. The rest stand by cost to
the borrower, then the borrower's own preference, then expected days, then code, so that equal
facts always give the same order. A lender that is paused stands behind all that are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter

import msgspec

from services.financing.domain.eligibility import (
    Assessment,
    BorrowerKind,
    Code,
    LoanRequest,
    NoteCode,
    Value,
)
from services.financing.domain.products import PRODUCTS, Scheme
from services.financing.domain.rules import kur, lpdb


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """
    A lender as it stands today.

    `cost_bp` is what it asks a year beyond the product's rate, in basis points; `quotas` is what
    is left to lend of each product that a quota limits, in rupiah. One that is not `open` takes
    nothing; one that is `paused` is not spoken to for a while, and what is sent to it waits.
    """

    code: str
    scheme: Scheme
    products: frozenset[str]
    score_min: int = 0
    expected_days: int = 14
    cost_bp: int = 0
    quotas: Mapping[str, int] = field(default_factory=dict[str, int])
    open: bool = True
    paused: bool = False


_SERVED = {
    scheme: frozenset(product.code for product in PRODUCTS if product.scheme is scheme)
    for scheme in Scheme
}

# No lender has told us its appetite: `score_min` and `expected_days` are our assumptions.
CHANNELS = (
    Channel(
        code="kur-bank-nusantara",
        scheme=Scheme.KUR,
        products=_SERVED[Scheme.KUR],
        score_min=45,
        expected_days=5,
    ),
    Channel(
        code="kur-bank-samudra",
        scheme=Scheme.KUR,
        products=_SERVED[Scheme.KUR],
        score_min=35,
        expected_days=7,
    ),
    Channel(
        code="lpdb",
        scheme=Scheme.LPDB,
        products=_SERVED[Scheme.LPDB],
        score_min=50,
        expected_days=21,
    ),
    Channel(
        code="blu",
        scheme=Scheme.BLU,
        products=_SERVED[Scheme.BLU],
        score_min=35,
        expected_days=14,
    ),
)
"""The lenders as they stand while nothing is known against one of them."""


class ChannelNotFound(Exception):
    """No lender has this code, or it does not lend this product."""


class NoSuchChannel(Exception):
    """The address names no lender."""


def check_channel(code: str, product: str | None) -> None:
    """Raise `ChannelNotFound` unless there is a lender of this code, and it has the product."""
    for channel in CHANNELS:
        if channel.code == code and (product is None or product in channel.products):
            return
    raise ChannelNotFound("There is no lender of this code with this product.")


class Outcome(StrEnum):
    """What is to be done next with the application."""

    ROUTED = "routed"
    WAITING = "waiting"
    NO_CHANNEL = "no_channel"
    INCUBATE = "incubate"
    MENTORING = "mentoring"
    REFUSED = "refused"


class Why(StrEnum):
    """What put a leg behind the one before it; the first leg is `best`."""

    BEST = "best"
    PAUSED = "paused"
    COST = "cost"
    PREFERENCE = "preference"
    EXPECTED_DAYS = "expected_days"
    CODE = "code"


class WhyNot(StrEnum):
    """Why a channel is not on the route."""

    CLOSED = "closed"
    NOT_ELIGIBLE = "not_eligible"
    SCORE = "score"
    QUOTA = "quota"
    OTHER_LENDER = "other_lender"


class Leg(msgspec.Struct, frozen=True):
    """One channel to ask. `not_before`: the day from which it can accept the application."""

    no: int
    channel: str
    product: str
    rate_bp: int
    expected_days: int
    why: Why
    not_before: date | None


class LeftOut(msgspec.Struct, frozen=True):
    """One channel that is not asked, and why."""

    channel: str
    why: WhyNot
    numbers: Mapping[str, Value]


class Route(msgspec.Struct, frozen=True):
    """
    Whom to ask in which order, whom not, and what to do when nobody can be asked.

    `waiting`: the channels that are left out only until they have quota again, in order.
    """

    outcome: Outcome
    legs: tuple[Leg, ...]
    left_out: tuple[LeftOut, ...]
    waiting: tuple[Leg, ...] = ()


_Key = tuple[bool, int, int, int, str]
_Found = tuple[_Key, Channel, Assessment]
_ORDER = (Why.PAUSED, Why.COST, Why.PREFERENCE, Why.EXPECTED_DAYS)
_BEGINNING = frozenset({Code.BUSINESS_PLANNED, Code.BUSINESS_AGE_OR_EVIDENCE})
_MENDED_WITH_IT = _BEGINNING | {
    Code.AMOUNT_ABOVE,
    Code.TENOR_ABOVE,
    Code.INSTALMENT_ABOVE_INCOME,
    Code.BUSINESS_LICENCE,
}
"""What a beginner can put right while being mentored: the request, and a licence."""


def plan(
    assessments: Sequence[Assessment],
    request: LoanRequest,
    *,
    kind: BorrowerKind,
    points: int,
    channels: Sequence[Channel],
    preference: Sequence[str] = (),
) -> Route:
    """Return the route; `preference` lists channel codes that the borrower would rather have."""
    eligible = [each for each in assessments if not each.refusals]
    found: list[_Found] = []
    short: list[_Found] = []
    left_out: list[LeftOut] = []
    for channel in channels:
        best = _cheapest(channel, eligible, request.amount)
        if best is None:
            left_out.append(_no_product(channel.code))
            continue
        cost = (best.rate_bp or 0) + channel.cost_bp
        liked = preference.index(channel.code) if channel.code in preference else len(preference)
        key = (channel.paused, cost, liked, channel.expected_days, channel.code)
        without = _without(channel, best, request, points)
        if without is None:
            found.append((key, channel, best))
            continue
        left_out.append(without)
        if without.why is WhyNot.QUOTA:
            short.append((key, channel, best))
    legs = _legs(found, first=1)
    waiting = _legs(short, first=len(legs) + 1)
    if legs:
        return Route(Outcome.ROUTED, legs, tuple(left_out), waiting)
    if waiting:
        return Route(Outcome.WAITING, (), tuple(left_out), waiting)
    return Route(_instead(assessments, kind, any_eligible=bool(eligible)), (), tuple(left_out))


@lru_cache(maxsize=64)
def _no_product(channel: str) -> LeftOut:
    return LeftOut(channel, WhyNot.NOT_ELIGIBLE, {})


def _cheapest(channel: Channel, eligible: Sequence[Assessment], amount: int) -> Assessment | None:
    """Return the cheapest product that the channel has quota for, else the cheapest of all."""
    best: Assessment | None = None
    best_key: tuple[bool, int] | None = None
    for each in eligible:
        if each.product not in channel.products:
            continue
        key = (channel.quotas.get(each.product, amount) < amount, each.rate_bp or 0)
        if best_key is None or key < best_key:
            best, best_key = each, key
    return best


def _without(
    channel: Channel, best: Assessment, request: LoanRequest, points: int
) -> LeftOut | None:
    if not channel.open:
        return LeftOut(channel.code, WhyNot.CLOSED, {})
    if points < channel.score_min:
        return LeftOut(channel.code, WhyNot.SCORE, {"points": points, "min": channel.score_min})
    for note in best.notes:
        of_lender = note.code is NoteCode.SAME_LENDER_ONLY
        if of_lender and note.numbers.get("lender") != channel.code:
            return LeftOut(channel.code, WhyNot.OTHER_LENDER, note.numbers)
    quota = channel.quotas.get(best.product)
    if quota is not None and quota < request.amount:
        return LeftOut(channel.code, WhyNot.QUOTA, {"amount": request.amount, "quota": quota})
    return None


def _legs(found: list[_Found], *, first: int) -> tuple[Leg, ...]:
    found.sort(key=itemgetter(0))
    legs: list[Leg] = []
    before: _Key | None = None
    for no, (key, channel, assessment) in enumerate(found, start=first):
        why = Why.BEST if before is None else _behind(before, key)
        cost, days, waits = key[1], channel.expected_days, assessment.earliest_date
        legs.append(Leg(no, channel.code, assessment.product, cost, days, why, waits))
        before = key
    return tuple(legs)


def _behind(before: _Key, key: _Key) -> Why:
    differing = (why for at, why in enumerate(_ORDER) if before[at] != key[at])
    return next(differing, Why.CODE)


def _instead(
    assessments: Sequence[Assessment], kind: BorrowerKind, *, any_eligible: bool
) -> Outcome:
    if any_eligible:
        return Outcome.NO_CHANNEL
    if kind is BorrowerKind.COOPERATIVE and Code.RAT_MISSING in _said(assessments, lpdb.REGULAR):
        return Outcome.INCUBATE
    if kind is BorrowerKind.PERSON and _mentoring_helps(_said(assessments, kur.SUPER_MIKRO)):
        return Outcome.MENTORING
    return Outcome.REFUSED


def _mentoring_helps(said: frozenset[Code]) -> bool:
    """Tell whether super mikro would open after mentoring; what is unknown yet may be well."""
    if said.isdisjoint(_BEGINNING):
        return False
    return all(code in _MENDED_WITH_IT or code.startswith("unknown_") for code in said)


def _said(assessments: Sequence[Assessment], product: str) -> frozenset[Code]:
    return frozenset(
        refusal.code
        for assessment in assessments
        if assessment.product == product
        for refusal in assessment.refusals
    )
