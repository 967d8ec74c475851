"""How many processes and threads a gateway should have, from the cores and the memory that it may use."""

import math
from dataclasses import dataclass

from gateway.machine import Machine

# What a worker keeps, whatever it does at the moment: up to 90 MB after thousands of pictures of 1600 x 1200.
WORKER_BYTES = 100 * 1024**2

# Of one picture beside its file, so that a worker stays below 600 MB with a dear picture, a cheap one and its share of requests. 40 million
# pixels of any 8-bit PNG take less; progressive JPEGs of so many, whose coefficients take 240 to 320 MB alone, do not fit.
PICTURE_BYTES = 300_000_000

# Dear pictures have a lane of their own, see gateway/api/decode_queue.py. Photographs of 12 megapixels and paintings of 3 are cheap.
CHEAP_BYTES = 30_000_000

# One process that dies takes its requests along, and the other answers on.
LEAST_WORKERS = 2
MOST_WORKERS = 64


@dataclass(frozen=True)
class Capacity:
    """Gateway processes, threads in each, and how many of these may decode cheap pictures at the same time, beside one dear one."""

    workers: int
    threads: int
    decoders: int


def worker_bytes(decoders: int, request_bytes: int) -> int:
    """The most that a worker takes while it holds `request_bytes` of requests and answers."""
    return WORKER_BYTES + request_bytes + PICTURE_BYTES + decoders * CHEAP_BYTES


def capacity(machine: Machine, workers: int, threads: int, request_bytes: int) -> Capacity:
    """With so many `threads` and, unless they are 0, `workers`; else a worker for each core, at least two, as many as the memory holds.

    Decoders for a worker's share of the cores and one more, for the kernel shares the connections out unevenly; or as many as the memory
    holds then. At least one of each: a machine that is too small gets what it asks for.
    """
    if not workers:
        fitting = machine.memory // worker_bytes(1, request_bytes)
        workers = max(1, min(max(LEAST_WORKERS, math.ceil(machine.cores)), MOST_WORKERS, fitting))
    fitting = (machine.memory // workers - worker_bytes(0, request_bytes)) // CHEAP_BYTES
    return Capacity(workers, threads, max(1, min(math.ceil(machine.cores / workers) + 1, threads, fitting)))
