"""`python -m services.sandbox` runs the lenders; `… keys FOLDER [ADDRESS]` writes a key set."""

import json
import os
import sys
from pathlib import Path

import uvicorn

from services.sandbox.app import create_app
from services.sandbox.keys import generate
from services.sandbox.settings import DevelopmentKeysInProduction, KeysMissing, Settings


def write_keys(folder: Path, *address: str) -> None:
    """Write a fresh development key set as lenders.json and financing.json, owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, view in generate(*address).items():
        path = folder / f"{name}.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(view, indent=2) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Run what the command line asks for."""
    if arguments:
        match arguments:
            case ["keys", folder, *address] if len(address) < 2:
                write_keys(Path(folder), *address)
                return
            case _:
                sys.exit("usage: python -m services.sandbox [keys FOLDER [ADDRESS]]")
    try:
        settings = Settings.from_env(os.environ)
    except DevelopmentKeysInProduction:
        sys.exit("These keys were generated for development; production brings its own.")
    except KeysMissing as error:
        sys.exit(f"No keys: {error}.")
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        # A held answer must not hold up the stop.
        timeout_graceful_shutdown=1,
        # Longer than a client keeps a connection, so that none is closed under a request.
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
