"""A blueprint a route. Only envelope.py knows the JSON keys."""
