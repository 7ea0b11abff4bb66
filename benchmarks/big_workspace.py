"""A workspace with very many catalog rows and scores, of which the first in the queue are real pictures."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from hyai_tui.learning.bundle import Bundle, EncoderStamp, OutOfFold
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.registry import Registry
from hyai_tui.learning.scores import ScoreTable
from hyai_tui.library.base import FileState, MediaFile, ScanItem, ScannedPath
from hyai_tui.workspace import Workspace, create_workspace

REAL = 800
_SIDE = 900


def fill(directory: Path, files: int, images: Path | None = None, pictures: int = REAL) -> Workspace:
    """Make the workspace. All files lie in trash and the model would keep them: one queue of all of them.

    Args:
        directory: a new one.
        files: catalog rows.
        images: pictures to use; without it they are drawn.
        pictures: so many files have one, those first in the queue.
    """
    library = directory / "pictures"
    (library / "trash").mkdir(parents=True)
    workspace = create_workspace(directory / "workspace", f'[library]\npath = "{library}"\n')
    real = list(_real(library, min(files, pictures), images))
    with workspace.open_catalog() as catalog:
        scan = catalog.begin_scan()
        catalog.put(_rows(real, files), scan)
        catalog.finish_scan(scan)
    bundle = _bundle(workspace)
    with workspace.open_catalog() as catalog:
        known = {one.sha256 for one in real}
        numbers = {one.sha256: one.number for one in catalog.files() if one.sha256 in known}
        score = np.random.default_rng(0).uniform(0.05, 0.25, files + 1).astype(np.float32)
        for place, one in enumerate(real):
            score[numbers[one.sha256]] = 0.0001 + 0.00004 * place
        ScoreTable.write(
            workspace.scores_directory, bundle, np.column_stack((1 - score, score)).astype(np.float32), catalog.identity
        )
    return workspace


def _real(library: Path, count: int, images: Path | None) -> Iterator[ScannedPath]:
    """Write pictures that repeat: each its own file, told apart by bytes after the end of the picture."""
    contents = _drawn() if images is None else _found(images)
    for place in range(count):
        content = contents[place % len(contents)] + place.to_bytes(4, "big")
        path = library / "trash" / f"{place:06}.jpg"
        path.write_bytes(content)
        stat = path.stat()
        name = f"trash/{path.name}"
        yield ScannedPath(name, hashlib.sha256(content).hexdigest(), stat.st_size, stat.st_mtime_ns, stat.st_ino)


def _found(images: Path) -> list[bytes]:
    chosen = sorted(images.rglob("*.jpg"))[::12][:300]
    return [_encoded(Image.open(path)) for path in chosen]


def _drawn() -> list[bytes]:
    """Return soft shapes under fine noise, in all directions: about as hard to encode as photographs."""
    contents = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        size = (_SIDE, _SIDE * 3 // 4) if seed % 3 else (_SIDE * 3 // 4, _SIDE)
        across = np.linspace(0, 2 + seed % 7, size[0])[None, :, None]
        down = np.linspace(0, 1 + seed % 5, size[1])[:, None, None]
        soft = 120 + 90 * np.sin(across + down + random.uniform(0, 6, 3)) * np.cos(down * random.uniform(0.2, 2))
        noisy = np.clip(soft + random.normal(0, 7, soft.shape), 0, 255).astype(np.uint8)
        contents.append(_encoded(Image.fromarray(noisy)))
    return contents


def _encoded(picture: Image.Image) -> bytes:
    picture = picture.convert("RGB")
    picture.thumbnail((_SIDE, _SIDE))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def _rows(real: list[ScannedPath], files: int) -> Iterator[ScanItem]:
    for one in real:
        yield one
        yield MediaFile(one.sha256, FileState.TRASH, paths=(one.path,), size=one.size, mime="image/jpeg")
    for number in range(len(real), files):
        yield MediaFile(hashlib.sha256(str(number).encode()).hexdigest(), FileState.TRASH)


def _bundle(workspace: Workspace) -> Bundle:
    head = Head("linear", (Layer(np.zeros((4, 1), np.float32), np.zeros(1, np.float32)),))
    bundle = Bundle(
        head,
        ("archive", "trash"),
        EncoderStamp("e", "hog", 4),
        "file",
        metrics={"macro_f1": 0.9},
        out_of_fold=OutOfFold.empty(2),
    )
    return Registry(workspace.models_directory).add(bundle, promote=True)
