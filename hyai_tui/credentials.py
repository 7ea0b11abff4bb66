"""Access keys, by the address that each was given for, in the user's own configuration directory.

A workspace's `hyai.toml` may come from a stranger and may name any address, so a key is only ever handed out for the
address that the user gave it for. `HYAI_HYDRUS_KEY` wins over the file; it is bound to `HYAI_HYDRUS_URL` where that is
set, else to this machine and to addresses that the user has named to hyai before.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hyai_tui.errors import SettingsError, WrongUse
from hyai_tui.locations import credentials_file

KEY_VARIABLE = "HYAI_HYDRUS_KEY"
URL_VARIABLE = "HYAI_HYDRUS_URL"
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_PORTS = {"http": 80, "https": 443}


class AccessKey:
    """A Hydrus access key that no print, log or traceback shows; `reveal` gives it to the one who sends it.

    Raises:
        WrongUse: it is not 64 hexadecimal digits. The message does not repeat it.
    """

    __slots__ = ("_digits",)

    def __init__(self, text: str) -> None:
        digits = text.strip()
        if not _KEY.fullmatch(digits):
            raise WrongUse(
                f"That is no access key: it has {len(digits)} characters, and a key is 64 hexadecimal digits",
                "Copy it from Hydrus: services > review services > client api",
            )
        self._digits = digits.lower()

    def reveal(self) -> str:
        """Return the 64 digits."""
        return self._digits

    def __repr__(self) -> str:
        return "AccessKey(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccessKey) and other._digits == self._digits

    def __hash__(self) -> int:
        return hash(self._digits)

    def __reduce__(self) -> Any:
        raise TypeError("An access key is not pickled")


def key_for(url: str, environment: Mapping[str, str] = os.environ) -> AccessKey | None:
    """Return the access key for an address, or None if the user has given none for it.

    Raises:
        WrongUse: the address or the key is malformed, or `HYAI_HYDRUS_KEY` is set and not meant for this address.
        SettingsError: the file cannot be used, or others may read it.
    """
    address = bound_address(url)
    text = environment.get(KEY_VARIABLE)
    if text:
        return _from_environment(text, address, environment)
    stored = _read(credentials_file()).get(address, {}).get("access_key")
    return AccessKey(stored) if stored else None


def source_of(url: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return where the key of an address comes from: `environment`, `file`, or `none`."""
    if environment.get(KEY_VARIABLE):
        return "environment"
    return "file" if _read(credentials_file()).get(bound_address(url), {}).get("access_key") else "none"


def save_key(url: str, key: AccessKey) -> None:
    """Keep a key for one address; another key for it is replaced."""
    _update(url, {"access_key": key.reveal()})


def remember_address(url: str) -> None:
    """Note that the user named this address, so that `HYAI_HYDRUS_KEY` may go there."""
    address = bound_address(url)
    if address not in _read(credentials_file()):
        _update(url, {})


def bound_address(url: str) -> str:
    """Return scheme, host and port: what a key is bound to.

    Raises:
        WrongUse: it is no http or https address.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or port is None:
        raise WrongUse(f"{url!r} is not the address of a Client API", "Write it like http://127.0.0.1:45869")
    if parts.username or parts.password:
        raise WrongUse("An address with a name or password in it is refused", "Leave out what stands before the @")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine."""
    host = urlsplit(bound_address(url)).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def warning_about(url: str) -> str:
    """Return what to say where the access key would cross a network in the clear; empty where it does not."""
    if not url or urlsplit(bound_address(url)).scheme != "http" or is_loopback(url):
        return ""
    return f"{bound_address(url)} is not encrypted: whoever listens on the way can read the access key"


def _from_environment(text: str, address: str, environment: Mapping[str, str]) -> AccessKey:
    meant = environment.get(URL_VARIABLE)
    allowed = bound_address(meant) == address if meant else is_loopback(address)
    if not allowed and not (meant is None and address in _read(credentials_file())):
        raise WrongUse(
            f"{KEY_VARIABLE} is set, and it is not known to be meant for {address}, which this workspace names",
            f"Set {URL_VARIABLE}={address} beside it if you trust that address, or unset {KEY_VARIABLE}",
        )
    return AccessKey(text)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the tables of the file by address; a file that others may read is refused."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.getuid():
                raise SettingsError(f"{path} belongs to another user", "Move it away; hyai makes a new one")
            if found.st_mode & 0o077:
                raise SettingsError(f"{path} can be read by other users", f"Run 'chmod 600 {path}'")
            tables = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The parser's message quotes the line, and the line may be a key.
        raise SettingsError(f"{path} is not valid TOML", "Mend it, or delete it and give the key again") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", "Check its permissions") from error
    return {address: table for address, table in tables.items() if isinstance(table, dict)}


def _update(url: str, values: Mapping[str, str]) -> None:
    """Change the table of one address and write the file whole, for the user only."""
    import tomlkit

    path = credentials_file()
    tables = _read(path)
    address = bound_address(url)
    tables[address] = {**tables.get(address, {}), **values}
    document = tomlkit.document()
    document.add(tomlkit.comment("Access keys of hyai, by address. For your eyes only."))
    for one, table in tables.items():
        document.add(one, tomlkit.item(table))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor has no path
            file.write(tomlkit.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
