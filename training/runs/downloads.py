"""Files that can be taken from a training: its metrics, its model's predictions, and the model."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from facsweb.audit.services import record
from facsweb.problems import Missing
from facsweb.rest.cells import defuse
from inference.artefacts import Opener, files_of
from training.models import TrainingRun
from training.permissions import training_policy
from training.runs.predictions import as_csv, as_parquet, prediction_rows
from training.runs.sink import Sink

#: What a table of predictions can be -> its media type.
TABLES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_COLUMNS = ("split", "part", "figure", "value", "low", "high")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_PIECE = 1 << 20


def metrics_file(run: TrainingRun, kind: str) -> HttpResponseBase:
    """Answer with a run's figures as JSON or CSV. Raises Missing where there are none."""
    if run.metrics is None:
        raise Missing(f"{run} has no figures.")
    record("metrics.downloaded", about=run, details={"format": kind})
    if kind == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows([_COLUMNS, *metric_rows(run.metrics)])
        answer = HttpResponse(text.getvalue(), content_type=TABLES["csv"])
    else:
        answer = HttpResponse(json.dumps(run.metrics, indent=2), content_type="application/json")
    return _as_file(answer, f"facsweb-run-{run.pk}-metrics.{kind}")


def predictions_file(run: TrainingRun, user: User, kind: str) -> HttpResponseBase:
    """Answer with a run's predictions, streamed.

    Raises
    ------
    Forbidden
    Missing
        It made no model.
    """
    training_policy.check(user, "take_predictions")
    if run.version is None:
        raise Missing(f"{run} made no model, so there are no predictions.")
    record("predictions.downloaded", user, run, {"format": kind})
    write = {"csv": as_csv, "parquet": as_parquet}[kind]
    answer = StreamingHttpResponse(write(prediction_rows(run, user)), content_type=TABLES[kind])
    return _as_file(answer, f"facsweb-run-{run.pk}-predictions.{kind}")


def model_file(run: TrainingRun, user: User) -> HttpResponseBase:
    """Answer with the artefact of a run's model as a zip, streamed.

    Raises
    ------
    Forbidden
    Missing
        It made no model, or its files are gone.
    """
    training_policy.check(user, "take_model")
    if run.version is None:
        raise Missing(f"{run} made no model.")
    stored = files_of(run.version.folder)
    # Without its graphs, which are made of the network.
    files = {name: opened for name, opened in stored.items() if "/" not in name}
    if not files:
        raise Missing(f"The files of {run.version} are gone.")
    record("model.downloaded", user, run.version)
    zipped = _zipped(files, run.version.name)
    answer = StreamingHttpResponse(zipped, content_type="application/zip")
    return _as_file(answer, f"{run.version.name}.zip")


def metric_rows(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every number of some figures: split, part, figure, value, and its interval's ends.

    Parameters
    ----------
    value
        As `training.ml.metrics.Metrics.to_json` gives it.
    path
        The names that lead there.

    Examples
    --------
    >>> list(metric_rows({"test": {"faces": 4, "emotion": {"accuracy": 0.75}}}))
    [('test', '', 'faces', 4, '', ''), ('test', 'emotion', 'accuracy', 0.75, '', '')]
    """
    if isinstance(value, Mapping) and value.keys() == {"value", "low", "high"}:
        yield (*_place(path), *("" if each is None else each for each in value.values()))
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from metric_rows(each, (*path, str(name)))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            name = each.get("group") if isinstance(each, Mapping) else None
            yield from metric_rows(each, (*path, str(name or at)))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield (*_place(path), value, "", "")


def _place(path: tuple[str, ...]) -> tuple[str, str, str]:
    split, *between, figure = path if len(path) > 1 else ("", *path)
    return defuse(split), defuse(".".join(between)), defuse(figure)


def _zipped(files: Mapping[str, Opener], folder: str) -> Iterator[bytes]:
    """Yield a zip of files as they are: a network's file is compressed already."""
    sink = Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, opened in files.items():
            info = zipfile.ZipInfo(f"{folder}/{name}", date_time=_LONG_AGO)
            info.external_attr = 0o600 << 16
            with opened() as source, archive.open(info, "w", force_zip64=True) as member:
                while piece := source.read(_PIECE):
                    member.write(piece)
                    yield sink.take()
    yield sink.take()


def _as_file(answer: HttpResponseBase, name: str) -> HttpResponseBase:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
