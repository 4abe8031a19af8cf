"""Retention of a customer base in time, without an experiment: who stayed, who came back, and the cohort triangle.

One question goes in (:mod:`question`), the engine counts (:mod:`counting`), a value comes out (:mod:`result`), and
text, tables and a picture are made from that value alone.
"""
