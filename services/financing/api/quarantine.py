"""/quarantine: submissions that a lender and we do not understand, set aside for an operator."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from services.financing import progress
from services.financing.api.channels import ChannelsWriter, OperatorsReader
from services.financing.api.problems import PROBLEMS
from services.financing.db import applications, quarantine, submissions
from services.financing.db.quarantine import QuarantineNotFound
from services.financing.domain import application
from services.financing.domain.eligibility import BorrowerKind, ContractKind, Purpose
from services.financing.domain.quarantine import Cause, NotSetAside, Status
from services.financing.domain.review import Subject
from services.financing.domain.submission import Status as SubmissionStatus
from shared.clock import Now
from shared.db import Row, Unit
from shared.edge import Once, Read, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import In, Instant, LongText, Out

GIVEN_UP = "given-up-by-operator"
"""The reason of a submission that the lender certainly never took."""

routes = router("/quarantine", tags=["channels"])


class ReleaseNew(In):
    """What was mended, so that another try is worth it."""

    note: LongText


class AbandonmentNew(In):
    """Why this lender is not tried again."""

    reason: LongText


class SentOut(Out):
    """What was asked of the lender, and the terms. The borrower is named by the id alone."""

    errand: Annotated[str, Field(description="`send`, `inquire` or `cancel`")]
    product: str
    borrower_kind: BorrowerKind
    borrower_id: UUID
    amount: int
    tenor_months: int
    purpose: Purpose
    contract_kind: ContractKind


class ReturnedOut(Out):
    """What came back the last time, cut short, every longer number masked."""

    status: Annotated[int, Field(description="The HTTP status")]
    content_type: str
    bytes: int
    excerpt: str


class QuarantineOut(Out):
    """One submission that was set aside, and the evidence."""

    id: UUID
    application_id: UUID
    submission_id: UUID
    channel: str
    status: Annotated[
        Status, Field(description="`overtaken`: the application went on without an operator")
    ]
    cause: Cause
    error: Annotated[str, Field(description="The lender's code, or what was wrong in words")]
    times: Annotated[int, Field(description="How often in a row")]
    first_at: Instant
    last_at: Instant
    sent: SentOut
    returned: ReturnedOut
    decided_by: str | None
    decided_at: Instant | None
    note: str | None
    version: int
    created_at: Instant
    changed_at: Instant


@routes.get(
    "",
    response_model=page_model(QuarantineOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_quarantine",
)
async def list_quarantine(
    caller: OperatorsReader,
    db: Read,
    paging: Page,
    status: Annotated[Status | None, Query(description="Only those that stand so")] = None,
) -> Response:
    """List what is or was set aside, the oldest first."""
    page = await quarantine.page(db, status=status, after=paging.after_id, limit=paging.limit)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=QuarantineOut,
    responses=PROBLEMS.openapi(QuarantineNotFound),
    operation_id="get_quarantine",
)
async def get_quarantine(caller: OperatorsReader, db: Read, id: UUID) -> Response:
    """Show one submission that is or was set aside."""
    return _answer(await quarantine.get(db, id))


_DECIDING = (
    QuarantineNotFound,
    NotSetAside,
    PreconditionMissing,
    PreconditionFailed,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
)


@routes.post(
    "/{id}/release",
    response_model=QuarantineOut,
    responses=PROBLEMS.openapi(*_DECIDING),
    operation_id="release_from_quarantine",
)
async def release_from_quarantine(
    caller: ChannelsWriter, unit: Once, now: Now, seen: IfMatch, id: UUID, release: ReleaseNew
) -> Response:
    """Drive a submission again: the next worker speaks to the lender, under the same key.

    Where the lender may have it from before, it is asked, not sent to.
    """
    app, sub = await _on_the_table(unit, id, seen)
    status, note = Status.RELEASED, release.note
    await quarantine.lift(unit, app, sub, status, actor=caller.id, note=note, now=now)
    await submissions.change(unit, sub, now=now, due_at=now, **submissions.UNDERSTOOD)
    return _answer(await quarantine.get(unit, id))


@routes.post(
    "/{id}/abandonment",
    response_model=QuarantineOut,
    responses=PROBLEMS.openapi(*_DECIDING, application.IllegalTransition),
    operation_id="abandon_quarantine",
)
async def abandon_quarantine(
    caller: ChannelsWriter,
    unit: Once,
    now: Now,
    seen: IfMatch,
    id: UUID,
    abandonment: AbandonmentNew,
) -> Response:
    """Give a lender up for this application: the next one of its route is asked.

    Where the lender may have the application, that is not one person's to say: it goes to
    `in_review`, and two people find out what became of it.
    """
    app, sub = await _on_the_table(unit, id, seen)
    status, why = Status.ABANDONED, abandonment.reason
    app = await quarantine.lift(unit, app, sub, status, actor=caller.id, note=why, now=now)
    if sub["status"] == SubmissionStatus.QUEUED and not sub["maybe_taken"]:
        await progress.give_up(unit, app, sub, reason=GIVEN_UP, now=now)
    else:
        subject = Subject.SILENCE
        await progress.call_in(unit, app, sub, subject, reason=why, actor=caller.id, now=now)
    return _answer(await quarantine.get(unit, id))


async def _on_the_table(unit: Unit, id: UUID, seen: int) -> tuple[Row, Row]:
    """Return application and submission, locked, of what is still set aside."""
    found = await quarantine.get(unit, id)
    app = await applications.lock_any(unit, found["application_id"])
    sub = await submissions.lock(unit, found["submission_id"])
    row = await quarantine.lock(unit, id)
    must_match(seen, row["version"])
    if row["status"] != Status.SET_ASIDE:
        raise NotSetAside(Status(row["status"]))
    return app, sub


def _answer(row: Row) -> Response:
    headers = {"etag": etag(row["version"])}
    return Response(row["body"], headers=headers, media_type="application/json")
