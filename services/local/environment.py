"""What each process of the one-machine stack is told: addresses, databases, keys of development.

Every process gets the caller's environment, what all share, and what it alone needs: neither
service learns the other's database, and the lenders learn neither.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.local import clients
from services.local.stack import Door, Part
from services.sandbox.keys import generate
from shared.embedded_postgres import PostgresServer
from shared.keys import ensure_development_keys

DATABASES = ("registry", "financing")
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where each process listens on the loopback."""

    registry: int
    financing: int
    sandbox: int

    def doors(self) -> dict[str, Door]:
        """Return the door of each process, with the variable that chooses its port."""
        return {
            name: Door(port=port, variable=f"PURNA_{name.upper()}_PORT")
            for name, port in (
                ("registry", self.registry),
                ("financing", self.financing),
                ("sandbox", self.sandbox),
            )
        }


def parts(
    environ: Mapping[str, str], *, folder: Path, server: PostgresServer, ports: Ports
) -> tuple[Part, ...]:
    """Return the processes in the order of their start, and write the keys that they need."""
    doors = ports.doors()
    addresses = {name: f"http://{HOST}:{door.port}" for name, door in doors.items()}
    lenders = folder / "keys" / "lenders.json"
    channels = write_keys(folder / "keys", lenders=lenders, sandbox=addresses["sandbox"])
    shared = {
        **environ,
        "PURNA_MODE": "development",
        "PURNA_KEYS": str(folder / "keys"),
        **{door.variable: str(door.port) for door in doors.values()},
    }
    for name in ("DATABASE_URL", *(f"{database.upper()}_DATABASE_URL" for database in DATABASES)):
        shared.pop(name, None)
    registry = {**shared, "REGISTRY_DATABASE_URL": server.url("registry")}
    financing = {
        **shared,
        "FINANCING_DATABASE_URL": server.url("financing"),
        "FINANCING_CHANNELS": str(channels),
        "REGISTRY_URL": addresses["registry"],
        # Who financing is to the registry, which learns it when it is filled.
        "FINANCING_CLIENT_ID": clients.FINANCING,
        "FINANCING_CLIENT_SECRET": clients.secrets_in(folder / "keys")[clients.FINANCING],
    }
    sandbox = {
        **shared,
        "SANDBOX_KEYS": str(lenders),
        "SANDBOX_PORT": str(ports.sandbox),
        "SANDBOX_CALLBACK_URL": addresses["financing"],
        "SANDBOX_LEDGER_FOLDER": str(folder / "ledger"),
    }
    return (
        _part("registry", ("services.registry",), registry, doors["registry"]),
        _part("sandbox", ("services.sandbox",), sandbox, doors["sandbox"]),
        _part("financing", ("services.financing",), financing, doors["financing"]),
        _part("worker", ("services.financing", "worker"), financing, None),
    )


def write_keys(folder: Path, *, lenders: Path, sandbox: str) -> Path:
    """Write the keys of development; return the file of the keys that we use towards lenders.

    The services' own keys, in `folder`, stay as they are: data are sealed with them. The file
    `lenders` is the other side of ours. Both are made anew when the sandbox's address changes.
    """
    ensure_development_keys(folder)
    channels = folder / "channels.json"
    known = lenders.exists() and channels.exists() and f'"{sandbox}/' in channels.read_text()
    if not known:
        views = generate(sandbox)
        for file, view in ((lenders, views["lenders"]), (channels, views["financing"])):
            file.touch(mode=0o600)
            file.write_text(json.dumps(view, indent=2))
    return channels


def _part(
    name: str, module: tuple[str, ...], environment: Mapping[str, str], door: Door | None
) -> Part:
    command = (sys.executable, "-m", *module)
    return Part(name=name, command=command, environment=environment, door=door)
