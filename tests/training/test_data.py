import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gateway.picture.preprocess import to_tensor
from training import data
from training.augment import AUGMENTATIONS
from training.config import StageError
from training.genres import NAMES_7


def epoch_of(part: data.Part, **options: object) -> tuple[np.ndarray, np.ndarray]:
    options = {"seed": 0, "epoch": 0, **options}
    epoch = options.pop("epoch")
    batches = list(data.epochs(part, 7, 16, **options, numbers=range(epoch, epoch + 1)))
    return tuple(np.concatenate([batch[column] for batch in batches]) for column in range(2))


def test_a_part_has_the_pixels_and_labels_of_its_rows(dataset: Path) -> None:
    loaded = data.load(dataset)
    assert loaded.genres == NAMES_7
    stored = np.load(dataset / "pixels.npy")
    for split in ("train", "validation"):
        part = loaded.part(split)
        assert np.array_equal(part.pixels, stored[[int(row["pixel"]) for row in part.rows]])
        assert [NAMES_7[label] for label in part.labels] == [row["genre"] for row in part.rows]
        assert len(part.pixels) == len(part.rows) > 0
        assert not part.pixels.flags.owndata, "the pixels are to stay in the file"


@pytest.mark.parametrize("name", [None, *AUGMENTATIONS])
def test_an_epoch_has_every_picture_once_in_batches_of_the_contract(dataset: Path, name: str | None) -> None:
    part = data.load(dataset).part("train")
    batches = list(data.epochs(part, 7, 16, AUGMENTATIONS.get(name), seed=1, numbers=range(2, 3)))
    count = len(part.rows)
    assert [len(images) for images, _ in batches] == [16] * (count // 16) + [count % 16] * (count % 16 > 0)
    assert all(images.shape[1:] == (224, 224, 3) and images.dtype == labels.dtype == tf.float32 for images, labels in batches)
    images, labels = (np.concatenate(column) for column in zip(*batches, strict=True))
    assert np.array_equal(labels.sum(axis=0), np.bincount(part.labels, minlength=7))
    assert -1 <= images.min() < images.max() <= 1
    if name is None:
        expected = {to_tensor(pixels).tobytes(): label for pixels, label in zip(part.pixels, part.labels, strict=True)}
        assert {image.tobytes(): int(label.argmax()) for image, label in zip(images, labels, strict=True)} == expected


def test_seed_and_epoch_alone_decide_order_and_augmentation(dataset: Path) -> None:
    part = data.load(dataset).part("train")
    augment = AUGMENTATIONS["paper"]
    first = epoch_of(part, augment=augment)
    assert all(np.array_equal(a, b) for a, b in zip(first, epoch_of(part, augment=augment), strict=True))
    for other in ({"epoch": 1}, {"seed": 1}):
        assert not np.array_equal(first[0], epoch_of(part, augment=augment, **other)[0])
    assert not np.array_equal(epoch_of(part)[1], epoch_of(part, epoch=1)[1])


def test_epochs_follow_one_another_and_start_anywhere_and_what_is_judged_keeps_its_order(dataset: Path) -> None:
    part = data.load(dataset).part("train")
    both = [labels for _, labels in data.epochs(part, 7, 16, seed=0, numbers=range(2))]
    assert np.array_equal(np.concatenate(both), np.concatenate([epoch_of(part, epoch=number)[1] for number in range(2)]))
    images, labels = (np.concatenate(column) for column in zip(*data.in_order(part, 7, 16), strict=True))
    assert np.array_equal(images, to_tensor(part.pixels))
    assert np.array_equal(labels.argmax(axis=1), part.labels)


def test_by_artist_genres_are_seen_alike_and_artists_by_the_root_of_their_works(dataset: Path) -> None:
    part = data.load(dataset).part("train")
    artists = ["many"] * 9 + ["one", "other"]
    rows = tuple({"genre": "Abstract" if name == "other" else "Realism", "group": name} for name in artists)
    drawn = data.chances(data.Part(part.pixels[:11], np.array([4] * 10 + [0]), rows))
    assert drawn.sum() == pytest.approx(1)
    assert drawn[10] == pytest.approx(1 / 2)
    assert drawn[:9].sum() == pytest.approx(3 * drawn[9])
    first, again = (epoch_of(part, sampling="by_artist")[0] for _ in range(2))
    assert np.array_equal(first, again)
    assert len(first) == len(part.rows)


def test_a_picture_drawn_twice_is_changed_in_two_ways(dataset: Path) -> None:
    part = data.load(dataset).part("train")
    same = data.Part(np.stack([part.pixels[0]] * 2), part.labels[:1].repeat(2), ({"genre": "Abstract", "group": "one"},) * 2)
    # Half of the draws of two pictures by artist are of one alone.
    for drawn in ({"epoch": 0}, *({"sampling": "by_artist", "epoch": epoch} for epoch in range(4))):
        first, second = epoch_of(same, augment=AUGMENTATIONS["paper"], **drawn)[0]
        assert not np.allclose(first, second, atol=0.1)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("rows.csv", None),
        ("dataset.json", lambda _: "{"),
        ("dataset.json", lambda _: "[" * 100_000),
        ("dataset.json", lambda text: text.replace('"genres"', '"genders"')),
        ("dataset.json", lambda text: json.dumps({**json.loads(text), "pictures": 3})),
        ("rows.csv", lambda text: text.replace("split", "side", 1)),
        ("rows.csv", lambda text: text.replace("Abstract", "Dada", 1)),
        ("rows.csv", lambda text: text.replace("\n0,", f"\n{'9' * 5000},", 1)),
        ("rows.csv", lambda text: text.replace("\n0,", "\n-1,", 1)),
        ("rows.csv", lambda text: f"{text}{'a' * 200_000}"),
        ("pixels.npy", lambda text: text[:5000]),
        ("pixels.npy", lambda _: ""),
    ],
)
def test_a_folder_that_is_no_dataset_is_told(dataset: Path, tmp_path: Path, name: str, change: Callable[[str], str] | None) -> None:
    file = shutil.copytree(dataset, tmp_path / "copy") / name
    if change is None:
        file.unlink()
    else:
        file.write_bytes(change(file.read_bytes().decode("latin-1")).encode("latin-1"))
    with pytest.raises(StageError, match=r"copy is no dataset: .+ Make one with "):
        data.load(tmp_path / "copy")


