"""Encoders from elsewhere: named by the user alone, with pixels and vectors of their own that nothing else reuses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hyai_tui.errors import ModelError, SettingsError
from hyai_tui.features import plugins
from hyai_tui.features.build import build_features
from hyai_tui.features.choosing import choose, features_directory, recorded_version
from hyai_tui.features.encoder import Encoder, EncoderVersion
from hyai_tui.features.encoders.listing import listed, stored
from hyai_tui.features.encoders.loading import EncoderOnDemand, _Kept
from hyai_tui.features.encoders.networks import NETWORKS
from hyai_tui.features.encoders.onnx_files import OnnxPlugin, described
from hyai_tui.features.encoders.onnx_tags import TagOutput
from hyai_tui.features.recipe import Recipe
from hyai_tui.features.store import FeatureStore
from hyai_tui.features.weights import IMAGENET
from hyai_tui.jobs.context import SilentReporter
from hyai_tui.locations import user_settings_file
from hyai_tui.workspace import Workspace, create_workspace, open_workspace
from tests.unit.features_fixtures import MemoryLibrary, encoded, picture, put_files, sha


class DummyEncoder:
    """Gives the mean colour of a picture of 32 pixels, and how many pixels there were."""

    version = EncoderVersion("dummy", "1" * 64, "dummy", "fp32", 4)

    def encode(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        side = np.full((len(pixels), 1), pixels.shape[1], np.float32)
        return np.concatenate([pixels.mean(axis=(1, 2)) / 255, side], axis=1).astype(np.float32)


class DummyPlugin:
    def version(self, options: Mapping[str, Any]) -> EncoderVersion:
        return DummyEncoder.version

    def recipe(self, options: Mapping[str, Any]) -> Recipe:
        return Recipe(int(options.get("size", 32)), "pad", "bicubic")

    def load(self, options: Mapping[str, Any], batch_size: int, warn: Callable[[str], None]) -> Encoder:
        return DummyEncoder()


DUMMY = DummyPlugin()


@pytest.fixture(autouse=True)
def own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def dummy(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("dummy", "tests.unit.test_features_plugins:DUMMY", plugins.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: DUMMY)
    monkeypatch.setattr(
        "hyai_tui.plugins.entry_points",
        lambda group, name="dummy": [point] if (group, name) == (plugins.GROUP, "dummy") else [],
    )


def user_says(text: str) -> None:
    user_settings_file().parent.mkdir(parents=True, exist_ok=True)
    user_settings_file().write_text(text)


def workspace_with(directory: Path, encoder: str) -> Workspace:
    return create_workspace(directory / encoder, f'[features]\nencoder = "{encoder}"\n')


def build(workspace: Workspace, library: MemoryLibrary) -> int:
    with workspace.open_catalog() as catalog:
        put_files(catalog, list(library.contents))
        encoder = EncoderOnDemand(choose(workspace), 0, lambda text: None)
        report = build_features(
            workspace,
            encoder,
            SilentReporter(),
            catalog=catalog,
            open_library=lambda: library,  # type: ignore[arg-type, return-value]
        )
    return report.encoded


@pytest.mark.usefixtures("dummy")
def test_a_plug_in_that_the_user_named_encodes_with_its_own_pixels(tmp_path: Path) -> None:
    user_says('[plugins]\nencoder = "dummy"\n[encoders.dummy]\nsize = 48\n')
    workspace = workspace_with(tmp_path, "plugin")
    choice = choose(workspace)
    assert (choice.name, choice.version, choice.recipe.size) == ("dummy", DummyEncoder.version, 48)
    drawn = encoded(picture(1, (60, 20)))
    assert build(workspace, MemoryLibrary([drawn])) == 1
    with FeatureStore.open(features_directory(workspace, choice), 4, read_only=True) as store:
        vector = store.get([sha(drawn)])[0][0]
    assert vector[3] == 48
    # Filled up with white above and below: two thirds of the square.
    assert vector[:3].min() > 0.6
    assert recorded_version(workspace) == DummyEncoder.version
    rows = {row["name"]: row for row in listed(workspace)}
    assert rows["dummy"]["chosen"]
    assert rows["dummy"]["ready"]
    assert not rows["hog"]["chosen"]
    assert [(one["vectors"], one["chosen"]) for one in stored(workspace)] == [(1, True)]


@pytest.mark.usefixtures("dummy")
def test_a_workspace_alone_cannot_load_a_plug_in(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="you have named none") as caught:
        choose(workspace_with(tmp_path, "plugin"))
    assert str(user_settings_file()) in caught.value.fix
    create_workspace(tmp_path / "stranger", "")
    (tmp_path / "stranger" / "hyai.toml").write_text('[features]\nencoder = "dummy"\n')
    with pytest.raises(SettingsError):
        open_workspace(tmp_path / "stranger")
    (tmp_path / "stranger" / "hyai.toml").write_text('[plugins]\nencoder = "dummy"\n')
    with pytest.raises(SettingsError):
        open_workspace(tmp_path / "stranger")


@pytest.mark.usefixtures("dummy")
def test_what_was_made_with_a_plug_in_asks_for_it_where_it_is_gone_or_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_says('[plugins]\nencoder = "dummy"\n')
    workspace = workspace_with(tmp_path, "plugin")
    build(workspace, MemoryLibrary([encoded(picture(1))]))
    (workspace.root / "hyai.toml").write_text('[features]\nencoder = "auto"\n')
    later = open_workspace(workspace.root)
    assert choose(later).version == DummyEncoder.version
    changed = EncoderVersion("dummy", "2" * 64, "dummy", "fp32", 4)
    with monkeypatch.context() as patch:
        patch.setattr(DummyPlugin, "version", lambda self, options: changed)
        with pytest.raises(ModelError, match="other vectors now"):
            choose(later)
    user_says("")
    with pytest.raises(ModelError, match="dummy"):
        choose(later)


@pytest.mark.usefixtures("dummy")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[plugins]\nencoder = "another"\n', "no installed package"),
        ("[plugins]\nencoder = 3\n", "is a name"),
        ("[plugins\n", "not valid TOML"),
    ],
)
def test_wrong_user_settings_are_named(tmp_path: Path, text: str, said: str) -> None:
    user_says(text)
    with pytest.raises(SettingsError, match=said):
        choose(workspace_with(tmp_path, "plugin"))


def test_another_weights_file_or_preprocessing_never_reuses_vectors(tmp_path: Path) -> None:
    weights = b"\x89HDF\r\n\x1a\n" + bytes(2_000_000)
    workspace = create_workspace(tmp_path / "w", '[features]\nencoder = "mobilenetv2"\nweights = "mine.h5"\n')
    file = workspace.root / "mine.h5"
    directories = set()
    for change in (b"one", b"two"):
        file.write_bytes(weights + change)
        directories.add(features_directory(workspace, choose(workspace)))
    versions = [network.version("0" * 64) for network in NETWORKS.values()]
    usual = NETWORKS["mobilenetv2"].version("0" * 64)
    other = EncoderVersion(
        usual.name, usual.weights_sha256, usual.preprocessing + "!", usual.precision, usual.dimension
    )
    assert len(directories) == 2
    assert len({one.id for one in (*versions, other)}) == len(versions) + 1
    with FeatureStore.open(tmp_path / "store", usual.dimension, version=usual):
        pass
    with pytest.raises(ModelError, match="another encoder"):
        FeatureStore.open(tmp_path / "store", usual.dimension, version=other)


def test_named_weights_are_listed_as_there_whatever_encoder_is_in_use(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", '[features]\nencoder = "hog"\nweights = "mine.h5"\n')
    (workspace.root / "mine.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(2_000_000))
    rows = {row["name"]: row for row in listed(workspace)}
    assert rows["mobilenetv2"]["ready"]
    assert "mine.h5" in rows["mobilenetv2"]["detail"]
    assert "mine.h5" not in rows["resnet50"]["detail"]


def test_each_network_has_weights_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("efficientnetb0", "resnet50"):
        workspace = create_workspace(tmp_path / name, f'[features]\nencoder = "{name}"\nweights = "{IMAGENET}"\n')
        with pytest.raises(ModelError, match=NETWORKS[name].title) as caught:
            choose(workspace)
        assert NETWORKS[name].file in caught.value.what
        path = tmp_path / "keras" / "models" / NETWORKS[name].file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(NETWORKS[name].size // 2))
        assert choose(workspace).version.dimension == NETWORKS[name].dimension


ABOUT = 'dimension = 3\nsize = 16\nfit = "pad"\nmean = [0.5, 0.5, 0.5]\nstd = [0.25, 0.25, 0.5]\n'


TAGS = '[tags]\noutput = "vector"\nnames = "names.txt"\n'


def onnx_file(directory: Path, about: str = ABOUT) -> dict[str, Any]:
    """Write an ONNX file that gives the mean of each colour, and what stands beside it; return the plug-in's options."""
    (directory / "mean.onnx").write_bytes(mean_of_each_colour())
    (directory / "mean.toml").write_text(about)
    return {"file": str(directory / "mean.onnx")}


