"""A comparison of recipes by cross-validation on labelled faces, without the database."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from numpy.typing import NDArray

from annotations.formats.rows import UnreadableSource
from facsweb.jobs.console import StageBar
from inference.ml.expression_prior import emotions_of
from inference.ml.feature_cache import prune
from inference.ml.trunk import trunk_weights
from inference.ml.weights import WeightsUnavailable
from training.making.folders import read_samples, with_true_labels
from training.making.prior import prior_weights
from training.ml import compare_recipes
from training.ml.compare_recipes import Measured
from training.ml.config import ConfigError, TrainingConfig
from training.ml.crossval import out_of_fold
from training.ml.dataset import NothingToLearn, Sample
from training.ml.extraction import Pictures, TrunkFiles
from training.ml.interval import Interval
from training.ml.metrics import AbsentEmotions
from training.ml.progress import Progress, Watch
from training.ml.split import SplitError
from training.ml.yardstick import measure_yardstick
from training.ml.yardstick_figures import Yardstick


class Command(BaseCommand):
    help = "Cross-validate recipes by subject and print one table with 95% intervals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--data", type=Path, required=True, help="CK+, a folder of data_labels.csv, or a CSV"
        )
        parser.add_argument("--root", type=Path, help="where a CSV's paths start")
        parser.add_argument("--recipe", action="append", help="default, published; repeatable")
        parser.add_argument("--folds", type=int, default=5)
        parser.add_argument("--repeats", type=int, default=1)
        parser.add_argument("--seed", type=int, default=20)
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings_",
            help="a value of training/ml/config.py, as JSON; repeatable",
        )  # fmt: skip
        parser.add_argument("--output", type=Path, help="JSON; default var/evaluation.json")

    def handle(self, *args: Any, **options: Any) -> None:
        data, recipes = options["data"], options["recipe"] or ["default", "published"]
        if options["repeats"] < 1:
            raise CommandError("--repeats must be 1 at least.")
        samples = self._samples(data, options["root"])
        scored, corrected = with_true_labels(data, samples)
        try:
            configs = _configs(dict.fromkeys(recipes), options["seed"], options["settings_"])
            weights = trunk_weights(configs[0].trunk, settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS)
            prior = prior_weights(asked=any(config.asks_prior for config in configs))
            files = TrunkFiles(weights, settings.FEATURE_CACHE, prior)
            validation = _Validation(samples, scored, files, options["folds"], options["repeats"])
            results = {config.recipe: validation.of(config) for config in configs}
        except (ConfigError, NothingToLearn, SplitError, WeightsUnavailable) as error:
            raise CommandError(str(error)) from None
        finally:
            prune(settings.FEATURE_CACHE, settings.FEATURE_CACHE_MAX_BYTES)
        rates = compare_recipes.base_rates(scored)
        evaluation = {
            "data": data.name,
            "faces": len(samples),
            "subjects": len({sample.subject for sample in samples}),
            **{name: options[name] for name in ("folds", "repeats", "seed")},
            "corrected_labels": corrected,
            "seconds": {name: result.seconds for name, result in results.items()},
            "absent_emotions": {name: result.absent.to_json() for name, result in results.items()},
            "yardstick": {name: result.yardstick.to_json() for name, result in results.items()},
            "figures": _table({name: result.measured for name, result in results.items()}, rates),
        }
        for line in _lines(evaluation):
            self.stdout.write(line)
        target = options["output"] or settings.VAR_DIR / "evaluation.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(evaluation, indent=1) + "\n", encoding="utf-8")
        self.stdout.write(f"written to {target}")

    def _samples(self, data: Path, root: Path | None) -> list[Sample]:
        try:
            return read_samples(data, root, lambda error: self.stderr.write(f"left out: {error}"))
        except UnreadableSource as error:
            raise CommandError(str(error)) from None


@dataclass(frozen=True)
class _Result:
    """The outcome of one recipe."""

    measured: Measured
    absent: AbsentEmotions
    yardstick: Yardstick
    seconds: float


class _Validation:
    """Cross-validation with the same faces, folds and repeats for every recipe.

    `scored` are the same faces with their true labels, by which the predictions are judged.
    """

    def __init__(
        self,
        samples: list[Sample],
        scored: list[Sample],
        files: TrunkFiles,
        folds: int,
        repeats: int,
    ) -> None:
        self.samples, self.scored = samples, scored
        self.files, self.folds, self.repeats = files, folds, repeats
        self.pictures: Pictures | None = None

    def of(self, config: TrainingConfig) -> _Result:
        started = time.monotonic()
        if self.pictures is None or self.pictures.framing != config.framing:
            self.pictures = Pictures(self.samples, config)  # once for recipes that share it
        with StageBar(config.recipe) as bar:
            predictions = out_of_fold(
                config,
                self.pictures,
                self.files,
                folds=self.folds,
                repeats=self.repeats,
                watch=Watch(partial(_show, bar)),
            )
        return _Result(
            compare_recipes.measure(self.scored, predictions),
            compare_recipes.absent_classes(self.scored, predictions),
            measure_yardstick([*zip(self.scored, predictions[0], strict=True)], self._prior()),
            round(time.monotonic() - started, 1),
        )

    def _prior(self) -> NDArray[np.float64] | None:
        """Return what the prior says of the faces; None without its weights."""
        reader, pictures = self.files.prior_reader, self.pictures
        if reader is None or pictures is None:
            return None
        said = reader.read([sample.sha256 for sample in self.samples], pictures.prepared)
        return emotions_of(said.log_probabilities)


def _configs(recipes: Iterable[str], seed: int, given: Iterable[str]) -> list[TrainingConfig]:
    """Return the configuration of each recipe. Raises ConfigError where one cannot be used."""
    chosen = {"seed": seed} | dict(map(_setting, given))
    return [TrainingConfig.from_json(chosen | {"recipe": name}) for name in recipes]


def _setting(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _lines(evaluation: dict[str, Any]) -> Iterator[str]:
    """Yield what the JSON holds, as lines for people to read."""
    repeats, corrected = evaluation["repeats"], evaluation["corrected_labels"]
    yield (
        f"{evaluation['faces']} faces of {evaluation['subjects']} subjects, "
        f"{evaluation['folds']} folds by subject, "
        f"{repeats} repeat{'s' if repeats > 1 else ''}; 95% intervals by subject"
    )
    if corrected:
        yield f"{corrected} wrong labels were planted: they are fitted to, and scored right"
    yield _text(evaluation["figures"], list(evaluation["seconds"]))
    yield from _absent(evaluation["absent_emotions"])
    for name, told in evaluation["yardstick"].items():
        yield from _beside(name, Yardstick.from_json(told))
    for name, spent in evaluation["seconds"].items():
        yield f"{name}: {spent:.0f} s"


def _beside(recipe: str, yardstick: Yardstick) -> Iterator[str]:
    """Yield what others reach on the same faces, and what a recipe's first repeat has more."""
    if yardstick.why_not:
        yield f"expression prior: {yardstick.why_not}"
    called = {
        "prior": "the expression prior, zero-shot",
        "majority": f"always {yardstick.majority_class}",
    }
    for reader, row in yardstick.readers.items():
        accuracy = _with_gain("accuracy", row.accuracy, recipe, row.accuracy_gain)
        macro_f1 = _with_gain("macro F1", row.macro_f1, recipe, row.macro_f1_gain)
        yield f"{called[reader]}: {accuracy}; {macro_f1}"


