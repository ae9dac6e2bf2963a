"""Two simulated coders, who code through the editor's form and the API as browsers and programs do.

Their table is kept as it is sent, so that it owes nothing to what the product stores.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from annotations import facs
from annotations.models import Face
from tests.annotations.agreement.tables import Said

#: A program may send units that the editor doesn't offer.
_API_UNITS = (*facs.MODEL_ACTION_UNITS, 5, 9, 20)


def form_of(said: Said, seen: int | None) -> dict[str, object]:
    """What the editor's form sends for a proposal of `said`."""
    present = [au for au, what in said.units.items() if what != "-"]
    absent = [au for au, what in said.units.items() if what == "-"]
    letters = {f"intensity-{au}": said.units[au] for au in present if said.units[au] != "+"}
    given = {"decision": "propose", "emotion": said.emotion, "au": present, **letters}
    if len(said.units) == len(facs.MODEL_ACTION_UNITS):
        given["rest_absent"] = "on"
    else:
        given["absent"] = absent
    return given if seen is None else given | {"seen": seen}


def label_of(said: Said, seen: int | None) -> dict[str, object]:
    """What a program sends to the API."""
    value = {"-": False, "+": True}
    units = {str(au): value.get(what, what) for au, what in said.units.items()}
    label = {"action_units": units, "seen": seen}
    return label | {"emotion": said.emotion} if said.emotion else label


class Coders:
    """Code faces by a chosen door, and keep what was sent: all of it, face by face, in order."""

    def __init__(self, seed: int, clients, api_clients) -> None:
        self.draw = random.Random(seed)
        self.clients, self.api_clients = clients, api_clients
        #: (face, coder) -> what was said and not taken back, in order.
        self.standing: dict[tuple[int, int], list[Said]] = {}
        #: (face, coder) -> what was said first, though it was taken back.
        self.first: dict[tuple[int, int], Said] = {}
        self.codings = 0

    def code(self, coder: int, faces: Sequence[Face]) -> None:
        """A twelfth by the form, a twelfth by the API one by one, the others as a batch."""
        twelfth = len(faces) // 12
        for face in faces[:twelfth]:
            self._by_form(coder, face)
        for face in faces[twelfth : 2 * twelfth]:
            said = self._drawn(_API_UNITS)
            answer = self.api_clients[coder].post(
                f"/api/v1/faces/{face.pk}/codings/", label_of(said, _truth(face)), format="json"
            )
            assert answer.status_code == 201, answer.json()
            self._keep(coder, face, said)
        self._by_batch(coder, faces[2 * twelfth :])

    def take_back(self, coder: int, faces: Iterable[Face]) -> None:
        """Code by the form once more, and undo that: what stood before stands again."""
        for face in faces:
            undo = self._by_form(coder, face)
            answer = self.clients[coder].post(undo, headers={"Accept": "application/json"})
            assert answer.status_code == 200, answer.content
            self.standing[face.pk, coder].pop()

    def table(self, *, first: bool = False) -> dict[int, dict[int, Said]]:
        if first:
            rows = self.first
        else:
            rows = {key: said[-1] for key, said in self.standing.items() if said}
        table: dict[int, dict[int, Said]] = {}
        for (face, coder), said in rows.items():
            table.setdefault(face, {})[coder] = said
        return table

    def _by_form(self, coder: int, face: Face) -> str:
        gaps = self.draw.random() < 0.7  # else "the rest is absent"
        said = self._drawn(facs.MODEL_ACTION_UNITS, gaps=gaps)
        answer = self.clients[coder].post(
            f"/faces/{face.pk}/review/",
            form_of(said, _truth(face)),
            headers={"Accept": "application/json"},
        )
        assert answer.status_code == 200, answer.content
        self._keep(coder, face, self._gone_on(coder, face, said))
        return answer.json()["undo"]

    def _gone_on(self, coder: int, face: Face, said: Said) -> Said:
        """The form shows the coder's own reading, and goes on from what it can't show of it."""
        own = self.standing.get((face.pk, coder), [])
        if not own:
            return said
        beyond = own[-1].units.keys() - set(facs.MODEL_ACTION_UNITS)
        return Said(said.emotion, {**{au: own[-1].units[au] for au in beyond}, **said.units})

    def _by_batch(self, coder: int, faces: Sequence[Face]) -> None:
        drawn = [self._drawn(_API_UNITS) for _ in faces]
        items = [
            {"face": face.pk, **label_of(said, _truth(face))}
            for face, said in zip(faces, drawn, strict=True)
        ]
        url = "/api/v1/codings/batch/"
        told = self.api_clients[coder].post(url, {"items": items}, format="json").json()
        assert told["created"] == len(faces), told
        for face, said in zip(faces, drawn, strict=True):
            self._keep(coder, face, said)

    def _keep(self, coder: int, face: Face, said: Said) -> None:
        self.first.setdefault((face.pk, coder), said)
        self.standing.setdefault((face.pk, coder), []).append(said)
        self.codings += 1

    def _drawn(self, units: Sequence[int], *, gaps: bool = True) -> Said:
        """Coders who agree somewhat: the higher a unit's number, the rarer it is for both."""
        coded = sorted(self.draw.sample(units, self.draw.randint(1, len(units)))) if gaps else units
        given = {au: self._scored(au) for au in coded}
        return Said(self.draw.choice(["", *facs.EMOTIONS, "positive"]), given)

    def _scored(self, au: int) -> str:
        if self.draw.random() < au / 30:
            return "-"
        return "+" if self.draw.random() < 0.02 else self.draw.choice("ABCDE")


def _truth(face: Face) -> int | None:
    return getattr(face, "truth_shown", None)
