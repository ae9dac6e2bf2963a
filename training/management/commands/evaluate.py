"""Compare recipes on a folder of labelled faces by cross-validation, without the database."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from facsweb.jobs.console import StageBar
from training.ml.metrics import AbsentEmotions
from training.ml.progress import Progress

if TYPE_CHECKING:
    from training.ml.compare_recipes import Measured
    from training.ml.progress import Progress


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

    def handle(
        self,
        *args: Any,
        data: Path,
        root: Path | None,
        recipe: list[str] | None,
        folds: int,
        repeats: int,
        seed: int,
        output: Path | None,
        settings_: list[str],
        **options: Any,
    ) -> None:
        # Here, not above: TensorFlow takes seconds, and --help needs none of it.
        from inference.ml.trunk import trunk_weights
        from inference.ml.weights import WeightsUnavailable
        from training.evaluation_data import with_true_labels
        from training.ml import compare_recipes
        from training.ml.config import ConfigError, TrainingConfig
        from training.ml.crossval import out_of_fold
        from training.ml.dataset import NothingToLearn
        from training.ml.extraction import Pictures
        from training.ml.split import SplitError

        recipes = list(dict.fromkeys(recipe or ["default", "published"]))
        if repeats < 1:
            raise CommandError("--repeats must be 1 at least.")
        samples = self._samples(data, root)
        scored, corrected = with_true_labels(data, samples)
        try:
            chosen = {"seed": seed} | dict(map(_setting, settings_))
            configs = [TrainingConfig.from_json(chosen | {"recipe": name}) for name in recipes]
            weights = trunk_weights(configs[0].trunk, settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS)
            pictures = Pictures(samples, configs[0].input_size)
            measured, seconds, absent = {}, {}, {}
            for config in configs:
                started = time.monotonic()
                with StageBar(config.recipe) as bar:
                    predictions = out_of_fold(
                        config, pictures, folds=folds, repeats=repeats, weights=weights,
                        cache_dir=settings.FEATURE_CACHE, on_progress=partial(_show, bar),
                    )  # fmt: skip
                measured[config.recipe] = compare_recipes.measure(scored, predictions)
                absent[config.recipe] = compare_recipes.absent_classes(scored, predictions)
                seconds[config.recipe] = round(time.monotonic() - started, 1)
        except (ConfigError, NothingToLearn, SplitError, WeightsUnavailable) as error:
            raise CommandError(str(error)) from None
        subjects = len({sample.subject for sample in samples})
        self.stdout.write(
            f"{len(samples)} faces of {subjects} subjects, {folds} folds by subject, "
            f"{repeats} repeat{'s' if repeats > 1 else ''}; 95% intervals by subject"
        )
        if corrected:
            self.stdout.write(
                f"{corrected} wrong labels were planted: they are fitted to, and scored right"
            )
        rates = compare_recipes.base_rates(scored)
        table = _table(measured, rates, compare_recipes.difference)
        self.stdout.write(_text(table, recipes))
        for line in _absent(absent):
            self.stdout.write(line)
        for name, spent in seconds.items():
            self.stdout.write(f"{name}: {spent:.0f} s")
        target = output or settings.VAR_DIR / "evaluation.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        about = {
            "data": data.name, "faces": len(samples), "subjects": subjects, "folds": folds,
            "repeats": repeats, "seed": seed, "corrected_labels": corrected,
            "seconds": seconds, "figures": table,
            "absent_emotions": {name: classes.to_json() for name, classes in absent.items()},
        }  # fmt: skip
        target.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        self.stdout.write(f"written to {target}")

    def _samples(self, data: Path, root: Path | None) -> list[Any]:
        # Here, not above: as in `handle`.
        from annotations.formats.rows import UnreadableSource
        from training.evaluation_data import read_samples

        try:
            return read_samples(data, root, lambda error: self.stderr.write(f"left out: {error}"))
        except UnreadableSource as error:
            raise CommandError(str(error)) from None


def _setting(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _absent(absent: dict[str, AbsentEmotions]) -> list[str]:
    """What macro F1 leaves out or counts 0, a line for each emotion and recipe."""
    untrue = next(iter(absent.values())).truth
    lines = [f"no face is labelled {name}" for name in untrue]
    for recipe, classes in absent.items():
        unsaid = classes.predictions
        lines += [
            f"{recipe} never answers {name}: its F1 is 0" for name in unsaid if name not in untrue
        ]
        lines += [
            f"{recipe} answers {name}, which no face is: its F1 is 0"
            for name in untrue
            if name not in unsaid
        ]
    return lines


def _table(
    measured: dict[str, Measured],
    rates: dict[str, float],
    difference: Callable[[Measured, Measured, str], tuple[float, float, float]],
) -> dict[str, dict[str, Any]]:
    """Figure -> base rate, each recipe's mean, deviation and interval, and the difference."""
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
                row[f"{first} - {recipe}"] = difference(measured[first], figures, name)
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
