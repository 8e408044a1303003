"""/applications: a loan from its draft to the last instalment (docs/cycle.md)."""

import hashlib
from typing import Annotated, Any
from uuid import UUID

import orjson
import rfc8785
from fastapi import Query, Request, Response
from pydantic import Field

from services.financing import progress
from services.financing.api import decisions
from services.financing.api.decisions import DecisionOut
from services.financing.api.facts import DeclaredIn, applicant
from services.financing.api.problems import PROBLEMS
from services.financing.db import applications, submissions
from services.financing.db.applications import (
    ApplicationNotFound,
    ApplicationPending,
    DecisionNotFound,
)
from services.financing.domain.application import Event, IllegalTransition, Status, allowed
from services.financing.domain.decision import Decision, decide
from services.financing.domain.eligibility import (
    BorrowerDeceased,
    BorrowerKind,
    ContractKind,
    LoanRequest,
    Purpose,
    check_living,
)
from services.financing.domain.routing import Outcome
from services.financing.domain.schedule import annuity
from services.financing.domain.submission import Status as SubmissionStatus
from services.financing.registry import (
    Known,
    KnownPerson,
    ReadingPurpose,
    RegistryClient,
    RegistryUnavailable,
    SubjectNotFound,
)
from shared.auth import Caller, Kind, requires
from shared.clock import WIB, Now
from shared.db import Row
from shared.edge import Once, OnceLater, Read, Write, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.events import Event as FeedEvent
from shared.idempotency import (
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    IdempotentRequestInFlight,
)
from shared.ids import new_id
from shared.money import Rupiah
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import Amount, Code, Day, In, Instant, LongText, Months, Out

routes = router("/applications", tags=["applications"])
WRITERS = (Kind.MOBILE_BACKEND, Kind.COOPERATIVE_OFFICER, Kind.SERVICE)
ApplicationsReader = Annotated[Caller, requires("applications:read")]
ApplicationsWriter = Annotated[Caller, requires("applications:write", kinds=WRITERS)]


class BorrowerIn(In):
    """Who borrows: a person, the chair of a group, or a cooperative, by the registry's id."""

    kind: BorrowerKind
    id: UUID


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

    amount: Amount = Rupiah(1)
    tenor_months: Months = 1
    purpose: Purpose = Purpose.WORKING_CAPITAL
    contract_kind: ContractKind = ContractKind.CONVENTIONAL
    declared: DeclaredIn = DeclaredIn()
    preference: Preference = ()


class WithdrawalNew(In):
    """Why the borrower no longer wants the loan; never a condition for withdrawing."""

    reason: LongText | None = None


class BorrowerOut(Out):
    """Who borrows."""

    kind: BorrowerKind
    id: UUID


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


class SubmissionOut(Out):
    """One lender that the application went to, or will go to."""

    id: UUID
    leg_no: int
    channel: str
    product: str
    rate_bp: int
    status: SubmissionStatus
    reference: str | None
    reasons: list[str]
    sent_at: Instant | None
    created_at: Instant
    changed_at: Instant


class LineOut(Out):
    """One month of the schedule, in rupiah."""

    no: int
    due_on: Day | None
    principal: int
    interest: int
    instalment: int
    balance: int


class HistoryOut(Out):
    """The steps of an application, the oldest first."""

    items: list[StepOut]


class SubmissionsOut(Out):
    """The lenders of the route that have been reached so far, in order."""

    items: list[SubmissionOut]


class ScheduleOut(Out):
    """What would be paid back under the lender now asked: a calculation, not an offer."""

    product: str
    rate_bp: int
    items: list[LineOut]


