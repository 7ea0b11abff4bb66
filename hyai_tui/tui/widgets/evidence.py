"""Why something is a finding, and what is known of its files: a pane where there is room, a few lines where there is not."""

from __future__ import annotations

import textwrap

from textual.content import Content

from hyai_tui.checks.base import Finding
from hyai_tui.text import megabytes, short_hash, visible
from hyai_tui.tui import words
from hyai_tui.tui.evidence import Evidence, Proposal
from hyai_tui.tui.facts import Facts
from hyai_tui.tui.widgets.facts import file_lines, folded, key_lines, labelled, pixels, tag_lines, wrapped
from hyai_tui.tui.widgets.finding_list import BAND_COLOURS
from hyai_tui.tui.widgets.swift import SwiftLines

SIDES = ("left", "right")
SIDE_COLOURS = ("$accent", "$primary")
_MOST_TAGS = 6


class EvidencePane(SwiftLines):
    """A finding in full."""

    def show(
        self, finding: Finding | None, evidence: Evidence | None, proposed: Proposal, side: int, *, hidden: bool
    ) -> None:
        """Draw a finding; what is known of its files may come later."""
        if finding is None or hidden:
            self.show_lines([Content.styled("hidden" if hidden else "", "$muted")])
            return
        width = self.size.width or 36
        lines = [_headline(finding)]
        lines += [Content.styled(line, "bold") for line in textwrap.wrap(visible(finding.reason), width)]
        lines.append(Content(""))
        known = evidence if evidence is not None and evidence.key == finding.key else None
        if known is None:
            lines.append(labelled("file", Content(short_hash(finding.file))))
        elif len(known.sides) > 1:
            lines += _pair_lines(known, side, width)
        else:
            lines += [labelled("file", Content(short_hash(finding.file))), *file_lines(known.sides[0], width)]
            lines += [labelled("you", _you(known.sides[0])), Content(""), *tag_lines(known.sides[0], width)]
        if known is not None and known.edit is not None:
            lines += _edit_lines(known, width)
        lines += [Content(""), *_proposed(proposed, width)]
        if known is not None:
            lines += [Content(""), *key_lines(known.sides[min(side, len(known.sides) - 1)], width)]
        self.show_lines(lines)


class EvidenceBrief(SwiftLines):
    """The same in a few lines, under the picture of a narrow terminal."""

    def show(
        self, finding: Finding | None, evidence: Evidence | None, proposed: Proposal, side: int, *, hidden: bool
    ) -> None:
        """Draw a finding in short."""
        if finding is None or hidden:
            self.show_lines([Content.styled(" hidden" if hidden else "", "$muted")])
            return
        width = max(12, self.size.width - 2)
        lines = [_headline(finding), *(Content(line) for line in textwrap.wrap(visible(finding.reason), width))]
        known = evidence if evidence is not None and evidence.key == finding.key else None
        if known is not None:
            facts = known.sides[min(side, len(known.sides) - 1)]
            about = "  ".join(part for part in (visible(facts.name), facts.kind, pixels(facts), facts.state) if part)
            lines.append(Content.styled(about, "$muted"))
        lines += _proposed(proposed, width)
        self.show_lines([Content.assemble(" ", line) for line in lines])


def _headline(finding: Finding) -> Content:
    return Content.assemble(
        (f"{words.percent(finding.confidence)} ", f"bold {BAND_COLOURS[finding.band]}"),
        (finding.band, BAND_COLOURS[finding.band]),
        (f"  {finding.kind}", "$secondary"),
    )


def _you(facts: Facts) -> Content:
    if not facts.you:
        return Content.styled("nothing yet", "$muted")
    return Content.assemble(
        (f"{words.shape(facts.you)} {visible(facts.you)}", words.colour(facts.you)), (f", {facts.you_when}", "$muted")
    )


def _pair_lines(evidence: Evidence, side: int, width: int) -> list[Content]:
    """Return what tells the two files of a pair apart, one below the other."""
    lines = []
    for at, facts in enumerate(evidence.sides):
        mark = "▸ " if at == side else "  "
        size = megabytes(facts.size) if facts.size is not None else ""
        about = "  ".join(part for part in (facts.kind, pixels(facts), size) if part)
        state = f"{words.shape(facts.state)} {facts.state}" if facts.state else ""
        lines += [
            Content.assemble((f"{mark}{SIDES[at]:6} ", f"bold {SIDE_COLOURS[at]}"), short_hash(facts.file)),
            *([Content(f"  {visible(facts.name)}")] if facts.name else []),
            *([Content.styled(f"  {about}", "$muted")] if about else []),
            Content.assemble("  ", (state, words.colour(facts.state)), ("  you ", "$muted"), _you(facts)),
        ]
    lines += [Content(""), labelled("tags", Content.styled(f"{evidence.common:,} in common", "$muted"))]
    for at, name in enumerate(SIDES):
        tags = evidence.only(at)
        if tags:
            more = f" +{len(tags) - _MOST_TAGS:,}" if len(tags) > _MOST_TAGS else ""
            text = ", ".join(visible(tag) for tag in tags[:_MOST_TAGS]) + more
            lines += folded(name, Content.styled(text, SIDE_COLOURS[at]), width)
    return lines


def _edit_lines(evidence: Evidence, width: int) -> list[Content]:
    assert evidence.edit is not None
    lines = wrapped("fixed", visible(evidence.edit.words), width)
    if evidence.trouble:
        return lines + [Content.styled(line, "$warning") for line in textwrap.wrap(visible(evidence.trouble), width)]
    said = "seen in the library ✓" if evidence.edit.applied else "on its way to the library …"
    return [*lines, labelled("", Content.styled(said, "$muted"))]


def _proposed(proposed: Proposal, width: int) -> list[Content]:
    """Return what the key for fixing would do."""
    if proposed.label:
        return [
            Content.assemble(
                ("f ", "bold $accent"),
                ("fix: ", "$muted"),
                (f"{words.shape(proposed.label)} {visible(proposed.label)}", words.colour(proposed.label)),
            )
        ]
    if proposed.tags or proposed.asks:
        text = "type its tags" if not proposed.tags else f"tags {visible(proposed.tags)}{'…' if proposed.asks else ''}"
        return folded("f fix", Content(text), width)
    return [Content.styled(line, "$muted") for line in textwrap.wrap(proposed.why_not, width)]
