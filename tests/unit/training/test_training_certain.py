"""Which answers are called certain, what is said of them, and what typicality reads of pictures that are no paintings."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.certain import NEVER, Answers, certain, expected, kinds, left_out_in_turn, thresholds
from training.config import StageError
from training.evaluate import trusted
from training.typicality import CROPS, read_folders


def answers(seed: int, count: int = 400, skew: float = 0.0) -> Answers:
    """Answers of three genres that are right as often as their score says, but those of the last less by `skew`."""
    random = np.random.default_rng(seed)
    confidence = random.uniform(0.34, 1, count)
    told = random.integers(0, 3, count)
    right = random.random(count) < confidence - skew * (told == 2)
    scores = np.repeat((1 - confidence)[:, None] / 2, 3, axis=1)
    scores[np.arange(count), told] = confidence
    labels = np.where(right, told, (told + 1) % 3)
    return Answers(scores, labels, np.full(count, 0.5), np.array([f"painter {number // 4}" for number in range(count)]))


def test_certain_answers_are_right_for_85_of_100_where_the_score_holds() -> None:
    tuning, unseen = answers(0), answers(1)
    limits = thresholds([answers(2), tuning], tuning)
    sure = certain(unseen, limits)
    assert 0.2 < sure.mean() < 0.5
    assert unseen.right[sure].mean() == pytest.approx(0.85, abs=0.07)


def test_a_genre_whose_sure_answers_are_often_wrong_has_a_higher_threshold() -> None:
    tuning = answers(0, skew=0.25)
    limits = thresholds([answers(2, skew=0.25), tuning], tuning)
    assert limits[2] > max(limits[:2]) + 0.05


def test_what_looks_like_no_painting_is_never_certain() -> None:
    tuning = answers(0)
    limits = thresholds([tuning], tuning)
    odd = Answers(tuning.scores, tuning.labels, np.full(len(tuning.labels), 0.04), tuning.groups)
    assert not certain(odd, limits).any()
    assert (kinds(certain(odd, limits), odd.typicality) == 2).all()


def test_where_no_answer_can_be_trusted_none_is_certain() -> None:
    wrong = answers(0)
    wrong = Answers(wrong.scores, (wrong.told + 1) % 3, wrong.typicality, wrong.groups)
    assert thresholds([wrong], wrong).tolist() == [NEVER] * 3


def test_the_share_right_is_told_from_thresholds_chosen_without_the_artist() -> None:
    tuning = answers(0, 80)
    found = expected([(tuning, left_out_in_turn([tuning], tuning))], [])
    assert found[0].answers + found[1].answers == 80
    assert found[0].right > found[1].right > 0
    assert found[2].answers == 0
    assert found[2].right <= found[1].right, "what may be no painting is not told to be right more often"


def test_parts_of_a_photograph_are_its_own_and_always_the_same(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="no JPEG or PNG"):
        read_folders([tmp_path])
    random = np.random.default_rng(0)
    for name in ("a.jpg", "b.png"):
        Image.fromarray(random.integers(0, 256, (320, 480, 3), np.uint8)).save(tmp_path / name)
    others = read_folders([tmp_path])
    assert others.crops.shape == (2, CROPS, 224, 224, 3)
    assert len(np.unique(others.crops.reshape(2 * CROPS, -1), axis=0)) == 2 * CROPS
    assert np.array_equal(others.crops, read_folders([tmp_path]).crops)
    assert others.kinds == [tmp_path.name] * 2


def test_without_pictures_of_other_collections_an_answer_is_counted_once() -> None:
    parts = {"validation": answers(0, 9), "test": answers(1, 7)}
    _, found = trusted(parts, set(parts["validation"].groups))
    assert sum(share.answers for share in found) == 16
