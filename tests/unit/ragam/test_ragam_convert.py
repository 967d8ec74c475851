"""What people have goes to the service as a JPEG that shows the same; what is left out says why."""

import os
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from gateway.picture import limits
from gateway.picture.decode import DRAFT_SIZE, open_picture
from ragam import convert
from ragam import picture as pictures
from ragam.convert import LONG_SIDE
from ragam.errors import RagamError
from ragam.picture import Upload, smaller, upload_of

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
    "deflated.tiff": ("TIFF", "RGB", {"compression": "tiff_adobe_deflate"}),
    "palette.tif": ("TIFF", "P", {}),
    "a.webp": ("WEBP", "RGB", {"quality": 95}),
    "a.avif": ("AVIF", "RGB", {"quality": 95}),
    "a.gif": ("GIF", "P", {}),
    "a.bmp": ("BMP", "RGB", {}),
    "a.jp2": ("JPEG2000", "RGB", {}),
    "lab.tif": ("TIFF", "LAB", {}),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats(tmp_path, name):
    image_format, mode, options = FORMATS[name]
    picture = painting()
    if mode == "LAB":
        picture = ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB")
    picture = picture.quantize() if mode == "P" else picture
    picture.save(tmp_path / name, image_format, **options)
    assert_upright(sent(tmp_path / name))


def test_heic(tmp_path):
    # requirements/dev.txt has it.
    import pillow_heif

    pillow_heif.register_heif_opener()
    turned = painting().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    # Of bytes it makes HEIF's own orientation, as phones write it.
    turned.save(tmp_path / "a.heic", "HEIF", quality=95, exif=exif.tobytes())
    assert_upright(sent(tmp_path / "a.heic"))


def test_16_bits(tmp_path):
    gray = np.full((40, 60), 0x8000, np.uint16)
    gray[20:] = 0xFFFF
    Image.fromarray(gray).save(tmp_path / "gray.tif")
    assert_upright(sent(tmp_path / "gray.tif"), (128, 128, 128))
    Image.fromarray(gray.astype(np.int32)).save(tmp_path / "long.tif")
    assert_upright(sent(tmp_path / "long.tif"), (128, 128, 128))
    Image.fromarray(gray.astype(np.float32) / 65535).save(tmp_path / "float.tif")
    assert_upright(sent(tmp_path / "float.tif"), (128, 128, 128))
    (tmp_path / "rgb.tif").write_bytes(tiff(np.repeat(gray[:, :, None], 3, axis=2)))
    assert_upright(sent(tmp_path / "rgb.tif"), (128, 128, 128))


def tiff(pixels, tile=None, planes=1, meaning=2):
    """An uncompressed TIFF of 16 bits, in one strip or in tiles of `tile` pixels, made by hand, for Pillow writes neither."""
    height, width, samples = pixels.shape
    pieces = [pixels]
    if tile:
        padded = np.pad(pixels, ((0, -height % tile), (0, -width % tile), (0, 0)))
        pieces = [padded[y : y + tile, x : x + tile] for y in range(0, height, tile) for x in range(0, width, tile)]
    data = [piece.astype("<u2").tobytes() for piece in pieces]
    # Tag, type (3: 16 bits, 4: 32 bits), values.
    entries = [
        (256, 4, [width]),
        (257, 4, [height]),
        (258, 3, [16] * samples),
        (259, 3, [1]),
        (262, 3, [meaning]),
        (277, 3, [samples]),
        (284, 3, [planes]),
    ]
    entries += (
        [(322, 4, [tile]), (323, 4, [tile]), (324, 4, None), (325, 4, None)]
        if tile
        else [(273, 4, None), (278, 4, [height]), (279, 4, None)]
    )
    entries.sort()
    extra_at = 8 + 2 + 12 * len(entries) + 4
    extra_size = 6 + 2 * 4 * len(data)
    starts = [extra_at + extra_size + sum(map(len, data[:number])) for number in range(len(data))]
    body, extra = b"", b""
    for tag, kind, values in entries:
        found = values if values is not None else starts if tag in (273, 324) else [len(piece) for piece in data]
        packed = b"".join(value.to_bytes(2 if kind == 3 else 4, "little") for value in found)
        if len(packed) > 4:
            extra, packed = extra + packed, (extra_at + len(extra)).to_bytes(4, "little")
        body += tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + len(found).to_bytes(4, "little") + packed.ljust(4, b"\0")
    head = b"II*\0" + (8).to_bytes(4, "little") + len(entries).to_bytes(2, "little") + body + bytes(4)
    return head + extra.ljust(extra_size, b"\0") + b"".join(data)


