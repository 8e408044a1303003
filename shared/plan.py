"""
How an endpoint gets its arguments, worked out once from its signature.

FastAPI reads the signature and makes the contract of it; resolving the arguments it works much
out again at each request. A `Plan` does the same in a fixed order: permission first, then every
parameter is read and checked, and only when all of them fit are the other dependencies called.
So a request that may not be made learns nothing, one that does not fit hears of every fault at
once, and neither touches the database.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import isawaitable, iscoroutinefunction
from typing import Any, cast

from fastapi import Request
from fastapi._compat.v2 import ModelField, is_scalar_field
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.params import Param

from shared.auth import Requires

Call = Callable[..., Awaitable[Any]]
Values = dict[str, Any]
MISSING = object()
"""Stands for a body that was not sent."""


class NotPlannable(Exception):
    """The signature asks for something that a plan does not give; the message says what."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The arguments of one callable, and the plans of the dependencies among them."""

    dependant: Dependant
    children: tuple[tuple[str, Call, "Plan"], ...]

    @classmethod
    def of(cls, dependant: Dependant) -> "Plan":
        """Work a plan out; raises `NotPlannable`, at the start of a process."""
        unknown = (
            dependant.cookie_params
            or dependant.response_param_name
            or dependant.background_tasks_param_name
            or dependant.security_scopes_param_name
            or len(dependant.body_params) > 1
        )
        if unknown:
            raise NotPlannable(f"{dependant.call} takes more than a plan can give")
        return cls(dependant, tuple(_child(child) for child in dependant.dependencies))

    async def permit(self, request: Request, given: Values) -> None:
        """Ask every permission that the signature demands, before anything else."""
        for name, call, _ in self.children:
            if isinstance(call, Requires):
                given[name] = await call(request)

    def read(self, request: Request, body: Any, errors: list[Any]) -> Values:
        """Read and check every parameter; the values of dependencies lie under their names."""
        wanted, values = self.dependant, Values()
        for fields, source in (
            (wanted.path_params, "path_params"),
            (wanted.query_params, "query_params"),
            (wanted.header_params, "headers"),
        ):
            if fields:
                _read(fields, getattr(request, source), values, errors)
        if wanted.body_params:
            (field,) = wanted.body_params
            if body is MISSING:
                errors.append({"type": "missing", "loc": ("body",), "msg": "a body is required"})
            else:
                values[field.name], faults = field.validate(body, {}, loc=("body",))
                errors.extend(cast("list[Any]", faults or ()))
        if wanted.request_param_name:
            values[wanted.request_param_name] = request
        for name, call, plan in self.children:
            if not isinstance(call, Requires):
                values[name] = plan.read(request, body, errors)
        return values

    async def call(self, request: Request, values: Values, done: dict[Call, Any]) -> Values:
        """Call the dependencies in their order, each once, and put their results in place."""
        overrides: dict[Call, Call] = request.app.dependency_overrides
        for name, call, plan in self.children:
            if isinstance(call, Requires):
                continue
            if call not in done:
                arguments = await plan.call(request, values[name], done)
                # A test may put a plain function in the place of a dependency.
                result = overrides[call]() if call in overrides else call(**arguments)
                done[call] = await result if isawaitable(result) else result
            values[name] = done[call]
        return values

    async def arguments(self, request: Request, body: Any) -> Values:
        """Return the arguments of the endpoint.

        Raises:
            RequestValidationError: parameters or body do not fit; every fault is named.
        """
        permitted = Values()
        await self.permit(request, permitted)
        errors: list[Any] = []
        values = self.read(request, body, errors)
        if errors:
            raise RequestValidationError(errors)
        return await self.call(request, {**values, **permitted}, {})


def _read(
    fields: Sequence[ModelField], source: Mapping[str, Any], values: Values, errors: list[Any]
) -> None:
    """Read and check parameters: a plain one that was sent at once, any other as FastAPI does."""
    for field in fields:
        place = _plain(field)
        sent = source.get(place[1]) if place else None
        if place is None or sent is None:
            found, faults = request_params_to_args([field], source)
            values.update(found)
        else:
            value, faults = field.validate(sent, values, loc=place)
            if not faults:
                values[field.name] = value
        errors.extend(cast("list[Any]", faults or ()))


@cache
def _plain(field: ModelField) -> tuple[str, str] | None:
    """Return where a parameter stands that is one value under one name; None of any other."""
    if not is_scalar_field(field) or field.validation_alias not in {None, field.alias}:
        return None
    return cast("Param", field.field_info).in_.value, field.alias


def _child(child: Dependant) -> tuple[str, Call, Plan]:
    call = cast("Call", child.call)
    if child.name is None or not (isinstance(call, Requires) or iscoroutinefunction(call)):
        raise NotPlannable(f"{call} is not a coroutine function")
    return child.name, call, Plan.of(child)
