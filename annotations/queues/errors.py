"""Errors of queues."""

from facsweb.problems import Conflict, Problem


class InvalidQueue(Problem):
    """A queue can't be made as asked; the text says how it can."""

    code = "invalid_queue"


class ShowsFaces(Conflict):
    """A change would show coders of a blind queue what others say of faces they haven't coded yet.

    It is made when the number of those faces is confirmed.
    """

    code = "shows_faces"

    def __init__(self, faces: int) -> None:
        which = "1 face that hasn't" if faces == 1 else f"{faces} faces that haven't"
        super().__init__(
            f"Nothing is changed yet: this would show coders of this blind queue the readings of "
            f"{which} been coded yet, and whoever looks is no longer blind to them. Confirm the "
            f"number, {faces}, to do it all the same.",
            {"shows": [f"Send {faces} if that is meant."]},
        )
        self.faces = faces
