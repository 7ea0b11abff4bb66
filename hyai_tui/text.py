"""Small texts for people: names made safe to print, hashes made short, counts made readable."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_CONTROL = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_BIDI = dict.fromkeys((*range(128, 160), 1564, 8206, 8207, *range(8232, 8239), *range(8294, 8298)), "�")
_VISIBLE = _CONTROL | _BIDI


def visible(text: str) -> str:
    """Return the text with control characters shown (`␛` for escape), so that a name cannot steer a terminal.

    Undecodable bytes of file names (surrogates) become the replacement character.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").translate(_VISIBLE)


def short_hash(sha256: str) -> str:
    """Return a hash as people see it: `4f1c…9a`."""
    return f"{sha256[:4]}…{sha256[-2:]}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 file`, `12 files`, `1,204 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def megabytes(size: int) -> str:
    """Return a size such as `340 kB` or `1.2 MB`."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    if size < 1_000_000_000:
        return f"{size / 1e6:.1f} MB"
    return f"{size / 1e9:.1f} GB"


def duration(seconds: float) -> str:
    """Return `8 s`, `3 min` or `2.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def library_is_busy(kind: str, what: str) -> str:
    """Return the sentence for a library (`hydrus` or `folder`) that does not answer now: that it is busy, and how."""
    return f"{'Hydrus' if kind == 'hydrus' else 'The library'} is busy: {what}"


def old_scores_line(files: int) -> str:
    """Return what to say of files whose newest score is of another model than the one in use; empty without any."""
    verb = "carries" if files == 1 else "carry"
    return f"{count(files, 'file')} still {verb} scores of an older model" if files else ""


def common_start(texts: Sequence[str]) -> str:
    """Return the beginning that all texts share."""
    columns = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    return "".join(column[0] for column in columns)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """Yield aligned lines, the first one the column names."""
    texts = [[visible("" if row.get(name) is None else str(row.get(name))) for name in columns] for row in rows]
    widths = [max([len(name), *(len(row[i]) for row in texts)]) for i, name in enumerate(columns)]
    yield "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True)).rstrip()
    for row in texts:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
