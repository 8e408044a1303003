"""/applications/{id}/submission: an application is assessed, decided, routed, and followed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import orjson
from fastapi import Request, Response
from pydantic import Field

from services.financing import progress
from services.financing.api.applications import (
    ApplicationOut,
    ApplicationsReader,
    ApplicationsWriter,
    answer,
)
from services.financing.api.borrowers import BorrowerIn, cooperatives_of, known_borrower
from services.financing.api.decisions import DecisionOut
from services.financing.api.facts import DeclaredIn, applicant
from services.financing.api.problems import PROBLEMS
from services.financing.api.records import Facts, RecordOut, canonical, made
from services.financing.api.schedules import Plan, ScheduleOut, schedule_out
from services.financing.db import applications, submissions
from services.financing.db.applications import (
    ApplicationNotFound,
    ApplicationPending,
    DecisionNotFound,
)
from services.financing.domain.application import Event, IllegalTransition, Status, advance
from services.financing.domain.book import BookedLoan, with_book
from services.financing.domain.decision import Decision
from services.financing.domain.eligibility import (
    Applicant,
    BorrowerDeceased,
    BorrowerKind,
    ContractKind,
    LoanRequest,
    Purpose,
)
from services.financing.domain.relief import SOURCES, relieved
from services.financing.domain.routing import Channel, Outcome
from services.financing.domain.schedule.conventional import level
from services.financing.domain.schedule.due import nominal_days
from services.financing.domain.schedule.usual import usual
from services.financing.domain.submission import Stage
from services.financing.domain.submission import Status as SubmissionStatus
from services.financing.registry import (
    Known,
    KnownPerson,
    ReadingPurpose,
    RegistryRefused,
    RegistryUnavailable,
    SubjectNotFound,
)
from shared.auth import Caller
from shared.clock import WIB, Now
from shared.db import Reader, Row, Unit
from shared.edge import OnceLater, Pending, Read, router
from shared.idempotency import (
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    IdempotentRequestInFlight,
)
from shared.ids import new_id
from shared.money import Rupiah
from shared.wire import Instant, Out

routes = router("/applications", tags=["applications"])


class SubmissionOut(Out):
    """One lender that the application went to, or will go to."""

    answer_due_on: Annotated[
        date | None, Field(description="Last day for the lender's answer; see GET /deadlines")
    ]
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


class SubmissionsOut(Out):
    """The lenders of the route that have been reached so far, in order."""

    items: list[SubmissionOut]


class ApplicationScheduleOut(ScheduleOut):
    """What would be paid back under the lender now asked: a calculation, not an offer.

    An annuity, or under a Sharia contract a murabahah with an equivalent margin, as long as the
    lender has not said otherwise. The lines have days once the akad is reported.
    """

    product: str
    rate_bp: Annotated[
        int, Field(description="What it costs a year, effective, in hundredths of a percent")
    ]
    akad_on: Annotated[
        date | None, Field(description="The day of the akad; null until the lender reports it")
    ]


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
        RegistryRefused,
        RegistryUnavailable,
    ),
    operation_id="submit_application",
)
async def submit_application(
    caller: ApplicationsWriter, once: OnceLater, db: Read, request: Request, now: Now, id: UUID
) -> Response:
    """Submit a draft: it is assessed against every product, and routed where one fits.

    The answer's status says what came of it: `routed`, `waiting` (for a lender's quota), `refused`
    or `incubating`. The reasons, the score and the route are at `/applications/{id}/decision`.
    """
    draft = await _draft(once, db, caller, id)
    borrower = BorrowerIn(kind=draft["borrower_kind"], id=draft["borrower_id"])
    known = await known_borrower(request, caller, borrower, ReadingPurpose.ASSESSMENT)
    unit = await once.begin()
    row, book = await applications.lock_with_loans(unit, caller, id)
    kept = await decide(
        unit,
        row,
        _case(row, known, book),
        decision_id=new_id(),
        events=(Event.SUBMIT, Event.ASSESS),
        actor=caller.id,
        changes={
            "cooperative_ids": cooperatives_of(borrower, known),
            "province_code": _province(known),
        },
        channels=request.app.state.channels_today,
        now=now,
    )
    return answer(kept)


async def _draft(once: Pending, db: Reader, caller: Caller, id: UUID) -> Row:
    """Return an application that can be submitted.

    A submission leaves no draft behind, so only what is no draft can have been submitted before:
    then a repeat gets the stored answer.
    """
    try:
        row = await applications.get(db, caller, id)
        advance(Status(row["status"]), Event.SUBMIT)
    except (ApplicationNotFound, IllegalTransition):
        await once.replay()
        raise
    return row


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
    "/{id}/decision/record",
    response_model=RecordOut,
    responses=PROBLEMS.openapi(ApplicationNotFound, DecisionNotFound),
    operation_id="get_decision_record",
)
async def get_decision_record(caller: ApplicationsReader, db: Read, id: UUID) -> Response:
    """Show everything that the decision was made of, for whoever wants to make it again.

    `python -m services.financing verify FILE` does so from this answer alone.
    """
    await applications.get(db, caller, id)
    row = await applications.decided(db, id)
    sha256 = row["facts_sha256"].hex()
    body = f'{{"facts":{row["facts"]},"facts_sha256":"{sha256}","outcome":{row["outcome"]}}}'
    return Response(body, media_type="application/json")


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
    response_model=ApplicationScheduleOut,
    responses=PROBLEMS.openapi(ApplicationNotFound, DecisionNotFound),
    operation_id="get_application_schedule",
)
async def get_application_schedule(caller: ApplicationsReader, db: Read, id: UUID) -> Response:
    """Show what would be paid back each month to the lender that is asked now.

    The amount is what the lender has reported to grant, and before that what was asked.
    """
    row = await applications.get(db, caller, id)
    decided = orjson.loads((await applications.decided(db, id))["outcome"])
    if not decided["route"]["legs"]:
        raise DecisionNotFound("No lender is on the route, so there is nothing to pay back.")
    asked = orjson.loads(await submissions.all_of(db, id))
    leg, amount, akad_on = decided["route"]["legs"][0], row["amount"], None
    if asked:
        leg = asked[-1]
        reported = await submissions.stages(db, UUID(leg["id"]))
        amount = reported.get(Stage.DISBURSED) or reported.get(Stage.AKAD) or amount
        akad_at = await submissions.akad_at(db, UUID(leg["id"]))
        akad_on = None if akad_at is None else akad_at.astimezone(WIB).date()
    body = {
        "product": leg["product"],
        "rate_bp": leg["rate_bp"],
        "akad_on": akad_on,
        **_schedule(row, leg, amount, akad_on, relief=_relief(decided, leg)),
    }
    return Response(orjson.dumps(body), media_type="application/json")


def _schedule(
    row: Row, leg: Mapping[str, Any], amount: int, akad_on: date | None, *, relief: bool
) -> dict[str, Any]:
    count, rate_bp = row["tenor_months"], leg["rate_bp"]
    nominal = () if akad_on is None else nominal_days(akad_on, count)
    # Without a day nobody knows which month has which rate of a relief.
    relief = relief and bool(nominal)
    months = relieved(nominal, rate_bp=rate_bp) if relief else level(rate_bp, count)
    way, lines = usual(amount, months, ContractKind(row["contract_kind"]))
    plan = Plan.of(way, lines, months, SOURCES if relief else ())
    return schedule_out(way, plan, nominal=nominal)


def _relief(decided: Mapping[str, Any], leg: Mapping[str, Any]) -> bool:
    """Tell whether the product that is asked for has lower rates for this borrower."""
    return any(
        each["code"] == leg["product"] and each["relief"] is not None
        for each in decided["products"]
    )


class Case(NamedTuple):
    """Who asks for what, and who said so: everything a decision needs but the day."""

    applicant: Applicant
    request: LoanRequest
    preference: Sequence[str]
    said_by: Mapping[str, Any]


async def decide(
    unit: Unit,
    row: Row,
    case: Case,
    *,
    decision_id: UUID,
    events: Sequence[Event],
    actor: str,
    changes: Mapping[str, Any],
    channels: Sequence[Channel],
    now: datetime,
) -> Row:
    """Decide a locked application after some events, keep the decision, and go where it leads."""
    here = {**row, **changes}
    decided = await _decided(unit, here, case, channels=channels, now=now)
    decision = decided.decision
    kept = await progress.move(
        unit,
        row,
        (*events, _verdict(decision)),
        now=now,
        actor=actor,
        changes={"decision_id": decision_id, **changes},
        data={"decision_id": str(decision_id), "outcome": decision.route.outcome},
        decision={"id": decision_id, **_kept(decided)},
    )
    if decided.leg is not None:
        progress.send_to(unit, row["id"], decided.leg, now=now)
    elif decision.route.outcome is Outcome.WAITING:
        legs = [progress.way(leg) for leg in decision.route.waiting]
        await progress.wait(unit, kept, legs, now=now)
    return kept


class _Decided(NamedTuple):
    """A decision as it is kept, and the leg to send it down, for which quota is held."""

    decision: Decision
    facts: bytes
    outcome: bytes
    leg: progress.Way | None


async def _decided(
    unit: Unit, row: Mapping[str, Any], case: Case, *, channels: Sequence[Channel], now: datetime
) -> _Decided:
    """Decide and hold the quota of the first leg; anew where that has just been taken."""
    while True:
        today = await progress.as_they_stand(
            unit, channels, province=row["province_code"], now=now
        )
        facts = Facts.of_today(
            case.applicant,
            case.request,
            on=now.astimezone(WIB).date(),
            channels=today,
            preference=case.preference,
        )
        written = canonical(facts, **case.said_by)
        decision, outcome = made(facts)
        if decision.route.outcome is not Outcome.ROUTED:
            return _Decided(decision, written, outcome, None)
        leg = progress.way(decision.route.legs[0])
        limited = any(leg.product in each.quotas for each in today if each.code == leg.channel)
        # Where it fails, the quota is locked by now: what is read next is what there is.
        if not limited or await progress.hold(unit, row, leg, now=now):
            return _Decided(decision, written, outcome, leg)


def _case(row: Row, known: Known, book: Sequence[BookedLoan]) -> Case:
    """Return what a draft is decided by: declared, known to the registry, and in our own book."""
    kind = BorrowerKind(row["borrower_kind"])
    declared = DeclaredIn.model_validate_json(row["declared"])
    who = applicant(kind, declared, known)
    asked = LoanRequest(
        amount=Rupiah(row["amount"]),
        tenor_months=row["tenor_months"],
        purpose=Purpose(row["purpose"]),
        contract_kind=ContractKind(row["contract_kind"]),
    )
    said_by = {
        "declared": orjson.loads(row["declared"]),
        "book": [loan._asdict() for loan in book],
        "registered_by": known.registered_by if isinstance(known, KnownPerson) else None,
    }
    who = replace(who, credit=with_book(who.credit, book))
    return Case(who, asked, row["preference"], said_by)


def _kept(decided: _Decided) -> dict[str, Any]:
    decision = decided.decision
    return {
        "decided_on": decision.on,
        "akad_on": decision.akad_on,
        "engine_version": decision.engine_version,
        "editions": list(decision.editions),
        "facts": decided.facts.decode(),
        "facts_sha256": hashlib.sha256(decided.facts).digest(),
        "outcome": decided.outcome.decode(),
    }


def _province(known: Known) -> str | None:
    """Return where a person lives; of a cooperative the registry's facts name no province."""
    if isinstance(known, KnownPerson):
        village = known.domicile_village_code or known.ktp_village_code
        return village[:2] if village else None
    return None


def _verdict(decision: Decision) -> Event:
    match decision.route.outcome:
        case Outcome.ROUTED:
            return Event.ROUTE
        case Outcome.WAITING:
            return Event.WAIT
        case Outcome.INCUBATE:
            return Event.INCUBATE
        case _:
            return Event.REFUSE
