"""The themes that come with the program, and a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from hyai_tui.errors import SettingsError
from hyai_tui.locations import bundled_themes
from hyai_tui.tui import themes


def luminance(colour: Color) -> float:
    """Relative luminance of WCAG 2."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Color, other: Color) -> float:
    """Contrast ratio of WCAG 2, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


BUNDLED = themes.load(bundled_themes())


def test_there_are_at_least_four_themes_with_a_light_one_and_one_of_high_contrast() -> None:
    assert len(BUNDLED) >= 4
    assert themes.DEFAULT_THEME in BUNDLED
    assert any(not theme.dark for theme in BUNDLED.values())
    assert "contrast" in BUNDLED


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_every_text_colour_can_be_read_on_its_ground(name: str) -> None:
    theme = BUNDLED[name]
    # WCAG 2.1, 1.4.3 and 1.4.6.
    least = 7.0 if name == "contrast" else 4.5
    inks = {key: theme.variables[key] for key in ("archive", "trash", "unsure", "muted")}
    for key in ("foreground", "primary", "secondary", "accent", "success", "warning", "error"):
        inks[key] = getattr(theme, key)
    for ground in ("background", "surface", "panel"):
        for ink, text in inks.items():
            ratio = contrast(Color.parse(getattr(theme, ground)), Color.parse(text))
            assert ratio >= least, f"{ink} on {ground} of {name}"


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_archive_and_trash_are_blue_and_orange_in_every_theme(name: str) -> None:
    archive, trash = (Color.parse(BUNDLED[name].variables[one]) for one in ("archive", "trash"))
    assert archive.b > archive.r
    assert trash.r > trash.b


def test_a_user_theme_replaces_one_of_the_same_name(tmp_path: Path) -> None:
    text = (bundled_themes() / "harbour.toml").read_text("utf-8").replace("#5fafd7", "#00ff00")
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    assert themes.load(bundled_themes(), tmp_path)["harbour"].primary == "#00ff00"


@pytest.mark.parametrize(
    ("change", "named"),
    [(('primary = "#5fafd7"', 'primary = "blue"'), "primary"), (("[picture]", "[other]"), "picture")],
)
def test_a_wrong_theme_names_its_file_and_the_colour(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    text = (bundled_themes() / "harbour.toml").read_text("utf-8").replace(*change)
    file = tmp_path / "mine.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=named) as caught:
        themes.read(file)
    assert str(file) in str(caught.value)
