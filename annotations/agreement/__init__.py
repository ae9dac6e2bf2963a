"""Agreement between coders: the figures (pure), their intervals, the report and its page."""
