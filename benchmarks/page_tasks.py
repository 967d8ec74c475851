"""What a renderer's main thread did, by a trace of Chromium's: its long tasks, and the functions that ran in them."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# One as the Trace Event Format has it: times in microseconds.
Event = dict[str, Any]

CATEGORIES = (
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-v8.cpu_profiler",
    "blink.user_timing",
)
PHASE = "phase "
NO_FUNCTION = {"(root)", "(program)", "(idle)"}
SHORT_MS = 20


@dataclass(frozen=True)
class Task:
    """`wall` and `processor` in ms; the longest of its named parts and of the page's functions, each with its ms."""

    phase: str
    wall: float
    processor: float
    parts: list[tuple[str, float]]
    functions: list[tuple[str, float]]


class Trace:
    """The events of one trace. The renderer is the one that marked its phases, by `performance.mark("phase NAME")`."""

    def __init__(self, events: list[Event]) -> None:
        marks = [event for event in events if event["name"].startswith(PHASE)]
        if not marks:
            raise ValueError("No page in this trace has marked a phase.")
        process, thread = marks[0]["pid"], marks[0]["tid"]
        of_process = [event for event in events if event["pid"] == process]
        own = [event for event in of_process if event["tid"] == thread and "dur" in event]
        self._events = sorted(own, key=lambda event: float(event["ts"]))
        self._times = [event["ts"] for event in self._events]
        self._samples = list(_samples(of_process, thread))
        self._marks = sorted((event["ts"], event["name"].removeprefix(PHASE)) for event in marks)

    def tasks(self) -> list[Task]:
        """Those of 20 ms and more, in order."""
        outermost, end = [], 0
        for event in self._events:
            if _is_task(event) and event["ts"] >= end:
                outermost.append(event)
                end = event["ts"] + event["dur"]
        return [self._task(event) for event in outermost if event["dur"] >= SHORT_MS * 1000]

    def phases(self) -> dict[str, float]:
        """Milliseconds of processor that the main thread took in each phase."""
        taken = dict.fromkeys((name for _, name in self._marks), 0.0)
        for event in self._events:
            if _is_task(event) and event["ts"] >= self._marks[0][0]:
                taken[self._phase(event["ts"])] += event.get("tdur", 0) / 1000
        return taken

    def _phase(self, at: int) -> str:
        return next((name for begin, name in reversed(self._marks) if begin <= at), "load")

    def _task(self, task: Event) -> Task:
        begin, end = task["ts"], task["ts"] + task["dur"]
        inside = self._events[bisect_left(self._times, begin) : bisect_left(self._times, end)]
        parts = _longest((_label(event), event["dur"]) for event in inside if not _is_task(event))
        functions = _longest((name, taken) for at, taken, name in self._samples if begin <= at < end)
        return Task(self._phase(begin), task["dur"] / 1000, task.get("tdur", 0) / 1000, parts, functions)


def _longest(taken: Iterator[tuple[str, int]]) -> list[tuple[str, float]]:
    total: dict[str, float] = defaultdict(float)
    for name, microseconds in taken:
        total[name] += microseconds / 1000
    return sorted(((name, ms) for name, ms in total.items() if ms >= 1), key=lambda one: -one[1])[:7]


def _is_task(event: Event) -> bool:
    return event["ph"] == "X" and str(event["name"]).endswith("RunTask")


def _label(event: Event) -> str:
    data = event.get("args", {}).get("data") or {}
    return f"{event['name']} {data.get('functionName') or data.get('type') or ''}".strip()


def _samples(events: list[Event], thread: int) -> Iterator[tuple[int, int, str]]:
    """When, for how long and in which function each sample of the profiler was taken. What is the browser's own is called by the name of
    the page's function that asked for it too.
    """
    for profile in {event["id"] for event in events if event["name"] == "Profile" and event["tid"] == thread}:
        names: dict[int, str] = {}
        at = 0
        for event in events:
            if event.get("id") != profile or event["name"] not in {"Profile", "ProfileChunk"}:
                continue
            data = event["args"]["data"]
            at = data.get("startTime", at)
            chunk = data.get("cpuProfile", {})
            for node in chunk.get("nodes", []):
                names[node["id"]] = _function(node["callFrame"], names.get(node.get("parent"), ""))
            for node_id, passed in zip(chunk.get("samples", []), data.get("timeDeltas", []), strict=False):
                at += passed
                if names.get(node_id, "(root)") not in NO_FUNCTION:
                    yield at, passed, names[node_id]


def _function(frame: dict[str, Any], parent: str) -> str:
    name = frame["functionName"] or "(anonymous)"
    if frame.get("url"):
        return f"{name} {frame['url'].rsplit('/page/', 1)[-1]}:{frame.get('lineNumber', 0) + 1}"
    return name if name in NO_FUNCTION or not parent else f"{parent} > {name}"
