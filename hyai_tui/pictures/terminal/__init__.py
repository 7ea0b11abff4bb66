"""What a terminal can draw: asked before the app starts, encoded apart from the interface. No Textual in here."""
