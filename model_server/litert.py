"""One version of a model, loaded into LiteRT: what `servable.Servable` is with TensorFlow, in half the time a picture.

XNNPACK packs the weights when an interpreter is made, which is why there are only as many of them as compute at a time.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from model_server.batching import Batching
from model_server.cores import usable_cores
from model_server.memory import give_back
from model_server.predict import NO_DEADLINE_S
from model_server.rows import Rows
from model_server.saved_model import PREDICT_METHOD, callable_signature, read_signature_defs

Array = npt.NDArray[Any]


class LiteRTServable:
    """signature_defs: the SavedModel's own, so that callers see no difference.

    path: the version directory. model: a file that LiteRT reads, with the SavedModel's signatures.
    batching: None for as many interpreters as there are cores, else num_batch_threads of them, which share the cores.

    Raises StatusError where the SavedModel is broken, ValueError or RuntimeError where LiteRT cannot run `model`.
    """

    def __init__(self, path: Path, model: Path, batching: Batching | None) -> None:
        self.batching = batching
        self.signature_defs = read_signature_defs(path)
        cores = usable_cores()
        workers = cores if batching is None else batching.num_batch_threads
        signatures = [name for name, signature in self.signature_defs.items() if signature.method_name == PREDICT_METHOD]
        self._rows = Rows([_Machine(model, signatures, max(1, cores // workers)) for _ in range(workers)], batching)

    def signature(self, name: str) -> Any:
        """The SignatureDef, only of a signature that `run` can run; raises StatusError FAILED_PRECONDITION without one."""
        return callable_signature(self.signature_defs, name)

    def run(self, name: str, inputs: Sequence[Array], timeout_s: float) -> dict[str, Array]:
        """The outputs by name. `inputs` lie in the order of their sorted names and have the signature's types and shapes.

        Raises StatusError, for calls that wait too long or are too many too.
        """
        names = sorted(self.signature_defs[name].inputs)
        rows = [dict(zip(names, arrays, strict=True)) for arrays in zip(*map(_rows, inputs), strict=True)]
        answers = self._rows.compute(rows, lambda machine, row: machine.run(name, row), min(timeout_s, NO_DEADLINE_S))
        return {output: np.concatenate([answer[output] for answer in answers]) for output in answers[0]}

    def close(self) -> None:
        self._rows.close()
        give_back()


class _Machine:
    """An interpreter that has run once, so that no caller waits for what its first run prepares."""

    def __init__(self, model: Path, signatures: Sequence[str], threads: int) -> None:
        interpreter = Interpreter(model_path=str(model), num_threads=threads)
        self._runners = {name: interpreter.get_signature_runner(name) for name in signatures}
        for runner in self._runners.values():
            runner(**{name: np.zeros(details["shape"], details["dtype"]) for name, details in runner.get_input_details().items()})

    def run(self, signature: str, row: dict[str, Array]) -> dict[str, Array]:
        answer: dict[str, Array] = self._runners[signature](**row)
        return answer


def _rows(array: Array) -> list[Array]:
    return [array[at : at + 1] for at in range(len(array))]
