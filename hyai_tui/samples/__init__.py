"""The training folders: put, remove, and sync with the journal in both directions."""
