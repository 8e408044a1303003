"""What the environment says about the sandbox."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.sandbox.keys import LenderKeys
from services.sandbox.lender import Pace
from shared.keys import mode


class DevelopmentKeysInProduction(Exception):
    """Generated keys are known to whoever ran the generator; production must bring its own."""


class KeysMissing(Exception):
    """Neither SANDBOX_KEYS (a file) nor SANDBOX_KEYS_JSON (its content) is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that a sandbox process needs to know."""

    keys: LenderKeys
    host: str = "127.0.0.1"
    port: int = 8003
    production: bool = False
    callback_url: str | None = None
    """Where callbacks go: `{callback_url}/callbacks/{channel}`. None sends none."""
    ledger_folder: Path | None = None
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        """Refuse development keys in production."""
        if self.production and self.keys.development:
            raise DevelopmentKeysInProduction

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """
        Read the settings. docs/partners-kit.md lists the variables.

        Raises:
            KeysMissing: there are no keys.
            DevelopmentKeysInProduction: there are, but not for this mode.
        """
        standard = Pace()
        folder = environ.get("SANDBOX_LEDGER_FOLDER")
        return cls(
            keys=_keys(environ),
            host=environ.get("SANDBOX_HOST", "127.0.0.1"),
            port=int(environ.get("SANDBOX_PORT") or environ.get("PURNA_SANDBOX_PORT") or 8003),
            production=mode(environ) == "production",
            callback_url=environ.get("SANDBOX_CALLBACK_URL") or None,
            ledger_folder=Path(folder) if folder else None,
            pace=Pace(
                stage=float(environ.get("SANDBOX_STAGE_SECONDS", standard.stage)),
                slow=float(environ.get("SANDBOX_SLOW_SECONDS", standard.slow)),
                hold=float(environ.get("SANDBOX_HOLD_SECONDS", standard.hold)),
                retry=float(environ.get("SANDBOX_CALLBACK_RETRY_SECONDS", standard.retry)),
            ),
        )


def _keys(environ: Mapping[str, str]) -> LenderKeys:
    content = environ.get("SANDBOX_KEYS_JSON")
    if content is None:
        path = environ.get("SANDBOX_KEYS")
        if path is None:
            raise KeysMissing("set SANDBOX_KEYS to a key file; `keys FOLDER` writes one")
        content = Path(path).read_text(encoding="utf-8")
    return LenderKeys.model_validate(json.loads(content))
