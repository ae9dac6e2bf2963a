"""How often McNemar's test by subject finds a difference where there is none, and where there is.

    python -m tests.benchmarks.mcnemar_size [--sets 5000]

Two coders read emotions. How hard a face is has a part of the subject and one of the face, which
both coders share, one of the subject for that coder alone (a face that the one misreads always),
and one of the reading alone. That third part makes the differences of one subject's faces alike,
which the usual test doesn't know of. Beside the test of the product (Yang, Sun & Hardin 2010) stand
McNemar's as the product gives it, Obuchowski's (1998, Statistics in Medicine 17) and Durkalski's
(2003, Statistics in Medicine 22), written here once more.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from scipy.stats import chi2, norm

from training.ml.mcnemar import mcnemar

LEVEL = 0.05
#: Shares of the variance of "how hard": subject, face, subject for this coder, this reading alone.
TIED, LOOSE = (0.2, 0.3, 0.3, 0.2), (0.2, 0.3, 0.0, 0.5)
#: Faces a subject in CK+ (560 of 123): few have many.
CK = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9])
NAMES = ("usual", "Yang", "Obuchowski", "Durkalski")


def sizes(kind: str, subjects: int, draw: np.random.Generator) -> np.ndarray:
    return draw.choice(CK, subjects) if kind == "1 to 9" else np.full(subjects, int(kind))


def coders(
    skills: tuple[float, float],
    shares: tuple[float, ...],
    faces: np.ndarray,
    draw: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """(2, n) whether each coder is right, and (n,) the subjects."""
    subjects = np.repeat(np.arange(len(faces)), faces)
    of_subject, of_face, of_both, alone = np.sqrt(shares)
    hard = (
        draw.normal(size=len(faces))[subjects] * of_subject
        + draw.normal(size=len(subjects)) * of_face
        + draw.normal(size=(2, len(faces)))[:, subjects] * of_both
        + draw.normal(size=(2, len(subjects))) * alone
    )
    return hard < norm.ppf(skills)[:, None], subjects


def p_values(right: np.ndarray, subjects: np.ndarray) -> Iterator[float]:
    found = mcnemar(*right, subjects)
    yield found.p_value
    yield 1.0 if found.p_by_subject is None else found.p_by_subject
    ahead = np.bincount(subjects, right[0].astype(int) - right[1].astype(int))
    count = len(ahead)
    if not ahead.any():
        yield from (1.0, 1.0)
        return
    yield float(chi2.sf((count - 1) / count * ahead.sum() ** 2 / (ahead**2).sum(), 1))
    share = ahead / np.bincount(subjects)
    yield float(chi2.sf(share.sum() ** 2 / (share**2).sum(), 1))


def rates(
    subjects: int, kind: str, shares: tuple[float, ...], skills: tuple[float, float], sets: int
) -> np.ndarray:
    found = []
    for seed in range(sets):
        draw = np.random.default_rng(seed)
        found.append(list(p_values(*coders(skills, shares, sizes(kind, subjects, draw), draw))))
    return (np.array(found) < LEVEL).mean(axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=5000)
    sets = parser.parse_args().sets
    print(
        "Each cell: finds a difference where there is none (0.9, 0.9) / where there is (0.9, 0.82)."
    )
    print(f"| subjects | faces of each | tied | {' | '.join(NAMES)} |")
    print("|---|---|---|" + "---|" * len(NAMES))
    for subjects, kind in (
        (123, "1 to 9"),
        (50, "4"),
        (50, "1 to 9"),
        (20, "4"),
        (20, "1 to 9"),
        (10, "10"),
        (10, "1 to 9"),
        (5, "10"),
    ):
        for tied, shares in (("yes", TIED), ("no", LOOSE)):
            alarms, finds = (
                rates(subjects, kind, shares, skills, sets) for skills in ((0.9, 0.9), (0.9, 0.82))
            )
            cells = [f"{no:.3f} / {yes:.2f}" for no, yes in zip(alarms, finds, strict=True)]
            print(f"| {subjects} | {kind} | {tied} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
