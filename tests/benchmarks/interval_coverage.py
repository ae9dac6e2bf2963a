"""How often 95 % intervals cover the truth: `python -m tests.benchmarks.interval_coverage`.

Each study has some subjects with four faces each; a subject is read rightly with a probability of
their own, drawn from Beta(2, 1), so errors go together. The accuracy of all that there could be is
2/3. "By face" is what one gets by drawing faces instead of subjects.
"""

from __future__ import annotations

import numpy as np

from annotations.measures import confusion
from annotations.measures.bootstrap import estimate_share, resampling_weights, weigh

STUDIES, FACES_EACH = 2000, 4


def coverage(subjects: int, *, by_face: bool) -> float:
    generator, hits = np.random.default_rng(20), 0
    people = np.repeat(np.arange(subjects), FACES_EACH)
    units = np.arange(len(people)) if by_face else people
    count = len(np.unique(units))
    weights = resampling_weights(count)
    for _ in range(STUDIES):
        skill = generator.beta(2, 1, subjects)[people]
        right = (generator.random(len(people)) < skill).astype(int)
        tables = confusion.tables_by_subject(units, np.ones_like(right), right, 2)
        found = estimate_share(confusion.accuracy(weigh(weights, tables)), count)
        hits += found.low <= 2 / 3 <= found.high
    return hits / STUDIES


def main() -> None:
    print("subjects   by subject   by face")
    for subjects in (10, 20, 40, 120):
        ours, theirs = (coverage(subjects, by_face=each) for each in (False, True))
        print(f"{subjects:8d} {ours:12.3f} {theirs:9.3f}")


if __name__ == "__main__":
    main()
