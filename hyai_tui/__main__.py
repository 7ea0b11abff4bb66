"""`python -m hyai_tui` is `hyai`."""

from hyai_tui.cli import main

main()
