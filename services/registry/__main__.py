"""`python -m services.registry`: serve the registry."""

import os

import uvicorn

from services.registry.app import create_app
from services.registry.settings import Settings
from shared import logs


def main() -> None:
    """Read the environment and serve until told to stop."""
    logs.configure()
    settings = Settings.from_env(os.environ)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
