import numpy as np

from benchmarks.pictures import KINDS, Kind, picture
from benchmarks.time_to_tensor import WAYS, Figures, measure, medians, paper, report


def test_each_way_ends_in_the_model_s_input():
    for way in WAYS.values():
        tensor = way(picture(Kind(1000, 900)))
        assert (tensor.shape, tensor.dtype) == ((224, 224, 3), np.float32)
        assert -1 <= tensor.min() < tensor.max() <= 1


def test_the_fewer_pixels_are_kept_the_more_differs():
    data = picture(Kind(1900, 1900), seed=1)
    differences = [np.abs(WAYS[way](data) - paper(data)).mean() for way in ("paper", "gateway", "224 px")]
    assert differences == sorted(set(differences))


def test_a_way_is_measured_in_a_process_of_its_own():
    found = measure("small", 1, ["paper", "gateway"])
    assert list(found) == ["paper", "gateway"]
    pixels = KINDS["small"].width * KINDS["small"].height
    for one in found.values():
        assert one.milliseconds > 0
        assert one.megabytes >= 0
    # Decoded whole, it is three bytes a pixel, most of which the process did not hold before.
    assert found["paper"].megabytes < 20 * pixels / 1e6
    # A picture of this size is decoded at no smaller scale: few pixels differ, by the resizing, and those by one.
    assert found["paper"].difference == 0
    assert found["gateway"].difference < 0.02


def test_the_table_is_beside_the_paper_s():
    turns = [Figures(30.0, 3.0, 0.5), Figures(40.0, 9.0, 0.5), Figures(50.0, 1.0, 0.5)]
    text = report("title", {"paper": Figures(160.0, 60.0, 0.0), "gateway": medians(turns)})
    assert text.splitlines()[2:] == ["| paper | 160.0 | 60.0 | 0.00 | 1.00 | 1.00 |", "| gateway | 40.0 | 3.0 | 0.50 | 4.00 | 0.05 |"]
