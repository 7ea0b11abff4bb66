"""What the screen of patterns lists, read in a thread: tags that pull, all tags, visual groups, suggested tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from hyai_tui.patterns import documents
from hyai_tui.patterns.patterns import Patterns
from hyai_tui.patterns.reading import Learnt
from hyai_tui.patterns.store import PatternStore
from hyai_tui.text import count, visible
from hyai_tui.tui.widgets.pattern_list import LIKELY, PatternLine
from hyai_tui.tui.words import percent

if TYPE_CHECKING:
    from hyai_tui.catalog.catalog import Catalog
    from hyai_tui.workspace import Workspace

View = Literal["pulls", "tags", "groups", "suggestions"]
VIEWS: Final[tuple[View, ...]] = ("pulls", "tags", "groups", "suggestions")
# What a view lists: one of them, several.
TITLES: Final[dict[View, tuple[str, str]]] = {
    "pulls": ("tag that pulls to a label", "tags that pull to a label"),
    "tags": ("tag", "tags"),
    "groups": ("visual group", "visual groups"),
    "suggestions": ("tag that files may lack", "tags that files may lack"),
}
_MOST_TAGS: Final = 2_000
_WITH: Final = 4


@dataclass(frozen=True)
class Read:
    """What was learnt, as lines.

    Attributes:
        learnt: the version in use.
        lines: of each view.
    """

    learnt: Learnt
    lines: dict[View, Sequence[PatternLine]] = field(default_factory=dict)


def read_views(workspace: Workspace, catalog: Catalog) -> Read:
    """Return what was learnt as lines.

    Raises:
        NotNow: nothing was learnt yet.
    """
    learnt = Learnt.open(workspace)
    patterns = learnt.patterns
    pulls = [PatternLine(one.tag, one.files + one.others, one) for one in patterns.strongest()]
    groups = [PatternLine(str(one["name"]), int(one["files"]), examples=one["examples"]) for one in learnt.groups]
    found: dict[View, Sequence[PatternLine]] = {
        "pulls": pulls,
        "tags": _tags(patterns),
        "groups": groups,
        "suggestions": _suggested(workspace, learnt.version, catalog),
    }
    return Read(learnt, found)


def facts_of(learnt: Learnt, line: PatternLine) -> list[tuple[str, str]]:
    """Return (what it is, text) of all that is known of a line, texts made visible."""
    if line.offered:
        likely = sum(chance >= LIKELY for chance in line.chances)
        return [
            (
                "",
                f"{visible(line.name)}: {count(line.files, 'file')} may lack it, {likely:,} of them at {percent(LIKELY)} or more",
            ),
            ("why", visible(line.reasons[0])),
            (
                "sure",
                f"{percent(line.chances[0])} to {percent(line.chances[-1])}, as learned from tags that were held back",
            ),
        ]
    if line.name not in learnt.patterns.numbers:
        return [("", f"{count(line.files, 'file')} that look alike: {visible(line.name)}")]
    return _of_tag(learnt, line)


def _of_tag(learnt: Learnt, line: PatternLine) -> list[tuple[str, str]]:
    patterns, tag = learnt.patterns, line.name
    pull = line.pull or patterns.pull(patterns.numbers[tag])
    if pull is not None:
        interval = f"log odds {pull.log_odds:.2f}, 95 % interval {pull.low:.2f} … {pull.high:.2f}"
        share = f"{pull.files:,} of its {pull.files + pull.others:,} decided or sorted files are there"
        said = [("", visible(pull.reason)), ("", f"{interval}; {share}")]
    else:
        said = [("", f"{visible(tag)}: {count(line.files, 'file')}, pulls surely to no label")]
    partners = patterns.partners(tag)[:_WITH]
    said += _named("with", [f"{visible(one)} {files:,} ({lift:.1f} × chance)" for one, files, lift in partners])
    said += _named("related", [visible(one) for one in learnt.synonyms.get(tag, [])])
    words = learnt.words.get(tag)
    if words:
        texts = count(int(words["count"]), "text")
        said += _named("words", [visible(one) for one in words["common_words"][:8]], f", in {texts}")
    return said


def _named(name: str, parts: Sequence[str], more: str = "") -> list[tuple[str, str]]:
    return [(name, f"{' · '.join(parts)}{more}")] if parts else []


def _tags(patterns: Patterns) -> list[PatternLine]:
    """Return the most frequent tags, each with its pull where that is sure."""
    counts = patterns.known.counts
    order = sorted(range(len(patterns.names)), key=lambda tag: (-counts[tag], patterns.names[tag]))[:_MOST_TAGS]
    return [PatternLine(patterns.names[tag], int(counts[tag]), patterns.pull(tag), whole=True) for tag in order]


def _suggested(workspace: Workspace, version: int, catalog: Catalog) -> list[PatternLine]:
    """Return each suggested tag with the files that may lack it still, the likeliest first; most likely files first."""
    proposed = PatternStore(workspace.patterns_directory).document(documents.SUGGESTIONS, version)
    of_tag: defaultdict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for one in proposed:
        has = catalog.tags(one["image"])
        offered = zip(
            one["suggested"]["tags"], one["suggested"]["probabilities"], one["context"]["reasons"], strict=False
        )
        for tag, chance, reason in offered:
            if tag not in has:
                of_tag[tag].append((float(chance), one["image"], reason.removeprefix(f"{tag}: ")))
    lines = []
    for tag, files in of_tag.items():
        files.sort(key=lambda file: (-file[0], file[1]))
        chances, images, why = zip(*files, strict=True)
        lines.append(PatternLine(tag, len(files), None, images, chances=chances, reasons=why))
    return sorted(lines, key=lambda line: (-sum(one >= LIKELY for one in line.chances), -line.chances[0], line.name))
