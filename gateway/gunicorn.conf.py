"""How gunicorn runs the gateway: `gunicorn --config gateway/gunicorn.conf.py`. Everything an operator may change is in Settings."""

import ctypes
import os
import shutil
import signal
import sys
import tempfile

from gateway import logs, tracing
from gateway.listener import BACKLOG, listener, refuse_new_connections
from gateway.listener import bind as bind_listener
from gateway.settings import Settings, SettingsError

try:
    _settings = Settings.from_env()
    _traced = tracing.wanted()
except (SettingsError, tracing.TracesUnavailable) as error:
    sys.exit(str(error))

# glibc keeps freed blocks for reuse, the more and the larger the longer it runs and the more threads there are. Every block above the
# second limit is taken from the system and given back, which costs 0.2 ms for one of 600 kB, and a request has nine of them. Below it
# are the model's input, its copies and a reduced picture of 1600 x 1200; two arenas and the first limit bound what is kept of them.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
if _mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
    _mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024)
    _mallopt(M_MMAP_THRESHOLD, 2 * 1024 * 1024)
    _mallopt(M_ARENA_MAX, 2)

# prometheus_client reads this when it is imported: it must stand before the application is.
_metrics_folder = tempfile.mkdtemp(prefix="ragam-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _metrics_folder

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
    stop = signal.getsignal(signal.SIGTERM)

    def refuse_and_stop(number, frame):
        refuse_new_connections(listener(_settings.host, _settings.port))
        stop(number, frame)

    signal.signal(signal.SIGTERM, refuse_and_stop)
    # A second master would share the listener, which the first one's stop closes for both. New workers (HUP) lose nothing.
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)


def post_worker_init(worker):
    from gateway import metrics  # only once PROMETHEUS_MULTIPROC_DIR stands, for it imports prometheus_client

    metrics.note_worker(_settings.capacity().threads)
    if _traced:
        tracing.start()
    worker.wsgi.app.extensions["readiness"].watch_until_ready()


def child_exit(_server, worker):
    from prometheus_client import multiprocess  # as above

    from gateway import metrics

    metrics.WORKER_EXITS.inc()
    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server):
    shutil.rmtree(_metrics_folder, ignore_errors=True)
