"""Which encoder is used: never random weights, never a silent change, every refusal with its way out."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hyai_tui.errors import Cancelled, ModelError, NotNow
from hyai_tui.features import choosing, weights
from hyai_tui.features.choosing import choose, features_directory, record, recorded_version
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.encoders import hog
from hyai_tui.features.encoders.loading import EncoderOnDemand
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.features_fixtures import sha

WEIGHTS = b"\x89HDF\r\n\x1a\n" + b"w" * 2_000_000


@pytest.fixture(autouse=True)
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


def workspace_with(tmp_path: Path, features: str = "") -> Workspace:
    text = f"[features]\n{features}\n"
    root = tmp_path / "place"
    create_workspace(root, text)
    (root / "hyai.toml").write_text(text)
    return create_workspace(root, text)


def put_imagenet(content: bytes = WEIGHTS) -> Path:
    path = weights.imagenet_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_weights_that_keras_has_are_used_as_they_are(tmp_path: Path) -> None:
    path = put_imagenet()
    choice = choose(workspace_with(tmp_path))
    assert (choice.name, choice.weights_path, choice.notice) == ("mobilenetv2", path, "")
    assert choice.version.weights_sha256 == sha(WEIGHTS)
    assert choice.version.dimension == 1280


def test_a_weights_file_may_be_named_relative_to_the_workspace(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path, 'weights = "mine.h5"')
    (workspace.root / "mine.h5").write_bytes(WEIGHTS)
    assert choose(workspace).weights_path == workspace.root / "mine.h5"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "no weights file"), (b"PK" + WEIGHTS, "no HDF5 file"), (WEIGHTS[:1000], "1,000 bytes")],
)
def test_a_named_file_that_is_no_weights_file_is_refused_and_no_other_encoder_steps_in(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    workspace = workspace_with(tmp_path, 'weights = "mine.h5"')
    if content is not None:
        (workspace.root / "mine.h5").write_bytes(content)
    with pytest.raises(ModelError, match=complaint) as caught:
        choose(workspace)
    assert "features.weights" in caught.value.fix


def test_a_directory_as_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        choose(workspace_with(tmp_path, 'weights = "data"'))


def test_asking_for_mobilenetv2_without_weights_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        choose(workspace_with(tmp_path, 'encoder = "mobilenetv2"'))
    assert "--download-weights" in caught.value.fix
    assert "features.encoder small" in caught.value.fix


def test_weights_that_appear_later_change_nothing_until_the_settings_say_so(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    record(workspace, choose(workspace).version)
    put_imagenet()
    choice = choose(workspace)
    assert choice.name == "small"
    assert "features.encoder mobilenetv2" in choice.notice
    assert choose(workspace_with(tmp_path, 'encoder = "mobilenetv2"')).name == "mobilenetv2"


def test_weights_that_vanish_or_change_later_are_an_error_not_another_encoder(tmp_path: Path) -> None:
    path = put_imagenet()
    workspace = workspace_with(tmp_path)
    record(workspace, choose(workspace).version)
    assert choose(workspace).name == "mobilenetv2"
    path.write_bytes(WEIGHTS + b"x")
    with pytest.raises(ModelError, match="not the weights file"):
        choose(workspace)
    path.unlink()
    with pytest.raises(ModelError, match="no MobileNetV2 weights"):
        choose(workspace)
    assert choose(workspace_with(tmp_path, 'encoder = "hog"')).name == "hog"


def test_deleting_the_record_or_damaging_it_costs_only_a_new_choice(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path)
    record(workspace, hog.VERSION)
    path = workspace.features_directory / choosing.RECORD_FILE
    assert recorded_version(workspace) == EncoderVersion.from_dict(json.loads(path.read_text()))
    for text in ("", "[]", "{}", '{"name": 3}', "\x00"):
        path.write_text(text)
        assert recorded_version(workspace) is None
        assert choose(workspace).name == "small"


def test_everything_that_changes_a_vector_changes_the_directory(tmp_path: Path) -> None:
    base = EncoderVersion("a", "0" * 64, "p", "fp32", 8)
    others = [
        EncoderVersion("b", "0" * 64, "p", "fp32", 8),
        EncoderVersion("a", "1" * 64, "p", "fp32", 8),
        EncoderVersion("a", "0" * 64, "q", "fp32", 8),
        EncoderVersion("a", "0" * 64, "p", "fp16", 8),
        EncoderVersion("a", "0" * 64, "p", "fp32", 9),
    ]
    ids = {one.id for one in (base, *others)}
    assert len(ids) == 6
    assert all(one.replace("-", "").isalnum() for one in ids)
    workspace = workspace_with(tmp_path)
    assert features_directory(workspace, choose(workspace)).parent == workspace.features_directory


def test_an_encoder_on_demand_knows_its_version_before_it_is_loaded(tmp_path: Path) -> None:
    put_imagenet()
    choice = choose(workspace_with(tmp_path))
    assert EncoderOnDemand(choice, 16, lambda text: None).version == choice.version


class _Answers(http.server.BaseHTTPRequestHandler):
    content = WEIGHTS
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
        """Say nothing."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/weights.h5"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_stands_where_keras_looks_for_it(address: str) -> None:
    seen: list[tuple[int, int]] = []
    path, digest = weights.download(url=address, progress=lambda done, total: seen.append((done, total)))
    assert path == weights.imagenet_path()
    assert path.read_bytes() == WEIGHTS
    assert digest == sha(WEIGHTS)
    assert seen[-1] == (len(WEIGHTS), len(WEIGHTS))


def test_a_download_that_is_no_weights_file_or_is_stopped_leaves_nothing(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = weights.imagenet_path().parent
    with pytest.raises(Cancelled):
        weights.download(url=address, cancelled=lambda: True)
    monkeypatch.setattr(_Answers, "content", b"<html>please log in</html>")
    with pytest.raises(ModelError):
        weights.download(url=address)
    monkeypatch.setattr(_Answers, "status", 404)
    with pytest.raises(NotNow) as caught:
        weights.download(url=address)
    assert "small encoder" in caught.value.fix
    assert list(folder.iterdir()) == []


def test_no_network_is_said_with_the_way_out() -> None:
    with pytest.raises(NotNow, match="cannot be downloaded"):
        weights.download(url="http://127.0.0.1:1/weights.h5")
