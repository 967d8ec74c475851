"""How gunicorn runs the gateway: `gunicorn --config gateway/gunicorn.conf.py`. Everything an operator may change is in Settings."""

import ctypes
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from gateway.capacity import THREADS
from gateway.front.listener import BACKLOG, listener
from gateway.front.listener import bind as bind_listener
from gateway.settings import Settings, SettingsError
from gateway.telemetry import logs, tracing

try:
    _settings = Settings.from_env()
except SettingsError as error:
    sys.exit(str(error))

# glibc keeps freed blocks for reuse, the more and the larger the longer it runs and the more threads there are. Every block above the
# second limit is taken from the system and given back, which costs 0.2 ms for one of 600 kB, and a request has nine of them. Below it
# are the model's input, its copies and a reduced picture of 1600 x 1200; two arenas and the first limit bound what is kept of them.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
if _mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
    _mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024)
    _mallopt(M_MMAP_THRESHOLD, 2 * 1024 * 1024)
    _mallopt(M_ARENA_MAX, 2)

# Who signals a process and its group signals it twice within milliseconds: that is one signal to stop, and a later one a second.
ONE_SIGNAL_SECONDS = 0.3

# prometheus_client reads this when it is imported: it must stand before the application is. SIGHUP has gunicorn read this file again,
# and what was counted goes on. The workers' files are mapped into their memory, and one that finds no space on its disk is ended by the
# kernel (SIGBUS): they lie in memory where the system has such a folder.
METRICS_PREFIX = "ragam-metrics-"
MEMORY_FOLDER = "/dev/shm"  # noqa: S108 - mkdtemp makes a folder of a new name, for this user alone
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    _parent = MEMORY_FOLDER if os.access(MEMORY_FOLDER, os.W_OK) else None
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=METRICS_PREFIX, dir=_parent)
_metrics_folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]

wsgi_app = "gateway.asgi:app"
worker_class = "gateway.asgi.Worker"
bind = bind_listener(_settings.host, _settings.port)
backlog = BACKLOG
workers = _settings.capacity().workers
# One import for all workers: faster to start, and their memory is shared until it is written to.
preload_app = True
graceful_timeout = _settings.grace_seconds
keepalive = _settings.keepalive_seconds
# The port is the only way in.
control_socket_disable = True
logconfig_dict = logs.config(_settings.log_level)


def when_ready(_server):
    stop, stop_at_once = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGQUIT)
    first = 0.0

    def close_and_stop(number, frame):
        nonlocal first
        now = time.monotonic()
        if not first:
            first = now
            # The workers have it too: the last of them that closes it ends it.
            listener(_settings.host, _settings.port).close()
            stop(number, frame)
        elif now - first > ONE_SIGNAL_SECONDS:
            stop_at_once(signal.SIGQUIT, frame)

    signal.signal(signal.SIGTERM, close_and_stop)
    # A second master would share the listener, which the first one's stop closes for both. New workers (HUP) lose nothing.
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)


def post_worker_init(_worker):
    from gateway import asgi  # only once PROMETHEUS_MULTIPROC_DIR stands, for they import prometheus_client
    from gateway.telemetry import metrics

    metrics.note_worker(THREADS)
    if tracing.wanted():
        tracing.start()
    asgi.wsgi.extensions["readiness"].watch_until_ready()


def child_exit(_server, worker):
    from prometheus_client import multiprocess  # as above

    from gateway.telemetry import metrics

    metrics.WORKER_EXITS.inc()
    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server):
    # An operator's own folder is left alone.
    if Path(_metrics_folder).name.startswith(METRICS_PREFIX):
        shutil.rmtree(_metrics_folder, ignore_errors=True)
