"""The address of a Client API: checked before a key is ever sent to it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from hyai_tui.errors import WrongUse

DEFAULT_PORT = 45869
"""Where a Hydrus client listens unless its user says otherwise."""


@dataclass(frozen=True, slots=True)
class Address:
    """A Client API's address.

    Attributes:
        url: scheme, host, port and path, without a slash at the end; holds no user name, password or query.
        host: host name or address.
        encrypted: True for https.
    """

    url: str
    host: str
    encrypted: bool

    @property
    def loopback(self) -> bool:
        """True if requests never leave this machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def open_to_listeners(self) -> bool:
        """True if the access key would cross a network in the clear."""
        return not self.encrypted and not self.loopback

    def __str__(self) -> str:
        return self.url


def parse_address(text: str) -> Address:
    """Return the address that a person wrote, such as `http://localhost:45869/`.

    Raises:
        WrongUse: if it is no http(s) address, or carries a user name, a query or a fragment.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise WrongUse("The address of Hydrus cannot be read", _EXAMPLE) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WrongUse("The address of Hydrus is not an http address", _EXAMPLE)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise WrongUse(
            "The address of Hydrus holds more than an address",
            "Leave out user name, password, query and fragment; the access key is kept apart from the address",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = host if port is None else f"{host}:{port}"
    return Address(f"{parts.scheme}://{where}{parts.path.rstrip('/')}", parts.hostname, parts.scheme == "https")


_EXAMPLE = f"It looks like http://localhost:{DEFAULT_PORT}"
