"""A client of millions of files that are made up when they are asked for: a few bytes a file, no object.

A file's hash, size and tags follow from its id; what commands change (states and tags in my tags) is kept in arrays.
Searches know the predicates that the program sends, and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fake_hydrus.client import CURRENT, Client, FakeFile, clean_tag
from tests.fake_hydrus.errors import Refusal
from tests.fake_hydrus.keys import AccessKey
from tests.fake_hydrus.made_up import thumbnail_of
from tests.fake_hydrus.pictures import ALSO
from tests.fake_hydrus.services import DELETED, DOWNLOADER_TAGS, MEDIA, MY_FILES, MY_TAGS, STORAGE, TRASH

_INBOX, _TRASH = 1, 2
_BEGAN = 1_600_000_000
_LARGE = 3_333_333_337


class GeneratedClient(Client):
    """A client of `size` files: of ten, five in the inbox, four archived and one in the trash.

    Where the number of files in the `trash` is given, these are the newest ones.
    """

    def __init__(self, size: int, keys: Iterable[AccessKey] = (), trash: int | None = None) -> None:
        super().__init__(keys=keys)
        ids = np.arange(size, dtype=np.int64)
        tenth = _TRASH if trash is None else 0
        self._flags = np.choose(ids % 10, [_INBOX] * 5 + [0] * 4 + [tenth]).astype(np.uint8)
        if trash:
            self._flags[-trash:] = _TRASH
        self._present = np.ones(size, bool)
        self._tagged: dict[str, NDArray[np.bool_]] = {}
        self._texts: dict[tuple[int, tuple[str, ...]], str] = {}
        self.files = _Files(self)  # type: ignore[assignment]  # a mapping that holds nothing
        self.by_hash = _Hashes(self)  # type: ignore[assignment]

    def __len__(self) -> int:
        return int(self._present.sum())

    def grow(self, number: int) -> None:
        """Import so many more files, into the inbox."""
        self._flags = np.concatenate([self._flags, np.full(number, _INBOX, np.uint8)])
        self._present = np.concatenate([self._present, np.ones(number, bool)])
        self._tagged = {tag: np.concatenate([one, np.zeros(number, bool)]) for tag, one in self._tagged.items()}

    def shrink(self, number: int) -> None:
        """Let the oldest files go that are still there."""
        self._present[np.flatnonzero(self._present)[:number]] = False

    def has(self, file_id: int) -> bool:
        return 0 < file_id <= len(self._present) and bool(self._present[file_id - 1])

    def made(self, file_id: int, like: int | None = None) -> FakeFile:
        """Make a file up, in its own state or in that of another one."""
        place = (like or file_id) - 1
        flags = int(self._flags[place])
        values = values_of(file_id)
        came = float(values["came"])
        trashed = bool(flags & _TRASH)
        mine = {tag for tag, those in self._tagged.items() if those[place]}
        theirs = {str(values["creator"]), str(values["series"]), str(values["word"]), "1girl", "solo"}
        return FakeFile(
            file_id,
            str(values["hash"]),
            details={
                "size": values["size"],
                "mime": "image/jpeg",
                "filetype_human": "jpeg",
                "filetype_enum": 1,
                "ext": ".jpg",
                "width": values["width"],
                "height": values["height"],
                "has_audio": False,
                "blurhash": "MZH2u{^#:gDqocYdtJcn+jacOziwTexZW,",
                "pixel_hash": values["pixels"],
                **ALSO,
            },
            thumbnail=thumbnail_of(file_id, unwanted=trashed),
            current={TRASH: came + 9, STORAGE: came, DELETED: came + 9}
            if trashed
            else {STORAGE: came, MY_FILES: came, MEDIA: came},
            deleted={MY_FILES: (came + 9, came), MEDIA: (came + 9, came)} if trashed else {},
            inbox=bool(flags & _INBOX),
            time_archived=None if flags & _INBOX else came + 5,
            tags={MY_TAGS: {CURRENT: mine}, DOWNLOADER_TAGS: {CURRENT: theirs}},
        )

    def rows(self, ids: Iterable[int]) -> bytes:
        """Return the JSON of full metadata rows, filled into a text that was made once for each state.

        Raises:
            Refusal: 404, as a client does for an id that it never gave.
        """
        wanted = list(ids)
        if novel := [one for one in wanted if not self.has(one)]:
            raise Refusal(404, f"It seems you gave a file_id that does not exist! Was asked about these: {novel}")
        return b'{"metadata": [' + ", ".join(map(self._row_text, wanted)).encode() + b'], "version": 95}'

    def _row_text(self, file_id: int) -> str:
        flags = int(self._flags[file_id - 1])
        mine = tuple(tag for tag, those in self._tagged.items() if those[file_id - 1])
        text = self._texts.get((flags, mine))
        if text is None:
            # Of an id so large that it is no other value of the row.
            row = self.row(self.made(_LARGE, like=file_id))
            marks = {value: f"%({name})s" for name, value in values_of(_LARGE).items()}
            text = self._texts[flags, mine] = _marked(json.dumps(_with_marks(row, marks)))
        return text % values_of(file_id)

    def ids(self, predicates: list[Any], domains: Iterable[str], *, ascending: bool) -> bytes:
        """Return the JSON of a search's ids."""
        trashed = (self._flags & _TRASH) != 0
        places = set(domains)
        found = self._present & np.where(trashed, TRASH in places, MEDIA in places)
        limit = None
        for one in predicates:
            _name, _, number = one.partition(" limit is ")
            if number:
                limit = int(number)
            else:
                found &= self._passes(one)
        ids = np.flatnonzero(found) + 1
        ids = (ids if ascending else ids[::-1])[:limit]
        return b'{"file_ids": [' + _listed(ids) + b'], "version": 95}'

    def _passes(self, predicate: str) -> NDArray[np.bool_]:
        everything = np.ones(len(self._flags), bool)
        inbox = (self._flags & _INBOX) != 0
        known: dict[str, NDArray[np.bool_]] = {
            "system:everything": everything,
            "system:no duration": everything,
            "system:filetype is image": everything,
            "system:inbox": inbox,
            "system:archive": ~inbox,
        }
        if predicate in known:
            return known[predicate]
        if predicate.startswith("system:"):
            raise Refusal(400, f'Could not parse system predicate "{predicate}"!')
        those = self._tagged.get(clean_tag(predicate.removeprefix("-")), ~everything)
        return np.logical_xor(those, predicate.startswith("-"))

    # Commands: what they do to the files is written back

    def archive(self, files: Iterable[FakeFile]) -> None:
        super().archive(kept := list(files))
        self._write_back(kept)

    def unarchive(self, files: Iterable[FakeFile]) -> None:
        super().unarchive(kept := list(files))
        self._write_back(kept)

    def trash(self, files: Iterable[FakeFile], domains: Iterable[str], reason: str) -> None:
        super().trash(kept := list(files), domains, reason)
        self._write_back(kept)

    def undelete(self, files: Iterable[FakeFile]) -> None:
        super().undelete(kept := list(files))
        self._write_back(kept)

    def change_tags(
        self,
        files: Iterable[FakeFile],
        service: str,
        actions: dict[str, list[str]],
        *,
        override: bool = True,
        record: bool = True,
    ) -> None:
        assert service == MY_TAGS, "only my tags can be changed here"
        positions = np.array([one.file_id - 1 for one in files], np.int64)
        for action, tags in actions.items():
            for tag in map(clean_tag, tags):
                those = self._tagged.setdefault(tag, np.zeros(len(self._flags), bool))
                those[positions] = action == "0"

    def _write_back(self, files: Iterable[FakeFile]) -> None:
        for one in files:
            self._flags[one.file_id - 1] = _INBOX * one.inbox | _TRASH * one.trashed


