"""Reads the `settings.py` of the original HyAI as data: parsed with `ast`, never executed.

What it understands are assignments of constants: texts, numbers with + - * /, True and False, and lists of texts. The
function `hash_to_path` is reported and not taken over. Nothing of the file is run and no file that it names is touched.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hyai_tui import settings
from hyai_tui.credentials import AccessKey, bound_address
from hyai_tui.errors import HyaiError, SettingsError, WrongUse

_MOST_BYTES = 1_000_000
_MOST_PER_REQUEST = 256
_PLACEHOLDER = "replacewithyourAPIkey"
_PREDICATES = (
    (re.compile(r"system:\s*no duration", re.I), "system:has no duration"),
    (re.compile(r"system:\s*has no duration", re.I), "system:has no duration"),
    (re.compile(r"system:\s*filetype\s*(?:=|is)\s*image", re.I), "system:filetype is image"),
)
_LIMIT = re.compile(r"system:\s*limit\s*(?:=|is|<=)?\s*(\d+)", re.I)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one key of the old file.

    Attributes:
        old: its name there.
        new: the setting's name here (`tag.trash_threshold`), or empty where it was not taken over.
        note: the value, or why not; never an access key.
    """

    old: str
    new: str
    note: str

    def __str__(self) -> str:
        return f"{self.old} → {self.new}: {self.note}" if self.new else f"{self.old}: {self.note}"


@dataclass(slots=True)
class OldSettings:
    """An old settings file in today's words.

    Attributes:
        tables: section to key to value, as `hyai.toml` has them.
        key: the access key, if it holds one.
        taken: one entry for each key of the old file, in its order.
    """

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    key: AccessKey | None = None
    taken: list[Taken] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The client's address, or empty."""
        return str(self.tables.get("library", {}).get("url", ""))


def read_old_settings(path: Path) -> OldSettings:
    """Return what an old settings file says.

    Raises:
        SettingsError: naming the file, the line and the key.
    """
    found = OldSettings()
    for name, (line, value) in _assignments(path).items():
        try:
            _MAPPING[name](found, name, value)
        except _Unfit as error:
            raise SettingsError(
                f"{path}, line {line}: {name} {error}", f"Mend {name} there, or leave it out"
            ) from error
        except HyaiError as error:
            raise SettingsError(f"{path}, line {line}: {name}: {error.what}", error.fix) from error
    _check(path, found)
    return found


class _Unfit(ValueError):
    """A value of the wrong kind; says what it should be and never repeats it."""


class _Function:
    """Stands for a function definition, which is not taken over."""


def _assignments(path: Path) -> dict[str, tuple[int, Any]]:
    """Return name to (line, value) of the file's assignments; the last one of a name counts."""
    found: dict[str, tuple[int, Any]] = {}
    for node in _parse(path).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[_known(path, name, node.lineno)] = (node.lineno, _constant(path, name, value))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[_known(path, name, node.lineno)] = (node.lineno, _constant(path, name, value))
            case ast.FunctionDef(name=name) if name == "hash_to_path":
                found[name] = (node.lineno, _Function())
            case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case _:
                raise SettingsError(
                    f"{path}, line {node.lineno}: this is no plain setting, and the file is never run",
                    "Leave only lines such as trash_thresh = 0.5 + 0.28",
                )
    return found


def _parse(path: Path) -> ast.Module:
    try:
        raw = path.read_bytes()
        if len(raw) > _MOST_BYTES:
            raise SettingsError(f"{path} is too large for a settings file", "Name the settings.py of HyAI")
        return ast.parse(raw.decode("utf-8-sig"), str(path))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", "Name the settings.py of HyAI") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not a text file", "Name the settings.py of HyAI") from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        # Python's own message would quote the line, and the line may hold the access key.
        raise SettingsError(f"{path}{line}: this is not Python", "Mend that line") from None


def _known(path: Path, name: str, line: int) -> str:
    if name in _MAPPING:
        return name
    near = difflib.get_close_matches(name, _MAPPING, 1, cutoff=0.5)
    fix = f"Did you mean {near[0]!r}?" if near else f"Valid are {', '.join(_MAPPING)}"
    raise SettingsError(f"{path}, line {line}: HyAI has no setting {name!r}", fix)


def _constant(path: Path, name: str, node: ast.expr) -> Any:
    """Return the value of an expression of constants."""
    match node:
        case ast.Constant(value=str() | bool() | int() | float() as value):
            return value
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [_constant(path, name, part) for part in parts]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(path, name, operand)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as operator, right=right):
            return _calculated(path, name, node.lineno, operator, _number(path, name, left), _number(path, name, right))
        case ast.Name(id=other) if name == "hash_to_path":
            return _Function() if other else None
        case ast.Lambda() if name == "hash_to_path":
            return _Function()
        case _:
            raise SettingsError(
                f"{path}, line {node.lineno}: {name} is no plain value, and the file is never run",
                "Write the value itself there",
            )


