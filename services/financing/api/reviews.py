"""
/reviews: what two people look at, because a machine should not decide it alone.

The applicant's side objects (`POST /applications/{id}/objection`); a lender that contradicts
itself brings its application here by itself. One reviewer proposes a ruling, another confirms or
rejects it. A client's id stands for a person, so each reviewer needs a client of their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query, Request, Response
from pydantic import AfterValidator, Field, ValidationError, model_validator

from services.financing import progress
from services.financing.api.applications import ApplicationsWriter
from services.financing.api.facts import BorrowerFactsIn
from services.financing.api.problems import PROBLEMS
from services.financing.api.records import RecordUnreadable, kept
from services.financing.api.submissions import Case, decide
from services.financing.db import applications, reviews, submissions
from services.financing.db.applications import (
    ApplicationNotFound,
    ApplicationPending,
    DecisionNotFound,
)
from services.financing.db.reviews import ReviewNotFound
from services.financing.domain import application, correction
from services.financing.domain.book import with_book
from services.financing.domain.eligibility import BorrowerKind
from services.financing.domain.review import (
    AlreadyReviewed,
    ConflictOfInterest,
    Event,
    IllegalTransition,
    Parties,
    Reviewer,
    Ruling,
    RulingNotPossible,
    SamePerson,
    Status,
    Subject,
    check_another,
    check_impartial,
    check_ruling,
)
from services.financing.domain.routing import Channel
from services.financing.progress import LenderHasIt
from shared.auth import Caller, Kind, requires
from shared.clock import Now
from shared.db import Row, Unit
from shared.edge import Once, Read, router
from shared.etag import IfMatch, PreconditionFailed, PreconditionMissing, etag, must_match
from shared.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from shared.ids import new_id
from shared.paging import CursorInvalid, Page, page_json, page_model
from shared.wire import In, Instant, LongText, Out, Text

READERS = tuple(kind for kind in Kind if kind is not Kind.LENDER)
REVIEWERS = (Kind.MINISTRY_ANALYST,)
"""People of the ministry. A cooperative's officer has a part in every case that they can see."""

objections = router("/applications", tags=["reviews"])
routes = router("/reviews", tags=["reviews"])
ReviewsReader = Annotated[Caller, requires("reviews:read", kinds=READERS)]
ReviewsWriter = Annotated[Caller, requires("reviews:write", kinds=REVIEWERS)]


def _known_path(path: str) -> str:
    if path not in correction.PATHS:
        raise ValueError("there is no such fact")
    return path


FactPath = Annotated[
    str,
    AfterValidator(_known_path),
    Field(
        json_schema_extra={"enum": list(correction.PATHS)},
        description="The fact, as `POST /prequalifications` nests it",
    ),
]
FactValue = Annotated[
    Text,
    Field(
        description="Its right value, written out: `true`, `5000000`, `2026-01-31` or a text",
        examples=["true"],
    ),
]


class ObjectionNew(In):
    """Why the applicant holds the decision to be wrong, in their own words."""

    reason: LongText


class CorrectionIn(In):
    """The one fact that was wrong. Its old value is taken from the decision."""

    path: FactPath
    new: FactValue

    @model_validator(mode="after")
    def _fits(self) -> "CorrectionIn":
        _typed(self.path, self.new)
        return self


class ProposalNew(In):
    """What one person proposes to rule, and what it rests on."""

    ruling: Ruling
    why: Annotated[LongText, Field(description="For the applicant, in Indonesian")]
    evidence: Annotated[LongText, Field(description="What was seen: a document, a letter, a call")]
    correction: Annotated[
        CorrectionIn | None, Field(description="The fact that an override sets right")
    ] = None
    submission_id: Annotated[
        UUID | None,
        Field(description="Of a ruling on lenders: whose word holds, if not the one looked at"),
    ] = None


class ConfirmationNew(In):
    """What the confirming person adds, if anything."""

    note: LongText | None = None


class RejectionNew(In):
    """Why another person does not confirm the proposal."""

    why: LongText


class CorrectionOut(Out):
    """The fact that an override sets right."""

    path: str
    old: Annotated[str | None, Field(description="As the decision had it; null when not known")]
    new: str


