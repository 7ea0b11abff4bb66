"""Opens the app in a pseudo-terminal and leaves it with its key, as `hyai` alone is typed in the pages."""

from __future__ import annotations

import sys

import pexpect

PATIENCE = 60

if __name__ == "__main__":
    app = pexpect.spawn(sys.executable, ["-m", "hyai_tui"], dimensions=(30, 100), timeout=PATIENCE)
    app.expect("LEARN|no model|keys")
    app.send("\x11")
    app.expect(pexpect.EOF)
    app.close()
    sys.exit(app.exitstatus if app.exitstatus is not None else 1)
