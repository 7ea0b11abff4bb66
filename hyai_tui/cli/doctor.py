"""`hyai doctor`: each thing that hyai needs is looked at; what is not all right says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace

import click

from hyai_tui.cli.doctor_check import Check
from hyai_tui.cli.doctor_machine import of_machine
from hyai_tui.cli.output import emit, json_option
from hyai_tui.errors import Exit, HyaiError
from hyai_tui.workspace import open_workspace


@click.command("doctor")
@click.option("--terminal", is_flag=True, help="Look at this terminal instead: what it can draw, and how fast it is.")
@click.option(
    "--runtimes",
    is_flag=True,
    help="First measure whether LiteRT encodes faster here with the same vectors, and use it then.",
)
@json_option
def doctor(terminal: bool, runtimes: bool, as_json: bool) -> int:
    """Check what hyai needs, here and now, and say what to do about what is missing."""
    if runtimes:
        from hyai_tui.cli.progress import run_job

        run_job(open_workspace(), "runtimes", {})
    if terminal:
        from hyai_tui.cli.doctor_terminal import doctor_terminal

        return doctor_terminal(as_json=as_json)
    checks = list(_checks())
    emit({"checks": [asdict(one) for one in checks]}, as_json, lambda: _lines(checks))
    return Exit.DONE if all(one.ok for one in checks) else Exit.FAILED


def _lines(checks: Iterable[Check]) -> Iterator[str]:
    for one in checks:
        yield f"{'ok  ' if one.ok else 'FAIL'}  {one.name:<12} {one.detail}"
        if one.fix:
            yield f"{'':6}{'':<12} → {one.fix}"


def _checks() -> Iterator[Check]:
    yield from of_machine()
    try:
        workspace = open_workspace()
    except HyaiError as error:
        yield Check("workspace", False, error.what, error.fix)
        return
    from hyai_tui.cli.doctor_workspace import of_workspace

    yield from _each_trouble_once(of_workspace(workspace))


def _each_trouble_once(checks: Iterable[Check]) -> Iterator[Check]:
    """Point to the first row that tells of a trouble where others meet the same."""
    first: dict[str, str] = {}
    for one in checks:
        if one.ok or one.detail not in first:
            first.setdefault(one.detail, one.name)
            yield one
        else:
            yield replace(one, detail=f"see {first[one.detail]}", fix="")
