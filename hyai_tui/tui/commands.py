"""The commands of the `:` line and of the palette: one table, so that both know the same ones."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.queues.where import KEYS, SORTS

Arguments = Sequence[str]
MOST_SIMILAR = 500
MOST_GUESSES = 2_000


class Host(Protocol):
    """What commands ask of the app."""

    def start_job(self, kind: str, options: dict[str, Any]) -> None:
        """Start a job in the background."""
        ...

    def tell(self, text: str, kind: str = "say") -> None:
        """Show a line."""
        ...

    def show_jobs(self) -> None: ...  # noqa: D102 - one word says it
    def show_help(self) -> None: ...  # noqa: D102
    def open_view(self, name: str) -> None: ...  # noqa: D102
    def open_report(self, by: dict[str, Any]) -> None: ...  # noqa: D102
    def look(self, how: str, text: str) -> None: ...  # noqa: D102
    def show_commit(self) -> None: ...  # noqa: D102
    def offer_hints(self) -> None: ...  # noqa: D102
    def show_page(self, name: str) -> None: ...  # noqa: D102
    def show_rights(self) -> None: ...  # noqa: D102
    def leave(self, *, ask: bool) -> None: ...  # noqa: D102
    def set_slow(self, slow: bool | None = None) -> None: ...  # noqa: D102
    def set_theme(self, name: str) -> None: ...  # noqa: D102
    def set_keys(self, preset: str) -> None: ...  # noqa: D102
    def set_mode(self, mode: str) -> None: ...  # noqa: D102
    def open_queue(self, name: str) -> None: ...  # noqa: D102
    def save_search(self, name: str) -> None: ...  # noqa: D102
    def drop_search(self, name: str) -> None: ...  # noqa: D102
    def gather(self, what: str, arguments: Arguments) -> None: ...  # noqa: D102
    def do_act(self, act: str) -> None: ...  # noqa: D102
    def decide_named(self, start: str, *, marked: bool) -> None: ...  # noqa: D102
    def change_tags(self, line: str) -> None: ...  # noqa: D102
    def resume(self) -> None: ...  # noqa: D102
    def take_over(self) -> None: ...  # noqa: D102
    def set_look_only(self, look_only: bool) -> None: ...  # noqa: D102
    def rebuild(self) -> None: ...  # noqa: D102
    def cancel_job(self, job_id: str | None) -> None: ...  # noqa: D102


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: what is typed.
        about: one sentence for the palette and the help overlay.
        run: does it.
        flags: flags it takes.
        argument: what its argument is, for the usage line; empty where it takes none.
        in_palette: True where it makes sense without an argument.
        whole: True where the rest of the line is one argument as it was typed, with its quotes and blanks.
    """

    name: str
    about: str
    run: Callable[[Host, Arguments], None]
    flags: tuple[str, ...] = ()
    argument: str = ""
    in_palette: bool = True
    whole: bool = False

    @property
    def usage(self) -> str:
        """How it is typed."""
        parts = [f":{self.name}", *(f"[{flag}]" for flag in self.flags)]
        return " ".join([*parts, self.argument] if self.argument else parts)


def _job(kind: str, *flags: str) -> Callable[[Host, Arguments], None]:
    """Return a command that starts a job with its flags as options."""

    def run(host: Host, arguments: Arguments) -> None:
        options = {flag.removeprefix("--").replace("-", "_"): True for flag in flags if flag in arguments}
        host.start_job(kind, options)

    return run


_VALUES: dict[str, Callable[[str], Any]] = {
    "--label-run": int,
    "--subset": str,
    "--split": str,
    "--where": lambda one: [one],
}


def _valued(arguments: Arguments, command: str) -> dict[str, Any]:
    """Return options from `--name value` pairs; a condition may come several times."""
    found: dict[str, Any] = {}
    words = iter(arguments)
    for word in words:
        value = next(words, None)
        if word not in _VALUES or value is None:
            raise WrongUse(f":{command} does not take {word!r} like that", f"Write {COMMANDS[command].usage}")
        try:
            taken = _VALUES[word](value)
        except ValueError as error:
            raise WrongUse(f"{word} takes a number, not {value!r}", "'hyai labels runs' lists the imports") from error
        name = word.removeprefix("--").replace("-", "_")
        found[name] = [*found.get(name, []), *taken] if isinstance(taken, list) else taken
    return found


