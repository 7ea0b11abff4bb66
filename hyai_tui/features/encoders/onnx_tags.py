"""Tags that the network of an ONNX file names besides its vectors, such as JoyTag's: which output, and what its numbers are called.

    [tags]
    output = "tags"           # the output with a number for each tag
    names = "top_tags.txt"    # beside the ONNX file: a tag a line, in the order of the numbers
    numbers = "logits"        # or "chances", 0 to 1
    least = 0.4               # tags less likely than this are not named

What stands here changes no vector, so it is no part of the encoder version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hyai_tui.errors import ModelError, SettingsError

_NUMBERS: Final = ("logits", "chances")


@dataclass(frozen=True, slots=True)
class TagOutput:
    """How tags are read from an output.

    Attributes:
        output: its name.
        names: the tags, in the order of its numbers.
        logits: whether a number is a logit, whose sigmoid is the chance.
        least: chance from which on a tag is named, 0 … 1.
    """

    output: str
    names: tuple[str, ...]
    logits: bool
    least: float

    def named(self, numbers: NDArray[np.float32]) -> list[list[tuple[str, float]]]:
        """Return for each picture the tags and their chances, the likeliest first, of float32[n, tags].

        Raises:
            ModelError: there are not as many numbers as names.
        """
        if numbers.ndim != 2 or numbers.shape[1] != len(self.names):
            raise ModelError(
                f"The output {self.output} gives numbers of shape {numbers.shape}, and there are {len(self.names):,} names",
                "Check output and names in [tags] of the description",
            )
        chances = 1 / (1 + np.exp(-numbers.clip(-60, 60))) if self.logits else numbers
        found = []
        for row in chances:
            order = np.argsort(-row, kind="stable")
            found.append([(self.names[at], float(row[at])) for at in order[row[order] >= self.least].tolist()])
        return found


def tag_output(about: Path, fields: Mapping[str, Any]) -> TagOutput | None:
    """Return what a description says of tags; None where it says nothing.

    Args:
        about: the description, beside which the names stand.
        fields: all of it.

    Raises:
        SettingsError: a value is wrong, or the names cannot be read.
    """
    table = fields.get("tags")
    if table is None:
        return None
    if (
        not isinstance(table, dict)
        or not isinstance(table.get("output"), str)
        or not isinstance(table.get("names"), str)
    ):
        raise SettingsError(
            f"{about}: [tags] needs output and names", 'Write output = "…" and names = "….txt" below it'
        )
    numbers, least = table.get("numbers", _NUMBERS[0]), table.get("least", 0.4)
    if numbers not in _NUMBERS:
        raise SettingsError(f"{about}: tags.numbers is one of {', '.join(_NUMBERS)}, not {numbers!r}", "Mend it")
    if not isinstance(least, int | float) or not 0 <= least <= 1:
        raise SettingsError(f"{about}: tags.least is a number from 0 to 1, not {least!r}", "Mend it")
    return TagOutput(table["output"], _names(about.with_name(table["names"])), numbers == "logits", float(least))


def _names(path: Path) -> tuple[str, ...]:
    try:
        lines: Sequence[str] = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The names of tags {path} cannot be read: {error}", "Put the file there") from error
    return tuple(line.strip() for line in lines if line.strip())
