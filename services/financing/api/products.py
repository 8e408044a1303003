"""/products: what can be lent, and every number in force with its source."""

from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import Path, Query, Response
from pydantic import Field

from services.financing.api.problems import PROBLEMS
from services.financing.api.sources import SourceOut, source_out
from services.financing.domain.decision import IN_FORCE
from services.financing.domain.eligibility import BorrowerKind
from services.financing.domain.figures import Unit, figures, period
from services.financing.domain.products import BY_CODE, PRODUCTS, Product, ProductNotFound, Scheme
from shared.auth import Caller, Forbidden, Unauthenticated, requires
from shared.clock import WIB, Now
from shared.edge import router
from shared.wire import Day, Out

routes = router("/products", tags=["products"])
ProductReader = Annotated[Caller, requires("products:read")]
On = Annotated[
    Day | None, Query(description="The day of the akad, which chooses the rules; today, in WIB")
]
ProductCode = Annotated[str, Path(pattern="^[a-z0-9_]{1,40}$", description="`code` of a product")]


class FigureOut(Out):
    """One number in force. Its source says how sure we are of it."""

    name: Annotated[
        str,
        Field(
            description="What the number is, for example `plafon_max`. A rate that rises with "
            "each loan received is `rate_bp_1`, `rate_bp_2` and so on; what a month of 2026 costs "
            "an affected debtor at most is `relief_rate_bp_2026`"
        ),
    ]
    value: int
    unit: Unit
    source: SourceOut


class ProductOut(Out):
    """
    One product on one day.

    When it is not in force, `since` and `until` are the next days on which it is, else the last.
    """

    code: str
    scheme: Scheme
    kinds: list[BorrowerKind]
    name_id: str
    name_en: str
    assumed: Annotated[
        bool, Field(description="No text has been found that such a product exists")
    ]
    on: date
    in_force: bool
    edition: str
    since: date
    until: date | None
    figures: list[FigureOut]


class ProductsOut(Out):
    """Every product, also those that are not in force."""

    items: list[ProductOut]


@routes.get(
    "",
    response_model=ProductsOut,
    responses=PROBLEMS.openapi(Unauthenticated, Forbidden),
    operation_id="list_products",
)
async def list_products(caller: ProductReader, now: Now, on: On = None) -> Response:
    """List every product with the numbers in force on a day."""
    day = on or now.astimezone(WIB).date()
    return _answer({"items": [_product(product, day) for product in PRODUCTS]})


@routes.get(
    "/{code}",
    response_model=ProductOut,
    responses=PROBLEMS.openapi(Unauthenticated, Forbidden, ProductNotFound),
    operation_id="get_product",
)
async def get_product(
    caller: ProductReader, now: Now, code: ProductCode, on: On = None
) -> Response:
    """Show one product with the numbers in force on a day."""
    if code not in BY_CODE:
        raise ProductNotFound("No product has this code.")
    return _answer(_product(BY_CODE[code], on or now.astimezone(WIB).date()))


def _answer(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


def _product(product: Product, day: date) -> dict[str, Any]:
    listed, holds = figures(IN_FORCE, product.code, day), period(IN_FORCE, product.code, day)
    return {
        "code": product.code,
        "scheme": product.scheme,
        "kinds": sorted(product.kinds),
        "name_id": product.name_id,
        "name_en": product.name_en,
        "assumed": product.assumed,
        "on": day,
        "in_force": bool(listed),
        **holds._asdict(),
        "figures": [{**each._asdict(), "source": source_out(each.source)} for each in listed],
    }
