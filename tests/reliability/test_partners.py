"""A lender whose wire breaks in sixteen ways: one effect all the same, and nobody else notices."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.kills import BANK, Ground, NotFinished
from services.financing.channels import keys as channel_keys
from services.financing.worker import Worker
from tests.bench.faultproxy import FAULTS, Door, Mode, door_to

DEADLINE_SECONDS = 1.8
ANSWERED = {Mode.SLOW}
NOT_SENT = {Mode.REFUSED}


@dataclass
class Wire:
    """The first bank behind a proxy, and a worker that speaks to it through that."""

    door: Door
    worker: Worker


@pytest.fixture(scope="module")
async def wire(ground: Ground) -> AsyncIterator[Wire]:
    """A call has less than two seconds, so that silence is over soon."""
    port = int(ground.stack.address("sandbox").rpartition(":")[2])
    async with (
        door_to("127.0.0.1", port) as door,
        channel_keys.open_channels(through(ground, door), seconds=DEADLINE_SECONDS) as channels,
    ):
        ours = ground.worker
        yield Wire(door, Worker(ours.database, channels, ours.registry, ours.clock))


def through(ground: Ground, door: Door) -> channel_keys.ChannelKeys:
    """Return our keys for the lenders, with the proxy's address in the place of the bank's."""
    keys = json.loads(Path(ground.part.environment["FINANCING_CHANNELS"]).read_text())
    keys["channels"][BANK]["base_url"] = f"http://127.0.0.1:{door.port}/{BANK}"
    return channel_keys.ChannelKeys.model_validate(keys)


async def finished(ground: Ground, wire: Wire, id: str) -> None:
    for _ in range(60):
        if (await ground.read(id))["status"] == "disbursed":
            return
        if not await wire.worker.step():
            await ground.later(minutes=20)
    raise NotFinished(id)


@pytest.mark.parametrize("mode", FAULTS)
async def test_whatever_the_wire_does_the_lender_has_one_effect_and_we_answer(
    ground: Ground, wire: Wire, mode: Mode
):
    loan = await ground.submitted()
    await wire.door.set(mode)
    assert await wire.worker.step()
    status = (await ground.read(loan.id))["status"]
    expected = "answered" if mode in ANSWERED else "sent" if mode in NOT_SENT else "unknown"
    assert status == expected
    shown = await ground.signed_in["feed"].get(f"/channels/{BANK}")
    assert shown.status_code == 200
    assert (shown.json()["failures"] > 0) == (mode not in ANSWERED)
    await wire.door.set(Mode.PASS)
    await finished(ground, wire, loan.id)
    assert await ground.wrongs(loan) == []
    assert (await ground.signed_in["feed"].get(f"/channels/{BANK}")).json()["failures"] == 0
