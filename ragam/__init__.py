"""`python -m gateway classify`: sends pictures to a running gateway and keeps its answers. Knows nothing of the server's code."""
