"""The front door: reads a request whole, within limits, before a thread takes it. worker.py is the loop around it."""
