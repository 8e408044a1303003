"""Named queries on applications, their steps and decisions. Visibility is part of each query."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import (
    any_,
    bindparam,
    case,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from services.financing.db.tables import (
    BOOKED,
    application,
    application_step,
    decision,
    submission,
)
from services.financing.domain.book import BookedLoan
from services.financing.domain.quarantine import NOTICE
from services.financing.domain.submission import Status
from shared.auth import Caller, Kind
from shared.db import Reader, Row, Statement, Unit
from shared.money import Rupiah
from shared.sql_json import as_object, as_text, columns, page_of


class ApplicationNotFound(Exception):
    """There is no such application, or the caller may not see it: the answer is the same."""


class ApplicationPending(Exception):
    """The borrower has another application that a lender may still turn into a loan."""


class DecisionNotFound(Exception):
    """The application has not been decided yet."""


_notice = case(
    (
        application.c.set_aside,
        as_object(sentence_id=NOTICE.id, sentence_en=NOTICE.en),
    ),
    else_=null(),
)
BODY = as_object(
    id=application.c.id,
    borrower=as_object(kind=application.c.borrower_kind, id=application.c.borrower_id),
    **columns(
        application,
        "status",
        "amount",
        "tenor_months",
        "purpose",
        "contract_kind",
        "declared",
        "preference",
        "withdrawal_requested",
        "set_aside",
    ),
    notice=_notice,
    **columns(application, "version", "created_at", "changed_at"),
)
_STEP = as_object(**columns(application_step, "event", "status", "actor", "data", "at"))

Conditions = tuple[ColumnElement[bool], ...]
_own = application.c.created_by == bindparam("caller_id")
_cooperative = bindparam("cooperative_id") == any_(application.c.cooperative_ids)
_lender = exists().where(
    submission.c.application_id == application.c.id,
    submission.c.channel == bindparam("channel"),
    submission.c.sent_at.is_not(None),
)
CONDITIONS: Mapping[str, Conditions] = {
    "all": (),
    "own": (_own,),
    "cooperative": (or_(_own, _cooperative),),
    "lender": (_lender,),
}
"""What an application has to fulfil to be seen, by how far a caller sees (`reach`)."""


def reach(caller: Caller) -> tuple[str, dict[str, Any]]:
    """Return how far a caller sees, and the values that its queries need.

    Ministries, auditors and services see all; an app its own; an officer those of the
    cooperative and of its members; a lender those that were sent to it.
    """
    if caller.sees_all:
        return "all", {}
    if caller.kind is Kind.LENDER:
        return "lender", {"channel": caller.channel or ""}
    if caller.kind is Kind.COOPERATIVE_OFFICER and caller.cooperative_id is not None:
        return "cooperative", {"caller_id": caller.id, "cooperative_id": caller.cooperative_id}
    return "own", {"caller_id": caller.id}


def _each(build: Callable[[Conditions], ClauseElement]) -> dict[str, Statement]:
    return {name: Statement(build(conditions)) for name, conditions in CONDITIONS.items()}


_by_id = application.c.id == bindparam("id")
_GET = _each(lambda seen: select(application, as_text(BODY).label("body")).where(_by_id, *seen))
_LOCK = _each(
    lambda seen: (
        select(application, as_text(BODY).label("body"))
        .where(_by_id, *seen)
        .with_for_update(of=application)
    )
)
_LOCK_ANY = Statement(select(application).where(_by_id).with_for_update())
_page = (
    select(application.c.id, BODY.label("body"))
    .where(application.c.id > bindparam("after"))
    .order_by(application.c.id)
    .limit(bindparam("limit"))
)
_PAGE = _each(lambda seen: page_of(_page.where(*seen)))
_PAGE_OF_BORROWER = _each(
    lambda seen: page_of(_page.where(application.c.borrower_id == bindparam("borrower"), *seen))
)
_ADD = Statement(insert(application).returning(as_text(BODY).label("body")))

CHANGEABLE = (
    "status",
    "amount",
    "tenor_months",
    "purpose",
    "contract_kind",
    "declared",
    "preference",
    "decision_id",
    "withdrawal_requested",
    "set_aside",
    "cooperative_ids",
    "province_code",
)
_CHANGE = Statement(
    update(application)
    .where(_by_id)
    .values(
        {
            **{name: bindparam(name) for name in CHANGEABLE},
            "version": application.c.version + 1,
            "changed_at": bindparam("changed_at"),
        }
    )
    .returning(application, as_text(BODY).label("body"))
)
_ADD_STEP = Statement(insert(application_step))
_STEPS = Statement(
    select(
        as_text(func.json_agg(aggregate_order_by(_STEP, application_step.c.id))).label("items")
    ).where(application_step.c.application_id == bindparam("id"))
)
_ADD_DECISION = Statement(insert(decision))
_DECISION = Statement(
    select(as_text(decision.c.outcome).label("outcome"), decision.c.facts, decision.c.facts_sha256)
    .join(application, application.c.decision_id == decision.c.id)
    .where(_by_id)
)
_ROUTE = Statement(
    select(as_text(decision.c.outcome["route"]).label("route"))
    .join(application, application.c.decision_id == decision.c.id)
    .where(_by_id)
)

_other = application.alias("other")
_loans_so_far = (
    select(
        as_text(
            func.json_agg(
                aggregate_order_by(
                    as_object(
                        **columns(submission, "product", "channel", "status"),
                        amount=_other.c.amount,
                    ),
                    submission.c.created_at,
                )
            )
        )
    )
    .select_from(submission.join(_other, _other.c.id == submission.c.application_id))
    .where(
        _other.c.borrower_kind == application.c.borrower_kind,
        _other.c.borrower_id == application.c.borrower_id,
        text(BOOKED),
    )
    .correlate(application)
    .scalar_subquery()
)
_LOCK_WITH_LOANS = _each(
    lambda seen: (
        select(application, _loans_so_far.label("loans"))
        .where(_by_id, *seen)
        .with_for_update(of=application)
    )
)
_LOANS = Statement(
    select(submission.c.product, submission.c.channel, submission.c.status, application.c.amount)
    .join(application, application.c.id == submission.c.application_id)
    .where(
        application.c.borrower_kind == bindparam("borrower_kind"),
        application.c.borrower_id == bindparam("borrower_id"),
        text(BOOKED),
    )
    .order_by(submission.c.created_at)
)


async def get(db: Reader, caller: Caller, id: UUID) -> Row:
    """Return one application, with its JSON as `body`; raises `ApplicationNotFound`."""
    kind, values = reach(caller)
    return _found(await db.row(_GET[kind], id=id, **values))


async def lock(unit: Unit, caller: Caller, id: UUID) -> Row:
    """Return the row, held against other writers; raises `ApplicationNotFound`."""
    kind, values = reach(caller)
    return _found(await unit.row(_LOCK[kind], id=id, **values))


async def lock_with_loans(unit: Unit, caller: Caller, id: UUID) -> tuple[Row, list[BookedLoan]]:
    """Return the row, held against other writers, and the `loans` of its borrower.

    Raises `ApplicationNotFound`.
    """
    kind, values = reach(caller)
    row = _found(await unit.row(_LOCK_WITH_LOANS[kind], id=id, **values))
    return row, [_loan(each) for each in orjson.loads(row["loans"] or "[]")]


async def lock_any(unit: Unit, id: UUID) -> Row:
    """Return the row for our own processes, held against other writers."""
    return _found(await unit.row(_LOCK_ANY, id=id))


async def page(
    db: Reader, caller: Caller, *, borrower: UUID | None, after: UUID, limit: int
) -> Row | None:
    """Return a page of the applications that the caller may see, the oldest first."""
    kind, values = reach(caller)
    if borrower is None:
        return await db.row(_PAGE[kind], after=after, limit=limit, **values)
    statement = _PAGE_OF_BORROWER[kind]
    return await db.row(statement, borrower=borrower, after=after, limit=limit, **values)


async def add(unit: Unit, values: Mapping[str, Any]) -> str:
    """Write a draft and return its JSON."""
    return _found(await unit.row(_ADD, **values))["body"]


async def change(unit: Unit, row: Row, changes: Mapping[str, Any], *, now: datetime) -> Row:
    """Write changed columns of a locked row; return the new row with its JSON as `body`.

    Raises:
        ApplicationPending: the borrower has another application under way.
    """
    values = {name: changes.get(name, row[name]) for name in CHANGEABLE}
    try:
        return _found(await unit.row(_CHANGE, id=row["id"], changed_at=now, **values))
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "uq_application_pending":
            raise
        raise ApplicationPending("The borrower has another application under way.") from None


def add_step(unit: Unit, **values: Any) -> None:
    """Append one step to an application's history."""
    unit.later(_ADD_STEP, **values)


