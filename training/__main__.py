"""The training's commands, one a stage, in the order in which they are run.

    python -m training collect    download both Kaggle sets, or take local folders, and list what is in them
    python -m training prepare    choose, balance, split, and write the pixels that the gateway would produce
    python -m training config     print all settings of a recipe, as a file that train takes
    python -m training teach      write a teacher's soft labels, for train to learn from
    python -m training train      train a model by a recipe
    python -m training typicality learn what looks like no painting
    python -m training evaluate   measure it: the scorecard
    python -m training runs       list runs with their figures
    python -m training compare    hold one run to another on the same pictures
    python -m training export     publish it as the next version of the model repository
    python -m training lite       write model.tflite for a version that has none; export does so itself

`python -m training STAGE --help` tells a stage's arguments; the docstring of training/STAGE.py what it reads and writes.
"""

import argparse
import importlib
import re
import sys

from training.config import StageError, nearest

STAGES = ("collect", "prepare", "config", "teach", "train", "typicality", "evaluate", "runs", "compare", "export", "lite")


def main(arguments: list[str]) -> int:
    """Run the stage that `arguments` name; returns the exit status: 0, 2 after an error, 130 after Ctrl-C."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0 if arguments else 2
    name = arguments[0]
    if name not in STAGES:
        print(f"There is no stage '{name}'. The stages are {', '.join(STAGES)}.", file=sys.stderr)
        return 2
    # Only the stage that is asked for is imported: TensorFlow takes seconds.
    stage = importlib.import_module(f"training.{name}")
    parser = argparse.ArgumentParser(
        f"python -m training {name}",
        usage=f"python -m training {name} [arguments; --help lists them]",
        description=stage.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    stage.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="tell everything as JSON, an object a line")
    try:
        stage.run(parsed(parser, name, arguments[1:]))
    except StageError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 0


def parsed(parser: argparse.ArgumentParser, stage: str, arguments: list[str]) -> argparse.Namespace:
    """Raises StageError for an argument that there is not, with the one that was probably meant."""
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        known = re.findall(r"--[a-z0-9-]+", parser.format_help())
        raise StageError(f"{stage} takes no {unknown[0]}.{nearest(unknown[0].partition('=')[0], known)} --help lists what it takes.")
    return args


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
