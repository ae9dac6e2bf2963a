"""Reading faces chunk by chunk: while one chunk is written, the next is being looked at.

A chunk is begun when the one before is read, not yet written: its pictures are decoded, aligned and
seen by the trunk in threads (`inference.ml.side_by_side`), while this thread, which has the
connection to the database, writes. So at most two chunks are in memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from billiard.exceptions import SoftTimeLimitExceeded
from django.db.models import Exists, OuterRef

from annotations.models import Coding, Face
from annotations.models.face_querysets import FaceQuerySet
from annotations.tombstones import watermark
from facsweb.jobs.fence import Cancelled
from inference.claims import Claims
from inference.files import local_file
from inference.ml.extractor import Looking
from inference.ml.features import Features
from inference.ml.predictor import Predictor
from inference.ml.references import Reference
from inference.models import InferenceRun, ModelVersion
from inference.predictions import predict, store
from inference.references import references_of

#: Few, so that who waits for one face has it soon; and enough for writing them to cost little.
CHUNK = 16
_SECONDS_BETWEEN_LOOKS = 0.5


def unread(version: ModelVersion, faces: FaceQuerySet) -> FaceQuerySet:
    """Keep faces that a version hasn't read."""
    # Not "NOT IN": PostgreSQL would go through all of many million readings for each face.
    read = Coding.objects.filter(coder=version.coder_id, face=OuterRef("pk"))
    return faces.filter(~Exists(read))


@dataclass(frozen=True)
class _Chunk:
    faces: Sequence[Face]
    references: Sequence[Reference | None]
    looking: Looking


class Reader:
    """Reads faces by a run's version, and stores what it says.

    Parameters
    ----------
    between
        Lets short runs pass: called now and then, when nothing is half written. None waits for
        nobody either: the run is done in passing, and who would have to be waited for may wait for
        the run around this one.
    """

    def __init__(
        self,
        run: InferenceRun,
        predictor: Predictor,
        between: Callable[[], None] | None,
    ) -> None:
        self._run, self._predictor, self._between = run, predictor, between
        self._claims = Claims(run)
        self._asked = time.monotonic()

    def read(self, ids: Sequence[int], tell: Callable[[int], None]) -> None:
        """Read those of some faces that the version hasn't read, and that are still there.

        Parameters
        ----------
        ids
            Of the faces.
        tell
            Is told, before each chunk is written, how many faces are done.

        Raises
        ------
        Cancelled
        """
        left = dict.fromkeys(ids)
        try:
            while left:
                since = watermark()
                try:
                    self._read_what_is_free(left, lambda: tell(len(ids) - len(left)))
                except (Cancelled, SoftTimeLimitExceeded):
                    raise
                except Exception:
                    if watermark() == since:
                        raise  # else faces went while they were read: once more, without them
                else:
                    tell(len(ids) - len(left))
                    if left:  # another run reads them just now
                        self._pause()
        finally:
            self._claims.release_all()

    def _read_what_is_free(self, left: dict[int, None], tell: Callable[[], None]) -> None:
        """Read faces, and take them out of `left`, but for those that other runs read now."""
        with closing(self._in_turn(left)) as chunks:
            for chunk, features in chunks:
                tell()
                said = predict(self._run, self._predictor, chunk.faces, chunk.references, features)
                store(self._run, said)
                self._done(left, [face.pk for face in chunk.faces])
                if left:
                    self._let_pass()

    def _pause(self) -> None:
        self._let_pass()
        time.sleep(_SECONDS_BETWEEN_LOOKS)

    def _let_pass(self) -> None:
        self._asked = time.monotonic()
        if self._between:
            self._between()

    def _let_pass_now_and_then(self) -> None:
        if time.monotonic() - self._asked >= _SECONDS_BETWEEN_LOOKS:
            self._let_pass()

    def _in_turn(self, left: dict[int, None]) -> Generator[tuple[_Chunk, Features]]:
        """Yield chunk after chunk with its features; the next one is begun by then."""
        ids = list(left)
        some = (ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK))
        begun = filter(None, (self._begin(left, each) for each in some))
        chunk = next(begun, None)
        try:
            while chunk:
                seen = chunk.looking.features(meanwhile=self._let_pass_now_and_then)
                features = self._predictor.compared(seen, chunk.references)
                done, chunk = chunk, next(begun, None)
                done.looking.close()
                yield done, features
        finally:
            if chunk:
                chunk.looking.close()

    def _begin(self, left: dict[int, None], ids: Sequence[int]) -> _Chunk | None:
        """Begin to look at those of some faces that nobody reads; None where there are none."""
        mine = self._claims.take(ids) if self._between else set(ids)
        rows = unread(self._run.version, Face.objects.filter(pk__in=mine)).order_by("pk")
        faces = list(rows)
        self._done(left, mine - {face.pk for face in faces})  # read meanwhile, or gone
        if not faces:
            return None
        known = references_of(rows.all()) if self._predictor.compares else {}
        looking = self._predictor.begin(
            [partial(local_file, face) for face in faces], [face.sha256 for face in faces]
        )
        return _Chunk(faces, [known.get(face.pk) for face in faces], looking)

    def _done(self, left: dict[int, None], ids: Collection[int]) -> None:
        for pk in ids:
            left.pop(pk, None)
        self._claims.release(ids)
