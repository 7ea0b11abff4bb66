"""Tells a terminal's answers from keys.

A terminal answers questions through the keyboard's line. Textual understands a few answers and turns the characters of
every other into key presses: the answer to a question about the cell size would press `t`. This filter stands before
its parser and swallows what only a terminal can have sent, whole or in pieces, however late.
"""

from __future__ import annotations

import re

ESCAPE = "\x1b"
# Control sequences that only a terminal sends, and that Textual does not know: window reports (other than the in-band
# resize 48), device attributes, status reports, keyboard flags, colour scheme reports and unknown mode reports.
_ANSWER = re.compile(r"\x1b\[(?!48;)\d+(;\d+)*t|\x1b\[[?>=][\d;]*[cntuSx]|\x1b\[[03]n|\x1b\[\?[\d;]*R|\x1b\[[\d;]*x")
# The same without their escape, for an answer whose first byte came so early that it passed as the Escape key.
_HEADLESS = re.compile(r"\[(?:(?!48;)\d+(?:;\d+)*t|[?>=][\d;]*[cntu]|[03]n)")
_HEADLESS_START = re.compile(r"\[[?>=\d][\d;]*\Z|\[\Z")
_CSI = re.compile(r"\x1b\[[0-?]*[ -/]*.", re.DOTALL)
_CSI_BODY = re.compile(r"\x1b\[[0-?]*[ -/]*\Z")
_STRING_OPENERS = {"P": "dcs", "_": "apc", "]": "osc", "^": "pm", "X": "sos"}
_LONGEST_STRING = 65536


class AnswerFilter:
    """Takes what arrives on the line and returns what the parser of keys may see.

    Args:
        escape_delay: seconds to wait for the rest after a lone escape before it counts as the Escape key.
        patience: seconds to wait for the rest of a sequence that no person can have begun.
    """

    def __init__(self, escape_delay: float = 0.1, patience: float = 1.0) -> None:
        self.escape_delay = escape_delay
        self.patience = patience
        self._held = ""
        self._since = 0.0
        self._escape_passed = -10.0

    def feed(self, text: str, now: float) -> str:
        """Return the characters that are keys; `now` is a monotonic time in seconds."""
        text = self._held + text
        self._held = ""
        self._since = now
        out: list[str] = []
        at = 0
        while at < len(text):
            if text[at] != ESCAPE:
                if text[at] == "[" and now - self._escape_passed < self.patience:
                    if answer := _HEADLESS.match(text, at):
                        at = answer.end()
                        continue
                    if _HEADLESS_START.match(text, at):
                        self._held = text[at:]
                        break
                out.append(text[at])
                at += 1
                continue
            taken = self._sequence(text, at)
            if taken is None:
                self._held = text[at:]
                break
            end, is_key = taken
            if is_key:
                out.append(text[at:end])
            at = end
        return "".join(out)

    def tick(self, now: float) -> str:
        """Return what has waited long enough: a lone escape is a key, half an answer is dropped."""
        if not self._held:
            return ""
        held, waited = self._held, now - self._since
        if held == ESCAPE:
            if waited < self.escape_delay:
                return ""
            self._held = ""
            self._escape_passed = now
            return held
        if len(held) == 2 and held[0] == ESCAPE and waited >= self.escape_delay:
            # Alt with a letter that also opens a string, or Alt+[.
            self._held = ""
            return held
        if held == "[" and waited >= self.escape_delay:
            self._held = ""
            return held
        if waited >= self.patience:
            self._held = ""
        return ""

    @property
    def waiting(self) -> bool:
        """True while a piece is held that `tick` has to look at."""
        return bool(self._held)

    def _sequence(self, text: str, at: int) -> tuple[int, bool] | None:
        """Return (end, is a key) of the sequence that begins at an escape, or None where more must come."""
        if at + 1 >= len(text):
            return None
        opener = text[at + 1]
        if opener in _STRING_OPENERS:
            if at + 2 >= len(text):
                return None
            end = _string_end(text, at + 2)
            if end is None:
                return None if len(text) - at < _LONGEST_STRING else (len(text), False)
            return end, False
        if opener == "[":
            if at + 2 >= len(text) or _CSI_BODY.match(text, at):
                return None
            match = _CSI.match(text, at)
            assert match is not None
            if match[0] == "\x1b[M":
                # An old mouse report: three more characters that are no keys of their own.
                return (at + 6, True) if at + 6 <= len(text) else None
            return match.end(), _ANSWER.fullmatch(match[0]) is None
        return at + 2 if opener != ESCAPE else at + 1, True


def _string_end(text: str, at: int) -> int | None:
    """Return where a control string ends (after ST or BEL), or None."""
    bell, terminator = text.find("\x07", at), text.find("\x1b\\", at)
    ends = [end for end in (bell + 1 if bell >= 0 else 0, terminator + 2 if terminator >= 0 else 0) if end]
    return min(ends) if ends else None
