"""/prequalifications: what could be lent, asked without an application; nothing is kept."""

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field

from services.financing.api.decisions import DecisionOut, render
from services.financing.api.facts import BorrowerFactsIn, LoanRequestIn
from services.financing.api.problems import PROBLEMS
from services.financing.domain.decision import decide
from services.financing.domain.routing import Channel
from shared.auth import Caller, Forbidden, Unauthenticated, requires
from shared.clock import WIB, Now
from shared.edge import router
from shared.wire import Code, In

routes = router("/prequalifications", tags=["decisions"])
Decider = Annotated[Caller, requires("decisions:write")]


class PrequalificationNew(In):
    """Who asks for what. Leave out what is not known: the answer names what it still needs."""

    borrower: BorrowerFactsIn
    request: LoanRequestIn
    preference: Annotated[
        tuple[Code, ...],
        Field(max_length=20, description="Channels that the borrower would rather have, in order"),
    ] = ()


@routes.post(
    "",
    response_model=DecisionOut,
    responses=PROBLEMS.openapi(Unauthenticated, Forbidden),
    operation_id="prequalify",
)
async def prequalify(
    caller: Decider, request: Request, now: Now, new: PrequalificationNew
) -> Response:
    """Decide what could be lent, with every reason, and the steps that turn each no into a yes.

    Nothing is stored: ask as often as you like.
    """
    channels: tuple[Channel, ...] = request.app.state.channels_today
    borrower, asked = new.borrower.facts(), new.request.facts()
    decision = decide(
        borrower,
        asked,
        on=now.astimezone(WIB).date(),
        channels=channels,
        preference=new.preference,
    )
    return Response(render(decision, borrower, asked), media_type="application/json")
