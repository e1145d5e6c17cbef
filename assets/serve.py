"""The site on the loopback interface, for one's own eyes: read only, nothing outside the site, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from assets.archive import FOLDER as ARCHIVE
from assets.home import Home

_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_HOSTS = ("127.0.0.1", "localhost")
"""Names under which a browser may ask: under another, a page of elsewhere would be asking through its own name."""


def serve(home: Home, port: int, ready: Callable[[str], None], *, public: bool = False) -> None:
    """The published site, or its public edition, at 127.0.0.1, until interrupted; each request reads the edition current at that moment.

    Old editions stand under `/editions/<id>/`: the site links to the archive. Raises OSError where the port cannot be
    had.
    """
    with server_of(home, port, public=public) as server:
        ready(f"http://127.0.0.1:{server.server_port}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def server_of(home: Home, port: int, *, public: bool = False) -> ThreadingHTTPServer:
    """The server, not yet serving. Raises OSError."""

    class Handler(SiteHandler):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            published = home.published()
            self.within = tuple(
                Path(os.path.realpath(folder))
                for folder in (published.public if public else published.site, home.root / ARCHIVE)
            )
            super().__init__(*args, directory=str(self.within[0]), **kwargs)

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


class SiteHandler(SimpleHTTPRequestHandler):
    """Files of the folders `within` by GET and HEAD; no list of a folder, no other method, no way out of the folders."""

    within: tuple[Path, ...]
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".md": "text/markdown; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".csv": "text/csv; charset=utf-8",
        ".xml": "application/atom+xml; charset=utf-8",
    }
    server_version = "junheng"
    sys_version = ""
    policy = "default-src 'none'"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is the base class's)
        """Nothing: a page looked at is not news."""

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """The head of the answer; a refusal where the request leads out of the site."""
        host = (self.headers.get("Host") or "").rpartition(":")[0] or self.headers.get("Host", "")
        if host not in _HOSTS:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return None
        steps = unquote(urlsplit(self.path).path, errors="replace").replace("\\", "/").split("/")
        if ".." in steps or any("\0" in step for step in steps):
            self.send_error(HTTPStatus.BAD_REQUEST)
            return None
        path = Path(self.translate_path(self.path))
        page = path / "index.html" if path.is_dir() else path
        real = Path(os.path.realpath(page))
        if not any(real.is_relative_to(folder) for folder in self.within) or not real.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        if real.suffix == ".html":
            about = real.stat()
            self.policy = _policy(real, about.st_mtime_ns, about.st_size)
        return super().send_head()

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        """Never a list."""
        del path
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        """The headers by which a browser takes nothing from elsewhere and gives nothing away."""
        for name, value in (
            ("Content-Security-Policy", self.policy),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-cache"),
        ):
            self.send_header(name, value)
        super().end_headers()


@lru_cache(maxsize=256)
def _policy(page: Path, _changed: int, _size: int) -> str:
    """What a page may load: its own scripts by their hashes, its own styles, files of the site; nothing of elsewhere."""
    scripts = dict.fromkeys(
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in _SCRIPT.findall(page.read_bytes())
    )
    allowed = {
        "default-src": "'none'",
        "script-src": " ".join(scripts) or "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())
