"""What honoring a color profile changes, and what it costs.

    python -m benchmarks.wide_gamut --data FOLDER [--pictures 500] [--version model_repository/painting_genre/2]

FOLDER has a metadata.csv with the columns path, genre and split. Each painting is made AdobeRGB, Display P3 and ProPhoto, as whoever saves
in such a space sends it. Prints for each space the share of paintings whose genre is another than that of the painting itself, where the
profile is ignored and where it is honored; then the milliseconds from bytes to tensor of a JPEG with and without a profile.
"""

import argparse
import io
import time
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageCms

from benchmarks.smaller_scales import chosen
from gateway.contract import MODEL_NAME, PREDICT_SIGNATURE, SCORES_OUTPUT
from gateway.picture.decode import open_picture
from gateway.picture.preprocess import to_pixels, to_tensor
from gateway.picture.rgb_profile import PRIMARIES, SRGB_CURVE, gamma_curve, rgb_profile
from model_server.litert import FILE

D50 = (0.3457, 0.3585)
SPACES = {
    "AdobeRGB": rgb_profile((0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06), gamma_curve(2.19921875)),
    "Display P3": rgb_profile(PRIMARIES[12], SRGB_CURVE),
    "ProPhoto": rgb_profile((*D50, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001), gamma_curve(1.8)),
}
ROUNDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--version", type=Path, default=Path("model_repository") / MODEL_NAME / "2", metavar="FOLDER")
    args = parser.parse_args()
    model = Interpreter(model_path=str(args.version / FILE)).get_signature_runner(PREDICT_SIGNATURE)
    into = {
        name: ImageCms.buildTransform(ImageCms.createProfile("sRGB"), profile_of(space), "RGB", "RGB") for name, space in SPACES.items()
    }
    changed = {name: [0, 0] for name in SPACES}
    paintings = [Image.open(args.data / row["path"]).convert("RGB") for row in chosen(args.data, args.pictures)]

    def genre(data: bytes) -> int:
        return int(model(image=to_tensor(to_pixels(open_picture(data)))[None])[SCORES_OUTPUT].argmax())

    for painting in paintings:
        right = genre(saved(painting))
        for name, profile in SPACES.items():
            # Without a name, Pillow saves the profile that it converted into.
            for way, told in enumerate((None, profile)):
                data = saved(converted(painting, into[name]), icc_profile=told)
                changed[name][way] += genre(data) != right
    for name, (ignored, honored) in changed.items():
        print(f"{name:12}genre changed: profile ignored {ignored / len(paintings):6.1%}, honored {honored / len(paintings):6.1%}")
    photo = paintings[0].resize((1600, 1200))
    for name, options in {
        "no profile": {},
        "sRGB": {"icc_profile": SRGB_PROFILE},
        **{name: {"icc_profile": p} for name, p in SPACES.items()},
    }.items():
        print(f"{name:12}{1000 * seconds(saved(photo, 'JPEG', **options)):7.2f} ms")


def profile_of(data: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(data))


def converted(picture: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    wide = ImageCms.applyTransform(picture, transform)
    assert wide is not None  # as it is in a picture of its own
    return wide


def saved(picture: Image.Image, image_format: str = "PNG", **options: bytes | None) -> bytes:
    data = io.BytesIO()
    picture.save(data, image_format, **options)
    return data.getvalue()


def seconds(data: bytes) -> float:
    """The fastest of some rounds, of processor time."""
    taken = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        to_tensor(to_pixels(open_picture(data)))
        taken.append(time.thread_time() - began)
    return float(np.min(taken))


SRGB_PROFILE = rgb_profile(PRIMARIES[1], SRGB_CURVE)


if __name__ == "__main__":
    main()
