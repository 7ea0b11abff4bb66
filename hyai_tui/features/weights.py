"""The file of a network's ImageNet weights: where it is, whether it can be one, and getting it after an explicit yes.

A file that is already there is never looked up on the network.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hyai_tui.errors import Cancelled, HyaiError, ModelError, NotNow
from hyai_tui.features.encoders.networks import MOBILENETV2, Network

IMAGENET: Final = "imagenet"
DOWNLOAD_ABOUT: Final = "ImageNet weights without top, as published by Keras Applications (Apache-2.0)"

_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
# Other precisions and formats stay well within a factor of a few of the size that Keras publishes.
_SMALLEST_SHARE: Final = 0.1
_LARGEST: Final = 1_000_000_000
_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 30.0


def imagenet_path(network: Network = MOBILENETV2) -> Path:
    """Return where Keras keeps the file: `$KERAS_HOME` or `~/.keras`, below `models`."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "models" / network.file


def weights_path(setting: str, root: Path, network: Network = MOBILENETV2) -> Path | None:
    """Return the weights file that a setting names; None if it is `imagenet` and Keras has no such file here.

    Args:
        setting: `features.weights`: `imagenet`, or a file, relative to the workspace.
        root: the workspace.
        network: whose weights.
    """
    if setting == IMAGENET:
        path = imagenet_path(network)
        return path if path.exists() else None
    return root / Path(setting).expanduser()


def check_weights(path: Path, network: Network = MOBILENETV2) -> str:
    """Check that the file can be a network's weights file, by existence, size and signature, and return its SHA-256.

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
            if not _SMALLEST_SHARE * network.size <= size <= _LARGEST:
                about = f"{network.title}'s weights have about {network.size / 1e6:.1f} million"
                raise ModelError(f"{path} has {size:,} bytes; {about}", fix)
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelError(f"There is no weights file {path}", fix) from error
    except OSError as error:
        raise ModelError(f"The weights file {path} cannot be read: {error.strerror}", fix) from error


def download(
    target: Path | None = None,
    *,
    network: Network = MOBILENETV2,
    url: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[Path, str]:
    """Fetch the ImageNet weights to where Keras looks for them; call only after the user said yes.

    Args:
        target: the file to make; default `imagenet_path(network)`.
        network: whose weights.
        url: where from; default where Keras fetches them.
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

    path = target or imagenet_path(network)
    temporary = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with requests.get(url or network.url, stream=True, timeout=(_CONNECT_SECONDS, _READ_SECONDS)) as answer:
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
        digest = check_weights(temporary, network)
        temporary.replace(path)
    except requests.RequestException as error:
        raise NotNow(
            f"The weights cannot be downloaded ({type(error).__name__})",
            f"Check the network, or put {network.file} into {path.parent} yourself; until then the small encoder works",
        ) from error
    except OSError as error:
        raise HyaiError(f"The weights cannot be written to {path.parent}: {error.strerror}", "Mend that") from error
    finally:
        temporary.unlink(missing_ok=True)
    return path, digest
