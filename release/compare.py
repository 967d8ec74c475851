"""Whether a version may be published: it is not worse than the one that is served, on the same pictures.

    python -m release compare CANDIDATE --data DATASET [--served VERSION] [--publish | --canary] [--force]

CANDIDATE is a version's folder in another repository, where `python -m training export --repository` put it, or the folder of its versions,
of which the highest is taken; DATASET is what
`python -m training prepare` wrote; the served version is by default the highest of model_repository (--repository). Both answer by their
model.tflite. Of `validation`, `test` and `external-tuning` the differences of accuracy and of mean recall are printed, with 95% bootstrap
intervals over artists; pictures by artists that one of the versions has learned from do not count (release/parts.py). `external-test` is
not looked at: what decides can no longer be reported as unseen.

It is worse where on one of these the whole interval of one difference lies below 0, or where the differences together are below -0.01 in
the mean; where it tells other genres, or no picture counts, there is nothing to compare. Then the exit status is 2, and only --force
publishes. Otherwise --publish copies it to model_repository as the next version, whose number it prints, and --canary puts it up as
canary, too, as `python -m release promote --canary` does; what is served now becomes stable where nothing is.
"""

import argparse
import json
import os
import shlex
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gateway.contract import CLASSES_OUTPUT, IMAGE_HALF_RANGE, IMAGE_INPUT, MODEL_NAME, PREDICT_SIGNATURE, SCORES_OUTPUT
from release.errors import ReleaseError
from release.models_config import STABLE, ConfigFile, labelled
from release.parts import Part, fair_of, read_parts
from release.promote import target
from release.versions import CARD, highest, read_card
from training.files import regular
from training.paired import Difference, paired
from training.printed import say
from training.reading import reading

MODEL = "model.tflite"
LABELS = "assets.extra/labels.txt"
LARGEST_LOSS = 0.01  # of the mean of all differences: chance, with so few pictures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("candidate", type=Path, metavar="CANDIDATE", help="the version's folder")
    add("--data", type=Path, required=True, metavar="DATASET", help="folder that `python -m training prepare` wrote")
    add("--repository", type=Path, default=Path("model_repository"), metavar="FOLDER", help="default model_repository")
    add("--served", type=Path, metavar="VERSION", help="the version's folder to be held to (default the highest of the repository)")
    then = parser.add_mutually_exclusive_group()
    then.add_argument("--publish", action="store_true", help="copy it to the repository where it is not worse")
    then.add_argument("--canary", action="store_true", help="and put it up as canary")
    add("--force", action="store_true", help="publish it whatever comes of the comparison")
    add("--config", type=Path, metavar="FILE", help="the servers' configuration (default models.config of the repository)")


def run(args: argparse.Namespace) -> None:
    versions = args.repository / MODEL_NAME
    candidate = args.candidate if (args.candidate / MODEL).is_file() else highest(args.candidate)
    if candidate is None:
        raise ReleaseError(f"{args.candidate} holds no version. Name the folder that `python -m training export` wrote.")
    served = args.served or highest(versions)
    if served is None:
        say("No version is served: there is nothing to be worse than.")
    else:
        parts = read_parts(args.data)
        fair = fair_of(parts, (candidate, served))
        reasons = other_genres(candidate, served)
        if not fair:
            reasons.append(f"One of the two has learned from the artists of all pictures of {args.data} that could tell which is worse.")
        elif not reasons:
            reasons, differences = judge(candidate, served, fair)
            say(f"{candidate} beside {served}, on the same pictures:", *differences)
        lost = {name: len(part.genres) - (len(fair[name].genres) if name in fair else 0) for name, part in parts.items()}
        if fair and any(lost.values()):
            told_of = ", ".join(f"{number:,} of {len(parts[name].genres):,} of {name}" for name, number in lost.items() if number)
            say(f"Not counted, because one of the two has learned from their artists: {told_of}.")
        if reasons and not args.force:
            keeps = f"{candidate} and its run stay as they are; the same command with --force publishes it all the same."
            alone = f"To serve it by itself: RAGAM_MODEL_BASE_PATH={shlex.quote(str(candidate.parent))} make serve"
            raise ReleaseError("\n".join(["It is not published:", *(f"- {reason}" for reason in reasons), keeps, alone]))
        say(*(["Published by --force, although:", *reasons] if reasons else ["It is not worse."]))
    if args.canary and served is not None:
        config = args.config or args.repository / "models.config"
        if STABLE not in ConfigFile(config).served.labels:
            # First, or everybody would be served the new version as soon as it is there.
            with reading(f"{served} is not named as a version is: by a number.", ReleaseError):
                ConfigFile(config).write(labelled(stable=int(served.name)))
        number = publish(candidate, versions)
        file = ConfigFile(config)
        file.write(target(file.served, number, None))
        say(f"Version {number} is canary, for gateways that ask for the label stable (RAGAM_SERVING_LABEL, RAGAM_CANARY_SHARE).")
        say("`python -m release reference` has Prometheus watch its drift.")
    elif args.publish or args.canary:
        say(publish(candidate, versions))


