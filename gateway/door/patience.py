"""How long clients are waited for, in seconds."""

from dataclasses import dataclass

from gateway.settings import Settings

# A client that is not done sending when it has its answer would lose it by a reset: it may go on for so long, with so long a pause.
LINGER_SECONDS, LINGER_PAUSE_SECONDS = 30.0, 2.0


@dataclass(frozen=True)
class Patience:
    """A body or an answer must move `least_bytes` within each `body_seconds`."""

    idle_seconds: float
    head_seconds: float
    body_seconds: float
    least_bytes: float

    @classmethod
    def of(cls, settings: Settings, idle_seconds: float) -> "Patience":
        return cls(idle_seconds, settings.head_seconds, settings.body_seconds, settings.body_seconds * settings.least_rate)
