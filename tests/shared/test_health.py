"""A container is well when its page says so, or when its database answers."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from shared.embedded_postgres import EmbeddedPostgres
from shared.health import healthy


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 503)
        self.end_headers()

    def log_message(self, *_: object):
        pass


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_page_that_answers_200_is_well_and_503_is_not(address: str):
    assert healthy(f"{address}/readyz", {})
    assert not healthy(f"{address}/busy", {})


def test_a_door_that_nobody_opens_is_not_well():
    assert not healthy("http://127.0.0.1:1/readyz", {})


def test_a_database_is_well_until_it_stops(tmp_path: Path):
    settings = {"fsync": "off", "shared_buffers": "16MB"}
    with EmbeddedPostgres.start(tmp_path, settings=settings) as server:
        environ = {"FINANCING_DATABASE_URL": server.url()}
        assert healthy("FINANCING_DATABASE_URL", environ)

    assert not healthy("FINANCING_DATABASE_URL", environ)
