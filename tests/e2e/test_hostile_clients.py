"""Clients that are slow, many, greedy or gone: others are answered meanwhile, and nothing is left of them."""

import hashlib
import resource
import select
import time
from itertools import cycle
from pathlib import Path

import pytest
import requests
from raw import ANSWER_SECONDS, Raw, Watch, assert_envelope, connections, multipart
from service import wait_until

BUNDLE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /prediction HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"


@pytest.fixture
def watch(shared_service, picture):
    """Around every test here: as many workers, descriptors and threads afterwards as before."""
    watch = Watch(shared_service, picture())
    yield watch
    watch.assert_nothing_is_left()
    assert shared_service.gateway.text().count("Booting worker") == 2
    assert "Traceback" not in shared_service.gateway.text()


def test_two_hundred_that_send_a_little_at_a_time(shared_service, watch):
    """In their headers, a body, and chunks."""
    kinds = [
        (b"GET / HTTP/1.1\r\n", b"X: a\r\n"),
        (POST + b"Content-Length: 100000\r\n\r\n", b"a"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    ]
    with connections(shared_service, 200) as slow:
        sent = list(zip(slow, cycle(kinds)))
        for raw, (start, _) in sent:
            raw.send(start)
        for _ in range(3):
            for raw, (_, drop) in sent:
                raw.send(drop)
            watch.assert_others_are_answered()
        for raw in slow:
            assert_envelope(raw.answer(), 408)
            assert raw.ended()


def test_two_hundred_that_do_not_read(shared_service, watch):
    """Each has asked for 17 MB, more than the kernel keeps for it: it holds some of that, and no thread."""
    with connections(shared_service, 200) as deaf:
        for raw in deaf:
            raw.send(BUNDLE * 10)
        watch.assert_others_are_answered()
        # The gateway holds no more than it may, and then nothing at all.
        assert watch.memory() < 900e6
        time.sleep(5)
    watch.assert_others_are_answered()


def test_a_slow_reader_gets_all_of_it(shared_service, watch):
    expected = requests.get(f"{shared_service.address}/docs/swagger-ui-bundle.js", timeout=ANSWER_SECONDS).content
    with Raw(shared_service) as raw:
        raw.send(BUNDLE)
        time.sleep(1)
        assert hashlib.sha256(raw.answer().body).digest() == hashlib.sha256(expected).digest()


def test_a_thousand_that_say_nothing(shared_service, watch):
    with connections(shared_service, 1000):
        watch.assert_others_are_answered()


def test_ten_gigabytes_in_chunks_are_cut_off(shared_service, watch):
    chunk = b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20))
    memory = watch.memory()
    sent = 0
    with Raw(shared_service) as raw:
        raw.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(10_000):
                raw.send(chunk)
                sent += len(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert sent < 500e6
    assert watch.memory() - memory < 200e6
    watch.assert_others_are_answered()
    wait_until(lambda: watch.memory() - memory < 60e6, what="the memory")


def test_whoever_stops_when_told_reads_that_a_body_in_chunks_is_too_large(shared_service, watch):
    chunk = b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20))
    with Raw(shared_service) as raw:
        raw.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 70)
        answer = raw.answer()
        assert_envelope(answer, 413)
        assert answer.detail == "The file is too large. Send at most 20,971,520 bytes."


def test_more_than_may_be_held_is_refused_and_let_go(shared_service, watch):
    """134 MB are the limit of a worker; half of each request never comes."""
    with connections(shared_service, 24) as greedy:
        for raw in greedy:
            raw.send(POST.replace(b"prediction", b"predictions") + b"Content-Length: 40000000\r\n\r\n" + bytes(18_000_000))
        watch.assert_others_are_answered()
        assert watch.memory() < 900e6
        # The others are held, and have the time that everybody has.
        answers = []

        def is_refused():
            ready, _, _ = select.select([raw.socket for raw in greedy], [], [], 0)
            answers.extend(answer for answer in (raw.answer() for raw in greedy if raw.socket in ready) if answer)
            return 503 in {answer.status for answer in answers}

        wait_until(is_refused, what="a refusal")
        assert {answer.status for answer in answers} <= {408, 503}


def test_a_hundred_that_leave_in_the_middle_of_an_answer(shared_service, watch, picture):
    for data in (BUNDLE, multipart(picture()), multipart(picture())[:1000]):
        with connections(shared_service, 100) as gone:
            for raw in gone:
                raw.send(data)
    watch.assert_others_are_answered()


def test_a_client_that_is_refused_while_it_sends_can_read_why(shared_service, watch):
    """100 MB in one go from a client that reads only when it has sent all of it."""
    with Raw(shared_service) as raw:
        raw.send(POST + b"Content-Length: 60000000000\r\n\r\n")
        for _ in range(60):
            raw.send(bytes(1_000_000))
        assert_envelope(raw.answer(), 413)


def test_without_a_key_a_picture_is_refused_by_its_head(own_gateway, picture, tmp_path):
    service = own_gateway
    keys = tmp_path / "api_keys"
    keys.write_text(f"{hashlib.sha256(b'ragam_key').hexdigest()} alice\n")
    service.gateway = service.start_gateway(RAGAM_API_KEYS_FILE=str(keys))
    wait_until(service.ready, what="readiness")
    with Raw(service) as raw:
        raw.send(POST + b"Content-Length: 15000000\r\nExpect: 100-continue\r\n\r\n")
        assert_envelope(raw.answer(), 401)
        assert raw.ended()
    # Whoever sends all of it before it reads gets its answer too, and no reset.
    with Raw(service) as raw:
        raw.send(multipart(bytes(15_000_000)))
        assert_envelope(raw.answer(), 401)
        assert raw.ended()
    # What is small is let pass, so that the connection serves on.
    with Raw(service) as raw:
        for _ in range(5):
            raw.send(multipart(bytes(500_000)))
            assert_envelope(raw.answer(), 401)
        raw.send(multipart(picture(), headers="X-API-Key: ragam_key\r\n"))
        assert raw.answer().status == 200


def test_where_there_are_as_many_as_may_be_the_longest_idle_makes_room(own_gateway, picture):
    service = own_gateway
    service.gateway = service.start_gateway(before=("prlimit", "--nofile=140"), RAGAM_WORKERS="1", RAGAM_KEEPALIVE_SECONDS="600")
    wait_until(service.ready, what="readiness")
    with Raw(service) as first, connections(service, 60), Raw(service) as last:
        last.send(multipart(picture()))
        assert last.answer().status == 200
        assert service.post(picture()).status_code == 200
        assert first.ended()
    assert "Traceback" not in service.gateway.text()


def test_where_no_descriptor_is_left_the_worker_stays_and_makes_room(own_gateway, picture):
    service = own_gateway
    service.gateway = service.start_gateway(RAGAM_WORKERS="1")
    wait_until(service.ready, what="readiness")
    assert service.post(picture()).status_code == 200
    [worker] = service.gateway.children()
    most = len(list(Path(f"/proc/{worker}/fd").iterdir())) + 20
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (most, most))
    with connections(service, 60), Raw(service) as last:
        last.send(multipart(picture()))
        assert last.answer().status == 200
    assert service.post(picture()).status_code == 200
    assert service.gateway.text().count("Booting worker") == 1
    assert "Traceback" not in service.gateway.text()
