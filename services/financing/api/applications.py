"""/applications: a loan from its draft to the last instalment (docs/cycle.md)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import Field

from services.financing import progress
from services.financing.api.borrowers import BorrowerIn, cooperatives_of, known_borrower
from services.financing.api.facts import DeclaredIn
from services.financing.api.problems import PROBLEMS
from services.financing.db import applications, quarantine, quotas, submissions
from services.financing.db.applications import (
    ApplicationNotFound,
)
from services.financing.domain.application import (
    Event,
    IllegalTransition,
    NotADraft,
    Status,
    allowed,
)
from services.financing.domain.eligibility import (
    BorrowerDeceased,
    BorrowerKind,
    ContractKind,
    Purpose,
)
from services.financing.domain.quarantine import Status as Aside
from services.financing.domain.submission import Event as SubmissionEvent
from services.financing.domain.submission import Status as SubmissionStatus
from services.financing.registry import (
    ReadingPurpose,
    RegistryRefused,
    RegistryUnavailable,
    SubjectNotFound,
)
from shared.auth import Caller, Kind, requires
from shared.clock import Now
from shared.db import Row
from shared.edge import Once, OnceLater, Read, Write, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.events import Event as FeedEvent
from shared.idempotency import (
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
)
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import Amount, Code, In, Instant, LongText, Months, Out, untouched

routes = router("/applications", tags=["applications"])
WRITERS = (Kind.MOBILE_BACKEND, Kind.COOPERATIVE_OFFICER, Kind.SERVICE)
ApplicationsReader = Annotated[Caller, requires("applications:read")]
ApplicationsWriter = Annotated[Caller, requires("applications:write", kinds=WRITERS)]


Preference = Annotated[tuple[Code, ...], Field(max_length=8)]


class ApplicationNew(In):
    """A draft. What is declared beside the registry's facts may come later."""

    borrower: BorrowerIn
    amount: Amount
    tenor_months: Months
    purpose: Purpose = Purpose.WORKING_CAPITAL
    contract_kind: ContractKind = ContractKind.CONVENTIONAL
    declared: DeclaredIn = DeclaredIn()
    preference: Preference = ()


class ApplicationEdit(In):
    """What to change in a draft; a field that is left out stays as it is."""

    amount: Amount = untouched(1)
    tenor_months: Months = untouched(1)
    purpose: Purpose = untouched(Purpose.WORKING_CAPITAL)
    contract_kind: ContractKind = untouched(ContractKind.CONVENTIONAL)
    declared: DeclaredIn = untouched(DeclaredIn())
    preference: Preference = untouched(())


class WithdrawalNew(In):
    """Why the borrower no longer wants the loan; never a condition for withdrawing."""

    reason: LongText | None = None


class BorrowerOut(Out):
    """Who borrows."""

    kind: BorrowerKind
    id: UUID


class NoticeOut(Out):
    """What an applicant should know beside the status."""

    sentence_id: Annotated[str, Field(description="In Indonesian")]
    sentence_en: Annotated[str, Field(description="The same, in English")]


class ApplicationOut(Out):
    """An application as it stands."""

    id: UUID
    borrower: BorrowerOut
    status: Status
    amount: int
    tenor_months: int
    purpose: Purpose
    contract_kind: ContractKind
    declared: dict[str, Any]
    preference: list[str]
    withdrawal_requested: bool
    set_aside: Annotated[
        bool,
        Field(description="The lender and we do not understand each other; an operator looks why"),
    ]
    notice: Annotated[NoticeOut | None, Field(description="For the applicant, while it is so")]
    version: int
    created_at: Instant
    changed_at: Instant


class StepOut(Out):
    """One step of an application's life."""

    event: Event
    status: Status
    actor: str
    data: dict[str, Any]
    at: Instant


class HistoryOut(Out):
    """The steps of an application, the oldest first."""

    items: list[StepOut]


@routes.post(
    "",
    status_code=201,
    response_model=ApplicationOut,
    responses=PROBLEMS.openapi(
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
        SubjectNotFound,
        BorrowerDeceased,
        RegistryRefused,
        RegistryUnavailable,
    ),
    operation_id="draft_application",
)
async def draft_application(
    caller: ApplicationsWriter, once: OnceLater, request: Request, now: Now, new: ApplicationNew
) -> Response:
    """Draft an application. Nothing is decided and nobody is asked until it is submitted."""
    await once.replay()
    known = await known_borrower(request, caller, new.borrower, ReadingPurpose.PREQUALIFICATION)
    unit = await once.begin()
    id = new_id()
    body = await applications.add(
        unit,
        {
            "id": id,
            "created_by": caller.id,
            "borrower_kind": new.borrower.kind,
            "borrower_id": new.borrower.id,
            "cooperative_ids": cooperatives_of(new.borrower, known),
            "province_code": None,
            "status": Status.DRAFTED,
            "decision_id": None,
            "withdrawal_requested": False,
            "set_aside": False,
            **_asked(new),
            "version": 1,
            "created_at": now,
            "changed_at": now,
        },
    )
    unit.record(FeedEvent(kind="application.drafted", subject_id=id, version=1, occurred_at=now))
    headers = {"etag": etag(1), "location": f"/applications/{id}"}
    return Response(body, 201, headers, media_type="application/json")


