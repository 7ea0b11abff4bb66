"""Vectors carried from one content to another: when a sample is shrunk, its features stay what they were."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from hyai_tui.features.index import INDEX_FILE
from hyai_tui.features.store import FeatureStore, dimension_of


class Carrier:
    """Gives new contents the vectors of old ones, in the stores of all encoders.

    Args:
        features: the directory of all stores.
    """

    def __init__(self, features: Path) -> None:
        self._features = features
        self._closing = ExitStack()
        self._stores: list[FeatureStore] = []

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            for index in sorted(self._features.glob(f"*/{INDEX_FILE}")):
                store = FeatureStore.open(index.parent, dimension_of(index.parent))
                self._stores.append(opening.enter_context(store))
            self._closing = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.close()

    def carry(self, old: str, new: str) -> None:
        """Store the vectors of `old` for `new` too, where there are any."""
        for store in self._stores:
            vectors, found = store.get([old])
            if found[0]:
                store.append([new], vectors)
