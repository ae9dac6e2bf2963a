import pytest

from training.ml.config import ConfigError, TrainingConfig


def test_round_trip():
    config = TrainingConfig(seed=3, dropout=0.1)
    assert TrainingConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"epochs": 3}, "epochs"),
        ({"max_epochs": 0}, "max_epochs"),
        ({"max_epochs": 2.5}, "max_epochs"),
        ({"dropout": "0.5"}, "dropout"),
        ({"seed": True}, "seed"),
        ({"dropout": float("nan")}, "dropout"),
        ({"test_share": 0.9}, "test_share"),
        ({"folds": 2}, "folds"),
        ({"prior": "yes"}, "prior"),
        ({"prior": "on", "recipe": "published"}, "mixes none"),
        ([], "object"),
    ],
)
def test_what_does_not_fit_is_named(values, named):
    with pytest.raises(ConfigError, match=named):
        TrainingConfig.from_json(values)


def test_a_recipe_brings_its_own_values_and_yields_to_given_ones():
    own = TrainingConfig.from_json({"recipe": "published"})
    assert (own.dense_units, own.max_epochs) == (160, 60)
    given = TrainingConfig.from_json({"recipe": "published", "max_epochs": 3})
    assert (given.dense_units, given.max_epochs) == (160, 3)


def test_what_runs_of_before_say_of_fine_tuning_is_passed_over():
    stored = {"fine_tune": "", "fine_tune_epochs": 8, "fine_tune_rate": 2e-5}
    assert TrainingConfig.from_json(stored) == TrainingConfig()
    with pytest.raises(ConfigError, match="no longer fine-tuned"):
        TrainingConfig.from_json({"fine_tune": "block5"})
