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

`python -m training STAGE --help` tells a stage's arguments; the docstring of training/STAGE.py what it reads and writes. With --json each
line on stdout is a JSON object with the name of the stage, and so is what went wrong, on stderr: {"stage": ..., "error": ...}.
"""

import argparse
import importlib
import os
import re
import sys
from types import TracebackType
from typing import NoReturn

from training.config import StageError, nearest
from training.hints import cause
from training.printed import say, say_line

STAGES = ("collect", "prepare", "config", "teach", "train", "typicality", "evaluate", "runs", "compare", "export", "lite")


class Parser(argparse.ArgumentParser):
    """Raises StageError where argparse would print its usage and end the process."""

    def error(self, message: str) -> NoReturn:
        raise StageError(f"{message[:1].upper()}{message[1:]}. --help lists what it takes.")


def main(arguments: list[str]) -> int:
    """Run the stage that `arguments` name; returns the exit status: 0, 2 after an error, 130 after Ctrl-C."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        say(__doc__)
        return 0 if arguments else 2
    name, as_json = arguments[0], "--json" in arguments
    if name not in STAGES:
        complain(name, f"There is no stage '{name}'.{nearest(name, STAGES)} The stages are {', '.join(STAGES)}.", as_json=as_json)
        return 2
    # TensorFlow's own lines are of no use here: of a machine without a GPU they tell an error that is none. What fails it raises.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Only the stage that is asked for is imported: TensorFlow takes seconds.
    stage = importlib.import_module(f"training.{name}")
    parser = Parser(
        f"python -m training {name}",
        usage=f"python -m training {name} [arguments; --help lists them]",
        description=stage.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    stage.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="tell everything as JSON, an object a line; an error, too, on stderr")
    parser.set_defaults(stage=name)
    try:
        stage.run(parsed(parser, name, arguments[1:]))
    except StageError as error:
        complain(name, str(error), as_json=as_json)
        return 2
    except OSError as error:
        # A folder that cannot be written, a full disk, a file that is gone: whatever a stage does not explain better itself.
        complain(name, f"{f'{error.filename}: ' if error.filename else ''}{cause(error)}.", as_json=as_json)
        return 2
    except KeyboardInterrupt:
        complain(name, "Interrupted.", as_json=as_json)
        return 130
    return 0


def parsed(parser: argparse.ArgumentParser, stage: str, arguments: list[str]) -> argparse.Namespace:
    """Raises StageError for an argument that there is not, with the one that was probably meant."""
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        known = re.findall(r"--[a-z0-9-]+", parser.format_help())
        if not unknown[0].startswith("-"):
            raise StageError(f"{stage} takes no '{unknown[0]}' there. Several values have commas between them: 0.5,1. --help lists all.")
        raise StageError(f"{stage} takes no {unknown[0]}.{nearest(unknown[0].partition('=')[0], known)} --help lists what it takes.")
    return args


def complain(stage: str, sentence: str, *, as_json: bool) -> None:
    if as_json:
        say_line({"stage": stage, "error": sentence}, wrong=True)
    else:
        say(sentence, wrong=True)


def told_shortly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """In the place of a traceback: what happened, and how to have the traceback."""
    if sys.flags.dev_mode or not isinstance(error, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    where = f"`python -X dev -m training {' '.join(sys.argv[1:2])} ...` shows where"
    complain(sys.argv[1], f"It failed with {kind.__name__}: {cause(error)}. {where}.", as_json="--json" in sys.argv)


if __name__ == "__main__":
    sys.excepthook = told_shortly
    sys.exit(main(sys.argv[1:]))