def _one(arguments: Arguments, what: str) -> str:
    if len(arguments) != 1:
        raise WrongUse(f"Say which {what}", f"One word after the command names the {what}")
    return arguments[0]


def _look(how: str) -> Callable[[Host, Arguments], None]:
    """Return a command that finds the way in a queue; its words go on as they were typed."""
    return lambda host, arguments: host.look(how, shlex.join(arguments) if how != "sort" else " ".join(arguments))


def _similar(host: Host, arguments: Arguments) -> None:
    if arguments and not (arguments[0].isdecimal() and 0 < int(arguments[0]) <= MOST_SIMILAR):
        raise WrongUse(f"{arguments[0]} is no number of files", f"Write :similar 24, {MOST_SIMILAR} at most")
    host.gather("similar", arguments[:1])


def _guesses(host: Host, arguments: Arguments) -> None:
    if arguments and not (arguments[0].isdecimal() and 0 < int(arguments[0]) <= MOST_GUESSES):
        raise WrongUse(f"{arguments[0]} is no number of files", f"Write :guesses 200, {MOST_GUESSES:,} at most")
    host.gather("guesses", arguments[:1])


def _assign(host: Host, arguments: Arguments) -> None:
    words = [word for word in arguments if word != "else"]
    if len(words) not in {1, 2}:
        raise WrongUse("Say which label", "Write :assign trash, or :assign trash else archive")
    host.gather("assign", words)


def _quit(host: Host, arguments: Arguments) -> None:
    host.leave(ask="ask" in arguments)


def _mode(host: Host, arguments: Arguments) -> None:
    mode = _one(arguments, "mode").upper()
    if mode not in {"LEARN", "STAGED", "LIVE"}:
        raise WrongUse(f"There is no mode {arguments[0]}", "It is learn, staged or live")
    host.set_mode(mode)