def test_what_pillow_would_show_wrong_has_a_reason(tmp_path):
    """Planes of 16 bits one after the other, of which it reads half, and 16-bit gray that counts from white: it shows a negative."""
    gray = np.full((40, 60, 1), 0x8000, np.uint16)
    (tmp_path / "planes.tif").write_bytes(tiff(np.repeat(gray, 3, axis=2), planes=2))
    (tmp_path / "negative.tif").write_bytes(tiff(gray, meaning=0))
    (tmp_path / "gray.tif").write_bytes(tiff(gray, meaning=1))
    for name in ("planes.tif", "negative.tif"):
        with pytest.raises(RagamError, match="cannot be converted"):
            upload_of(tmp_path / name)
    assert sent(tmp_path / "gray.tif").getpixel((20, 20)) == (128, 128, 128)


def test_a_tiff_in_tiles(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff(np.asarray(painting((100, 70)), np.uint16) * 257, tile=16))
    assert_upright(sent(tmp_path / "a.tif"))


def test_of_pages_the_first(tmp_path):
    painting().save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("RGB", (20, 20), "blue")] * 3)
    assert_upright(sent(tmp_path / "a.tif"))
    painting().save(tmp_path / "a.webp", save_all=True, append_images=[Image.new("RGB", (300, 200), "blue")], lossless=True)
    assert_upright(sent(tmp_path / "a.webp"))


def test_cmyk(tmp_path):
    painting(mode="CMYK").save(tmp_path / "a.tif")
    assert_upright(sent(tmp_path / "a.tif"))


