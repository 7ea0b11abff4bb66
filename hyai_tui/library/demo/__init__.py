"""The demo library: draws a picture folder with styles, mistakes and awkward files, from a seed."""
