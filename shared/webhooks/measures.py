"""What stands in a service's metrics about its webhooks, counted when the metrics are read."""

from datetime import datetime

import orjson
from prometheus_client import CollectorRegistry, Gauge

from shared.db import DatabaseUnavailable, Reader
from shared.operations import Measure
from shared.webhooks import store
from shared.webhooks.subscription import DeliveryStatus, EndpointStatus


def webhook_measures(registry: CollectorRegistry) -> Measure:
    """Add the gauges to a registry and return what fills them."""
    endpoints = Gauge(
        "webhook_endpoints", "Endpoints, by where they stand", ["status"], registry=registry
    )
    deliveries = Gauge(
        "webhook_deliveries",
        "Deliveries of the last thirty days and all that wait, by where they stand",
        ["status"],
        registry=registry,
    )
    oldest = Gauge(
        "webhook_oldest_pending_seconds",
        "How long the delivery that waits longest has waited",
        registry=registry,
    )

    async def measure(db: Reader, now: datetime) -> None:
        try:
            row = await store.standing(db)
        except DatabaseUnavailable:
            return  # the last known values stay; /readyz says what is wrong
        if row is None:
            return
        for gauge, counted, kinds in (
            (endpoints, row["endpoints"], EndpointStatus),
            (deliveries, row["deliveries"], DeliveryStatus),
        ):
            numbers: dict[str, int] = orjson.loads(counted or "{}")
            for kind in kinds:
                gauge.labels(kind.value).set(numbers.get(kind, 0))
        since: datetime | None = row["oldest"]
        oldest.set((now - since).total_seconds() if since else 0)

    return measure
