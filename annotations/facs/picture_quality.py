"""A picture's fitness to be read by a model; stored beside each prediction."""

from enum import StrEnum

from annotations.facs.head_pose import Pose


class Quality(StrEnum):
    """A picture's fitness to be read; everything but `GOOD` comes with a reason."""

    GOOD = "good"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TINY = "tiny"
    EXTREME_POSE = "extreme_pose"
    DARK = "dark"
    BLURRED = "blurred"


#: What a reviewer is told of a picture that is not good.
REASONS = {
    Quality.NO_FACE: "No face was found, so the model read the middle of the picture.",
    Quality.SEVERAL_FACES: "Several faces were found; the model read the one it was surest of.",
    Quality.TINY: "The face is tiny: its eyes are less than 20 pixels apart.",
    Quality.EXTREME_POSE: "The face is turned far to the side.",
    Quality.DARK: "The face is very dark.",
    Quality.BLURRED: "The face is blurred.",
}


def reason(quality: Quality, pose: Pose | None = None) -> str:
    """Return what a reviewer is told of a picture; nothing of a good one.

    Parameters
    ----------
    quality
        The picture's.
    pose
        The head's, where it is known.

    Examples
    --------
    >>> reason(Quality.EXTREME_POSE, Pose(yaw=-32, pitch=3, roll=0))
    'The face is turned 32 degrees away from the camera.'
    """
    if quality is Quality.EXTREME_POSE and pose is not None:
        return f"The face is turned {pose.turned:.0f} degrees away from the camera."
    return REASONS.get(quality, "")
