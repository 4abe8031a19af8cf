"""From tables to per-arm moments, inside an engine. Customer rows never enter Python.

Sources are read as text or as their own types, normalised to ``unit``, ``at_us`` (integer microseconds UTC) and
numbers, and aggregated by one SQL text in a narrow subset that all engines share. What comes back is a few
kilobytes: counts and exact integer sums per arm.
"""
