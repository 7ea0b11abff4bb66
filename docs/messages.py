"""Reads every error message out of the program's source, for the page of messages: none can be left out or go stale.

A message is the first argument wherever an error of the one family is made (`hyai_tui.errors`), what to do the second.
Parts that are filled in stand as `…`.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOMS = {
    "library": "The library",
    "catalog": "The catalog",
    "credentials": "Access keys",
    "features": "Pictures and features",
    "pictures": "Pictures and features",
    "learning": "Learning",
    "patterns": "Learning",
    "samples": "Training folders",
    "journal": "Decisions and what follows from them",
    "effects": "Decisions and what follows from them",
    "tagging": "Tags",
    "queues": "Queues and conditions",
    "checks": "Checks",
    "exchange": "Tables, projects and back-ups",
    "jobs": "Jobs",
    "settings": "Settings",
    "old_settings": "Settings",
    "workspace": "The workspace",
    "locations": "The workspace",
    "tui": "The app",
    "web": "The app",
    "cli": "Commands",
    "errors": "Commands",
}
_EXITS = {"FAILED": 1, "WRONG_USE": 2, "NOT_NOW": 3, "INTERRUPTED": 130}
_GAP = "…"


@dataclass(frozen=True)
class Message:
    """One message: where it is made, what it says, what to do, and the exit code of a command that meets it."""

    room: str
    what: str
    fix: str
    exit_code: int

    @property
    def anchor(self) -> str:
        """The name of its place on the page."""
        words = re.findall(r"[a-z0-9]+", self.what.lower().replace("'", ""))
        return "-".join(["message", *words])[:80].rstrip("-")


def messages(source: Path) -> list[Message]:
    """Return the messages of all modules below a directory, each once a room, in the order of rooms and texts."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(source.rglob("*.py"))}
    family = _family(trees.values())
    found = {}
    for path, tree in trees.items():
        part = path.relative_to(source).parts[0].removesuffix(".py")
        room = ROOMS.get(part) or ROOMS.get(part.partition("_")[0], "Commands")
        texts = _texts(tree)
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in family):
                continue
            # The sentence of a picture's error follows its code.
            what, *rest = call.args[1 if call.func.id == "PictureError" else 0 :] or [ast.Constant(_GAP)]
            fixes = sorted({one for arg in rest[:1] for one in _said(arg, texts)}) or [""]
            for text in _said(what, texts):
                if text != _GAP:
                    found.setdefault((room, text), Message(room, text, " / ".join(fixes), family[call.func.id]))
    order = list(dict.fromkeys(ROOMS.values()))
    return sorted(found.values(), key=lambda one: (order.index(one.room), one.what.lstrip(f"{_GAP} :").lower()))


def tables(source: Path) -> str:
    """Return the page's tables, one a room."""
    lines: list[str] = []
    taken: Counter[str] = Counter()
    room = ""
    for one in messages(source):
        if one.room != room:
            room = one.room
            lines += ["", f"## {room}", "", "| message | what to do | exit |", "|---|---|---|"]
        taken[one.anchor] += 1
        again = f"-{taken[one.anchor]}" if taken[one.anchor] > 1 else ""
        fix = one.fix if one.fix.replace(_GAP, "").strip(" /;.,") else "the message says it"
        lines.append(
            f'| <a id="{one.anchor}{again}"></a>{_plain(one.what)} | {_plain(fix or "the message says it")} | {one.exit_code} |'
        )
    return "\n".join(lines)


def _family(trees: Iterable[ast.Module]) -> dict[str, int]:
    """Return the classes of the one family of errors, with their exit codes."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {"HyaiError": 1}
    while fresh := [one for one in classes if one.name not in found and _base(one, found)]:
        for one in fresh:
            own = [
                node.value.attr
                for node in one.body
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "exit_code"
                if isinstance(node.value, ast.Attribute)
            ]
            found[one.name] = _EXITS[own[0]] if own else found[_base(one, found)]
    return found


def _base(one: ast.ClassDef, known: Mapping[str, int]) -> str:
    return next((base.id for base in one.bases if isinstance(base, ast.Name) and base.id in known), "")


def _texts(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """Return what is assigned to each name anywhere in a module."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def _said(node: ast.expr, texts: Mapping[str, list[ast.expr]], depth: int = 0) -> list[str]:
    """Return what an expression can say, with a gap for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        text = "".join(
            str(part.value) if isinstance(part, ast.Constant) else _installing(part) or _GAP for part in node.values
        )
        return [re.sub(f"{_GAP}+", _GAP, text)]
    if installing := _installing(node):
        return [installing]
    if isinstance(node, ast.BinOp):
        return [a + b for a in _said(node.left, texts, depth) for b in _said(node.right, texts, depth)]
    if isinstance(node, ast.IfExp):
        return [*_said(node.body, texts, depth), *_said(node.orelse, texts, depth)]
    if isinstance(node, ast.Name) and depth < 2 and len(known := texts.get(node.id, [])) == 1:
        return _said(known[0], texts, depth + 1)
    return [_GAP]


def _installing(node: ast.expr) -> str:
    """Return the usual form of a command that the program words for where it is installed; empty for any other expression."""
    call = node.value if isinstance(node, ast.FormattedValue) else node
    if isinstance(call, ast.Call) and ast.unparse(call.func) == "how_to_add" and isinstance(call.args[0], ast.Constant):
        return f"pip install '{call.args[0].value}'"
    return ""


def _plain(text: str) -> str:
    """Return a text for a cell of a table: commands as code, nothing else as markup."""
    escaped = re.sub(r"([\\*_\[\]<>|`#])", r"\\\1", text)
    return re.sub(
        r"'(hyai [^']*)'", lambda one: "`" + re.sub(r"\\(.)", r"\1", one[1]).replace("|", "\\|") + "`", escaped
    )
