"""How gunicorn runs the gateway: `gunicorn --config gateway/gunicorn.conf.py`. Everything an operator may change is in Settings."""

import os
import shutil
import sys
import tempfile

from gateway import logs
from gateway.settings import Settings, SettingsError

try:
    _settings = Settings.from_env()
except SettingsError as error:
    sys.exit(str(error))

# prometheus_client reads this when it is imported: it must stand before wsgi is.
_metrics_folder = tempfile.mkdtemp(prefix="ragam-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _metrics_folder

wsgi_app = "gateway.wsgi:app"
bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
threads = _settings.threads
worker_class = "gthread"
# One import for all workers: faster to start, and their memory is shared until it is written to.
preload_app = True
graceful_timeout = _settings.grace_seconds
keepalive = 30
# The port is the only way in.
control_socket_disable = True
logconfig_dict = logs.config(_settings.log_level)


def post_worker_init(worker):
    worker.wsgi.extensions["readiness"].watch_until_ready()


def child_exit(_server, worker):
    from prometheus_client import multiprocess  # noqa: PLC0415 - only once PROMETHEUS_MULTIPROC_DIR stands

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server):
    shutil.rmtree(_metrics_folder, ignore_errors=True)
