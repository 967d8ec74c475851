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

# Requests that a worker answers at the same time. Decoding is bounded by the decoders below; the other threads wait for the model server.
# Eight keep a processor at work while a call takes up to seven times as long as decoding, and two workers' fill a batch of 16.
THREADS = 8

# The largest request with several pictures: MAX_BATCH photographs of 4 MB, as a telephone takes them.
BATCH_BYTES = 64 * 1024**2

# Of the largest requests so many may be held by a worker, or as many bytes of others and of answers: one while another comes.
REQUESTS_HELD = 2

# One process that dies takes its requests along, and the other answers on.
LEAST_WORKERS = 2
MOST_WORKERS = 64


@dataclass(frozen=True)
class Capacity:
    """Gateway processes, and how many threads of each may decode cheap pictures at the same time, beside one dear one."""

    workers: int
    decoders: int


def worker_bytes(decoders: int, request_bytes: int) -> int:
    """The most that a worker takes while it holds `request_bytes` of requests and answers."""
    return WORKER_BYTES + request_bytes + PICTURE_BYTES + decoders * CHEAP_BYTES


def held_bytes(max_upload_bytes: int) -> int:
    """Of requests and answers in a worker."""
    return REQUESTS_HELD * max(BATCH_BYTES, max_upload_bytes)


def capacity(machine: Machine, workers: int, request_bytes: int) -> Capacity:
    """With so many `workers`, unless they are 0; else one for each core, at least two, as many as the memory holds.

    Decoders for a worker's share of the cores and one more, for the kernel shares the connections out unevenly; or as many as the memory
    holds then. At least one of each: a machine that is too small gets what it asks for.
    """
    if not workers:
        fitting = machine.memory // worker_bytes(1, request_bytes)
        workers = max(1, min(max(LEAST_WORKERS, math.ceil(machine.cores)), MOST_WORKERS, fitting))
    fitting = (machine.memory // workers - worker_bytes(0, request_bytes)) // CHEAP_BYTES
    return Capacity(workers, max(1, min(math.ceil(machine.cores / workers) + 1, THREADS, fitting)))
