"""Who borrows: what the registry knows of them, and whether the caller acts for them."""

from uuid import UUID

from fastapi import Request

from services.financing.domain.eligibility import BorrowerKind, check_living
from services.financing.registry import (
    Known,
    KnownPerson,
    ReadingPurpose,
    RegistryClient,
    SubjectNotFound,
)
from shared.auth import Caller, Kind
from shared.wire import In


class BorrowerIn(In):
    """Who borrows: a person, the chair of a group, or a cooperative, by the registry's id."""

    kind: BorrowerKind
    id: UUID


async def known_borrower(
    request: Request, caller: Caller, borrower: BorrowerIn, purpose: ReadingPurpose
) -> Known:
    """Ask the registry about the borrower; one for whom the caller does not act is not found."""
    registry: RegistryClient = request.app.state.registry
    if borrower.kind is BorrowerKind.COOPERATIVE:
        if caller.kind is not Kind.SERVICE and caller.cooperative_id != borrower.id:
            raise SubjectNotFound("The registry has nobody under this id for whom you act.")
        return await registry.cooperative_facts(borrower.id, purpose=purpose)
    person = await registry.person_facts(borrower.id, purpose=purpose)
    if not _acts_for(caller, person):
        raise SubjectNotFound("The registry has nobody under this id for whom you act.")
    check_living(person.migration_status)
    return person


def _acts_for(caller: Caller, person: KnownPerson) -> bool:
    """Tell whether a caller acts for a person: it registered them, or they are its member."""
    if caller.kind is Kind.SERVICE or person.registered_by == caller.id:
        return True
    cooperatives = {membership.cooperative_id for membership in person.memberships}
    return caller.kind is Kind.COOPERATIVE_OFFICER and caller.cooperative_id in cooperatives


def cooperatives_of(borrower: BorrowerIn, known: Known) -> list[UUID]:
    """Return the cooperatives that see the application: the borrower, or those of a member."""
    if isinstance(known, KnownPerson):
        return sorted({membership.cooperative_id for membership in known.memberships})
    return [borrower.id]
