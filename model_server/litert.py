"""One version of a model, loaded into LiteRT: the SavedModel's signatures, computed by the version's model.tflite.

XNNPACK packs the weights when an interpreter is made, which is why there are only as many of them as compute at a time.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from gateway.machine import this_machine
from model_server.batching import Batching
from model_server.memory import give_back
from model_server.rows import Rows
from model_server.saved_model import PREDICT_METHOD, callable_signature, read_signature_defs
from model_server.status import StatusError
from model_server.tensors import fits, numpy_type

Array = npt.NDArray[Any]

FILE = "model.tflite"
# More than this a call need not wait, and a lock cannot.
NO_DEADLINE_S = 24 * 60 * 60


class Servable:
    """The version directory `path`. signature_defs: the SavedModel's own SignatureDef protos by name, as GetModelMetadata answers them.

    batching: None for as many interpreters as there are cores, else num_batch_threads of them, which share the cores.

    Raises StatusError where one of the version's two files is missing, broken or does not fit the other.
    """

    def __init__(self, path: Path, batching: Batching | None) -> None:
        self.batching = batching
        self.signature_defs = read_signature_defs(path)
        model = _read(path)
        cores = math.ceil(this_machine().cores)
        workers = cores if batching is None else batching.num_batch_threads
        signatures = {name: signature for name, signature in sorted(self.signature_defs.items()) if signature.method_name == PREDICT_METHOD}
        try:
            machines = [_Machine(model, signatures, max(1, cores // workers)) for _ in range(workers)]
        except (ValueError, RuntimeError) as error:
            raise _unusable(f"LiteRT cannot run it: {str(error).strip().partition(chr(10))[0]}") from error
        self._no_rows = machines[0].no_rows
        self._rows = Rows(machines, batching)

    def signature(self, name: str) -> Any:
        """The SignatureDef, only of a signature that `run` can run; raises StatusError FAILED_PRECONDITION without one."""
        return callable_signature(self.signature_defs, name)

    def run(self, name: str, inputs: Sequence[Array], timeout_s: float) -> dict[str, Array]:
        """The outputs by name. `inputs` lie in the order of their sorted names and have the signature's types and shapes.

        Raises StatusError, for calls that wait too long or are too many too.
        """
        names = sorted(self.signature_defs[name].inputs)
        rows = [dict(zip(names, arrays, strict=True)) for arrays in zip(*map(_rows, inputs), strict=True)]
        if not rows:
            return self._no_rows[name]
        answers = self._rows.compute(rows, lambda machine, row: machine.run(name, row), min(timeout_s, NO_DEADLINE_S))
        return {output: np.concatenate([answer[output] for answer in answers]) for output in answers[0]}

    def close(self) -> None:
        self._rows.close()
        give_back()


class _Machine:
    """An interpreter that has run once, so that no caller waits for what its first run prepares.

    no_rows: by signature, the outputs of an empty batch.

    Raises StatusError where the model has other signatures than `signatures`, ValueError or RuntimeError where LiteRT cannot run it.
    """

    def __init__(self, model: bytes, signatures: Mapping[str, Any], threads: int) -> None:
        interpreter = Interpreter(model_content=model, num_threads=threads)
        if lacking := signatures.keys() - interpreter.get_signature_list().keys():
            raise _unusable(f"it lacks the SavedModel's signature {min(lacking)}")
        self._runners = {name: interpreter.get_signature_runner(name) for name in signatures}
        self.no_rows: dict[str, dict[str, Array]] = {}
        for name, runner in self._runners.items():
            inputs = runner.get_input_details()
            _require(name, "input", signatures[name].inputs, {key: (info["shape"], info["dtype"]) for key, info in inputs.items()})
            answer = self.run(name, {key: np.zeros(info["shape"], info["dtype"]) for key, info in inputs.items()})
            _require(name, "output", signatures[name].outputs, {key: (array.shape, array.dtype) for key, array in answer.items()})
            self.no_rows[name] = {key: array[:0] for key, array in answer.items()}

    def run(self, signature: str, row: dict[str, Array]) -> dict[str, Array]:
        answer: dict[str, Array] = self._runners[signature](**row)
        return answer


def _read(path: Path) -> bytes:
    """The model in memory: a file that is mapped ends the process when somebody cuts it short."""
    try:
        return (path / FILE).read_bytes()
    except FileNotFoundError as error:
        command = f"python -m training lite {path}"
        raise StatusError(grpc.StatusCode.NOT_FOUND, f"{path} has no {FILE}. Make it with `{command}`.") from error
    except OSError as error:
        raise StatusError(grpc.StatusCode.UNAVAILABLE, f"{path / FILE} cannot be read: {error.strerror}.") from error


def _require(signature: str, kind: str, infos: Mapping[str, Any], found: Mapping[str, tuple[Sequence[int], Any]]) -> None:
    """Raises StatusError where the tensors `found` for one row, by name, are not those of the SavedModel's signature."""
    if infos.keys() != found.keys():
        raise _unusable(f"signature {signature} has the {kind}s {_listed(found)}, in the SavedModel {_listed(infos)}")
    for name, info in infos.items():
        shape, dtype = found[name]
        wanted = [dim.size for dim in info.tensor_shape.dim]
        # A row is computed by itself, so the first dimension must be that of the rows.
        if info.tensor_shape.unknown_rank or wanted[:1] != [-1] or not fits([int(size) for size in shape], [1, *wanted[1:]]):
            raise _unusable(f"{kind} {name} of signature {signature} has the shape {list(map(int, shape))} for one row, not {wanted}")
        if np.dtype(dtype).kind != "S" and np.dtype(dtype) != numpy_type(info.dtype):
            raise _unusable(f"{kind} {name} of signature {signature} is {np.dtype(dtype).name}, in the SavedModel another type")


def _unusable(reason: str) -> StatusError:
    return StatusError(grpc.StatusCode.FAILED_PRECONDITION, f"{FILE} cannot be served: {reason}. `python -m training lite` makes it anew.")


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names))


def _rows(array: Array) -> list[Array]:
    return [array[at : at + 1] for at in range(len(array))]