def other_genres(candidate: Path, served: Path) -> list[str]:
    """A sentence where the two do not tell the same genres."""
    if not all((version / LABELS).is_file() for version in (candidate, served)):
        return []  # a version from elsewhere: its answers tell
    new, old = labels_of(candidate), labels_of(served)
    return [f"It tells {', '.join(new)}, and version {served.name} tells {', '.join(old)}."] if new != old else []


def labels_of(version: Path) -> list[str]:
    """Raises ReleaseError where they are no text."""
    with reading(f"{version / LABELS} cannot be read: {{cause}}.", ReleaseError):
        return regular(version / LABELS).read_text(encoding="utf-8").splitlines()


def judge(candidate: Path, served: Path, parts: dict[str, Part]) -> tuple[list[str], list[Difference]]:
    """What speaks against the candidate, a sentence each, and all differences."""
    differences = []
    for name, part in parts.items():
        answers = [told(version, part.pixels) == part.genres for version in (served, candidate)]
        differences += paired(name, answers[0], answers[1], part.genres, part.groups)
    reasons = [
        f"On {found.part} its {found.figure} is lower by {-found.value:.3f}, and by at least {-found.high:.3f} whatever artists are drawn."
        for found in differences
        if found.high < 0
    ]
    mean = float(np.mean([found.value for found in differences]))
    if mean < -LARGEST_LOSS:
        reasons.append(f"Over all parts it loses {-mean:.3f}; {LARGEST_LOSS:.2f} may be chance.")
    return reasons, differences


def told(version: Path, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.str_]:
    """The genre (n,) that a version tells of each picture. Raises ReleaseError where it has no model.tflite, or none of this service."""
    # Takes a moment to import, which `--help` need not wait for.
    from ai_edge_litert.interpreter import Interpreter

    with reading(f"{version} has no {MODEL}. Name a version's folder, such as model_repository/painting_genre/2.", ReleaseError):
        model = regular(version / MODEL).read_bytes()
    with reading(f"{version / MODEL} is no model of this service: {{cause}}.", ReleaseError):
        ask = Interpreter(model_content=model, num_threads=os.cpu_count()).get_signature_runner(PREDICT_SIGNATURE)
        genres = []
        for picture in pixels:
            answer = ask(**{IMAGE_INPUT: picture[np.newaxis] / np.float32(IMAGE_HALF_RANGE) - np.float32(1)})
            genres.append(answer[CLASSES_OUTPUT][0][answer[SCORES_OUTPUT][0].argmax()].decode())
        return np.array(genres)


def publish(candidate: Path, versions: Path) -> int:
    """Copy the candidate to `versions` as the next version, whole or not at all; returns its number."""
    last = highest(versions)
    number = int(last.name) + 1 if last else 1
    unfinished = versions / f".publish-{os.getpid()}"
    try:
        shutil.copytree(candidate, unfinished)
        told_of = json.dumps({**read_card(candidate), "version": number}, indent=2, ensure_ascii=False)
        (unfinished / CARD).write_text(f"{told_of}\n", encoding="utf-8")
        unfinished.rename(versions / str(number))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{candidate} cannot be published: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return number