def test_an_onnx_file_is_another_encoder_whenever_it_or_its_description_changes(tmp_path: Path) -> None:
    plugin = OnnxPlugin()
    options = onnx_file(tmp_path)
    first = plugin.version(options)
    assert (first.dimension, plugin.recipe(options)) == (3, Recipe(16, "pad", "bilinear"))
    (tmp_path / "mean.toml").write_text(ABOUT.replace("0.25, 0.5]", "0.25, 0.4]"))
    second = plugin.version(options)
    (tmp_path / "mean.onnx").write_bytes(mean_of_each_colour() + b"\0")
    assert len({first.id, second.id, plugin.version(options).id}) == 3


def test_what_is_said_of_tags_makes_no_other_encoder(tmp_path: Path) -> None:
    plugin = OnnxPlugin()
    options = onnx_file(tmp_path)
    first = plugin.version(options)
    onnx_file(tmp_path, ABOUT + TAGS)
    (tmp_path / "names.txt").write_text("red\ngreen\nblue\n")
    assert plugin.version(options) == first


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[tags]\noutput = "vector"\n', "needs output and names"),
        ('[tags]\noutput = "vector"\nnames = "none.txt"\n', "cannot be read"),
        ('{0}numbers = "words"\n', "one of logits, chances"),
        ("{0}least = 2\n", "from 0 to 1"),
    ],
)
def test_a_wrong_word_on_tags_is_named(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "names.txt").write_text("red\ngreen\nblue\n")
    with pytest.raises(SettingsError, match=said):
        described(onnx_file(tmp_path, ABOUT + table.replace("{0}", TAGS)))


