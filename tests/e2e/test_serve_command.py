"""`hyai serve` as a browser sees it: nothing without the token, the app with it, and an end in order."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from PIL import Image

from tests.e2e.shell import Shell

PATIENCE = 60.0


@dataclass
class Served:
    """A server that runs, and what its address says."""

    process: subprocess.Popen[str]
    host: str
    port: int
    token: str

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def cookie(self) -> str:
        status, headers, _ = self.get(f"/?token={self.token}")
        assert (status, headers["Location"]) == (303, "/")
        assert "HttpOnly" in headers["Set-Cookie"]
        return headers["Set-Cookie"].partition(";")[0]


@pytest.fixture
def hyai(tmp_path: Path) -> Shell:
    here = tmp_path / "art"
    here.mkdir()
    shell = Shell(tmp_path / "home", here)
    for number in range(3):
        Image.new("RGB", (60, 40), (80 * number, 120, 90)).save(here / f"{number}.png")
    shell("init")
    shell("scan")
    return shell


@pytest.fixture
def served(hyai: Shell) -> Iterator[Served]:
    command = [sys.executable, "-m", "hyai_tui", "serve", "--port", "0", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=hyai.here, env=hyai.environment, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            parts = urlsplit(json.loads(process.stdout.readline())["url"])
            assert parts.hostname is not None
            assert parts.port is not None
            yield Served(process, parts.hostname, parts.port, parts.query.removeprefix("token="))
        finally:
            process.kill()


@pytest.mark.parametrize(
    "path", ["/", "/?token=wrong", "/?token=", "/ws?width=80&height=24", "/static/js/textual.js", "/download/1"]
)
def test_nobody_gets_anything_without_the_token(served: Served, path: str) -> None:
    status, headers, body = served.get(path)

    assert status == 403
    assert "Set-Cookie" not in headers
    assert b"token" in body
    assert len(body) < 100


def test_the_address_with_the_token_opens_the_page_and_takes_the_token_out_of_sight(served: Served) -> None:
    status, headers, body = served.get("/", {"Cookie": served.cookie()})

    assert status == 200
    assert served.token.encode() not in body
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert b".xterm-helper-textarea" in body, "keys go to the terminal without a click on it"
    own = f"http://{served.host}:{served.port}/"
    asked_for = re.findall(r"(?:src|href|url)\W*((?:https?:)?//[^\"')]+)", body.decode())
    assert asked_for
    assert [one for one in asked_for if not one.startswith(own)] == []


def test_a_page_of_another_site_cannot_use_the_browsers_cookie(served: Served) -> None:
    headers = {"Cookie": served.cookie(), "Origin": "http://elsewhere.example"}

    assert served.get("/ws?width=80&height=24", headers)[0] == 403
    assert served.get("/", {"Cookie": served.cookie(), "Origin": f"http://{served.host}:{served.port}"})[0] == 200


def test_the_app_answers_keys_and_leaves_in_order_with_its_server(hyai: Shell, served: Served) -> None:
    asyncio.run(_label_one(served))

    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(PATIENCE) == 0
    decisions = hyai.json("decisions")
    assert [row["label"] for row in decisions] == ["trash"]
    # The lease was given back: the next app need not ask.
    assert hyai.json("undo")


async def _label_one(served: Served) -> None:
    """Be a browser's terminal: say where the cursor is when asked, and press `t` once a picture has been confirmed."""
    address = f"ws://{served.host}:{served.port}/ws?width=100&height=30"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, headers={"Cookie": served.cookie()}) as browser,
        asyncio.timeout(PATIENCE),
    ):
        pressed = False
        async for message in browser:
            if message.type is not aiohttp.WSMsgType.BINARY:
                continue
            text = message.data.decode("utf-8", "replace")
            places = re.findall(r"\x1b\[(\d+);(\d+)H\x1b\[6n", text)
            for row, column in places:
                await browser.send_json(["stdin", f"\x1b[{row};{column}R"])
            if "learned trash" in text:
                return
            if (places and not pressed) or "not shown yet" in text:
                await browser.send_json(["stdin", "t"])
                pressed = True
        pytest.fail("the app ended by itself")


def test_a_port_that_is_taken_is_named(hyai: Shell, served: Served) -> None:
    done = hyai("serve", "--port", str(served.port), code=1)

    assert f"port {served.port}" in done.stderr
    assert "--port" in done.stderr


def test_a_host_that_is_no_address_is_refused(hyai: Shell) -> None:
    assert "127.0.0.1" in hyai("serve", "--host", "some name", code=2).stderr


def test_without_a_workspace_nothing_is_served(hyai: Shell, tmp_path: Path) -> None:
    shutil.rmtree(hyai.here)
    hyai.here.mkdir()

    assert "workspace" in hyai("serve", code=2).stderr
