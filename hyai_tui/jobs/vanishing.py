"""Mistakes in a trash that empties itself: their pictures are kept here, and it is said until when the first may stay."""

from __future__ import annotations

import time

import numpy as np

from hyai_tui.effects.rescues import first_to_go, until_words
from hyai_tui.errors import HyaiError
from hyai_tui.jobs.context import JobContext
from hyai_tui.pictures.thumbnails import KEPT_BOX, ThumbnailCache, display_picture
from hyai_tui.queues.context import load_context
from hyai_tui.queues.mistakes import suspicion, trashed
from hyai_tui.text import count

MOST = 500
"""Pictures kept ahead of their going, the surest mistakes first."""


def after_scoring(context: JobContext) -> None:
    """Keep what the trash will lose, at the end of another job; what stands in the way is said and fails nothing."""
    if context.workspace.settings.library.kind != "hydrus":
        return
    try:
        _keep(context)
    except HyaiError as error:
        context.report.warning(f"Pictures in the trash could not be kept: {error}")


def _keep(context: JobContext) -> None:
    workspace = context.workspace
    known = load_context(workspace)
    wrong = trashed(known)
    places = np.flatnonzero(wrong)
    if not len(places):
        return
    ranked = places[np.argsort(-suspicion(known, wrong)[places], kind="stable")]
    files = [known.file(place) for place in ranked.tolist()]
    context.report.stage("keep", "keeping pictures that the trash will lose")
    library = workspace.open_library()
    try:
        until = first_to_go(library, files, workspace.settings.library)
        if until is None:
            return
        cache = ThumbnailCache(workspace.thumbnails_directory, workspace.settings.review.keep_thumbnails_mb * 1_000_000)
        kept = 0
        for file in files[:MOST]:
            context.check()
            try:
                display_picture(cache, library, file, KEPT_BOX)
            except HyaiError:
                continue  # gone already, or no picture: there is nothing to keep of it
            kept += 1
    finally:
        library.close()
    context.report.log(f"kept {count(kept, 'picture')} of the trash")
    context.report.warning(
        f"{count(len(files), 'file')} in the trash would be kept by the model, and the trash empties itself: "
        f"{until_words(until, time.time())}; 'hyai queue mistakes --kind trash-keep' lists them"
    )
