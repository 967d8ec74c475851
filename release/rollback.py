"""Undoes the last step of `python -m release promote`: takes the canary away or, where there is none, puts the stable version back.

    python -m release rollback [--address HOST:PORT ...] [--config model_repository/models.config]

A canary is unloaded. Without one the version that was stable before is stable again, and the one that was is unloaded. No metrics
are asked: whoever goes back has a reason.
"""

import argparse

from release.errors import ReleaseError
from release.models_config import CANARY, PREVIOUS, STABLE, ConfigFile, Served, labelled
from release.promote import add_server_arguments, change


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_server_arguments(parser)


def run(args: argparse.Namespace) -> None:
    file = ConfigFile(args.config)
    change(file, target(file.served), args)


def target(old: Served) -> Served:
    """What is served after the command. Raises ReleaseError where there is nothing to go back to."""
    labels = old.labels
    if CANARY in labels:
        return labelled(stable=labels.get(STABLE), previous=labels.get(PREVIOUS))
    if PREVIOUS in labels:
        return labelled(stable=labels[PREVIOUS])
    raise ReleaseError("There is no canary and no version that was stable before: nothing to go back to.")
