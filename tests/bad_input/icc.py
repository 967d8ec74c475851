"""ICC profiles byte by byte: RGB by primaries and a curve, gray by a curve, CMYK by a table."""

import struct
from itertools import product
from math import prod

# XYZ of red, green and blue, adapted to D50.
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
DISPLAY_P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.7141))
SWAPPED = (SRGB[1], SRGB[0], SRGB[2])

# L, a and b of full inks on paper, without black.
_INKS = {
    (0, 0, 0): (100, 0, 0),
    (1, 0, 0): (55, -37, -50),
    (0, 1, 0): (48, 74, -3),
    (0, 0, 1): (89, -5, 93),
    (1, 1, 0): (24, 22, -46),
    (1, 0, 1): (50, -68, 25),
    (0, 1, 1): (47, 68, 48),
    (1, 1, 1): (23, 0, 0),
}


def fixed(*values):
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def gamma(value):
    return b"curv" + bytes(4) + struct.pack(">LH", 1, round(value * 256))


SRGB_CURVE = b"para" + bytes(4) + b"\0\3\0\0" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile(space, tags, kind=b"mntr", connection=b"XYZ ", signature=b"acsp"):
    table, data = struct.pack(">L", len(tags)), b""
    for name, body in tags.items():
        table += name + struct.pack(">2L", 132 + 12 * len(tags) + len(data), len(body))
        data += body.ljust(-(-len(body) // 4) * 4, b"\0")
    head = struct.pack(">LL", 128 + len(table) + len(data), 0) + b"\2\x10\0\0" + kind + space + connection + bytes(12) + signature
    return head.ljust(68, b"\0") + fixed(0.9642, 1, 0.8249).ljust(60, b"\0") + table + data


def xyz(values):
    return b"XYZ " + bytes(4) + fixed(*values)


WHITE = {b"wtpt": xyz((0.9642, 1, 0.8249))}


def rgb(primaries, curve, **options):
    colors = {name + b"XYZ": xyz(values) for name, values in zip((b"r", b"g", b"b"), primaries, strict=True)}
    return profile(b"RGB ", {**WHITE, **colors, **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)}, **options)


def gray(value):
    return profile(b"GRAY", {**WHITE, b"kTRC": gamma(value)})


def _lab(cyan, magenta, yellow, black):
    """Between full inks each in its share, as printed dots lie beside each other (Neugebauer)."""
    shares = [(inks, prod(part if ink else 1 - part for ink, part in zip(inks, (cyan, magenta, yellow), strict=True))) for inks in _INKS]
    return [sum(_INKS[inks][axis] * share for inks, share in shares) * (1 - 0.8 * black) for axis in range(3)]


def cmyk(steps=9, colorimetric=None, **tables):
    """With a table of its own as the perceptual one, unless `perceptual` says another or none; `colorimetric` is one more."""
    told = {b"A2B0": tables.get("perceptual", cmyk_table(steps)), b"A2B1": colorimetric}
    return profile(b"CMYK", WHITE | {name: table for name, table in told.items() if table}, kind=b"prtr", connection=b"Lab ")


def cmyk_table(steps=9, inks=(0, 1, 2)):
    """In `inks` are the places of cyan, magenta and yellow."""
    nodes = b""
    for amounts in product([step / (steps - 1) for step in range(steps)], repeat=4):
        lightness, a, b = _lab(*(amounts[place] for place in inks), amounts[3])
        nodes += struct.pack(">3H", round(lightness * 652.8), round((a + 128) * 256), round((b + 128) * 256))
    ends = struct.pack(">2H", 0, 65535)
    head = b"mft2" + bytes(4) + bytes([4, 3, steps, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + struct.pack(">2H", 2, 2)
    return head + ends * 4 + nodes + ends * 3
