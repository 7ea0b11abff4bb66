"""Builds the site and the manual page from these pages: `make docs`. The source is the whole project, so that links hold."""

import sys
from pathlib import Path
from typing import Any

from hyai_tui import __version__

sys.path.insert(0, str(Path(__file__).parent))
from messages import tables

project = "hyai-tui"
author = "The hyai-tui authors"
copyright = author  # noqa: A001 - Sphinx' name
release = version = __version__

root_doc = "docs/index"
include_patterns = ["docs/*.md", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"]
extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
# Tables of settings and keys have code in other languages than Python, and lines of terminals in none.
highlight_language = "none"

html_theme = "furo"
html_title = "hyai-tui"
html_copy_source = False
html_show_sphinx = False
# The site asks no other server for anything.
html_theme_options = {"sidebar_hide_name": False, "top_of_page_buttons": []}

man_pages = [("docs/reference", "hyai", "learn which pictures you keep", [author], 1)]


def setup(app: Any) -> None:
    """Fill the page of messages in from the program's source."""

    def fill(_app: Any, name: str, source: list[str]) -> None:
        if name == "docs/messages":
            source[0] = source[0].replace("<!-- messages -->", tables(Path(__file__).parents[1] / "hyai_tui"))

    app.connect("source-read", fill)
