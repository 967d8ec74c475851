"""What happens when: requests and faults, the same for the same seed, rate and duration."""

from dataclasses import dataclass
from random import Random

# Shares of the requests.
KINDS = {"fresh": 30, "kept": 25, "many": 10, "explanation": 8, "bad": 9, "huge": 3, "aborted": 6, "slow": 9}

# A process that is replaced shows no leak: in a run that is long enough to judge memory, its second half keeps them all.
REPLACING = ("model server killed", "model server restarted", "worker killed")
KEEPING = ("model server frozen", "version published", "version removed", "version broken")

JUDGED_FROM_SECONDS = 600


@dataclass(frozen=True)
class Request:
    """at: seconds from the start; picture: a number to choose a file by."""

    at: float
    kind: str
    picture: int


@dataclass(frozen=True)
class Fault:
    at: float
    kind: str


def requests(seed: int, seconds: float, rate: float) -> list[Request]:
    random = Random(seed)
    plan = []
    at = random.expovariate(rate)
    while at < seconds:
        [kind] = random.choices(list(KINDS), list(KINDS.values()))
        plan.append(Request(at, kind, random.randrange(1000)))
        at += random.expovariate(rate)
    return plan


def faults(seed: int, seconds: float) -> list[Fault]:
    """Every kind in turn, in another order each time round; none in the first and the last tenth."""
    random = Random(f"faults {seed}")
    between = min(60.0, max(4.0, seconds / 12))
    plan: list[Fault] = []
    at = seconds * 0.1
    while at < seconds * 0.9:
        kinds = [*KEEPING] if _keeps(at, seconds) else [*REPLACING, *KEEPING]
        random.shuffle(kinds)
        # A version can only go after it has come.
        come, gone = kinds.index("version published"), kinds.index("version removed")
        kinds[min(come, gone)], kinds[max(come, gone)] = "version published", "version removed"
        for kind in kinds:
            plan.append(Fault(at, kind))
            at += between * random.uniform(0.7, 1.3)
    return [fault for fault in plan if fault.at < seconds * 0.9 and not (fault.kind in REPLACING and _keeps(fault.at, seconds))]


def _keeps(at: float, seconds: float) -> bool:
    return seconds >= JUDGED_FROM_SECONDS and at > seconds / 2
