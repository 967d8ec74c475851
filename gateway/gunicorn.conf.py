"""How gunicorn runs the gateway: `gunicorn --config gateway/gunicorn.conf.py`. Everything an operator may change is in Settings."""

import ctypes
import os
import shutil
import sys
import tempfile

from gateway import logs, tracing
from gateway.door.shares import Shares
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

# prometheus_client reads this when it is imported: it must stand before wsgi is.
_metrics_folder = tempfile.mkdtemp(prefix="ragam-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _metrics_folder

_shares = Shares()

wsgi_app = "gateway.wsgi:app"
bind = _settings.listen
_capacity = _settings.capacity()
workers = _capacity.workers
threads = _capacity.threads
worker_class = "gateway.worker.DrainingThreadWorker"
# One import for all workers: faster to start, and their memory is shared until it is written to.
preload_app = True
graceful_timeout = _settings.grace_seconds
keepalive = 30
worker_connections = _settings.max_connections
# An answer's file would go to the socket itself, past the door, which waits for slow readers.
sendfile = False
# By default gunicorn believes SCRIPT_NAME, PATH_INFO and X-Forwarded-Proto of whoever comes from this machine. That is proxies.py's to say.
forwarded_allow_ips = ""
# The port is the only way in.
control_socket_disable = True
logconfig_dict = logs.config(_settings.log_level)


def when_ready(server):
    from gateway.worker import turn_newcomers_away  # only once PROMETHEUS_MULTIPROC_DIR stands: it comes with the metrics

    # gunicorn has no hook for the moment before a stop. A master that was replaced (USR2) shares its listeners with the next one.
    stop = server.stop

    def turn_newcomers_away_and_stop(graceful=True):
        if server.reexec_pid == server.master_pid == 0:
            turn_newcomers_away(server.LISTENERS)
        stop(graceful)

    server.stop = turn_newcomers_away_and_stop


def pre_fork(_server, worker):
    worker.share = _shares.of(worker.age)


def post_worker_init(worker):
    from gateway import metrics  # only once PROMETHEUS_MULTIPROC_DIR stands, for it imports prometheus_client

    metrics.note_worker(worker.cfg.threads)
    if _traced:
        tracing.start()
    worker.wsgi.extensions["readiness"].watch_until_ready()


def child_exit(_server, worker):
    from prometheus_client import multiprocess  # as above

    from gateway import metrics

    worker.share.leave()
    metrics.WORKER_EXITS.inc()
    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server):
    shutil.rmtree(_metrics_folder, ignore_errors=True)
