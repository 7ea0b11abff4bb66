"""The file of MobileNetV2's ImageNet weights: where it is, whether it can be one, and getting it after an explicit yes.

A file that is already there is never looked up on the network.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hyai_tui.errors import Cancelled, HyaiError, ModelError, NotNow

IMAGENET: Final = "imagenet"
IMAGENET_FILE: Final = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
DOWNLOAD_URL: Final = f"https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/{IMAGENET_FILE}"
DOWNLOAD_ABOUT: Final = "MobileNetV2 ImageNet weights without top, as published by Keras Applications (Apache-2.0)"
DOWNLOAD_BYTES: Final = 9_406_464

_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
# The file has 2.26 million numbers. Other precisions and formats stay well within a factor of a few of 9 MB.
_SMALLEST: Final = 1_000_000
_LARGEST: Final = 1_000_000_000
_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 30.0


def imagenet_path() -> Path:
    """Return where Keras keeps the file: `$KERAS_HOME` or `~/.keras`, below `models`."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "models" / IMAGENET_FILE


def weights_path(setting: str, root: Path) -> Path | None:
    """Return the weights file that a setting names; None if it is `imagenet` and Keras has no such file here.

    Args:
        setting: `features.weights`: `imagenet`, or a file, relative to the workspace.
        root: the workspace.
    """
    if setting == IMAGENET:
        path = imagenet_path()
        return path if path.exists() else None
    return root / Path(setting).expanduser()


def check_weights(path: Path) -> str:
    """Check that the file can be a weights file, by existence, size and signature, and return its SHA-256.

    Raises:
        ModelError: with what is wrong and what to do.
    """
    fix = "Set features.weights to an HDF5 weights file, or to 'imagenet'"
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            signature = file.read(len(_SIGNATURE))
            if signature != _SIGNATURE:
                raise ModelError(f"{path} is no HDF5 file, so it holds no Keras weights", fix)
            if not _SMALLEST <= size <= _LARGEST:
                raise ModelError(f"{path} has {size:,} bytes; MobileNetV2's weights have about 9.4 million", fix)
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelError(f"There is no weights file {path}", fix) from error
    except OSError as error:
        raise ModelError(f"The weights file {path} cannot be read: {error.strerror}", fix) from error


def download(
    target: Path | None = None,
    *,
    url: str = DOWNLOAD_URL,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Path, str]:
    """Fetch the ImageNet weights to where Keras looks for them; call only after the user said yes.

    Args:
        target: the file to make; default `imagenet_path()`.
        url: where from.
        progress: called with (bytes done, bytes in all or 0).
        cancelled: asked between blocks.

    Returns:
        The file and its SHA-256. Keras publishes none for this file; the encoder version records it.

    Raises:
        NotNow: no network, no such host, or no answer in time.
        ModelError: what came is no weights file. Nothing is left behind.
        Cancelled: the user stopped it. Nothing is left behind.
    """
    import requests

    path = target or imagenet_path()
    temporary = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with requests.get(url, stream=True, timeout=(_CONNECT_SECONDS, _READ_SECONDS)) as answer:
            answer.raise_for_status()
            total = int(answer.headers.get("Content-Length") or 0)
            done = 0
            with temporary.open("wb") as file:
                for block in answer.iter_content(2**16):
                    if cancelled():
                        raise Cancelled("The download was stopped; nothing was kept")
                    file.write(block)
                    done += len(block)
                    progress(done, total)
                    if done > _LARGEST:
                        raise ModelError("The download does not end", "Fetch the weights yourself: features.weights")
        digest = check_weights(temporary)
        temporary.replace(path)
    except requests.RequestException as error:
        raise NotNow(
            f"The weights cannot be downloaded ({type(error).__name__})",
            f"Check the network, or put {IMAGENET_FILE} into {path.parent} yourself; until then the hog encoder works",
        ) from error
    except OSError as error:
        raise HyaiError(f"The weights cannot be written to {path.parent}: {error.strerror}", "Mend that") from error
    finally:
        temporary.unlink(missing_ok=True)
    return path, digest
