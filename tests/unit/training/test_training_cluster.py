"""TF_CONFIG, which names the workers of a training: right and wrong."""

import json

import pytest

from training.cluster import Cluster, from_environment
from training.config import StageError

TWO = ["a.example:2222", "b.example:2222"]


def config(cluster: object, kind: object = "worker", index: object = 0) -> str:
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("", Cluster()),
        (config({"worker": TWO[:1]}), Cluster()),
        (config({"chief": TWO[:1], "worker": []}, "chief"), Cluster()),
        (config({"worker": TWO}, index=1), Cluster(tuple(TWO), 1)),
        # Kubeflow's TFJob, of which one is the chief: the first for TensorFlow, too.
        (config({"worker": TWO[1:], "chief": TWO[:1]}), Cluster(tuple(TWO), 1)),
        (config({"worker": TWO[1:], "chief": TWO[:1]}, "chief"), Cluster(tuple(TWO), 0)),
    ],
)
def test_it_names_the_workers_and_this_one(told: str, found: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", told)
    assert from_environment() == found
    assert found.is_chief == (found.index == 0)


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ("{", "Expecting property name"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "it has no 'cluster'"),
        (config({"worker": TWO}, index=2), "its task is 'worker' 2"),
        (config({"worker": TWO}, kind=["worker"], index={}), "its task is "),
        (config({"worker": [TWO[0], TWO[0]]}), "two of its workers have the address a.example:2222"),
        (config({"worker": ["a.example", TWO[0]]}), "'a.example' is no address"),
        (config({"worker": ["a.example:\u00b2", TWO[0]]}), "is no address"),
        (config({"worker": 5}), "it is built in another way"),
        (config({"worker": TWO, "ps": ["c.example:2222"]}), "its cluster has a 'ps'"),
    ],
)
def test_a_wrong_one_is_a_sentence(told: str, cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", told)
    with pytest.raises(StageError, match=r"^TF_CONFIG is wrong: .*\.$") as raised:
        from_environment()
    assert cause in str(raised.value)
