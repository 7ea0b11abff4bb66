"""A model as one ZIP file, for another machine, with its network where that was tuned. What comes in is checked first."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from hyai_tui.errors import ModelError
from hyai_tui.learning import bundle_parts

_FILES = (bundle_parts.FACTS, bundle_parts.ARRAYS)
_KNOWN = (*_FILES, bundle_parts.NETWORK)
_FIX = "Take in a file that 'hyai models export' wrote"
# The same date in each archive, so that one model is always the same file.
_DATE = (1980, 1, 1, 0, 0, 0)


def pack(directory: Path, target: Path, network: Path | None = None) -> None:
    """Write a bundle's directory as a ZIP file, whole or not at all.

    Args:
        directory: of the bundle.
        target: the file.
        network: weights to go with it; None for a network that other machines have.

    Raises:
        ModelError: there is something of that name already.
    """
    if target.exists():
        raise ModelError(f"{target} is there already", "Name a file that does not exist yet")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in _FILES:
                packed.writestr(zipfile.ZipInfo(f"{directory.name}/{name}", _DATE), (directory / name).read_bytes())
            if network is not None:
                name = f"{directory.name}/{bundle_parts.NETWORK}"
                packed.writestr(zipfile.ZipInfo(name, _DATE), network.read_bytes())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def unpack(file: Path, target: Path) -> Path:
    """Take a bundle's two files, its network if it is there, and nothing else out of a ZIP file into a new directory; returns it.

    Raises:
        ModelError: it is no ZIP file, holds anything else, names a place outside, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            found = {}
            for entry in packed.infolist():
                parts = entry.filename.split("/")
                if entry.is_dir() and len(parts) == 2 and parts[0] not in {"", ".", ".."}:
                    continue
                if parts[-1] not in _KNOWN or len(parts) > 2 or parts[0] in {"", ".", ".."} or parts[-1] in found:
                    raise ModelError(f"{file.name} holds {entry.filename!r}, which is no part of a model", _FIX)
                found[parts[-1]] = entry
            if missing := [name for name in _FILES if name not in found]:
                raise ModelError(f"{file.name} is no model: there is no {missing[0]} in it", _FIX)
            if sum(entry.file_size for entry in found.values()) > bundle_parts.MOST_BYTES:
                raise ModelError(f"{file.name} unpacks to more than {bundle_parts.MOST_BYTES:,} bytes", _FIX)
            target.mkdir(mode=0o700, parents=True)
            for name, entry in found.items():
                # Read through the archive's own size: an entry that lies about it ends in an error.
                (target / name).write_bytes(packed.read(entry))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{file.name} cannot be unpacked: {error}", _FIX) from error
    return target
