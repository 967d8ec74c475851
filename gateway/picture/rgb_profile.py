"""An ICC profile of RGB by its primaries and its curve, for a PNG that tells these instead of a profile."""

import struct
from collections.abc import Sequence

import numpy as np

# White, red, green and blue, each x and y. By the numbers of ITU-T H.273: BT.709, BT.2020, P3.
_D65 = (0.3127, 0.329)
SRGB = (*_D65, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
PRIMARIES = {1: SRGB, 9: (*_D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046), 12: (*_D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)}

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def _fixed(*values: float) -> bytes:
    """As ICC's s15Fixed16Number."""
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def gamma_curve(gamma: float) -> bytes:
    return b"para" + bytes(8) + _fixed(gamma)


SRGB_CURVE = b"para\0\0\0\0\0\3\0\0" + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def rgb_profile(white_and_primaries: Sequence[float], curve: bytes) -> bytes:
    """Raises ArithmeticError, ValueError or struct.error where there are no such colors."""
    white, *primaries = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in zip(*[iter(white_and_primaries)] * 2, strict=True))
    columns = np.stack(primaries, axis=1)
    with np.errstate(all="raise"):
        scaled = columns * np.linalg.solve(columns, white)
        adapted = np.linalg.inv(_BRADFORD) @ np.diag(_BRADFORD @ _D50 / (_BRADFORD @ white)) @ _BRADFORD @ scaled
    bodies = {b"wtpt": b"XYZ " + bytes(4) + _fixed(*_D50)}
    for channel, column in zip((b"r", b"g", b"b"), adapted.T, strict=True):
        bodies[channel + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(*column)
        bodies[channel + b"TRC"] = curve
    table, data = struct.pack(">L", len(bodies)), b""
    for tag, body in bodies.items():
        table += tag + struct.pack(">2L", 132 + 12 * len(bodies) + len(data), len(body))
        data += body
    head = b"\4\x30\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + _fixed(*_D50)
    size = 128 + len(table) + len(data)
    return (struct.pack(">2L", size, 0) + head).ljust(128, b"\0") + table + data
