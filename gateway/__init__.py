"""The HTTP side of Ragam: validates an upload, preprocesses it, asks the model server, answers in the envelope."""

__version__ = "0.2.0"
