"""Records of files: exactly their documented keys, and figures that equal a hand count."""

from __future__ import annotations

from hyai_tui.exchange.records import records
from hyai_tui.library.base import TagChange
from tests.unit.effects_fixtures import Bench, bench, private_runtime

__all__ = ["bench", "private_runtime"]


def test_a_record_has_its_documented_keys_and_counts_as_a_hand_does(bench: Bench) -> None:
    one, two = bench.add(1), bench.add(2, "archive")
    tags = frozenset({"series:x1", "person:ann", "title:one", "sky", "source:web", "q"})
    bench.library.inner.change_tags([TagChange(one, add=tags)])
    bench.scan()
    data = records(bench.workspace, bench.catalog, bench.journal)
    found = {item["hash"]: item for item in data["items"]}
    assert set(found) == {one, two}
    assert set(found[one]) == {
        "hash",
        "file_path",
        "existing_series_tags",
        "existing_all_tags",
        "embedding_path",
        "tag_metrics",
        "extra_metadata",
        "timestamp",
    }
    assert found[one]["file_path"] == "picture 1.png"
    assert found[one]["existing_series_tags"] == ["series:x1"]
    assert found[one]["existing_all_tags"] == sorted(tags)
    assert found[one]["tag_metrics"] == {"total_tags": 6, "descriptive_tags": 3, "descriptive_ratio": 0.5}
    assert found[one]["extra_metadata"] == {"person_tags": ["person:ann"], "title_tags": ["title:one"]}
    assert found[two]["tag_metrics"]["descriptive_ratio"] == 0.0
    assert data["summary"] == {
        "processed": 2,
        "with_series_tags": 1,
        "with_embeddings": 0,
        "average_descriptive_ratio": 0.5,
        "directory": str(bench.workspace.root),
    }
