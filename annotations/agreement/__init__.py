"""How far coders agree: the figures (pure), their intervals, the report and its page."""
