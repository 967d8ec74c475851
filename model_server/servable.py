"""One version of a model, loaded: a session over the SavedModel's graph, as TensorFlow Serving itself runs it.

A session rather than tf.saved_model.load: closing it gives back everything that the version took, its batching threads and queue
included, while the eager runtime keeps the batching resource for good and, under the same name, would go on with the first
version's function.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from model_server.batching import Batching
from model_server.memory import give_back
from model_server.predict import NO_DEADLINE_S
from model_server.saved_model import FILE, PREDICT_METHOD, TAG, callable_signature, cut_short, missing, untagged
from model_server.status import StatusError, code_of

Array = npt.NDArray[Any]

# Around the kernel's own message Python's session puts where the operation was made, and the runtime its name.
_PYTHON_ADDITIONS = re.compile(r"^Graph execution error:\n\n(Detected at node .*?\nNode: '[^'\n]*'\n)?|\n\t \[\[.*", re.DOTALL)


class Servable:
    """signature_defs: the SavedModel's own SignatureDef protos by name, as GetModelMetadata answers them.

    batching: None for each call alone, else calls of one signature share batches, through TensorFlow's own kernel.
    config: the session's tf.compat.v1.ConfigProto.

    Raises StatusError with the code and text that TensorFlow Serving reports of a broken version.
    """

    def __init__(self, path: Path, batching: Batching | None, config: Any) -> None:
        self.batching = batching
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        try:
            with _tensorflow_errors(), self._session.graph.as_default():
                meta_graph = _load(self._session, path)
                self.signature_defs: dict[str, Any] = dict(meta_graph.signature_def)
                self._calls = {name: self._callable(signature) for name, signature in self._signatures()}
        except BaseException:
            self._session.close()
            raise

    def signature(self, name: str) -> Any:
        """The SignatureDef, only of a signature that `run` can run; raises StatusError FAILED_PRECONDITION without one."""
        return callable_signature(self.signature_defs, name)

    def run(self, name: str, inputs: Sequence[Array], timeout_s: float) -> dict[str, Array]:
        """The outputs by name. `inputs` lie in the order of their sorted names and have the signature's types and shapes.

        A call that waits in the batching queue for longer than timeout_s is not computed. Raises StatusError.
        """
        # 0 would be no limit to TensorFlow.
        options = tf.compat.v1.RunOptions(timeout_in_ms=max(1, int(min(timeout_s, NO_DEADLINE_S) * 1000)))
        with _tensorflow_errors():
            values = self._calls[name](*inputs, options=options)
        return dict(zip(sorted(self.signature_defs[name].outputs), values, strict=True))

    def close(self) -> None:
        self._calls.clear()
        self._session.close()
        del self._session
        give_back()

    def _signatures(self) -> list[tuple[str, Any]]:
        return [(name, signature) for name, signature in self.signature_defs.items() if signature.method_name == PREDICT_METHOD]

    def _callable(self, signature: Any) -> Any:
        feeds = [signature.inputs[name].name for name in sorted(signature.inputs)]
        fetches = [signature.outputs[name].name for name in sorted(signature.outputs)]
        if self.batching is not None:
            feeds, fetches = self._batched(self.batching, feeds, fetches)
        return self._session.make_callable(fetches, feeds, accept_options=True)

    def _batched(self, batching: Batching, feeds: list[str], fetches: list[str]) -> tuple[list[Any], list[Any]]:
        """The signature's part of the graph as a function that the batching kernel calls."""
        graph = self._session.graph
        part = tf.compat.v1.graph_util.extract_sub_graph(graph.as_graph_def(), [name.partition(":")[0] for name in fetches])

        batched = tf.nondifferentiable_batch_function(
            num_batch_threads=batching.num_batch_threads,
            max_batch_size=batching.max_batch_size,
            batch_timeout_micros=batching.batch_timeout_micros,
            allowed_batch_sizes=list(batching.allowed_batch_sizes) or None,
            max_enqueued_batches=batching.max_enqueued_batches,
            autograph=False,
            # TensorFlow Serving's default: the rows of a call stay in one batch.
            enable_large_batch_splitting=False,
        )

        def call(*inputs: Any) -> Any:
            return tf.graph_util.import_graph_def(part, input_map=dict(zip(feeds, inputs, strict=True)), return_elements=fetches, name="")

        tensors = [graph.get_tensor_by_name(name) for name in feeds]
        inputs = [tf.compat.v1.placeholder(tensor.dtype, tensor.shape) for tensor in tensors]
        return inputs, list(batched(call)(*inputs))


def _load(session: Any, path: Path) -> Any:
    """The SavedModel's MetaGraphDef, its graph and variables put into the session's graph, which is the default one."""
    if not (path / FILE).is_file():
        raise missing(path)
    try:
        return tf.compat.v1.saved_model.load(session, [TAG], str(path))
    except OSError as error:  # the file is no SavedModel proto, which is how one cut short shows
        raise cut_short() from error
    except RuntimeError as error:
        raise untagged() from error


@contextmanager
def _tensorflow_errors() -> Iterator[None]:
    try:
        yield
    except tf.errors.OpError as error:
        raise StatusError(code_of(error.error_code), _PYTHON_ADDITIONS.sub("", error.message)) from error