async def steps(db: Reader, id: UUID) -> str:
    """Return the history of an application as a JSON array, the oldest step first."""
    row = await db.row(_STEPS, id=id)
    return row["items"] if row and row["items"] else "[]"


def add_decision(unit: Unit, **values: Any) -> None:
    """Keep a decision."""
    unit.later(_ADD_DECISION, **values)


async def decided(db: Reader | Unit, id: UUID) -> Row:
    """Return the decision in force of an application; raises `DecisionNotFound`."""
    row = await db.row(_DECISION, id=id)
    if row is None:
        raise DecisionNotFound("This application has not been decided yet; submit it first.")
    return row


async def loans(unit: Unit, borrower_kind: str, borrower_id: UUID) -> list[BookedLoan]:
    """Return the loans that a borrower has had through us, the oldest first."""
    rows = await unit.rows(_LOANS, borrower_kind=borrower_kind, borrower_id=borrower_id)
    return [_loan(row) for row in rows]


def _loan(found: Row | Mapping[str, Any]) -> BookedLoan:
    return BookedLoan(
        product=found["product"],
        channel=found["channel"],
        amount=Rupiah(found["amount"]),
        running=found["status"] != Status.REPAID,
    )


async def route(unit: Unit, id: UUID) -> str:
    """Return the route in force as JSON; raises `DecisionNotFound`."""
    row = await unit.row(_ROUTE, id=id)
    if row is None:
        raise DecisionNotFound("This application has not been decided yet; submit it first.")
    return row["route"]


def _found(row: Row | None) -> Row:
    if row is None:
        raise ApplicationNotFound("There is no application with this id that you may see.")
    return row
