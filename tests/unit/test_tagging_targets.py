"""Which tag a file is to have, against a plain reading of the rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyai_tui.effects.owntags import ours_at_sight
from hyai_tui.errors import SettingsError
from hyai_tui.learning.thresholds import Thresholds
from hyai_tui.settings import TagSettings
from hyai_tui.tagging.targets import Rules, Why, our_tags
from tests.unit.tagging_fixtures import LABELS, Choice, name_of

scores = st.none() | st.sampled_from([0.0, 0.27, 0.28, 0.29, 0.5, 0.77, 0.78, 0.79, 1.0])
choices = st.none() | st.sampled_from(
    [Choice("label", "archive"), Choice("label", "trash"), Choice("label", "memes"), Choice("unsure"), Choice("ignore")]
)


@given(st.lists(st.tuples(scores, choices), max_size=30), st.booleans(), st.booleans())
def test_a_decision_wins_then_the_threshold_then_nothing(
    files: list[tuple[float | None, Choice | None]], archive: bool, trash: bool
) -> None:
    settings = TagSettings(mark_archive=archive, mark_trash=trash)
    rules = Rules(settings, Thresholds(LABELS, (0.28, 0.78), ("default", "default")))
    names = [name_of(i) for i in range(len(files))]
    rows = [[np.nan, np.nan] if score is None else [1 - score, score] for score, _ in files]
    targets = rules.targets(
        names,
        np.array(rows, np.float32).reshape(-1, 2),
        {name: choice for name, (_, choice) in zip(names, files, strict=True) if choice},
    )
    written = {"archive": archive, "trash": trash, "memes": True}
    for (score, choice), target in zip(files, targets, strict=True):
        if choice is not None:
            label = choice.label
        elif score is None or 0.28 < score < 0.78:
            label = None
        else:
            label = "archive" if score <= 0.28 else "trash"
        assert target.tag == (f"hyai:{label}" if label and written[label] else None)
        assert target.decided == (choice is not None)
        assert target.leaves_alone == (choice is None and score is None)


def test_more_labels_take_the_most_probable_one_if_it_is_sure_enough() -> None:
    rules = Rules(TagSettings(), Thresholds(("archive", "memes", "trash"), (0.6, 0.5, 0.9), ("model",) * 3))
    rows = np.array([[0.7, 0.2, 0.1], [0.55, 0.4, 0.05], [0.2, 0.55, 0.25], [0.1, 0.1, 0.8]], np.float32)
    targets = rules.targets([name_of(i) for i in range(4)], rows, {})
    assert [target.tag for target in targets] == ["hyai:archive", None, "hyai:memes", None]
    assert [target.why for target in targets] == [Why.SCORED, Why.UNSURE, Why.SCORED, Why.UNSURE]


def test_our_tags_are_those_of_known_labels_as_hydrus_keeps_them() -> None:
    assert our_tags(TagSettings(), ["Line  Art"], ["old:trash"]) == {
        "hyai:archive",
        "hyai:trash",
        "hyai:line art",
        "old:trash",
    }


def test_a_label_may_have_a_tag_of_its_own_and_a_switch_of_its_own() -> None:
    settings = TagSettings(names={"trash": "Delete  me"}, marks={"memes": False})
    rules = Rules(settings, Thresholds(("archive", "memes", "trash"), (0.5, 0.5, 0.5), ("model",) * 3))
    rows = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]], np.float32)
    assert [target.tag for target in rules.targets([name_of(i) for i in range(3)], rows, {})] == [
        "hyai:archive",
        None,
        "delete me",
    ]
    assert rules.of_decision(Choice("label", "trash")).tag == "delete me"


def test_the_usual_tag_of_a_label_stays_ours_when_it_has_one_of_its_own() -> None:
    ours = our_tags(TagSettings(names={"trash": "delete me"}), ["memes"])
    assert ours == {"hyai:archive", "hyai:trash", "hyai:memes", "delete me"}


def test_our_tags_are_known_at_sight_by_the_prefix_as_it_is_stored_or_by_the_name_that_they_were_given() -> None:
    ours = ours_at_sight(TagSettings(prefix="Mine  is:", names={"trash": "Delete me"}))
    assert [ours(tag) for tag in ("mine is:archive", "delete me", "mine", "delete me not", "hyai:trash")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_an_empty_prefix_is_refused_because_our_tags_could_not_be_told_from_others() -> None:
    with pytest.raises(SettingsError, match=r"tag\.prefix"):
        Rules(TagSettings(prefix=" "), Thresholds(LABELS, (0.28, 0.78), ("default", "default")))