_TABLE = (
    Command("retrain", "train on all decisions, then score every file", _job("retrain")),
    Command(
        "train",
        "train and compare, without scoring; on the labels of an import, a part of the samples, or those of a condition",
        lambda host, arguments: host.start_job("train", _valued(arguments, "train")),
        ("--label-run", "--subset", "--where"),
    ),
    Command("score", "score every file with the model", _job("score")),
    Command(
        "evaluate",
        "the report: how good the model is, and the samples behind its errors; by a split, or the labels of an import",
        lambda host, arguments: host.open_report(_valued(arguments, "evaluate")),
        ("--split", "--label-run"),
    ),
    Command("eval", "score, show what tags would change, then write them", _job("eval", "--again"), ("--again",)),
    Command(
        "tag",
        "show what tags would change, then write them; --dry-run only shows",
        _job("tag", "--dry-run", "--again"),
        ("--dry-run", "--again"),
    ),
    Command(
        "untag",
        "count our tags, ask for the word, then clear them all; --undo puts the last cleared ones back",
        _job("untag", "--dry-run", "--undo"),
        ("--dry-run", "--undo"),
        "",
        False,
    ),
    Command("cache", "encode pictures that have no features yet", _job("cache")),
    Command("scan", "read the library", _job("scan")),
    Command("map", "how files lie side by side; a part of it opens as a list", lambda host, _: host.open_view("map")),
    Command("stats", "files, labels, progress, scores, and your pace", lambda host, _: host.open_view("statistics")),
    Command(
        "thresholds",
        "how sure a score must be for a tag, with live counts",
        lambda host, _: host.open_view("thresholds"),
    ),
    Command(
        "changes",
        "what the newest model sees otherwise: mistakes fixed and broken, files that moved, probes",
        lambda host, _: host.open_view("changes"),
    ),
    Command(
        "probe",
        "pin the shown file, to see its score before and after each training; again unpins it",
        lambda host, _: host.gather("probe", ()),
    ),
    Command(
        "classes",
        "the labels: add, rename, merge, colour, order; samples, tags and history follow",
        lambda host, _: host.open_view("classes"),
    ),
    Command("checks", "what looks wrong: run checks, and how they went", lambda host, _: host.open_view("checks")),
    Command("findings", "work through what the checks found", lambda host, _: host.open_view("findings")),
    Command("patterns", "tags that pull to a label, and visual groups", lambda host, _: host.open_view("patterns")),
    Command("learn", "learn from your tags and notes", _job("learn")),
    Command("jobs", "what runs and what ran", lambda host, _: host.show_jobs()),
    Command(
        "cancel",
        "cancel the running job; what is finished is kept",
        lambda host, arguments: host.cancel_job(arguments[0] if arguments else None),
    ),
    Command("commit", "commit or forget staged library changes", lambda host, _: host.show_commit()),
    Command(
        "mode",
        "learn: files stay; staged: they move on :commit; live: they move at once, after a typed word",
        _mode,
        (),
        "learn|staged|live",
        False,
    ),
    Command("hints", "learn from what the library has archived and trashed", lambda host, _: host.offer_hints()),
    Command(
        "page",
        "show the files of this queue in a page of Hydrus, by default the page hyai",
        lambda host, a: host.show_page(a[0] if a else "hyai"),
        (),
        "[NAME]",
    ),
    Command("rights", "what this key may and cannot do to the library", lambda host, _: host.show_rights()),
    Command("queue", "open a queue", lambda host, a: host.open_queue(_one(a, "queue")), (), "NAME", False),
    Command(
        "save",
        "keep this filter and order under a name, behind the queues",
        lambda host, a: host.save_search(_one(a, "name")),
        (),
        "NAME",
        False,
    ),
    Command("drop", "drop a saved search", lambda host, a: host.drop_search(_one(a, "search")), (), "NAME", False),
    Command("refresh", "build the queues again", lambda host, _: host.rebuild()),
    Command("undo", "undo this session's last act", lambda host, _: host.do_act("undo")),
    Command("redo", "redo", lambda host, _: host.do_act("redo")),
    Command("filter", "only files that match, as / does", _look("filter"), (), "CONDITIONS", False),
    Command("sort", "order the queue by a key; -KEY for the other way", _look("sort"), (), "KEY", False),
    Command("go", "to a position, 50%, a hash, or a part of a name", _look("go"), (), "WHERE", False),
    Command("zoom", "the original, as large as the terminal", lambda host, _: host.open_view("preview")),
    Command(
        "compare", "this file beside the last marked one, else the next", lambda host, _: host.open_view("compare")
    ),
    Command("open", "open the original outside", lambda host, _: host.open_view("outside")),
    Command("grid", "the open queue as pages of tiles", lambda host, _: host.open_view("grid")),
    Command("similar", "the files most like this one, with their labels", _similar, (), "[NUMBER]"),
    Command("guesses", "files worth labelling, each with what rules guess; y accepts", _guesses, (), "[NUMBER]"),
    Command("sweep", "label the files around this one, by likeness", lambda host, _: host.gather("sweep", ())),
    Command(
        "accept",
        "accept what this queue suggests, above a confidence",
        lambda host, _: host.gather("accept", ()),
    ),
    Command(
        "keep-best",
        "keep the largest of the shown file's near duplicates, throw the others away",
        lambda host, _: host.gather("keep best", ()),
    ),
    Command(
        "copy-label",
        "give the shown file's near duplicates the label that some of them have",
        lambda host, _: host.gather("copy label", ()),
    ),
    Command(
        "assign",
        "a label for all files above a probability of it",
        _assign,
        (),
        "LABEL [else LABEL]",
        False,
    ),
    Command(
        "label",
        "decide the shown file: a label, by the start of its name",
        lambda host, a: host.decide_named(" ".join(a), marked=False),
        (),
        "NAME",
        False,
        True,
    ),
    Command(
        "marked",
        "decide all marked files: a label, by the start of its name",
        lambda host, a: host.decide_named(" ".join(a), marked=True),
        (),
        "NAME",
        False,
        True,
    ),
    Command(
        "tags",
        "the shown file's own tags: numbers of suggested ones, TAG adds, -TAG takes away",
        lambda host, a: host.change_tags(" ".join(a)),
        (),
        "LINE",
        False,
        True,
    ),
    Command("history", "who decided what and when; undo or redo any act", lambda host, _: host.open_view("history")),
    Command("blur", "show, mosaic, nothing", lambda host, _: host.do_act("blur")),
    Command(
        "slow", "spare a slow line: smaller pictures, no animation; again ends it", lambda host, _: host.set_slow()
    ),
    Command("theme", "change the colours", lambda host, a: host.set_theme(_one(a, "theme")), (), "NAME", False),
    Command("keys", "change the preset of keys", lambda host, a: host.set_keys(_one(a, "preset")), (), "PRESET", False),
    Command("resume", "take decisions again after a failed save", lambda host, _: host.resume()),
    Command("take-over", "take the lease from the other app", lambda host, _: host.take_over()),
    Command("look-only", "record nothing in this app", lambda host, _: host.set_look_only(True)),
    Command("both", "decide beside the other app", lambda host, _: host.set_look_only(False)),
    Command("help", "keys and commands", lambda host, _: host.show_help()),
    Command("quit", "leave", _quit, ("ask",)),
)
COMMANDS: dict[str, Command] = {command.name: command for command in _TABLE}