def _number(path: Path, name: str, node: ast.expr) -> float:
    value = _constant(path, name, node)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"{path}, line {node.lineno}: {name} calculates with what is no number", "Mend that line")
    return value


def _calculated(path: Path, name: str, line: int, operator: ast.operator, left: float, right: float) -> float:
    try:
        match operator:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case _:
                return left / right
    except (ZeroDivisionError, OverflowError) as error:
        raise SettingsError(f"{path}, line {line}: {name} cannot be calculated: {error}", "Mend that line") from error


def _put(found: OldSettings, old: str, new: str, value: Any, note: str = "") -> None:
    section, key = new.split(".")
    found.tables.setdefault(section, {})[key] = value
    shown = ", ".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else value
    found.taken.append(Taken(old, new, f"{shown}{f' ({note})' if note else ''}"))


def _url(found: OldSettings, old: str, value: Any) -> None:
    url = _text(value).strip().rstrip("/")
    bound_address(url)
    found.tables.setdefault("library", {})["kind"] = "hydrus"
    _put(found, old, "library.url", url)


def _key(found: OldSettings, old: str, value: Any) -> None:
    text = _text(value).strip()
    if text in {"", _PLACEHOLDER}:
        found.taken.append(Taken(old, "", "not taken over: it is still the example's placeholder"))
        return
    found.key = AccessKey(text)
    found.taken.append(Taken(old, "credentials.toml", "•••• (kept outside the workspace, for this address only)"))


def _service(found: OldSettings, old: str, value: Any) -> None:
    text = _text(value).strip().lower()
    if not re.fullmatch(r"(?:[0-9a-f]{2})+", text):
        raise _Unfit("is the key of a tag service: hexadecimal digits")
    note = "my tags" if text == b"local tags".hex() else ""
    _put(found, old, "library.tag_service", text, note)


def _threshold(new: str) -> Callable[[OldSettings, str, Any], None]:
    def take(found: OldSettings, old: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise _Unfit("is a number from 0 to 1")
        # 0.5 - 0.22 is 0.28 to everybody but a computer.
        _put(found, old, new, round(float(value), 12))

    return take


def _flag(new: str) -> Callable[[OldSettings, str, Any], None]:
    def take(found: OldSettings, old: str, value: Any) -> None:
        if not isinstance(value, bool):
            raise _Unfit("is True or False")
        _put(found, old, new, value)

    return take


def _criteria(found: OldSettings, old: str, value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Unfit("is a list of texts; lists within the list (OR) are not taken over")
    predicates = [_predicate(one.strip()) for one in value]
    note = ""
    if any(re.fullmatch(r"-\s*hyai:(archive|trash)", one, re.I) for one in predicates):
        note = "with -hyai:… in it, a file that has a tag is never tagged anew after a retraining"
    _put(found, old, "tag.criteria", predicates, note)


def _predicate(text: str) -> str:
    """Return an old predicate in the words that every library here understands."""
    for pattern, words in _PREDICATES:
        if pattern.fullmatch(text):
            return words
    limit = _LIMIT.fullmatch(text)
    return f"system:limit is {limit[1]}" if limit else text


def _batch_size(found: OldSettings, old: str, value: Any) -> None:
    size = _whole(value)
    note = "meant for a GPU; on a CPU 16 is as fast and needs far less memory" if size > 64 else ""
    _put(found, old, "features.batch_size", size, note)


def _api_batch_size(found: OldSettings, old: str, value: Any) -> None:
    size = _whole(value)
    note = f"{size} there; {_MOST_PER_REQUEST} is the most" if size > _MOST_PER_REQUEST else ""
    _put(found, old, "tag.batch_size", min(size, _MOST_PER_REQUEST), note)


def _hash_to_path(found: OldSettings, old: str, _value: Any) -> None:
    found.taken.append(
        Taken(
            old, "", "not taken over: it is code; files come through the Client API, by path where the key may see it"
        )
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Unfit("is a text")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _Unfit("is a whole number above 0")
    return value


def _check(path: Path, found: OldSettings) -> None:
    """Check the whole as a settings file would be, and that a key has an address to be bound to."""
    settings.from_dict(found.tables, origin=str(path))
    if found.key is not None and not found.url:
        raise WrongUse(
            f"{path} has hydrus_api_key and no hydrus_api_url", "A key is kept for one address: name it there"
        )


_MAPPING: Mapping[str, Callable[[OldSettings, str, Any], None]] = {
    "hydrus_api_url": _url,
    "hydrus_api_key": _key,
    "my_tags_service_key": _service,
    "trash_thresh": _threshold("tag.trash_threshold"),
    "archive_thresh": _threshold("tag.archive_threshold"),
    "mark_archive": _flag("tag.mark_archive"),
    "mark_trash": _flag("tag.mark_trash"),
    "criteria": _criteria,
    "batch_size": _batch_size,
    "api_batch_size": _api_batch_size,
    "hash_to_path": _hash_to_path,
}
