from dataclasses import asdict

from training.config import PAPER, RAGAM, RECIPES


def test_the_papers_settings() -> None:
    stated = {"trained_from": None, "optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 1000, "stop_at_accuracy": 0.8}
    assert asdict(PAPER).items() >= stated.items()


def test_the_default_is_first_and_recipes_are_known_by_their_names() -> None:
    assert next(iter(RECIPES)) == RAGAM.name == "ragam"
    assert all(name == recipe.name for name, recipe in RECIPES.items())
