"""One JSON line a request, and one an event; never personal data, never a body, never a URL."""

import logging
import sys
from typing import Any

import orjson
import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "exception",
        "kind",
        "request_id",
        "method",
        "route",
        "status",
        "ms",
        "caller",
        "service",
        "count",
        "submission_id",
        "application_id",
        "import_id",
        "endpoint_id",
        "delivery_id",
        "message_id",
        "channel",
        "attempt",
        "state",
        "reason",
        "port",
    }
)
"""The only fields that a line may have: what is not named here cannot leak."""


def _only_allowed(
    _: object, __: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {name: value for name, value in line.items() if name in ALLOWED}


def _without_values(
    _: object, __: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keep the frames of a traceback and its exception's type, not its text."""
    error = line.pop("exc_info", None)
    if isinstance(error, BaseException):
        frames: list[str] = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(
                f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}:{code.co_name}"
            )
            trace = trace.tb_next
        line["exception"] = f"{type(error).__name__} at {' > '.join(frames)}"
    return line


def _as_bytes(line: Any, **_: Any) -> bytes:
    return orjson.dumps(line, default=str)


def configure() -> None:
    """Set structlog up for this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            _only_allowed,
            structlog.processors.JSONRenderer(serializer=_as_bytes),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
