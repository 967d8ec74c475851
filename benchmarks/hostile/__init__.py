"""Clients that mean harm, each bounded in time, and what they cost the service: python -m benchmarks.hostile.

pictures.py   small files that take long to decode
clients.py    requests as bytes, and the connections that send them
attacks.py    the attacks by name
measure.py    an attack on a service that runs, and what others get meanwhile
"""