def _with_gain(name: str, found: Interval | None, recipe: str, gain: Interval | None) -> str:
    def text(value: float | None, form: str) -> str:
        return "–" if value is None else format(value, form)

    found, gain = found or Interval(), gain or Interval()
    more, low, high = (text(each, "+.3f") for each in (gain.value, gain.low, gain.high))
    return f"{name} {text(found.value, '.3f')}, {recipe} {more} [{low}, {high}]"


def _absent(absent: dict[str, dict[str, list[str]]]) -> list[str]:
    """List what macro F1 leaves out or counts as 0, a line for each emotion and recipe."""
    untrue = next(iter(absent.values()))["truth"]
    lines = [f"no face is labelled {name}" for name in untrue]
    for recipe, classes in absent.items():
        unsaid = classes["predictions"]
        lines += [
            f"{recipe} never answers {name}: its F1 is 0" for name in unsaid if name not in untrue
        ]
        lines += [
            f"{recipe} answers {name}, which no face is: its F1 is 0"
            for name in untrue
            if name not in unsaid
        ]
    return lines


def _table(measured: dict[str, Measured], rates: dict[str, float]) -> dict[str, dict[str, Any]]:
    """Tabulate the figures by name.

    Each has its base rate, each recipe's mean, deviation and interval, and the differences from the
    first recipe.
    """
    first, *others = measured
    table = {}
    for name in measured[first].point:
        row: dict[str, Any] = {"base_rate": rates.get(name)}
        for recipe, figures in measured.items():
            low_high = figures.interval(name) if name in figures.draws else None
            row[recipe] = {
                "mean": figures.point[name],
                "deviation": figures.deviation[name],
                "interval": low_high,
            }
            if recipe in others and low_high:
                pair = compare_recipes.difference(measured[first], figures, name)
                row[f"{first} - {recipe}"] = pair
        table[name] = row
    return table


def _text(table: dict[str, dict[str, Any]], recipes: list[str]) -> str:
    first, *others = recipes
    heads = ["base", *recipes, *(f"{first} - {other}" for other in others)]
    lines = [f"{'':26}" + f"{heads[0]:>6}" + "".join(f"{head:>27}" for head in heads[1:])]
    for name, row in table.items():
        rate = "" if row["base_rate"] is None else f"{row['base_rate']:.2f}"
        cells = [f"{name:26}{rate:>6}"]
        for recipe in recipes:
            cell = row[recipe]
            text = f"{cell['mean']:.3f} ±{cell['deviation']:.3f}"
            if cell["interval"]:
                text += " [{:.3f}, {:.3f}]".format(*cell["interval"])
            cells.append(f"{text:>27}" if cell["interval"] else f"{text:>12}{'':15}")
        for other in others:
            paired = row.get(f"{first} - {other}")
            text = "{:+.3f} [{:+.3f}, {:+.3f}]".format(*paired) if paired else ""
            cells.append(f"{text:>27}")
        lines.append(" ".join(cells).rstrip())
    return "\n".join(lines)


def _show(bar: StageBar, told: Progress) -> None:
    bar(told.done, told.total, told.stage)
