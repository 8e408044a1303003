"""/schedules: what is paid back, month by month."""

from datetime import date
from typing import Annotated

import orjson
from fastapi import Response
from pydantic import AfterValidator, Field, ValidationInfo

from services.financing.api.problems import PROBLEMS
from services.financing.domain.schedule import annuity
from shared.auth import Caller, Forbidden, Unauthenticated, requires
from shared.edge import router
from shared.wire import Amount, Count, Day, In, Months, Out

RATE_BP_MAX = 10_000

routes = router("/schedules", tags=["products"])
ProductReader = Annotated[Caller, requires("products:read")]


def _repays(grace: int, info: ValidationInfo) -> int:
    # Absent from `data` when it was itself refused; one problem is then enough.
    if grace >= info.data.get("months", grace + 1):
        raise ValueError("grace must leave at least one month that repays")
    return grace


class AnnuityNew(In):
    """A loan at one effective yearly rate, repaid in equal instalments."""

    plafon: Annotated[Amount, Field(description="What is lent, in rupiah")]
    rate_bp: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=RATE_BP_MAX,
            description="Effective yearly rate in hundredths of a percent: 600 is 6 %",
        ),
    ]
    months: Annotated[Months, Field(description="Over how many months, grace included")]
    grace: Annotated[
        Count, AfterValidator(_repays), Field(description="First months that pay interest only")
    ] = 0
    first_due: Annotated[
        Day | None, Field(description="The day of the first instalment; dates the lines")
    ] = None


class AnnuityLineOut(Out):
    """One month: what is due, in rupiah, and the principal left after it."""

    no: int
    due_on: date | None
    principal: int
    interest: int
    instalment: int
    balance: int


class AnnuityOut(Out):
    """A schedule of equal instalments; the last one absorbs the rounding."""

    plafon: int
    rate_bp: int
    months: int
    grace: int
    total_principal: int
    total_interest: int
    total_instalments: int
    lines: list[AnnuityLineOut]


@routes.post(
    "",
    response_model=AnnuityOut,
    responses=PROBLEMS.openapi(Unauthenticated, Forbidden),
    operation_id="compute_schedule",
)
async def compute_schedule(caller: ProductReader, new: AnnuityNew) -> Response:
    """Compute the monthly instalments of a loan, in whole rupiah. Nothing is stored."""
    lines = annuity(
        new.plafon,
        rate_bp=new.rate_bp,
        months=new.months,
        grace=new.grace,
        first_due=new.first_due,
    )
    body = {
        **new.model_dump(include={"plafon", "rate_bp", "months", "grace"}),
        "total_principal": sum(line.principal for line in lines),
        "total_interest": sum(line.interest for line in lines),
        "total_instalments": sum(line.instalment for line in lines),
        "lines": [line._asdict() for line in lines],
    }
    return Response(orjson.dumps(body), media_type="application/json")
