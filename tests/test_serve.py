"""The server gives the site and nothing else, to this machine alone, in pages that run no script but their own."""

from __future__ import annotations

import base64
import hashlib
import http.client
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.home import Home
from assets.serve import server_of

PAGE = "<!doctype html><style>a{}</style><script>let a=1</script><p>甲"
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "secret.txt").write_text("secret")
    root = tmp_path / "home"
    for path, content in {
        "site/index.html": PAGE,
        "site/2023/690101/index.html": PAGE,
        "site/2023/690101/report.md": "# 甲",
        "archive/index.html": PAGE,
        "tables/schools/2023.parquet": "secret",
        "inbox/a.csv": "secret",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, "utf-8")
    (root / "site/editions").symlink_to("../archive")
    (root / "site/out").symlink_to(tmp_path)
    (root / "site/out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "site/inbox").symlink_to("../inbox")
    (root / "site/empty").mkdir()
    with server_of(Home(root), 0) as server:
        assert server.server_address[0] == "127.0.0.1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(port: int, path: str, method: str = "GET", host: str = "127.0.0.1") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", f"{host}:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/2023/690101/", "/2023/690101/report.md", "/editions/", "/editions/index.html"]
)
def test_pages_of_the_site_and_of_the_archive_are_given_with_safe_headers(port: int, path: str) -> None:
    status, headers, content = ask(port, path)
    assert status == 200
    assert "甲".encode() in content
    assert SAFE.items() <= headers.items()


def test_a_page_may_run_its_own_scripts_and_no_others(port: int) -> None:
    _, headers, content = ask(port, "/")
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    (script,) = re.findall(rb"<script>(.*?)</script>", content)
    assert policy["script-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert not any("http" in value or "*" in value or "unsafe-eval" in value for value in policy.values())


OUT = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/..%2f..%2fsecret.txt",
    "/%2e%2e/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/2023/..%2f..%2f..%2fsecret.txt",
    "/..%5c..%5csecret.txt",
    "/..\\secret.txt",
    "/2023/../index.html",
    "/index.html%00.txt",
    "/editions/../../inbox/a.csv",
]
HIDDEN = [
    "/out/secret.txt",
    "/out/",
    "/out.txt",
    "/inbox/a.csv",
    "/tables/schools/2023.parquet",
    "/empty/",
    "/2023/",
    "/2023",
    "/none",
    "//etc/passwd",
    "/etc/passwd",
    "/%252e%252e/secret.txt",
]


@pytest.mark.parametrize("path", OUT)
def test_a_path_with_steps_upwards_is_refused(port: int, path: str) -> None:
    status, headers, content = ask(port, path)
    assert status == 400
    assert b"secret" not in content.replace(path.encode(), b"")
    assert SAFE.items() <= headers.items()


@pytest.mark.parametrize("path", HIDDEN)
def test_nothing_outside_the_site_is_given_and_no_folder_listed(port: int, path: str) -> None:
    status, _, content = ask(port, path)
    assert status == 404
    assert b"secret" not in content


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_no_method_but_get_and_head_is_served(port: int, method: str) -> None:
    assert ask(port, "/", method)[0] == 501
    assert ask(port, "/", "HEAD")[::2] == (200, b"")


def test_a_page_of_elsewhere_cannot_ask_under_its_own_name(port: int) -> None:
    assert ask(port, "/", host="example.org")[0] == 421
    assert ask(port, "/", host="localhost")[0] == 200


def test_no_other_interface_is_listened_on(port: int) -> None:
    own = socket.gethostbyname(socket.gethostname())
    if own.startswith("127."):
        own = "127.0.0.2"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((own, port), timeout=2)


def test_no_page_runs_a_script_that_the_policy_does_not_know() -> None:
    for template in (Path(__file__).parents[1] / "reports" / "templates").rglob("*.html.j2"):
        text = template.read_text("utf-8")
        assert set(re.findall(r"<script[^>]*>", text)) <= {"<script>"}, template
        assert not re.search(r"<[^>]*\son[a-z]+=|javascript:|<iframe|<object|<embed", text), template
