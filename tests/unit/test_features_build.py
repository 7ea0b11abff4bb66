"""Building features: each vector under the hash of the bytes it was made from, and every bad file named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.errors import Cancelled, LibraryDown
from hyai_tui.features.build import BuildReport, build_features, open_store
from hyai_tui.features.choosing import recorded_version
from hyai_tui.features.encoder import Encoder
from hyai_tui.features.memory import MOST
from hyai_tui.features.plan import contents_of, make_plan
from hyai_tui.jobs.context import SilentReporter
from hyai_tui.pictures.decode import encoder_pixels
from hyai_tui.workspace import Workspace, create_workspace
from tests.unit.features_fixtures import MeanEncoder, MemoryLibrary, encoded, picture, put_files, sha


@dataclass
class Place:
    """A workspace with a library in memory."""

    workspace: Workspace
    catalog: Catalog
    library: MemoryLibrary
    encoder: MeanEncoder

    def build(self, **options: Any) -> BuildReport:
        options = {"open_library": lambda: self.library, **options}
        self.library.closed = False
        report = options.pop("report", SilentReporter())
        cancelled = options.pop("cancelled", lambda: False)
        encoder: Encoder = options.pop("encoder", self.encoder)
        return build_features(self.workspace, encoder, report, cancelled, catalog=self.catalog, **options)

    def add(self, *contents: bytes) -> list[str]:
        """Put contents into the library and the catalog."""
        files = [sha(one) for one in contents]
        self.library.contents |= dict(zip(files, contents, strict=True))
        put_files(self.catalog, files)
        return files

    def vectors(self, files: list[str]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        with open_store(self.workspace.features_directory, self.encoder) as store:
            return store.get(files)

    def assert_right(self, contents: list[bytes]) -> None:
        """Each file's stored vector is the one of its own bytes."""
        vectors, found = self.vectors([sha(one) for one in contents])
        assert found.all()
        expected = MeanEncoder().encode(np.stack([encoder_pixels(one) for one in contents]))
        np.testing.assert_allclose(vectors, expected, atol=1e-3)


@dataclass(frozen=True)
class Dropped:
    """A sample in the training folders."""

    identity: str
    content: str
    path: Path
    origin: str = "original"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    workspace = create_workspace(tmp_path / "place", "")
    with workspace.open_catalog() as catalog:
        yield Place(workspace, catalog, MemoryLibrary(), MeanEncoder())


def pictures(*seeds: int) -> list[bytes]:
    return [encoded(picture(seed)) for seed in seeds]


def test_everything_is_encoded_once_and_never_again(place: Place) -> None:
    contents = pictures(*range(50))
    place.add(*contents)
    first = place.build()
    assert (first.total, first.encoded, first.reused, first.skipped) == (50, 50, 0, {})
    place.assert_right(contents)
    assert recorded_version(place.workspace) == place.encoder.version
    again = place.build(open_library=lambda: pytest.fail("nothing has to be fetched"))
    assert (again.total, again.encoded, again.reused) == (50, 0, 50)
    place.add(*pictures(100, 101, 102))
    assert place.build().encoded == 3
    assert place.encoder.count == 53


def test_bad_files_are_named_and_never_shift_another_files_vector(place: Place) -> None:
    good = pictures(*range(40))
    animation = encoded(picture(1), "GIF", save_all=True, append_images=[picture(2)])
    bad = {
        animation: "animated",
        b"": "empty",
        b"a text": "not-a-picture",
        encoded(picture(90, (300, 300)), "JPEG")[:2000]: "truncated",
        encoded(picture(91)).replace(b"IDAT", b"IDAX"): "corrupt",
    }
    mixed = [*good]
    for i, one in enumerate(bad):
        mixed.insert(7 * i, one)
    place.add(*mixed)
    result = place.build()
    assert result.encoded == 40
    assert result.skipped == {sha(one): reason for one, reason in bad.items()}
    assert result.total == result.encoded + result.reused + len(result.skipped)
    place.assert_right(good)
    assert place.catalog.skips("file") == result.skipped


def test_files_that_vanish_or_change_midway_are_named_and_shift_nothing(place: Place) -> None:
    contents = pictures(*range(60))
    files = place.add(*contents)
    vanish, change = set(files[5:50:9]), set(files[3:50:11]) - set(files[5:50:9])

    def meanwhile(sha256: str) -> None:
        if sha256 in vanish:
            place.library.contents.pop(sha256, None)
        if sha256 in change:
            place.library.contents[sha256] = encoded(picture(1000))

    place.library.before_read = meanwhile
    result = place.build()
    assert {file for file, reason in result.skipped.items() if reason == "missing"} == vanish
    assert {file for file, reason in result.skipped.items() if reason == "changed"} == change
    place.assert_right([one for one in contents if sha(one) not in vanish | change])
    assert not place.vectors([*vanish, *change, sha(encoded(picture(1000)))])[1].any()


