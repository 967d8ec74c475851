"""What Schemathesis fills the field `image` with: pictures made by code, small and whole. It loads this by SCHEMATHESIS_HOOKS."""

from io import BytesIO

import schemathesis
from hypothesis import strategies as st
from PIL import Image
from schemathesis.transport.serialization import Binary

TRUTH = {"", "1", "yes", "on", "true", "0", "no", "off", "false"}
MODES = {"PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"), "JPEG": ("RGB", "L", "CMYK")}


def encoded(image_format: str, mode: str, width: int, height: int, fill: int) -> bytes:
    buffer = BytesIO()
    Image.frombytes("L", (width, height), bytes(fill * place % 256 for place in range(width * height))).convert(mode).save(
        buffer, image_format
    )
    return buffer.getvalue()


def pictures(image_format: str) -> st.SearchStrategy[bytes]:
    sides = st.integers(1, 64)
    return st.builds(encoded, st.just(image_format), st.sampled_from(MODES[image_format]), sides, sides, st.integers(0, 255))


@schemathesis.hook
def filter_query(_context: schemathesis.HookContext, query: dict[str, object] | None) -> bool:
    """Without the words that the service takes for a truth value and the description, for the sake of generators, does not name."""
    return not any(isinstance(value, str) and value.strip().lower() in TRUTH for value in (query or {}).values())


schemathesis.openapi.format("binary", st.one_of(pictures("PNG"), pictures("JPEG")).map(Binary))
