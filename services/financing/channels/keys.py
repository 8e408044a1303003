"""The financing service's side of the key file, and the channels it opens."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field

from services.financing.channels import Channel
from services.financing.channels.blu import Blu
from services.financing.channels.kur_bank import KurBank
from services.financing.channels.lpdb import Lpdb
from shared.outbound import DEADLINE_SECONDS, Outbound

Secret = Annotated[str, Field(min_length=16, repr=False)]


class DevelopmentKeysInProduction(Exception):
    """Generated keys are known to whoever ran the generator; production must bring its own."""


class _Held(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str


class KurBankKeys(_Held):
    """What we hold for a KUR bank."""

    contract: Literal["kur_bank"]
    client_id: str
    client_secret: Secret
    partner_id: str
    client_private_key: Secret
    bank_public_key: str

    def channel(self, code: str, outbound: Outbound) -> Channel:
        """Return the channel that speaks this contract."""
        return KurBank(code, outbound, **self.model_dump(exclude={"contract", "base_url"}))


class LpdbKeys(_Held):
    """What we hold for the LPDB."""

    contract: Literal["lpdb"]
    client_id: str
    client_secret: Secret
    webhook_secret: Secret

    def channel(self, code: str, outbound: Outbound) -> Channel:
        """Return the channel that speaks this contract."""
        return Lpdb(code, outbound, **self.model_dump(exclude={"contract", "base_url"}))


class BluKeys(_Held):
    """What we hold for the BLU."""

    contract: Literal["blu"]
    key_id: str
    secret: Secret
    callback_key_id: str
    callback_secret: Secret

    def channel(self, code: str, outbound: Outbound) -> Channel:
        """Return the channel that speaks this contract."""
        return Blu(code, outbound, **self.model_dump(exclude={"contract", "base_url"}))


class ChannelKeys(BaseModel):
    """The whole file: every lender by its channel code."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    development: bool
    """True for a generated set, which production refuses."""
    channels: dict[
        str, Annotated[KurBankKeys | LpdbKeys | BluKeys, Field(discriminator="contract")]
    ]


def load(path: Path, *, production: bool = False) -> ChannelKeys:
    """
    Read the key file.

    Raises:
        DevelopmentKeysInProduction: the set was generated and `production` is true.
    """
    keys = ChannelKeys.model_validate_json(path.read_bytes())
    if production and keys.development:
        raise DevelopmentKeysInProduction
    return keys


@asynccontextmanager
async def open_channels(
    keys: ChannelKeys,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    seconds: float = DEADLINE_SECONDS,
) -> AsyncGenerator[Mapping[str, Channel]]:
    """
    Open a channel to every lender of the key file, each with connections of its own.

    `seconds` is the deadline of a whole call, a token's fetch included; `transport` replaces the
    network in tests.
    """
    async with AsyncExitStack() as stack:
        channels: dict[str, Channel] = {}
        for code, held in keys.channels.items():
            line = Outbound(held.base_url, seconds=seconds, transport=transport)
            channels[code] = held.channel(code, await stack.enter_async_context(line))
        yield channels
