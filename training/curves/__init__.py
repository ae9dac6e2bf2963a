"""A run's curves, and the thresholds that an admin may choose on them."""
