"""What gunicorn serves: the only place that joins the application with TensorFlow Serving."""

import logging
from dataclasses import asdict

from gateway import metrics
from gateway.app import create_app
from gateway.serving import TensorFlowServing
from gateway.settings import Settings

settings = Settings.from_env()
metrics.note_build_and_settings(settings.masked())
app = create_app(settings, TensorFlowServing(settings.serving, settings.predict_seconds, settings.identity()))
logging.getLogger("ragam.boot").info("settings", extra={"fields": {**settings.masked(), "capacity": asdict(settings.capacity())}})
