"""Every sign that we draw, in characters that any screen has: for the bare console and for terminals without Unicode."""

from __future__ import annotations

from collections.abc import Mapping

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

# Each sign is as wide as what stands for it, so that nothing moves. Half blocks stay: they are the picture.
_ASCII = {
    "▲": "^",
    "▼": "v",
    "◇": "?",
    "●": "*",
    "○": "o",
    "□": "-",
    "▢": "-",
    "■": "#",
    "✕": "x",
    "✗": "x",
    "✓": "+",
    "⚠": "!",
    "⟳": "@",
    "»": ">",
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "↕": "|",
    "⌫": "<",
    "▸": ">",
    "▹": ">",
    "…": "~",
    "·": "-",
    "•": "*",
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "x",
    "≈": "~",
    "≥": ">",
    "≤": "<",
    "─": "-",
    "━": "=",
    "═": "=",
    "│": "|",
    "┃": "|",
    "║": "|",
    "▏": "|",
    "▎": "|",
    "▍": "|",
    "▌": "|",
    "▐": "|",
    "▕": "|",
    "▓": "#",
    "▒": "=",
    "░": ".",
    "█": "#",
    "▁": "_",
    "▂": "_",
    "▃": "-",
    "▅": "=",
    "▆": "*",
    "▇": "*",
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╴╵╶╷┏┓┗┛┣┫┳┻╋", "+"),
}
_TABLE = str.maketrans(_ASCII)


class AsciiGlyphs(LineFilter):
    """Replaces our signs by ASCII ones, on every line that goes out."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line with its signs replaced."""
        return [
            segment
            if segment.text.isascii() or segment.control
            else Segment(segment.text.translate(_TABLE), segment.style, segment.control)
            for segment in segments
        ]


def needs_ascii(environment: Mapping[str, str]) -> bool:
    """Return True for the console of Linux, whose font has few signs, and where the locale is not Unicode."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    return environment.get("TERM") == "linux" or not ("utf" in locale.lower() or locale == "")
