"""What the registry needs to know about the world it runs in. Read late, never at import."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from shared.keys import Mode, mode

DEFAULT_PORT = 8001
BUILT_IN = "https://registry.purna.invalid"
"""The name of the built-in issuer, where it was given no other."""


class Settings(BaseModel):
    """The registry's settings; `from_env` names the variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode
    database_url: str
    keys: Path
    issuer: str
    jwks: str | None = None
    """Where an outside issuer's keys are; without it, the registry issues tokens itself."""
    port: int = DEFAULT_PORT
    host: str = "127.0.0.1"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; a variable that is missing is a `KeyError` with its name.

        An outside issuer has to be named: none of its tokens bears the name of the built-in one.
        """
        jwks = environ.get("PURNA_JWKS") or None
        return cls(
            mode=mode(environ),
            database_url=environ["REGISTRY_DATABASE_URL"],
            keys=Path(environ["PURNA_KEYS"]),
            issuer=environ["PURNA_ISSUER"] if jwks else environ.get("PURNA_ISSUER", BUILT_IN),
            jwks=jwks,
            port=int(environ.get("PURNA_REGISTRY_PORT", DEFAULT_PORT)),
            host=environ.get("PURNA_HOST", "127.0.0.1"),
        )
