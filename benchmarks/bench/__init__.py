"""`make bench`: the service beside what one would use instead, and beside what the hardware allows. Results go to benchmarks/results/.

peers.py, environment.py   who is compared, and the environment that each has of its own
album.py, upload.py        the pictures that are sent, with known answers, as HTTP requests
load.py, load.lua          the one load generator, and what it saw
grid.py, comparison.py     which loads, in interleaved rounds
limit.py, transport.py     what the hardware allows
growth.py                  more and more clients, workers, model servers
figures.py                 percentiles, medians, ratios
report.py, plots.py        tables and pictures of all that, and the README's part of it
"""
