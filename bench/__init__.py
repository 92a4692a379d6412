"""Measures what the design promises; `make bench` prints one JSON object a line."""
