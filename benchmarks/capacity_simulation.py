"""Gateways and serving pods as queues: pictures come at random, wait for a thread and a core, go to the pods in turn and share batches.

What it leaves out: the network, and what clients do when they are told to come again. A picture's processor time is exponential, which
stands for the mixture of small and large ones.
"""

import itertools
import random
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from gateway.contract import MAX_BATCH

# model_repository/batching.config: how long a batch waits to be filled.
BATCH_TIMEOUT_SECONDS = 0.002

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Cell:
    """`load` pictures a second over `gateways`, each with so many cores and threads, and `servings`.

    `gateway_seconds` is a picture's processor time, `serving_rate` pictures a second in full batches, `batch_seconds` what a batch
    costs before its first picture.
    """

    load: float
    gateways: int
    servings: int
    cores: int
    threads: int
    gateway_seconds: float
    serving_rate: float
    batch_seconds: float

    def batch_takes(self, pictures: int) -> float:
        """Seconds. A full batch gives `serving_rate`."""
        return self.batch_seconds + pictures * max(0.0, 1 / self.serving_rate - self.batch_seconds / MAX_BATCH)


@dataclass
class Found:
    """`waits` are the seconds for a thread and a core, `latencies` those of the whole way, the shares busy are of 1."""

    waits: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    gateways_busy: float = 0.0
    serving_busy: float = 0.0

    @property
    def mean_batch(self) -> float:
        return float(np.mean(self.batches))

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return float(np.percentile(self.latencies, share)) * 1000


class _Simulation:
    def __init__(self, cell: Cell, seed: int) -> None:
        self.cell, self.found, self.env = cell, Found(), simpy.Environment()
        self.random = random.Random(seed)  # noqa: S311 - a simulation that repeats, and no secret
        self.threads = [simpy.Resource(self.env, cell.threads) for _ in range(cell.gateways)]
        self.cores = [simpy.Resource(self.env, cell.cores) for _ in range(cell.gateways)]
        self.queues = [simpy.Store(self.env) for _ in range(cell.servings)]
        self.turns = itertools.cycle(self.queues)
        self.core_seconds = self.batch_seconds = 0.0
        self.env.process(self.arrivals())
        for queue in self.queues:
            self.env.process(self.serving(queue))

    def arrivals(self) -> Process:
        while True:
            yield self.env.timeout(self.random.expovariate(self.cell.load))
            self.env.process(self.picture(self.random.randrange(self.cell.gateways)))

    def picture(self, gateway: int) -> Process:
        arrived = self.env.now
        with self.threads[gateway].request() as thread:
            yield thread
            with self.cores[gateway].request() as core:
                yield core
                self.found.waits.append(self.env.now - arrived)
                seconds = self.random.expovariate(1 / self.cell.gateway_seconds)
                self.core_seconds += seconds
                yield self.env.timeout(seconds)
            answered = self.env.event()
            next(self.turns).put(answered)
            yield answered
        self.found.latencies.append(self.env.now - arrived)

    def serving(self, queue: simpy.Store) -> Process:
        while True:
            batch = [(yield queue.get())]
            closes = self.env.timeout(BATCH_TIMEOUT_SECONDS)
            while len(batch) < MAX_BATCH:
                comes = queue.get()
                yield comes | closes
                if not comes.triggered:
                    comes.cancel()
                    break
                batch.append(comes.value)
            seconds = self.cell.batch_takes(len(batch))
            self.batch_seconds += seconds
            yield self.env.timeout(seconds)
            self.found.batches.append(len(batch))
            for answered in batch:
                answered.succeed()


def simulate(cell: Cell, seconds: float, seed: int = 0) -> Found:
    """The first `seconds` of `cell`, from empty queues on. The same seed gives the same figures."""
    simulation = _Simulation(cell, seed)
    simulation.env.run(seconds)
    simulation.found.gateways_busy = simulation.core_seconds / (cell.gateways * cell.cores * seconds)
    simulation.found.serving_busy = simulation.batch_seconds / (cell.servings * seconds)
    return simulation.found
