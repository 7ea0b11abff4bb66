"""Every request of the program that any fake client saw while the tests ran, as far as it is to be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.fake_hydrus.harm import OUR_NAME, Sent, harms


class Seen:
    """What came in so far.

    Attributes:
        requests: number of requests by method and path.
        harm: a sentence for each request that may never be made, and for each harm that a fake client took.
    """

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.harm: list[str] = []

    def add(self, requests: Iterable[Sent], local_tag_services: frozenset[str], caused: Iterable[str]) -> None:
        """Judge the log of one fake client."""
        ours = [one for one in requests if OUR_NAME in one.agent]
        self.requests.update((one.method, one.path) for one in ours)
        self.harm += harms(ours, local_tag_services)
        self.harm += caused


SEEN = Seen()
