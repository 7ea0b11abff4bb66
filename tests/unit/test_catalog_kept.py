"""Arrays that are kept beside the catalog always say what its rows say, and never what those of another catalog said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.catalog.kept import let_go
from hyai_tui.catalog.model import STATE_CODES
from hyai_tui.library.base import FileState, MediaFile
from hyai_tui.queues.matching import Positions
from tests.unit import catalog_fixtures
from tests.unit.catalog_fixtures import opened, take_in

TAGS = ("hyai:trash", "hyai:archive")
SHOWN = "creator:ann"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hyai_tui.catalog.kept.FEWEST", 10)
    monkeypatch.setattr("hyai_tui.catalog.kept._MOST_AGAIN", 6)
    monkeypatch.setattr("hyai_tui.catalog.kept._VARIABLES", 2)
    monkeypatch.setattr("hyai_tui.catalog.kept._PRUNE", 3)


def sha(number: int) -> str:
    return catalog_fixtures.sha(b"%d" % number)


def file(number: int, state: FileState = FileState.INBOX, **facts: object) -> MediaFile:
    return catalog_fixtures.file(number, state, **{"mime": "image/png", "size": number, **facts})


def kept_in(directory: Path) -> list[Path]:
    room = directory / "catalog.arrays"
    return [one for one in room.iterdir() if one.is_dir()] if room.is_dir() else []


def assert_true(catalog: Catalog) -> None:
    """Arrays, carriers and columns say what the rows say."""
    rows = list(catalog.files())
    arrays, columns = catalog.snapshot(), catalog.columns()
    assert arrays.number.tolist() == columns.number.tolist() == [one.number for one in rows]
    assert arrays.sha256.tolist() == [one.sha256.encode() for one in rows]
    assert arrays.state.tolist() == [STATE_CODES[one.state] for one in rows]
    assert arrays.archived.tolist() == [one.archived for one in rows]
    assert arrays.motion.tolist() == [one.motion for one in rows]
    assert arrays.conflict.tolist() == [one.conflict for one in rows]
    np.testing.assert_array_equal(columns.size, [np.nan if one.size is None else one.size for one in rows])
    np.testing.assert_array_equal(columns.width, [np.nan if one.width is None else one.width for one in rows])
    assert [columns.mimes[one] for one in columns.mime.tolist()] == [one.mime or "" for one in rows]
    for tag, found in zip(TAGS, catalog.carriers(TAGS), strict=True):
        assert found.tolist() == [one.number for one in rows if tag in one.tags]
    assert catalog.found_with([*TAGS, SHOWN]).tolist() == [
        one.number for one in rows if {*TAGS, SHOWN} & (one.tags | one.display_tags)
    ]
    wanted = [one.sha256 for one in rows[::-1]] + [sha(10_000)]
    places = Positions(arrays.sha256, arrays.index).of(wanted)
    assert places.tolist() == [*reversed(range(len(rows))), -1]


def test_a_small_catalog_keeps_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(9)])
        assert_true(catalog)
    assert kept_in(tmp_path) == []


def test_files_that_came_since_are_mapped_too(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(20)])
        assert_true(catalog)
        for came in (3, 5):
            take_in(catalog, [file(number) for number in range(20 + came)])
            assert_true(catalog)
            assert isinstance(catalog.snapshot().sha256.base, np.memmap)


def test_what_stands_behind_a_version_is_never_trusted(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(20)])
        assert_true(catalog)
        with (kept_in(tmp_path)[0] / "sha256.npy").open("ab") as kept:
            kept.write(sha(77).encode() * 2 + b"half a hash")
        take_in(catalog, [file(number) for number in range(23)])
        assert_true(catalog)


def test_where_the_disk_takes_nothing_what_came_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(20)])
        assert_true(catalog)
        take_in(catalog, [file(number) for number in range(23)])
        opens = Path.open

        def full(path: Path, mode: str = "r") -> object:
            if mode == "rb+":
                raise OSError(28, "No space left on device")
            return opens(path, mode)

        monkeypatch.setattr(Path, "open", full)
        assert_true(catalog)


def test_what_came_and_changed_is_added_to_what_was_kept(tmp_path: Path) -> None:
    files = [file(number, tags=frozenset({TAGS[number % 2]})) for number in range(20)]
    with opened(tmp_path) as catalog:
        take_in(catalog, files)
        assert_true(catalog)
        (version,) = kept_in(tmp_path)
        catalog.update_state(sha(3), state=FileState.TRASH, tags=[])
        catalog.update([file(30), file(4, FileState.ARCHIVE, motion=True, mime="video/webm", size=None)])
        take_in(catalog, [*files[1:], file(30), file(31, tags=frozenset(TAGS), width=7)])
        assert_true(catalog)
        assert kept_in(tmp_path) == [version]
    with opened(tmp_path) as catalog:
        assert_true(catalog)


def test_when_much_has_changed_a_new_version_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(20)])
        arrays = catalog.snapshot()
        before = kept_in(tmp_path)
        for number in range(8):
            catalog.update_state(sha(number), tags=[TAGS[0]])
        assert_true(catalog)
        assert kept_in(tmp_path) != before
        assert len(kept_in(tmp_path)) == 1
        # Whoever has mapped the old version goes on with it.
        assert arrays.sha256.tolist() == [sha(number).encode() for number in range(20)]


CHANGES = st.lists(
    st.lists(st.tuples(st.integers(0, 24), st.sampled_from(list(FileState)[:3]), st.integers(0, 7)), max_size=9),
    max_size=6,
)


@given(CHANGES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_arrays_say_what_the_rows_say_whatever_changes(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[int, FileState, int]]]
) -> None:
    tmp_path = tmp_path_factory.mktemp("catalog")
    with opened(tmp_path) as catalog, opened(tmp_path) as other:
        take_in(catalog, [file(number) for number in range(12)])
        assert_true(catalog)
        for changes in rounds:
            for number, state, tags in changes:
                carried = frozenset(tag for bit, tag in enumerate(TAGS) if tags >> bit & 1)
                shown = frozenset({SHOWN}) if tags & 4 else frozenset()
                facts = {"archived": tags == 1, "size": tags & 3 or None}
                catalog.update([file(number, state, tags=carried, display_tags=shown, **facts)])
            assert_true(other)
            assert_true(catalog)


def test_a_catalog_put_back_from_a_backup_takes_no_arrays_of_its_later_self(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(12)])
        assert_true(catalog)
    shutil.copy(tmp_path / "catalog.db", tmp_path / "backup")
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(30)])
        assert_true(catalog)
    for one in tmp_path.glob("catalog.db*"):
        one.unlink()
    shutil.copy(tmp_path / "backup", tmp_path / "catalog.db")
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(50, 70)], accept_gone=True)
        assert_true(catalog)


def test_a_new_catalog_takes_no_arrays_of_the_one_before(tmp_path: Path) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(12)])
        assert_true(catalog)
    for one in tmp_path.glob("catalog.db*"):
        one.unlink()
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(40, 60)])
        assert_true(catalog)


@pytest.mark.parametrize("name", ["number", "sha256", "flags", "keys", "order", "column-size", "column-mimes"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00 cut off"])
def test_a_damaged_array_is_made_again(tmp_path: Path, name: str, content: bytes) -> None:
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(12)])
        assert_true(catalog)
    (version,) = kept_in(tmp_path)
    (version / f"{name}.npy").write_bytes(content)
    with opened(tmp_path) as catalog:
        assert_true(catalog)


def test_where_nothing_can_be_kept_the_rows_are_read(tmp_path: Path) -> None:
    (tmp_path / "catalog.arrays").write_text("in the way")
    with opened(tmp_path) as catalog:
        take_in(catalog, [file(number) for number in range(12)])
        assert_true(catalog)


def test_a_version_that_was_written_beside_a_newer_one_leaves_no_change_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hyai_tui.catalog.kept import Shelf

    with opened(tmp_path) as slow, opened(tmp_path) as quick:
        take_in(slow, [file(number) for number in range(12)])
        put = Shelf.put

        def late(self: Shelf, *arguments: object) -> None:
            with monkeypatch.context() as patch:
                patch.setattr(Shelf, "put", put)
                for number in range(8):
                    quick.update_state(sha(number), state=FileState.TRASH)
                assert_true(quick)
                put(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(Shelf, "put", late)
        slow.snapshot()
        monkeypatch.setattr(Shelf, "put", put)
        assert_true(slow)
        assert_true(quick)


def resident_kib(file: str) -> int:
    """Return how much of a mapped file is in this process's memory."""
    found, inside = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if "-" in line.split(maxsplit=1)[0] and not line.startswith(("VmFlags", "Name")):
            inside = line.endswith(file)
        elif inside and line.startswith("Rss:"):
            found += int(line.split()[1])
    return found


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="the system does not tell what is in memory")
def test_a_mapped_array_that_was_let_go_takes_no_memory_and_says_the_same(tmp_path: Path) -> None:
    np.save(tmp_path / "numbers.npy", np.arange(100_000))
    mapped = np.asarray(np.load(tmp_path / "numbers.npy", mmap_mode="r"))
    assert mapped.sum() == sum(range(100_000))
    assert resident_kib("numbers.npy") > 500
    let_go(mapped)
    assert resident_kib("numbers.npy") == 0
    assert mapped.tolist() == list(range(100_000))


def test_an_array_that_is_not_mapped_stays() -> None:
    values = np.arange(5)
    let_go(values)
    assert values.tolist() == [0, 1, 2, 3, 4]
