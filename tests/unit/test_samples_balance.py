"""Whether there is enough of every label to learn from."""

from __future__ import annotations

from hyai_tui.samples.balance import balance_hints


def test_nine_tenths_of_one_label_are_lopsided() -> None:
    assert balance_hints({"archive": 270, "trash": 30}) == [
        "The labels are lopsided, 90% of the samples are archive: label more of trash"
    ]
    assert balance_hints({"archive": 260, "trash": 40}) == []


def test_a_label_with_too_few_samples_is_named_with_its_number() -> None:
    assert balance_hints({"archive": 40, "trash": 40, "later": 5, "new": 0}) == [
        "later has 5 samples, new 0: 20 or more make a label that can be learned",
    ]
    assert balance_hints({}) == []
