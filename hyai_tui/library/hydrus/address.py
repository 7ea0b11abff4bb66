"""The address of a Client API: checked before a key is ever sent to it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from hyai_tui.credentials import bound_address
from hyai_tui.errors import WrongUse


@dataclass(frozen=True, slots=True)
class Address:
    """A Client API's address.

    Attributes:
        url: scheme, host, port and path, without a slash at the end; holds no user name, password or query.
    """

    url: str

    def __str__(self) -> str:
        return self.url


def parse_address(text: str) -> Address:
    """Return the address that a person wrote, such as `http://localhost:45869/`.

    Raises:
        WrongUse: if it is no http(s) address, or carries a user name, a query or a fragment.
    """
    origin = bound_address(text)
    parts = urlsplit(text.strip())
    if parts.query or parts.fragment:
        raise WrongUse(
            "The address of Hydrus holds more than an address",
            "Leave out what stands after ? or #; the access key is kept apart from the address",
        )
    return Address(f"{origin}{parts.path.rstrip('/')}")
