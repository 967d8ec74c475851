"""Sends files and forms to the application that a fuzzer makes, and looks for an answer that is wrong, slow or costs memory for good.

    make fuzz RUNS=100000 SEED=1

The fuzzer, atheris, is guided by which lines of the gateway and of Pillow a file reaches. It ends with an error, and the file as
build/fuzz/crash-*, at the first answer that is neither 200, 400, 413 nor 415, or takes more than two seconds of this thread's time. What
begins with a boundary is sent as the body of a request, anything else as the file of a form.
"""

import re
import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

with atheris.instrument_imports(include=["gateway", "PIL"]):
    import forms
    import mutations
    from application import application, send, send_body
    from corpus import EITHER, TOO_LARGE

SECONDS = 2
COMPRESSED = {415}
MEGABYTES = 100
# What libFuzzer keeps itself of what it has found grows most at first.
SETTLED = 10_000


def resident() -> float:
    """Megabytes of this process."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    match = re.search(r"VmRSS:\s+(\d+)", status)
    assert match is not None
    return int(match[1]) / 1024


class Target:
    """Counts what it has been given."""

    def __init__(self) -> None:
        self._client = application()
        self._runs = 0
        self._slowest = 0.0
        self._settled = 0.0
        self._statuses: dict[int, int] = {}

    def __call__(self, data: bytes) -> None:
        is_form = data.startswith(forms.START)
        outcome = send_body(self._client, data, *forms.request_of(data)) if is_form else send(self._client, data)
        assert outcome.status in EITHER | TOO_LARGE | COMPRESSED, outcome
        assert outcome.seconds < SECONDS, outcome
        self._runs += 1
        self._slowest = max(self._slowest, outcome.seconds)
        self._statuses[outcome.status] = self._statuses.get(outcome.status, 0) + 1
        if self._runs == SETTLED:
            self._settled = resident()
        if self._runs % SETTLED == 0:
            growth = resident() - self._settled
            print(f"{self._runs} answers {self._statuses}, slowest {self._slowest:.3f} s, {growth:+.1f} MB", flush=True)  # noqa: T201
            assert growth < MEGABYTES, growth


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    random = Random(seed)
    if data.startswith(forms.START) or random.random() < 0.3:
        return forms.mutated(random, data)[:max_size]
    # An empty file is libFuzzer's first.
    return mutations.mutated(random, data or random.choice(mutations.SEEDS))[:max_size]


def main(runs: int, seed: int) -> None:
    # Pillow warns of what it forgives.
    warnings.simplefilter("ignore")
    artifacts = HERE.parents[1] / "build" / "fuzz"
    artifacts.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate([*mutations.SEEDS, *forms.SEEDS]):
            (Path(folder) / str(number)).write_bytes(data)
        options = [
            f"-runs={runs}",
            f"-seed={seed}",
            f"-max_len={mutations.MAX_BYTES}",
            "-len_control=0",
            "-rss_limit_mb=2048",
            "-timeout=20",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={artifacts}/", folder], Target(), custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
