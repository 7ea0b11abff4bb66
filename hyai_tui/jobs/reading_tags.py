"""What the network of the user's plug-in names on pictures: read, and written nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from hyai_tui.errors import WrongUse
from hyai_tui.features import plugins
from hyai_tui.features.plan import WorkItem
from hyai_tui.features.plugins import NamesTags
from hyai_tui.features.reading import Decoded, LibraryOnDemand, fetch_and_decode
from hyai_tui.jobs.context import JobContext

_TOGETHER: Final = 16


def read_tags(context: JobContext) -> Mapping[str, Any]:
    """Return `files`: for each of the files of the option of that name `file`, `tags` (`tag`, `probability`), and `reason`.

    Raises:
        WrongUse: the user has named no encoder plug-in, or one that names no tags.
    """
    named = plugins.named()
    if named is None or not isinstance(named.plugin, NamesTags):
        raise WrongUse(
            "No encoder here names tags", "Name an ONNX file that does in your config.toml, with [tags] beside it"
        )
    workspace = context.workspace
    files: Sequence[str] = [str(one) for one in context.options["files"]]
    library = LibraryOnDemand(workspace.open_library)
    recipe = named.plugin.recipe(named.options)
    found: dict[str, dict[str, Any]] = {}
    context.report.stage("tags", "reading what the network names")
    try:
        for start in range(0, len(files), _TOGETHER):
            context.check()
            part = [
                fetch_and_decode(WorkItem(file, file, True), library, workspace.settings.features.source, recipe)
                for file in files[start : start + _TOGETHER]
            ]
            _read(named, part, found, context)
            context.report.progress(min(start + _TOGETHER, len(files)), len(files))
    finally:
        library.close()
    return {"files": [found[file] for file in files]}


def _read(
    named: plugins.NamedPlugin, part: list[Decoded], found: dict[str, dict[str, Any]], context: JobContext
) -> None:
    assert isinstance(named.plugin, NamesTags)
    good = [one for one in part if one.pixels is not None]
    for one in part:
        found[one.item.file] = {"file": one.item.file, "tags": [], "reason": one.reason}
    if not good:
        return
    pixels = np.stack([one.pixels for one in good if one.pixels is not None])
    for one, tags in zip(good, named.plugin.tags(named.options, pixels, context.report.warning), strict=True):
        found[one.item.file]["tags"] = [{"tag": tag, "probability": round(chance, 4)} for tag, chance in tags]