class Commands:
    """Runs typed commands; what they cannot do is told, never raised."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def run(self, text: str) -> None:
        """Run one line, with or without its colon."""
        try:
            self._run(text)
        except HyaiError as error:
            self._host.tell(str(error), "error")

    def _run(self, text: str) -> None:
        if text.lstrip().startswith("/"):
            self._host.look("filter", text.strip()[1:])
            return
        first, _, rest = text.strip().removeprefix(":").partition(" ")
        if first in COMMANDS and COMMANDS[first].whole:
            COMMANDS[first].run(self._host, [rest.strip()] if rest.strip() else [])
            return
        try:
            words = shlex.split(text.strip().removeprefix(":"))
        except ValueError as error:
            raise WrongUse(f"That line cannot be read: {error}", "Close its quotes") from error
        if not words:
            return
        name, *arguments = words
        command = COMMANDS.get(name)
        if command is None:
            near = difflib.get_close_matches(name, COMMANDS, 1)
            raise WrongUse(f"There is no command :{name}", f"Did you mean :{near[0]}?" if near else "? lists them")
        unknown = [one for one in arguments if one.startswith("--") and one not in command.flags]
        if unknown:
            raise WrongUse(f":{name} does not know {unknown[0]}", f"Write {command.usage}")
        command.run(self._host, arguments)


def completions(
    text: str,
    themes: Sequence[str] = (),
    presets: Sequence[str] = (),
    queues: Sequence[str] = (),
    labels: Sequence[str] = (),
) -> list[str]:
    """Return the lines that the beginning of a command may become."""
    if text.startswith("/"):
        start, _space, word = text[1:].rpartition(" ")
        conditions = [*(f"{key}=" for key in KEYS), *(f"sort={key}" for key in SORTS)]
        return [f"/{start}{' ' if start else ''}{one}" for one in conditions if one.startswith(word)]
    head, space, tail = text.partition(" ")
    if not space:
        return [name for name in COMMANDS if name.startswith(head)]
    known = {
        "theme": themes,
        "keys": presets,
        "queue": queues,
        "label": labels,
        "marked": labels,
        "sort": tuple(SORTS),
        "mode": ("learn", "staged", "live"),
    }
    choices = known.get(head, COMMANDS[head].flags if head in COMMANDS else ())
    return [f"{head} {one}" for one in choices if one.startswith(tail)]
