"""The whole answer to one request: every product with every reason, the score, the route."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import msgspec

from services.financing.domain.eligibility import Applicant, Assessment, LoanRequest, Term
from services.financing.domain.routing import Channel, Route, plan
from services.financing.domain.rules import blu, kur, lpdb, pmk49
from services.financing.domain.rules.blu import BLU
from services.financing.domain.rules.blu import Terms as BluTerms
from services.financing.domain.rules.capacity import BURDEN
from services.financing.domain.rules.kur_terms import KUR
from services.financing.domain.rules.kur_terms import Edition as KurEdition
from services.financing.domain.rules.lpdb import LPDB_MOCKUP, LPDB_REGULAR
from services.financing.domain.rules.lpdb import Terms as LpdbTerms
from services.financing.domain.rules.pmk49 import PMK49
from services.financing.domain.rules.pmk49 import Terms as Pmk49Terms
from services.financing.domain.scorecards import SCORECARDS
from services.financing.domain.scorecards.edition import Scorecards
from services.financing.domain.scoring import Score, score
from shared.timeline import Timeline

ENGINE_VERSION = "1"
"""Changes when the same facts under the same editions would be decided otherwise."""


class EditionUnknown(Exception):
    """An edition of the law is asked for that this rulebook does not have."""


# Compared by identity, so that what is kept of a rulebook is found quickly.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rulebook:
    """The editions of every scheme and of the scorecards; a draft is another rulebook."""

    kur: Timeline[KurEdition | None] = KUR
    lpdb_regular: Timeline[LpdbTerms | None] = LPDB_REGULAR
    lpdb_mockup: Timeline[LpdbTerms | None] = LPDB_MOCKUP
    blu: Timeline[BluTerms | None] = BLU
    pmk49: Timeline[Pmk49Terms | None] = PMK49
    burden: Timeline[Term[int]] = BURDEN
    scorecards: Timeline[Scorecards] = SCORECARDS

    def enacted(self) -> Mapping[str, tuple[date, ...]]:
        """Return the first day of every edition, by the name of its scheme."""
        return {each.name: getattr(self, each.name).since for each in fields(self)}

    def only(self, enacted: Mapping[str, Sequence[date]]) -> "Rulebook":
        """Return the rulebook as it was when these editions were enacted.

        Raises:
            EditionUnknown: one of them is not in this rulebook, or a scheme is missing.
        """
        return _only(self, tuple((name, tuple(days)) for name, days in enacted.items()))


# Decisions of one time name the same editions, and what is known of a rulebook is kept with it.
@lru_cache(maxsize=256)
def _only(rulebook: Rulebook, named: tuple[tuple[str, tuple[date, ...]], ...]) -> Rulebook:
    enacted, known = dict(named), rulebook.enacted()
    if enacted == known:
        return rulebook
    if enacted.keys() != known.keys() or any(
        not set(days) <= set(known[name]) for name, days in named
    ):
        raise EditionUnknown("This package lacks an edition of the law that was in force.")
    return Rulebook(**{name: getattr(rulebook, name).only(days) for name, days in named})


IN_FORCE = Rulebook()


class Editions(NamedTuple):
    """What is in force on one day; None where a scheme does not exist then."""

    kur: KurEdition | None
    lpdb_regular: LpdbTerms | None
    lpdb_mockup: LpdbTerms | None
    blu: BluTerms | None
    pmk49: Pmk49Terms | None
    burden: Term[int]
    codes: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True):
    """A decision: reproducible from the same facts, editions and engine version."""

    assessments: tuple[Assessment, ...]
    score: Score
    route: Route
    editions: tuple[str, ...]
    engine_version: str
    on: date
    akad_on: date

    def assessment(self, product: str) -> Assessment:
        """Return what one product said. Raises KeyError for an unknown code."""
        for each in self.assessments:
            if each.product == product:
                return each
        raise KeyError(product)


def decide(
    applicant: Applicant,
    request: LoanRequest,
    *,
    on: date,
    channels: Sequence[Channel],
    preference: Sequence[str] = (),
    rulebook: Rulebook = IN_FORCE,
) -> Decision:
    """
    Decide `request` with what is known `on` a day.

    The editions in force on the day of the akad apply; a request that names none is decided as if
    the akad were the same day. Ages and intervals are counted to `on`, and the score is by the
    scorecards of that day.
    """
    akad_on = request.akad_on or on
    terms = in_force(rulebook, akad_on)
    assessments = assess(applicant, request, terms, on=on, akad_on=akad_on)
    cards = rulebook.scorecards.on(on)
    scored = score(applicant, request, cards, on=on, share_max=terms.burden.value)
    route = plan(
        assessments,
        request,
        kind=applicant.kind,
        points=scored.points,
        channels=channels,
        preference=preference,
    )
    return Decision(assessments, scored, route, terms.codes, ENGINE_VERSION, on, akad_on)


def assess(
    applicant: Applicant, request: LoanRequest, terms: Editions, *, on: date, akad_on: date
) -> tuple[Assessment, ...]:
    """Return what every product says, in the order of `products.PRODUCTS`."""
    return (
        *kur.assess(applicant, request, terms.kur, burden=terms.burden, on=on),
        *lpdb.assess(applicant, request, terms.lpdb_regular, terms.lpdb_mockup, on=on),
        *blu.assess(applicant, request, terms.blu, on=on),
        pmk49.assess(applicant, request, terms.pmk49, day=akad_on),
    )


@lru_cache(maxsize=256)
def _changes(rulebook: Rulebook) -> tuple[date, ...]:
    return tuple(sorted({day for days in rulebook.enacted().values() for day in days}))


def same_law_since(rulebook: Rulebook, day: date) -> date:
    """Return the first day from which the whole law has been as it is on `day`.

    What depends on the editions alone is kept under this day: there are few of them.
    """
    changes = _changes(rulebook)
    place = bisect_right(changes, day)
    return changes[place - 1] if place else day


@lru_cache(maxsize=4096)
def in_force(rulebook: Rulebook, day: date) -> Editions:
    """Return the editions that an akad on `day` falls under."""
    kur_edition = rulebook.kur.on(day)
    others = (
        rulebook.lpdb_regular.on(day),
        rulebook.lpdb_mockup.on(day),
        rulebook.blu.on(day),
        rulebook.pmk49.on(day),
    )
    codes = tuple(each.code for each in (kur_edition, *others) if each is not None)
    return Editions(kur_edition, *others, rulebook.burden.on(day), codes)
