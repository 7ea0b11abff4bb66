"""hyai-tui: a terminal program that learns which pictures its user keeps."""

__version__ = "0.1.0"
