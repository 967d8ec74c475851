"""Sends files to the application that a fuzzer makes, and looks for an answer that is wrong or slow.

    make fuzz RUNS=100000 SEED=1

The fuzzer, atheris, is guided by which lines of the gateway and of Pillow a file reaches. It ends with an error, and the file as
build/fuzz/crash-*, at the first answer that is neither 200, 400 nor 413, or takes more than two seconds of this thread's time.
"""

import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

with atheris.instrument_imports(include=["gateway", "PIL"]):
    import mutations
    from application import application, send
    from corpus import EITHER, TOO_LARGE

SECONDS = 2
TELL_EVERY = 10_000


class Target:
    """Counts what it has been given."""

    def __init__(self) -> None:
        self._client = application()
        self._runs = 0
        self._slowest = 0.0
        self._statuses: dict[int, int] = {}

    def __call__(self, data: bytes) -> None:
        outcome = send(self._client, data)
        assert outcome.status in EITHER | TOO_LARGE, outcome
        assert outcome.seconds < SECONDS, outcome
        self._runs += 1
        self._slowest = max(self._slowest, outcome.seconds)
        self._statuses[outcome.status] = self._statuses.get(outcome.status, 0) + 1
        if self._runs % TELL_EVERY == 0:
            print(f"{self._runs} answers {self._statuses}, slowest {self._slowest:.3f} s", flush=True)  # noqa: T201


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    random = Random(seed)
    # An empty file is libFuzzer's first.
    return mutations.mutated(random, data or random.choice(mutations.SEEDS))[:max_size]


def main(runs: int, seed: int) -> None:
    # Pillow warns of what it forgives.
    warnings.simplefilter("ignore")
    artifacts = HERE.parents[1] / "build" / "fuzz"
    artifacts.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(mutations.SEEDS):
            (Path(folder) / str(number)).write_bytes(data)
        length = f"-max_len={mutations.MAX_BYTES}"
        options = [f"-runs={runs}", f"-seed={seed}", length, "-len_control=0", "-rss_limit_mb=2048", "-timeout=20", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={artifacts}/", folder], Target(), custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