class ReviewOut(Out):
    """A review as it stands. What was proposed counts once another person has confirmed it."""

    id: UUID
    application_id: UUID
    decision_id: Annotated[UUID | None, Field(description="The decision that is looked at")]
    subject: Subject
    status: Status
    reason: Annotated[str, Field(description="The applicant's words, or what a lender did")]
    objected_by: str | None
    submission_id: UUID | None
    ruling: Ruling | None
    why: str | None
    evidence: str | None
    correction: CorrectionOut | None
    proposed_by: str | None
    proposed_at: Instant | None
    confirmed_by: str | None
    decided_at: Instant | None
    new_decision_id: Annotated[UUID | None, Field(description="What an override led to")]
    due_on: Annotated[date, Field(description="By when it should be decided")]
    version: int
    created_at: Instant
    changed_at: Instant


class ReviewStepOut(Out):
    """One step of a review."""

    event: Event
    status: Status
    actor: str
    data: dict[str, Any]
    at: Instant


class ReviewHistoryOut(Out):
    """The steps of a review, the oldest first."""

    items: list[ReviewStepOut]


@objections.post(
    "/{id}/objection",
    status_code=201,
    response_model=ReviewOut,
    responses=PROBLEMS.openapi(
        ApplicationNotFound,
        ApplicationPending,
        AlreadyReviewed,
        application.IllegalTransition,
        DecisionNotFound,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
    ),
    operation_id="object_to_decision",
)
async def object_to_decision(
    caller: ApplicationsWriter, unit: Once, now: Now, id: UUID, objection: ObjectionNew
) -> Response:
    """Object to a decision: two people look at it (UU 27/2022, Art. 10).

    Possible where the application is `refused` or `incubating`, once for each decision. It is
    `contested` until they have decided, and meanwhile the borrower has no other under way.
    """
    row = await applications.lock(unit, caller, id)
    if await reviews.reviewed(unit, row["decision_id"]):
        raise AlreadyReviewed("Two people have looked at this decision; apply anew instead.")
    events = (application.Event.CONTEST,)
    contested = await progress.move(unit, row, events, now=now, actor=caller.id)
    said_by = kept((await applications.decided(unit, id))["facts"]).said_by
    opened = await reviews.begin(
        unit,
        contested,
        Subject.OBJECTION,
        reason=objection.reason,
        actor=caller.id,
        registered_by=said_by.get("registered_by"),
        now=now,
    )
    return _answer(opened, 201)


@routes.get(
    "",
    response_model=page_model(ReviewOut),
    responses=PROBLEMS.openapi(CursorInvalid),
    operation_id="list_reviews",
)
async def list_reviews(
    caller: ReviewsReader,
    db: Read,
    paging: Page,
    status: Annotated[Status | None, Query(description="Only those that stand so")] = None,
) -> Response:
    """List the reviews of applications that the caller may see, the oldest first."""
    page = await reviews.page(db, caller, status=status, after=paging.after_id, limit=paging.limit)
    return Response(page_json(page, paging), media_type="application/json")


@routes.get(
    "/{id}",
    response_model=ReviewOut,
    responses=PROBLEMS.openapi(ReviewNotFound),
    operation_id="get_review",
)
async def get_review(caller: ReviewsReader, db: Read, id: UUID) -> Response:
    """Show one review."""
    return _answer(await reviews.get(db, caller, id))


@routes.get(
    "/{id}/steps",
    response_model=ReviewHistoryOut,
    responses=PROBLEMS.openapi(ReviewNotFound),
    operation_id="list_review_steps",
)
async def list_review_steps(caller: ReviewsReader, db: Read, id: UUID) -> Response:
    """Show who proposed what, and who confirmed or rejected it."""
    await reviews.get(db, caller, id)
    items = await reviews.steps(db, id)
    return Response(f'{{"items":{items}}}', media_type="application/json")


_SETTLING = (
    ReviewNotFound,
    PreconditionMissing,
    PreconditionFailed,
    IllegalTransition,
    ConflictOfInterest,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
)


