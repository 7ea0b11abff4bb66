"""The page of messages: every error that the program can make has a place on it, with what to do."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from hyai_tui import errors
from hyai_tui.errors import HyaiError
from hyai_tui.jobs.kinds import kind_of
from hyai_tui.library.hydrus.address import parse_address
from hyai_tui.library.tag_names import clean_tag
from hyai_tui.workspace import open_workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page() -> ModuleType:
    where = importlib.util.spec_from_file_location("messages", ROOT / "docs" / "messages.py")
    assert where is not None
    assert where.loader is not None
    module = importlib.util.module_from_spec(where)
    # Dataclasses look their module up.
    sys.modules["messages"] = module
    where.loader.exec_module(module)
    return module


def said_in(path: Path) -> list[str]:
    """Return the sentences of the errors of `errors.py` that a module makes, where they are written out at that place."""
    family = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, HyaiError)}
    found = []
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in family and call.args:
            what = call.args[1 if call.func.id == "PictureError" else 0]
            if isinstance(what, ast.Constant):
                found.append(str(what.value))
            elif isinstance(what, ast.JoinedStr):
                text = "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in what.values)
                found.append(re.sub("…+", "…", text))
    return [text for text in found if text != "…"]


def test_every_error_that_is_made_has_a_place_of_its_own_on_the_page(page: ModuleType) -> None:
    table = page.tables(ROOT / "hyai_tui")
    anchors = re.findall(r'<a id="([^"]+)">', table)
    assert len(anchors) == len(set(anchors))
    on_page = {one.what for one in page.messages(ROOT / "hyai_tui")}
    missing = [text for path in (ROOT / "hyai_tui").rglob("*.py") for text in said_in(path) if text not in on_page]
    assert missing == []
    assert table.count("\n| <a id=") == len(anchors) >= 400


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda: kind_of("dance"), 2),
        (lambda: parse_address("ftp://nowhere"), 2),
        (lambda: clean_tag("person:"), 2),
        (lambda: open_workspace(), 2),
    ],
)
def test_a_message_is_found_as_it_is_read(
    page: ModuleType, wrong: Callable[[], object], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYAI_HOME", raising=False)
    with pytest.raises(HyaiError) as raised:
        wrong()
    patterns = {one: ".*".join(map(re.escape, one.what.split("…"))) for one in page.messages(ROOT / "hyai_tui")}
    found = [
        one for one, pattern in patterns.items() if re.fullmatch(pattern, raised.value.what, re.S) and pattern != ".*"
    ]
    assert found
    assert code in {one.exit_code for one in found}
    assert any(one.fix for one in found)
