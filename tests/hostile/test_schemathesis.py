"""Requests that a tool derives from the contract: what fits it, what just does not, what cannot.

`SCHEMATHESIS_EXAMPLES` is the number of generated requests for each operation and phase, besides
the enumerated ones; `SCHEMATHESIS_SEED` chooses others.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.client.wire import over_http

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance,ignored_auth"
)
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "3")
SEED = os.environ.get("SCHEMATHESIS_SEED", "2026")


@dataclass
class Counted:
    """An application that counts its requests."""

    app: Any
    requests: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests += 1
        await self.app(scope, receive, send)


@pytest.mark.parametrize("name", ["registry", "financing"])
async def test_every_answer_is_one_that_the_contract_knows(registry, financing, name, tmp_path):
    service = {"registry": registry, "financing": financing}[name]
    counted = Counted(service.app)
    async with over_http(counted) as url:
        process = await asyncio.create_subprocess_exec(
            *(Path(sys.executable).with_name("schemathesis"), "run", f"{url}/openapi.json"),
            *("--header", f"Authorization: {service.client().headers['authorization']}"),
            *("--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", SEED),
            *("--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--no-color"),
            *("--workers", "2", "--generation-database", "none"),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
    failures = said.count("Test Case ID") or int(process.returncode != 0)
    print(f"\nschemathesis {name} cases={counted.requests} failures={failures}")  # noqa: T201
    assert process.returncode == 0, said[-20_000:]
