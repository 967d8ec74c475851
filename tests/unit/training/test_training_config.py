import argparse
import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from training import options
from training.__main__ import main
from training.config import PAPER, Recipe, StageError


def test_the_papers_settings() -> None:
    stated = {"trained_from": None, "optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 1000, "stop_at_accuracy": 0.8}
    assert asdict(PAPER).items() >= stated.items()


def told(*arguments: str) -> Recipe:
    parser = argparse.ArgumentParser()
    options.add_arguments(parser)
    return options.chosen(parser.parse_args(arguments))


def test_every_setting_is_an_argument_a_key_and_printed_with_its_meaning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--recipe", "paper"]) == 0
    text = capsys.readouterr().out
    names = [one.name for one in fields(Recipe) if one.name != "name"]
    assert [line.partition(" = ")[0] for line in text.splitlines() if line and not line.startswith("#")] == ["recipe", *names]
    assert all(one.metadata["why"] in text for one in fields(Recipe) if one.name != "name")
    (tmp_path / "recipe.toml").write_text(text)
    assert told("--config", str(tmp_path / "recipe.toml")) == PAPER
    arguments = [f"--{name.replace('_', '-')}={options.written(getattr(PAPER, name)).strip('[]').replace(chr(34), '')}" for name in names]
    assert replace(told(*arguments), name="paper") == PAPER
    assert "0 to 2147483647" in text


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("epochs = 5\nlabel_smoothing = 0\nshares = [0.5, 1]\ncosine = false\ntrained_from = 'none'\n")
    recipe = told("--config", str(tmp_path / "recipe.toml"), "--epochs", "7", "--brightness", "0.3")
    wanted = {"epochs": 7, "label_smoothing": 0.0, "shares": (0.5, 1.0), "cosine": False, "trained_from": None, "brightness": 0.3}
    assert asdict(recipe).items() >= wanted.items()
    assert options.about(replace(recipe, weights="/somewhere/weights.h5"))["recipe"]["weights"] == "weights.h5"
    assert set(options.about(recipe)["changed"]) == set(wanted)
    assert Recipe(**json.loads(json.dumps(asdict(recipe)))).epochs == 7


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("label_smoothin = 0.1", "Did you mean 'label_smoothing'"),
        ("label_smoothin = 0.1\n[train]\nepochs = 2", "'train' is a section: settings stand without one"),
        ("epochs = 2.5", "epochs takes a whole number"),
        ("epochs = true", "epochs takes a whole number"),
        ("cosine = 1", "cosine takes true or false"),
        ("learning_rate = 'fast'", "learning_rate takes a number"),
        ("patience = 'never'", "Or none"),
        ("dropout = 2", "--dropout must be 0 to 0.95"),
        ("optimizer = 'adamww'", "Did you mean 'adamw'"),
        ("recipe = 'rembrandt'", "The recipes are ragam, paper"),
        ("epochs =", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "recipe.toml").write_text(text)
    with pytest.raises(StageError, match=sentence):
        told("--config", str(tmp_path / "recipe.toml"))


def test_an_unknown_argument_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--learing-rate", "1"]) == 2
    assert capsys.readouterr().err == "config takes no --learing-rate. Did you mean '--learning-rate'? --help lists what it takes.\n"
