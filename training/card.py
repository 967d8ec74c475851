"""The model card: what a published model is, what it was made from and how far to trust it, beside its SavedModel."""

import platform
from collections import Counter
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from gateway.contract import EXPLAIN_SIGNATURE, IMAGE_SHAPE, MODEL_NAME, PREDICT_SIGNATURE, SIMILAR_SIGNATURE
from training.config import Recipe
from training.data import Dataset
from training.sides import ALL, EXTERNALS
from training.split import SPLITS

LICENCE = (
    "The pictures come from WikiArt by way of public collections; WikiArt allows non-commercial research use only, and so the model is for "
    "non-commercial research. The convolutions start from Keras's ImageNet weights (Apache License 2.0)."
)
LIMITS = (
    "Trained on few pictures by few artists, some genres much fewer than others. A genre is a matter of opinion and paintings between two "
    "are common: read the scores, not only the best one. It knows no other genres; "
    "typicality tells most photographs, drawings and screenshots from paintings, not all."
)
ARCHITECTURE = "{backbone} (224), GlobalAveragePooling2D, Flatten, Dense {hidden_units} ReLU, Dropout {dropout}, Dense softmax"
LAST = (
    " It has learned from the artists of validation and test, too: its own figures, in scorecard, are of external pictures alone; those in "
    "chosen_by are of the run that chose its recipe, without these artists."
)
PREPROCESSING = (
    "EXIF orientation applied, transparency on white, convert('RGB').resize((224, 224)) with Pillow's bicubic filter, x / 127.5 - 1; "
    "a JPEG of more than twice 224 pixels is decoded at a reduced scale."
)
FIGURES = ("pictures", "groups", "accuracy", "balanced_accuracy", "macro_f1", "calibration_error", "certain", "genres")


def figures(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: {figure: part[figure] for figure in FIGURES} for name, part in parts.items()}


def model_card(number: int, scorecard: dict[str, Any], dataset: Dataset, measured: dict[str, Any]) -> dict[str, Any]:
    """The card of version `number`. measured: what export found: difference from the Keras model, reference, similar works."""
    run = scorecard["run"]
    return {
        "name": MODEL_NAME,
        "version": number,
        "genres": list(dataset.genres),
        "signatures": [PREDICT_SIGNATURE, EXPLAIN_SIGNATURE, SIMILAR_SIGNATURE],
        "input": {"shape": ["n", *IMAGE_SHAPE], "dtype": "float32", "range": [-1, 1], "colour": "RGB"},
        "preprocessing": PREPROCESSING,
        "architecture": ARCHITECTURE.format(**asdict(Recipe(**run["recipe"]))),
        "parameters": run["parameters"],
        "data": {
            "counts": scorecard["dataset"]["counts"],
            "digest": scorecard["dataset"]["digest"],
            # Of an artist split's parts those whose artists were learned from: no figure of theirs says anything of this version.
            "learned_from": list(SPLITS) if dataset.about["split"] == ALL else ["train"],
            "collections": dict(sorted(Counter(row["source"] for row in dataset.rows if row["split"] not in EXTERNALS).items())),
            "external_collections": dict(sorted(Counter(row["source"] for row in dataset.rows if row["split"] in EXTERNALS).items())),
        },
        "licence": dataset.about.get("licence", LICENCE),
        "limits": LIMITS + LAST * ("chosen_by" in scorecard),
        "recipe": run["recipe"],
        "training": {
            name: run[name]
            for name in ("changed", "seed", "weights", "epochs", "picture_steps", "kept_epoch", "shares", "teacher", "stopped", "versions")
            if name in run
        },
        "temperature": scorecard["temperature"],
        "trust": scorecard["trust"],
        "scorecard": figures(scorecard["parts"]),
        **({"chosen_by": {**chosen, "parts": figures(chosen["parts"])}} if (chosen := scorecard.get("chosen_by")) else {}),
        **measured,
        "exported_with": {
            "python": platform.python_version(),
            **{package: version(package) for package in ("tensorflow", "keras", "numpy", "pillow")},
        },
    }
