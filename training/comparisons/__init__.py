"""Two to five coders beside one another on the same faces."""
