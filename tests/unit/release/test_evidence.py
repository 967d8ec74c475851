"""What is read off the gateways' metrics."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gateway.telemetry import metrics
from release import evidence
from release.errors import ReleaseError

PAGE = """
# HELP ragam_label_answers_total Pictures that the model answered, by the label asked and who answered.
# TYPE ragam_label_answers_total counter
ragam_label_answers_total{{label="canary",version="3"}} {answers}
# HELP ragam_label_seconds An answered call to the model for one picture.
# TYPE ragam_label_seconds histogram
ragam_label_seconds_bucket{{label="canary",version="3",le="+Inf"}} {calls}
ragam_label_seconds_count{{label="canary",version="3"}} {calls}
ragam_label_seconds_sum{{label="canary",version="3"}} {seconds}
# HELP ragam_label_failures_total Pictures that the model was asked for and did not answer, by version label.
# TYPE ragam_label_failures_total counter
ragam_label_failures_total{{label="canary"}} {failures}
# HELP ragam_predictions_total Pictures answered with a genre.
# TYPE ragam_predictions_total counter
ragam_predictions_total{{genre="Post-Impressionism",version="3"}} {pictures}
"""


class Pages(BaseHTTPRequestHandler):
    pages = ()

    def do_GET(self):
        body = self.server.pages.pop(0).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    """Serves one page after the other; returns its address."""
    servers = []

    def make(*pages):
        server = HTTPServer(("127.0.0.1", 0), Pages)
        server.pages = list(pages)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}/metrics"

    yield make
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def page(answers, seconds, failures, pictures):
    """Of the answers half came by calls for one picture."""
    return PAGE.format(answers=answers, calls=answers // 2, seconds=seconds, failures=failures, pictures=pictures)


def test_all_gateways_together_since_their_start(serve):
    found = evidence.gather([serve(page(10, 0.5, 1, 9)), serve(page(5, 0.25, 0, 4))], 0)
    assert (found.answers["canary"], found.seconds["canary"], found.failures["canary"]) == (15, 0.75, 1)
    assert found.calls["canary"] == 5 + 2
    assert found.genres == {3: {"Post-Impressionism": 13}}
    assert found.answers["stable"] == 0


def test_what_grew_in_a_while_and_a_gateway_that_started_again(serve):
    urls = [serve(page(10, 0.5, 1, 9), page(14, 0.75, 3, 12)), serve(page(100, 9.0, 7, 99), page(2, 0.25, 0, 2))]
    found = evidence.gather(urls, 0.01)
    assert (found.answers["canary"], found.seconds["canary"], found.failures["canary"]) == (4 + 2, 0.5, 2)
    assert found.calls["canary"] == 2 + 1
    assert found.genres == {3: {"Post-Impressionism": 3 + 2}}


def test_the_names_are_the_gateway_s():
    metrics.note_label("canary", 3, 1, 0.25)
    metrics.note_label("canary", 3, 16, 60)
    metrics.note_label_failed("canary", 2)
    metrics.PREDICTIONS.labels("Cubism", 3).inc()
    body, _ = metrics.exposition()
    found = evidence.count([evidence.parse(body.decode())])
    assert found.answers["canary"] >= 17
    assert found.calls["canary"] >= 1
    assert 0.25 <= found.seconds["canary"] < 60, "a call for many is not compared"
    assert found.failures["canary"] >= 2
    assert found.genres[3]["Cubism"] >= 1


def test_no_metrics(serve):
    for address, sentence in (
        (serve("up 1\n"), "has no metrics of a gateway"),
        (serve("<html>"), "has no metrics: "),
        ("http://127.0.0.1:1/metrics", "has no metrics: .*refused"),
    ):
        with pytest.raises(ReleaseError, match=sentence):
            evidence.gather([address], 0)
