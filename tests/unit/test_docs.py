"""The pages in docs/ name every verb, option and setting, and every link in them leads somewhere."""

from __future__ import annotations

import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from hyai_tui import settings
from hyai_tui.cli.examples import EXAMPLES
from hyai_tui.cli.main import VERBS, hyai

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def _commands() -> Iterator[tuple[str, click.Command]]:
    for verb, where in VERBS.items():
        module, attribute = where.split(":")
        yield from _below(verb, getattr(importlib.import_module(f"hyai_tui.cli.{module}"), attribute))


def _below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for part, one in command.commands.items():
            yield from _below(f"{name} {part}", one)
    else:
        yield name, command


def _sections() -> dict[str, str]:
    """Return the text below each heading that names verbs, by verb."""
    found = {}
    for part in REFERENCE.split("\n### ")[1:]:
        heading, _, text = part.partition("\n")
        for verb in re.findall(r"`hyai ([a-z -]+)`", heading):
            found[verb] = text.partition("\n## ")[0]
    return found


COMMANDS = dict(_commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_verb_has_a_section_that_names_its_options(name: str) -> None:
    sections = _sections()

    assert name in sections
    options = [text for one in COMMANDS[name].params if isinstance(one, click.Option) for text in one.opts]
    assert [one for one in options if one not in sections[name]] == []


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, all_ in EXAMPLES.items() for words in all_])
def test_every_example_of_a_help_text_can_be_typed(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [word.replace("~", str(tmp_path)) for word in shlex.split(words)]
    for path in (tmp_path / word for word in arguments if not word.startswith("-") and ":" not in word):
        # What an option wants to be there already: a file where the name has an ending, else a directory.
        path.touch() if path.suffix else path.mkdir(parents=True, exist_ok=True)

    assert COMMANDS[name].make_context(name, arguments).params


def test_examples_stand_at_the_end_of_the_help() -> None:
    verb = hyai.get_command(click.Context(hyai), "queue")
    assert verb is not None

    text = verb.get_help(click.Context(verb, info_name="queue"))

    assert "Examples:\n    hyai queue mistakes --limit 20\n" in text


def test_the_reference_names_no_verb_or_option_that_does_not_exist() -> None:
    for name, text in _sections().items():
        assert name in COMMANDS
        known = {option for one in COMMANDS[name].params for option in one.opts}
        mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text.partition("\n\n")[2].partition("\n")[0]))
        assert mentioned <= known, name


def test_the_table_of_settings_is_that_of_the_program() -> None:
    written = re.search(r"<!-- settings[^>]*-->\n(.*?)\n<!-- /settings -->", REFERENCE, re.S)
    assert written is not None

    expected = ["| setting | default | what it is |", "|---|---|---|"]
    for section, key, default, about in settings.describe():
        expected.append(f"| `{section}.{key}` | `{_shown(default)}` | {about} |")

    assert written[1].splitlines() == expected, "docs/reference.md should hold:\n" + "\n".join(expected)


def test_every_variable_is_named() -> None:
    assert [one for one in settings._OWN_VARIABLES if f"`{one}`" not in REFERENCE] == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    packages = [re.split(r"[><=~\[;! ]", one)[0] for one in wanted]

    assert [one for one in packages if not re.search(rf"\| .*\b{re.escape(one)}\b.* \|", named)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))

    assert [one for one in links if not (page.parent / one).exists()] == []


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{one}"' for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
