"""`manage.py evaluate`: one table from a folder of labels, or a sentence that says why not."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image


@pytest.fixture
def folder(tmp_path):
    lines = ["filepath,high_level_emotion,subject"]
    for number in range(12):
        emotion, shade = [("negative", 40), ("positive", 140), ("surprise", 240)][number % 3]
        Image.new("RGB", (32, 32), (shade, number, 0)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{emotion},P{number // 2}")
    (tmp_path / "data_labels.csv").write_text("\n".join(lines))
    return tmp_path


def test_table_of_two_recipes_without_action_units(
    folder, settings, vgg16_weights, prior_weights, capsys
):
    settings.VGG16_WEIGHTS, settings.FER_WEIGHTS = vgg16_weights, prior_weights
    output = folder / "out.json"
    call_command(
        "evaluate", data=folder, folds=3, output=output, settings_=["max_epochs=3", "folds=3"]
    )
    printed = capsys.readouterr().out
    assert "12 faces of 6 subjects, 3 folds by subject" in printed
    assert "default - published" in printed
    assert "the expression prior, zero-shot: accuracy" in printed
    assert "always negative: accuracy 0.333, default " in printed
    figures = json.loads(output.read_text())["figures"]
    low, high = figures["emotion macro F1"]["default"]["interval"]
    assert 0 <= low <= high <= 1
    assert "AU macro F1" not in figures


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"folds": 7}, "than there are subjects"),
        ({"recipe": ["resnet"]}, "recipe must be one of default, published"),
        ({"repeats": 0}, "--repeats"),
        ({"settings_": ["dropout=high"]}, "dropout must be a number"),
        ({"settings_": ["depth=3"]}, "Unknown key 'depth'"),
    ],
)
def test_what_cannot_be_is_said(folder, settings, vgg16_weights, options, said):
    settings.VGG16_WEIGHTS = vgg16_weights
    with pytest.raises(CommandError, match=said):
        call_command("evaluate", data=folder, **options)


def test_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(CommandError, match="data_labels"):
        call_command("evaluate", data=tmp_path)
