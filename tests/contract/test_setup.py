"""The guided set-up: each step asks the client, says what is in the way, and nothing is written to it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hyai_tui import credentials
from hyai_tui.cli.setting_up import Answers, guide, wrapped
from hyai_tui.credentials import AccessKey
from hyai_tui.effects import first_copy
from tests.contract.hydrus_fixtures import fake
from tests.fake_hydrus import FakeHydrus
from tests.fake_hydrus.services import Service

__all__ = ["fake"]

OWN = Service("77" * 32, "hyai tags", 5, "local tag service")


class Script:
    """Answers from a list, and writes down what was said."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def ask(self, question: str, default: str = "", *, hidden: bool = False) -> str:
        self.said.append(question)
        return self.answers.pop(0) or default

    @property
    def text(self) -> str:
        return "\n".join(self.said)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("HYAI_HYDRUS_KEY", raising=False)


def test_address_key_service_and_search_are_chosen_with_the_count_and_the_rights_seen(fake: FakeHydrus) -> None:
    fake.client.services.append(OWN)
    script = Script(fake.url, fake.key.key, "1", "2", "", "2")
    answers = guide(script)
    assert answers == Answers(
        fake.url,
        AccessKey(fake.key.key),
        OWN.key,
        ("system:inbox", "system:filetype is image", "system:has no duration"),
        0,
    )
    inbox = sum(one.state == "inbox" for one in fake.client.files.values())
    assert f"That is {inbox} files now" in script.text
    assert f"All {len(fake.client.files)} files can be reviewed" in script.text
    assert "Originals take" in script.text
    assert "can simply be removed" in script.text
    assert "may: read the library, write tags, move files" in script.text
    assert "A decision writes its tag (hyai:archive, hyai:trash) in hyai tags." in script.text
    assert "only to archive, trash and rescue" in script.text
    assert fake.key.key not in script.text
    assert fake.writes == []


def test_a_repository_is_never_offered_and_my_tags_and_everything_are_the_defaults(fake: FakeHydrus) -> None:
    script = Script(fake.key.key, "9", "1", "", "", "3", "")
    answers = guide(script, fake.url)
    assert (answers.tag_service, answers.criteria) == ("", None)
    repositories = [one.name for one in fake.client.services if one.type == 0]
    assert repositories
    assert not any(name in script.text for name in repositories)


@pytest.mark.parametrize(("small_bytes", "pixels"), [(60_000, 0), (10, 512)])
def test_small_copies_are_proposed_where_they_spare_something_and_originals_where_not(
    fake: FakeHydrus, monkeypatch: pytest.MonkeyPatch, small_bytes: int, pixels: int
) -> None:
    monkeypatch.setattr(first_copy, "_SMALL_BYTES", small_bytes)
    assert guide(Script(fake.key.key, "1", "", "", ""), fake.url).sample_pixels == pixels


def test_a_key_can_be_requested_and_the_dialog_that_is_not_open_is_named(fake: FakeHydrus) -> None:
    class Opening(Script):
        def say(self, text: str) -> None:
            super().say(text)
            if "not waiting for a request" in text:
                fake.client.takes_requests = True

    opening = Opening("r", "r", "", "1", "", "", "")
    answers = guide(opening, fake.url)
    assert answers.key is not None
    made = fake.client.keys[answers.key.reveal()]
    assert (made.name, made.permissions) == ("hyai", frozenset({2, 3}))
    assert "add > from api request" in opening.text
    assert "cannot: archive, trash or rescue files" in opening.text


def test_a_key_that_is_not_known_or_cannot_search_is_asked_for_again(fake: FakeHydrus) -> None:
    script = Script("no key", "cd" * 32, fake.allow(2).key, fake.key.key, "1", "", "", "")
    answers = guide(script, fake.url)
    assert answers.key == AccessKey(fake.key.key)
    assert "That is no access key" in script.text
    assert "does not know this access key" in script.text
    assert "this key cannot read the library" in script.text


def test_a_predicate_that_hydrus_does_not_understand_is_said_and_another_is_asked_for(fake: FakeHydrus) -> None:
    script = Script(fake.key.key, "1", "4", "system:nonsense of nonsense", "4", "creator:nobody", "n", "1", "", "")
    answers = guide(script, fake.url)
    assert answers.criteria is None
    assert "That is 0 files now" in script.text


def test_a_client_that_is_not_there_can_be_gone_on_without() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        script = Script("")
        assert guide(script, url) == Answers(url)
    assert "services > manage services > client api" in script.text


def test_a_key_that_is_known_is_not_asked_for(fake: FakeHydrus) -> None:
    credentials.save_key(fake.url, AccessKey(fake.key.key))
    script = Script("1", "", "", "")
    answers = guide(script, fake.url)
    assert answers.key is None
    assert "Paste the key" not in script.text


def test_what_is_said_breaks_between_words_and_an_explanation_stays_in_its_column() -> None:
    assert wrapped("let it search all tags there", 16) == "let it search\nall tags there"
    row = "  edit file tags     to review, learn and write our tags"
    assert wrapped(row, 45) == "  edit file tags     to review, learn and\n" + " " * 21 + "write our tags"
    assert wrapped("", 45) == ""
