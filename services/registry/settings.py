"""What the registry needs to know about the world it runs in. Read late, never at import."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from shared.keys import Mode, mode

DEFAULT_PORT = 8001


class Settings(BaseModel):
    """The registry's settings; `from_env` names the variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode
    database_url: str
    keys: Path
    issuer: str
    port: int = DEFAULT_PORT
    host: str = "127.0.0.1"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; a variable that is missing is a `KeyError` with its name."""
        return cls(
            mode=mode(environ),
            database_url=environ["REGISTRY_DATABASE_URL"],
            keys=Path(environ["PURNA_KEYS"]),
            issuer=environ.get("PURNA_ISSUER", "https://registry.purna.invalid"),
            port=int(environ.get("PURNA_REGISTRY_PORT", DEFAULT_PORT)),
            host=environ.get("PURNA_HOST", "127.0.0.1"),
        )
