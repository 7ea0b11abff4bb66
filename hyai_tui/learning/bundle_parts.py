"""What all bundles on disk share: a directory of `bundle.json` (what it is) and `arrays.npz` (its numbers), and a head.

No pickle, nothing to execute. A bundle may come from a stranger, so everything is checked before it is used: sizes before
arrays are read, the arrays against the digest in the facts.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyai_tui.array_files import packed_arrays
from hyai_tui.errors import ModelError
from hyai_tui.learning.head import Head, Layer
from hyai_tui.learning.kernel import KernelPart

FACTS = "bundle.json"
ARRAYS = "arrays.npz"
# Beside them in an export: the weights of a network that was tuned for the model, which no other machine has.
NETWORK = "network.weights.h5"
MOST_BYTES = 2_000_000_000
_MOST_FACTS = 10_000_000
_DIGEST = "arrays_sha256"

Arrays = Mapping[str, NDArray[Any]]


def write(directory: Path, facts: Mapping[str, Any], arrays: Arrays) -> None:
    """Write both files beside their place, then rename them into place: the directory appears whole or not at all.

    Raises:
        FileExistsError: if the directory is there already and not empty.
    """
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **dict(arrays))
    content = packed.getvalue()
    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=directory.parent))
    try:
        _write_file(new / ARRAYS, content)
        _write_file(new / FACTS, _text({**facts, _DIGEST: hashlib.sha256(content).hexdigest()}))
        _sync_directory(new)
        # Renaming onto an empty directory is allowed, onto a full one it fails: a bundle is never overwritten.
        new.replace(directory)
        _sync_directory(directory.parent)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def replace_facts(directory: Path, facts: Mapping[str, Any]) -> None:
    """Replace what `bundle.json` says, whole; the arrays stay."""
    replace_file(directory / FACTS, _text(facts))


def replace_file(path: Path, content: bytes) -> None:
    """Write a small file whole, on the disk, in the place of the one that may be there."""
    new = path.with_name(f".{path.name}.new")
    _write_file(new, content)
    new.replace(path)
    _sync_directory(path.parent)


def read_facts(directory: Path, form: str, newest: int) -> dict[str, Any]:
    """Return what `bundle.json` says.

    Args:
        directory: of the bundle.
        form: what its `format` must be.
        newest: the newest version that this program reads; the first is 1.

    Raises:
        ModelError: there is none, it is damaged, or of another format or version.
    """
    path = directory / FACTS
    try:
        if path.stat().st_size > _MOST_FACTS:
            raise broken(directory, f"{FACTS} is {path.stat().st_size:,} bytes long")
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(
            f"{directory} is no model: there is no {FACTS} in it", "Name a directory that 'hyai models export' wrote"
        ) from None
    except (ValueError, RecursionError):
        raise broken(directory, f"{FACTS} is not JSON") from None
    if not isinstance(found, dict) or found.get("format") != form:
        raise broken(directory, f"{FACTS} does not describe a model")
    if found.get("version") not in range(1, newest + 1):
        raise ModelError(
            f"{directory.name} is a model of format version {found.get('version')!r}, and this hyai reads 1 to {newest}",
            "Update hyai, or train a new model with 'hyai train'",
        )
    return found


def read_arrays(directory: Path, found: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return the arrays that go with the facts.

    Raises:
        ModelError: they are missing, damaged, or others.
    """
    path = directory / ARRAYS
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise broken(directory, f"{ARRAYS} is missing") from None
    if hashlib.sha256(content).hexdigest() != found.get(_DIGEST):
        raise broken(directory, f"{ARRAYS} is not the file that {FACTS} describes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_BYTES:
                raise broken(directory, f"{ARRAYS} unpacks to more than {MOST_BYTES:,} bytes")
        with packed_arrays(io.BytesIO(content)) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise broken(directory, f"{ARRAYS} cannot be read: {error}") from error


def broken(directory: Path, fault: str) -> ModelError:
    """Return the error of a bundle that cannot be used."""
    return ModelError(
        f"The model in {directory.name} cannot be used: {fault}",
        "Use another one with 'hyai models use', or train a new one with 'hyai train'",
    )


# The head


def head_facts(head: Head) -> dict[str, Any]:
    """Return what the facts say of a head."""
    facts: dict[str, Any] = {
        "kind": head.kind,
        "layers": [
            {"inputs": layer.kernel.shape[0], "outputs": layer.kernel.shape[1], "activation": layer.activation}
            for layer in head.layers
        ],
        "standardised": head.centre is not None,
    }
    if (kernel := head.kernel) is not None:
        facts["kernel"] = {"landmarks": len(kernel.landmarks), "width": kernel.width, "mix": list(kernel.mix)}
    return facts


def head_arrays(head: Head, prefix: str = "") -> dict[str, NDArray[Any]]:
    """Return a head's numbers by name, which begins as `prefix` says."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, layer in enumerate(head.layers):
        arrays[f"kernel_{number}"], arrays[f"bias_{number}"] = layer.kernel, layer.bias
    if head.centre is not None and head.scale is not None:
        arrays["centre"], arrays["scale"] = head.centre, head.scale
    if (kernel := head.kernel) is not None:
        arrays |= {
            "likeness_centre": kernel.centre,
            "likeness_landmarks": kernel.landmarks,
            "likeness_weights": kernel.weights,
            "likeness_bias": kernel.bias,
        }
    return {f"{prefix}{name}": array for name, array in arrays.items()}


def head_of(described: Mapping[str, Any], arrays: Arrays, prefix: str = "") -> Head:
    """Return the head that facts and arrays describe.

    Raises:
        KeyError, TypeError, ValueError: they do not fit together.
    """
    arrays = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    layers = tuple(
        Layer(arrays[f"kernel_{number}"], arrays[f"bias_{number}"], str(one["activation"]))
        for number, one in enumerate(described["layers"])
    )
    for number, (layer, one) in enumerate(zip(layers, described["layers"], strict=True)):
        if layer.kernel.shape != (one["inputs"], one["outputs"]):
            raise ValueError(f"layer {number}, which is not of the shape that it says")
    return Head(
        str(described["kind"]),
        layers,
        arrays["centre"] if described["standardised"] else None,
        arrays["scale"] if described["standardised"] else None,
        _kernel(described["kernel"], arrays) if "kernel" in described else None,
    )


def _kernel(described: Mapping[str, Any], arrays: Arrays) -> KernelPart:
    own, scores = described["mix"]
    return KernelPart(
        arrays["likeness_centre"].astype(np.float32),
        arrays["likeness_landmarks"].astype(np.float16),
        arrays["likeness_weights"].astype(np.float32),
        arrays["likeness_bias"].astype(np.float32),
        float(described["width"]),
        (float(own), float(scores)),
    )


# Identities


def bytes_of(identities: NDArray[np.bytes_]) -> NDArray[np.uint8]:
    """Return uint8[n, 64] of identities S64[n]."""
    found: NDArray[np.uint8] = identities.astype("S64").view(np.uint8).reshape(len(identities), 64)
    return found


def identities_of(rows: NDArray[Any]) -> NDArray[np.bytes_]:
    """Return identities S64[n] of uint8[n, 64]."""
    whole = np.ascontiguousarray(rows, np.uint8)
    found: NDArray[np.bytes_] = whole.reshape(len(whole), 64).view("S64").reshape(-1)
    return found


def _text(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, indent=1, sort_keys=True).encode() + b"\n"


def _write_file(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
