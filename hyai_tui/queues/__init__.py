"""What to look at: pure functions over arrays that give a ranking with reasons."""