@routes.post(
    "/{id}/proposal",
    response_model=ReviewOut,
    responses=PROBLEMS.openapi(
        *_SETTLING, RulingNotPossible, LenderHasIt, submissions.SubmissionNotFound
    ),
    operation_id="propose_ruling",
)
async def propose_ruling(
    caller: ReviewsWriter,
    unit: Once,
    now: Now,
    seen: IfMatch,
    id: UUID,
    proposal: ProposalNew,
) -> Response:
    """Propose a ruling; another person confirms or rejects it.

    An `override` names the one fact that was wrong, and the rules decide again with the right one.
    """
    app, row = await _at_the_table(unit, caller, id, seen)
    fact = proposal.correction
    check_ruling(Subject(row["subject"]), proposal.ruling, names_a_fact=fact is not None)
    if proposal.ruling is Ruling.OVERRIDE:
        await progress.check_free(unit, app)
    proposed = {
        "ruling": proposal.ruling,
        "why": proposal.why,
        "evidence": proposal.evidence,
        "correction": None if fact is None else await _named(unit, row, fact),
        "submission_id": proposal.submission_id or row["submission_id"],
        "proposed_by": caller.id,
        "proposed_at": now,
    }
    told = proposal.model_dump(mode="json", exclude_none=True)
    return _answer(
        await reviews.take(
            unit, row, Event.PROPOSE, actor=caller.id, now=now, changes=proposed, data=told
        )
    )


@routes.post(
    "/{id}/rejection",
    response_model=ReviewOut,
    responses=PROBLEMS.openapi(*_SETTLING, SamePerson),
    operation_id="reject_ruling",
)
async def reject_ruling(
    caller: ReviewsWriter,
    unit: Once,
    now: Now,
    seen: IfMatch,
    id: UUID,
    rejection: RejectionNew,
) -> Response:
    """Reject what another person proposed: the review is open again for another proposal."""
    _, row = await _at_the_table(unit, caller, id, seen)
    _check_another(row, caller)
    told = {"why": rejection.why}
    return _answer(
        await reviews.take(
            unit, row, Event.REJECT, actor=caller.id, now=now, changes=_NOT_PROPOSED, data=told
        )
    )


_NOT_PROPOSED: Mapping[str, None] = dict.fromkeys(
    ("ruling", "why", "evidence", "correction", "proposed_by", "proposed_at")
)


@routes.post(
    "/{id}/confirmation",
    response_model=ReviewOut,
    responses=PROBLEMS.openapi(
        *_SETTLING,
        SamePerson,
        LenderHasIt,
        ApplicationPending,
        RecordUnreadable,
        submissions.SubmissionNotFound,
    ),
    operation_id="confirm_ruling",
)
async def confirm_ruling(
    caller: ReviewsWriter,
    unit: Once,
    request: Request,
    now: Now,
    seen: IfMatch,
    id: UUID,
    confirmation: ConfirmationNew,
) -> Response:
    """Confirm what another person proposed: it holds from now on."""
    app, row = await _at_the_table(unit, caller, id, seen)
    _check_another(row, caller)
    told = confirmation.model_dump(exclude_none=True)
    ruled = {
        "confirmed_by": caller.id,
        "decided_at": now,
        "new_decision_id": new_id() if row["ruling"] == Ruling.OVERRIDE else None,
    }
    settled = await reviews.take(
        unit, row, Event.CONFIRM, actor=caller.id, now=now, changes=ruled, data=told
    )
    await _let_hold(unit, app, settled, channels=request.app.state.channels_today, now=now)
    return _answer(settled)


async def _at_the_table(unit: Unit, caller: Caller, id: UUID, seen: int) -> tuple[Row, Row]:
    """Return application and review, locked in that order, for a reviewer who may act on it."""
    found = await reviews.get(unit, caller, id)
    app = await applications.lock_any(unit, found["application_id"])
    row = await reviews.lock(unit, id)
    must_match(seen, row["version"])
    parties = Parties(
        applied_by=row["applied_by"],
        objected_by=row["objected_by"],
        registered_by=row["registered_by"],
        borrower_id=app["borrower_id"],
        cooperative_ids=tuple(app["cooperative_ids"]),
    )
    check_impartial(parties, _reviewer(caller))
    return app, row


