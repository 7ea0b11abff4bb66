"""Features for other programs: one Parquet file, a row for each content (the optional extra `parquet`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from hyai_tui.errors import HyaiError, ModelError, WrongUse
from hyai_tui.features.encoder import EncoderVersion
from hyai_tui.features.keys import hexed
from hyai_tui.features.store import FeatureStore
from hyai_tui.installing import how_to_add

_ROWS: Final = 16_384


def export_parquet(
    store: FeatureStore,
    version: EncoderVersion,
    target: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write `sha256` (text) and `vector` (a list of half-precision numbers of fixed length); return the rows written.

    The encoder version stands in the file's metadata under `hyai.encoder`. The file is written beside its place and moved
    there when it is whole.

    Raises:
        ModelError: pyarrow is not installed.
        WrongUse: there is such a file already.
        HyaiError: the disk refuses.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ModelError(
            "Parquet files need pyarrow, which is not installed", how_to_add("hyai-tui[parquet]")
        ) from error
    if target.exists():
        raise WrongUse(f"{target} exists already", "Choose another name, or move it away")
    vector = pyarrow.list_(pyarrow.float16(), store.dimension)
    schema = pyarrow.schema(
        [("sha256", pyarrow.string()), ("vector", vector)],
        metadata={"hyai.encoder": version.id, "hyai.preprocessing": version.preprocessing},
    )
    temporary = target.with_name(f".{target.name}.part")
    total, done = len(store), 0
    try:
        with pyarrow.parquet.ParquetWriter(temporary, schema, compression="none") as writer:
            for keys, bits in store.scan(_ROWS):
                halves = np.ascontiguousarray(bits).view(np.float16)
                rows = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(halves.ravel()), store.dimension)
                names = pyarrow.array(hexed(keys).astype("U64"))
                writer.write_table(pyarrow.table([names, rows], schema=schema))
                done += len(keys)
                progress(done, total)
        temporary.rename(target)
    except OSError as error:
        raise HyaiError(
            f"{target} cannot be written: {error.strerror}", "Free some space, or mend the permissions"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return done
