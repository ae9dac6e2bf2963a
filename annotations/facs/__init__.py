"""Facts of FACS: action units, their anomalies and regions, the picture's quality. No Django."""

from annotations.facs.action_units import (
    ACTION_UNITS,
    ANOMALIES,
    CKPLUS_EMOTIONS,
    EMOTIONS,
    HIGH_LEVEL,
    INTENSITIES,
    MODEL_ACTION_UNITS,
    SIDES,
    VISIBILITY_CODES,
    ActionUnit,
    Anomaly,
    Kind,
    anomalies,
    intensity_from_ckplus,
)

__all__ = [
    "ACTION_UNITS",
    "ANOMALIES",
    "CKPLUS_EMOTIONS",
    "EMOTIONS",
    "HIGH_LEVEL",
    "INTENSITIES",
    "MODEL_ACTION_UNITS",
    "SIDES",
    "VISIBILITY_CODES",
    "ActionUnit",
    "Anomaly",
    "Kind",
    "anomalies",
    "intensity_from_ckplus",
]
