"""Refusals of the Client API: a status, a sentence and the name of an exception."""

from __future__ import annotations

from typing import Any

_NAMES = {
    400: "BadRequestException",
    401: "MissingCredentialsException",
    403: "InsufficientCredentialsException",
    404: "NotFoundException",
    409: "ConflictException",
    419: "SessionException",
    503: "ServerBusyException",
}


class Refusal(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, error: str, name: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.body: dict[str, Any] = {
            "error": error,
            "exception_type": name or _NAMES[status],
            "status_code": status,
        }


def unparsable(name: str, kind: str) -> Refusal:
    return Refusal(400, f"I was expecting to parse '{name}' as {kind}, but it failed.")


def wrong_length(text: str) -> Refusal:
    return Refusal(
        400,
        "Sorry, one of the given hashes was the wrong length! sha256 hashes should be 32 bytes long, "
        f"but {text} is {len(text) // 2} bytes long!",
    )


def file_missing() -> Refusal:
    return Refusal(404, "The client does not have this file!", "FileMissingException")


def not_supported() -> Refusal:
    return Refusal(404, "This service does not support that request!")
