"""Labelled faces from a folder, without the database."""

from tests.factories import png
from training.making.folders import read_samples


def test_a_face_that_several_coders_label_counts_once_and_not_where_they_differ(tmp_path):
    for number in (1, 2):
        (tmp_path / f"S00{number}.png").write_bytes(png())
    (tmp_path / "data_labels.csv").write_text(
        "filepath,annotator,AU12\nS001.png,ada,1\nS001.png,ben,1\nS002.png,ada,1\nS002.png,ben,0\n"
    )
    samples = read_samples(tmp_path, None, on_error=lambda _: None)
    assert [(sample.subject, sample.action_units) for sample in samples] == [("S001", {12: True})]
