"""What of all that happened is a violation, each in one sentence."""

import json
import re
from statistics import median

from faults import Window
from samples import Sample
from schedule import JUDGED_FROM_SECONDS
from traffic import Outcome

# What the allocator and the runtime take and give by themselves: by role, a share and MB. What loading and unloading versions leaves
# behind in the model server comes to an end only after a dozen of them (model_server/memory.py).
GROWTH = {"gateway master": (0.15, 24.0), "gateway workers": (0.15, 24.0), "model server": (0.35, 64.0)}
FILES_MORE = 12
THREADS_MORE = 24
# Whose errors nothing excuses: the application's, and those of the event loop and of uvicorn, which stand for the front.
UNEXPECTED = {"ragam.app", "asyncio", "uvicorn.error"}


def of_answers(outcomes: list[Outcome], windows: list[Window]) -> list[str]:
    """An answer that is wrong is never excused; none, or 503 or 504, where a fault that may cause it had just happened."""
    return [
        f"{outcome.kind} {outcome.file}: {outcome.wrong}"
        for outcome in outcomes
        if outcome.wrong and not (outcome.status != outcome.expected and _excused(outcome, windows))
    ]


def _excused(outcome: Outcome, windows: list[Window]) -> bool:
    return any(outcome.status in window.statuses and outcome.sent <= window.end and outcome.answered >= window.start for window in windows)


def of_processes(before: list[Sample], after: list[Sample]) -> list[str]:
    """Files and threads at rest, at the beginning and at the end, of the processes of each role."""
    found = []
    for sample in after:
        first = [other for other in before if other.role == sample.role]
        for what, more in (("files", FILES_MORE), ("threads", THREADS_MORE)):
            most = max(getattr(other, what) for other in first) + more
            if getattr(sample, what) > most:
                found.append(f"{sample.role} {sample.pid} has {getattr(sample, what)} {what}, more than {most}")
    return found


def of_gateway(log: str, exposition: str) -> list[str]:
    """What it says itself once nobody asks any more: errors that it did not expect, and requests that never ended."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    found = [
        f"gateway: {line.get('traceback', line['message'])}" for line in lines if line["level"] == "error" and line["logger"] in UNEXPECTED
    ]
    [in_flight] = re.findall(r"^ragam_requests_in_flight (\S+)$", exposition, re.MULTILINE)
    # Who asks for the metrics is not counted.
    if float(in_flight) != 0:
        found.append(f"gateway: {in_flight} requests are in flight where there is none")
    return found


def memory(samples: list[Sample], seconds: float) -> dict[str, dict[str, float]]:
    """By role, all its processes together, in MB: `early` around a tenth of the time, `middle` half of it, `late` at the end."""
    parts = {"early": (0.1, 0.2), "middle": (0.5, 0.6), "late": (0.9, 1.0)}
    return {
        role: {part: _level([sample for sample in samples if sample.role == role], seconds, *span) for part, span in parts.items()}
        for role in sorted({sample.role for sample in samples})
    }


def _level(samples: list[Sample], seconds: float, low: float, high: float) -> float:
    by_moment: dict[float, float] = {}
    for sample in samples:
        if low * seconds <= sample.at <= high * seconds:
            by_moment[sample.at] = by_moment.get(sample.at, 0) + sample.pss
    return round(median(by_moment.values()), 1) if by_moment else 0.0


def of_memory(levels: dict[str, dict[str, float]], seconds: float) -> list[str] | None:
    """None where the run was too short to tell a leak from a process that is not warm yet."""
    if seconds < JUDGED_FROM_SECONDS:
        return None
    found = []
    for role, level in levels.items():
        share, megabytes = GROWTH[role]
        for since in ("early", "middle"):
            most = level[since] * (1 + share) + megabytes
            if level["late"] > most:
                found.append(f"{role}: {level['late']} MB at the end, more than {most:.1f}, from {level[since]} MB {since}")
    return found
