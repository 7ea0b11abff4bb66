"""Features as a Parquet file: every content with its own vector, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from hyai_tui.errors import ModelError, WrongUse
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.export import export_parquet
from tests.unit.test_features_store import DIMENSION, contents, fill, opened, vector

VERSION = EncoderVersion("mean", "0" * 64, "test", "fp32", DIMENSION)


def test_every_content_stands_beside_its_vector(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "features.parquet"
    with opened(tmp_path / "store") as store:
        fill(store, *range(25))
        store.remove(contents(4))
        assert export_parquet(store, VERSION, target) == 24
        with pytest.raises(WrongUse, match="exists already"):
            export_parquet(store, VERSION, target)
    table = parquet.read_table(target)
    assert table.schema.metadata[b"hyai.encoder"].decode() == VERSION.id
    rows = dict(zip(table["sha256"].to_pylist(), table["vector"].to_pylist(), strict=True))
    wanted = [i for i in range(25) if i != 4]
    assert rows.keys() == set(contents(*wanted))
    for i in wanted:
        np.testing.assert_array_equal(np.array(rows[contents(i)[0]], np.float32), vector(i))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["features.parquet", "store"]


def test_without_pyarrow_the_way_to_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with opened(tmp_path) as store, pytest.raises(ModelError, match="not installed") as caught:
        export_parquet(store, VERSION, tmp_path / "out.parquet")
    assert "hyai-tui[parquet]" in caught.value.fix
