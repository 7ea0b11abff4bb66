"""For all tests: no example of a property test is judged by its time, as the machine may be busy.

And no request that any fake Hydrus client saw in the whole session made a file record, reached a repository or deleted
bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.fake_hydrus.seen import SEEN

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def no_request_of_the_whole_session_did_harm() -> Iterator[None]:
    """Judge every request of the program in the log of every fake client, at the end of the session."""
    yield
    assert SEEN.harm == []
