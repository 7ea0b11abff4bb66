"""What tmux lets through, and the lines of its configuration that would let more through."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

_SECONDS = 2.0
_SIXEL_SINCE = (3, 4)
_PASSTHROUGH_SINCE = (3, 3)
_SLOW_ESCAPE_MS = 50


@dataclass(frozen=True)
class Tmux:
    """The tmux around this process.

    Attributes:
        version: such as `3.3a`; empty where it could not be asked.
        terminal: TERM of the terminal outside.
        features: what tmux believes that terminal to have.
        passthrough: its option `allow-passthrough`.
        escape_time: milliseconds that it waits after an escape.
        focus_events: its option.
    """

    version: str = ""
    terminal: str = ""
    features: tuple[str, ...] = ()
    passthrough: str = ""
    escape_time: int | None = None
    focus_events: str = ""

    @classmethod
    def read(cls) -> Tmux:
        """Ask the tmux that this process runs in."""
        terminal, _, features = _ask("display", "-p", "#{client_termname}|#{client_termfeatures}").partition("|")
        escape = _ask("show", "-sv", "escape-time")
        return cls(
            version=_ask("-V").removeprefix("tmux "),
            terminal=terminal,
            features=tuple(one for one in features.split(",") if one),
            passthrough=_ask("show", "-gv", "allow-passthrough"),
            escape_time=int(escape) if escape.isdecimal() else None,
            focus_events=_ask("show", "-gv", "focus-events"),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return its fields."""
        return {**asdict(self), "features": list(self.features)}

    def lines(self) -> Iterator[str]:
        """Yield what there is to know, for people."""
        yield f"tmux         {self.version or 'unknown'}, outside it {self.terminal or 'unknown'}"
        yield f"             passes {', '.join(self.features) or 'nothing special'}"
        yield f"             allow-passthrough {self.passthrough or 'off'}"

    def advice(self, *, graphics: bool) -> list[tuple[str, str]]:
        """Return (what would be better, the line for tmux.conf).

        Args:
            graphics: pictures reach the terminal outside already.
        """
        found = []
        outside = self.terminal or "xterm*"
        if not graphics and self._since(_PASSTHROUGH_SINCE) and self.passthrough not in {"on", "all"}:
            found.append(("Let kitty pictures through tmux", "set -g allow-passthrough on"))
        if not graphics and self._since(_SIXEL_SINCE) and "sixel" not in self.features:
            found.append(("If the terminal outside draws Sixel", f"set -as terminal-features ',{outside}:sixel'"))
        if self.version and not self._since(_PASSTHROUGH_SINCE):
            found.append((f"tmux {self.version} lets no pictures through: 3.3 and later do", ""))
        if self.features and "RGB" not in self.features:
            found.append(("Let all colours through", f"set -as terminal-features ',{outside}:RGB'"))
        if self.escape_time is not None and self.escape_time > _SLOW_ESCAPE_MS:
            found.append(("tmux holds the Escape key back", "set -sg escape-time 10"))
        if self.focus_events == "off":
            found.append(("Tell hyai when you come back to its pane", "set -g focus-events on"))
        return found

    def _since(self, version: tuple[int, int]) -> bool:
        found = re.match(r"(?:next-)?(\d+)\.(\d+)", self.version)
        return found is not None and (int(found[1]), int(found[2])) >= version


def _ask(*arguments: str) -> str:
    """Return one line from tmux; empty where it is not there or does not know."""
    try:
        done = subprocess.run(
            ["tmux", *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