@routes.post(
    "",
    status_code=201,
    response_model=ApplicationOut,
    responses=PROBLEMS.openapi(
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
        SubjectNotFound,
        BorrowerDeceased,
        RegistryUnavailable,
    ),
    operation_id="draft_application",
)
async def draft_application(
    caller: ApplicationsWriter, once: OnceLater, request: Request, now: Now, new: ApplicationNew
) -> Response:
    """Draft an application. Nothing is decided and nobody is asked until it is submitted."""
    await once.replay()
    known = await _known(request, caller, new.borrower, ReadingPurpose.PREQUALIFICATION)
    unit = await once.begin()
    id = new_id()
    body = await applications.add(
        unit,
        {
            "id": id,
            "created_by": caller.id,
            "borrower_kind": new.borrower.kind,
            "borrower_id": new.borrower.id,
            "cooperative_ids": _cooperatives(new.borrower, known),
            "status": Status.DRAFTED,
            "decision_id": None,
            "withdrawal_requested": False,
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
    return _answer(await applications.get(db, caller, id))


@routes.patch(
    "/{id}",
    response_model=ApplicationOut,
    responses=PROBLEMS.openapi(
        ApplicationNotFound, PreconditionMissing, PreconditionFailed, IllegalTransition
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
        raise IllegalTransition(Status(row["status"]), Event.SUBMIT)
    asked = _asked(edit)
    changes = {name: asked[name] for name in edit.model_fields_set}
    kept = await applications.change(unit, row, changes, now=now)
    unit.record(
        FeedEvent(
            kind="application.edited", subject_id=id, version=kept["version"], occurred_at=now
        )
    )
    return _answer(kept)


@routes.post(
    "/{id}/submission",
    response_model=ApplicationOut,
    responses=PROBLEMS.openapi(
        ApplicationNotFound,
        ApplicationPending,
        IllegalTransition,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
        IdempotentRequestInFlight,
        SubjectNotFound,
        BorrowerDeceased,
        RegistryUnavailable,
    ),
    operation_id="submit_application",
)
async def submit_application(
    caller: ApplicationsWriter, once: OnceLater, db: Read, request: Request, now: Now, id: UUID
) -> Response:
    """Submit a draft: it is assessed against every product, and routed where one fits.

    The answer's status says what came of it: `routed`, `refused` or `incubating`. The reasons, the
    score and the route are at `/applications/{id}/decision`.
    """
    await once.replay()
    draft = await applications.get(db, caller, id)
    borrower = BorrowerIn(kind=draft["borrower_kind"], id=draft["borrower_id"])
    known = await _known(request, caller, borrower, ReadingPurpose.ASSESSMENT)
    unit = await once.begin()
    row = await applications.lock(unit, caller, id)
    declared = DeclaredIn.model_validate_json(row["declared"])
    asked = LoanRequest(
        amount=Rupiah(row["amount"]),
        tenor_months=row["tenor_months"],
        purpose=Purpose(row["purpose"]),
        contract_kind=ContractKind(row["contract_kind"]),
    )
    decision = decide(
        applicant(borrower.kind, declared, known),
        asked,
        on=now.astimezone(WIB).date(),
        channels=request.app.state.channels_today,
        preference=row["preference"],
    )
    outcome = decisions.render(decision, asked)
    decision_id = new_id()
    events = (Event.SUBMIT, Event.ASSESS, _verdict(decision))
    kept = await progress.move(
        unit,
        row,
        events,
        now=now,
        actor=caller.id,
        changes={
            "decision_id": decision_id,
            "cooperative_ids": _cooperatives(borrower, known),
        },
        data={"decision_id": str(decision_id), "outcome": decision.route.outcome},
    )
    facts = _canonical(row, known, decision)
    await applications.add_decision(
        unit,
        id=decision_id,
        application_id=id,
        decided_on=decision.on,
        akad_on=decision.akad_on,
        engine_version=decision.engine_version,
        editions=list(decision.editions),
        facts=facts.decode(),
        facts_sha256=hashlib.sha256(facts).digest(),
        outcome=outcome.decode(),
        created_at=now,
    )
    if decision.route.outcome is Outcome.ROUTED:
        leg = decision.route.legs[0]
        first = {
            "no": leg.no,
            "channel": leg.channel,
            "product": leg.product,
            "rate_bp": leg.rate_bp,
        }
        await progress.send_to(unit, id, first, now=now)
    return _answer(kept)


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
    if sub is not None and _lender_may_have(sub):
        await submissions.change(unit, sub, now=now, due_at=now)
        kept = await applications.change(unit, row, {"withdrawal_requested": True}, now=now)
        unit.record(
            FeedEvent(
                kind="application.withdrawal_requested",
                subject_id=id,
                version=kept["version"],
                occurred_at=now,
            )
        )
        return _answer(kept)
    if sub is not None and sub["status"] == SubmissionStatus.QUEUED:
        await submissions.change(
            unit, sub, now=now, status=SubmissionStatus.CANCELLED, due_at=None
        )
    data = {"reason": withdrawal.reason} if withdrawal.reason else {}
    events = (Event.WITHDRAW,)
    return _answer(await progress.move(unit, row, events, now=now, actor=caller.id, data=data))


@routes.get(
    "/{id}/decision",
    response_model=DecisionOut,
    responses=PROBLEMS.openapi(ApplicationNotFound, DecisionNotFound),
    operation_id="get_decision",
)
async def get_decision(caller: ApplicationsReader, db: Read, id: UUID) -> Response:
    """Show the decision in force: every product with every reason, the score and the route."""
    await applications.get(db, caller, id)
    row = await applications.decided(db, id)
    headers = {"purna-facts-sha256": row["facts_sha256"].hex()}
    return Response(row["outcome"], headers=headers, media_type="application/json")


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


@routes.get(
    "/{id}/submissions",
    response_model=SubmissionsOut,
    responses=PROBLEMS.openapi(ApplicationNotFound),
    operation_id="list_application_submissions",
)
async def list_application_submissions(caller: ApplicationsReader, db: Read, id: UUID) -> Response:
    """Show which lenders have been reached and what each said."""
    await applications.get(db, caller, id)
    items = await submissions.all_of(db, id)
    return Response(f'{{"items":{items}}}', media_type="application/json")


@routes.get(
    "/{id}/schedule",
    response_model=ScheduleOut,
    responses=PROBLEMS.openapi(ApplicationNotFound, DecisionNotFound),
    operation_id="get_application_schedule",
)
async def get_application_schedule(caller: ApplicationsReader, db: Read, id: UUID) -> ScheduleOut:
    """Show what would be paid back each month under the first lender of the route."""
    row = await applications.get(db, caller, id)
    decided = orjson.loads((await applications.decided(db, id))["outcome"])
    if not decided["route"]["legs"]:
        raise DecisionNotFound("No lender is on the route, so there is nothing to pay back.")
    leg = decided["route"]["legs"][0]
    lines = annuity(Rupiah(row["amount"]), rate_bp=leg["rate_bp"], months=row["tenor_months"])
    return ScheduleOut(
        product=leg["product"],
        rate_bp=leg["rate_bp"],
        items=[LineOut(**line._asdict()) for line in lines],
    )


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


def _answer(row: Row) -> Response:
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


async def _known(
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


def _cooperatives(borrower: BorrowerIn, known: Known) -> list[UUID]:
    """Return the cooperatives that see the application: the borrower, or those of a member."""
    if isinstance(known, KnownPerson):
        return sorted({membership.cooperative_id for membership in known.memberships})
    return [borrower.id]


def _verdict(decision: Decision) -> Event:
    match decision.route.outcome:
        case Outcome.ROUTED:
            return Event.ROUTE
        case Outcome.INCUBATE:
            return Event.INCUBATE
        case _:
            return Event.REFUSE


def _canonical(row: Row, known: Known, decision: Decision) -> bytes:
    """Return what was known and asked, as canonical JSON: the same facts, the same bytes.

    Names and numbers that identify the borrower are not among them: the decision did not use them.
    """
    identifying = {"id", "full_name", "name", "person_nik", "registered_by"}
    facts = {
        name: value
        for name, value in orjson.loads(orjson.dumps(known)).items()
        if name not in identifying
    }
    return rfc8785.dumps(
        {
            "known": facts,
            "declared": orjson.loads(row["declared"]),
            "request": {
                "amount": row["amount"],
                "tenor_months": row["tenor_months"],
                "purpose": row["purpose"],
                "contract_kind": row["contract_kind"],
                "preference": list(row["preference"]),
            },
            "on": decision.on.isoformat(),
            "akad_on": decision.akad_on.isoformat(),
            "editions": list(decision.editions),
            "engine_version": decision.engine_version,
        }
    )
