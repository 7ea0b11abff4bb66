"""Serves the app to browsers with textual-serve: each tab is an app of its own, on the same workspace.

Its server is used but for three things: the page (that of textual-serve asks another company for a font), the guard in front
of all, and the end, which leaves every app in order.
"""

from __future__ import annotations

import asyncio
import shlex
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from textual_serve.server import Server

from hyai_tui.errors import HyaiError
from hyai_tui.web.guard import guarded

_PAGE = Path(__file__).parent
# Apps that still write when the server ends have this long.
_LEAVE_SECONDS = 5.0


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 takes a free one.

    Raises:
        HyaiError: the port is taken, or the address is not one of this machine.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise HyaiError(
            f"Nothing can be served at {host}, port {port}: {error.strerror or error}",
            "Choose another with --port or --host",
        ) from error


def serve(listening: socket.socket, token: str, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        listening: where, from `listen`.
        token: what a browser must bring.
        ready: called once requests are answered.
    """
    asyncio.run(_serve(listening, token, ready))


async def _serve(listening: socket.socket, token: str, ready: Callable[[], None]) -> None:
    server = _AppServer(listening.getsockname()[1], token)
    runner = web.AppRunner(await server._make_app(), access_log=None, shutdown_timeout=_LEAVE_SECONDS)
    await runner.setup()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await web.SockSite(runner, listening).start()
        ready()
        await ended.wait()
    finally:
        await runner.cleanup()


class _AppServer(Server):
    """The server of textual-serve, with our page and our guard."""

    def __init__(self, port: int, token: str) -> None:
        # -P keeps the current directory, which may be a stranger's workspace, off the path of imports.
        command = shlex.join([sys.executable, "-P", "-m", "hyai_tui"])
        super().__init__(command, port=port, title="hyai", templates_path=_PAGE)
        self._guard = guarded(token, port)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Print nothing: the command says where it serves."""

    async def handle_index(self, request: web.Request) -> Any:
        """Give the page, with addresses as this browser came here: through a tunnel they are not those that we know."""
        self.public_url = f"{request.scheme}://{request.host}"
        return await super().handle_index(request)
