"""Labelled faces from a folder, without the database."""

import pytest
from PIL import Image

from annotations.synthetic import generator, population
from tests.factories import png
from training.making.folders import read_samples, with_true_labels


def test_a_face_that_several_coders_label_counts_once_and_not_where_they_differ(tmp_path):
    for number in (1, 2):
        (tmp_path / f"S00{number}.png").write_bytes(png())
    (tmp_path / "data_labels.csv").write_text(
        "filepath,annotator,AU12\nS001.png,ada,1\nS001.png,ben,1\nS002.png,ada,1\nS002.png,ben,0\n"
    )
    samples = read_samples(tmp_path, None, on_error=lambda _: None)
    assert [(sample.subject, sample.action_units) for sample in samples] == [("S001", {12: True})]


def test_a_demo_sets_wrong_labels_are_learnt_from_and_scored_by_the_truth(tmp_path):
    root, drawn = tmp_path / "ck", population.sample(3, 12, 48)
    generator._write_labels(root, drawn)
    request = generator.Request(3, 12, 48)
    generator._write_json(generator.manifest_path(root), generator._manifest(request, drawn))
    for face in drawn.faces:
        path = root / face.peak_path
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), face.index).save(path)
    written = {sample.path: sample for sample in read_samples(root, None, pytest.fail)}
    true, changed = with_true_labels(root, list(written.values()))
    wrong = {root / face.peak_path: face for face in drawn.faces if face.overread}
    assert len(wrong) > 1
    emotions = sum(face.emotion != face.written_emotion for face in drawn.faces)
    assert changed == len(wrong) + emotions
    for sample in true:
        said = written[sample.path].action_units
        assert (sample.path in wrong) == (said != sample.action_units)
        assert said[6] - sample.action_units[6] == (sample.path in wrong)
