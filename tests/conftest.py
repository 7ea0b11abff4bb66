"""For all tests: a property test tries the same examples everywhere, and none is judged by its time.

And no request that any fake Hydrus client saw in the whole session made a file record, reached a repository or deleted
bytes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.fake_hydrus.seen import SEEN

# As in the Makefile, for those who run pytest by themselves: what was compiled once is not compiled again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The machine may be busy, and what fails must fail again: no deadline, no examples that only one machine remembers.
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let new looks of screens be written, to be looked at before they are kept."""
    parser.addoption("--update-screens", action="store_true", help="write the books of screens anew")


@pytest.fixture(scope="session", autouse=True)
def no_request_of_the_whole_session_did_harm() -> Iterator[None]:
    """Judge every request of the program in the log of every fake client, at the end of the session."""
    yield
    assert SEEN.harm == []
