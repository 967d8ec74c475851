"""All settings of a recipe with their values, their meaning and their source, as a TOML file that `train --config` takes.

    python -m training config [--recipe ragam|paper] [--config FILE] [--learning-rate X ...] > recipe.toml

Prints what `train` would use with the same arguments. What was tried, with figures: training/results/tries.md.
"""

import argparse
import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, Literal

from training.tell import tell


class StageError(Exception):
    """Wrong use, or an environment that cannot do the work; its text is the sentence they are told."""


def nearest(name: str, names: Iterable[str]) -> str:
    """A sentence that names what was probably meant, or nothing."""
    found = difflib.get_close_matches(name, list(names), 1)
    return f" Did you mean '{found[0]}'?" if found else ""


def setting(default: object, why: str, least: float = -math.inf, most: float = math.inf) -> Any:
    """A field of the recipe: its value in the recipe `ragam`, what it is and where that is from, and the limits of a number."""
    return field(default=default, metadata={"why": why, "least": least, "most": most})


# The names of MobileNetV2's layers, as Keras has them: with TensorFlow, which takes seconds to import, they are looked up exactly.
LAYER = re.compile(
    r"block_([1-9]|1[0-6])_((expand|depthwise)(_BN|_relu)?|project(_BN)?|pad|add)|expanded_conv_(depthwise(_BN|_relu)?|project(_BN)?)"
    r"|Conv1(_relu)?|bn_Conv1|Conv_1(_bn)?|out_relu"
)


