"""The user's own choices for every workspace: theme, keys preset, kind of graphics. Only from their own directory."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from hyai_tui.errors import SettingsError

GRAPHICS = ("auto", "sixel", "tgp", "halfcell", "unicode", "ascii")
GLYPHS = ("auto", "unicode", "ascii")
_KINDS: dict[str, type] = {"theme": str, "keys": str, "graphics": str, "glyphs": str, "slow": bool, "viewer": str}


@dataclass(frozen=True)
class Preferences:
    """What `config.toml` of the user's configuration directory says.

    Attributes:
        theme: name of a theme.
        keys: preset of keys; empty where keymap.toml decides.
        graphics: `auto`, or the one kind of graphics to use.
        glyphs: `auto`, `unicode`, or `ascii` for screens without our signs.
        slow: spare a slow line: smaller pictures, no animation.
        viewer: command that opens an original outside, as words; empty for what the system opens pictures with.
    """

    theme: str = ""
    keys: str = ""
    graphics: str = "auto"
    glyphs: str = "auto"
    slow: bool = False
    viewer: str = ""


def load(file: Path) -> Preferences:
    """Read the file; a missing one gives the defaults.

    Raises:
        SettingsError: naming the file and the key.
    """
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return Preferences()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}", "Mend that line, or move the file away") from error
    table = tables.get("app", {})
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: app is a table", "Write [app] above its keys")
    for key, value in table.items():
        if not isinstance(value, _KINDS.get(key, ())):
            raise SettingsError(
                f"{file}: app.{key} = {value!r} means nothing",
                'Keys are theme = "…", keys = "…", graphics = "…", glyphs = "…", slow = true, viewer = "…"',
            )
    if table.get("graphics", "auto") not in GRAPHICS:
        raise SettingsError(
            f"{file}: app.graphics cannot be {table['graphics']!r}", f"It is one of {', '.join(GRAPHICS)}"
        )
    if table.get("glyphs", "auto") not in GLYPHS:
        raise SettingsError(f"{file}: app.glyphs cannot be {table['glyphs']!r}", f"It is one of {', '.join(GLYPHS)}")
    return Preferences(**table)
