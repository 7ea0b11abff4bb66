"""Where files live: a Hydrus client or a folder tree, behind one protocol."""