def test_tags_are_named_above_their_least_chance_the_likeliest_first() -> None:
    about = TagOutput("tags", ("red", "green", "blue"), True, 0.4)
    first, second = about.named(np.array([[0.0, 3.0, -3.0], [-9.0, -9.0, -9.0]], np.float32))
    assert [tag for tag, _ in first] == ["green", "red"]
    assert [chance for _, chance in first] == pytest.approx([0.953, 0.5], abs=1e-3)
    assert second == []
    assert TagOutput("tags", ("red",), False, 0.2).named(np.array([[0.25]], np.float32)) == [[("red", 0.25)]]
    with pytest.raises(ModelError, match="3 names"):
        about.named(np.zeros((1, 2), np.float32))


def test_an_onnx_file_names_tags_too(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    options = onnx_file(tmp_path, "dimension = 3\nsize = 16\n" + TAGS + 'numbers = "chances"\nleast = 0.5\n')
    (tmp_path / "names.txt").write_text("red\ngreen\nblue\n")
    pixels = np.zeros((2, 16, 16, 3), np.uint8)
    pixels[0, :, :, 2] = 204
    (((tag, chance),), nothing) = OnnxPlugin().tags(options, pixels, print)
    assert (tag, nothing) == ("blue", [])
    assert chance == pytest.approx(0.8)
    onnx_file(tmp_path)
    with pytest.raises(SettingsError, match="does not say where its tags are"):
        OnnxPlugin().tags(options, pixels, print)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("", "dimension is a whole number"),
        ("dimension = 3\nsize = 0\n", "size"),
        ('dimension = 3\nfit = "crop"\n', "one of stretch, pad"),
        ("dimension = 3\nstd = [1, 0, 1]\n", "three numbers"),
        ("dimension = [", "cannot be read"),
    ],
)
def test_a_wrong_description_is_named(tmp_path: Path, about: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        described(onnx_file(tmp_path, about))


def test_without_its_files_or_its_runtime_onnx_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = OnnxPlugin()
    with pytest.raises(SettingsError, match="No ONNX file"):
        plugin.version({})
    options = onnx_file(tmp_path)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "onnxruntime", None)
        with pytest.raises(ModelError, match="not installed") as caught:
            plugin.load(options, 4, print)
        assert "hyai-tui[onnx]" in caught.value.fix
    (tmp_path / "mean.onnx").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        plugin.version(options)


