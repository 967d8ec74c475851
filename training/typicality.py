"""How much a picture looks like the paintings that were learned from.

    python -m training typicality --data DATASET --run RUN [--photographs FOLDER ...]

Reads DATASET as `prepare` and RUN as `train` wrote it; FOLDERs of photographs (JPEG, PNG), which are no paintings, as drawn.py's pictures
are. Writes, for `evaluate` and `export`, RUN/likeness.npz and RUN/seen.npz: the typicality of each part's pictures, and all pooled
features; and RUN/typicality.json: how many paintings and others are flagged.

Nets of one hidden layer, of which the mean counts, tell paintings from the others by the means over all places of the channels of LAYERS:
outlier exposure (Hendrycks et al., 2019), by layers on the way, whose channels know grain, edges and surfaces, which the last ones forget.
The collections differ in sharpness: all pictures are seen as they are and augmented, of photographs parts too, and external-tuning's count
as much as a third of the others. A picture's typicality is the share of held-out paintings that look less like one: of validation, or of
external-tuning, by fits without the artist and with it, where that is more. A third of the others, by the hash of their pixels, are held
out from the fit and measured.
"""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from gateway.contract import IMAGE_SHAPE, TYPICAL_FROM
from gateway.errors import RagamError
from training.config import StageError
from training.early import see_dataset, see_file
from training.files import regular
from training.hints import command, counted
from training.pictures import read_pixels
from training.printed import say
from training.sides import EXTERNAL_TUNING, EXTERNALS
from training.tell import tell
from training.train import MODEL, write_json
from training.trust import LIKENESS, POOLED, SEEN, Likeness, write_arrays

REPORT = "typicality.json"

LAYERS = ("block_10_expand_relu", "block_12_expand_relu", "block_13_expand_relu", "block_15_expand_relu")
PAINTINGS = 2000  # of those trained on, as they are
PAINTINGS_AUGMENTED = 1000
DRAWN = 1400
FEWEST_DRAWN = 420  # a third are held out, some 20 of each kind
AUGMENTED = 5  # times each photograph; the others once
CROPS = 6  # of each photograph, from its file: as sharp as photographs are sent
SMALLEST_CROP = 0.5  # of a side
NETS = 3
HIDDEN_UNITS = 12  # of each
EPOCHS = 15
RATE = 1e-3
DECAY = 1e-2
TUNING_SHARE = 0.3  # of the paintings' weight
FOLDS = 4
REACH = 6.0  # standard deviations of the paintings
STEPS = 100  # of typicality

Pixels = npt.NDArray[np.uint8]
Channels = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Others:
    """n pictures that are no paintings, uint8 (n, 224, 224, 3), their kinds, how often each is augmented for the fit, and parts of each."""

    pixels: Pixels
    kinds: list[str]
    times: int
    crops: Pixels  # (n, m, 224, 224, 3)

    @cached_property
    def held_out(self) -> npt.NDArray[np.bool_]:
        """(n,): about a third, always the same ones."""
        return np.array([hashlib.sha256(picture.tobytes()).digest()[-1] % 3 == 0 for picture in self.pixels], bool)

    def to_fit(self) -> Pixels:
        rest = self.pixels[~self.held_out]
        return np.concatenate([rest, *self.crops[~self.held_out], augmented(rest, self.times)])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET", help="folder that prepare wrote")
    parser.add_argument("--run", type=Path, required=True, metavar="RUN", help="folder that train wrote, and where likeness.npz goes")
    parser.add_argument("--photographs", type=Path, nargs="+", default=[], metavar="FOLDER", help="pictures that are no paintings")


