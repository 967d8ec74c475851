"""`make bench`: the service beside what one would use instead, and beside what the hardware allows. Results go to benchmarks/results/.

peers.py, environment.py, keras_weights.py   who is compared, the environment that each has of its own, the weights for Keras
album.py, answer.py, upload.py               the pictures that are sent, the answers that are known beforehand, the HTTP requests
load.py, load.lua                            the one load generator, and what it saw
grid.py, comparison.py                       which loads, in interleaved rounds
limit.py                                     what the hardware allows
growth.py, recovery.py, two_servers.py       more and more clients, workers, model servers
figures.py, machine.py, results.py           percentiles and medians, the machine, all of it as JSON
report.py, table.py, plots.py, summary.py    tables and pictures of all that, and what docs/performance.md quotes
"""