@routes.get(
    "",
    response_model=page_model(ApplicationOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_applications",
)
async def list_applications(
    caller: ApplicationsReader,
    db: Read,
    paging: Page,
    borrower_id: Annotated[UUID | None, Query(description="Only of this borrower")] = None,
) -> Response:
    """List the applications that the caller may see, the oldest first."""
    page = await applications.page(
        db, caller, borrower=borrower_id, after=paging.after_id, limit=paging.limit
    )
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=ApplicationOut,
    responses=PROBLEMS.openapi(ApplicationNotFound),
    operation_id="get_application",
)
async def get_application(caller: ApplicationsReader, db: Read, id: UUID) -> Response:
    """Show one application."""
    return answer(await applications.get(db, caller, id))


@routes.patch(
    "/{id}",
    response_model=ApplicationOut,
    responses=PROBLEMS.openapi(
        ApplicationNotFound, PreconditionMissing, PreconditionFailed, NotADraft
    ),
    operation_id="edit_application",
)
async def edit_application(
    caller: ApplicationsWriter,
    unit: Write,
    now: Now,
    seen: IfMatch,
    id: UUID,
    edit: ApplicationEdit,
) -> Response:
    """Change a draft. What has been submitted is not changed: withdraw it and draft anew."""
    row = await applications.lock(unit, caller, id)
    must_match(seen, row["version"])
    if row["status"] != Status.DRAFTED:
        raise NotADraft(Status(row["status"]))
    if not edit.model_fields_set:
        return answer(row)
    asked = _asked(edit)
    changes = {name: asked[name] for name in edit.model_fields_set}
    kept = await applications.change(unit, row, changes, now=now)
    unit.record(
        FeedEvent(
            kind="application.edited", subject_id=id, version=kept["version"], occurred_at=now
        )
    )
    return answer(kept)


@routes.post(
    "/{id}/withdrawal",
    response_model=ApplicationOut,
    responses=PROBLEMS.openapi(
        ApplicationNotFound, IllegalTransition, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="withdraw_application",
)
async def withdraw_application(
    caller: ApplicationsWriter, unit: Once, now: Now, id: UUID, withdrawal: WithdrawalNew
) -> Response:
    """Withdraw an application. Possible until the akad.

    Where a lender may already have it, the lender is told first: the answer then has
    `withdrawal_requested` true, and the status becomes `withdrawn` when the lender confirms.
    """
    row = await applications.lock(unit, caller, id)
    status = Status(row["status"])
    if Event.WITHDRAW not in allowed(status):
        raise IllegalTransition(status, Event.WITHDRAW)
    sub = await submissions.newest(unit, id)
    if sub is not None and row["set_aside"]:
        row = await quarantine.lift(
            unit, row, sub, Aside.OVERTAKEN, actor=caller.id, note=None, now=now
        )
    if sub is not None and _lender_may_have(sub):
        await submissions.change(unit, sub, now=now, due_at=now, **submissions.UNDERSTOOD)
        kept = await applications.change(unit, row, {"withdrawal_requested": True}, now=now)
        unit.record(
            FeedEvent(
                kind="application.withdrawal_requested",
                subject_id=id,
                version=kept["version"],
                occurred_at=now,
            )
        )
        return answer(kept)
    if sub is not None and sub["status"] == SubmissionStatus.QUEUED:
        await submissions.change(
            unit, sub, now=now, status=progress.after(sub, SubmissionEvent.CANCEL), due_at=None
        )
        await quotas.give_back(unit, sub["id"], now=now)
    data = {"reason": withdrawal.reason} if withdrawal.reason else {}
    events = (Event.WITHDRAW,)
    return answer(await progress.move(unit, row, events, now=now, actor=caller.id, data=data))


@routes.get(
    "/{id}/steps",
    response_model=HistoryOut,
    responses=PROBLEMS.openapi(ApplicationNotFound),
    operation_id="list_application_steps",
)
async def list_application_steps(caller: ApplicationsReader, db: Read, id: UUID) -> Response:
    """Show the life of an application so far."""
    await applications.get(db, caller, id)
    items = await applications.steps(db, id)
    return Response(f'{{"items":{items}}}', media_type="application/json")


_WITH_LENDER = frozenset(
    {
        SubmissionStatus.SENDING,
        SubmissionStatus.UNKNOWN,
        SubmissionStatus.RECEIVED,
        SubmissionStatus.APPROVED,
    }
)


def _lender_may_have(sub: Row) -> bool:
    queued_again = sub["status"] == SubmissionStatus.QUEUED and sub["maybe_taken"]
    return queued_again or sub["status"] in _WITH_LENDER


def answer(row: Row) -> Response:
    """Return an application as it stands, with its ETag."""
    headers = {"etag": etag(row["version"])}
    return Response(row["body"], headers=headers, media_type="application/json")


def _asked(given: ApplicationNew | ApplicationEdit) -> dict[str, Any]:
    return {
        "amount": given.amount,
        "tenor_months": given.tenor_months,
        "purpose": given.purpose,
        "contract_kind": given.contract_kind,
        "declared": given.declared.model_dump_json(exclude_none=True),
        "preference": list(given.preference),
    }
