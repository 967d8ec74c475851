"""A canary beside the stable version: put up, promoted, taken back and refused, under load, by the commands as they are."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import pytest
from callers import Callers
from PIL import Image
from service import ROOT, wait_until

PICTURES = 2000
STABLE, CANARY = 1, 2

# On a busy machine an answer takes its time, and a hundred of them take a hundred times that.
PATIENCE_S = 280

# So many pictures of one distribution, of each version, hardly ever differ by an index of 0.5, nor by a mean time of a factor of 5.
ENOUGH = ("--min-answers=100", "--max-shift=0.5", "--max-slower=5")


@pytest.fixture(scope="module")
def pictures():
    """Small ones of one colour each, all different, so that the tiny models see several genres in them."""
    random = np.random.default_rng(0)
    made = {}
    while len(made) < PICTURES:
        file = BytesIO()
        Image.new("RGB", (24, 24), tuple(random.integers(0, 256, 3).tolist())).save(file, "PNG")
        made[file.getvalue()] = None
    return list(made)


@pytest.fixture
def labelled(service, models):
    """Version 1 is stable, on a model server that reads models.config; its gateway starts with `start_gateway`."""
    service.publish(models["first"], STABLE)
    service.config = service.folder / "models.config"
    service.config.write_text(
        "# What is served.\n"
        f'model_config_list {{ config {{ name: "painting_genre" base_path: "{service.models}" model_platform: "tensorflow" }} }}\n'
    )
    succeed(service, "promote", "--stable=1", addressed=False)
    start_model_server(service)
    return service


def start_model_server(service, *flags):
    service.model_server = service.start(
        "-m", "model_server", f"--port={service.serving_port}", f"--model_config_file={service.config}", *flags
    )
    wait_until(lambda: "listening on" in service.model_server.text(), what="the model server")


def start_gateway(service, share):
    service.gateway = service.start_gateway(RAGAM_SERVING_LABEL="stable", RAGAM_CANARY_SHARE=str(share))
    wait_until(service.ready, what="readiness")


def wait_for_the_canary(service):
    """A worker that had no canary leaves it alone for some seconds, and says so; until it tries again the stable version has its share."""
    log = service.gateway.text
    wait_until(lambda: log().count("the canary answers again") == log().count("the canary does not answer"), what="the canary's share")


def command(service, *arguments, addressed=True):
    address = [f"--address=127.0.0.1:{service.serving_port}"] if addressed else []
    return subprocess.run(
        [sys.executable, "-m", "release", *arguments, f"--config={service.config}", *address],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def decide(service, window, *arguments):
    """`promote` by what was answered in so many seconds, or in more where the machine is so busy that it says these are too few."""
    for factor in (1, 3, 9):
        done = command(service, "promote", f"--metrics={service.address}/metrics", f"--window={window * factor:.0f}", *arguments)
        if "are needed to decide" not in done.stderr:
            break
    return done


def succeed(service, *arguments, **options):
    done = command(service, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def traffic(service, pictures):
    """Callers who send one of the pictures after the other, none of which fails."""
    callers = Callers(service.address, *pictures, keep_alive=True)
    with callers.running(8):
        yield callers
    assert callers.statuses() == {200}


def versions(seen):
    return {answer.version for answer in seen}


def test_a_good_canary_is_promoted_and_taken_back_and_a_bad_one_refused_under_load(labelled, models, pictures):
    start_gateway(labelled, 0.2)
    with traffic(labelled, pictures) as callers:
        assert versions(callers.await_more(50)) == {STABLE}, "without a canary the stable version answers all"
        labelled.publish(models["first"], CANARY)
        assert succeed(labelled, "promote", "--canary=2").startswith("Version 1 is stable, version 2 is canary, on ")
        wait_for_the_canary(labelled)
        begin = time.monotonic()
        seen = {(answer.picture, answer.version) for answer in callers.await_more(600)}
        # In which the canary answers half as many again as are needed.
        window = 750 * (time.monotonic() - begin) / 600
        of_canary, total = sum(version == CANARY for _, version in seen), len(seen)
        # Four standard deviations.
        assert abs(of_canary - total * 0.2) < 4 * (total * 0.2 * 0.8) ** 0.5
        assert total == len({number for number, _ in seen}), "a picture has one version"

        done = decide(labelled, window, *ENOUGH)
        assert done.returncode == 0, done.stderr
        assert "Version 1 is previous, version 2 is stable, on " in done.stdout
        assert versions(callers.await_more(100)) == {CANARY}
        assert succeed(labelled, "rollback").startswith("Version 1 is stable, on ")
        assert versions(callers.await_more(100)) == {STABLE}

        labelled.publish(models["second"], 3)
        succeed(labelled, "promote", "--canary=3")
        wait_for_the_canary(labelled)
        config = labelled.config.read_text()
        refused = decide(labelled, 3, "--min-answers=20", "--max-slower=inf")
        assert refused.returncode == 2
        assert refused.stderr.startswith("Version 3 is refused:\n- It sees other genres: ")
        assert labelled.config.read_text() == config


def test_servers_that_poll_the_file_follow_it_and_start_with_it(labelled, models, pictures):
    labelled.model_server.stop()
    start_model_server(labelled, "--model_config_file_poll_wait_seconds=1")
    start_gateway(labelled, 0.5)
    labelled.publish(models["first"], CANARY)
    with traffic(labelled, pictures) as callers:
        succeed(labelled, "promote", "--canary=2", addressed=False)
        wait_until(lambda: versions(callers.await_more(20)) == {STABLE, CANARY}, PATIENCE_S, "answers of both")
        succeed(labelled, "promote", "--force", addressed=False)
        wait_until(lambda: versions(callers.await_more(20)) == {CANARY}, PATIENCE_S, "the end of version 1")
    labelled.model_server.signal(signal.SIGKILL)
    labelled.model_server.wait()
    start_model_server(labelled)
    # Each worker reaches the new model server in its own time, and answers 503 until then.
    with Callers(labelled.address, *pictures).running(8) as callers:
        wait_until(lambda: {answer.status for answer in callers.await_more(100)} == {200}, PATIENCE_S, "answers of both workers")
    with traffic(labelled, pictures) as callers:
        assert versions(callers.await_more(20)) == {CANARY}
