"""The regressions of both heads at once are scikit-learn's, one by one."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from training.ml.linear import VARIANCE_FLOOR, fit_linear

STRENGTH = 20.0


@pytest.fixture(scope="module")
def faces():
    draw = np.random.default_rng(0)
    x = draw.normal(1, 2, (60, 90)).astype(np.float32)
    emotions = draw.integers(-1, 3, 60)
    units = (x[:, :15] + draw.normal(0, 2, (60, 15)) > 2).astype(np.float32)
    units[draw.random((60, 15)) < 0.1] = -1
    units[:, 14] = 0  # nothing to tell apart
    return x, emotions, units


def _expected(x, targets):
    """scikit-learn's logits on features scaled as `fit_linear` scales them."""
    x = x.astype(np.float64)
    variance = x.var(axis=0)
    scale = np.sqrt(variance + VARIANCE_FLOOR * variance.mean() + 1e-6) * np.sqrt(x.shape[1])
    z, coded = (x - x.mean(axis=0)) / scale, targets >= 0
    regression = LogisticRegression(
        C=STRENGTH, class_weight="balanced", max_iter=5000, tol=1e-9
    ).fit(z[coded], targets[coded])
    return regression.decision_function(z)


@pytest.mark.parametrize("classes", [3, 2])
def test_logits_are_scikit_learns(faces, classes):
    x, emotions, units = faces
    emotions = np.where(emotions < classes, emotions, -1)
    expert = fit_linear(x, emotions, units, STRENGTH)
    logits = (x - expert.mean) @ expert.kernel + expert.bias
    expected = _expected(x, emotions)
    if classes == 3:
        found = logits[:, :3] - logits[:, :3].mean(axis=1, keepdims=True)
        np.testing.assert_allclose(
            found, expected - expected.mean(axis=1, keepdims=True), atol=2e-3
        )
    else:
        np.testing.assert_allclose(logits[:, 1] - logits[:, 0], expected, atol=2e-3)
        assert (logits[:, 2] == -20).all()
    for unit in range(14):
        np.testing.assert_allclose(logits[:, 3 + unit], _expected(x, units[:, unit]), atol=2e-3)
    assert logits[:, 17] == pytest.approx(np.log(0.5 / 60.5))
