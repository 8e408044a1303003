"""Traces, where a collector is configured: they arrive, and say nothing of a person."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.requests import Request
from starlette.responses import Response

from tests.client.wire import over_http
from tests.e2e.ports import free_ports

NIK = "5202025405880001"
NAME = "kenari7f3a"


class Collector:
    """An OTLP collector that keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[bytes]] = {}

    async def __call__(self, scope, receive, send):
        request = Request(scope, receive)
        self.bodies.setdefault(request.url.path, []).append(await request.body())
        await Response()(scope, receive, send)

    def spans(self):
        """Return name, attributes and service of every span."""
        for body in self.bodies["/v1/traces"]:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = {one.key: one.value.string_value for one in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        attributes = {one.key: one.value for one in span.attributes}
                        yield span.name, attributes, service["service.name"]


@asynccontextmanager
async def traced_registry(collector: str, **environment: str) -> AsyncIterator[httpx.AsyncClient]:
    port = free_ports().registry
    address = f"http://127.0.0.1:{port}"
    own = {
        "PURNA_MODE": "development",
        "PURNA_REGISTRY_PORT": str(port),
        "REGISTRY_URL": address,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.registry"),
        env={**os.environ, **own, **environment},
        stderr=asyncio.subprocess.STDOUT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient(
            base_url=address, transport=httpx.AsyncHTTPTransport(retries=8)
        ) as client:
            yield client
    finally:
        process.terminate()
        await process.communicate()


async def test_spans_arrive_and_hide_what_was_asked_for(registry_template, keys):
    collector = Collector()
    async with (
        over_http(collector) as address,
        traced_registry(
            address, REGISTRY_DATABASE_URL=registry_template, PURNA_KEYS=str(keys)
        ) as client,
    ):
        assert (await client.get("/readyz")).status_code == 200
        await client.get("/people", params={"q": NAME})
        await client.get(f"/people/{NIK}")
        await client.post("/people/lookup", json={"person_nik": NIK})

    spans = list(collector.spans())
    assert {name for name, _, _ in spans} >= {"GET /people", "GET /people/{id}"}
    assert {service for _, _, service in spans} == {"Purna registry"}
    for _, attributes, _ in spans:
        assert attributes["url.path"].string_value == "REDACTED"
    sent = b"".join(body for bodies in collector.bodies.values() for body in bodies)
    assert NAME.encode() not in sent
    assert NIK.encode() not in sent
