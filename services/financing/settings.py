"""What financing needs to know about the world it runs in. Read late, never at import."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr

from shared.keys import Mode, mode

DEFAULT_PORT = 8002


class Settings(BaseModel):
    """Financing's settings; `from_env` names the variables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode
    database_url: str
    keys: Path
    issuer: str
    jwks: str
    channels: Path
    registry_url: str
    token_url: str | None = None
    """Where financing gets its own token; the registry's issuer unless it is given."""
    client_id: str
    client_secret: SecretStr
    port: int = DEFAULT_PORT
    host: str = "127.0.0.1"
    worker_tasks: int = 2
    """How many submissions a worker carries at once to each lender."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the environment; a variable that is missing is a `KeyError` with its name."""
        keys = Path(environ["PURNA_KEYS"])
        return cls(
            mode=mode(environ),
            database_url=environ["FINANCING_DATABASE_URL"],
            keys=keys,
            issuer=environ.get("PURNA_ISSUER", "https://registry.purna.invalid"),
            jwks=environ.get("PURNA_JWKS", str(keys / "jwks.json")),
            channels=Path(environ["FINANCING_CHANNELS"]),
            registry_url=environ["REGISTRY_URL"],
            token_url=environ.get("FINANCING_TOKEN_URL") or None,
            client_id=environ["FINANCING_CLIENT_ID"],
            client_secret=SecretStr(environ["FINANCING_CLIENT_SECRET"]),
            port=int(environ.get("PURNA_FINANCING_PORT", DEFAULT_PORT)),
            host=environ.get("PURNA_HOST", "127.0.0.1"),
            worker_tasks=int(environ.get("FINANCING_WORKER_TASKS", "2")),
        )
