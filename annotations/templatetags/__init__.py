"""Template tags of faces."""
