"""What is to be said of the training data before a training: sizes, and what the checks found in it. Light; no job."""

from __future__ import annotations

from collections.abc import Mapping

from hyai_tui.checks import results
from hyai_tui.samples.balance import THIN, balance_hints
from hyai_tui.text import count
from hyai_tui.workspace import Workspace


def training_hints(workspace: Workspace, sizes: Mapping[str, int]) -> list[str]:
    """Return hints, the most pressing first; none before there are enough samples to judge by.

    Args:
        workspace: what its checks found when they last ran counts.
        sizes: label to its samples.
    """
    if sum(sizes.values()) < THIN:
        return []
    said = balance_hints(sizes)
    kinds = {
        check: runs[-1].kinds for check, runs in results.runs(workspace).items() if runs and runs[-1].status == "ok"
    }
    if damaged := sum(kinds.get("files", {}).values()):
        said.append(f"{count(damaged, 'finding')} on damaged or odd files: what cannot be read teaches nothing")
    if twice := sum(kinds.get("balance", {}).values()):
        said.append(f"{count(twice, 'sample')} standing twice, under two labels, or in two folds")
    return said
