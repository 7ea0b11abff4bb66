"""`hyai learn` and `hyai patterns`: learn from the library's own tags and notes, and look at what was learnt."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from hyai_tui.cli.output import emit, json_option
from hyai_tui.cli.patterns_export import export
from hyai_tui.cli.progress import run_job
from hyai_tui.errors import NotNow, WrongUse
from hyai_tui.text import count, duration, short_hash, table
from hyai_tui.workspace import open_workspace

if TYPE_CHECKING:
    from hyai_tui.patterns.patterns import Patterns, Pull

_SHOWN = 20


@click.command("learn")
@click.option("--anew", is_flag=True, help="Count and group everything anew, not only what has changed.")
@click.option("--faces", is_flag=True, help="Group faces too, with an encoder of faces that you have installed.")
@json_option
def learn(anew: bool, faces: bool, as_json: bool) -> None:
    """Learn from the library's own tags and notes; what is learnt is in use at once.

    Counts tags and which go together, tags that pull to a label, words of notes, visual groups, related tags, and how
    good suggestions are on tags that are held back. Nothing is written to the library.
    """
    result = run_job(open_workspace(), "learn", {"anew": anew, "faces": faces})
    emit(result, as_json, lambda: _learnt(result))


@click.group("patterns")
def patterns() -> None:
    """What 'hyai learn' has learnt: tags, words, visual groups, related tags, suggestions."""


patterns.add_command(export)


@patterns.command("tags")
@click.option("--label", help="Only tags that pull to this label.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many; for people 20.")
@json_option
def tags(label: str | None, limit: int | None, as_json: bool) -> None:
    """List the tags that pull to a label, the surest first, each with its strength and 95 % interval."""
    learnt = _loaded()
    if label is not None and label not in learnt.sided.labels:
        raise WrongUse(f"There is no label {label!r}", f"It is one of {', '.join(learnt.sided.labels)}")
    found = learnt.strongest(label, limit or (None if as_json else _SHOWN))

    def rows() -> Iterable[str]:
        if not found:
            yield "No tag pulls surely to one label yet: label or tag more files, then 'hyai learn'"
            return
        columns = ["tag", "label", "times", "strength", "interval", "files", "others"]
        yield from table([_row(one) for one in found], columns)

    emit([_pull(one) for one in found], as_json, rows)


@patterns.command("show")
@click.argument("tag")
@json_option
def show(tag: str, as_json: bool) -> None:
    """Say what is known of TAG: its files by label, its pull, which tags go with it, and words of its notes."""
    from hyai_tui.patterns.documents import DESCRIPTIONS, tag_facts

    learnt = _loaded()
    name = _known(learnt, tag)
    words = _document(DESCRIPTIONS).get(name)
    data = {"tag": name, **tag_facts(learnt, name), "related": _related(name), "words": words}

    def lines() -> Iterable[str]:
        sides = ", ".join(f"{files:,} {label}" for label, files in data["sides"].items())
        yield f"{name}: {count(data['count'], 'file')} ({sides})"
        pull = learnt.pull(learnt.numbers[name])
        yield f"  {pull.reason}" if pull is not None else "  pulls surely to no label"
        for one in data["with"]:
            yield f"  with {one['tag']}: {count(one['files'], 'file')}, {one['lift']:.1f} × chance"
        if data["related"]:
            yield f"  related: {', '.join(data['related'])}"
        if words:
            yield f"  commonly associated with {', '.join(words['common_words'][:3])}"

    emit(data, as_json, lines)


@patterns.command("related")
@click.argument("tag")
@json_option
def related(tag: str, as_json: bool) -> None:
    """List the tags by which a search for TAG may be widened ('--where related=TAG'), the strongest first."""
    name = _known(_loaded(), tag)
    found = _related(name)
    emit(found, as_json, lambda: found or [f"No tag goes with {name} on three files or more"])


@patterns.command("groups")
@json_option
def groups(as_json: bool) -> None:
    """List the visual groups, the largest first, by their typical tags."""
    from hyai_tui.patterns.documents import GROUPS

    found = _document(GROUPS)

    def lines() -> Iterable[str]:
        if not found["groups"]:
            yield "There are no visual groups: 'hyai cache build', then 'hyai learn'"
            return
        yield f"{count(len(found['groups']), 'group')} of {count(found['files'], 'file')} that were looked at"
        yield from table(found["groups"], ["id", "files", "name"])

    emit(found["groups"], as_json, lines)


@patterns.command("group")
@click.argument("file", metavar="FILE")
@json_option
def group(file: str, as_json: bool) -> None:
    """Say which visual group FILE belongs to."""
    from hyai_tui.cli.suggest import learnt_of

    data = learnt_of(file)
    if data["group"] is None:
        raise NotNow("There is no visual group to compare it with", "Run 'hyai cache build', then 'hyai learn'")
    one = data["group"]
    emit(
        {"file": data["file"], **one},
        as_json,
        lambda: [f"{short_hash(data['file'])}  group {one['id']}: {one['name']} (likeness {one['cosine']:.2f})"],
    )


@patterns.command("suggestions")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many; for people 20.")
@json_option
def suggestions(limit: int | None, as_json: bool) -> None:
    """List suggested labels and tags for the files with the fewest tags. 'hyai suggest FILE --accept' takes them."""
    from hyai_tui.patterns.documents import SUGGESTIONS

    found = _document(SUGGESTIONS)[: limit or (None if as_json else _SHOWN)]

    def lines() -> Iterable[str]:
        for one in found:
            offered = [*([one["suggested"]["label"]] if one["suggested"]["label"] else []), *one["suggested"]["tags"]]
            yield f"{short_hash(one['image'])}  {', '.join(offered)}"
            yield from (f"    {reason}" for reason in one["context"]["reasons"])
        if not found:
            yield "There is nothing to suggest yet: it takes features and tags, then 'hyai learn'"

    emit(found, as_json, lines)


@patterns.command("accept")
@click.option("--tag", "wanted", multiple=True, metavar="TAG", help="Only this tag; may be repeated.")
@click.option("--file", "named", multiple=True, metavar="FILE", help="Only this file, by its hash; may be repeated.")
@click.option("--above", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Only so likely, or more.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be written.")
@json_option
def accept(wanted: tuple[str, ...], named: tuple[str, ...], above: float, dry_run: bool, as_json: bool) -> None:
    """Write suggested tags of the last learning to the library, as one act that 'hyai patterns undo' takes back."""
    from hyai_tui.cli.accepting import accept_tags
    from hyai_tui.patterns.documents import SUGGESTIONS

    workspace = open_workspace()
    chosen: dict[str, list[str]] = {}
    for one in _document(SUGGESTIONS):
        offered = zip(one["suggested"]["tags"], one["suggested"]["probabilities"], strict=True)
        likely = [tag for tag, chance in offered if chance >= above and (not wanted or tag in wanted)]
        if likely and (not named or any(one["image"].startswith(name.lower()) for name in named)):
            chosen[one["image"]] = likely
    number = sum(map(len, chosen.values()))
    if dry_run:
        data: dict[str, Any] = {"files": len(chosen), "tags": number, "changes": chosen}
        emit(data, as_json, lambda: [f"would write {count(number, 'tag')} to {count(len(chosen), 'file')}"])
        return
    if not number:
        raise NotNow(f"No suggested tag is as likely as {above:g}", "Lower --above, or run 'hyai learn'")
    data = {"files": len(chosen), **accept_tags(workspace, chosen)}
    emit(data, as_json, lambda: [_accepted("wrote", data)])


@patterns.command("undo")
@json_option
def undo(as_json: bool) -> None:
    """Take back the tags of the newest accepted suggestions: exactly what was written."""
    from hyai_tui.cli.accepting import undo_newest

    data = undo_newest(open_workspace())
    emit(data, as_json, lambda: [_accepted("took back", data)])


@patterns.command("files")
@json_option
def files(as_json: bool) -> None:
    """List the files that the last learning wrote, with size and age."""
    from hyai_tui.patterns.store import PatternStore

    kept = PatternStore(open_workspace().patterns_directory)
    version = kept.require()
    now = time.time()
    found = [
        {"name": one.name, "size": one.size, "age_seconds": round(max(0.0, now - one.at), 1), "version": version}
        for one in kept.artefacts(version)
    ]

    def lines() -> Iterable[str]:
        rows = [
            {"name": one["name"], "size": f"{one['size']:,}", "age": duration(float(str(one["age_seconds"])))}
            for one in found
        ]
        yield f"{kept.place(version)}"
        yield from table(rows, ["name", "size", "age"])

    emit(found, as_json, lines)


@patterns.command("report")
@json_option
def report(as_json: bool) -> None:
    """Print the report of the last learning: counts, the most frequent tags, and how good suggestions were."""
    from hyai_tui.patterns.documents import REPORT

    data = _document(REPORT)

    def lines() -> Iterable[str]:
        yield f"{data['timestamp']}: {data['status']}, patterns v{data['metrics']['version']}"
        yield f"{count(data['total_images'], 'file')}, {count(data['total_tags'], 'tag')}"
        yield from (f"  {files:,}  {tag}" for tag, files in data["top_categories"])
        yield from _trial(data["metrics"])

    emit(data, as_json, lines)


def _learnt(result: dict[str, Any]) -> Iterable[str]:
    yield (
        f"patterns v{result['version']}: {count(result['tags'], 'tag')} on {count(result['files'], 'file')}, "
        f"{count(result['pairs'], 'pair')} that go together, {count(result['pulls'], 'tag')} that pull to a label"
    )
    yield (
        f"{count(result['described'], 'tag')} with words, {count(result['groups'], 'visual group')}, "
        f"{count(result['related'], 'tag')} with related tags, suggestions for {count(result['suggestions'], 'file')}"
    )
    yield from _trial(result)
    yield f"learnt in {duration(result['seconds'])}; in use now. Next: 'hyai patterns tags', 'hyai suggest FILE'"


def _accepted(what: str, data: dict[str, Any]) -> str:
    waits = f"; {data['left']:,} pending{': ' + data['why'] if data['why'] else ''}" if data["left"] else ""
    failed = f"; {data['failed']:,} failed, see 'hyai effects list'" if data["failed"] else ""
    return f"{what} {count(data['tags'], 'tag')}{waits}{failed}"


def _trial(result: dict[str, Any]) -> Iterable[str]:
    trial, before = result["trial"], result["trial_before"]
    if not trial["files"]:
        yield "suggestions were not measured: it takes 20 files with features and two tags or more"
        return
    reached = trial["precision_at_3"]
    was = f" (v{result['previous']}: {before['precision_at_3']['both']:.3f})" if before and before["files"] else ""
    yield (
        f"suggestions: precision@3 {reached['both']:.3f}{was} on {count(trial['hidden'], 'held-out tag')} of "
        f"{count(trial['files'], 'file')}; neighbours alone {reached['neighbours']:.3f}, "
        f"co-occurrence alone {reached['co-occurrence']:.3f}; all {trial['hidden'] / 3 / trial['files']:.3f} at most"
    )


def _loaded() -> Patterns:
    from hyai_tui.patterns.store import PatternStore

    return PatternStore(open_workspace().patterns_directory).load()


def _document(name: str) -> Any:
    from hyai_tui.patterns.store import PatternStore

    return PatternStore(open_workspace().patterns_directory).document(name)


def _related(tag: str) -> list[str]:
    from hyai_tui.patterns.documents import SEARCH

    found = _document(SEARCH)["synonyms"].get(tag, [])
    return [str(one) for one in found]


def _known(learnt: Patterns, tag: str) -> str:
    """Return the tag as it is kept; raises `WrongUse` with the nearest one for a tag that is not."""
    import difflib

    name = " ".join(tag.lower().split())
    if name not in learnt.numbers:
        near = difflib.get_close_matches(name, learnt.numbers, 1)
        hint = f"Did you mean {near[0]!r}?" if near else "It takes three files with a tag, and 'hyai learn' after them"
        raise WrongUse(f"Nothing was learnt of the tag {name!r}", hint)
    return name


def _pull(one: Pull) -> dict[str, Any]:
    return {
        "tag": one.tag,
        "label": one.label,
        "times": round(one.times, 4),
        "log_odds": round(one.log_odds, 4),
        "interval": [round(one.low, 4), round(one.high, 4)],
        "files": one.files,
        "others": one.others,
        "reason": one.reason,
    }


def _row(one: Pull) -> dict[str, Any]:
    return {
        "tag": one.tag,
        "label": one.label,
        "times": f"{one.times:.1f} ×",
        "strength": f"{one.log_odds:.2f}",
        "interval": f"{one.low:.2f} … {one.high:.2f}",
        "files": f"{one.files:,}",
        "others": f"{one.others:,}",
    }
