"""What people have goes to the service as a JPEG that shows the same; what is left out says why."""

import json
import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from stub_gateway import answer

from ragam import convert
from ragam import picture as pictures
from ragam.errors import RagamError
from ragam.picture import smaller, upload_of

ORIENTATION = 0x0112
PAINT = (200, 60, 40)


def painting(size=(300, 200), mode="RGB"):
    """The upper half is of one colour, the lower is white."""
    picture = Image.new("RGB", size, "white")
    picture.paste(PAINT, (0, 0, size[0], size[1] // 2))
    return picture.convert(mode)


def sent(path):
    """The picture that is sent of the file at `path`."""
    upload = upload_of(Path(path))
    assert upload.name == Path(path).name + ".jpg"
    picture = Image.open(BytesIO(upload.data))
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    assert "icc_profile" not in picture.info
    assert ORIENTATION not in picture.getexif()
    return picture


def assert_upright(picture, colour=PAINT, most=6):
    width, height = picture.size
    for place, expected in (((width // 2, height // 4), colour), ((width // 2, height * 3 // 4), (255, 255, 255))):
        assert np.abs(np.subtract(picture.getpixel(place), expected)).max() <= most, (place, picture.getpixel(place))


FORMATS = {
    "a.tif": ("TIFF", "RGB", {}),
    "palette.tif": ("TIFF", "P", {}),
    "press.tif": ("TIFF", "CMYK", {}),
    "lab.tif": ("TIFF", "LAB", {}),
    "pages.tif": ("TIFF", "RGB", {"save_all": True, "append_images": [Image.new("RGB", (20, 20), "blue")] * 3}),
    "a.webp": ("WEBP", "RGB", {"quality": 95}),
    "moving.webp": ("WEBP", "RGB", {"save_all": True, "append_images": [Image.new("RGB", (300, 200), "blue")], "lossless": True}),
    "a.avif": ("AVIF", "RGB", {"quality": 95}),
    "a.gif": ("GIF", "P", {}),
    "a.jp2": ("JPEG2000", "RGB", {}),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats(tmp_path, name):
    image_format, mode, options = FORMATS[name]
    if mode == "LAB":
        picture = ImageCms.profileToProfile(painting(), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB")
    else:
        picture = painting().quantize() if mode == "P" else painting(mode=mode)
    picture.save(tmp_path / name, image_format, **options)
    assert_upright(sent(tmp_path / name))


def test_16_bits(tmp_path):
    gray = np.full((40, 60), 0x8000, np.uint16)
    gray[20:] = 0xFFFF
    for name, pixels in (("gray.tif", gray), ("long.tif", gray.astype(np.int32)), ("float.tif", gray.astype(np.float32) / 65535)):
        Image.fromarray(pixels).save(tmp_path / name)
        assert_upright(sent(tmp_path / name), (128, 128, 128))
    # White as 0, of which Pillow would show a negative, and planes one after the other, of which it would read half.
    written = (tmp_path / "gray.tif").read_bytes()
    for tag, value in ((262, 0), (284, 2)):
        entry = struct.pack("<HHIH", tag, 3, 1, 1)
        assert written.count(entry) == 1
        (tmp_path / "wrong.tif").write_bytes(written.replace(entry, struct.pack("<HHIH", tag, 3, 1, value)))
        with pytest.raises(RagamError, match="cannot be converted"):
            upload_of(tmp_path / "wrong.tif")


def test_a_profile_counts(tmp_path):
    """One whose red and green are changed: a colour comes out as its mirror."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    for name, mode in (("a.tif", "RGB"), ("a.webp", "RGB"), ("b.webp", "RGBA")):
        painting(mode=mode).save(tmp_path / name, icc_profile=bytes(profile), **({"lossless": True} if "webp" in name else {}))
        assert_upright(sent(tmp_path / name), (PAINT[1], PAINT[0], PAINT[2]))
    for damaged in (b"no profile", bytes(profile[:200])):
        painting().save(tmp_path / "c.tif", icc_profile=damaged)
        assert_upright(sent(tmp_path / "c.tif"))


def test_orientation(tmp_path):
    # requirements/dev.txt has it.
    import pillow_heif

    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    # Of bytes HEIF's own orientation is made, as phones write it.
    for name, options in (
        ("a.tif", {"exif": exif}),
        ("a.webp", {"exif": exif, "lossless": True}),
        ("a.avif", {"exif": exif, "quality": 95}),
        ("a.heic", {"exif": exif.tobytes(), "quality": 95}),
    ):
        painting().transpose(Image.Transpose.ROTATE_90).save(tmp_path / name, **options)
        picture = sent(tmp_path / name)
        assert picture.size == (300, 200)
        assert_upright(picture)


def test_transparency_lies_on_white(tmp_path):
    for name, mode, paint in (("a.webp", "RGBA", PAINT), ("a.tif", "LA", (98, 98, 98))):
        picture = painting(mode=mode)
        picture.paste((0,) * len(mode), (0, 100, 300, 200))
        picture.save(tmp_path / name, **({"lossless": True} if mode == "RGBA" else {}))
        assert_upright(sent(tmp_path / name), paint)


def test_what_is_large_is_reduced_before_it_is_sent(tmp_path, monkeypatch):
    monkeypatch.setattr(convert, "LONG_SIDE", 200)
    monkeypatch.setattr(pictures, "MAX_BYTES", 1000)
    for name in ("a.tif", "a.png"):
        painting((500, 300)).save(tmp_path / name)
        picture = sent(tmp_path / name)
        assert picture.size == (200, 120)
        assert_upright(picture)


TOO_COSTLY = {"status": {"code": 413, "error": "picture_too_costly", "detail": "Too much."}, "data": None}


def test_what_the_service_finds_too_large_is_reduced_and_sent_again(gateway, tmp_path):
    """A picture that is too large when it is reduced, too, and one that then is not."""
    painting().save(tmp_path / "a.jpg")
    for times, told in ((2, "0 of 1 pictures have an answer, 1 failed."), (1, "1 of 1 pictures have an answer, 1 converted.")):
        gateway.requests.clear()
        gateway.faults = [answer(413, TOO_COSTLY)] * times
        assert gateway.classify(str(tmp_path)).stderr.splitlines()[-1] == told
        assert gateway.pictures == 2


def test_pillow_s_picture_is_sent_without_loss_as_far_as_the_limit_allows(monkeypatch):
    small = painting()
    upload = upload_of(small)
    assert upload.name == "picture.png"
    assert Image.open(BytesIO(upload.data)).tobytes() == small.tobytes()
    monkeypatch.setattr(convert, "LONG_SIDE", 200)
    monkeypatch.setattr(convert, "PNG_PIXELS", 100_000)
    monkeypatch.setattr(pictures, "MAX_BYTES", 200_000)
    # Noise takes more bytes than it has: too many for the service as it is.
    noise = Image.frombytes("RGB", (300, 250), np.random.default_rng(1).bytes(300 * 250 * 3))
    many = Image.new("RGB", (500, 400), PAINT)
    for large in (noise, many):
        sent = Image.open(BytesIO(upload_of(large).data))
        assert (sent.format, max(sent.size)) == ("PNG", 200)
    # ... and for a service that takes less.
    assert Image.open(BytesIO(smaller(upload_of(noise)).data)).format == "JPEG"


def test_without_pillow_the_service_says_what_it_is_and_the_command_how_to_convert_it(gateway, tmp_path, monkeypatch):
    painting().save(tmp_path / "a.webp")
    painting().save(tmp_path / "b.jpg")
    monkeypatch.setattr(convert, "_pillow", lambda: None)
    gateway.faults = [None, answer(413, TOO_COSTLY)]
    result = gateway.classify(str(tmp_path), "--concurrency", "1")
    assert result.exit_code == 1
    reasons = [json.loads(line)["reason"] for line in result.stdout.splitlines()]
    assert [reason.partition(".")[0] for reason in reasons] == [
        "The file is a WebP picture, not a JPEG or PNG",
        "Too much",
    ]
    assert all(reason.endswith(" Install Pillow, and it is converted before it is sent.") for reason in reasons)
    assert gateway.pictures == 2
