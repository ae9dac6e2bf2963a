"""Pages of trainings, models, comparisons and drift."""
