"""`hyai evaluate`: how good the model is, as lines, JSON, or one HTML file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from hyai_tui.cli.output import emit, json_option, narrate
from hyai_tui.cli.progress import run_job
from hyai_tui.cli.splits import items_options
from hyai_tui.errors import WrongUse
from hyai_tui.learning.report_lines import baseline_lines, report_lines
from hyai_tui.learning.tag_lines import tag_headline, tag_lines
from hyai_tui.text import count
from hyai_tui.workspace import open_workspace


@click.command("evaluate")
@click.option("--baseline", is_flag=True, help="Judge what needs no training: nearest samples, nearest mean.")
@click.option("--zero-shot", is_flag=True, help="Judge guesses from rules on tags, or from what labels stand for.")
@click.option("--rule", "rules", multiple=True, metavar="LABEL=TAG,…", help="--zero-shot: tags that speak for a label.")
@items_options
@click.option("--namespace", metavar="NAME", help="Judge the model of the tags of this namespace, per tag.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write one HTML page too."
)
@json_option
def evaluate(
    baseline: bool,
    zero_shot: bool,
    rules: tuple[str, ...],
    split: str | None,
    label_run: int | None,
    namespace: str | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Report how good the model in use is, on samples that it was not trained on."""
    part = split is not None or label_run is not None
    if namespace and (baseline or html is not None or part):
        raise WrongUse("--namespace goes with --json only", "Leave the other options out")
    if baseline and part:
        raise WrongUse("--baseline is on all samples", "Leave --split and --label-run out")
    if (rules and not zero_shot) or (zero_shot and (part or baseline or namespace or html is not None)):
        raise WrongUse("--zero-shot goes with --rule and --json only", "Leave the other options out")
    if zero_shot:
        guessed = run_job(open_workspace(), "evaluate", {"zero_shot": True, "rules": list(rules)})
        emit(guessed, as_json, lambda: _of_guesses(guessed))
        return
    options = {"baseline": baseline, "namespace": namespace, "split": split, "label_run": label_run}
    result = run_job(open_workspace(), "evaluate", options)
    if namespace:
        emit(result, as_json, lambda: _of_tags(result))
        return
    if html is not None and not baseline:
        from hyai_tui.learning.report_page import page

        temporary = html.with_name(f".{html.name}.{os.getpid()}.new")
        temporary.write_text(page(result), "utf-8")
        temporary.replace(html)
        narrate(f"report: {html}")
    emit(result, as_json, lambda: baseline_lines(result) if baseline else _texts(result))


def _texts(result: Mapping[str, Any]) -> Iterator[str]:
    return (line.text for line in report_lines(result))


def _of_tags(result: Mapping[str, Any]) -> Iterator[str]:
    yield f"{result['namespace']} {result['model']}, {count(result['n'], 'file')}: {tag_headline(result)}"
    yield from tag_lines(result["per_label"])


def _of_guesses(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield how well labels were guessed without any training."""
    yield (
        f"from {result['by']}, on {count(result['n'], 'sample')}: macro F1 {result['macro_f1']:.3f},"
        f" accuracy {result['accuracy']:.3f}"
    )
    if result["accuracy_covered"] is not None:
        yield f"something is said of {result['covered']:,}; of those {result['accuracy_covered']:.3f} are right"
