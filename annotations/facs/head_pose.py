"""The pose of a head, as a model's worker estimated it; stored beside each prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

#: A face that is turned further away than so many degrees is hard to read: one side of it is
#: foreshortened to less than nine tenths, and models were trained on faces that look ahead.
TURNED_FAR = 30.0


@dataclass(frozen=True)
class Pose:
    """The turn of a head, in degrees; all are 0 for who looks straight into the camera.

    Attributes
    ----------
    yaw
        Above 0 where the face looks towards the picture's right.
    pitch
        Above 0 where it looks up.
    roll
        Above 0 where the head leans clockwise, as the picture shows it.
    """

    yaw: float
    pitch: float
    roll: float

    @property
    def turned(self) -> float:
        """The angle between where the face looks and the camera, in degrees.

        >>> round(Pose(yaw=-30, pitch=10, roll=20).turned, 1)
        31.5
        """
        yaw, pitch = math.radians(self.yaw), math.radians(self.pitch)
        return math.degrees(math.acos(math.cos(yaw) * math.cos(pitch)))

    def to_json(self) -> dict[str, float]:
        """Return the three angles by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, angles: Mapping[str, float]) -> Pose:
        """Read what `to_json` gave."""
        return cls(angles["yaw"], angles["pitch"], angles["roll"])