def test_a_profile_counts(tmp_path):
    """One whose red and green are changed: a colour comes out as its mirror."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    for name, mode in (("a.tif", "RGB"), ("a.webp", "RGB"), ("b.webp", "RGBA")):
        painting(mode=mode).save(tmp_path / name, icc_profile=bytes(profile), **({"lossless": True} if "webp" in name else {}))
        assert_upright(sent(tmp_path / name), (PAINT[1], PAINT[0], PAINT[2]))
    for damaged in (b"", b"no profile", bytes(profile[:200])):
        painting().save(tmp_path / "c.tif", icc_profile=damaged)
        assert_upright(sent(tmp_path / "c.tif"))


def test_orientation(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    for name in ("a.tif", "a.webp", "a.avif"):
        options = {"lossless": True} if name == "a.webp" else {"quality": 95} if name == "a.avif" else {}
        painting().transpose(Image.Transpose.ROTATE_90).save(tmp_path / name, exif=exif, **options)
        picture = sent(tmp_path / name)
        assert picture.size == (300, 200)
        assert_upright(picture)


def test_transparency_lies_on_white(tmp_path):
    picture = painting(mode="RGBA")
    picture.paste((0, 0, 0, 0), (0, 100, 300, 200))
    picture.save(tmp_path / "a.webp", lossless=True)
    assert_upright(sent(tmp_path / "a.webp"))
    gray = Image.new("LA", (300, 200), (128, 255))
    gray.paste((0, 0), (0, 100, 300, 200))
    gray.save(tmp_path / "a.tif")
    assert_upright(sent(tmp_path / "a.tif"), (128, 128, 128))


def test_what_is_large_is_reduced(tmp_path):
    painting((5000, 3000)).save(tmp_path / "a.tif", compression="tiff_lzw")
    picture = sent(tmp_path / "a.tif")
    assert picture.size == (LONG_SIDE, round(LONG_SIDE * 3000 / 5000))
    assert_upright(picture)


def test_jpeg_and_png_go_as_they_are(tmp_path, picture):
    for name, image_format, under in (
        ("a.jpg", "JPEG", "a.jpg"),
        ("a.PNG", "PNG", "a.PNG"),
        ("a.jfif", "JPEG", "a.jfif.jpg"),
        ("blob", "PNG", "blob.png"),
        ("a.webp", "JPEG", "a.webp.jpg"),
    ):
        data = picture(image_format=image_format)
        (tmp_path / name).write_bytes(data)
        assert upload_of(tmp_path / name) == Upload(under, data)


def test_what_no_service_takes_is_reduced_before_it_is_sent(tmp_path, monkeypatch):
    painting((3000, 2000)).save(tmp_path / "a.png")
    monkeypatch.setattr(pictures, "MAX_BYTES", 1000)
    assert sent(tmp_path / "a.png").size == (2048, 1365)


@pytest.fixture
def small_limit(monkeypatch):
    """What decoding a picture of 1100 x 1000 takes is more than the service gives to one."""
    file = BytesIO()
    painting((1100, 1000)).save(file, "JPEG")
    monkeypatch.setattr(limits, "PICTURE_BYTES", open_picture(file.getvalue()).cost(DRAFT_SIZE).bytes - 1)


def test_what_the_service_finds_too_large_is_reduced_and_sent_again(gateway, small_limit, tmp_path):
    """A picture that is too large when it is reduced, too, and one that then is not."""
    painting((1100, 1000)).save(tmp_path / "a.jpg")
    result = gateway.classify(str(tmp_path), "--csv", str(tmp_path / "out.csv"))
    assert gateway.pictures == 2
    assert "1 failed: Decoding the picture takes" in result.stdout
    painting((2300, 800)).save(tmp_path / "a.jpg")
    gateway.requests.clear()
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patched:
        patched.setattr(convert, "LONG_SIDE", 800)
        result = gateway.classify(str(tmp_path), "--csv", str(tmp_path / "out.csv"))
    assert gateway.pictures == 2
    assert result.stdout.splitlines()[-1] == "1 of 1 pictures have an answer, 1 converted."


def test_pillow_s_picture_is_sent_without_loss_as_far_as_the_limit_allows():
    small = painting()
    upload = upload_of(small)
    assert upload.name == "picture.png"
    assert Image.open(BytesIO(upload.data)).tobytes() == small.tobytes()
    # Noise takes more bytes than it has: too many for the service as it is.
    noise = Image.frombytes("RGB", (3000, 2500), np.random.default_rng(1).bytes(3000 * 2500 * 3))
    many = Image.new("RGB", (5000, 4000), PAINT)
    for large in (noise, many):
        sent = Image.open(BytesIO(upload_of(large).data))
        assert (sent.format, max(sent.size)) == ("PNG", LONG_SIDE)
    # ... and for a service that takes less.
    assert Image.open(BytesIO(smaller(upload_of(noise)).data)).format == "JPEG"


def test_a_folder_of_what_people_have(gateway, tmp_path, picture):
    """Each has its answer or its reason; the summary tells what was left out, and why."""
    painting().save(tmp_path / "scan.tif")
    painting().save(tmp_path / "web.webp")
    (tmp_path / "old.jfif").write_bytes(picture())
    (tmp_path / "cut.webp").write_bytes((tmp_path / "web.webp").read_bytes()[:60])
    (tmp_path / "paper.gif").write_bytes(b"%PDF-1.7\n")
    (tmp_path / "empty.bmp").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "more.TXT").touch()
    (tmp_path / "README").touch()
    (tmp_path / "gone.heic").symlink_to("nowhere.heic")
    os.mkfifo(tmp_path / "pipe.tif")
    result = gateway.classify(str(tmp_path), "--csv", str(tmp_path / "out.txt"), "--concurrency", "1")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[-1] == "3 of 8 pictures have an answer, 2 converted, 5 failed."
    told = [line for line in lines if line.startswith("1 failed: ")]
    assert sorted(told) == [
        "1 failed: The file cannot be read: No such file or directory.",
        "1 failed: The file cannot be read: it is a folder, a device or a pipe.",
        "1 failed: The file is a PDF document, not a JPEG or PNG. Save the picture in it as JPEG or PNG and send that.",
        "1 failed: The file is empty. Send a JPEG or PNG picture.",
        "1 failed: The picture cannot be converted. It may be damaged, cut short or of a kind that Pillow does not read.",
    ]
    assert lines[-2] == "3 files were left out, for they are not named as pictures: .txt 2, without an extension 1."


def test_without_pillow_the_service_says_what_it_is_and_the_command_how_to_convert_it(gateway, small_limit, tmp_path, monkeypatch):
    painting().save(tmp_path / "a.webp")
    painting((1100, 1000)).save(tmp_path / "a.jpg")
    monkeypatch.setattr(convert, "_pillow", lambda: None)
    result = gateway.classify(str(tmp_path), "--csv", str(tmp_path / "out.csv"))
    assert result.exit_code == 1
    told = [line for line in result.stdout.splitlines() if line.startswith("1 failed: ")]
    assert len(told) == 2
    assert all(line.endswith(" Install Pillow, and it is converted before it is sent.") for line in told)
    assert any(line.startswith("1 failed: The file is a WebP picture") for line in told)
    assert gateway.pictures == 2


def test_pillow_is_not_needed_to_import_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert not convert.can_convert()
