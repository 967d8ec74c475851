"""Moves the version labels by which gateways ask for the model (RAGAM_SERVING_LABEL=stable), and waits until they have moved.

    python -m release promote --stable 2     version 2 is stable: the first step, for a new models.config serves the highest version
    python -m release promote --canary 3     version 3 is loaded beside it, for the share that RAGAM_CANARY_SHARE says
    python -m release promote                the canary becomes stable; the one before stays loaded, for `python -m release rollback`

Writes models.config (--config), where labels are remembered, and tells each model server that --address names; all of them, or none.
Without an address those that poll the file follow by themselves (--model_config_file_poll_wait_seconds).

The last command reads the gateways' metrics (--metrics URL, one for each gateway) and refuses a canary that errs, is slow, or sees
other genres in the same kind of pictures. --force moves the labels whatever the metrics say, or without any, as --stable has to
where another version is stable.
"""

import argparse
from pathlib import Path

from release.errors import ReleaseError
from release.models_config import CANARY, PREVIOUS, STABLE, ConfigFile, Served, labelled
from release.verdict import Limits
from training.printed import say

CONFIG = Path("model_repository") / "models.config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--canary", type=int, metavar="N", help="put version N up as canary")
    what.add_argument("--stable", type=int, metavar="N", help="make version N stable without having been a canary")
    add_server_arguments(parser)
    limits = Limits()
    add = parser.add_argument
    add("--metrics", action="append", default=[], metavar="URL", help="a gateway's metrics, such as http://gateway:5000/metrics; several")
    add(
        "--window",
        type=float,
        default=60.0,
        metavar="S",
        help="seconds to watch them for; 0 for all since the gateways' start (default 60)",
    )
    add("--min-answers", type=int, default=limits.least_answers, metavar="N", help="pictures of each version, to decide (default 100)")
    add(
        "--max-failures",
        type=float,
        default=limits.most_failures,
        metavar="X",
        help="share of failed pictures above stable's (default 0.01)",
    )
    add(
        "--max-slower",
        type=float,
        default=limits.most_slower,
        metavar="X",
        help="times stable's mean time of a call for one picture; inf for any (default 1.5)",
    )
    add("--max-shift", type=float, default=limits.most_shift, metavar="X", help="population stability index of the genres (default 0.2)")
    add("--force", action="store_true", help="whatever the metrics say")


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """Those that `rollback` takes too."""
    add = parser.add_argument
    add("--address", action="append", default=[], metavar="HOST:PORT", help="a model server's gRPC port, such as serving:8500; several")
    add("--config", type=Path, default=CONFIG, metavar="FILE", help=f"the servers' configuration (default {CONFIG})")
    add("--seconds", type=float, default=120.0, metavar="S", help="until the versions must be loaded (default 120)")


def run(args: argparse.Namespace) -> None:
    if not all(url.startswith(("http://", "https://")) for url in args.metrics):
        raise ReleaseError("--metrics takes addresses that begin with http:// or https://.")
    if any("@" in url for url in args.metrics):
        # urllib would take them for the host, and tell them.
        raise ReleaseError("--metrics takes addresses without a name and password.")
    file = ConfigFile(args.config)
    new = target(file.served, args.canary, args.stable)
    missing = sorted(version for version in new.versions if not (file.folder / str(version)).is_dir())
    if missing:
        raise ReleaseError(f"There is no version {missing[0]} in {file.folder}.")
    old = file.served.labels.get(STABLE)
    if args.canary is not None and args.metrics:
        require_labels(args.metrics)
    if old is not None and new.labels[STABLE] != old:
        if args.stable is not None and not args.force:
            raise ReleaseError(f"Version {old} is stable, and version {args.stable} was not held to it as a canary. Say --force.")
        require_evidence(args, old, new.labels[STABLE])
    change(file, new, args)


def target(old: Served, canary: int | None, stable: int | None) -> Served:
    """What is served after the command. Raises ReleaseError where it makes no sense now."""
    labels = old.labels
    if stable is not None:
        before = labels.get(STABLE)
        return labelled(stable=stable, previous=before if before != stable else labels.get(PREVIOUS))
    if STABLE not in labels:
        raise ReleaseError(
            "The highest version is served, whatever it is: a new one would be everybody's at once. "
            "Name the version that is served now with --stable N, and publish the canary after that."
        )
    if canary is not None:
        if canary == labels[STABLE]:
            raise ReleaseError(f"Version {canary} is stable already.")
        return labelled(stable=labels[STABLE], canary=canary, previous=labels.get(PREVIOUS))
    if CANARY not in labels:
        raise ReleaseError("There is no canary. Put one up with --canary N.")
    return labelled(stable=labels[CANARY], previous=labels[STABLE])


def require_labels(urls: list[str]) -> None:
    """Raises ReleaseError where gateways ask for the highest version: beside a stable one that is the canary."""
    from release.evidence import gather

    if gather(urls, 0).answers["none"]:
        raise ReleaseError("These gateways ask by no label, and would all get the canary. Start them with RAGAM_SERVING_LABEL=stable.")


def require_evidence(args: argparse.Namespace, stable: int, canary: int) -> None:
    """Raises ReleaseError where the metrics speak against it, unless forced."""
    if not args.metrics:
        if not args.force:
            raise ReleaseError("Name the gateways' metrics with --metrics URL, one for each gateway, or say --force.")
        return
    # Only where it is needed: the file and the labels need no metrics.
    from release.evidence import gather
    from release.verdict import judge

    limits = Limits(args.min_answers, args.max_failures, args.max_slower, args.max_shift)
    verdict = judge(gather(args.metrics, args.window), stable, canary, limits)
    say(*verdict.figures)
    if verdict.reasons and not args.force:
        raise ReleaseError("\n".join([f"Version {canary} is refused:", *(f"- {reason}" for reason in verdict.reasons)]))


def change(file: ConfigFile, new: Served, args: argparse.Namespace) -> None:
    """Raises ReleaseError where not all of the servers took it."""
    # gRPC and its messages take a moment to import, which a wrong argument need not wait for.
    from release.labels import move
    from release.model_servers import ModelServer

    move(file, [ModelServer(address) for address in args.address], new, args.seconds)
    where = f"on {', '.join(args.address)}" if args.address else f"once the servers have read {args.config}"
    say(f"{str(new).capitalize()}, {where}.")