def run(args: argparse.Namespace) -> None:
    see_dataset(args.data)
    see_file(args.run / MODEL, "finished run", command("train", args.data, out=args.run))
    # Keras takes seconds to import, which `--help` need not wait for.
    import keras

    from training.data import load
    from training.drawn import drawn
    from training.features import extractor
    from training.model import FEATURE_MAP

    dataset = load(args.data)
    model = keras.models.load_model(args.run / MODEL, compile=False)
    pooled = [keras.layers.GlobalAveragePooling2D()(model.get_layer(layer).output) for layer in (*LAYERS, FEATURE_MAP)]
    trunk = keras.Model(model.input, keras.layers.Concatenate()(pooled), name="channels")

    extract_all = extractor(trunk)
    last = model.get_layer(FEATURE_MAP).output.shape[-1]

    def extract(pixels: Pixels) -> Channels:
        return extract_all(pixels)[:, :-last]

    train = dataset.part("train").pixels
    everything = {"train": extract_all(train)}
    learned = everything["train"][:, :-last]
    shapes, kinds = drawn(drawn_beside(len(train)))
    if not args.json:
        photographs = f" and {counted(len(args.photographs), 'folder')} of photographs" if args.photographs else ""
        say(f"Beside {counted(len(train), 'painting')} to learn from, {counted(len(shapes), 'picture')} made by code{photographs}.")
    others = {"drawn": Others(shapes, kinds, 1, shapes[:, np.newaxis][:, :0]), "photographs": read_folders(args.photographs)}
    chosen = np.random.default_rng(0).permutation(len(train))
    seen = np.concatenate([learned[chosen[:PAINTINGS]], extract(augmented(train[np.sort(chosen[:PAINTINGS_AUGMENTED])], 1))])
    unlike = [extract(some.to_fit()) for some in others.values() if not some.held_out.all()]
    parts = {name: part for name in ("validation", "test", *EXTERNALS) if len((part := dataset.part(name)).rows)}
    everything |= {name: extract_all(part.pixels) for name, part in parts.items()}
    channels = {name: everything[name][:, :-last] for name in parts}
    none = learned[:0]
    tuning = channels.get(EXTERNAL_TUNING, none)
    artists = np.array([row["group"] for row in dataset.part(EXTERNAL_TUNING).rows])
    likeness = fit(seen, tuning, artists, unlike, channels.get("validation", none))

    typical: dict[str, Any] = {name: likeness.typicality(found) for name, found in channels.items()}
    report: dict[str, Any] = {"layers": LAYERS, "paintings": {name: flagged(found) for name, found in typical.items()}}
    for name, some in others.items():
        if some.held_out.any():
            report[name] = by_kind(some, likeness.typicality(extract(some.pixels[some.held_out])))
    write_arrays(args.run / LIKENESS, asdict(likeness))
    write_arrays(args.run / SEEN, {**typical, **{POOLED + name: found[:, -last:].astype(np.float16) for name, found in everything.items()}})
    write_json(args.run / REPORT, report)
    held = {f"{name}, held out": report[name] for name in ("drawn", "photographs") if name in report}
    figures = {**held, **report["paintings"]}
    tell(args, report, *(f"{name}: {one['flagged']:.1%} of {one['pictures']} are flagged" for name, one in figures.items()))


def drawn_beside(paintings: int) -> int:
    """How many pictures made by code there are beside so many paintings to learn from: of few of these more would only take time."""
    return min(DRAWN, max(FEWEST_DRAWN, paintings))


def by_kind(some: "Others", typicality: npt.NDArray[np.floating]) -> dict[str, Any]:
    """How many of those held out are flagged, of each kind too."""
    kinds = np.array(some.kinds)[some.held_out]
    return {
        **flagged(typicality),
        "fitted": int((~some.held_out).sum()),
        "kinds": {str(kind): flagged(typicality[kinds == kind]) for kind in np.unique(kinds)},
    }


def flagged(typicality: npt.NDArray[np.floating]) -> dict[str, Any]:
    return {"pictures": len(typicality), "flagged": round(float(np.mean(typicality < TYPICAL_FROM)), 4)}


def fit(paintings: Channels, tuning: Channels, artists: npt.NDArray[np.str_], others: Sequence[Channels], held: Channels) -> Likeness:
    """The likeness from channels (n, d) of paintings trained on, of external-tuning and its artists (n,), of sets of other pictures, which
    count alike, and of held-out paintings, for the typicality.
    """
    mean, spread = paintings.mean(axis=0), paintings.std(axis=0)
    # A channel that hardly ever differs among paintings would count for nearly all.
    factor = 1 / np.maximum(spread, 0.03 * np.sqrt(np.mean(spread**2)))

    def told_apart(some: npt.NDArray[np.bool_]) -> Likeness:
        """With those of external-tuning alone that `some` (n,) names."""
        sets = [(paintings, 1 - TUNING_SHARE), *((found, 1 / len(others)) for found in others)]
        if some.any():
            sets.append((tuning[some], TUNING_SHARE))
        columns = np.concatenate([found for found, _ in sets])
        labels = np.concatenate([np.full(len(found), place == 0 or place > len(others)) for place, (found, _) in enumerate(sets)])
        weights = np.concatenate([np.full(len(found), len(columns) / 2 * share / len(found)) for found, share in sets])
        scaled = np.clip((columns - mean) * factor, -REACH, REACH).astype(np.float32)
        found = [net_of(scaled, labels, weights, seed) for seed in range(NETS)]
        kernel, bias, last = (np.concatenate([net[place] for net in found], axis=-1) for place in range(3))
        knots = np.linspace(0, 1, STEPS + 1, dtype=np.float32)
        return Likeness(LAYERS, single(mean), single(factor), kernel, bias, single(last / NETS), REACH, knots)

    likeness = told_apart(np.full(len(tuning), True))
    scores = [likeness.score(held)] if len(held) else []
    if len(tuning):
        own = np.array([hashlib.sha256(artist.encode()).digest()[0] % FOLDS for artist in artists])
        unseen = np.empty(len(tuning))
        for fold in np.unique(own):
            unseen[own == fold] = told_apart(own != fold).score(tuning[own == fold])
        # By a fit without its artist a painting does too badly, by one with it too well: the weights of the .632 estimator (Efron, 1983).
        scores.append(0.632 * unseen + 0.368 * likeness.score(tuning))
    steps = np.min([np.quantile(found, np.linspace(0, 1, STEPS + 1)) for found in scores], axis=0)
    # Two steps must not coincide.
    return replace(likeness, knots=single(np.maximum.accumulate(steps) + 1e-4 * np.arange(STEPS + 1)))