@dataclass(frozen=True)
class Recipe:
    """How a model is trained: the command's arguments, the keys of its TOML file and what `config` prints are these fields.

    A rate is per step, an epoch is one pass over the training pictures. "paper: X" is what the paper has. Raises StageError for a value
    beyond its limits.
    """

    name: str = "ragam"
    seed: int = setting(0, "Of the head, the order and the augmentation", 0, 2**31 - 1)
    # The model.
    backbone: Literal["mobilenet_v2_1.0", "mobilenet_v2_0.75", "mobilenet_v2_0.5", "mobilenet_v2_0.35"] = setting(
        "mobilenet_v2_1.0", "MobileNetV2 of that width (paper: 1.0); larger nets exceed the 25 MB that a version may take"
    )
    weights: str = setting("imagenet", "Where it starts: imagenet (downloaded by Keras; paper), the path of a Keras weight file, or none")
    hidden_units: int = setting(128, "Of the head's hidden layer (paper)", 1, 4096)
    dropout: float = setting(0.2, "Of the hidden layer's outputs (paper)", 0, 0.95)
    trained_from: str | None = setting(
        "block_6_expand", "The first layer that learns in the main phase, or none: the head alone (paper). Batch norm never learns"
    )
    # The head first.
    head_epochs: int = setting(12, "For the head alone, on the frozen features of the pictures and their mirror images (paper: 0)", 0)
    head_learning_rate: float = setting(3e-4, "In that phase", 0, 1)
    head_l2: float = setting(0.02, "Penalty on the squares of the head's kernels in that phase", 0)
    # The main phase.
    epochs: int = setting(3, "Of 7,016 paintings: with 8 the artists are learned (training/results/tries.md; paper: 1000)", 1)
    batch_size: int = setting(32, "Paper", 1)
    optimizer: Literal["adam", "adamw"] = setting("adamw", "Loshchilov and Hutter, 2019 (paper: adam)")
    learning_rate: float = setting(3e-4, "The highest (paper: 0.001)", 0, 1)
    cosine: bool = setting(True, "The rate rises, then falls along half a cosine (paper: it stays)")
    warm_up: float = setting(0.5, "Epochs in which it rises, with cosine", 0)
    lowest_rate: float = setting(0.02, "Share of the highest at which it begins and ends, with cosine", 0, 1)
    weight_decay: float = setting(1e-4, "Of adamw", 0)
    clip_norm: float = setting(2.0, "Of all gradients together, of adamw", 0)
    ema_momentum: float = setting(0.998, "Of the weights' moving average, which is validated and kept; 0: none (paper)", 0, 0.99999)
    label_smoothing: float = setting(0.1, "Szegedy et al., 2016 (paper: 0)", 0, 0.99)
    class_weights: bool = setting(False, "Weigh every genre alike in the loss, however many pictures it has (paper: no)")
    sampling: Literal["once", "by_artist"] = setting(
        "by_artist",
        "once: an epoch has every picture once (paper). by_artist: as many, drawn so that every genre is seen alike, and of an artist of n "
        "pictures each by 1 / sqrt(n); then without class_weights",
    )
    # When it ends, and what is kept.
    stop_at_accuracy: float | None = setting(None, "Stop once training and validation accuracy both reach it (paper: 0.8)", 0, 1)
    patience: int | None = setting(None, "Stop after so many epochs without a lower validation loss", 1)
    keep: Literal["loss", "last"] = setting("last", "The epoch to keep: that of the lowest validation loss, or the last")
    shares: tuple[float, ...] = setting(
        (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        "Where the model may lie on the line from the weights before the main phase (0) to the kept epoch's (1), Wortsman et al., 2022; of "
        "several the validation and the external-tuning pictures choose (paper: 1)",
        0,
        1,
    )
    # Distillation.
    teacher: str | None = setting(None, "A file of soft labels that `teach` wrote, to learn from beside the labels")
    soft_share: float = setting(0.5, "Of its soft labels in what is learned: half and half, Hinton et al., 2015", 0, 1)
    # Augmentation: training/augment.py.
    augmentation: Literal["paper", "ragam"] = setting("ragam", "Which set of random changes")
    crop_area: float = setting(0.35, "ragam: the smallest share of the picture that a crop shows", 0.01, 1)
    crop_aspect: float = setting(4 / 3, "ragam: the largest aspect of a crop, and its inverse the smallest", 1, 4)
    degraded_share: float = setting(0.5, "ragam: of the pictures, through a smaller size and a JPEG, as the resized collections have", 0, 1)
    degraded_size: int = setting(96, "ragam: the smallest such size in pixels", 8, 224)
    degraded_quality: int = setting(40, "ragam: the lowest such JPEG quality; the highest is 95", 1, 95)
    brightness: float = setting(0.15, "ragam: photographs and scans of one painting differ by so much", 0, 1)
    contrast: float = setting(0.2, "ragam", 0, 1)
    saturation: float = setting(0.25, "ragam: the painter's colours have to survive", 0, 1)
    channel_gain: float = setting(0.1, "ragam: white balance", 0, 1)
    gamma: float = setting(0.3, "ragam: exposure, by a power between exp(-X) and exp(X) of the brightness", 0, 2)
    sharpness_share: float = setting(0.5, "ragam: of the pictures, blurred or sharpened, as scanners and resizers do", 0, 1)
    sharpness: float = setting(1.2, "ragam: the strongest unsharp mask", 0, 10)
    framed_share: float = setting(0.1, "ragam: of the pictures, in a frame of one colour, so that a frame tells nothing", 0, 1)
    rotation: float = setting(20.0, "paper: degrees to either side", 0, 180)
    shift: float = setting(0.2, "paper: of the height and of the width", 0, 1)
    shear: float = setting(0.2, "paper: in degrees, as Keras takes it; next to nothing", 0, 90)
    zoom: float = setting(0.2, "paper: of each axis by itself", 0, 0.9)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            least, most = (one.metadata.get(name, 0) for name in ("least", "most"))
            for number in value if isinstance(value, tuple | list) else [value]:
                if isinstance(number, int | float) and not least <= number <= most:
                    raise StageError(f"--{one.name.replace('_', '-')} must be {limits(one)}.")
        if self.trained_from is not None and not LAYER.fullmatch(self.trained_from):
            raise StageError(f"--trained-from: MobileNetV2 has no layer '{self.trained_from}'. Name one such as block_6_expand.")


def limits(one: Field[Any]) -> str:
    """Of a number in the recipe, such as "0 to 1" or "at least 1"; empty where it has none."""
    least, most = (one.metadata.get(name, 0) for name in ("least", "most"))
    if math.isinf(least):
        return ""
    return f"at least {least}" if math.isinf(most) else f"{least} to {most}"


RAGAM = Recipe()

PAPER = Recipe(
    name="paper",
    trained_from=None,
    augmentation="paper",
    optimizer="adam",
    learning_rate=0.001,
    ema_momentum=0.0,
    sampling="once",
    epochs=1000,
    head_epochs=0,
    cosine=False,
    label_smoothing=0.0,
    stop_at_accuracy=0.8,
    patience=10,  # the paper has none; without it a run that never reaches 80% takes all 1000 epochs
    keep="loss",
    shares=(1.0,),
)

RECIPES = {recipe.name: recipe for recipe in (RAGAM, PAPER)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from training import options

    options.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    from training import options

    recipe = options.chosen(args)
    tell(args, asdict(recipe), options.toml(recipe).rstrip("\n"))
