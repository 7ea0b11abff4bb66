"""The HTTP side: one thread a connection, keys, faults, and a log of every request."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fake_hydrus.arguments import body_arguments, is_hex, query_arguments
from tests.fake_hydrus.calls import Answer, Call
from tests.fake_hydrus.client import Client
from tests.fake_hydrus.commands import COMMANDS
from tests.fake_hydrus.errors import Refusal, not_supported
from tests.fake_hydrus.harm import OUR_NAME, Sent
from tests.fake_hydrus.keys import AccessKey
from tests.fake_hydrus.seen import SEEN
from tests.fake_hydrus.services import LOCAL_TAGS

HEADER = "Hydrus-Client-API-Access-Key"
_NO_SUCH_RESOURCE = (
    b"\n<html>\n  <head><title>404 - No Such Resource</title></head>\n  <body>\n    <h1>No Such Resource</h1>\n"
    b"    <p>Sorry. No luck finding that resource.</p>\n  </body>\n</html>\n"
)
_YEAR, _MOMENT = "max-age=31536000", "max-age=4"


@dataclass
class Faults:
    """What goes wrong. All off at first; may be changed while the server runs.

    Attributes:
        delay: seconds before each answer.
        drop_every: every so many requests the connection is dropped, by turns before the work and after it.
        cut_every: every so many answers stop in the middle of their body.
        locked: the database is locked: 503 on everything.
        locked_answers: so many answers are 503, then it goes on.
        expired: 419 on everything.
        rows_per_second: most files of which metadata is given in a second, as a real client has its speed; 0 for no limit.
        redirect: send every request elsewhere.
        not_hydrus: answer with a web page.
        broken: 500 on everything.
        lost_keys: the key is taken out of each request on its way.
        clock: seconds by which the clock of the client is ahead.
    """

    delay: float = 0.0
    drop_every: int = 0
    cut_every: int = 0
    locked: bool = False
    locked_answers: int = 0
    expired: bool = False
    rows_per_second: int = 0
    redirect: str = ""
    not_hydrus: bool = False
    broken: bool = False
    lost_keys: bool = False
    clock: float = 0.0


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    target: str
    args: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        return self.method == "POST"

    @property
    def sent(self) -> Sent:
        """The same, as it is judged."""
        return Sent(self.method, self.path, self.args, self.headers.get("User-Agent", ""))


class FakeHydrus:
    """A running fake client; a context manager.

    Attributes:
        client: its state; hold `client.lock` to change it while requests come in.
        faults: what goes wrong.
        requests: every request in order.
        remember: keep the log; a trial of millions of files goes without.
        asked: number of requests so far.
        caused: those of `violations` that requests of the program caused, and not those of a test.
    """

    def __init__(self, client: Client | None = None, *, port: int = 0) -> None:
        self.client = client or Client()
        self.key = next(iter(self.client.keys.values()), None) or AccessKey("ab" * 32, "hyai", everything=True)
        self.client.keys.setdefault(self.key.key, self.key)
        self.faults = Faults()
        self.requests: list[Request] = []
        self.remember = True
        self.asked = 0
        self.free_at = 0.0
        self.caused: list[str] = []
        self.last_search: dict[str, set[int]] = {}
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def violations(self) -> list[str]:
        """What a real client would have been harmed by."""
        return self.client.violations

    @property
    def writes(self) -> list[Request]:
        """Requests that ask for a change."""
        return [one for one in self.requests if one.writes]

    def allow(self, *permissions: int, namespace: str | None = None) -> AccessKey:
        """Make another key with just these permissions."""
        key = AccessKey(f"{len(self.client.keys):064x}", "some", frozenset(permissions), only_namespace=namespace)
        self.client.keys[key.key] = key
        return key

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()
        local = frozenset(one.key for one in self.client.services if one.type == LOCAL_TAGS)
        SEEN.add((one.sent for one in self.requests), local, self.caused)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    fake: FakeHydrus

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        super().__init__(address, handler)
        self._open: set[_Handler] = set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error here."""

    def close_connections(self) -> None:
        for one in list(self._open):
            one.hang_up()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A real client sends its answers at once; waiting for acknowledgements costs 40 ms a request.
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server._open.add(self)

    def finish(self) -> None:
        self.server._open.discard(self)
        super().finish()

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):  # it may be closed already
            self.connection.shutdown(2)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing: the log is `FakeHydrus.requests`."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_HEAD = do_GET  # noqa: N815

    def _handle(self) -> None:
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        with fake.client.lock:
            fake.asked += 1
            number = fake.asked
            arguments = self._as_sent(url.query, body)
            if fake.remember:
                fake.requests.append(Request(self.command, url.path, self.path, arguments, dict(self.headers)))
        faults = fake.faults
        if faults.delay:
            time.sleep(faults.delay)
        dropped = faults.drop_every and number % faults.drop_every == 0
        after = dropped and number // faults.drop_every % 2 == 0
        if dropped and not after:
            self._drop()
            return
        with fake.client.lock:
            before = len(fake.violations)
            status, answer = self._answer(url.path, url.query, body)
            if OUR_NAME in self.headers.get("User-Agent", ""):
                fake.caused += fake.violations[before:]
        if after:
            self._drop()
            return
        if faults.rows_per_second and url.path.endswith("file_metadata"):
            rows = len(arguments.get("file_ids", arguments.get("hashes", [])))
            # Identifiers alone cost a real client an eighth of a whole row or less.
            self._keep_to(faults.rows_per_second * (8 if arguments.get("only_return_identifiers") else 1), rows)
        self._send(status, answer, cut=bool(faults.cut_every and number % faults.cut_every == 0))

    def _keep_to(self, rows_per_second: int, rows: int) -> None:
        """Answer no sooner than a client of that speed would, however many ask at once."""
        fake = self.server.fake
        with fake.client.lock:
            fake.free_at = max(fake.free_at, time.monotonic()) + rows / rows_per_second
            wait = fake.free_at - time.monotonic()
        time.sleep(max(wait, 0.0))

    def _as_sent(self, query: str, body: bytes) -> dict[str, Any]:
        """The arguments as far as they can be read: a request is judged even if it is dropped or refused."""
        with contextlib.suppress(Refusal):
            if self.command == "POST":
                return body_arguments(self.headers.get("Content-Type", ""), body)
            return query_arguments(parse_qs(query))
        return {}

    def _drop(self) -> None:
        self.close_connection = True
        self.hang_up()

    def _answer(self, path: str, query: str, body: bytes) -> tuple[int, Answer]:
        fake, faults = self.server.fake, self.server.fake.faults
        versions = {"version": fake.client.api_version, "hydrus_version": fake.client.hydrus_version}
        try:
            if faults.redirect:
                return 302, Answer(mime=faults.redirect)
            if faults.not_hydrus:
                return 200, Answer(content=b"<html>a web page</html>", mime="text/html")
            if faults.broken:
                raise Refusal(500, "Traceback (most recent call last):\n  a defect", "ValueError")
            locked = fake.client.locked and path != "/manage_database/lock_off"
            if locked or faults.locked or faults.locked_answers:
                faults.locked_answers = max(0, faults.locked_answers - 1)
                raise Refusal(503, "This server is busy, please try again later.")
            if path == "/api_version":
                return 200, Answer(versions)
            command = COMMANDS.get(("GET" if self.command == "HEAD" else self.command, path))
            if command is None or (path == "/client_info" and not fake.client.tells_boot):
                if fake.client.tells_boot and any(path == one for _, one in COMMANDS):
                    raise not_supported()
                return 404, Answer(content=_NO_SUCH_RESOURCE, mime="text/html; charset=utf-8")
            arguments = (
                query_arguments(parse_qs(query))
                if self.command != "POST"
                else body_arguments(self.headers.get("Content-Type", ""), body)
            )
            # The one call that a client takes from somebody who has no key yet.
            key = fake.key if path == "/request_new_permissions" else self._key(arguments)
            if faults.expired:
                raise Refusal(419, "Sorry, your session has expired!")
            answer = command(Call(fake.client, key, path, arguments, fake.last_search))
        except Refusal as refusal:
            return refusal.status, Answer(refusal.body | versions)
        if answer.body is not None:
            answer.body |= versions
        return 200, answer

    def _key(self, arguments: dict[str, Any]) -> AccessKey:
        text = self.headers.get(HEADER) or arguments.get(HEADER)
        if not text or self.server.fake.faults.lost_keys:
            raise Refusal(401, "No access key or session key provided!")
        if not is_hex(text):
            raise Refusal(400, f"Problem parsing {HEADER}!")
        key = self.server.fake.client.keys.get(text)
        if key is None:
            raise Refusal(403, "Did not find an entry for that access key!")
        return key

    def _send(self, status: int, answer: Answer, *, cut: bool) -> None:
        content = answer.content
        headers = {"Date": formatdate(time.time() + self.server.fake.faults.clock, usegmt=True)}
        headers |= {"Server": f"client api/{self.server.fake.client.api_version}"}
        headers["Server"] += f" ({self.server.fake.client.hydrus_version})"
        if status == 302:
            content, headers["Location"] = b"", answer.mime
        elif answer.body is not None:
            content = json.dumps(answer.body, ensure_ascii=False).encode()
            headers |= {"Cache-Control": _MOMENT, "Content-Type": "application/json", "Content-Disposition": "inline"}
        elif content is not None:
            headers["Content-Type"] = answer.mime
            if answer.filename:
                disposition = f'inline; filename="{answer.filename}"'
                headers |= {"Cache-Control": _YEAR, "Content-Disposition": disposition}
        content = content or b""
        status, content = self._ranged(status, answer, content, headers)
        self.send_response_only(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self._drop()

    def _ranged(self, status: int, answer: Answer, content: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Cut a file to the range asked for."""
        wanted = self.headers.get("Range", "")
        if status != 200 or not wanted.startswith("bytes=") or answer.content is None:
            return status, content
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), int(last) if last else len(content) - 1
        headers |= {"Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{end}/{len(content)}"}
        return 206, content[start : end + 1]
