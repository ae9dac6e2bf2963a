"""How a model reads real people's smiles: photographs of the same people, neutral and smiling.

For each of AU12, AU6 and AU25 and for the emotion `positive`: the area under the ROC curve of smile
against neutral, over everybody, women and men; how many smiles and neutral faces are told to show
it; and how many smiles are read above the same person's neutral. First without anything to compare
with, then with each smile compared with its own neutral photograph. Last, what is to be had: smile
against neutral learnt from these very photographs, by people that it isn't asked about.

    python -m tests.benchmarks.smiles FOLDER --model var/models/NAME

FOLDER holds data_labels.csv with the columns filepath, subject, expression (neutral or smiling) and
gender, as the Face Research Lab London Set can be laid out. Nothing of it is kept.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from annotations.facs.reference_kind import ReferenceKind
from inference.ml.predictions import Prediction
from inference.ml.predictor import Predictor
from inference.ml.references import Picture, Reference
from inference.ml.trunk import tap_widths

_UNITS = (12, 6, 25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    given = parser.parse_args()
    with (given.folder / "data_labels.csv").open(encoding="utf-8") as stream:
        rows = [
            row for row in csv.DictReader(stream) if row["expression"] in {"neutral", "smiling"}
        ]
    paths = [given.folder / row["filepath"] for row in rows]
    smiles = np.array([row["expression"] == "smiling" for row in rows])
    women = np.array([row["gender"] == "female" for row in rows])
    neutral = {row["subject"]: at for at, row in enumerate(rows) if not smiles[at]}
    own = np.array([neutral[row["subject"]] for row in rows])
    references = [_reference(paths[own[at]]) if smiles[at] else None for at in range(len(rows))]
    predictor = Predictor.load(given.model)
    print(f"{smiles.sum()} smiles, {(~smiles).sum()} neutral faces\n")
    print("| read | AUC | women | men | smiles told | neutral told | smiles above own neutral |")
    print("|---|---|---|---|---|---|---|")
    for name, beside in (("alone", None), ("smiles beside their neutral", references)):
        said = predictor.predict(paths, references=beside)
        for target in (*_UNITS, "positive"):
            p, told = _answers(said, target)
            figures = [roc_auc_score(smiles[some], p[some]) for some in (..., women, ~women)]
            figures += [told[smiles].mean(), told[~smiles].mean(), (p > p[own])[smiles].mean()]
            label = target if target == "positive" else f"AU{target}"
            cells = [f"{label}, {name}", *(f"{figure:.3f}" for figure in figures)]
            print(f"| {' | '.join(cells)} |", flush=True)
    subjects = np.array([row["subject"] for row in rows])
    features = predictor.features(paths)
    first = tap_widths(predictor.extractor.trunk)[predictor.extractor.taps[0]]  # as experts do
    print("\n| learnt from the photographs themselves | AUC | women | men |\n|---|---|---|---|")
    for part, seen in (
        ("appearance", features.appearance[:, :first]),
        ("landmarks", features.geometry),
    ):
        p = _learnt_here(seen, smiles, subjects)
        figures = [roc_auc_score(smiles[some], p[some]) for some in (..., women, ~women)]
        print(f"| {part} | {' | '.join(f'{figure:.3f}' for figure in figures)} |", flush=True)


def _learnt_here(seen: np.ndarray, smiles: np.ndarray, subjects: np.ndarray) -> np.ndarray:
    """Read each face by a regression that learnt from the other people: five folds by subject."""
    regression = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3, max_iter=1000))
    folds = {"groups": subjects, "cv": GroupKFold(5), "method": "decision_function"}
    return cross_val_predict(regression, seen, smiles, **folds)


def _reference(path: Path) -> Reference:
    picture = Picture(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    return Reference(ReferenceKind.NEUTRAL, (picture,))


def _answers(said: list[Prediction], target: int | str) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a unit or an emotion, and whether it is told."""
    if isinstance(target, str):
        p = np.array([each.emotion_probabilities[target] for each in said])
        return p, np.array([each.emotion == target for each in said])
    p = np.array([each.au_probabilities[target] for each in said])
    return p, np.array([each.au_present[target] for each in said])


if __name__ == "__main__":
    main()
