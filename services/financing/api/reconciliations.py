"""/reconciliations and /cases: our submissions beside each lender's ledger, and what differs."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Response
from pydantic import Field

from services.financing import progress
from services.financing.api.channels import (
    ChannelCode,
    ChannelsWriter,
    OperatorsReader,
    check_seen,
)
from services.financing.api.problems import PROBLEMS
from services.financing.db import applications, reconciliations, submissions
from services.financing.db.reconciliations import (
    CaseNotFound,
    ReconciliationNotFound,
    ReconciliationRunning,
)
from services.financing.domain import application
from services.financing.domain.reconciliation import (
    PROPOSALS,
    CaseClosed,
    CaseStatus,
    Difference,
    Mend,
    MendNotPossible,
    RunStatus,
)
from services.financing.domain.review import Subject
from services.financing.domain.routing import ChannelNotFound, NoSuchChannel, check_channel
from services.financing.domain.submission import Stage
from services.financing.domain.submission import Status as SubmissionStatus
from shared.clock import Now
from shared.db import Row, Unit
from shared.edge import Once, Read, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.events import Event
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, Paging, page_json, page_model
from shared.wire import Code, In, Instant, LongText, Out

of_channels = router("/channels", tags=["reconciliations"])
routes = router("/reconciliations", tags=["reconciliations"])
cases = router("/cases", tags=["reconciliations"])
OnlyChannel = Annotated[Code | None, Query(alias="channel", description="Only of this lender")]


class ReconciliationOut(Out):
    """One comparison with a lender's ledger: the day's, or one that somebody has asked for."""

    id: UUID
    channel: str
    day: Annotated[date | None, Field(description="Of the daily one, by the offices' time")]
    status: RunStatus
    requested_by: str
    lines: Annotated[int, Field(description="Lines of the lender's ledger that were read")]
    opened: Annotated[int, Field(description="Cases that it has opened")]
    gone: Annotated[int, Field(description="Open cases that it has not found again")]
    error: Annotated[str | None, Field(description="Why the ledger could not be read, in words")]
    begun_at: Instant | None
    ended_at: Instant | None
    version: int
    created_at: Instant
    changed_at: Instant


class OursOut(Out):
    """What we hold: the amount is what the lender told last, else what was asked, in rupiah."""

    status: SubmissionStatus
    amount: int
    reference: str | None


class TheirsOut(Out):
    """One line of the lender's ledger; the amount in rupiah."""

    stage: Stage
    amount: int
    reference: str
    at: Instant


class ProposalOut(Out):
    """What might mend it. Nothing is done until a person says so."""

    mend: Mend
    sentence_id: Annotated[str, Field(description="In Indonesian")]
    sentence_en: Annotated[str, Field(description="The same, in English")]


class CaseOut(Out):
    """One difference between what we hold and what the lender's ledger says."""

    id: UUID
    channel: str
    difference: Difference
    status: CaseStatus
    our_reference: Annotated[str, Field(description="Our submission's id, as the lender has it")]
    submission_id: Annotated[UUID | None, Field(description="Null where it is none of ours")]
    application_id: UUID | None
    ours: OursOut | None
    theirs: list[TheirsOut]
    proposal: ProposalOut
    first_run_id: UUID
    last_run_id: UUID
    mend: Annotated[Mend | None, Field(description="What was done about it")]
    note: str | None
    resolved_by: str | None
    resolved_at: Instant | None
    version: int
    created_at: Instant
    changed_at: Instant


class ResolutionNew(In):
    """
    What a person does about a case.

    `ask`: the lender is asked where it stands; `review`: two people look at the application;
    `lender_mends`: the lender has agreed to mend its ledger; `explained`: there is a reason.
    """

    mend: Mend
    note: Annotated[LongText, Field(description="What was found out, and from whom")]


@of_channels.post(
    "/{code}/reconciliation",
    status_code=202,
    response_model=ReconciliationOut,
    responses=PROBLEMS.openapi(
        NoSuchChannel, ReconciliationRunning, IdempotencyKeyMissing, IdempotencyKeyReused
    ),
    operation_id="request_reconciliation",
)
async def request_reconciliation(
    caller: ChannelsWriter, unit: Once, now: Now, code: ChannelCode
) -> Response:
    """Ask for a comparison with a lender's ledger now, beside the daily one.

    A worker does it; `GET /reconciliations/{id}` shows how far it is. What has moved within the
    last hour is left for the next one.
    """
    check_seen(caller, code)
    id = new_id()
    row = await reconciliations.request(unit, id, code, actor=caller.id, now=now)
    return _run(row, 202)


@routes.get(
    "",
    response_model=page_model(ReconciliationOut),
    responses=PROBLEMS.openapi(CursorInvalid, ChannelNotFound),
    operation_id="list_reconciliations",
)
async def list_reconciliations(
    caller: OperatorsReader, db: Read, paging: Page, only: OnlyChannel = None
) -> Response:
    """List the comparisons, the oldest first."""
    _check_only(only)
    page = await reconciliations.runs(db, channel=only, after=paging.after_id, limit=paging.limit)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=ReconciliationOut,
    responses=PROBLEMS.openapi(ReconciliationNotFound),
    operation_id="get_reconciliation",
)
async def get_reconciliation(caller: OperatorsReader, db: Read, id: UUID) -> Response:
    """Show one comparison, and how far it is."""
    return _run(await reconciliations.get_run(db, id))


