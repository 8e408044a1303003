"""Explained decisions a second: in process, and over HTTP through the real service."""

import asyncio
import json
import tempfile
from datetime import date
from pathlib import Path
from time import process_time

from bench.callers import ISSUER, token_for
from bench.figures import figure, say
from bench.load import press, written
from bench.server import free_port, serving
from services.financing.api.facts import BorrowerFactsIn, LoanRequestIn
from services.financing.domain.decision import decide
from services.financing.domain.routing import CHANNELS
from services.sandbox.keys import generate
from shared.auth import Kind
from shared.keys import ensure_development_keys

SECONDS, CLIENTS = 8.0, 8
ROUNDS = 5
DAY = date(2026, 11, 24)
BORROWER = {
    "kind": "person",
    "person": {
        "birth_date": "1988-03-14",
        "married": True,
        "citizen": True,
        "state_employee": False,
        "migration_status": "returned",
        "mentored": False,
        "trained": True,
    },
    "business": {
        "started_on": "2024-02-01",
        "sector": "warung",
        "production": False,
        "nib": True,
        "npwp": True,
        "bpjs_tk": True,
        "turnover_year": 400_000_000,
        "net_income_month": 15_000_000,
    },
    "credit": {
        "collectibility": 1,
        "dhn_listed": False,
        "kur_received": {},
        "kur_outstanding": 0,
        "mikro_outstanding": 0,
        "commercial_before": False,
        "programme_unpaid": False,
        "instalments_month": 0,
    },
}


def in_process() -> None:
    """Time `decide` alone: every product, every reason, the score and the route."""
    applicant = BorrowerFactsIn.model_validate(BORROWER).facts()
    requests = [
        LoanRequestIn(amount=amount, tenor_months=24).facts()
        for amount in range(1_000_000, 501_000_000, 500_000)
    ]
    best = 0.0
    for _ in range(ROUNDS):
        began = process_time()
        for request in requests:
            decide(applicant, request, on=DAY, channels=CHANNELS)
        best = max(best, len(requests) / (process_time() - began))
    figure("decisions_per_core_second", best, "1/s")


def over_http() -> None:
    """Press POST /prequalifications of one service process."""
    with tempfile.TemporaryDirectory() as folder:
        keys, port = Path(folder, "keys"), free_port()
        ensure_development_keys(keys)
        channels = Path(folder, "channels.json")
        channels.write_text(json.dumps(generate()["financing"]))
        environment = {
            "PURNA_KEYS": str(keys),
            "PURNA_ISSUER": ISSUER,
            "PURNA_FINANCING_PORT": str(port),
            "FINANCING_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "FINANCING_CHANNELS": str(channels),
            "FINANCING_CLIENT_ID": "bench",
            "FINANCING_CLIENT_SECRET": "bench",
            "REGISTRY_URL": "http://127.0.0.1:1",
        }
        body = json.dumps(
            {"borrower": BORROWER, "request": {"amount": 40_000_000, "tenor_months": 24}}
        ).encode()
        token = token_for(keys, Kind.MOBILE_BACKEND, frozenset({"decisions:write"}))
        request = written("POST", "/prequalifications", token, body)
        with serving(
            "services.financing", environment, port, counted=False, probe="/livez"
        ) as server:
            warm = press(port, lambda: request, status=200, clients=2, seconds=1)
            asyncio.run(warm)
            before = server.cpu_seconds()
            load = asyncio.run(
                press(port, lambda: request, status=200, clients=CLIENTS, seconds=SECONDS)
            )
            each = (server.cpu_seconds() - before) / len(load.taken)
    say(f"one process, {CLIENTS} connections, {SECONDS:.0f} s; decided and rendered, not stored")
    figure("decisions_http_per_second", load.per_second, "1/s")
    figure("decisions_http_p50_ms", load.milliseconds(500), "ms")
    figure("decisions_http_p99_ms", load.milliseconds(990), "ms")
    figure("decisions_http_cpu_us", each * 1e6, "us")


def main() -> None:
    """Print every figure of decisions."""
    in_process()
    over_http()


if __name__ == "__main__":
    main()
