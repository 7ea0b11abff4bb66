"""`hyai evaluate`: how good the model is, as lines, JSON, or one HTML file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.progress import run_job
from hyai_tui.learning.report_lines import baseline_lines, report_lines
from hyai_tui.workspace import open_workspace


@click.command("evaluate")
@click.option("--baseline", is_flag=True, help="Judge what needs no training: nearest samples, nearest mean.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write one HTML page too."
)
@json_option
def evaluate(baseline: bool, html: Path | None, as_json: bool) -> None:
    """Report how good the model in use is, on samples that it was not trained on."""
    result = run_job(open_workspace(), "evaluate", {"baseline": baseline})
    if html is not None and not baseline:
        from hyai_tui.learning.report_page import page

        temporary = html.with_name(f".{html.name}.{os.getpid()}.new")
        temporary.write_text(page(result), "utf-8")
        temporary.replace(html)
        narrate(f"report: {html}")
    emit(result, as_json, lambda: baseline_lines(result) if baseline else (line.text for line in report_lines(result)))
