"""/callbacks: what lenders report, believed when the signature over the raw bytes holds."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response

from services.financing import progress
from services.financing.api.problems import PROBLEMS
from services.financing.channels import CallbackRejected, CallbackUnreadable, Channel
from services.financing.db import applications, submissions
from services.financing.db.submissions import SubmissionNotFound
from shared.clock import Now
from shared.edge import BODY_BYTES_MAX, BodyTooLarge, Read, Write, body_within, router
from shared.wire import Out

routes = router("/callbacks", tags=["callbacks"])


class ReceiptOut(Out):
    """What became of a callback. A repeat is received too, and changes nothing."""

    received: bool
    applied: bool


@routes.post(
    "/{channel}",
    response_model=ReceiptOut,
    responses=PROBLEMS.openapi(CallbackRejected, SubmissionNotFound, BodyTooLarge),
    operation_id="receive_callback",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The lender's event, in its contract's own shape",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
async def receive_callback(
    request: Request,
    unit: Write,
    db: Read,
    now: Now,
    channel: Annotated[str, Path(pattern="^[a-z0-9-]{1,64}$")],
) -> Response:
    """Receive a lender's report.

    The channel in the address chooses the key; each contract signs as `docs/partners-kit.md`
    says. Each event is applied once for ever, in whatever order it comes. A field that does not
    fit the contract is named only to whoever has signed.
    """
    channels: Mapping[str, Channel] = request.app.state.channels
    lender = channels.get(channel)
    body = await body_within(request, BODY_BYTES_MAX)
    if lender is None:
        raise SubmissionNotFound("There is no such channel.")
    try:
        event = lender.verify("POST", request.scope["path"], request.headers, body, now=now)
    except CallbackUnreadable as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.faults]
        raise RequestValidationError(faults) from None
    application_id = await submissions.application_of(db, event.submission_id, channel)
    app = await applications.lock_any(unit, application_id)
    sub = await submissions.lock(unit, event.submission_id)
    applied = await progress.hear(
        unit,
        app,
        sub,
        event_id=event.event_id,
        stage=event.stage,
        occurred_at=event.occurred_at,
        reference=event.reference,
        amount=event.amount,
        reasons=event.reasons,
        heard_by="callback",
        now=now,
    )
    return JSONResponse({"received": True, "applied": applied})
