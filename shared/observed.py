"""
What is seen of every request: its id, one log line, its place in the metrics, safe headers.

One pure ASGI middleware. The route template stands in log and metric, never the path itself.
"""

import re
import time
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.ids import new_id

_REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_SAFE = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
log = structlog.get_logger("purna.access")


class Observed:
    """See the module."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self.app = app
        self.seconds = Histogram(
            "http_request_seconds",
            "Time to answer, by route template",
            ["method", "route", "status"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._seconds_of = dict[tuple[str, str, int], Histogram]()
        self.broken = Counter(
            "http_unhandled_total", "Requests that ended in an unhandled error", registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and write down how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        sent = _sent_id(scope)
        request_id = sent if _REQUEST_ID.fullmatch(sent) else str(new_id())
        scope["request_id"] = request_id
        status = 0

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"] = [*message["headers"], *_SAFE]
                headers.append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self.app(scope, receive, observed_send)
        except Exception:
            self.broken.inc()
            # Once answered it ends here: the server would log the exception with its text.
            if not status:
                raise
        finally:
            self._write_down(scope, status, time.perf_counter() - began)

    def _write_down(self, scope: Scope, status: int, seconds: float) -> None:
        route: Any = scope.get("route")
        template = getattr(route, "path", "unmatched")
        caller: Any = scope.get("caller")
        labels = scope["method"], template, status
        if labels not in self._seconds_of:
            self._seconds_of[labels] = self.seconds.labels(*labels)
        self._seconds_of[labels].observe(seconds)
        log.info(
            "request",
            request_id=scope["request_id"],
            method=scope["method"],
            route=template,
            status=status,
            ms=round(seconds * 1000, 2),
            caller=getattr(caller, "id", None),
        )


def _sent_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode("latin-1")
    return ""
