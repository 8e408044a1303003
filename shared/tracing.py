"""Traces, for a collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names; without it there are none."""

import os

from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider

_HIDDEN = ("url.path", "url.query")
HIDDEN = "REDACTED"


def configured() -> bool:
    """Tell whether this process has somebody to send its traces to."""
    return bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))


def provider(service: str) -> TracerProvider:
    """Return what makes the spans of a service; the exporter is added at the start.

    `OTEL_SERVICE_NAME`, where it is set, is the name in the traces instead.
    """
    name = os.environ.get("OTEL_SERVICE_NAME") or service
    made = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    made.add_span_processor(_Discreet())
    return made


class _Discreet(SpanProcessor):
    """Hides the address as it was sent: people are searched by name, and the route says enough."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        told = span.attributes or {}
        span.set_attributes({name: HIDDEN for name in _HIDDEN if name in told})
