"""What would mend a finding: the tags that only one of a pair has, but never those that decisions write."""

from __future__ import annotations

from hyai_tui.checks.base import Finding
from hyai_tui.tui.evidence import Evidence, proposal
from hyai_tui.tui.facts import Facts

PAIR = Finding("near-duplicates", "copies", "a" * 64, 0.9, "copies", other="b" * 64)


def test_a_copy_is_offered_the_tags_of_the_other_without_ours_whatever_their_prefix() -> None:
    poor = Facts("a" * 64, tags=("series:one",))
    rich = Facts("b" * 64, tags=("person:ann", "series:one", "mine:trash"), own=frozenset({"mine:trash"}))

    offered = proposal(PAIR, Evidence(PAIR.key, (poor, rich)), 0)

    assert (offered.tags, offered.label) == ("person:ann", "")


def test_a_tag_that_only_begins_like_ours_is_the_persons_own() -> None:
    other = Facts("b" * 64, tags=("hyai:favourite", "hyai:trash"), own=frozenset({"hyai:trash"}))

    assert proposal(PAIR, Evidence(PAIR.key, (Facts("a" * 64), other)), 0).tags == "hyai:favourite"
