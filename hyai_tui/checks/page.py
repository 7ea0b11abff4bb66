"""Findings of checks as one HTML page: nothing in it is loaded from elsewhere, thumbnails stand in it as data."""

from __future__ import annotations

import base64
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hyai_tui.checks.base import Finding
from hyai_tui.checks.results import Kept
from hyai_tui.errors import HyaiError, WrongUse
from hyai_tui.pictures.thumbnails import ThumbnailCache, display_picture
from hyai_tui.text import count, visible
from hyai_tui.workspace import Workspace

if TYPE_CHECKING:
    from hyai_tui.library.base import Library

# A page with more pictures than this is too heavy to open; the rest is listed without.
MOST_PICTURES: Final = 500
_BOX = (160, 160)
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse; width: 100% } td, th { border-bottom: 1px solid #ddd; padding: .4em; text-align: left; vertical-align: top }
img { max-width: 160px; max-height: 160px } code { font-size: 85% } .high { color: #b3261e } .medium { color: #8a5a00 } .low { color: #555 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } td, th { border-color: #444 } }
"""


@dataclass(frozen=True, slots=True)
class Part:
    """What a page says of one check: its newest result, what is open of it, and why there is no new one, where it did not end."""

    kept: Kept
    findings: Sequence[Finding]
    error: str = ""


def write_page(target: Path, workspace: Workspace, parts: Sequence[Part]) -> int:
    """Write the page of some checks, readable by its owner alone, and return how many thumbnails it holds.

    Raises:
        WrongUse: it cannot be written.
    """
    # The surest of every check first: no check may use up the room for pictures.
    surest = sorted((one for part in parts for one in part.findings), key=lambda one: -one.confidence)
    try:
        pictures = _pictures(workspace, surest)
    except HyaiError:
        pictures = {}  # a library that is down leaves a page without pictures, which is better than none
    name = parts[0].kept.check if len(parts) == 1 else "all"
    sections = "\n".join(_section(one, pictures) for one in parts)
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>hyai check {escape(name)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<style>{_STYLE}</style></head><body>
{_contents(parts) if len(parts) != 1 else ""}{sections}
</body></html>
"""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        temporary.write_text(page, "utf-8")
        temporary.replace(target)
    except OSError as error:
        raise WrongUse(f"{target} cannot be written: {error.strerror or error}", "Choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)
    return len(pictures)


def _contents(parts: Sequence[Part]) -> str:
    """Return the head of a page of several checks: each with its number of open findings, and a link to them."""
    rows = "".join(
        f'<tr><td><a href="#{escape(one.kept.check)}">{escape(one.kept.check)}</a></td><td>{len(one.findings):,}</td>'
        f"<td>{one.kept.resolved:,}</td><td>{one.kept.new:,}</td></tr>"
        for one in parts
    )
    head = "<th>check</th><th>open</th><th>resolved</th><th>new</th>"
    return f"<h1>Checks</h1><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _section(part: Part, pictures: dict[str, str]) -> str:
    kept, findings = part.kept, part.findings
    kinds = Counter(one.kind for one in findings)
    counts = "".join(f"<li>{number:,} {escape(kind)}</li>" for kind, number in sorted(kinds.items()))
    advice = "".join(f"<li>{escape(text)}</li>" for text in kept.result.advice)
    when = datetime.fromtimestamp(kept.at).astimezone().strftime("%Y-%m-%d %H:%M")
    failed = f'<p class="high">The newest run did not end: {escape(visible(part.error))}</p>' if part.error else ""
    rows = "\n".join(_row(one, pictures) for one in findings)
    head = "<thead><tr><th>picture</th><th>finding</th><th>sure</th></tr></thead>"
    listed = f"<table>{head}<tbody>\n{rows}\n</tbody></table>" if findings else ""
    return f"""<h1 id="{escape(kept.check)}">Check: {escape(kept.check)}</h1>{failed}
<p>{when}. {count(kept.result.looked_at, "file")} looked at, {count(len(findings), "open finding")},
{kept.resolved:,} resolved and {kept.new:,} new since the run before.</p>
<ul>{counts}</ul>{f"<h2>What to do next</h2><ul>{advice}</ul>" if advice else ""}
{listed}"""


def _row(one: Finding, pictures: dict[str, str]) -> str:
    shown = "".join(
        f'<img src="{pictures[file]}" alt="">'
        for file in (one.file, one.other)
        if file is not None and file in pictures
    )
    suggested = f"<br>would be right: {escape(one.suggested)}" if one.suggested else ""
    other = f" <code>{one.other}</code>" if one.other else ""
    return (
        f"<tr><td>{shown}</td><td>{escape(visible(one.reason))}{suggested}<br>{escape(one.kind)}"
        f'<br><code>{one.file}</code>{other}</td><td class="{one.band}">{one.confidence:.0%}</td></tr>'
    )


def _pictures(workspace: Workspace, findings: Sequence[Finding]) -> dict[str, str]:
    files = list(dict.fromkeys(file for one in findings for file in (one.file, one.other) if file is not None))
    found = {}
    cache = ThumbnailCache(workspace.thumbnails_directory, workspace.settings.review.keep_thumbnails_mb * 1_000_000)
    with closing(workspace.open_library()) as library:
        for file in files[:MOST_PICTURES]:
            data = _data(file, library, cache)
            if data is not None:
                found[file] = data
    return found


def _data(file: str, library: Library, cache: ThumbnailCache) -> str | None:
    try:
        if not library.lookup([file]):
            return None
        picture = display_picture(cache, library, file, _BOX)
    except HyaiError:
        return None  # the finding may well be that it cannot be shown
    out = BytesIO()
    picture.thumbnail(_BOX)
    picture.convert("RGB").save(out, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
