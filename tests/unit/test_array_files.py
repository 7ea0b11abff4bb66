"""Files of arrays are opened by one thread at a time, for the parser of their headers is not made for more."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.array_files import load_array, packed_arrays, values_begin


def test_two_threads_never_read_a_header_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "one.npy"
    np.save(path, np.arange(3))
    within, most, load = [0], [0], np.load

    def watched(*given: Any, **named: Any) -> Any:
        within[0] += 1
        most[0] = max(most[0], within[0])
        time.sleep(0.01)
        within[0] -= 1
        return load(*given, **named)

    monkeypatch.setattr(np, "load", watched)
    threads = [threading.Thread(target=load_array, args=(path,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_arrays_come_as_they_were_written(tmp_path: Path) -> None:
    path, packed = tmp_path / "one.npy", io.BytesIO()
    np.save(path, np.arange(6).reshape(2, 3))
    np.savez(packed, first=np.ones(2), second=np.arange(4))
    packed.seek(0)
    assert load_array(path, "r").tolist() == [[0, 1, 2], [3, 4, 5]]
    with packed_arrays(packed) as arrays:
        assert arrays["second"].tolist() == [0, 1, 2, 3]
    with path.open("rb") as file:
        assert values_begin(file) == file.tell() == path.stat().st_size - 48


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(ValueError, match="pickle"):
        load_array(io.BytesIO(b"not an array"))
