"""What can be seen to be wrong before TensorFlow is imported, which takes seconds, and before anything is computed."""

from pathlib import Path

from training.config import Recipe, StageError
from training.hints import cause, command

IMAGENET = "imagenet"  # the weights that Keras downloads


def see_weights(weights: str) -> None:
    """Raises StageError where `weights` name a file that is not there."""
    if weights not in {"none", IMAGENET} and not Path(weights).is_file():
        raise StageError(f"There is no weight file {weights}. Give --weights {IMAGENET}, none, or a Keras weight file of MobileNetV2.")


def see_dataset(folder: Path) -> None:
    """Raises StageError where `folder` is none."""
    if not (folder / "dataset.json").is_file():
        raise StageError(f"{folder} is no dataset. Make one with {command('prepare', Path('PICTURES'), out=folder)}.")


def see_file(file: Path, what: str, how: str) -> None:
    """Raises StageError where a file of an earlier stage is missing: what it is, and the command that makes it."""
    if not file.is_file():
        raise StageError(f"{file.parent} has no {what}. Make it with {how}.")


def see_inputs(dataset: Path, recipe: Recipe) -> None:
    """Raises StageError where a training by `recipe` on `dataset` has not what it reads."""
    see_dataset(dataset)
    see_weights(recipe.weights)
    if recipe.teacher is not None:
        file = Path(recipe.teacher)
        see_file(file, f"soft labels {file.name}", command("teach", dataset, out=file))


def see_that_writable(folder: Path) -> None:
    """Raises StageError where `folder` cannot be made. What was made for it goes again."""
    made = []
    try:
        for one in reversed([folder, *folder.parents]):
            if not one.exists():
                one.mkdir()
                made.append(one)
    except OSError as error:
        raise StageError(f"{folder} cannot be written: {cause(error)}.") from error
    finally:
        for one in reversed(made):
            one.rmdir()
