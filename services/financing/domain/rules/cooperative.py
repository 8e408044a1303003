"""What several schemes ask of a cooperative: papers, annual meetings (RAT) and surplus (SHU)."""

from datetime import date
from typing import NamedTuple

from services.financing.domain.eligibility import (
    Code,
    CooperativeFacts,
    CooperativeKind,
    Rat,
    Refusal,
    Source,
)

YEARS = 2
"""Annual meetings in a row that the LPDB and the certificate both ask for."""


class AnnualMeetings(NamedTuple):
    """Two book years in a row: what is missing, and the first day both meetings can be held."""

    missing: tuple[int, ...]
    first_day: date


def of_kind(
    said: list[Refusal],
    cooperative: CooperativeFacts,
    kinds: frozenset[CooperativeKind],
    source: Source,
) -> None:
    """Refuse a cooperative of another kind, or of none that is known."""
    if cooperative.kind is None:
        said.append(Refusal(Code.UNKNOWN_COOPERATIVE_KIND, source))
    elif cooperative.kind not in kinds:
        numbers = {"kind": cooperative.kind, "kinds": ", ".join(sorted(kinds))}
        said.append(Refusal(Code.COOPERATIVE_KIND, source, numbers))


def registered(said: list[Refusal], cooperative: CooperativeFacts, source: Source) -> None:
    """Refuse without a legal entity or without a cooperative's registry number."""
    if not cooperative.legal_entity_no:
        said.append(Refusal(Code.NO_LEGAL_ENTITY, source))
    if not cooperative.coop_registry_no:
        said.append(Refusal(Code.NO_COOP_REGISTRY_NO, source))


def shown(
    said: list[Refusal], missing: Code, unknown: Code, source: Source, *, has: bool | None
) -> None:
    """Refuse without something that a cooperative has or has not; ask where nobody has told."""
    if has is not True:
        said.append(Refusal(unknown if has is None else missing, source))


def meetings(rats: tuple[Rat, ...], founded_on: date | None, *, on: date) -> AnnualMeetings | None:
    """
    Return what is missing of two consecutive annual meetings, None when nothing is.

    The two book years are the last two that have ended; until 30 June, when the meeting on the
    latest of them falls due (UU 25/1992 Art. 26), the two before it still count. A meeting can be
    held once its book year, the calendar year, has ended, and also late.
    """
    held = {rat.book_year for rat in rats if rat.held_on <= on}
    if any(year in held and year + 1 in held for year in _first_years(on)):
        return None
    founded = founded_on.year if founded_on is not None else on.year - YEARS
    best: AnnualMeetings | None = None
    for year in range(max(founded, on.year - YEARS), max(founded, on.year) + 1):
        missing = tuple(each for each in (year, year + 1) if each not in held)
        first_day = max(on, date(missing[-1] + 1, 1, 1))
        if best is None or first_day < best.first_day:
            best = AnnualMeetings(missing, first_day)
    return best


def two_meetings(cooperative: CooperativeFacts, source: Source, *, on: date) -> Refusal | None:
    """Refuse without two consecutive annual meetings; the refusal says when both can be held."""
    if cooperative.rats is None:
        return Refusal(Code.UNKNOWN_RATS, source)
    missing = meetings(cooperative.rats, cooperative.founded_on, on=on)
    if missing is None:
        return None
    years = " & ".join(str(year) for year in missing.missing)
    # Held late, a meeting waits for nobody: only a book year that still runs gives a date.
    waits = missing.first_day if missing.first_day > on else None
    numbers = {"min": YEARS, "missing": years, "from": missing.first_day}
    return Refusal(Code.RAT_MISSING, source, numbers, waits)


def certificate(
    said: list[Refusal],
    cooperative: CooperativeFacts,
    source: Source,
    *,
    on: date,
    after: date | None,
) -> None:
    """Refuse without a valid certificate, which is issued `after` two annual meetings."""
    valid_until = cooperative.certificate_valid_until
    if valid_until is None:
        said.append(Refusal(Code.NO_CERTIFICATE, source, {}, after))
    elif valid_until < on:
        said.append(Refusal(Code.CERTIFICATE_EXPIRED, source, {"until": valid_until}))


def surplus(
    said: list[Refusal], cooperative: CooperativeFacts, source: Source, *, on: date
) -> None:
    """Refuse without a positive SHU in the last book year that has ended.

    Until the annual meeting on it falls due on 30 June, the year before stands in for it.
    """
    last = on.year - 1
    known = dict(cooperative.shu or ())
    if last not in known and last - 1 in known and on <= date(on.year, 6, 30):
        last -= 1
    amount = known.get(last)
    if amount is None:
        founded, first_day = cooperative.founded_on, None
        if founded is not None and founded.year > last:
            first_day = date(founded.year + 1, 1, 1)
        said.append(Refusal(Code.UNKNOWN_SHU, source, {"year": last}, first_day))
    elif amount <= 0:
        # The next figure that can be positive is that of the book year now running.
        first_day = date(on.year + 1, 1, 1)
        numbers = {"year": last, "amount": amount, "from": first_day}
        said.append(Refusal(Code.SHU, source, numbers, first_day))


def _first_years(on: date) -> tuple[int, ...]:
    last = on.year - 1
    return (last - 1, last - 2) if on <= date(on.year, 6, 30) else (last - 1,)
