"""The commands, one module a noun: parse, call, print. Imports nothing heavy."""

from __future__ import annotations


def main() -> None:
    """Run `hyai`."""
    from hyai_tui.cli.running import run

    run()