def test_an_onnx_file_encodes_pictures(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    options = onnx_file(tmp_path)
    encoder = OnnxPlugin().load(options, 4, print)
    pixels = np.random.default_rng(0).integers(0, 256, (7, 16, 16, 3), dtype=np.uint8)
    expected = (pixels.mean(axis=(1, 2)) / 255 - 0.5) / [0.25, 0.25, 0.5]
    np.testing.assert_allclose(encoder.encode(pixels), expected, atol=1e-5)
    with pytest.raises(ModelError, match="shape"):
        OnnxPlugin().load(onnx_file(tmp_path, "dimension = 5\nsize = 16\n"), 4, print).encode(pixels)
    (tmp_path / "mean.onnx").write_bytes(b"no protobuf at all")
    with pytest.raises(ModelError, match="cannot read"):
        OnnxPlugin().load(options, 4, print)


def mean_of_each_colour() -> bytes:
    """Return an ONNX model of one node, GlobalAveragePool from float[n, 3, h, w], written as protocol buffers by hand."""

    def number(field: int, value: int) -> bytes:
        return bytes([field << 3, value])

    def part(field: int, content: bytes | str) -> bytes:
        data = content.encode() if isinstance(content, str) else content
        size, length = len(data), b""
        while size > 127:
            length += bytes([size & 127 | 128])
            size >>= 7
        return bytes([field << 3 | 2]) + length + bytes([size]) + data

    def tensor(name: str, *shape: str | int) -> bytes:
        sides = b"".join(part(1, part(2, one) if isinstance(one, str) else number(1, one)) for one in shape)
        return part(1, name) + part(2, part(1, number(1, 1) + part(2, sides)))

    pool = part(1, "pixels") + part(2, "pooled") + part(4, "GlobalAveragePool")
    flat = part(1, "pooled") + part(2, "vector") + part(4, "Flatten")
    graph = part(1, pool) + part(1, flat) + part(2, "mean")
    graph += part(11, tensor("pixels", "n", 3, "h", "w")) + part(12, tensor("vector", "n", 3))
    return number(1, 8) + part(7, graph) + part(8, part(1, "") + number(2, 13))


@pytest.mark.usefixtures("dummy")
def test_an_encoder_that_was_loaded_stays_in_its_process_and_speaks_to_the_job_of_the_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_says('[plugins]\nencoder = "dummy"\n')
    choice = choose(workspace_with(tmp_path, "plugin"))
    voices: list[Callable[[str], None]] = []

    def load(options: Mapping[str, Any], batch_size: int, warn: Callable[[str], None]) -> Encoder:
        voices.append(warn)
        return DummyEncoder()

    monkeypatch.setattr(DUMMY, "load", load, raising=False)
    monkeypatch.setattr("hyai_tui.features.encoders.loading._kept", _Kept())
    pixels = np.zeros((1, 32, 32, 3), np.uint8)
    heard: list[list[str]] = [[], []]
    for said in heard:
        EncoderOnDemand(choice, 4, said.append).encode(pixels)
        voices[0]("memory is short")
    assert (len(voices), heard) == (1, [["memory is short"]] * 2)
    EncoderOnDemand(choice, 8, heard[0].append).encode(pixels)
    assert len(voices) == 2