def net_of(
    columns: Channels, labels: npt.NDArray[np.bool_], weights: npt.NDArray[np.floating], seed: int
) -> tuple[npt.NDArray[np.float32], ...]:
    """The kernel (d, h), the bias (h,) and the last layer (h,) of a net that tells the labels (n,) of the columns (n, d) apart, the weights
    (n,) of which count.
    """
    import keras

    keras.utils.set_random_seed(seed)
    # Without a bias of its own the scores of several nets have the same 0.
    hidden, last = keras.layers.Dense(HIDDEN_UNITS, activation="relu"), keras.layers.Dense(1, use_bias=False)
    net = keras.Sequential([keras.layers.Dropout(0.1), hidden, last])
    rate = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * -(-len(columns) // 128))
    net.compile(keras.optimizers.AdamW(rate, weight_decay=DECAY), keras.losses.BinaryCrossentropy(from_logits=True))
    net.fit(columns, labels[:, np.newaxis].astype(np.float32), sample_weight=weights, batch_size=128, epochs=EPOCHS, verbose=0)
    kernel, bias = hidden.get_weights()
    return kernel, bias, last.get_weights()[0][:, 0]


def single(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    return np.asarray(values, np.float32)


def augmented(pixels: Pixels, times: int) -> Pixels:
    """Every picture `times` times, as the training sees it."""
    import tensorflow as tf

    from training.augment import ragam

    def change(picture: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        changed = ragam(picture, tf.stack([41, tf.cast(number, tf.int32)]))
        return tf.cast(tf.round(tf.clip_by_value(changed, 0, 255)), tf.uint8)

    many = np.tile(pixels, (times, 1, 1, 1))
    numbered = tf.data.Dataset.from_tensor_slices((many, np.arange(len(many))))
    return np.stack(list(numbered.map(change, num_parallel_calls=tf.data.AUTOTUNE).as_numpy_iterator()))


def read_folders(folders: Sequence[Path]) -> "Others":
    """The pictures of the folders, whose names are their kinds. Raises StageError where one cannot be read, or a folder has none."""
    pixels, crops, kinds = [np.empty((0, *IMAGE_SHAPE), np.uint8)], [np.empty((0, CROPS, *IMAGE_SHAPE), np.uint8)], []
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
        if not files:
            raise StageError(f"{folder} has no JPEG or PNG files.")
        try:
            pixels.append(np.stack([read_pixels(regular(file).read_bytes()) for file in files]))
            crops.append(np.stack([cropped(file) for file in files]))
        except (RagamError, OSError) as error:
            raise StageError(f"A picture of {folder} cannot be read: {error}.") from error
        kinds += [folder.resolve().name] * len(files)
    return Others(np.concatenate(pixels), kinds, AUGMENTED, np.concatenate(crops))


def cropped(file: Path) -> Pixels:
    """CROPS parts of a picture, (CROPS, 224, 224, 3), always the same ones, every second one mirrored."""
    random = np.random.default_rng(0)
    parts = []
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    for number in range(CROPS):
        width, height = (max(1, round(random.uniform(SMALLEST_CROP, 1) * side)) for side in picture.size)
        left, top = (int(random.integers(room + 1)) for room in (picture.width - width, picture.height - height))
        part = BytesIO()
        picture.crop((left, top, left + width, top + height)).save(part, "PNG")
        pixels = read_pixels(part.getvalue())
        parts.append(pixels[:, ::-1] if number % 2 else pixels)
    return np.stack(parts)
