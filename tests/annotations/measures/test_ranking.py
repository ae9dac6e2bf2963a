"""Areas under curves are scikit-learn's, with ties, weights and resamples of subjects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from annotations.measures import ranking
from annotations.measures.bootstrap import resampling_weights
from annotations.measures.ranking import average_precision, rank, resampled_areas, roc_auc

faces = st.lists(
    st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 3)), min_size=1, max_size=40
)


@given(faces)
def test_areas_are_scikit_learns(rows):
    tenths, positive, weights = (np.array(column) for column in zip(*rows, strict=True))
    scores, weights = tenths / 10, weights.astype(float)
    ours = rank(scores, positive, weights)
    kinds = {bool(shows) for shows, weight in zip(positive, weights, strict=True) if weight}
    if kinds == {True, False}:
        theirs = metrics.roc_auc_score(positive, scores, sample_weight=weights)
        assert float(roc_auc(ours)) == pytest.approx(theirs)
    else:
        assert np.isnan(roc_auc(ours))
    if True in kinds:
        theirs = metrics.average_precision_score(positive, scores, sample_weight=weights)
        assert float(average_precision(ours)) == pytest.approx(theirs)
    else:
        assert np.isnan(average_precision(ours))


@pytest.mark.parametrize("at_once", [1, 10**6])
def test_a_resample_has_the_areas_of_its_faces(monkeypatch, at_once):
    monkeypatch.setattr(ranking, "_AT_ONCE", at_once)
    generator = np.random.default_rng(2)
    subject = np.repeat(np.arange(9), 5)
    positive = generator.random(45) < 0.4
    scores = np.round(generator.random(45) + 0.3 * positive, 1)
    weights = resampling_weights(9, resamples=15)
    roc, precision = resampled_areas(scores, positive, subject, weights)
    assert roc[0] == pytest.approx(metrics.roc_auc_score(positive, scores))
    for drawn, area, mean in zip(weights, roc, precision, strict=True):
        rows = np.repeat(np.arange(45), drawn[subject].astype(int))
        assert area == pytest.approx(metrics.roc_auc_score(positive[rows], scores[rows]))
        assert mean == pytest.approx(metrics.average_precision_score(positive[rows], scores[rows]))
