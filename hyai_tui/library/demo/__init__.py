"""The demo library: draws a picture folder with styles, mistakes and awkward files, from a seed."""

from hyai_tui.library.demo.drawing import FILES, draw_library
from hyai_tui.library.demo.layout import DemoFacts

__all__ = ["FILES", "DemoFacts", "draw_library"]
