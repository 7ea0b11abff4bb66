"""`hyai serve`: the app in a browser."""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.installing import how_to_add
from hyai_tui.workspace import open_workspace

_PORT = 8070


@click.command("serve")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen at; others than this machine's own warn."
)
@click.option("--port", default=_PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@json_option
def serve(host: str, port: int, as_json: bool) -> None:
    """Show the app in a browser, for whoever has no terminal with pictures.

    Prints the address to open. It holds a token that is new each time; without it nothing is answered.
    """
    workspace = open_workspace()
    try:
        from hyai_tui.web.server import listen
        from hyai_tui.web.server import serve as serve_at
    except ModuleNotFoundError as error:
        raise HyaiError(
            f"The app cannot be served: the package {error.name} is not installed", how_to_add("hyai-tui[serve]")
        ) from error
    if not _is_loopback(host):
        narrate(
            f"Whoever can read the line to {host} can read along: the line is not encrypted. From another machine, "
            f"'ssh -L {port}:127.0.0.1:{port} THIS-MACHINE' is safer"
        )
    os.environ["HYAI_HOME"] = str(workspace.root)
    token = secrets.token_urlsafe(24)
    with listen(host, port) as listening:
        shown = _name_of(host)
        address = f"http://{shown}:{listening.getsockname()[1]}/?token={token}"

        def ready() -> None:
            emit({"url": address}, as_json, lambda: [address])
            narrate("Ctrl+C ends it; apps in open tabs leave in order")

        serve_at(listening, token, ready)


def _name_of(host: str) -> str:
    """Return what a browser is to open; for all addresses of this machine, its name."""
    if host != "localhost" and ipaddress.ip_address(host).is_unspecified:
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def _is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach that address.

    Raises:
        WrongUse: it is neither an address nor `localhost`; names may mean several addresses.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise WrongUse(f"--host wants an address, not {host!r}", "For instance --host 127.0.0.1") from error
