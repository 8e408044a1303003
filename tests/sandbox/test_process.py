"""The sandbox as a partner starts it: its own process, a real port, real keys."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from services.financing.channels import ChannelUnavailable, ChannelUnknown
from services.financing.channels.keys import load, open_channels
from services.sandbox.__main__ import main
from shared.clock import now
from shared.money import Rupiah
from tests.sandbox.lenders import a_proposal


@contextmanager
def running(environ):
    """The process, and its end: it must leave by itself when asked to."""
    command = [sys.executable, "-m", "services.sandbox"]
    with subprocess.Popen(command, env=os.environ | environ) as process:
        try:
            yield process
        finally:
            process.kill()


async def ready(address: str) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_a_held_answer_neither_hides_the_loan_nor_holds_up_the_stop(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    main(["keys", str(tmp_path), address])
    environ = {
        "SANDBOX_KEYS": str(tmp_path / "lenders.json"),
        "SANDBOX_PORT": str(port),
        "SANDBOX_LEDGER_FOLDER": str(tmp_path / "ledgers"),
    }
    keys = load(tmp_path / "financing.json")
    held = a_proposal(amount=Rupiah(40_000_904))
    with running(environ) as process:
        await ready(address)
        async with open_channels(keys, seconds=1) as channels:
            for channel in channels.values():
                with pytest.raises(ChannelUnknown):
                    await channel.submit(held, now=now())
                found = await channel.inquire(held.submission_id, now=now())
                assert found is not None
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in {0, -signal.SIGTERM}
    async with open_channels(keys, seconds=1) as channels:
        for channel in channels.values():
            with pytest.raises(ChannelUnavailable):
                await channel.submit(held, now=now())


def test_the_keys_are_for_their_owner_only(tmp_path):
    folder = tmp_path / "keys"
    main(["keys", str(folder)])
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("lenders.json", "financing.json"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("arguments", [["keys"], ["keys", "a", "b", "c"], ["dance"]])
def test_a_wrong_command_line_says_the_right_one(arguments):
    with pytest.raises(SystemExit, match="usage"):
        main(arguments)


def test_without_keys_the_process_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("SANDBOX_KEYS", raising=False)
    monkeypatch.delenv("SANDBOX_KEYS_JSON", raising=False)
    with pytest.raises(SystemExit, match="SANDBOX_KEYS"):
        main([])
