"""One fact of an application set right, by its path, such as `credit.kur_received.mikro`."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, get_args, get_type_hints

from services.financing.domain.eligibility import Applicant

T = TypeVar("T")


class NoSuchFact(Exception):
    """The rules read no fact under this path."""


def _parts(kind: type[Any]) -> Mapping[str, type[Any] | None]:
    """Return the fields of some facts, each with its type where it is a group of facts itself."""
    hints = get_type_hints(kind)
    return {each.name: _group(hints[each.name]) for each in fields(kind)}


def _group(hint: Any) -> type[Any] | None:
    kinds = (part for part in (hint, *get_args(hint)) if isinstance(part, type))
    return next((part for part in kinds if is_dataclass(part)), None)


def _is_list(hint: Any) -> bool:
    return any(getattr(part, "__origin__", None) is tuple for part in (hint, *get_args(hint)))


def paths(kind: type[Any], above: str = "") -> Iterator[str]:
    """Yield the path of each single value of some facts, behind a dot where facts are in facts."""
    hints = get_type_hints(kind)
    for name, part in _parts(kind).items():
        if part is not None:
            yield from paths(part, f"{above}{name}.")
        elif above and not _is_list(hints[name]):
            yield f"{above}{name}"


PATHS = tuple(paths(Applicant))
"""Every fact that can be set right: single values, not the lists of meetings, years or members."""


def fact(applicant: Applicant, path: str) -> Any:
    """Return what is known under a path; None where nothing is. Raises `NoSuchFact`."""
    _check(path)
    value: Any = applicant
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return value


def corrected(applicant: Applicant, path: str, value: Any) -> Applicant:
    """Return the applicant with one fact changed. Raises `NoSuchFact`."""
    _check(path)
    return _with(applicant, Applicant, path.split("."), value)


def _check(path: str) -> None:
    if path not in PATHS:
        raise NoSuchFact(f"There is no fact {path!r}.")


def _with(whole: T | None, kind: type[T], names: list[str], value: Any) -> T:
    name, *rest = names
    known: Any = kind() if whole is None else whole
    part = _parts(kind)[name]
    inner = value if part is None else _with(getattr(known, name), part, rest, value)
    return replace(known, **{name: inner})
