"""Each refresh leaves a summary; a failed one, and one that refuses much more than before, is told to whom it may concern."""

from __future__ import annotations

import json
import os
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from assets.home import Home, HomeLockedError
from assets.runs import alert, forget, noted, operations, reasons, summaries
from tests.drawing import table, write_text

CHECKOUT = Path(__file__).parents[1]
SOUND = {"outcome": "done", "rows_read": 1000, "rows_refused": 10}


@contextmanager
def listening(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hook(received: list[Any]) -> HTTPServer:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return HTTPServer(("127.0.0.1", 0), Hook)


def post_office(received: list[str]) -> socketserver.TCPServer:
    """A mail server of the few words that a message needs (RFC 5321)."""

    class Office(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    received.append(b"".join(lines).decode())
                self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
                if word == b"QUIT":
                    return

    return socketserver.TCPServer(("127.0.0.1", 0), Office)


def junheng(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "assets.command", *arguments],
        cwd=CHECKOUT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_failed_run_leaves_a_summary_and_posts_it(tmp_path: Path) -> None:
    received: list[Any] = []
    server = hook(received)
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    with (
        listening(server),
        pytest.raises(ValueError, match="broken"),
        noted(Home(tmp_path), [2023], {"JUNHENG_ALERT_URL": url}),
    ):
        raise ValueError("broken")
    (run,) = summaries(Home(tmp_path))
    assert (run["outcome"], run["school_years"], run["alerts"]) == ("failed", [2023], {"JUNHENG_ALERT_URL": "sent"})
    assert received[0]["error"] == "ValueError: broken"
    assert received[0]["home"] == str(tmp_path)


def test_a_run_that_ends_well_leaves_a_summary_and_tells_nobody(tmp_path: Path) -> None:
    with noted(Home(tmp_path), [2022, 2023], {"JUNHENG_ALERT_URL": "http://127.0.0.1:1/"}):
        pass
    (run,) = summaries(Home(tmp_path))
    assert (run["outcome"], run["reasons"], run["rows_read"], run["edition"]) == ("done", [], 0, None)
    assert "alerts" not in run


@pytest.mark.parametrize(
    ("refused", "is_spike"),
    [(59, False), (60, True), (61, True), (10, False), (0, False)],
)
def test_a_spike_is_a_share_of_refused_rows_five_points_above_the_run_before(refused: int, *, is_spike: bool) -> None:
    assert operations()["alerts"]["refused_share_rise"] == 0.05
    assert bool(reasons(SOUND | {"rows_refused": refused}, SOUND)) == is_spike


def test_fewer_than_ten_more_refused_rows_are_no_spike_and_nor_is_a_first_run() -> None:
    assert reasons({"outcome": "done", "rows_read": 20, "rows_refused": 9}, {"rows_read": 20, "rows_refused": 0}) == []
    assert reasons(SOUND | {"rows_refused": 900}, None) == []


def test_an_alert_goes_by_mail(tmp_path: Path) -> None:
    received: list[str] = []
    server = post_office(received)
    there = {"JUNHENG_ALERT_EMAIL": "a@example.org", "JUNHENG_SMTP_HOST": "127.0.0.1"}
    with listening(server):
        said = alert(
            {"reasons": ["运行失败\r\nBcc: x@example.org"]},
            there | {"JUNHENG_SMTP_PORT": str(server.server_address[1])},
        )
    assert said == {"JUNHENG_ALERT_EMAIL": "sent"}
    assert "To: a@example.org" in received[0]
    assert not re.search(r"^Bcc:", received[0].partition("\r\n\r\n")[0], re.MULTILINE)


def test_an_alert_goes_to_a_command_as_json_and_to_no_shell(tmp_path: Path) -> None:
    script = tmp_path / "hook.py"
    script.write_text("import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())")
    command = f"{sys.executable} {script} '{tmp_path}/a;b $(id).json'"
    assert alert({"reasons": ["甲"]}, {"JUNHENG_ALERT_COMMAND": command}) == {"JUNHENG_ALERT_COMMAND": "sent"}
    assert json.loads((tmp_path / "a;b $(id).json").read_text("utf-8")) == {"reasons": ["甲"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JUNHENG_ALERT_URL", "http://127.0.0.1:1/"),
        ("JUNHENG_ALERT_URL", "file:///etc/passwd"),
        ("JUNHENG_ALERT_COMMAND", "/does/not/exist"),
        ("JUNHENG_ALERT_COMMAND", "false"),
        ("JUNHENG_ALERT_EMAIL", "a@example.org"),
    ],
)
def test_an_alert_that_cannot_be_sent_is_noted_and_stops_nothing(name: str, value: str) -> None:
    there = {name: value, "JUNHENG_SMTP_HOST": "127.0.0.1", "JUNHENG_SMTP_PORT": "1", "PATH": os.environ["PATH"]}
    assert alert({"reasons": ["甲"]}, there)[name].startswith("failed")


def test_old_summaries_are_forgotten_and_new_ones_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with noted(home, [2023], {}):
        pass
    (tmp_path / "runs" / "20200101T000000.000000Z.json").write_text("{}")
    assert forget(home, 365) == (1, 0)
    assert len(summaries(home)) == 1


def test_the_second_of_two_runs_is_told_who_has_the_home_and_since_when(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from assets.home import Home\n"
        "with Home(Path(sys.argv[1])).locked():\n    print('held', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert first.stdin is not None
    assert first.stdout is not None
    assert first.stdout.readline() == b"held\n"
    with (
        pytest.raises(HomeLockedError, match=rf"{first.pid}.*\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"),
        Home(tmp_path).locked(),
    ):
        pass
    assert str(first.pid) in junheng("doctor", "--home", str(tmp_path)).stdout
    first.stdin.close()
    first.wait()
    first.stdout.close()
    with Home(tmp_path).locked():
        pass
    assert "空闲 free" in junheng("doctor", "--home", str(tmp_path)).stdout


def test_a_refresh_that_fails_is_noted_told_and_listed(tmp_path: Path) -> None:
    home, received = tmp_path / "home", list[Any]()
    (home / "inbox").mkdir(parents=True)
    write_text(home / "inbox" / "a.csv", table(year=2023))
    (home / "tables").write_text("no folder")
    server = hook(received)
    with listening(server):
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        ended = junheng("refresh", "--home", str(home), JUNHENG_ALERT_URL=url)
    assert ended.returncode == 3
    assert [run["outcome"] for run in summaries(Home(home))] == ["failed"]
    assert received[0]["school_years"] == [2023]
    listed = junheng("runs", "--home", str(home))
    assert (listed.returncode, "the run failed" in listed.stdout) == (0, True)
    shown = junheng("runs", "--forget", "--days", "0", "--home", str(home))
    assert "运行记录 1，Dagster 运行 " in shown.stdout
    assert summaries(Home(home)) == []
