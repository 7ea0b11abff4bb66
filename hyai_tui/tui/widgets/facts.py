"""What is known of the shown file: a pane where there is room, two lines where there is not."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from hyai_tui.queues.base import HIDES_MODEL, QueueRow
from hyai_tui.text import megabytes, short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.facts import Facts
from hyai_tui.tui.widgets.rows import opinion_share
from hyai_tui.tui.widgets.swift import SwiftLines

if TYPE_CHECKING:
    from hyai_tui.patterns.suggesting import Suggestion

_LABEL_WIDTH = 9
_FEWEST_TAGS = 3


class _AboutFile(SwiftLines):
    """Lines about a file, made only where there is something else to say than before."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._says: tuple[object, ...] = ()

    def show(
        self, row: QueueRow | None, facts: Facts | None, *, hidden: bool, offers: Sequence[Suggestion] = ()
    ) -> None:
        """Draw the facts of a file; `facts` may come later than its row, and `offers` only once they are asked for."""
        says = (row, facts, hidden, tuple(offers), self.size, words.chosen())
        if says != self._says:
            self._says = says
            self.show_lines(self._lines(row, facts, hidden=hidden, offers=offers))

    def _lines(
        self, row: QueueRow | None, facts: Facts | None, *, hidden: bool, offers: Sequence[Suggestion]
    ) -> list[Content]:
        raise NotImplementedError


class FactsPane(_AboutFile):
    """The facts, one below the other."""

    def _lines(
        self, row: QueueRow | None, facts: Facts | None, *, hidden: bool, offers: Sequence[Suggestion]
    ) -> list[Content]:
        if row is None:
            # What there is instead of a picture says it.
            return [Content("")]
        if hidden:
            return [Content.styled("hidden", "$muted")]
        width = self.size.width or 34
        lines = [labelled("file", Content(short_hash(row.file)))]
        if facts is not None and facts.file == row.file:
            lines += file_lines(facts, width)
        lines += [Content(""), labelled("you", _you(row, facts)), labelled("model", _model(row))]
        lines += wrapped("because", visible(row.reason), width)
        if facts is not None and facts.file == row.file:
            # Our tags would say what the model says.
            tags = (
                [*offer_lines(offers, width), *tag_lines(facts, width), *learnt_lines(facts, width)]
                if row.kind != HIDES_MODEL
                else []
            )
            lines += [Content(""), *tags, Content(""), *key_lines(facts, width)]
        return lines


class Brief(_AboutFile):
    """The same in two or three lines, under the picture of a narrow terminal."""

    def _lines(
        self, row: QueueRow | None, facts: Facts | None, *, hidden: bool, offers: Sequence[Suggestion]
    ) -> list[Content]:
        if row is None or hidden:
            return [Content.styled(" hidden" if hidden else "", "$muted")]
        known = facts if facts is not None and facts.file == row.file else None
        about = f" {known.kind} {pixels(known)}" if known is not None else ""
        model = Content.assemble("  model ", _model(row))
        named = (f" {short_hash(row.file)}{about}".rstrip() + " ", "$muted")
        # What was said of the file counts more than its name and when it was said.
        ways = [
            Content.assemble(named, " you ", _you(row, known), model),
            Content.assemble(" you ", _you(row, known), model),
            Content.assemble(" you ", _you(row, known, when=False), model),
        ]
        first = next((one for one in ways if one.cell_length <= self.size.width), ways[-1])
        width, room = max(12, self.size.width - 2), max(1, self.size.height - 1)
        return [first, *(Content(f" {line}") for line in _lines(visible(row.reason), width, room))]


def labelled(label: str, content: Content) -> Content:
    """Return a fact with its name before it."""
    return Content.assemble((label.ljust(_LABEL_WIDTH), "$muted"), content)


def wrapped(label: str, text: str, width: int) -> list[Content]:
    """Return a text over several lines, all of them right of the label."""
    pieces = _lines(text, max(12, width - _LABEL_WIDTH)) or [""]
    return [labelled(label if at == 0 else "", Content(piece)) for at, piece in enumerate(pieces)]


def _lines(text: str, width: int, most: int | None = None) -> list[str]:
    """Return a text in lines of a width, `most` of them; a number stays with its `%`."""
    pieces = textwrap.wrap(text.replace(" %", "\xa0%"), width, max_lines=most, placeholder=" …")
    return [piece.replace("\xa0", " ") for piece in pieces]


