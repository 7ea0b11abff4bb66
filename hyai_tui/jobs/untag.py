"""The untag job: takes all our tags, and no other, off all files, and forgets what the ledger knows of them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from hyai_tui.errors import LibraryError
from hyai_tui.jobs.context import JobContext
from hyai_tui.jobs.tag import refuse_read_only, require_tag_right
from hyai_tui.learning.registry import Registry
from hyai_tui.library.write_log import sign
from hyai_tui.tagging.ledger import CLEARING
from hyai_tui.tagging.patience import Patience
from hyai_tui.tagging.targets import our_tags
from hyai_tui.tagging.writing import batches, clear
from hyai_tui.text import count

KIND = "untag"
COMPUTE = False


def run(context: JobContext) -> dict[str, Any]:
    """Clear our tags.

    Options:
        dry_run: only count.

    Raises:
        PermissionMissing: the library does not let us write tags.
        LibraryError: some files kept a tag; the ledger then keeps what it knows.
    """
    workspace = context.workspace
    dry = bool(context.options.get("dry_run"))
    if not dry:
        refuse_read_only(context)
    with ExitStack() as stack:
        journal = stack.enter_context(workspace.open_journal())
        catalog = stack.enter_context(workspace.open_catalog())
        ledger = stack.enter_context(workspace.open_ledger())
        library = workspace.open_library()
        stack.callback(library.close)
        sign(library, CLEARING)
        require_tag_right(library, dry=dry)
        bundle = Registry(workspace.models_directory).current()
        names = [*(bundle.labels if bundle else ()), *(label.name for label in journal.labels())]
        ours = our_tags(workspace.settings.tag, names, ledger.names() | journal.applied_tags())
        patience = Patience(context.check, warn=context.report.warning)

        context.report.stage("search", "looking for our tags")
        files: dict[str, None] = {}
        for tag in sorted(ours):
            context.check()
            files.update(dict.fromkeys(patience.ask(lambda tag=tag: list(library.search_candidates((tag,))))))  # type: ignore[misc]
        context.report.stage("untag", "counting our tags" if dry else "clearing our tags")
        cleared = done = 0
        left: list[str] = []
        for batch in batches(list(files), workspace.settings.tag.batch_size):
            context.check()
            amount, kept = clear(library, ours, batch, patience, ledger, catalog.update, dry=dry)
            cleared += amount
            left += kept
            done += len(batch)
            context.report.progress(done, len(files))
        if left:
            raise LibraryError(
                f"{count(len(left), 'file')} of {len(files):,} kept a tag of ours", "Run 'hyai untag' again"
            )
        if not dry:
            # First the traces: an undo after this has nothing to restore, and nothing to complain of.
            journal.drop_all_traces("tag")
            ledger.clear()
    return {"cleared": cleared, "dry_run": dry}