def _reviewer(caller: Caller) -> Reviewer:
    return Reviewer(caller.id, caller.person_id, caller.cooperative_id)


def _check_another(row: Row, caller: Caller) -> None:
    """Raise where the proposer would settle the own proposal; without one, the status says no."""
    if row["proposed_by"] is not None:
        check_another(row["proposed_by"], _reviewer(caller))


async def _named(unit: Unit, row: Row, fact: CorrectionIn) -> str:
    """Return the correction, as JSON, with the value on which the decision rests."""
    stored = await applications.decided(unit, row["application_id"])
    old = correction.fact(kept(stored["facts"]).facts.applicant, fact.path)
    if old == _typed(fact.path, fact.new):
        raise RulingNotPossible("The decision rests on this value already: nothing would change.")
    return orjson.dumps({"path": fact.path, "old": _written(old), "new": fact.new}).decode()


def _typed(path: str, written: str) -> Any:
    """Return a value as the rules read it under a path.

    Raises:
        ValueError: it is not of the type of this fact.
    """
    try:
        # What looks like a number may be a text after all, such as the number of a deed.
        return _read(path, orjson.loads(written))
    except ValueError:
        return _read(path, written)


def _read(path: str, value: Any) -> Any:
    for name in reversed(path.split(".")):
        value = {name: value}
    try:
        told = BorrowerFactsIn.model_validate({"kind": BorrowerKind.PERSON, **value})
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"]) from None
    return correction.fact(told.facts(), path)


def _written(value: Any) -> str | None:
    """Return a fact as a person writes it."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode().strip('"')


async def _let_hold(
    unit: Unit, app: Row, row: Row, *, channels: Sequence[Channel], now: datetime
) -> None:
    """Let a confirmed ruling hold."""
    ruling, actor = Ruling(row["ruling"]), f"review:{row['id']}"
    data = {"review_id": str(row["id"]), "ruling": ruling}
    match ruling:
        case Ruling.OVERRIDE:
            await _decide_again(unit, app, row, channels=channels, now=now)
        case Ruling.UPHOLD:
            event = await _as_it_was(unit, app)
            await progress.move(unit, app, (event,), now=now, actor=actor, data=data, ruled=row)
        case _:
            await progress.rule(unit, app, row, actor=actor, data=data, now=now)


async def _as_it_was(unit: Unit, app: Row) -> application.Event:
    """Return the event that brings an upheld application back to where it was contested."""
    stored = await applications.decided(unit, app["id"])
    incubates = orjson.loads(stored["outcome"])["route"]["outcome"] == "incubate"
    return application.Event.INCUBATE if incubates else application.Event.REFUSE


async def _decide_again(
    unit: Unit, app: Row, row: Row, *, channels: Sequence[Channel], now: datetime
) -> None:
    """Decide an application again, as of today, with the one fact that was wrong set right."""
    await progress.check_free(unit, app)
    stored = kept((await applications.decided(unit, app["id"]))["facts"])
    named = orjson.loads(row["correction"])
    book = await applications.loans(unit, app["borrower_kind"], app["borrower_id"])
    override = {
        **named,
        "review_id": str(row["id"]),
        "decision_id": str(app["decision_id"]),
        **{name: row[name] for name in ("why", "evidence", "proposed_by", "confirmed_by")},
    }
    said_by = {
        **stored.said_by,
        "book": [loan._asdict() for loan in book],
        "overrides": [*stored.said_by.get("overrides", ()), override],
    }
    known = replace(stored.facts.applicant, credit=with_book(stored.facts.applicant.credit, book))
    right = correction.corrected(known, named["path"], _typed(named["path"], named["new"]))
    await decide(
        unit,
        app,
        Case(right, stored.facts.request, stored.facts.preference, said_by),
        decision_id=row["new_decision_id"],
        events=(application.Event.ASSESS,),
        actor=f"review:{row['id']}",
        changes={},
        channels=channels,
        now=now,
    )


def _answer(row: Row, status: int = 200) -> Response:
    headers = {"etag": etag(row["version"])}
    if status == 201:
        headers["location"] = f"/reviews/{row['id']}"
    return Response(row["body"], status, headers, media_type="application/json")