def test_what_vanished_is_tried_again_and_what_is_damaged_only_when_asked(place: Place) -> None:
    gone, text = pictures(1)[0], b"text"
    place.add(gone, text)
    del place.library.contents[sha(gone)]
    assert place.build().skipped == {sha(gone): "missing", sha(text): "not-a-picture"}
    place.library.contents[sha(gone)] = gone
    place.library.reads.clear()
    result = place.build()
    assert (result.encoded, result.skipped) == (1, {sha(text): "not-a-picture"})
    assert place.library.reads == [sha(gone)]
    place.library.reads.clear()
    assert place.build(retry=True).skipped == {sha(text): "not-a-picture"}
    assert place.library.reads == [sha(text)]


def test_motion_is_left_out_without_a_look_and_gone_files_are_not_counted(place: Place) -> None:
    contents = pictures(1, 2)
    place.add(*contents)
    put_files(place.catalog, [sha(b"video")], motion=True)
    result = place.build()
    assert result.skipped == {sha(b"video"): "animated"}
    assert sha(b"video") not in place.library.reads
    scan = place.catalog.begin_scan()
    place.catalog.put([], scan)
    place.catalog.finish_scan(scan, accept_gone=True)
    assert place.build().total == 0


def test_a_cancelled_build_keeps_what_is_done_and_goes_on_there(place: Place) -> None:
    contents = pictures(*range(80))
    place.add(*contents)
    with pytest.raises(Cancelled):
        place.build(cancelled=lambda: place.encoder.count >= 30)
    done = place.encoder.count
    assert 30 <= done < 80
    result = place.build()
    assert (result.encoded, result.reused) == (80 - done, done)
    place.assert_right(contents)


def test_an_error_of_the_library_keeps_what_is_done(place: Place) -> None:
    contents = pictures(*range(80))
    place.add(*contents)

    def down(sha256: str) -> None:
        if len(place.library.reads) > 60:
            raise LibraryDown("Hydrus does not answer", "Start it")

    place.library.before_read = down
    with pytest.raises(LibraryDown):
        place.build()
    assert place.library.closed
    place.library.before_read = lambda sha256: None
    result = place.build()
    assert result.reused > 0
    assert result.encoded + result.reused == 80
    place.assert_right(contents)


def test_decoding_ahead_is_bounded(place: Place) -> None:
    place.add(*pictures(*range(200)))
    ahead: list[int] = []

    class Slow(MeanEncoder):
        def encode(self, pixels: Any) -> Any:
            ahead.append(len(place.library.reads) - self.count)
            return super().encode(pixels)

    place.build(encoder=Slow())
    assert max(ahead) <= 4 * MOST + 200 // 4


def test_samples_come_first_then_the_newest_files(place: Place, tmp_path: Path) -> None:
    contents = pictures(*range(6))
    files = place.add(*contents)
    path = tmp_path / "sample.png"
    path.write_bytes(contents[2])
    plan = make_plan(place.catalog, "file", [Dropped(files[2], files[2], path)])
    assert [item.file for item in plan.items] == [files[i] for i in (2, 5, 4, 3, 1, 0)]


def test_samples_are_read_from_their_folder_and_moving_one_encodes_nothing(place: Place, tmp_path: Path) -> None:
    content = pictures(1)[0]
    path = place.workspace.data / "archive" / f"{sha(content)}.png"
    path.write_bytes(content)
    sample = Dropped(sha(content), sha(content), Path("archive") / path.name)
    result = place.build(samples=[sample], open_library=lambda: pytest.fail("the sample is here"))
    assert (result.total, result.encoded) == (1, 1)
    moved = place.workspace.data / "trash" / path.name
    path.rename(moved)
    again = place.build(samples=[Dropped(sha(content), sha(content), Path("trash") / path.name)])
    assert (again.encoded, again.reused) == (0, 1)


def test_a_sample_that_was_changed_since_the_sync_is_not_stored_under_the_old_hash(place: Place) -> None:
    old, new = pictures(1, 2)
    path = place.workspace.data / "archive" / "picture.png"
    path.write_bytes(new)
    result = place.build(samples=[Dropped(sha(old), sha(old), path)])
    assert result.skipped == {sha(old): "changed"}
    assert not place.vectors([sha(old), sha(new)])[1].any()


