"""Who may speak to the server: a browser that came with the token, from a page of ours.

The address with the token is opened once; it leaves a cookie, and the token goes out of the address line. A browser sends
cookies also when another site asks it to, and web sockets know no same-origin rule, so the `Origin` of a request is
compared too (see RFC 6455, section 10.2). All else gets one line of text and nothing of ours.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# No other page may frame ours, and ours asks no other server for anything.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        "img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_REFUSAL = "hyai: this address needs the token that 'hyai serve' printed.\n"


def guarded(token: str, port: int) -> Any:
    """Return a middleware of aiohttp that lets requests with the token through, and refuses all others with 403.

    Args:
        token: what the address must carry, as `?token=…`, the first time.
        port: where the server listens; cookies know no ports, so that of another server must not be ours.
    """
    cookie = f"hyai-{port}"

    def known(value: str | None) -> bool:
        return value is not None and hmac.compare_digest(value.encode(), token.encode())

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_from_here(request):
            raise web.HTTPForbidden(text=_REFUSAL, headers=_HEADERS)
        if request.path == "/" and known(request.query.get("token")):
            entered = web.HTTPSeeOther("/", headers=_HEADERS)
            entered.set_cookie(cookie, token, httponly=True, samesite="Lax", path="/", secure=request.secure)
            raise entered
        if not known(request.cookies.get(cookie)):
            raise web.HTTPForbidden(text=_REFUSAL, headers=_HEADERS)
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    return guard


def _is_from_here(request: web.Request) -> bool:
    """Tell whether the page that asks is ours; requests that no page made say no origin."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host
