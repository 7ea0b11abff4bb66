"""Changes settings in a workspace's `hyai.toml`: checked as a whole before it is written, and comments stay."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyai_tui import settings
from hyai_tui.errors import HyaiError, SettingsError, WrongUse
from hyai_tui.settings_labels import parted

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def set_value(path: Path, name: str, text: str) -> str:
    """Set a value and return the setting's full name; the word `none` gives the default back.

    Args:
        path: the settings file.
        name: such as `tag.trash_threshold`, or its key where only one section has it; `tag.names.LABEL` for one label.
        text: the value as it is typed.

    Raises:
        SettingsError, WrongUse: no such setting, or a value that it does not take; the file is as it was.
        HyaiError: the file cannot be written; it is as it was.
    """
    (full,) = set_values(path, {name: text})
    return full


def set_values(path: Path, values: Mapping[str, str]) -> list[str]:
    """Set several values at once, all or none, and return the settings' full names; otherwise as `set_value`."""
    places = [("", "read_only") if name == "read_only" else _section_and_key(name) for name in values]
    _write(path, _changed(path, dict(zip(places, values.values(), strict=True))))
    return [f"{section}.{key}" if section else key for section, key in places]


def rename_label(path: Path, old: str, new: str) -> None:
    """Let what the settings say of a label be said of its new name; a file that says nothing of it stays as it is.

    Raises: as `set_value`.
    """
    tables = settings.load(path, {}).as_dict()
    values: dict[tuple[str, str], str] = {}
    for section, key, default, _ in settings.describe():
        if isinstance(default, Mapping) and old in (table := tables[section][key]):
            values |= {(section, f"{key}.{old}"): "none", (section, f"{key}.{new}"): str(table[old])}
    if values:
        _write(path, _changed(path, values))


def full_name(name: str) -> str:
    """Return `section.key` of a setting that may be named by its key alone.

    Raises:
        SettingsError, WrongUse: there is none, or there are several.
    """
    return name if name == "read_only" else ".".join(_section_and_key(name))


def _changed(path: Path, values: Mapping[tuple[str, str], str]) -> str:
    """Return the settings file with some values changed, checked as a whole before anything is written."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(path.read_text("utf-8"))
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}", "Mend that line, or move the file away") from error
    for (section, key), text in values.items():
        _change(document, section, key, text)
    written = tomlkit.dumps(document)
    settings.from_dict(tomlkit.parse(written).unwrap(), origin=str(path))
    return written


def _change(document: TOMLDocument, section: str, key: str, text: str) -> None:
    import tomlkit

    if _takes_out(section, key, text):
        value = None
    else:
        value = _flag(text) if not section else settings.parse_value(section, key, text)
    base, label = parted(key)
    table: Any = document
    for name in filter(None, (section, base if label else "")):
        if name not in table:
            table.add(name, tomlkit.table())
        table = table[name]
    if value is None:
        table.pop(label or key, None)
    else:
        table[label or key] = list(value) if isinstance(value, tuple) else value


def _flag(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise SettingsError(f"config set: read_only is true or false, not {text!r}", "Write true or false") from None


def _takes_out(section: str, key: str, text: str) -> bool:
    """Return whether the word gives the default back; there are settings for which it is a value."""
    return text == "none" and not (section and "none" in settings.choices(section, key))


def _write(path: Path, text: str) -> None:
    """Write the file whole or not at all, with the rights that it has; a link stays a link."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(target.stat().st_mode & 0o777)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise HyaiError(
            f"{target} could not be written: {error.strerror or error}; it is as it was",
            "Check the disk's free space, and that the file is yours to write",
        ) from error


def _section_and_key(name: str) -> tuple[str, str]:
    """Return section and key; a key that only one section has may stand alone (`encoder`)."""
    section, dot, key = name.partition(".")
    if dot:
        settings_name = (section, parted(key)[0])
        if settings_name in {(one, two) for one, two, _, _ in settings.describe()}:
            return section, key
        settings.parse_value(section, key, "")  # raises, naming the nearest valid one
    sections = [one for one, two, _, _ in settings.describe() if two == name]
    if len(sections) == 1:
        return sections[0], name
    if sections:
        raise WrongUse(
            f"{name} is a setting of several sections", f"Write {' or '.join(f'{one}.{name}' for one in sections)}"
        )
    raise _unknown_name(name)


def _unknown_name(name: str) -> SettingsError:
    by_key = {key: f"{section}.{key}" for section, key, _, _ in settings.describe()}
    near = difflib.get_close_matches(name, by_key, 1)
    fix = f"Did you mean {by_key[near[0]]!r}?" if near else "'hyai config show' lists all of them"
    return SettingsError(f"There is no setting {name!r}", fix)