def _listed(ids: NDArray[np.int64]) -> bytes:
    """Return `1, 2, 3` for millions of ids in a moment: digits by numpy, blanks instead of leading zeros."""
    if not len(ids):
        return b""
    width = len(str(int(ids.max())))
    text = np.full((len(ids), width + 1), ord(","), np.uint8)
    rest = ids.astype(np.uint32)
    for place in range(width - 1, -1, -1):
        text[:, place] = np.where((rest > 0) | (place == width - 1), ord("0") + rest % 10, ord(" "))
        rest //= 10
    return text.tobytes()[:-1]


def hash_of(file_id: int) -> str:
    """The hash of a made-up file: it looks like one, and ends in the id."""
    return hashlib.blake2b(str(file_id).encode(), digest_size=24).hexdigest() + f"{file_id:016x}"


def values_of(file_id: int) -> dict[str, Any]:
    """What differs from file to file; no two values of a file are equal."""
    return {
        "hash": hash_of(file_id),
        "pixels": hash_of(file_id + 1),
        "id": file_id,
        "came": _BEGAN + file_id,
        "archived": _BEGAN + file_id + 5,
        "gone": _BEGAN + file_id + 9,
        "size": 50_000_000 + file_id % 900_000,
        "width": 10_000_000 + file_id % 400,
        "height": 20_000_000 + file_id % 600,
        "creator": f"creator:{file_id % 5000}",
        "series": f"series:{file_id % 700}",
        "word": f"word {file_id % 9000}",
    }


def _with_marks(value: Any, marks: Mapping[Any, str]) -> Any:
    """Return a row with marks where values stand that differ from file to file."""
    if isinstance(value, dict):
        return {key: _with_marks(one, marks) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_marks(one, marks) for one in value]
    return marks.get(value, value) if not isinstance(value, bool) else value


def _marked(text: str) -> str:
    """Take the quotes off the marks of numbers; a mark of a text keeps them."""
    for name, value in values_of(1).items():
        if isinstance(value, int):
            text = text.replace(f'"%({name})s"', f"%({name})d")
    return text


def grown(client: Client, body: Mapping[str, Any]) -> bytes:
    """Answer the one request that a real client does not know: come and go of files, for trials at size."""
    assert isinstance(client, GeneratedClient)
    client.grow(int(body.get("come", 0)))
    client.shrink(int(body.get("go", 0)))
    return json.dumps({"files": len(client)}).encode()


class _Files(Mapping[int, FakeFile]):
    def __init__(self, client: GeneratedClient) -> None:
        self._client = client

    def __getitem__(self, file_id: int) -> FakeFile:
        if not self._client.has(file_id):
            raise KeyError(file_id)
        return self._client.made(file_id)

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError("nobody may walk through millions of made-up files")

    def __len__(self) -> int:
        return len(self._client)


class _Hashes(Mapping[str, FakeFile]):
    def __init__(self, client: GeneratedClient) -> None:
        self._client = client

    def __getitem__(self, sha256: str) -> FakeFile:
        file_id = int(sha256[-16:], 16)
        if not self._client.has(file_id) or hash_of(file_id) != sha256:
            raise KeyError(sha256)
        return self._client.made(file_id)

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError("nobody may walk through millions of made-up files")

    def __len__(self) -> int:
        return len(self._client)
