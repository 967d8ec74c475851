"""What the front tells the application beside the request: keys of the WSGI environ."""

# The error that the request is to be answered with.
REFUSAL = "ragam.refusal"
# The moment, by time.perf_counter, at which its last byte had come, and that it then waited for a thread.
COMPLETE, QUEUED = "ragam.complete", "ragam.queued"
# What auth/access.py found in the request's head, where the front has asked.
ACCESS = "ragam.access"
# A callable: whether nobody waits for the answer any more.
ABANDONED = "ragam.abandoned"