def test_rows_in_another_order_than_the_pixels_are_refused(dataset: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(dataset, tmp_path / "copy")
    first, second, third, *rows = (copy / "rows.csv").read_text().splitlines(keepends=True)
    (copy / "rows.csv").write_text("".join([first, third, second, *rows]))
    with pytest.raises(StageError, match="order of pixels"):
        data.load(copy).part("train")


@pytest.mark.parametrize(("workers", "devices"), [(1, 2), (2, 2), (2, 4)])
def test_the_devices_of_all_workers_see_what_one_sees(dataset: Path, workers: int, devices: int) -> None:
    part = data.load(dataset).part("train")
    for of in (
        lambda share: data.epochs(part, 7, 10, AUGMENTATIONS["paper"], seed=3, numbers=range(1, 2), sampling="by_artist", share=share),
        lambda share: data.in_order(part, 7, 10, share),
    ):
        whole = [tuple(array.numpy() for array in batch) for batch in of(None)]
        own = devices // workers
        shares = [data.Share(worker, workers, devices) for worker in range(workers)]
        shared = [[tuple(array.numpy() for array in batch) for batch in of(share)] for share in shares]
        assert all(len(batches) == own * len(whole) for batches in shared), "a worker would wait for another for ever"
        for number, (images, labels) in enumerate(whole):
            together = [batch for batches in shared for batch in batches[number * own : (number + 1) * own]]
            assert len({len(batch[0]) for batch in together}) == 1
            seen, told, parts = (np.concatenate(arrays) for arrays in zip(*together, strict=True))
            assert np.allclose(parts[parts > 0], 1 / len(images))
            order, expected = (np.lexsort(array.reshape(len(array), -1)[:, :50].T) for array in (seen[parts > 0], images))
            assert np.array_equal(seen[parts > 0][order], images[expected])
            assert np.array_equal(told[parts > 0][order], labels[expected])
