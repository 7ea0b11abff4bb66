"""The one runner that brings files to what the newest decisions ask for, and the one door for decisions."""
