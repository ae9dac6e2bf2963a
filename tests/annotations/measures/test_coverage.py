"""Intervals cover the figure of all subjects about as often as they say."""

import numpy as np

from annotations.measures import confusion
from annotations.measures.bootstrap import estimate, resampling_weights, weigh

SUBJECTS, FACES_EACH, STUDIES = 40, 4, 400


def test_intervals_of_accuracy_cover_it_though_errors_go_together_by_subject():
    """Faces drawn one by one would cover it in 85 % of the studies only."""
    generator, hits = np.random.default_rng(20), 0
    subjects = np.repeat(np.arange(SUBJECTS), FACES_EACH)
    weights = resampling_weights(SUBJECTS)
    for _ in range(STUDIES):
        skill = generator.beta(2, 1, SUBJECTS)[subjects]
        right = (generator.random(len(subjects)) < skill).astype(int)
        tables = confusion.tables_by_subject(subjects, np.ones_like(right), right, 2)
        found = estimate(confusion.accuracy(weigh(weights, tables)), SUBJECTS)
        hits += found.low <= 2 / 3 <= found.high  # the mean of Beta(2, 1)
    # Of 400 studies 95 % are missed by more than 3 points in one of a hundred runs by chance.
    assert 0.91 <= hits / STUDIES <= 0.98, hits / STUDIES
