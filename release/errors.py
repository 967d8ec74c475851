"""What is answered with a sentence and exit status 2."""


class ReleaseError(Exception):
    """What was asked for cannot be done, and why, in a sentence for whoever asked."""
