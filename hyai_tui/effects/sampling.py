"""The sample effect: a decided file's picture stands in the folder of its label, and nowhere else."""

from __future__ import annotations

from hyai_tui.catalog.catalog import Catalog
from hyai_tui.effects.outcome import BatchResult
from hyai_tui.effects.tagging import NOT_FOUND
from hyai_tui.errors import LibraryDown, LibraryError, NotNow, PictureError
from hyai_tui.journal.journal import Journal
from hyai_tui.journal.model import Effect
from hyai_tui.library.base import FileState, Library
from hyai_tui.samples.folder import Original, SampleConflict, SampleFolders
from hyai_tui.samples.formats import extension_of

_FOUND_BY_A_SCAN = ("missing", "changed")
# Models see so many.
_LEAST_PIXELS = 224


class _NoPicture(SampleConflict):
    """The file is no picture that can be a sample."""


def reconcile_sample(
    effect: Effect,
    journal: Journal,
    catalog: Catalog,
    library: Library | None,
    folders: SampleFolders,
    pixels: int = 0,
) -> BatchResult:
    """Bring one file's sample to the decision in force, and return what it came to.

    Args:
        effect: names the file.
        journal: holds the decision.
        catalog: as the last scan left it.
        library: gives the bytes; None where it is not open.
        folders: the training folders.
        pixels: longest side of a new copy; 0 for the original.
    """
    result = BatchResult()
    decision = journal.effective([effect.file]).get(effect.file)
    label = decision.label if decision is not None else None
    known = catalog.file(effect.file)

    def recoverable() -> bool:
        return library is not None and _has_it(effect.file, library)

    def fetch() -> Original:
        content = _read(effect.file, library)
        extension = extension_of(content, known.mime if known is not None else None)
        if extension is None:
            raise _NoPicture("The file is no picture, so it has no sample")
        rescued = label == "archive" and known is not None and known.state is FileState.TRASH
        # What lies in the trash and is to be kept may be gone tomorrow: these may be its last bytes.
        small = _small(content, pixels) if pixels and not rescued else None
        return Original(content, extension) if small is None else Original(small, "jpg", "shrunk")

    try:
        folders.bring(effect.file, label, fetch, recoverable=recoverable)
    except LibraryDown as error:
        # Without a library at all, samples that only have to be moved can still be done.
        result.library_down = error.what if library is not None else ""
        result.wait([effect], error.what)
    except NotNow as error:
        result.wait([effect], error.what)
    except PictureError as error:
        # A file that was moved or exchanged by hand is found, or known to be gone, after the next scan.
        if error.reason in _FOUND_BY_A_SCAN and not (known is not None and known.state is FileState.GONE):
            result.wait([effect], NOT_FOUND)
        else:
            result.failed(effect, error.what)
    except (LibraryError, SampleConflict) as error:
        result.failed(effect, error.what)
    except OSError as error:
        # A full or write-protected disk is put right by somebody, and then it works.
        result.wait([effect], f"The training folders cannot be written: {error.strerror or error}")
    else:
        result.done(effect)
    return result


def _small(content: bytes, pixels: int) -> bytes | None:
    """Return a small copy of a picture; None where it is small already, or cannot be decoded here."""
    from hyai_tui.samples.shrink import small_copy

    try:
        small = small_copy(content, max(pixels, _LEAST_PIXELS))
    except PictureError:
        return None
    return small if small is not None and len(small) < len(content) else None


def _has_it(file: str, library: Library) -> bool:
    """Ask whether the library has the file now and keeps it: what it had at the last scan may be gone.

    A trashed file may be gone for ever tomorrow, so it does not count; neither does a library that cannot be asked.
    """
    try:
        found = library.lookup([file]).get(file)
    except (LibraryError, NotNow):
        return False
    return found is not None and found.state in (FileState.INBOX, FileState.ARCHIVE)


def _read(file: str, library: Library | None) -> bytes:
    if library is None:
        raise LibraryDown("The library is not open")
    try:
        return library.read(file)
    except PictureError:
        # A library that is away looks like one that has lost the file: this raises `LibraryDown` if it is away.
        library.rights()
        raise
