"""What a library's own tags and notes teach: counts, pulls, related tags, words, visual groups and suggestions."""
