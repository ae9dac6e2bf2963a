"""A run's figures ready to draw: of classes, units, groups, coders and the balance of its data."""
