"""Clients that are slow, many, greedy or gone: others are answered meanwhile, and nothing is left of them."""

import hashlib
import resource
import time
from itertools import cycle
from pathlib import Path

import pytest
from raw import Raw, Watch, assert_envelope, connections, multipart
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


def test_a_hundred_that_leave_in_the_middle_of_an_answer(shared_service, watch, picture):
    for data in (BUNDLE, multipart(picture()), multipart(picture())[:1000]):
        with connections(shared_service, 100) as gone:
            for raw in gone:
                raw.send(data)
    watch.assert_others_are_answered()


def test_a_client_that_is_refused_while_it_sends_can_read_why(shared_service, watch):
    """From one that reads only when it has sent all of it: 60 MB in one go, and a body in chunks that becomes too large."""
    chunk = b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20))
    for data in (b"Content-Length: 60000000000\r\n\r\n" + bytes(60_000_000), b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 60):
        with Raw(shared_service) as raw:
            raw.send(POST + data)
            answer = raw.answer()
            assert_envelope(answer, 413)
            assert answer.detail == "The file is too large. Send at most 20,971,520 bytes."


def test_without_a_key_a_picture_is_refused_by_its_head(own_gateway, picture, tmp_path):
    service = own_gateway
    keys = tmp_path / "api_keys"
    keys.write_text(f"{hashlib.sha256(b'ragam_key').hexdigest()} alice\n")
    service.gateway = service.start_gateway(RAGAM_API_KEYS_FILE=str(keys))
    wait_until(service.ready, what="readiness")
    # Whoever asks first, and whoever sends all of it before it reads, gets an answer, and no reset.
    for data in (POST + b"Content-Length: 15000000\r\nExpect: 100-continue\r\n\r\n", multipart(bytes(15_000_000))):
        with Raw(service) as raw:
            raw.send(data)
            assert_envelope(raw.answer(), 401)
            assert raw.ended()
    # What is small is let pass, so that the connection serves on.
    with Raw(service) as raw:
        raw.send(multipart(bytes(500_000)))
        assert_envelope(raw.answer(), 401)
        raw.send(multipart(picture(), headers="X-API-Key: ragam_key\r\n"))
        assert raw.answer().status == 200


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
