"""What encoders compute on, said without starting one: a graphics card that the system knows, else the processor."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from hyai_tui.features.memory import free_bytes
from hyai_tui.installing import how_to_add
from hyai_tui.text import megabytes

_CARDS: Final = Path("/proc/driver/nvidia/gpus")
_SECONDS: Final = 5.0


def hint() -> str:
    """Return what a graphics card would need here."""
    return f"No graphics card is needed; for one from NVIDIA, {how_to_add('tensorflow[and-cuda]')} lets encoding use it"


def device() -> tuple[str, bool]:
    """Return (sentence for people, whether it is a graphics card)."""
    cards = _cards()
    if cards:
        return "; ".join(cards), True
    free = free_bytes()
    memory = f", {megabytes(free)} of memory free" if free is not None else ""
    return f"CPU, {os.cpu_count() or 1} cores{memory}", False


def _cards() -> list[str]:
    """Return name and memory of each NVIDIA card, by its own tool where there is one, else the names that the driver gives."""
    said = _said_by_the_tool().splitlines() or [
        line.partition(":")[2]
        for about in sorted(_CARDS.glob("*/information"))
        for line in about.read_text("utf-8", "replace").splitlines()
        if line.startswith("Model:")
    ]
    return [line.strip() for line in said if line.strip()]


def _said_by_the_tool() -> str:
    """Return a line for each card; nothing where there is no tool, or one without a driver."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    command = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