def folded(label: str, content: Content, width: int) -> list[Content]:
    """Return a styled text over several lines, all of them right of the label."""
    pieces = content.wrap(max(12, width - _LABEL_WIDTH))
    return [labelled(label if at == 0 else "", piece) for at, piece in enumerate(pieces)]


def _you(row: QueueRow, facts: Facts | None, *, when: bool = True) -> Content:
    """Return what the person said of the file and when, or what the library's state says for them."""
    if facts is not None and facts.file == row.file and facts.you:
        ago = f", {facts.you_when}" if facts.you_when and when else ""
        return Content.assemble(
            (f"{words.shape(facts.you)} {visible(facts.you)}", words.colour(facts.you)), (ago, "$muted")
        )
    if row.current in {"archive", "trash"}:
        return Content.styled(f"{words.shape(row.current)} {row.current}", words.colour(row.current))
    return (
        Content.styled("nothing yet", "$muted")
        if row.current in {None, "inbox"}
        else Content(visible(row.current or ""))
    )


def _model(row: QueueRow) -> Content:
    if row.kind == HIDES_MODEL:
        return Content.styled("hidden until you answer", "$muted")
    if row.predicted is None or row.score is None:
        return Content.styled("no opinion yet", "$muted")
    return Content.assemble(
        (f"{words.shape(row.predicted)} {visible(row.predicted)}", words.colour(row.predicted)),
        f"  {words.percent(opinion_share(row))}",
        (" sure", "$muted"),
    )


def pixels(facts: Facts) -> str:
    """Return `1200×900`, or nothing where the library does not say."""
    return f"{facts.width}×{facts.height}" if facts.width and facts.height else ""


def file_lines(facts: Facts, width: int) -> list[Content]:
    """Return name, format and size of a file, and where the library has it."""
    size = megabytes(facts.size) if facts.size is not None else ""
    about = "  ".join(part for part in (facts.kind, pixels(facts), size) if part)
    lines = wrapped("name", visible(facts.name), width) if facts.name else []
    if about:
        lines.append(labelled("", Content(about)))
    if facts.state:
        lines.append(
            labelled("library", Content.styled(f"{words.shape(facts.state)} {facts.state}", words.colour(facts.state)))
        )
    return lines


def tag_lines(facts: Facts, width: int, most: int = 8) -> list[Content]:
    """Return the tags, namespaces quiet; how many more there are in the last line."""
    if not facts.tags:
        return [labelled("tags", Content.styled("none", "$muted"))]
    lines = []
    for at, tag in enumerate(facts.tags[:most]):
        namespace, colon, rest = visible(tag).rpartition(":")
        content = Content.assemble((namespace + colon, "$secondary"), rest)
        lines += folded("tags" if at == 0 else "", content, width)
    if len(facts.tags) > most:
        lines.append(labelled("", Content.styled(f"+{len(facts.tags) - most}", "$muted")))
    return lines


def learnt_lines(facts: Facts, width: int) -> list[Content]:
    """Return what was learnt of the file's tags."""
    lines = [wrapped("" if at else "learnt", visible(text), width) for at, text in enumerate(facts.learnt)]
    return [line for part in lines for line in part]


def offer_lines(offers: Sequence[Suggestion], width: int) -> list[Content]:
    """Return the tags that the file may lack, by their numbers, how likely each is, and why."""
    lines = []
    for at, one in enumerate(offers, 1):
        content = Content.assemble((f"{at} ", "bold $accent"), visible(one.tag), f"  {words.percent(one.chance)}")
        lines += folded("lacks?" if at == 1 else "", content, width)
        lines += [
            labelled("", Content.styled(f"  {piece}", "$muted"))
            for piece in textwrap.wrap(visible(one.reason), max(12, width - _LABEL_WIDTH - 2))
        ]
    return lines


def key_lines(facts: Facts, width: int) -> list[Content]:
    """Return what each decision key will do to this file."""
    lines = []
    named = {label: f"{words.shape(label)} {visible(label)}" for label in facts.key_lines}
    column = max(map(len, named.values()), default=0) + 2
    for label, line in facts.key_lines.items():
        pieces = textwrap.wrap(visible(line), max(12, width - column)) or [""]
        for at, piece in enumerate(pieces):
            name = named[label] if at == 0 else ""
            lines.append(Content.assemble((name.ljust(column), words.colour(label)), (piece, "$muted")))
    return lines
