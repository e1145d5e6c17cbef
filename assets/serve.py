"""The site on the loopback interface, for one's own eyes."""

from __future__ import annotations

from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assets.home import Home


def serve(home: Home, port: int, ready: Callable[[str], None], *, public: bool = False) -> None:
    """The published site, or its public edition, at 127.0.0.1, until interrupted; each request reads the edition current at that moment.

    Old editions stand under `/editions/<id>/`: the site links to the archive. Raises OSError where the port cannot be
    had.
    """

    class Handler(SimpleHTTPRequestHandler):
        extensions_map = SimpleHTTPRequestHandler.extensions_map | {
            ".md": "text/markdown; charset=utf-8",
            ".html": "text/html; charset=utf-8",
            ".csv": "text/csv; charset=utf-8",
            ".xml": "application/atom+xml; charset=utf-8",
        }

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            published = home.published()
            super().__init__(*args, directory=str(published.public if public else published.site), **kwargs)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is the base class's)
            """Nothing: a page looked at is not news."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        ready(f"http://127.0.0.1:{server.server_port}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
