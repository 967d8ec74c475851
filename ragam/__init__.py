"""Ragam's client: it sends pictures to a gateway over HTTP and keeps the answers. Knows nothing of the server's code."""
