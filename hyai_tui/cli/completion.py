"""`hyai completion`: what a shell needs to complete verbs, options and choices."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from hyai_tui.errors import WrongUse


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    hyai completion bash > ~/.local/share/bash-completion/completions/hyai
    hyai completion fish > ~/.config/fish/completions/hyai.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise WrongUse(f"There is no completion for {shell}", "bash, zsh and fish have one")
    found = kind(click.get_current_context().find_root().command, {}, "hyai", "_HYAI_COMPLETE")
    # `source()` runs bash to look at its version, which fails where there is none; the script is the same.
    click.echo(found.source_template % found.source_vars())