def test_a_shrunk_sample_uses_the_librarys_vector_where_the_library_knows_it(place: Place) -> None:
    original, shrunk = encoded(picture(1, (600, 400))), encoded(picture(1, (60, 40)))
    path = place.workspace.data / "archive" / "shrunk.png"
    path.write_bytes(shrunk)
    sample = Dropped(sha(original), sha(shrunk), path)
    assert place.build(samples=[sample]).encoded == 1
    assert contents_of(place.catalog, "file", [sha(original)], [sample]) == [sha(shrunk)]
    place.add(original)
    assert place.build(samples=[sample]).encoded == 1
    assert contents_of(place.catalog, "file", [sha(original)], [sample]) == [sha(original)]
    place.assert_right([original, shrunk])


def test_a_small_copy_keeps_the_vector_of_its_original_when_the_library_has_lost_that(place: Place) -> None:
    original, small = encoded(picture(1, (600, 400))), encoded(picture(1, (60, 40)))
    place.add(original)
    path = place.workspace.data / "archive" / "small.png"
    path.write_bytes(small)
    sample = Dropped(sha(original), sha(small), path, "shrunk")
    assert place.build(samples=[sample]).encoded == 1
    scan = place.catalog.begin_scan()
    place.catalog.finish_scan(scan, accept_gone=True)
    assert place.build(samples=[sample]).encoded == 0
    (kept, of_original), found = place.vectors([sha(small), sha(original)])
    assert found.all()
    np.testing.assert_array_equal(kept, of_original)


def test_training_can_ask_for_samples_alone(place: Place) -> None:
    files = place.add(*pictures(1, 2, 3))
    sample = Dropped(files[0], files[0], Path("not/there.png"))
    result = place.build(samples=[sample], samples_only=True)
    assert (result.total, result.encoded) == (1, 1)
    assert place.library.reads == [files[0]]
    assert place.build().encoded == 2


def thumbnails_of(place: Place) -> None:
    settings = place.workspace.settings
    thumbnails = replace(settings, features=replace(settings.features, source="thumbnail"))
    place.workspace = replace(place.workspace, settings=thumbnails)


def test_thumbnails_are_contents_of_their_own(place: Place) -> None:
    thumbnails_of(place)
    original, small = pictures(1, 2)
    (file,) = place.add(original)
    place.library.thumbnails[file] = small
    assert place.build().encoded == 1
    assert place.library.reads == []
    assert place.catalog.contents("thumbnail") == {file: sha(small)}
    assert contents_of(place.catalog, "thumbnail", [file]) == [sha(small)]
    place.assert_right([small])
    assert not place.vectors([sha(original)])[1].any()
    again = place.build(open_library=lambda: pytest.fail("known by now"))
    assert (again.encoded, again.reused) == (0, 1)


def test_where_there_is_no_thumbnail_the_original_is_reduced(place: Place) -> None:
    thumbnails_of(place)
    large = encoded(picture(1, (900, 600)), "JPEG")
    (file,) = place.add(large)
    path = place.workspace.data / "archive" / "other.png"
    path.write_bytes(pictures(7)[0])
    sample = Dropped(sha(pictures(7)[0]), sha(pictures(7)[0]), path)
    result = place.build(samples=[sample])
    assert (result.encoded, result.skipped) == (2, {})
    contents = contents_of(place.catalog, "thumbnail", [file, sample.identity], [sample])
    assert None not in contents
    assert contents[0] != file
    assert place.vectors([one for one in contents if one])[1].all()
    assert place.build(samples=[sample]).reused == 2


def test_a_bad_thumbnail_is_fetched_once_and_remembered(place: Place) -> None:
    thumbnails_of(place)
    (file,) = place.add(b"a video")
    place.library.thumbnails[file] = b"not a picture"
    assert place.build().skipped == {file: "not-a-picture"}
    again = place.build(open_library=lambda: pytest.fail("known by now"))
    assert again.skipped == {file: "not-a-picture"}


def test_the_json_is_the_contract(place: Place) -> None:
    place.add(*pictures(1), b"text")
    found = place.build().as_json()
    assert found.pop("seconds") > 0
    assert found == {
        "encoder": place.encoder.version.id,
        "total": 2,
        "encoded": 1,
        "reused": 0,
        "left": 0,
        "skipped": [{"file": sha(b"text"), "reason": "not-a-picture"}],
    }