@cases.get(
    "",
    response_model=page_model(CaseOut),
    responses=PROBLEMS.openapi(CursorInvalid, ChannelNotFound),
    operation_id="list_cases",
)
async def list_cases(
    caller: OperatorsReader,
    db: Read,
    paging: Page,
    only: OnlyChannel = None,
    status: Annotated[CaseStatus | None, Query(description="Only those that stand so")] = None,
) -> Response:
    """List the differences that were found, each with what might mend it, the oldest first."""
    _check_only(only)
    page = await reconciliations.cases(
        db, channel=only, status=status, after=paging.after_id, limit=paging.limit
    )
    return Response(_cases_page(page, paging), media_type="application/json")


@cases.get(
    "/{id}",
    response_model=CaseOut,
    responses=PROBLEMS.openapi(CaseNotFound),
    operation_id="get_case",
)
async def get_case(caller: OperatorsReader, db: Read, id: UUID) -> Response:
    """Show one difference, with what might mend it."""
    return _case(await reconciliations.get_case(db, id))


@cases.post(
    "/{id}/resolution",
    response_model=CaseOut,
    responses=PROBLEMS.openapi(
        CaseNotFound,
        CaseClosed,
        MendNotPossible,
        application.IllegalTransition,
        PreconditionMissing,
        PreconditionFailed,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="resolve_case",
)
async def resolve_case(
    caller: ChannelsWriter,
    unit: Once,
    now: Now,
    seen: IfMatch,
    id: UUID,
    resolution: ResolutionNew,
) -> Response:
    """State what is done about a difference. If it is found again, there is another case."""
    found = await reconciliations.get_case(unit, id)
    legs = await _locked(unit, found)
    row = await reconciliations.lock_case(unit, id)
    must_match(seen, row["version"])
    if row["status"] != CaseStatus.OPEN:
        raise CaseClosed(CaseStatus(row["status"]))
    mend, note = resolution.mend, resolution.note
    kept = await reconciliations.resolve(unit, id, mend=mend, note=note, actor=caller.id, now=now)
    if mend in {Mend.ASK, Mend.REVIEW}:
        await _begin(unit, legs, mend, note, actor=caller.id, now=now)
    data = {"channel": row["channel"], "difference": row["difference"], "mend": mend}
    unit.record(
        Event(
            kind="case.resolved",
            subject_id=id,
            version=kept["version"],
            occurred_at=now,
            data={**data, "actor": caller.id},
        )
    )
    return _case(kept)


def _check_only(channel: str | None) -> None:
    """Raise `ChannelNotFound` where a list is narrowed to a lender that there is not."""
    if channel is not None:
        check_channel(channel, None)


async def _locked(unit: Unit, case: Row) -> tuple[Row, Row] | None:
    """Return application and submission of a case, locked in that order; None if none is ours."""
    if case["submission_id"] is None:
        return None
    app = await applications.lock_any(unit, case["application_id"])
    return app, await submissions.lock(unit, case["submission_id"])


async def _begin(
    unit: Unit, legs: tuple[Row, Row] | None, mend: Mend, note: str, *, actor: str, now: Now
) -> None:
    """Ask the lender, or let two people look."""
    if legs is None:
        raise MendNotPossible("The reference is none of ours: there is nothing to ask about.")
    app, sub = legs
    if mend is Mend.REVIEW:
        subject = Subject.CONTRADICTION
        await progress.call_in(unit, app, sub, subject, reason=note, actor=actor, now=now)
        return
    if app["set_aside"]:
        raise MendNotPossible("It is in quarantine: release it there, and the lender is asked.")
    await submissions.change(unit, sub, now=now, due_at=now)


def _run(row: Row, status: int = 200) -> Response:
    headers = {"etag": etag(row["version"])}
    if status == 202:
        headers["location"] = f"/reconciliations/{row['id']}"
    return Response(row["body"], status, headers, media_type="application/json")


def _case(row: Row) -> Response:
    shown = _with_proposal(orjson.loads(row["body"]))
    headers = {"etag": etag(row["version"])}
    return Response(orjson.dumps(shown), headers=headers, media_type="application/json")


def _cases_page(page: Row | None, paging: Paging) -> bytes:
    listed: dict[str, Any] = orjson.loads(page_json(page, paging))
    return orjson.dumps({**listed, "items": [_with_proposal(each) for each in listed["items"]]})


def _with_proposal(shown: Mapping[str, Any]) -> dict[str, Any]:
    mend, says = PROPOSALS[Difference(shown["difference"])]
    proposal = {"mend": mend, "sentence_id": says.id, "sentence_en": says.en}
    return {**shown, "proposal": proposal}
