"""The `hyai` command: its verbs and options, and which of them come first."""

from __future__ import annotations

import difflib
import importlib
import logging
import os
from typing import Any

import click

from hyai_tui import __version__
from hyai_tui.cli.examples import with_examples
from hyai_tui.cli.output import narrate
from hyai_tui.cli.streams import ReaderLeft
from hyai_tui.errors import Exit, HyaiError, WrongUse
from hyai_tui.text import count

# Verb to "module:attribute": a verb's module is imported only when that verb runs, so that `hyai status --line` in a
# status bar and the app's first paint pay for nothing else.
VERBS = {
    "demo": "demo:demo",
    "init": "init:init",
    "status": "status:status",
    "doctor": "doctor:doctor",
    "scan": "scan:scan",
    "cache": "cache:cache",
    "train": "learn:train",
    "classify": "learn:train",
    "learn": "patterns:learn",
    "patterns": "patterns:patterns",
    "score": "learn:score",
    "retrain": "learn:retrain",
    "evaluate": "report:evaluate",
    "thresholds": "thresholds:thresholds",
    "tag": "tagging:tag",
    "eval": "tagging:evaluate_and_tag",
    "untag": "tagging:untag",
    "queues": "queues:queues",
    "queue": "queues:queue",
    "map": "map:map_",
    "snapshots": "snapshots:snapshots",
    "check": "check:check",
    "findings": "findings:findings",
    "files": "files:files",
    "label": "decide:label",
    "labels": "labels:labels",
    "undo": "decide:undo",
    "redo": "decide:redo",
    "decisions": "decide:decisions",
    "suggest": "suggest:suggest",
    "similar": "bulk:similar",
    "stats": "stats:stats",
    "accept": "bulk:accept",
    "assign": "bulk:assign",
    "duplicates": "bulk:duplicates",
    "effects": "effects:effects",
    "log": "log:log",
    "serve": "serve:serve",
    "pages": "pages:pages",
    "models": "models:models",
    "runs": "runs:runs",
    "probes": "probes:probes",
    "samples": "samples:samples",
    "jobs": "jobs:jobs",
    "config": "config:config",
    "backup": "backup:backup",
    "reset": "backup:reset",
    "completion": "completion:completion",
}

# Verbs that settle effects themselves, or that must not touch a library.
NOT_SETTLING = frozenset(
    {
        "init",
        "demo",
        "doctor",
        "config",
        "jobs",
        "label",
        "labels",
        "undo",
        "redo",
        "effects",
        "backup",
        "reset",
        "serve",
        "completion",
    }
)
_QUIET_OPTIONS = frozenset({"--dry-run", "--line", "--help", "-h"})


class _Verbs(click.Group):
    """A group whose verbs are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, attribute = VERBS[cmd_name].split(":")
        command = getattr(importlib.import_module(f"hyai_tui.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return with_examples(cmd_name, command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            raise WrongUse(f"hyai has no verb {args[0]!r}", _nearest_verb(args[0]))
        found = super().resolve_command(ctx, args)
        ctx.obj = found[2]
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Under its own name, because click makes a failure of it.
            raise ReaderLeft from None


def _nearest_verb(word: str) -> str:
    near = difflib.get_close_matches(word, VERBS, 1)
    return f"Did you mean 'hyai {near[0]}'?" if near else "'hyai --help' lists them"


@click.group(cls=_Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hyai")
@click.option("--read-only", is_flag=True, help="Make no write request to the library.")
@click.option("--slow", is_flag=True, help="Spare a slow line: smaller pictures in the app, no animation.")
@click.pass_context
def hyai(ctx: click.Context, read_only: bool, slow: bool) -> None:
    """Learn which pictures you keep: review, relabel, retrain and tag.

    Without a verb, opens the app on the workspace found upward from here.
    """
    if read_only:
        os.environ["HYAI_READ_ONLY"] = "true"
    if ctx.invoked_subcommand is None:
        from hyai_tui.tui.opening import open_app

        open_app(slow=slow)
    elif ctx.invoked_subcommand not in NOT_SETTLING and not _QUIET_OPTIONS.intersection(ctx.obj):
        settle()


def settle() -> None:
    """Do what earlier decisions still ask for, for a second at most; what stands in the way is said and stops nothing."""
    from hyai_tui.effects.opening import settle_due
    from hyai_tui.workspace import find_root, open_workspace

    try:
        if find_root() is not None and (report := settle_due(open_workspace())).left:
            why = f": {report.waiting}" if report.waiting else ""
            narrate(f"{count(report.left, 'effect')} of earlier decisions still to do{why} ('hyai effects list')")
    except HyaiError as error:
        # The verb itself meets the same trouble if it matters to it, and says so in its own words.
        logging.getLogger(__name__).warning("effects were not settled: %s", error.what)


def invoke(arguments: list[str] | None) -> int:
    """Run a command line and return its exit code; what went wrong with the work is raised."""
    try:
        result: Any = hyai.main(args=arguments, prog_name="hyai", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return Exit.WRONG_USE
    return result if isinstance(result, int) else Exit.DONE
